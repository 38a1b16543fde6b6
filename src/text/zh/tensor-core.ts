/** The words of tensor cores, in Chinese. */
import type { tensorCore as english } from '../en/tensor-core.js'
import { count, number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const signed = (x: number): string => `${x > 0 ? '+' : x < 0 ? '−' : ''}${number(Math.abs(x))}`
/** 0.06 %, or the number itself where that would be <0.01 %. */
const share = (x: number): string => (x > 0 && x < 5e-5 ? number(x, 2) : percent(x))
const ulps = (x: number): string => `${signed(x)} ulp`

export const tensorCore: typeof english = {
  errors: {},
  findings: {
    tensorCoreDiffer: (v: Values) =>
      n(v, 'models') === 1
        ? `${s(v, 'gpus')} 款 GPU 以同一种方式计算 ${s(v, 'input')} 乘积：结果没有不同${s(v, 'without') === '' ? '。可试 --gpu all' : `（${s(v, 'without').replaceAll(', ', '、')} 没有这种运算）`}。`
        : `${count(n(v, 'count'), 'zh')} 个点积，每个 ${s(v, 'length')} 项 ${s(v, 'input')}，${s(v, 'gpus')} 款 GPU${s(v, 'without') === '' ? ' ' : `（${s(v, 'without').replaceAll(', ', '、')} 没有）`}共 ${s(v, 'models')} 种求和方式：${percent(n(v, 'differ'))} 的结果因 GPU 而异。`,
    tensorCoreBias: (v: Values) =>
      `${s(v, 'gpu').replaceAll(' ', '、')}：平均误差 ${ulps(n(v, 'bias'))}${v['mixed'] === true ? '（按 Σ|ab| 计）' : ''}${n(v, 'bias') < -0.5 && s(v, 'result') === 'fp32' ? '，因为截断总是丢在同一侧' : ''}。逐项就近舍入：${ulps(n(v, 'plain'))}。`,
    tensorCorePromote: (v: Values) =>
      `Hopper 上 ${s(v, 'length')} 个 ${s(v, 'input')} 乘积：误差 ${share(n(v, 'hopper'))}；每 ${s(v, 'every')} 项用 fp32 相加一次：${share(n(v, 'promoted'))}。B200：${share(n(v, 'blackwell'))}（模型）。`,
    tensorCoreModel: (v: Values) =>
      `* ${s(v, 'gpus').replaceAll(', ', '、')} 没有 ${s(v, 'input')} 的实测记录：这是公开发表的模型，从未与该 GPU 比对。`,
  },
  labels: {
    tensorCoreSubject: (v: Values) => `${count(n(v, 'count'), 'zh')} × ${s(v, 'length')} 项乘积，${s(v, 'input')}`,
    tensorCoreBits: (v: Values) =>
      `第 ${s(v, 'number')} 个点积${n(v, 'kinds') > 1 ? '：输入相同，末位不同' : '，逐位列出'}`,
    tensorCoreExact: () => '精确值',
    tensorCoreNearest: () => '只舍入一次',
    tensorCoreOff: (v: Values) => `${ulps(n(v, 'off'))}${v['mixed'] === true ? '（按和计）' : ''}`,
    tensorCorePlain: () => 'fp32 逐项累加',
    tensorCoreGpu: () => 'GPU',
    tensorCoreBlock: () => '每块项数',
    tensorCoreKept: () => '保留位数',
    tensorCoreWrong: () => '非最近值',
    tensorCoreMean: (v: Values): string => (v['mixed'] === true ? '平均（Σ|ab| 的 ulp）' : '平均 ulp'),
    tensorCoreWorst: (v: Values): string => (v['mixed'] === true ? '最大' : '最大 ulp'),
    tensorCoreFp8: (v: Values) => `${s(v, 'input')}，和为 fp32：最大相对误差随乘积数的变化`,
    tensorCoreWay: () => '',
    tensorCoreLength: (v: Values) => s(v, 'length'),
    'tensorCore-ada': () => 'ada l40s',
    'tensorCore-hopper': () => 'h100 h200',
    'tensorCore-promoted': (v: Values) => `h100 h200，每 ${s(v, 'every')} 项转 fp32`,
    'tensorCore-blackwell': () => 'b200（模型）',
  },
  options: {
    'tensor-core.gpu':
      'v100、a100、a2、ada、l40s、h100、h200、b200，可用逗号给出多个。所有实测记录逐位一致；2^-126 附近的数只依据 H100 的一个结果，上溢和 NaN 依据公开发表的模型',
    'tensor-core.input': '相乘的数的格式：fp16、bf16、tf32、e4m3fn、e5m2',
    'tensor-core.result': '每块的和舍入成：fp32（向零）或 fp16（就近）',
    'tensor-core.instruction':
      'mma、wgmma、tcgen05；usual 表示 mma，FP8 在 Hopper 上为 wgmma、在 B200 上为 tcgen05（后者是公开发表的模型，没有实测记录）',
    'tensor-core.length': '一个点积的乘积数',
    'tensor-core.count': '点积的个数',
    'tensor-core.values': 'positive（0 到 1）或 mixed（正态分布）',
    'tensor-core.promote': 'Hopper 的 FP8：每隔多少项用 fp32 相加一次',
    'tensor-core.fp8Length': '最长的 FP8 求和的乘积数',
  },
}
