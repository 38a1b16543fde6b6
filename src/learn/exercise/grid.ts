/** The smallest or largest value for which something holds: grids of values, and the search along them. */
import { FpsimError } from '../../errors.js'
import { exponentOf, powerOfTwo } from '../../format/bits.js'
import { decode } from '../../format/decode.js'
import { encode } from '../../format/encode.js'
import { format } from '../../format/parse.js'
import type { NumberStyle } from '../../result/result.js'
import type { Find } from '../exercise.js'
import type { Run } from '../run.js'
import { holds } from '../verdict.js'
import { filledRuns, judgedBy, type Variant } from './draw.js'
import type { Lab, Measurement } from './lab.js'

/** Values in a row, each with its place. */
export interface Grid {
  /** Undefined for what is not on the grid. */
  placeOf(x: number): number | undefined
  valueAt(place: number): number
  readonly style: NumberStyle
}

/** `powers` of two, whole numbers, or the nonnegative values of a format, whose codes count them. Throws 'unknown-format'. */
export function gridOf(name: string): Grid {
  if (name === 'integers')
    return { placeOf: (x) => (Number.isSafeInteger(x) ? x : undefined), valueAt: (i) => i, style: 'exact' }
  if (name === 'powers') {
    const placeOf = (x: number) =>
      x > 0 && Number.isFinite(x) && powerOfTwo(exponentOf(x)) === x ? exponentOf(x) : undefined
    return { placeOf, valueAt: powerOfTwo, style: 'power' }
  }
  const f = format(name)
  return {
    placeOf: (x) => (x >= 0 && Number.isFinite(x) && decode(encode(x, f), f) === x ? encode(x, f) : undefined),
    valueAt: (i) => decode(i, f),
    style: 'exact',
  }
}

/** The runs of a variant with a value in the place of the one that is asked for. */
export const runsAt = ({ runs, exercise }: Variant, x: number): readonly Run[] =>
  filledRuns(runs, { [(exercise.find as Find).name]: x })

export type Held = Measurement & { readonly holds: boolean }

/** What the runs give at a value, and whether the rule holds there; undefined where they refuse the value. */
export async function holdsAt(variant: Variant, x: number, lab: Lab): Promise<Held | undefined> {
  try {
    const measured = await lab.measure(runsAt(variant, x))
    return { ...measured, holds: holds((variant.exercise.find as Find).if, judgedBy(variant, measured.metrics)) }
  } catch (error) {
    if (error instanceof FpsimError) return undefined
    throw error
  }
}

/** The neighbour that must fail if a value is the one wanted: the next below the smallest, above the largest. */
export const neighbourOf = ({ want, grid }: Find, x: number): number | undefined => {
  const { placeOf, valueAt } = gridOf(grid)
  const place = placeOf(x)
  return place === undefined ? undefined : valueAt(want === 'smallest' ? place - 1 : place + 1)
}

/** By halving the range; undefined where the rule holds at neither end or at both, so that there is nothing to find. */
export async function search(variant: Variant, lab: Lab): Promise<number | undefined> {
  const { want, grid, range } = variant.exercise.find as Find
  const { placeOf, valueAt } = gridOf(grid)
  const [low, high] = range.map(placeOf)
  if (low === undefined || high === undefined) return undefined
  const at = async (place: number) => (await holdsAt(variant, valueAt(place), lab))?.holds === true
  let [bad, good] = want === 'smallest' ? [low, high] : [high, low]
  if (!(await at(good)) || (await at(bad))) return undefined
  while (Math.abs(good - bad) > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (await at(middle)) good = middle
    else bad = middle
  }
  return valueAt(good)
}
