/** Roundings on a tape: of results, casts and gradients, numbered, and counted where anyone watches. */
import { type Format, largest } from '../format/format.js'
import { type Slab, valuesOf } from '../kernel/arena.js'
import { copy, scale as multiplyBy } from '../kernel/elementwise.js'
import { type Losses, newLosses, type SlabRounder, slabRounder } from '../kernel/slab-rounding.js'
import { fp32, type Precision, type ScaledPlace } from './precision.js'
import { seedOf } from './seeds.js'
import type { Seen, Tape } from './tape.js'
import type { Tensor } from './tensor.js'

export type Way = Pick<Precision, 'rounding' | 'gradientRounding' | 'overflow'>

export const gradientWay = ({ gradientRounding, rounding, overflow }: Way): Way => ({
  rounding: gradientRounding ?? rounding,
  overflow,
})

/** What is counted for a tensor, where anyone watches. */
export function lossesOf(tape: Tape, of: Tensor): Losses | undefined {
  if (tape.watch === undefined) return undefined
  const { losses } = tape.state
  const root = of.root ?? of
  const counted = losses.get(root) ?? newLosses()
  losses.set(root, counted)
  return counted
}

/** Rounds a slab, in place or from another one, and counts. */
export function roundWith(
  tape: Tape,
  slab: Slab,
  format: Format,
  way: Way = {},
  losses: Losses | undefined = undefined,
  from = slab,
): void {
  const number = tape.roundings++
  if (format === fp32 && losses === undefined) {
    if (from !== slab) copy(slab, from)
    return
  }
  const { rounding = 'nearest-even', overflow = 'ieee' } = way
  const { rounders } = tape.state
  let rounder: SlabRounder
  if (rounding === 'stochastic')
    rounder = slabRounder(format, { rounding, overflow, seed: seedOf(tape.seed, 'rounding', tape.step, number) })
  else {
    const key = `${format.name} ${rounding} ${overflow}`
    rounder = rounders.get(key) ?? slabRounder(format, { rounding, overflow })
    rounders.set(key, rounder)
  }
  rounder(slab, losses === undefined ? { from } : { from, losses })
}

/** A rounded copy, by way of a scale where the precision has one. */
export function rounded(
  tape: Tape,
  slab: Slab,
  format: Format,
  way: Way,
  { scale }: Precision,
  place: ScaledPlace,
  losses?: Losses,
): Slab {
  const out = tape.fleeting.slab(slab.length)
  const factor = scale?.(largestSize(slab), place) ?? 1
  if (factor === 1) {
    roundWith(tape, out, format, way, losses, slab)
    return out
  }
  multiplyBy(out, slab, factor)
  roundWith(tape, out, format, way, losses)
  multiplyBy(out, out, 1 / factor)
  tape.state.factors.set(out, factor)
  return out
}

/** The largest finite size; 0 where there is none. */
function largestSize(slab: Slab): number {
  let most = 0
  const top = largest(fp32)
  for (const x of valuesOf(slab)) {
    const size = Math.abs(x)
    if (size > most && size <= top) most = size
  }
  return most
}

export function see(tape: Tape, kind: Seen['kind'], of: Tensor, name: string, slab: Slab, format: Format): void {
  if (tape.watch)
    tape.watch({
      kind,
      name,
      shape: of.shape,
      values: valuesOf(slab),
      format,
      losses: tape.state.losses.get(of) ?? newLosses(),
    })
}
