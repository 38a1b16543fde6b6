/** Large batches: the linear learning-rate rule with warm-up, and LARS's trust ratio with its norms in a chosen format. */
import type { Format } from '../format/format.js'
import { normOf } from './clip.js'

export interface RateSchedule {
  /** The rate of the small batch. */
  readonly base: number
  /** How many times larger the batch is: the rule makes the rate as many times larger. */
  readonly times: number
  /** Updates until the full rate; 0: at once. */
  readonly warmup: number
}

/**
 * The learning rate of update t = 0, 1, …: from base straight up to base · times over `warmup` updates, then constant.
 * At most 3 roundings. Goyal et al. 2017, arXiv:1706.02677, sections 2.1 and 2.2.
 */
export function linearRate({ base, times, warmup }: RateSchedule, t: number): number {
  return t < warmup ? base * (1 + (times - 1) * (t / warmup)) : base * times
}

export interface LarsOptions {
  /** η, how far a layer may move of its own size. Default 0.001. */
  readonly trust?: number
  /** β of the weight decay. Default 0. */
  readonly decay?: number
  /** The format in which both norms are summed. Default fp32. */
  readonly format?: Format | string
}

export interface Trust {
  readonly weights: number
  readonly gradient: number
  /** ‖w‖ / ‖g‖, without η and decay. */
  readonly ratio: number
  /** What multiplies the learning rate of this layer. */
  readonly local: number
}

/**
 * LARS for one layer: local = η · ‖w‖ / (‖g‖ + β · ‖w‖), from the norms as the format gives them; the division itself is
 * float64. Nothing is guarded: norms that became Inf or 0 give a ratio of 0, Inf or NaN, which is the point here.
 * You, Gitman and Ginsburg 2017, arXiv:1708.03888, equation 6.
 */
export function trustOf(w: ArrayLike<number>, g: ArrayLike<number>, o: LarsOptions = {}): Trust {
  const { trust = 0.001, decay = 0, format = 'fp32' } = o
  const [weights, gradient] = [normOf(w, format), normOf(g, format)]
  return {
    weights,
    gradient,
    ratio: weights / gradient,
    local: (trust * weights) / (gradient + (decay === 0 ? 0 : decay * weights)),
  }
}
