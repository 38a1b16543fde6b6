/** The sentences of findings and notes, by code. */
import { brief, count, number, percent, power, scale, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])
const many = (x: number, one: string, more: string): string => (x === 1 ? `1 ${one}` : `${count(x, 'en')} ${more}`)

const bits = (x: number): string => (x === 1 ? '1 bit' : `${x} bits`)

const became = (fate: string): string =>
  ({
    exact: 'exact',
    rounded: 'rounded',
    subnormal: 'a subnormal, few bits left',
    underflow: 'lost',
    overflow: 'overflow',
    saturated: 'cut to the largest',
    nan: 'NaN',
  })[fate] ?? fate

export const findings = {
  fates: (v: Values) => {
    const overflow = n(v, 'overflow')
    const rest = overflow > 0 ? `; ${count(overflow, 'en')} overflow` : n(v, 'scale') === 1 ? '' : '; no overflow'
    return `loss × ${scale(n(v, 'scale'))}: ${percent(n(v, 'lost'))} become 0, ${percent(n(v, 'subnormal'))} keep fewer than ${bits(n(v, 'precision'))}${rest}`
  },
  stepSkipped: (v: Values) => {
    const values = many(n(v, 'overflow'), 'value is', 'values are')
    return v['clipped'] === true
      ? `${values} cut to the largest ${s(v, 'format')}: no Inf, so a scaler that looks for Inf notices nothing.`
      : `${values} beyond ${s(v, 'format')}: a scaler would skip this whole step.`
  },
  becameNaN: (v: Values) =>
    `${many(n(v, 'nan'), 'value becomes', 'values become')} NaN: ${s(v, 'format')} has no negative numbers.`,
  nonfiniteInput: (v: Values) =>
    `${many(n(v, 'nonfinite'), 'input is', 'inputs are')} NaN or Inf already, and not counted in the shares.`,
  nothingToReplay: (v: Values) =>
    `Nothing to replay: ${many(n(v, 'values'), 'value', 'values')}, of which 0: ${count(n(v, 'zeros'), 'en')}; NaN or Inf: ${count(n(v, 'nonfinite'), 'en')}.`,
  guessScale: () => 'Which power of two brings them back without overflow? Guess, then run it.',
  safeWindow: (v: Values) => {
    const high = n(v, 'high')
    const why = `${power(high)} is the last: ${number(n(v, 'top'))} × ${power(high)} = ${number(n(v, 'reached'), 5)} < ${number(n(v, 'limit'), 6)}`
    return n(v, 'low') === high
      ? `Safe here: only ${power(high)} (${why}).`
      : `Safe here: ${power(n(v, 'low'))} … ${power(high)} (${why}).`
  },
  noSafeScale: (v: Values) =>
    `No single scale is right here: less than ${percent(n(v, 'tolerable'))} lost needs ${power(n(v, 'low'))} or more, no overflow needs ${power(n(v, 'high'))} or less. See bf16-tradeoff.`,
  noScaleAtAll: () => 'No power of two is safe here: the values reach beyond every scale of float64.',
  followUnscaled: (v: Values) =>
    `One gradient, ${shortest(n(v, 'x'))}: → ${s(v, 'plainCode')} = ${shortest(n(v, 'plainValue'))}, ${became(s(v, 'plainFate'))}.`,
  followScaled: (v: Values) =>
    `One gradient, ${shortest(n(v, 'x'))}: → ${s(v, 'plainCode')}, ${became(s(v, 'plainFate'))}. × ${scale(n(v, 'scale'))} → ${s(v, 'code')} → ÷ ${scale(n(v, 'scale'))} (FP32) → ${number(n(v, 'back'))}`,
  tooLate: (v: Values) => `Scaling after the backward pass is too late: 0 × ${scale(n(v, 'scale'))} = 0.`,
  contagionChain: (v: Values) =>
    `Step ${s(v, 'step')}: sample ${s(v, 'first')} brings ${s(v, 'inf')}, sample ${s(v, 'second')} brings ${s(v, 'other')}: Inf − Inf = NaN. It enters Adam's m and v, then all ${s(v, 'weights')} weights; from step ${s(v, 'step')} on nothing recovers. A scaler that checks for Inf loses that one step only.`,
  contagionInf: (v: Values) =>
    `Step ${s(v, 'step')}: the gradient is ${s(v, 'gradient')}. It enters Adam's m and v; Inf / Inf = NaN reaches the weights, and from step ${s(v, 'step')} on nothing recovers. A scaler that checks for Inf loses that one step only.`,
  contagionHarmless: (v: Values) =>
    `The outliers of step ${s(v, 'step')} stay finite in ${s(v, 'format')}: nothing is lost but one bad step.`,
  wholeLine: (v: Values) =>
    `${s(v, 'format')} has ${s(v, 'codes')} codes and ${s(v, 'values')} values; everything else must become one of them.`,
  spacingGrows: (v: Values) =>
    `${s(v, 'format')}: after 1 comes ${shortest(n(v, 'afterOne'))}; at ${shortest(n(v, 'top'))} the step is ${shortest(n(v, 'atTop'))}. Each power of two doubles it.`,
  halfUlp: (v: Values) =>
    `Nearest rounding is off by at most half an ulp: ${number(n(v, 'unitRoundoff'))} of the value, at any size down to 2^${s(v, 'emin')}. Below, the error grows.`,
  plusOneLost: (v: Values) =>
    `${s(v, 'top')} + 1 = ${s(v, 'sum')} in ${s(v, 'format')}: the 1 lies halfway to the next value, and the tie goes to the even one.`,
  firstLost: (v: Values) => `${s(v, 'integer')} is the first integer that ${s(v, 'format')} cannot hold.`,
  formulaNormal: (v: Values) =>
    `${s(v, 'sign')}2^(${s(v, 'exponent')} − ${s(v, 'bias')}) × (1 + ${s(v, 'fraction')}/${s(v, 'denominator')}) = ${s(v, 'sign')}2^${s(v, 'power')} × ${s(v, 'denominator') === '1' ? '1' : `${n(v, 'denominator') + n(v, 'fraction')}/${s(v, 'denominator')}`} = ${s(v, 'value')}`,
  formulaSubnormal: (v: Values) =>
    `exponent field 0: ${s(v, 'sign')}2^(1 − ${s(v, 'bias')}) × (0 + ${s(v, 'fraction')}/${s(v, 'denominator')}) = ${s(v, 'value')}`,
  formulaPower: (v: Values) => `2^(${s(v, 'exponent')} − ${s(v, 'bias')}) = ${s(v, 'value')}`,
  between: (v: Values) => `It lies ${percent(n(v, 'part'))} of the way from ${s(v, 'low')} up to ${s(v, 'high')}.`,
  verifyPassed: (v: Values) => `${count(n(v, 'cases'), 'en')} comparisons on this machine, none wrong.`,
  verifyWrong: (v: Values) =>
    `${many(n(v, 'wrong'), 'comparison', 'comparisons')} of ${count(n(v, 'cases'), 'en')} went wrong on this machine. Please report the digests below.`,
  verifyStopped: (v: Values) =>
    `Stopped: ${s(v, 'checks')} of ${s(v, 'all')} checks done, ${count(n(v, 'cases'), 'en')} comparisons, none wrong.`,
  sumSequential: (v: Values) =>
    `${s(v, 'count')} × ${brief(n(v, 'value'))}, one by one in ${s(v, 'format')}: ${number(n(v, 'sum'), 6)}. The exact sum of these terms is ${number(n(v, 'exact'), 6)}.`,
  onesStall: (v: Values) =>
    `1 + 1 + 1 + … stops at ${brief(n(v, 'at'))} in ${s(v, 'format')}: adding 1 changes nothing there.`,
}
