/** The words of block formats. */
import { brief, count, number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

export const blocks = {
  errors: {},
  findings: {
    'blocks-outlier': (v: Values) =>
      `One value × ${brief(n(v, 'times'))}: ${percent(n(v, 'beside'))} of its block's others become 0 in ${s(v, 'format')}, before ${percent(n(v, 'alone'))}.`,
    'blocks-rule': (v: Values) =>
      `${s(v, 'rule')} cuts ${n(v, 'cut') > 0 ? `the largest in ${percent(n(v, 'cut'))} of blocks` : 'no value'}: error ${percent(n(v, 'error'))}${v['best'] === v['rule'] ? '; no rule errs less' : `, with ${s(v, 'best')} ${percent(n(v, 'least'))}`}.`,
    'blocks-e4m3': (v: Values) =>
      `A scale in E4M3 is no power of two: the error is ${percent(n(v, 'error'))}, ${percent(n(v, 'lost'))} become 0.`,
    'blocks-chance': (v: Values) =>
      n(v, 'draws') === 1
        ? `Rounded by chance once, the error is ${percent(n(v, 'once'))}, to nearest ${percent(n(v, 'nearest'))}.`
        : `Stochastic errs by ${percent(n(v, 'once'))}, a mean of ${s(v, 'draws')} by ${percent(n(v, 'mean'))}; ${n(v, 'cutOff') > n(v, 'mean') / 4 ? `${percent(n(v, 'cutOff'))} alone is cut off` : `nearest always by ${percent(n(v, 'nearest'))}`}.`,
    'blocks-alone': () => 'No value has another that is not 0 among its 32: an outlier would make nothing 0.',
    'blocks-nonfinite': (v: Values) =>
      n(v, 'nonfinite') === 1
        ? 'One value is NaN or Inf, taken as 0 here: in an MX format all of its block would be NaN.'
        : `${count(n(v, 'nonfinite'), 'en')} values are NaN or Inf, taken as 0 here: in an MX format all of their blocks would be NaN.`,
    'blocks-first': (v: Values) => `Only the first ${count(n(v, 'count'), 'en')} values are looked at.`,
    'blocks-follow': (v: Values) => {
      const head = `One value, ${number(n(v, 'x'))}, in a block up to ${number(n(v, 'amax'))}`
      if (n(v, 'factor') === 0) return `${head}: the scale itself is too small for E4M3 and becomes 0.`
      const scale =
        v['power'] === ''
          ? `${v['twoScales'] === true ? 'both scales' : 'scale'} ${number(n(v, 'factor'))}`
          : `scale ${s(v, 'power')} (${s(v, 'rule')})`
      return `${head}: ${scale}, ${number(n(v, 'x'))} ÷ scale = ${number(n(v, 'quotient'))} → 0, at most half a step of 2^${s(v, 'smallest')}.`
    },
  },
  labels: {
    'blocks-subject': (v: Values) =>
      `${n(v, 'count') === 1 ? '1 value' : `${count(n(v, 'count'), 'en')} values`}, ${s(v, 'source')}`,
    'blocks-chart': () => 'Of 32 values one grows: the share of the others that become 0',
    'blocks-times': () => '× its size',
    'blocks-bits': () => 'bits each',
    'blocks-error': (v: Values) => `error ${s(v, 'rule')}`,
    'blocks-lost': () => 'become 0',
    'blocks-beside': (v: Values) => `one × ${brief(n(v, 'times'))}`,
    'blocks-element': () => 'element',
    'blocks-size': () => 'block',
    'blocks-scale': () => 'scale',
    'blocks-tensorScale': () => 'for the tensor',
    'blocks-largest': () => 'largest element',
    'blocks-formats': () => 'Block formats: elements that share a scale',
  },
  options: {
    'mx-blocks.format': 'the block format to look at',
    'mx-blocks.scale': 'how a power-of-two scale follows from the largest value: floor, ceil, even, rceil',
    'mx-blocks.outlier': 'how many times the largest value of 32 grows; 1: none',
    'mx-blocks.draws': 'how many stochastic roundings',
  },
}
