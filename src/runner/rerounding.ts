/** What a loss scale does to values that lose nothing at a power of two: between powers of two it rounds them again. */
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { type Format, largest, smallestNormal } from '../format/format.js'
import { quantize } from '../kernel/quantize.js'

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

/**
 * Adds a block: each value first becomes one of the format at the power of two next to `scale`, as training at that scale
 * has it. Then × scale, rounded to the format, × 1/scale: in float32, as the frameworks unscale, where the format fits.
 */
export function addRerounding(
  sums: Rerounding,
  { values, weights }: { values: Float64Array; weights?: Float64Array },
  { f, scale }: { f: Format; scale: number },
): void {
  const power = nearestPower(scale)
  const narrow = f.precision <= 24
  const inverse = narrow ? Math.fround(1 / scale) : 1 / scale
  const [low, high] = [smallestNormal(f), largest(f)]
  const isWhole = (x: number) => Math.abs(x) >= low && Math.abs(x) <= high
  const held = quantize(
    values.map((x) => x * power),
    f,
  )
  const scaled = quantize(
    held.map((x) => (x / power) * scale),
    f,
  )
  for (let i = 0; i < values.length; i++) {
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
