/** Whether w + Δ is still w: by the codec, by search, and in closed form. */
import { exponentOf, powerOfTwo, scaleByPowerOfTwo } from '../../format/bits.js'
import { type Rational, rationalOf, subtract } from '../../format/exact.js'
import { bias, type Format, fractionBits, largest, quantumExponent, smallest } from '../../format/format.js'
import { type Rounded, rationalRounder } from '../../format/round.js'
import { ulp } from '../../format/ulp.js'

const minus = (r: Rational): Rational => ({ ...r, numerator: -r.numerator })

/** w + Δ of finite w and Δ, added exactly and rounded once to nearest-even. A sum of exactly 0 is +0. */
export function updater(f: Format): (w: number, delta: number) => Rounded {
  const rounded = rationalRounder(f)
  return (w, delta) => rounded(subtract(rationalOf(w), minus(rationalOf(delta))))
}

/** Half the distance from w, a value of f, to its neighbour on the side of an update of this sign. Exact. */
export function halfStep(w: number, f: Format, down: boolean): number {
  const inward = w !== 0 && w > 0 === down
  const power = inward && Math.abs(w) === powerOfTwo(exponentOf(w)) && exponentOf(w) > f.emin
  // Below a power of two the values lie twice as dense.
  return ulp(w, f) / (power ? 4 : 2)
}

/** Whether the last bit of the code of w, a value of f, is 1. Exact. */
export function hasOddCode(w: number, f: Format): boolean {
  if (w === 0) return false
  const exponent = Math.max(exponentOf(w), f.emin)
  // With a single significand bit the code counts exponents.
  const last = f.precision > 1 ? scaleByPowerOfTwo(Math.abs(w), fractionBits(f) - exponent) : exponent + bias(f)
  return last % 2 !== 0
}

/** The closed form: |Δ| below half a step, or equal to it at an even code. Exact; for results inside the range of f. */
export function isLost(w: number, delta: number, f: Format): boolean {
  const half = halfStep(w, f, delta < 0)
  return Math.abs(delta) < half || (Math.abs(delta) === half && !hasOddCode(w, f))
}

/** The smallest positive float64 that moves w, found by bisection with the codec; NaN where nothing up to two steps does. */
export function smallestMove(w: number, f: Format): number {
  const add = updater(f)
  let low = 0
  let high = 2 * ulp(w, f)
  if (add(w, high).value === w) return Number.NaN
  for (;;) {
    const middle = low + (high - low) / 2
    if (middle <= low || middle >= high) return high
    if (add(w, middle).value === w) low = middle
    else high = middle
  }
}

/** Up to `most` values of f in [1, 2), the first and the last among them; none where f has no 1. */
export function valuesOfBinade(f: Format, most: number): number[] {
  if (f.emax < 0 || f.emin > 0) return []
  const all = powerOfTwo(fractionBits(f))
  const count = Math.min(all, most)
  const step = powerOfTwo(-fractionBits(f))
  return Array.from({ length: count }, (_, i) => 1 + Math.floor(count > 1 ? (i / (count - 1)) * (all - 1) : 0) * step)
}

/**
 * The ratios w/Δ at the edge of being lost: the smallest at which an update was lost and the largest at which one was
 * kept, by the codec, over values of one binade. NaN where f has no binade above 1.
 */
export function edgeRatios(f: Format): { firstLost: number; lastKept: number } {
  const add = updater(f)
  let firstLost = Number.POSITIVE_INFINITY
  let lastKept = 0
  for (const w of valuesOfBinade(f, 1024)) {
    const half = halfStep(w, f, false)
    for (const delta of [half * (1 - powerOfTwo(-53)), half, half * (1 + powerOfTwo(-52))]) {
      const { value, beyond } = add(w, delta)
      if (value === w) firstLost = Math.min(firstLost, w / delta)
      else if (!beyond) lastKept = Math.max(lastKept, w / delta)
    }
  }
  return lastKept > 0 && firstLost < Number.POSITIVE_INFINITY
    ? { firstLost, lastKept }
    : { firstLost: Number.NaN, lastKept: Number.NaN }
}

/** From which size on an update leaves every weight of a format where it is. */
export interface Stuck {
  /** A power of two, or the smallest value of the format; NaN where every binade has a weight that moves. */
  readonly from: number
  /** The weight `from` itself still moves: below a power of two the values lie twice as dense. */
  readonly above: boolean
  /** The last binade, where the update is exactly half a step: of its weights only those with an odd code move. NaN: none. */
  readonly everyOther: number
}

/**
 * From which size on no weight is moved by |Δ| ≠ 0, away from 0 or towards it. Exact: half a step of the binade 2^k is
 * 2^(k−p), half of that from 2^k itself towards 0, and at a tie the odd codes move (2^k is even).
 */
export function stuckFrom(delta: number, f: Format, towardZero: boolean): Stuck {
  const own = exponentOf(delta)
  const isPower = Math.abs(delta) === powerOfTwo(own)
  const exponent = own + f.precision + 1
  const none = { from: Number.NaN, above: false, everyOther: Number.NaN }
  if (exponent > f.emax) return isPower && exponent === f.emax + 1 ? { ...none, everyOther: powerOfTwo(f.emax) } : none
  if (f.subnormals && exponent <= f.emin) return { ...none, from: powerOfTwo(quantumExponent(f)) }
  const from = powerOfTwo(Math.max(exponent, exponentOf(smallest(f))))
  return { ...none, from, above: towardZero && !isPower && exponent > f.emin }
}

/** Weights for a chart, rising: four to a power of two, from 2^low through 2^high, that are values of f and not its last. */
export function weightsBetween(low: number, high: number, f: Format): number[] {
  const rounded = rationalRounder(f)
  const all: number[] = []
  for (let e = low; e <= high; e++)
    for (const m of e < high ? [1, 1.25, 1.5, 1.75] : [1]) {
      const w = rounded(rationalOf(m * powerOfTwo(e))).value
      if (w > (all.at(-1) ?? 0) && w < largest(f)) all.push(w)
    }
  return all
}
