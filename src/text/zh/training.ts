/** The words of real trainings in simulated precision. In Chinese. */
import type { training as english } from '../en/training.js'
import { count, number, percent, scale } from '../numbers.js'
import { monitor } from './monitor.js'
import { measureNames } from './tasks.js'

type Values = Readonly<Record<string, number | string | boolean>>
type Unknowns = Readonly<Record<string, unknown>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** What the first measure of a task is called in a sentence. */
const measures: Readonly<Record<string, string>> = {
  accuracy: '测试准确率',
  testLoss: '测试损失',
  ...measureNames,
  loss: '损失',
}

const measured = (v: Values, key: string): string => (v['as'] === 'percent' ? percent(n(v, key)) : number(n(v, key)))
const measureName = (v: Values): string => measures[s(v, 'measure')] ?? s(v, 'measure')
const run = (v: Values): string => s(v, 'recipe')

const causes: Readonly<Record<string, (v: Values) => string>> = {
  gradients: (v) => `${percent(n(v, 'lost'))} 的梯度下溢归零`,
  updates: (v) => `${percent(n(v, 'lostUpdates'))} 的更新没有改变权重（更新丢失）`,
  overflow: () => '梯度上溢',
}

const alarmWord = (code: string): string =>
  (monitor.labels as unknown as Readonly<Record<string, () => string>>)[`monitor-alarm-${code}`]?.() ?? code

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join('、') : String(values))

const place = (v: Unknowns): string => (v['line'] === undefined ? '' : `${v['file']}:${v['line']}:${v['column']} `)

const problems: Readonly<Record<string, (v: Unknowns) => string>> = {
  unknown: (v) =>
    v['suggestion'] === undefined
      ? `没有这个配方；可用的有 ${list(v['allowed'])}，以及 .yaml 文件。`
      : `没有这个配方；是不是想写 ${v['suggestion']}？`,
  'narrow-master': (v) => `主权重（${v['master']}）比权重（${v['param']}）更窄，装不下权重的值。`,
  'too-wide': (v) => `“${v['key']}” 的格式 ${v['format']} 有 FP32 没有的值；训练以 FP32 承载。`,
  accumulate: (v) => `“${v['value']}” 不是累加乘积的方式；可写 fp32、fp16、fp16:64 或 fp16:kahan。`,
  'half-fp8': () => 'forward 与 backward（FP8 操作数的格式）要么都给，要么都不给。',
  'delayed-loss': () => '延迟缩放用于 FP8 张量（forward、backward），不用于损失。',
  stage: (v) => `“${v['value']}” 不是一个阶段；调度写作 fp16-amp+fp32@200。`,
  'first-stage': () => '调度的第一个配方从第 0 步开始。',
  order: (v) => `后一个配方从第 ${v['value']} 步开始；步数应为递增的整数。`,
}

export const training: typeof english = {
  errors: {
    'wrong-recipe': (v: Unknowns): string =>
      `${place(v)}配方 “${v['recipe']}”：${problems[String(v['problem'])]?.(v) ?? String(v['problem'])}`,
  },
  findings: {
    'train-broken': (v: Values): string =>
      `${run(v)} 在第 ${count(n(v, 'step'), 'zh')} 步崩溃：权重变成 NaN 或 Inf，再也回不来。`,
    'train-broken-epsilon': (v: Values): string =>
      `${run(v)} 在第 ${count(n(v, 'step'), 'zh')} 步崩溃：Adam 的 ε ${number(n(v, 'epsilon'))} 在它的格式中是 0，0/0 得 NaN。`,
    'train-gave-up': (v: Values): string =>
      `${run(v)}：缩放器在第 ${count(n(v, 'step'), 'zh')} 步放弃，损失缩放系数已不能再降。`,
    'train-worse': (v: Values): string => {
      const cause = causes[s(v, 'cause')]
      const what = `${measureName(v)} ${measured(v, 'value')}，FP32 为 ${measured(v, 'twin')}`
      return `${run(v)}：${cause ? `${cause(v)}，` : ''}${what}。`
    },
    'train-twin-fails': (v: Values): string =>
      `这里 FP32 自己也学不会（损失 ${number(n(v, 'start'))} → ${number(n(v, 'end'))}），问题不在精度。换一个 --lr，或增加 --steps。`,
    'train-uncleared': (v: Values): string =>
      `${s(v, 'names')} 从不清零梯度：${measureName(v)}至多 ${measured(v, 'value')}，而非 ${measured(v, 'twin')}。`,
    'train-hidden': (v: Values): string =>
      `${s(v, 'names')} 只是碰巧无事：每次 unscale_ 都把残留的梯度除以 ${scale(n(v, 'scale'))}。`,
    'train-same': (v: Values): string =>
      `与 FP32 一样好（${measureName(v)} ${measured(v, 'twin')}）：${s(v, 'names')}。`,
    'train-weight': (v: Values): string =>
      `损失 × ${number(n(v, 'weight'))}：梯度像大网络中那样小。原样训练：--loss-weight 1`,
    'train-alarm': (v: Values): string =>
      `监控从第 ${count(n(v, 'step'), 'zh')} 步起报警：${alarmWord(s(v, 'alarm'))}（${s(v, 'names')}）。`,
    'train-sample': (v: Values): string => `${run(v)} 写出：${s(v, 'text')}`,
  },
  labels: {
    'train-subject': (v: Values): string =>
      `${count(n(v, 'parameters'), 'zh')} 个参数，${s(v, 'data')}，${count(n(v, 'steps'), 'zh')} 步，每步 ${s(v, 'batch')} 个样本，${s(v, 'optimizer')}${v['techniques'] ? `，${s(v, 'techniques')}` : ''}`,
    'train-written': (v: Values): string => `${s(v, 'recipe')}*`,
    'train-plain': (v: Values): string => `(${s(v, 'recipe')})`,
    'train-alike': (v: Values): string => s(v, 'names'),
    'train-step': (): string => '步',
    'train-loss': (): string => '损失',
    'train-recipe': (): string => '配方',
    'train-loss-of': (v: Values): string =>
      `${({ discriminator: '判别器', generator: '生成器' } as Readonly<Record<string, string>>)[s(v, 'phase')] ?? s(v, 'phase')}的损失`,
    'train-skipped': (): string => '跳过',
    'train-overflows': (): string => 'Inf',
    'train-lost': (): string => '梯度→0',
    'train-lost-updates': (): string => 'w+Δ=w',
    'train-scale': (): string => '系数',
    'train-bytes': (): string => '字节/w',
    'train-sent': (): string => '通信字节',
    'train-histogram': (v: Values): string => `各层梯度，${s(v, 'recipe')}，${s(v, 'steps')} 步`,
    'trainMeasure-accuracy': (): string => '准确率',
    'trainMeasure-testLoss': (): string => '测试损失',
  },
  options: {
    'train.task': '训练什么：simple、image……',
    data: '用该任务的哪个数据集：digits、fashion……',
    'train.recipes':
      '要比较的配方，FP32 总在其中：pure-fp16、fp16-amp、bf16-sr……，all，或 .yaml 文件；fp16-amp+fp32@200 表示在第 200 步换配方',
    loops: 'repaired（每步清零梯度）、written（从不清零：缺少 zero_grad），或 all',
    'train.steps': '更新的次数',
    epochs: '遍历数据的次数，代替 steps',
    'train.batch': '每次更新的样本数',
    'train.lr': '学习率',
    'train.optimizer': '优化器：sgd、momentum、nesterov、adam、adamw',
    momentum: '带动量的 sgd 的动量',
    lossWeight: '损失乘以的权重；小权重使梯度像大网络中那样小',
    clip: '把梯度的范数裁剪到这个值',
    accumulate: '每次更新的微批次数',
    compress: '各工作节点怎样交换梯度：topk:0.01、powersgd:2、fp16……',
    'train.workers': '分担每个批次的工作节点数',
    units: '网络的宽度：隐藏单元数，第一层卷积的通道数',
    depth: '隐藏层数',
    every: '每 N 步统计一次各层的梯度，并画出来',
    'train.format': '这些直方图按哪种格式划分区域',
    record: '把 FP32 训练的梯度按 2 的幂写入 FILE；其他课程用 --profile FILE 重放',
  },
}
