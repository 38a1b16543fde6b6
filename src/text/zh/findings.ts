/** 各条结论与说明的句子，按代码排列。 */

import type { findings as english } from '../en/findings.js'
import { brief, count, number, percent, power, scale, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const many = (x: number): string => `${count(x, 'zh')} 个`.replace(/([万亿]) /, '$1')

const became = (fate: string): string =>
  ({
    exact: '精确',
    rounded: '已舍入',
    subnormal: '成为次正规数，只剩少数位',
    underflow: '下溢归零',
    overflow: '上溢',
    saturated: '截到最大值',
    nan: 'NaN',
  })[fate] ?? fate

export const findings: typeof english = {
  fates: (v: Values) => {
    const overflow = n(v, 'overflow')
    const rest = overflow > 0 ? `；${many(overflow)}上溢` : n(v, 'scale') === 1 ? '' : '；无上溢'
    return `损失 × ${scale(n(v, 'scale'))}：${percent(n(v, 'lost'))} 下溢归零，${percent(n(v, 'subnormal'))} 不足 ${s(v, 'precision')} 位${rest}`
  },
  stepSkipped: (v: Values) =>
    v['clipped'] === true
      ? `${many(n(v, 'overflow'))}值被截到 ${s(v, 'format')} 的最大值：没有 Inf，靠检查 Inf 的缩放器毫无察觉。`
      : `${many(n(v, 'overflow'))}值超出 ${s(v, 'format')} 的范围：缩放器会跳过这一整步更新。`,
  becameNaN: (v: Values) => `${many(n(v, 'nan'))}值变成 NaN：${s(v, 'format')} 没有负数。`,
  nonfiniteInput: (v: Values) => `输入中已有 ${many(n(v, 'nonfinite'))} NaN 或 Inf，不计入各项比例。`,
  nothingToReplay: (v: Values) =>
    `没有可重放的值：${many(n(v, 'values'))}值中 ${many(n(v, 'zeros'))}为 0，${many(n(v, 'nonfinite'))}为 NaN 或 Inf。`,
  guessScale: () => '乘以 2 的几次方能救回它们而不上溢？先猜，再运行。',
  safeWindow: (v: Values) => {
    const high = n(v, 'high')
    const why = `${power(high)} 是最后一个：${number(n(v, 'top'))} × ${power(high)} = ${number(n(v, 'reached'), 5)} < ${number(n(v, 'limit'), 6)}`
    return n(v, 'low') === high
      ? `此处安全：只有 ${power(high)}（${why}）。`
      : `此处安全：${power(n(v, 'low'))} … ${power(high)}（${why}）。`
  },
  noSafeScale: (v: Values) =>
    `此处没有一个合适的缩放系数：丢失少于 ${percent(n(v, 'tolerable'))} 至少要 ${power(n(v, 'low'))}，不上溢至多只能 ${power(n(v, 'high'))}。见 bf16-tradeoff。`,
  noScaleAtAll: () => '此处 2 的任何次方都不安全：这些值超出了 float64 所能缩放的范围。',
  followUnscaled: (v: Values) =>
    `跟踪一个梯度 ${shortest(n(v, 'x'))}：→ ${s(v, 'plainCode')} = ${shortest(n(v, 'plainValue'))}，${became(s(v, 'plainFate'))}。`,
  followScaled: (v: Values) =>
    `跟踪一个梯度 ${shortest(n(v, 'x'))}：→ ${s(v, 'plainCode')}，${became(s(v, 'plainFate'))}。× ${scale(n(v, 'scale'))} → ${s(v, 'code')} → ÷ ${scale(n(v, 'scale'))}（FP32）→ ${number(n(v, 'back'))}`,
  tooLate: (v: Values) => `反向传播之后再缩放为时已晚：0 × ${scale(n(v, 'scale'))} = 0。`,
  contagionChain: (v: Values) =>
    `第 ${s(v, 'step')} 步：样本 ${s(v, 'first')} 带来 ${s(v, 'inf')}，样本 ${s(v, 'second')} 带来 ${s(v, 'other')}：Inf − Inf = NaN。它进入 Adam 的 m 与 v，再进入全部 ${s(v, 'weights')} 个权重；从第 ${s(v, 'step')} 步起再也无法恢复。会检查 Inf 的缩放器只损失这一步。`,
  contagionInf: (v: Values) =>
    `第 ${s(v, 'step')} 步：梯度为 ${s(v, 'gradient')}。它进入 Adam 的 m 与 v；Inf / Inf = NaN 进入权重，从第 ${s(v, 'step')} 步起再也无法恢复。会检查 Inf 的缩放器只损失这一步。`,
  contagionHarmless: (v: Values) =>
    `第 ${s(v, 'step')} 步的离群值在 ${s(v, 'format')} 中仍是有限数：只多了一步坏的更新，没有别的损失。`,
  wholeLine: (v: Values) =>
    `${s(v, 'format')} 有 ${s(v, 'codes')} 个编码、${s(v, 'values')} 个值；其他一切数都必须变成其中之一。`,
  spacingGrows: (v: Values) =>
    `${s(v, 'format')}：1 之后是 ${shortest(n(v, 'afterOne'))}；在 ${shortest(n(v, 'top'))} 处步长为 ${shortest(n(v, 'atTop'))}。每过一个 2 的幂，步长翻倍。`,
  halfUlp: (v: Values) =>
    `就近舍入的误差至多半个 ulp：直到 2^${s(v, 'emin')}，相对误差都不超过 ${number(n(v, 'unitRoundoff'))}。再小，误差就增大。`,
  plusOneLost: (v: Values) =>
    `在 ${s(v, 'format')} 中 ${s(v, 'top')} + 1 = ${s(v, 'sum')}：结果正好落在两个值的中间，中间值取偶。`,
  firstLost: (v: Values) => `${s(v, 'integer')} 是 ${s(v, 'format')} 无法表示的第一个整数。`,
  formulaNormal: (v: Values) =>
    `${s(v, 'sign')}2^(${s(v, 'exponent')} − ${s(v, 'bias')}) × (1 + ${s(v, 'fraction')}/${s(v, 'denominator')}) = ${s(v, 'sign')}2^${s(v, 'power')} × ${s(v, 'denominator') === '1' ? '1' : `${n(v, 'denominator') + n(v, 'fraction')}/${s(v, 'denominator')}`} = ${s(v, 'value')}`,
  formulaSubnormal: (v: Values) =>
    `阶码为 0：${s(v, 'sign')}2^(1 − ${s(v, 'bias')}) × (0 + ${s(v, 'fraction')}/${s(v, 'denominator')}) = ${s(v, 'value')}`,
  formulaPower: (v: Values) => `2^(${s(v, 'exponent')} − ${s(v, 'bias')}) = ${s(v, 'value')}`,
  between: (v: Values) => `它位于 ${s(v, 'low')} 到 ${s(v, 'high')} 之间的 ${percent(n(v, 'part'))} 处。`,
  verifyPassed: (v: Values) => `在本机上比较 ${count(n(v, 'cases'), 'zh')}次，无一错误。`,
  verifyWrong: (v: Values) =>
    `在本机上比较 ${count(n(v, 'cases'), 'zh')}次，其中 ${count(n(v, 'wrong'), 'zh')} 次错误。请报告下面的摘要。`,
  verifyStopped: (v: Values) =>
    `已停止：完成 ${s(v, 'checks')} / ${s(v, 'all')} 项检查，比较 ${count(n(v, 'cases'), 'zh')}次，无一错误。`,
  sumSequential: (v: Values) =>
    `${s(v, 'count')} × ${brief(n(v, 'value'))}，在 ${s(v, 'format')} 中逐项累加：${number(n(v, 'sum'), 6)}。这些项的精确和为 ${number(n(v, 'exact'), 6)}。`,
  onesStall: (v: Values) => `1 + 1 + 1 + … 在 ${s(v, 'format')} 中停在 ${brief(n(v, 'at'))}：再加 1 也不变。`,
}
