/** The same micro-gradients added up in several buffers. */
import { seedFrom, uniform } from '../../data/rng.js'
import { powerOfTwo } from '../../format/bits.js'
import { format } from '../../format/parse.js'
import { rounder } from '../../format/round.js'
import { dot } from '../../kernel/dot.js'
import type { Block, Cell } from '../../result/result.js'
import { type Accumulator, accumulator } from '../../train/accumulate.js'

export interface SumsOptions {
  /** Of the micro-gradients as the backward pass leaves them, and of the first buffer. */
  readonly format: string
  readonly gradient: number
  /** A micro-gradient is gradient · (1 + spread · x), x between −1 and 1. */
  readonly spread: number
  readonly scale: number
  readonly micro: number
  readonly seed: number
}

/** A buffer and what came out of it. */
export interface Buffer {
  readonly name: string
  readonly format: string
  readonly kahan: boolean
  readonly bytes: number
  /** The sum after each sampled micro-batch, unscaled. */
  readonly sums: readonly number[]
  readonly sum: number
  readonly error: number
  /** The sum rounded to the format of the gradients again, unscaled, and its error. */
  readonly back: number
  readonly backError: number
  /** Four micro-gradients of the format's largest power of two. */
  readonly large: number
}

export interface Sums {
  readonly exact: number
  /** Numbers of micro-batches at which the sums were taken. */
  readonly at: readonly number[]
  readonly exacts: readonly number[]
  readonly buffers: readonly Buffer[]
  /** The largest power of two of the gradients' format; four of them, summed in FP32 and rounded again. */
  readonly top: number
  readonly largeBack: number
}

/** Lengths for the picture: about 60 of them, the first and the last too. */
function samplesOf(n: number): number[] {
  const count = Math.min(n, 60)
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round(((i + 1) * n) / count)))]
}

/** The buffers to compare: the gradients' own format, plain and Kahan, the other 16-bit one, fp32. */
function buffersOf(own: string): { format: string; kahan: boolean }[] {
  const others = ['bf16', 'fp16', 'fp32'].filter((name) => name !== own)
  const [other, wide] = own === 'fp32' ? ['bf16', 'fp16'] : [others[0] as string, 'fp32']
  return [
    { format: own, kahan: false },
    { format: own, kahan: true },
    { format: other as string, kahan: false },
    { format: wide as string, kahan: false },
  ]
}

/** The FP32 buffer: always one of them. */
export const wideOf = (buffers: readonly Buffer[]): Buffer =>
  buffers.find(({ format, kahan }) => format === 'fp32' && !kahan) as Buffer

const one = (buffer: Accumulator, terms: ArrayLike<number>, each: (sum: number, n: number) => void): void => {
  let state = buffer.init(1)
  for (let i = 0; i < terms.length; i++) {
    state = buffer.add(state, [terms[i] as number])
    each(state.sum[0] as number, i + 1)
  }
}

/** |x − exact| / |exact|; NaN for what is not finite, 0 where both are 0. */
const relative = (x: number, exact: number): number =>
  Number.isFinite(x) ? (x === exact ? 0 : Math.abs(x - exact) / Math.abs(exact)) : Number.NaN

/** Errors against the exact sum of the micro-gradients as the format holds them; the exact sum is rounded once to float64. */
export function sumsOf({ format: own, gradient, spread, scale, micro, seed }: SumsOptions): Sums {
  const f = format(own)
  const round = rounder(f)
  const draws = seedFrom(`accumulation micro ${seed}`)
  const terms = Float64Array.from({ length: micro }, (_, i) =>
    round(gradient * (1 + spread * (2 * uniform(draws, i) - 1)) * scale),
  )
  const ones = new Float64Array(micro).fill(1)
  const exactOf = (n: number): number =>
    dot(terms.subarray(0, n), ones.subarray(0, n), { accumulate: 'fp64', method: 'exact' }) / scale
  const at = samplesOf(micro)
  const sampled = new Set(at)
  const exact = exactOf(micro)
  const exacts: number[] = []
  let running = 0
  for (let i = 0; i < micro; i++) {
    running += (terms[i] as number) / scale
    if (sampled.has(i + 1)) exacts.push(running)
  }
  const top = powerOfTwo(f.emax)
  const buffers = buffersOf(f.name).map(({ format: name, kahan }): Buffer => {
    const buffer = accumulator(name, { kahan })
    const sums: number[] = []
    let last = 0
    one(buffer, terms, (sum, n) => {
      last = sum
      if (sampled.has(n)) sums.push(sum / scale)
    })
    let large = 0
    one(buffer, [top, top, top, top], (sum) => {
      large = sum
    })
    const [sum, back] = [last / scale, round(last) / scale]
    return {
      name: kahan ? `${name} Kahan` : name,
      format: name,
      kahan,
      bytes: buffer.bytes,
      sums,
      sum,
      error: relative(sum, exact),
      back,
      backError: relative(back, exact),
      large,
    }
  })
  return { exact, at, exacts, buffers, top, largeBack: round(wideOf(buffers).large) }
}

export const sumsChart = ({ at, exacts, buffers }: Sums): Block => ({
  kind: 'line-chart',
  title: { code: 'accSumsChart' },
  x: { label: { code: 'accMicroAxis' }, values: at, scale: 'linear' },
  y: { label: { code: 'sum' }, scale: 'linear' },
  series: [
    { label: { code: 'accExact' }, values: exacts },
    ...buffers.map(({ name, sums }) => ({ label: { name }, values: sums })),
  ],
})

/** Seven digits: enough to tell sums apart that differ in fp32. */
const digits = (value: number): Cell => ({ code: 'accDigits', values: { value } })

export const sumsTable = ({ buffers, top }: Sums, own: string): Block => ({
  kind: 'table',
  columns: [
    { label: { code: 'accBuffer' }, as: 'text' },
    { label: { code: 'accBytes' }, as: 'number' },
    { label: { code: 'accSum' }, as: 'number' },
    { label: { code: 'error' }, as: 'percent' },
    { label: { code: 'accBack', values: { format: own } }, as: 'number' },
    { label: { code: 'error' }, as: 'percent' },
    { label: { code: 'accLarge', values: { top } }, as: 'power' },
  ],
  rows: buffers.map(({ name, bytes, sum, error, back, backError, large }): Cell[] => [
    name,
    bytes,
    digits(sum),
    error,
    digits(back),
    backError,
    large,
  ]),
  tones: buffers.map(({ error }) => (error < 0.001 ? 'good' : 'bad')),
})
