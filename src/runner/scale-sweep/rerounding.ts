/** What a loss scale does to values that lose nothing at a power of two: between powers of two it rounds them again. */

import { uniform } from '../../data/rng.js'
import { exponentOf, powerOfTwo } from '../../format/bits.js'
import { type Format, largest, smallestNormal } from '../../format/format.js'
import { quantize } from '../../kernel/quantize.js'

export interface Rerounding {
  /** Elements that keep all bits at both scales, those of them that come back as another number, and by how much at most. */
  whole: number
  changed: number
  worst: number
}

export const newRerounding = (): Rerounding => ({ whole: 0, changed: 0, worst: 0 })

/** The power of two next to a positive number; the larger of two equally near. */
export function nearestPower(scale: number): number {
  const below = powerOfTwo(exponentOf(scale))
  return scale - below < 2 * below - scale ? below : 2 * below
}

/** What the values are scaled by, and what they are rounded to. */
interface Way {
  readonly f: Format
  readonly scale: number
}

/**
 * Adds a block: each value first becomes one of the format at the power of two next to `scale`, as training at that scale
 * has it. Then × scale, rounded to the format, × 1/scale: in float32, as the frameworks unscale, where the format fits.
 */
export function addRerounding(
  sums: Rerounding,
  { values, weights }: { values: Float64Array; weights?: Float64Array },
  { f, scale }: Way,
): void {
  const power = nearestPower(scale)
  const held = quantize(
    values.map((x) => x * power),
    f,
  )
  addHeld(sums, { held, weights }, { f, scale })
}

/** Adds values that are the format's already. */
function addHeld(
  sums: Rerounding,
  { held, weights }: { held: Float64Array; weights?: Float64Array | undefined },
  { f, scale }: Way,
): void {
  const power = nearestPower(scale)
  const narrow = f.precision <= 24
  const inverse = narrow ? Math.fround(1 / scale) : 1 / scale
  const [low, high] = [smallestNormal(f), largest(f)]
  const isWhole = (x: number) => Math.abs(x) >= low && Math.abs(x) <= high
  const scaled = quantize(
    held.map((x) => (x / power) * scale),
    f,
  )
  for (let i = 0; i < held.length; i++) {
    const x = held[i] as number
    const y = scaled[i] as number
    if (!(isWhole(x) && isWhole(y))) continue
    const weight = weights ? (weights[i] as number) : 1
    const before = x / power
    const after = narrow ? Math.fround(y * inverse) : y * inverse
    sums.whole += weight
    if (after === before) continue
    sums.changed += weight
    sums.worst = Math.max(sums.worst, Math.abs(after - before) / Math.abs(before))
  }
}

/** More significands than these are not all tried, but as many drawn. */
const mostSignificands = 4096

/** The significands of a format in [1, 2): all of them where they are few, else drawn, each as likely as the others. */
export function significandsOf(f: Format, seed: number): { values: Float64Array; drawn: boolean } {
  const all = powerOfTwo(f.precision - 1)
  const drawn = all > mostSignificands
  const numbers = Float64Array.from({ length: Math.min(all, mostSignificands) }, (_, i) =>
    // Two draws: one has no more than 32 bits.
    drawn ? Math.floor((uniform(seed, 2 * i) + uniform(seed, 2 * i + 1) / 4294967296) * all) : i,
  )
  return { values: numbers.map((n) => 1 + n / all), drawn }
}

/**
 * Adds binades, of which no more is known than how many values lie in them: every one of the significands stands for an
 * equal part of them. Otherwise as `addRerounding`.
 */
export function addBinades(
  sums: Rerounding,
  binades: ReadonlyMap<number, number>,
  { f, scale, significands }: Way & { readonly significands: Float64Array },
): void {
  const power = nearestPower(scale)
  for (const [exponent, count] of binades) {
    const size = powerOfTwo(exponent) * power
    const weights = new Float64Array(significands.length).fill(count / significands.length)
    // Below the normal numbers the format has fewer significands; they do not keep all bits and are left out.
    addHeld(sums, { held: significands.map((x) => x * size), weights }, { f, scale })
  }
}
