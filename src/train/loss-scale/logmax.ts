/** OpenSeq2Seq's LogMax: the scale follows the mean and spread of log2 of the largest gradient. */
import { powerOfTwo } from '../../format/bits.js'
import { exp, log } from '../../kernel/kernel.js'
import type { ResolvedConfig } from './config.js'
import type { Policy, ScaleRule, ScaleState } from './policy.js'

const { fround } = Math

interface LogMaxState extends ScaleState {
  /** Moving averages of x = log2 amax: fast, slow, and of its square. */
  readonly mean: number
  readonly slowMean: number
  readonly square: number
  /** β1^t and β2^t: how much of each average is still its start at 0. */
  readonly start1: number
  readonly start2: number
}

const logMax = 16
/** How many standard deviations above the mean must not overflow: all but 1 in 1,000 of a normal distribution. */
const deviations = 3.09
const fast = 0.99
const slow = 0.999

/** 2^x, within 2 ulp of float64, of an x cut to ±200: the fraction by exp, the whole part exact. NaN gives NaN. */
function exp2(x: number, ln2: number): number {
  const whole = Math.floor(Math.min(Math.max(x, -200), 200))
  return powerOfTwo(whole) * exp((x - whole) * ln2)
}

const average = (beta: number, old: number, x: number): number =>
  fround(fround(fround(beta) * old) + fround(fround(1 - beta) * x))

/**
 * Every operation rounded to float32; log and exp differ from TensorFlow's by an ulp of float32 at most. An overflow counts
 * as x = 2^16 where log2's own 16 was meant: OpenSeq2Seq's slip, which holds the scale at its floor for thousands of steps.
 * An amax of 0 (in float32) has x = −Inf and makes the scale NaN for good, as there.
 * Source: NVIDIA/OpenSeq2Seq:open_seq2seq/optimizers/automatic_loss_scaler.py, LogMaxScaler
 */
export function logmax(_policy: Policy, config: ResolvedConfig): ScaleRule {
  const floor = fround(config.minScale ?? 0)
  const ceiling = fround(config.maxScale ?? Number.POSITIVE_INFINITY)
  const ln2 = log(2)
  const next = (state: LogMaxState, overflow: boolean, amax: number): LogMaxState => {
    const x = overflow ? powerOfTwo(logMax) : fround(fround(log(amax)) / fround(ln2))
    const mean = average(fast, state.mean, x)
    const slowMean = average(slow, state.slowMean, x)
    const square = average(slow, state.square, fround(x * x))
    const start1 = fround(state.start1 * fround(fast))
    const start2 = fround(state.start2 * fround(slow))
    const mu = fround(mean / fround(1 - start1))
    const slowMu = fround(slowMean / fround(1 - start2))
    const variance = fround(fround(square / fround(1 - start2)) - fround(slowMu * slowMu))
    const sigma = fround(Math.sqrt(Math.max(variance, 0)))
    const cutoff = fround(fround(sigma * fround(deviations)) + mu)
    const scale = Math.min(ceiling, Math.max(floor, fround(exp2(fround(16 - cutoff), ln2))))
    return { scale, tracker: overflow ? 0 : state.tracker + 1, mean, slowMean, square, start1, start2 }
  }
  return {
    init: (): LogMaxState => ({
      scale: fround(config.initScale),
      tracker: 0,
      mean: 0,
      slowMean: 0,
      square: 0,
      start1: 1,
      start2: 1,
    }),
    next(state, overflow, amax) {
      const held = fround(amax)
      return next(state as LogMaxState, overflow || held === Number.POSITIVE_INFINITY, held)
    },
  }
}
