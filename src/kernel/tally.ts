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
  /** How many values came before: value i of the stream is in part i mod 2 of the sums of squares. */
  elements: number
  readonly error: { readonly middle: Float64Array }
  readonly energy: { readonly middle: Float64Array }
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
/** Parts of the sums of squares, values that the kernel takes at a time, and its scales at most, as powers of two. */
const [lanes, group, farthest] = [2, 8, 90]

/**
 * Whether `tallyBlock` can do it: rounding to nearest-even, a power of two from 2^-90 to 2^90 as scale, and a format
 * other than e8m0 and the 11-bit exponents.
 */
export const canTally = (f: Format, scale: number): boolean =>
  isPowerOfTwo(scale) &&
  scale > 0 &&
  Math.abs(exponentOf(scale)) <= farthest &&
  f.precision <= 52 &&
  quantizePath(f, 'fp64') === 'nearest64'

/** The counts that the kernel left in its tables, to be cleared from one exponent field to another. */
function counters() {
  const first = machine().histograms.value / 4
  const tables = views().uint32.subarray(first, first + 8 * fields)
  const at = (i: number): number => tables[i] as number
  return {
    valuesOf: (e: number): number => at(4 * e) + at(4 * e + 1) + at(4 * e + 2) + at(4 * e + 3),
    powersOf: (e: number): number => at(4 * (fields + e)),
    clear: (from: number, to: number): void => {
      tables.fill(0, 4 * from, 4 * to + 4)
      tables.fill(0, 4 * (fields + from), 4 * (fields + to) + 4)
    },
  }
}

/**
 * Adds values, rounded to nearest-even after multiplication by `scale`, to a tally and an extent, and returns how many
 * were lost (nonzero became 0) and how many nonzero finite ones there were, in the parts that it took itself. Exact, and
 * the sums of squares have the bits of the plain code's: value i of the stream in part i mod 2, in the order of the values,
 * each error as ((rounded / scale) − x)². Weights are 1. Parts (of 8192 values) that hold subnormal float64 numbers or
 * exponents below −340 or above 390 go to `otherwise`, and nothing of them is added here. `canTally` must hold.
 * Method: what is lost, and the binades, follow from the exponents of the values, which alone are counted one by one; bits
 * kept by the subnormals from the sum of the results' exponents.
 */
export function tallyBlock(values: Float64Array, o: TallyOptions): { lost: number; counted: number } {
  const { f, scale, tally, extent, otherwise } = o
  const m = machine()
  const { float64, uint32, whole64 } = views()
  const { valuesOf, powersOf, clear } = counters()
  const top = largest(f)
  const { precision, emin } = f
  const shift = exponentOf(scale)
  const clamped = o.overflow === 'saturate' || f.specials === 'none'
  const place = m.results.value / 8
  /** Half of the least quantum, unscaled: what is below is lost, and what is equal too, by the tie. */
  const half = field(emin - precision - shift)
  const sum = { lost: 0, counted: 0 }
  const step = wholeBlockBytes / 8
  for (let from = 0; from < values.length; from += step) {
    const part = values.subarray(from, from + step)
    whole64.set(part)
    // The kernel's squares are those of the scaled values: the factor is a power of two, and nothing is rounded by it.
    for (let i = 0; i < lanes; i++) {
      const lane = (tally.elements + i) % lanes
      float64[place + i] = (tally.error.middle[lane] as number) * scale * scale
      float64[place + lanes + i] = (tally.energy.middle[lane] as number) * scale * scale
    }
    m.tally64(part.length, scale, emin, precision, top, clamped)
    const result = (at: number): number => float64[place + at] as number
    const whole = (at: number): number => uint32[2 * (place + at)] as number
    const highest = Math.max(result(4), result(5))
    const size = Math.max(highest, -Math.min(result(6), result(7)))

    const padded = Math.ceil(part.length / group) * group
    const padding = padded - part.length
    const zeros = valuesOf(0) - padding
    const counted = part.length - zeros
    // Powers with exponent field 0 are zeros; what else has that field is subnormal.
    let strange = powersOf(0) - padding !== zeros
    const last = counted === 0 ? 0 : field(exponentOf(size))
    strange ||= last > field(most)
    let missing = strange ? 0 : counted
    let lost = 0
    // Downwards from the largest until all are found: the exponents of real data lie together.
    let first = last + 1
    while (missing > 0 && first > field(least)) missing -= valuesOf(--first)
    if (strange || missing > 0) {
      clear(0, fields - 1)
      otherwise(part)
      continue
    }
    for (let e = first; e <= last; e++) {
      const n = valuesOf(e)
      const powers = powersOf(e)
      if (e < half) lost += n
      else if (e === half) lost += powers
      tally.counts[e - 1023 + shift - lowest]! += n
      if (extent) {
        extent.inside[e - 1023 - lowest]! += n
        extent.atStart[e - 1023 - lowest]! += powers
      }
    }
    clear(0, 0)
    clear(first, last)
    const overflow = padded - whole(10)
    tally.values += part.length
    tally.zeros += zeros
    tally.lost += lost
    tally.subnormal += whole(9) - padding - zeros - lost
    tally.overflow += overflow
    // A result with the exponent e keeps precision − (emin − e) bits, from emin on all.
    tally.bits += whole(8) - (counted - lost) * (field(emin) - precision) - overflow * precision
    for (let i = 0; i < lanes; i++) {
      const lane = (tally.elements + i) % lanes
      tally.error.middle[lane] = result(i) / scale / scale
      tally.energy.middle[lane] = result(lanes + i) / scale / scale
    }
    tally.elements += part.length
    if (extent) {
      extent.counted += counted
      extent.largest = Math.max(extent.largest, size)
      extent.largestPositive = Math.max(extent.largestPositive, highest)
    }
    sum.lost += lost
    sum.counted += counted
  }
  return sum
}
