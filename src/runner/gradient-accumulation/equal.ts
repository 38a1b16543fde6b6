/** Where accumulation gives the bits of the large batch, and where it does not. */
import { seedFrom, uniform } from '../../data/rng.js'
import { format } from '../../format/parse.js'
import { ulp } from '../../format/ulp.js'
import type { Block, Cell } from '../../result/result.js'
import { accumulator } from '../../train/accumulate.js'
import { nearest } from '../../train/optimizer/nearest.js'

export const caseNames = ['few-bits', 'fp32', 'thirds', 'narrow'] as const
export type CaseName = (typeof caseNames)[number]

export interface Equality {
  readonly name: CaseName
  /** Micro-batches and the buffer's format. */
  readonly micro: number
  readonly buffer: string
  /** The share of gradients with the same bits, and the largest difference in ulps of the large batch's. */
  readonly same: number
  readonly worst: number
}

export interface EqualOptions {
  readonly format: string
  readonly gradient: number
  readonly micro: number
  readonly samples: number
  readonly seed: number
}

/** Values looked at: enough for a share, few enough that long batches take no time. */
const gradientsFor = (batch: number): number => Math.max(1, Math.min(1000, Math.floor(1e6 / batch)))

/** Whole steps of 2^-10 of the size up to ±2^10: sums of up to 2^13 of them are exact in fp32. */
const fewBits = 1024

/**
 * The large batch: all samples summed in fp32 in order, divided by their number, rounded to the buffer's format. The
 * micro-batches: each summed in fp32 and divided by its own number, divided by N, rounded to the buffer's format, and added
 * up there. Every operation rounds once.
 */
function compare(name: CaseName, buffer: string, micro: number, o: EqualOptions): Equality {
  const batch = micro * o.samples
  const count = gradientsFor(batch)
  const draws = seedFrom(`accumulation equal ${o.seed}`)
  const target = format(buffer)
  const store = nearest(target)
  const few = name === 'few-bits' || name === 'thirds'
  const size = Math.fround(o.gradient)
  const value = (i: number): number => {
    const x = 2 * uniform(draws, i) - 1
    return few ? Math.round(x * fewBits) : Math.fround(x * size)
  }
  const buffers = accumulator(buffer)
  let [same, worst] = [0, 0]
  for (let j = 0; j < count; j++) {
    let whole = 0
    let state = buffers.init(1)
    for (let k = 0; k < micro; k++) {
      let part = 0
      for (let i = 0; i < o.samples; i++) {
        const x = value(j * batch + k * o.samples + i)
        whole = Math.fround(whole + x)
        part = Math.fround(part + x)
      }
      state = buffers.add(state, [store(Math.fround(Math.fround(part / o.samples) / micro))])
    }
    const large = store(Math.fround(whole / batch))
    const got = state.sum[0] as number
    if (Object.is(got + 0, large + 0)) same++
    else worst = Math.max(worst, Math.abs(got - large) / ulp(large, target))
  }
  return { name, micro, buffer, same: same / count, worst }
}

/** The next number of micro-batches, from `micro` on, that is no power of two. */
function odd(micro: number): number {
  let n = Math.max(3, micro)
  while ((n & (n - 1)) === 0) n++
  return n
}

/** The next power of two. */
function even(micro: number): number {
  let n = 1
  while (n < micro) n *= 2
  return n
}

/** N is made a power of two, and the samples of a micro-batch too, where exact division is the point. */
export function equalitiesOf(o: EqualOptions): Equality[] {
  const exact = { ...o, samples: even(o.samples) }
  return [
    compare('few-bits', 'fp32', even(o.micro), exact),
    compare('thirds', 'fp32', odd(o.micro), exact),
    compare('fp32', 'fp32', o.micro, o),
    compare('narrow', format(o.format).name === 'fp32' ? 'bf16' : format(o.format).name, o.micro, o),
  ]
}

/**
 * What batch norm divides by: the variance of a micro-batch, averaged over the micro-batches, against that of all samples.
 * Unlike a gradient it is no sum over samples, so accumulation cannot give it. 0 / 0 for a single sample is NaN.
 */
export function batchNormShare({ micro, samples, seed }: EqualOptions): number {
  const draws = seedFrom(`accumulation activations ${seed}`)
  const variance = (first: number, count: number): number => {
    let [sum, squares] = [0, 0]
    for (let i = 0; i < count; i++) sum += uniform(draws, first + i)
    const mean = sum / count
    for (let i = 0; i < count; i++) squares += (uniform(draws, first + i) - mean) * (uniform(draws, first + i) - mean)
    return squares / count
  }
  let parts = 0
  for (let k = 0; k < micro; k++) parts += variance(k * samples, samples)
  return parts / micro / variance(0, micro * samples)
}

export function equalTable(equalities: readonly Equality[], batchNorm: number, o: EqualOptions): Block {
  const rows = equalities.map(({ name, micro, buffer, same, worst }): Cell[] => [
    { code: `accCase-${name}`, values: { micro, buffer } },
    same,
    worst === 0 ? null : { code: 'accUlps', values: { ulps: worst, format: buffer } },
  ])
  return {
    kind: 'table',
    columns: [
      { label: { code: 'accCase' }, as: 'text' },
      { label: { code: 'accSame' }, as: 'percent' },
      { label: { code: 'accWorst' }, as: 'text' },
    ],
    rows: [
      ...rows,
      [
        { code: 'accCase-batch-norm', values: { micro: o.micro } },
        null,
        { code: 'accVariance', values: { share: batchNorm } },
      ],
    ],
    tones: [...equalities.map(({ same }) => (same === 1 ? ('good' as const) : ('bad' as const))), 'note'],
  }
}
