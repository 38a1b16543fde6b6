/** Gradient accumulation: the buffer that micro-gradients are added to, how its sum becomes a mean, and what an overflow costs. */
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { nearest } from './optimizer/nearest.js'
import { wholePower } from './optimizer/power.js'

/** What a buffer holds between micro-batches. Never changed, only replaced. */
export interface AccumulatorState {
  readonly sum: Float64Array
  /** Kahan's: what was added too much so far. */
  readonly over?: Float64Array
}

export interface Accumulator {
  /** Bytes of one element, Kahan's second number counted. */
  readonly bytes: number
  init(length: number): AccumulatorState
  /** The buffer after one more micro-gradient. */
  add(state: AccumulatorState, gradient: ArrayLike<number>): AccumulatorState
}

/**
 * A buffer in a format; its values are those of the format. Each addition is rounded once, nearest-even, overflow to Inf;
 * NaN and ±Inf stay. Kahan, as `dot` has it: y = g − over, t = sum + y, over = (t − sum) − y, each operation rounded.
 */
export function accumulator(f: Format | string, { kahan = false }: { readonly kahan?: boolean } = {}): Accumulator {
  const format = asFormat(f)
  const r = nearest(format)
  return {
    bytes: (format.width / 8) * (kahan ? 2 : 1),
    init: (length) => ({
      sum: new Float64Array(length),
      ...(kahan ? { over: new Float64Array(length) } : {}),
    }),
    add({ sum: before, over: lost }, gradient) {
      const sum = new Float64Array(before.length)
      if (!lost) {
        for (let i = 0; i < sum.length; i++) sum[i] = r((before[i] as number) + (gradient[i] as number))
        return { sum }
      }
      const over = new Float64Array(before.length)
      for (let i = 0; i < sum.length; i++) {
        const old = before[i] as number
        const y = r((gradient[i] as number) - (lost[i] as number))
        const t = r(old + y)
        sum[i] = t
        over[i] = r(r(t - old) - y)
      }
      return { sum, over }
    },
  }
}

/** The sizes of n micro-batches of `size` samples, the last one of `last`. */
export const microSizes = (n: number, size: number, last: number): number[] =>
  Array.from({ length: n }, (_, i) => (i === n - 1 ? last : size))

/**
 * The share by which each micro-batch's mean counts. `samples`: by its samples, which gives the mean of all samples.
 * `batches`: 1/N each, the mean of the means: right only where all are of one size. One rounding each.
 */
export function shares(sizes: readonly number[], by: 'samples' | 'batches'): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0)
  return sizes.map((size) => (by === 'samples' ? size / all : 1 / sizes.length))
}

/**
 * How likely n micro-batches lose their update when each of them overflows with the probability p on its own: 1 − (1 − p)^n,
 * to within 2^-50. One Inf in the buffer stays there, and the whole effective batch is skipped.
 */
export const lostBatches = (p: number, n: number): number => 1 - wholePower(1 - p, n)
