/** Counts what a format makes of float64 values, in one pass: the fast twin of runner/tally.ts and runner/window.ts. */
import { exponentOf, isPowerOfTwo } from '../format/bits.js'
import { type Format, largest } from '../format/format.js'
import type { Overflow } from '../format/round.js'
import { machine, views, wholeBlockBytes } from './machine.js'
import { quantizePath } from './quantize.js'

/** Exponents are counted from float64's least, −1074, on. */
const lowest = -1074

/** The parts of a tally that the pass adds to; `counts` by exponent of the scaled value − lowest, 2098 of them. */
export interface TallySums {
  values: number
  zeros: number
  nonfinite: number
  lost: number
  subnormal: number
  overflow: number
  bits: number
  readonly counts: Float64Array
  readonly error: { middle: number }
  readonly energy: { middle: number }
}

/** The parts of an extent that the pass adds to: of the unscaled values. */
export interface ExtentSums {
  largest: number
  largestPositive: number
  counted: number
  readonly inside: Float64Array
  readonly atStart: Float64Array
}

export interface TallyOptions {
  readonly f: Format
  readonly scale: number
  readonly overflow?: Overflow
  readonly tally: TallySums
  readonly extent?: ExtentSums
  /** Takes the parts of `values` that need the plain code: NaN or Inf beside what a block must not have. */
  readonly otherwise: (part: Float64Array) => void
}

/** Nonzero sizes within these exponents have squares, and squares of errors, that need no scaling. */
const [least, most] = [-340, 390]
const field = (exponent: number): number => exponent + 1023
const fields = 2048

/**
 * Whether `tallyBlock` can do it: rounding to nearest-even, a power of two from 2^-600 to 2^600 as scale, and a format
 * other than e8m0 and the 11-bit exponents.
 */
export const canTally = (f: Format, scale: number): boolean =>
  isPowerOfTwo(scale) &&
  scale > 0 &&
  Math.abs(exponentOf(scale)) <= 600 &&
  f.precision <= 52 &&
  quantizePath(f, 'fp64') === 'nearest64'

function sumOf(count: (field: number) => number, first: number, last: number): number {
  let sum = 0
  for (let e = first; e <= last; e++) sum += count(e)
  return sum
}

/**
 * Adds values, rounded to nearest-even after multiplication by `scale`, to a tally and an extent, and returns how many
 * were lost (nonzero became 0) and how many nonzero finite ones there were, in the parts that it took itself. Exact, and
 * the sums of squares have the bits of the plain code's: one term after another, in the order of the values, each of an
 * error as ((rounded / scale) − x)². Weights are 1. Parts (of 8192 values) that hold subnormal float64 numbers or
 * exponents below −340 or above 390 go to `otherwise`, and nothing of them is added here. `canTally` must hold.
 */
export function tallyBlock(values: Float64Array, o: TallyOptions): { lost: number; counted: number } {
  const { f, scale, tally, extent, otherwise } = o
  const m = machine()
  const { float64, uint32, whole64 } = views()
  const top = largest(f)
  const { precision, emin, emax } = f
  const shift = exponentOf(scale)
  const clamped = o.overflow === 'saturate' || f.specials === 'none'
  const table = m.histograms.value / 4
  const place = m.results.value / 8
  const sum = { lost: 0, counted: 0 }
  const step = wholeBlockBytes / 8
  for (let from = 0; from < values.length; from += step) {
    const part = values.subarray(from, from + step)
    whole64.set(part)
    float64[place] = tally.error.middle
    float64[place + 1] = tally.energy.middle
    m.tally64(part.length, scale, 1 / scale, emin, emax, precision, top, clamped)
    const before = (e: number): number => (uint32[table + e] as number) + (uint32[table + fields + e] as number)
    const after = (e: number): number =>
      (uint32[table + 2 * fields + e] as number) + (uint32[table + 3 * fields + e] as number)

    const powers = table + 4 * fields
    const zeros = uint32[powers] as number
    let strange = before(0) !== zeros || before(fields - 1) > 0
    // Downwards from the largest until all are found: the exponents of real data lie together.
    const last = strange || zeros === part.length ? 0 : field(exponentOf(float64[place + 2] as number))
    let first = last + 1
    for (let missing = part.length - zeros; missing > 0 && first > field(least) && !strange; )
      missing -= before(--first)
    strange ||= last > field(most) || sumOf(before, first, last) !== part.length - zeros
    if (strange) {
      otherwise(part)
      continue
    }
    for (let e = first; e <= last; e++) {
      const n = before(e)
      tally.counts[e - 1023 + shift - lowest]! += n
      if (extent) {
        extent.inside[e - 1023 - lowest]! += n
        extent.atStart[e - 1023 - lowest]! += uint32[powers + e] as number
      }
    }
    const counted = part.length - zeros
    const lost = after(0) - zeros
    const overflow = after(fields - 1)
    let subnormal = 0
    let bits = 0
    for (let e = field(emin - precision + 1); e < field(emin); e++) {
      const n = after(e)
      subnormal += n
      bits += n * (precision - (field(emin) - e))
    }
    tally.values += part.length
    tally.zeros += zeros
    tally.lost += lost
    tally.subnormal += subnormal
    tally.overflow += overflow
    tally.bits += bits + (counted - lost - overflow - subnormal) * precision
    tally.error.middle = float64[place] as number
    tally.energy.middle = float64[place + 1] as number
    if (extent) {
      extent.counted += counted
      extent.largest = Math.max(extent.largest, float64[place + 2] as number)
      extent.largestPositive = Math.max(extent.largestPositive, float64[place + 3] as number)
    }
    sum.lost += lost
    sum.counted += counted
  }
  return sum
}
