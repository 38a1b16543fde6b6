/** What a way to compress gradients is, and what all of them share. */
import { seedFrom, uniform } from '../../data/rng.js'
import type { Transfer } from '../ring.js'

/** What a family may know beside the gradients. */
export interface Setting {
  readonly workers: number
  /** Values a gradient has. */
  readonly length: number
  readonly seed: number
  /** Whether what was not sent is kept for the next step. */
  readonly feedback: boolean
  /** Rows and columns of the gradient, for PowerSGD. */
  readonly shape: readonly [number, number]
  /** DGC: how much of its momentum u a worker keeps. */
  readonly momentum: number
  /** DGC: the largest norm of a step's gradients of all workers together; each clips to clip / √workers. */
  readonly clip: number | undefined
  /** DGC: steps at each of the warm-up ratios. */
  readonly warmup: number
  /** PowerSGD: steps sent whole before the first compressed one. */
  readonly start: number
}

/** All that a method remembers between steps. Plain data: a state is never changed, each step makes the next. */
export interface CompressState {
  readonly step: number
  /** Of each worker what it has not sent yet; empty without error feedback. DGC's velocity v. */
  readonly residuals: readonly Float32Array[]
  /** DGC's momentum u of each worker. */
  readonly momenta: readonly Float32Array[]
  /** PowerSGD's Q, columns × rank, row-major: where the next step starts. */
  readonly factor?: Float32Array
}

/** What one exchange sends and what every worker has afterwards. */
export interface Message {
  /** Of each worker what it counts as sent: its message decoded; for PowerSGD the approximation all of them share. */
  readonly sent: readonly Float32Array[]
  /** The averaged gradient, the same on every worker. */
  readonly mean: Float32Array
  readonly transfers: readonly Transfer[]
}

/** From the vectors of all workers to the message; randomness from (seed, step, worker, index) alone. */
export type Send = (vectors: readonly Float32Array[], step: number) => Message

/** One step of a method with a memory of its own. */
export type Advance = (state: CompressState, gradients: readonly Float32Array[]) => Message & { state: CompressState }

/** The mean of the workers' vectors: summed in float32 in the order of the workers, then divided. Each operation rounds once. */
export function mean(vectors: readonly Float32Array[]): Float32Array {
  const [first = new Float32Array(0), ...others] = vectors
  const sum = Float32Array.from(first)
  for (const v of others) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (v[i] as number)
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) / vectors.length
  return sum
}

/** a + b in float32. */
export function plus(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length)
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) + (b[i] as number)
  return out
}

/** a − b in float32. */
export function minus(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length)
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) - (b[i] as number)
  return out
}

/** The largest magnitude, exact; 0 of nothing. NaN is passed over. */
export const absmax = (v: Float32Array): number => v.reduce((top, x) => Math.max(top, Math.abs(x)), 0)

/** The 2-norm: squares (exact) summed in float64 in index order, the root rounded to float32. */
export const norm = (v: Float32Array): number => Math.fround(Math.sqrt(v.reduce((sum, x) => sum + x * x, 0)))

/** The 1-norm: summed in float64 in index order, rounded to float32. */
export const norm1 = (v: Float32Array): number => Math.fround(v.reduce((sum, x) => sum + Math.abs(x), 0))

export const allFinite = (v: Float32Array): boolean => v.every(Number.isFinite)

/** Draw i of a step, for one worker or, as 'all', shared by them: a pure function of (seed, use, who, step, i). */
export function draws(seed: number, use: string, who: number | 'all', first: number): (i: number) => number {
  const own = seedFrom(`compress ${use} ${seed} ${who}`)
  return (i) => uniform(own, first + i)
}

/** A method without a memory, with what it does not send added to the next gradient or not. */
export function withFeedback(send: Send, feedback: boolean): Advance {
  return (state, gradients) => {
    const step = state.step + 1
    if (!feedback) return { ...send(gradients, state.step), state: { ...state, step } }
    const vectors = gradients.map((g, i) => plus(g, state.residuals[i] as Float32Array))
    const message = send(vectors, state.step)
    const residuals = vectors.map((p, i) => minus(p, message.sent[i] as Float32Array))
    return { ...message, state: { ...state, step, residuals } }
  }
}
