/** The words of `fpsim verify --deep`, in Chinese. */
import type { proof as english } from '../en/proof.js'
import { count, number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

export const proof: typeof english = {
  errors: {},
  findings: {
    proofPassed: (v: Values) =>
      `全部 float32 转换到 ${s(v, 'formats').replaceAll(', ', '、')}：在本机比对了 ${count(n(v, 'cases'), 'zh')} 个结果，无一错误。`,
    proofWrong: (v: Values) =>
      `${count(n(v, 'cases'), 'zh')} 个结果中有 ${count(n(v, 'wrong'), 'zh')} 个错误。请附上 fpsim verify --deep --json 的输出反馈。`,
    proofStopped: (v: Values) =>
      `已停止：比对了 ${count(n(v, 'all'), 'zh')} 个结果中的 ${count(n(v, 'cases'), 'zh')} 个，无一错误。`,
    proofDigest: () =>
      '摘要覆盖全部 2^32 个编码，在任何机器上、用任意多个线程都相同，可与 README 对照。其他检查请不带 --deep 运行。',
  },
  labels: {
    proofSweep: () => '全部 float32',
    proofInputs: () => '输入',
    proofNaN: () => 'NaN',
    'proof-kernel': (v: Values) => `${s(v, 'format')}：SIMD 内核`,
    'proof-float16': (v: Values) => `${s(v, 'format')}：@petamoriken/float16`,
    proofBar: (v: Values) =>
      `${s(v, 'name')}  ${percent(n(v, 'share'))}  每秒 ${number(n(v, 'rate') / 1e6)} M  还需 ${s(v, 'left')} 秒`,
    proofAbout: () =>
      '--deep：把全部 2^32 个 float32 转换到每种格式，由内核计算，fp16 再由 @petamoriken/float16 计算，逐一对照精确编解码给出的边界；使用所有核心，按 Ctrl-C 停止并给出已完成的部分。',
  },
  options: {
    'verify.deep': '检验每一个 float32，而不是选出的数',
    'verify.format': '--deep 的格式，可用逗号给出多个：fp16、bf16、e4m3fn、不超过 16 位的任意 eXmY（默认 fp16,bf16）',
  },
}
