/** The loss scales that are safe: those without overflow, and those that lose almost nothing. */
import { exponentOf, isPowerOfTwo, powerOfTwo } from '../../format/bits.js'
import { type Format, quantumExponent } from '../../format/format.js'
import { fateRounder, rounder } from '../../format/round.js'

/** A scale that loses less than this is good. */
export const tolerableLoss = 0.001

const lowest = -1074
const binades = 2098
const minPower = -1022
const maxPower = 1023

/** What must be known of the unscaled values: the largest, and for each binade how many lie in it and at its start. */
export interface Extent {
  /** The largest size, and that of the positive values alone: without a sign a format makes NaN of the others. */
  largest: number
  largestPositive: number
  counted: number
  readonly inside: Float64Array
  /** Exact powers of two: half a quantum is one, and a tie to zero. */
  readonly atStart: Float64Array
}

export const newExtent = (): Extent => ({
  largest: 0,
  largestPositive: 0,
  counted: 0,
  inside: new Float64Array(binades),
  atStart: new Float64Array(binades),
})

/** Adds the nonzero finite values of a block. */
export function addExtent(extent: Extent, values: Float64Array, weights?: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number
    const size = Math.abs(x)
    if (!(size > 0 && size < Number.POSITIVE_INFINITY)) continue
    const weight = weights ? (weights[i] as number) : 1
    if (size > extent.largest) extent.largest = size
    if (x > extent.largestPositive) extent.largestPositive = x
    extent.counted += weight
    const bin = exponentOf(size) - lowest
    extent.inside[bin]! += weight
    if (isPowerOfTwo(size)) extent.atStart[bin]! += weight
  }
}

/** The largest power of two that makes no value overflow (nearest-even); NaN where there is none. */
export function maxSafeScale({ largest, largestPositive }: Extent, f: Format): number {
  if (largest === 0) return Number.NaN
  const top = f.signed ? largest : largestPositive
  if (top === 0) return powerOfTwo(maxPower)
  const rounded = fateRounder(f)
  const overflows = (k: number) => rounded(top * powerOfTwo(k)).beyond
  // The answer is at emax − e or one below; float64's own range may end before.
  for (let k = Math.min(f.emax - exponentOf(top) + 1, maxPower); k >= minPower; k--)
    if (!overflows(k)) return powerOfTwo(k)
  return Number.NaN
}

/**
 * The smallest power of two with less than 0.1 % of the nonzero values lost (nearest-even); NaN where there is none.
 * Exact, but for formats with float64's own exponents (e11mY, Y from 1 to 51): there the product with a scale near
 * 2^-1022 is itself rounded, and values just above a power of two may fall back to it.
 */
export function minGoodScale({ counted, inside: counts, atStart }: Extent, f: Format): number {
  if (counted === 0) return Number.NaN
  const rounded = rounder(f)
  /** Whether a value is lost: decided by the codec, at the start of a binade and in its middle. */
  const isLost = (size: number, k: number) => rounded(size * powerOfTwo(k)) === 0
  let lost = 0
  let bin = counts.findIndex((n) => n > 0)
  let answer = Number.NaN
  // From this scale up the smallest value is four quanta or more: nothing is lost.
  const harmless = Math.min(Math.max(quantumExponent(f) + 2 - (bin + lowest), minPower), maxPower)
  // From there down the lost binades only grow, so one pass over scales and binades is enough.
  for (let k = harmless; k >= minPower; k--) {
    for (; bin < binades; bin++) {
      const start = powerOfTwo(bin + lowest)
      // Not just above the start: scaled into float64's own subnormals that would round back to it. The lowest binade
      // holds one number.
      const inside = bin === 0 ? start : start * 1.5
      if (!isLost(inside, k)) break
      lost += counts[bin] as number
    }
    const tie = bin < binades && isLost(powerOfTwo(bin + lowest), k) ? (atStart[bin] as number) : 0
    if ((lost + tie) / counted < tolerableLoss) answer = powerOfTwo(k)
    else break
  }
  return answer
}
