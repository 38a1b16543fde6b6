/** How a weight is kept between steps: plain, with a master copy, Kahan-compensated, or stochastically rounded. */
import { uniform } from '../data/rng.js'
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { suggest } from '../suggest.js'
import { nearest, stochasticRounder } from './optimizer/nearest.js'
import type { Move } from './optimizer.js'

export const keepings = ['plain', 'master', 'kahan', 'stochastic'] as const
export type Keeping = (typeof keepings)[number]

export interface Weights {
  /** Moves made: the draws of stochastic rounding depend on it. */
  readonly t: number
  /** What the network computes with, in the format of the weights. */
  readonly seen: Float64Array
  /** What the optimizer reads and moves: the master copy where there is one, else `seen` itself. */
  readonly held: Float64Array
  /** Kahan's: what earlier additions could not place. */
  readonly rest?: Float64Array
}

export interface WeightsOptions {
  readonly format: Format | string
  /** Of the master copy, and of the sum that is then rounded stochastically. Default fp32. */
  readonly master?: Format | string
  /** Of the draws of stochastic rounding. Default 1: move t of weight i of n takes `uniform(seed, t·n + i)`. */
  readonly seed?: number
}

export interface WeightKeeper {
  readonly keeping: Keeping
  /** Bytes a weight takes, without gradients and optimizer states. */
  readonly bytes: number
  init(initial: ArrayLike<number>): Weights
  next(weights: Weights, move: Move): Weights
}

type Round = (x: number) => number

const at = (values: ArrayLike<number>, i: number): number => values[i] as number

/** w · decay + delta, each operation rounded. */
const moved = (w: number, decay: number | undefined, delta: number, r: Round): number =>
  r((decay === undefined ? w : r(w * decay)) + delta)

function plain(r: Round): WeightKeeper['next'] {
  return ({ t, held }, { decay, delta }) => {
    const seen = new Float64Array(held.length)
    for (let i = 0; i < seen.length; i++) seen[i] = moved(at(held, i), decay, at(delta, i), r)
    return { t: t + 1, seen, held: seen }
  }
}

function withMaster(r: Round, wide: Round): WeightKeeper['next'] {
  return ({ t, held: before }, { decay, delta }) => {
    const held = new Float64Array(before.length)
    const seen = new Float64Array(before.length)
    for (let i = 0; i < held.length; i++) {
      const w = moved(at(before, i), decay, at(delta, i), wide)
      held[i] = w
      seen[i] = r(w)
    }
    return { t: t + 1, seen, held }
  }
}

/** Only the sum is compensated: the decay multiplies the weight itself and is rounded there. */
function kahan(r: Round): WeightKeeper['next'] {
  return ({ t, held, rest: before }, { decay, delta }) => {
    const seen = new Float64Array(held.length)
    const rest = new Float64Array(held.length)
    for (let i = 0; i < held.length; i++) {
      const old = decay === undefined ? at(held, i) : r(at(held, i) * decay)
      const wanted = r((before ? at(before, i) : 0) + at(delta, i))
      const w = r(old + wanted)
      seen[i] = w
      rest[i] = r(wanted + r(old - w))
    }
    return { t: t + 1, seen, held: seen, rest }
  }
}

function stochastic(f: Format, wide: Round, seed: number): WeightKeeper['next'] {
  const round = stochasticRounder(f)
  return ({ t, held }, { decay, delta }) => {
    const seen = new Float64Array(held.length)
    for (let i = 0; i < seen.length; i++)
      seen[i] = round(moved(at(held, i), decay, at(delta, i), wide), uniform(seed, t * seen.length + i))
    return { t: t + 1, seen, held: seen }
  }
}

/**
 * What becomes of weights that an optimizer moves by w · decay + delta. Exact: each operation rounded once, nearest-even
 * but for `stochastic`, in the format it names (float64's operation rounded once more where that has 25 to 53 bits and is
 * not fp64); NaN, ±Inf and −0 as in IEEE 754.
 * plain: both operations in `format`. With fp32 that is PyTorch.
 * master: both in `master`; the network sees the result rounded to `format` (apex, Megatron, DeepSpeed).
 * kahan: c = c + delta; old = w; w = w + c; c = c + (old − w), all in `format` (optimi, AnyPrecisionAdamW); the decay
 * multiplies w before, as there.
 * stochastic: both in `master`, then one stochastic rounding to `format` (torchao).
 * The initial weights are rounded to `format`, nearest-even; the master copy starts from them unrounded.
 */
export function weightKeeper(keeping: Keeping, { format, master = 'fp32', seed = 1 }: WeightsOptions): WeightKeeper {
  if (!keepings.includes(keeping))
    throw new FpsimError('invalid-value', {
      option: 'keeping',
      value: keeping,
      allowed: keepings,
      suggestion: suggest(String(keeping), keepings),
    })
  const f = asFormat(format)
  const whole = asFormat(master)
  const [r, wide] = [nearest(f), nearest(whole)]
  const next: Readonly<Record<Keeping, () => WeightKeeper['next']>> = {
    plain: () => plain(r),
    master: () => withMaster(r, wide),
    kahan: () => kahan(r),
    stochastic: () => stochastic(f, wide, seed),
  }
  const extra: Readonly<Record<Keeping, number>> = { plain: 0, master: whole.width, kahan: f.width, stochastic: 0 }
  return {
    keeping,
    bytes: (f.width + extra[keeping]) / 8,
    init(initial) {
      const seen = Float64Array.from(initial, r)
      if (keeping === 'master') return { t: 0, seen, held: Float64Array.from(initial, wide) }
      return keeping === 'kahan'
        ? { t: 0, seen, held: seen, rest: new Float64Array(seen.length) }
        : { t: 0, seen, held: seen }
    },
    next: next[keeping](),
  }
}
