/** The words of tensor cores. */
import { count, number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const many = (x: number, one: string): string => `${count(x, 'en')} ${one}${x === 1 ? '' : 's'}`
const signed = (x: number): string => `${x > 0 ? '+' : x < 0 ? '−' : ''}${number(Math.abs(x))}`
/** 0.06 %, or the number itself where that would be <0.01 %. */
const share = (x: number): string => (x > 0 && x < 5e-5 ? number(x, 2) : percent(x))
const ulps = (x: number): string => `${signed(x)} ulp`

export const tensorCore = {
  errors: {},
  findings: {
    tensorCoreDiffer: (v: Values) =>
      n(v, 'models') === 1
        ? `${many(n(v, 'gpus'), 'GPU')}, one way to compute ${s(v, 'input')} products: no result differs${s(v, 'without') === '' ? '. Try --gpu all.' : ` (${s(v, 'without')}: none).`}`
        : `${many(n(v, 'count'), 'dot product')} of ${many(n(v, 'length'), 'number')} in ${s(v, 'input')}, ${many(n(v, 'gpus'), 'GPU')}${s(v, 'without') === '' ? '' : ` (${s(v, 'without')}: none)`}, ${s(v, 'models')} ways to add: ${percent(n(v, 'differ'))} of the results differ.`,
    tensorCoreBias: (v: Values) =>
      `${s(v, 'gpu')}: ${ulps(n(v, 'bias'))}${v['mixed'] === true ? ' of Σ|ab|' : ''} on average${n(v, 'bias') < -0.5 && s(v, 'result') === 'fp32' ? ': what is cut off is always lost on the same side' : ''}. One by one to nearest: ${ulps(n(v, 'plain'))}.`,
    tensorCorePromote: (v: Values) =>
      `${s(v, 'input')} on Hopper, ${s(v, 'length')} products: ${share(n(v, 'hopper'))} off; added in fp32 every ${s(v, 'every')}: ${share(n(v, 'promoted'))}. B200: ${share(n(v, 'blackwell'))} (model).`,
    tensorCoreModel: (v: Values) =>
      `* No results with ${s(v, 'input')} are recorded of ${s(v, 'gpus')}: a published model, never compared with the GPU.`,
  },
  labels: {
    tensorCoreSubject: (v: Values) => `${count(n(v, 'count'), 'en')} × ${s(v, 'length')} products, ${s(v, 'input')}`,
    tensorCoreBits: (v: Values) =>
      `Number ${s(v, 'number')}${n(v, 'kinds') > 1 ? ': same input, other last bits' : ', bit by bit'}`,
    tensorCoreExact: () => 'exact',
    tensorCoreNearest: () => 'rounded once',
    tensorCoreOff: (v: Values) => `${ulps(n(v, 'off'))}${v['mixed'] === true ? ' of the sum' : ''}`,
    tensorCorePlain: () => 'one by one in fp32',
    tensorCoreGpu: () => 'GPU',
    tensorCoreBlock: () => 'block',
    tensorCoreKept: () => 'bits kept',
    tensorCoreWrong: () => 'not nearest',
    tensorCoreMean: (v: Values): string => (v['mixed'] === true ? 'mean, ulps of Σ|ab|' : 'mean ulps'),
    tensorCoreWorst: (v: Values): string => (v['mixed'] === true ? 'worst' : 'worst ulps'),
    tensorCoreFp8: (v: Values) => `${s(v, 'input')}, sums in fp32: the largest relative error by number of products`,
    tensorCoreWay: () => '',
    tensorCoreLength: (v: Values) => s(v, 'length'),
    'tensorCore-ada': () => 'ada l40s',
    'tensorCore-hopper': () => 'h100 h200',
    'tensorCore-promoted': (v: Values) => `h100 h200, fp32 every ${s(v, 'every')}`,
    'tensorCore-blackwell': () => 'b200 (model)',
  },
  options: {
    'tensor-core.gpu':
      'v100, a100, a2, ada, l40s, h100, h200, b200, several with commas. All recorded results are met bit for bit; numbers near 2^-126 rest on one result of an H100, overflow and NaN on published models',
    'tensor-core.input': 'what is multiplied: fp16, bf16, tf32, e4m3fn, e5m2',
    'tensor-core.result': 'what a block is rounded to: fp32 (toward zero) or fp16 (nearest)',
    'tensor-core.instruction':
      'mma, wgmma, tcgen05; usual: mma, and for FP8 wgmma on Hopper and tcgen05 on B200, which is a published model: no results are recorded',
    'tensor-core.length': 'products of a dot product',
    'tensor-core.count': 'how many dot products',
    'tensor-core.values': 'positive (from 0 to 1) or mixed (normal)',
    'tensor-core.promote': 'FP8 on Hopper: products between two additions in fp32',
    'tensor-core.fp8Length': 'products of the longest FP8 sum',
  },
}
