/** Counts what a format makes of a stream of scaled values: fates, bits kept, binades, error after unscaling. */
import { exponentOf, powerOfTwo } from '../../format/bits.js'
import type { Format } from '../../format/format.js'
import type { Rounded } from '../../format/round.js'

/** The binades of float64 are those of the exponents −1074 … 1023. */
const lowest = -1074
const binades = 2098

/** Squares of larger or smaller numbers could overflow or underflow; they are summed apart, scaled by a power of two. */
const large = powerOfTwo(400)
const small = powerOfTwo(-400)
const rescale = powerOfTwo(600)

/** The usual squares are summed in two parts, element i of the stream in part i mod 2: the kernel adds two at a time. */
const lanes = 2

/** Σ w·x² of a stream, safe for every finite float64 (the three sums of LAPACK's nrm2). */
export interface SquareSum {
  large: number
  readonly middle: Float64Array
  small: number
}

const noSquares = (): SquareSum => ({ large: 0, middle: new Float64Array(lanes), small: 0 })

/** The even and the odd elements': whatever the blocks of the stream, the same bits. */
const middleOf = ({ middle: [even = 0, odd = 0] }: SquareSum): number => even + odd

function addSquare(sum: SquareSum, x: number, { weight, lane }: { weight: number; lane: number }): void {
  const size = Math.abs(x)
  if (size > large) sum.large += weight * (size / rescale) * (size / rescale)
  else if (size < small) sum.small += weight * (size * rescale) * (size * rescale)
  else sum.middle[lane]! += weight * size * size
}

/** sqrt(a / b) of two sums of squares; NaN where b is 0: no result was finite. */
function rootOfRatio(a: SquareSum, b: SquareSum): number {
  // The largest part rules and the next may add to it; what lies below both is less than its last bit.
  const root = (sum: SquareSum): { value: number; scale: number } => {
    const { large, small } = sum
    const middle = middleOf(sum)
    return large > 0
      ? { value: Math.sqrt(large + middle / rescale / rescale), scale: 1 }
      : middle > 0
        ? { value: Math.sqrt(middle + small / rescale / rescale), scale: 0 }
        : { value: Math.sqrt(small), scale: -1 }
  }
  const top = root(a)
  const bottom = root(b)
  if (bottom.value === 0) return Number.NaN
  let ratio = top.value / bottom.value
  for (let k = top.scale; k > bottom.scale; k--) ratio *= rescale
  for (let k = top.scale; k < bottom.scale; k++) ratio /= rescale
  return ratio
}

export interface Tally {
  /** Elements of all kinds, and those that are not counted further: zeros, and NaN or ±Inf inputs. */
  values: number
  zeros: number
  nonfinite: number
  /** Of the nonzero finite inputs: result 0; a nonzero subnormal; beyond the largest finite. */
  lost: number
  subnormal: number
  overflow: number
  /** Became NaN without overflow: negative values in e8m0. */
  nan: number
  /** Σ of significand bits kept. */
  bits: number
  /** By exponent − lowest: how many scaled values lie in the binade. */
  readonly counts: Float64Array
  /** Elements added, each once whatever its weight: the place of the next in the stream. */
  elements: number
  readonly error: SquareSum
  readonly energy: SquareSum
  /** Lost values and nonzero finite values of each tensor. */
  readonly tensors: Map<string, { lost: number; counted: number }>
}

export const newTally = (): Tally => ({
  values: 0,
  zeros: 0,
  nonfinite: 0,
  lost: 0,
  subnormal: 0,
  overflow: 0,
  nan: 0,
  bits: 0,
  counts: new Float64Array(binades),
  elements: 0,
  error: noSquares(),
  energy: noSquares(),
  tensors: new Map(),
})

/** The nonzero finite inputs. */
export const counted = (t: Tally): number => t.values - t.zeros - t.nonfinite

/** The counts by exponent as a dense array and its first exponent; empty where nothing was counted. */
export function binadesOf(t: Tally): { first: number; counts: number[] } {
  const first = t.counts.findIndex((n) => n > 0)
  if (first < 0) return { first: 0, counts: [] }
  return { first: first + lowest, counts: [...t.counts.subarray(first, t.counts.findLastIndex((n) => n > 0) + 1)] }
}

export const relativeError = (t: Tally): number => rootOfRatio(t.error, t.energy)

function tensorOf(t: Tally, name: string): { lost: number; counted: number } {
  const known = t.tensors.get(name)
  if (known) return known
  const made = { lost: 0, counted: 0 }
  t.tensors.set(name, made)
  return made
}

/** Adds what was counted in bulk to a tensor's own figures. */
export function addToTensor(t: Tally, name: string, sums: { lost: number; counted: number }): void {
  const own = tensorOf(t, name)
  own.lost += sums.lost
  own.counted += sums.counted
}

/** Adds values (a block of one tensor) to the tally: `values` as recorded, rounded after multiplication by `scale`. */
export function addBlock(
  t: Tally,
  { tensor, values, weights }: { tensor: string; values: Float64Array; weights?: Float64Array },
  { f, scale, rounded }: { f: Format; scale: number; rounded: (x: number) => Rounded },
): void {
  const own = tensorOf(t, tensor)
  const start = t.elements
  t.elements += values.length
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number
    const weight = weights ? (weights[i] as number) : 1
    t.values += weight
    if (!Number.isFinite(x)) {
      t.nonfinite += weight
      continue
    }
    if (x === 0) {
      t.zeros += weight
      continue
    }
    own.counted += weight
    const scaled = x * scale
    const { value, fate, beyond } = rounded(scaled)
    // float64 itself may lose a scaled value; such values have no binade, but their fates count.
    if (scaled !== 0 && Number.isFinite(scaled)) t.counts[exponentOf(scaled) - lowest]! += weight
    if (beyond) t.overflow += weight
    else if (value === 0) {
      t.lost += weight
      own.lost += weight
    } else if (fate === 'subnormal') {
      t.subnormal += weight
      t.bits += weight * (f.precision - (f.emin - exponentOf(value)))
    } else if (fate === 'nan') t.nan += weight
    else t.bits += weight * f.precision
    if (Number.isFinite(value)) {
      const term = { weight, lane: (start + i) % lanes }
      addSquare(t.error, value / scale - x, term)
      addSquare(t.energy, x, term)
    }
  }
}
