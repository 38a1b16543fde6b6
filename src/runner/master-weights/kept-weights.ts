/** One weight under many equal updates, kept in one of the recipes: its path, and where it stops. */
import { float64Of, rationalOf } from '../../format/exact.js'
import type { Format } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { type Keeping, type WeightKeeper, type Weights, weightKeeper } from '../../train/weights.js'

/** A format and a way to keep weights in it. */
export interface Kept {
  /** As in house words: fp16-master, bf16-sr. */
  readonly name: string
  readonly format: string
  readonly keeping: Keeping
}

const suffixes = { plain: '', master: '-master', stochastic: '-sr', kahan: '-kahan' } as const

const allOf = (name: string, keepings: readonly Keeping[]): Kept[] =>
  keepings.map((keeping) => ({ name: `${name}${suffixes[keeping]}`, format: name, keeping }))

const everyWay = ['plain', 'master', 'stochastic', 'kahan'] as const

/** The recipes by name, in teaching order. */
export const keptRecipes: readonly Kept[] = [
  ...allOf('fp32', ['plain']),
  ...allOf('fp16', everyWay),
  ...allOf('bf16', everyWay),
]

/** FP32 as the twin, and every way to keep weights in one format. */
export const recipesIn = (name: string): Kept[] => [
  ...allOf('fp32', ['plain']),
  ...allOf(name, everyWay).filter((kept) => kept.name !== 'fp32'),
]

/** The format of a master copy: fp32, or fp64 where that would be narrower than the weights. */
export const masterOf = ({ precision, emax, emin }: Format): string =>
  precision <= 24 && emax <= 127 && emin >= -126 ? 'fp32' : 'fp64'

export const keeperOf = ({ format: name, keeping }: Kept, seed: number): WeightKeeper =>
  weightKeeper(keeping, { format: name, master: masterOf(format(name)), seed })

export interface Path {
  /** The weight that the network sees, before the first update and after every `stride` of them. */
  readonly samples: readonly number[]
  readonly last: number
  /** The update after which nothing changes any more, where that is so for ever; NaN where it is not. */
  readonly stuckSince: number
}

const sameStates = (a: Weights, b: Weights): boolean =>
  [a.seen, a.held, a.rest].every((values, i) => {
    const others = [b.seen, b.held, b.rest][i]
    return values === undefined || values.every((x, j) => Object.is(x, others?.[j]))
  })

/** `updates` equal updates of one weight. Equal arguments give equal paths. */
export async function pathOf(
  keeper: WeightKeeper,
  { weight, update, updates, stride }: { weight: number; update: number; updates: number; stride: number },
  progress: (done: number) => Promise<void> | void,
): Promise<Path> {
  const move = { delta: Float64Array.of(update) }
  let state = keeper.init([weight])
  const samples = [state.seen[0] as number]
  let moved = 0
  for (let t = 1; t <= updates; t++) {
    const next = keeper.next(state, move)
    if (!sameStates(next, state)) moved = t
    state = next
    if (t % stride === 0) samples.push(state.seen[0] as number)
    if (t % 8192 === 0) await progress(t)
  }
  // Chance may still move what it has not moved yet.
  const still = keeper.keeping !== 'stochastic' && moved < updates && Number.isFinite(state.seen[0])
  return { samples, last: state.seen[0] as number, stuckSince: still ? moved : Number.NaN }
}

/** w + n·Δ, rounded once to float64. */
export function exactEnd(weight: number, update: number, updates: number): number {
  const [w, d] = [rationalOf(weight), rationalOf(update)]
  return float64Of({
    numerator: w.numerator * d.denominator + BigInt(updates) * d.numerator * w.denominator,
    denominator: w.denominator * d.denominator,
  })
}
