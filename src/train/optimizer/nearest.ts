/** Rounding of one number at a time for inner loops, nearest-even or stochastic: `round` without its generality. */
import { powerOfTwo } from '../../format/bits.js'
import { type Format, fractionBits, hasInfinity, largest } from '../../format/format.js'
import { rounder } from '../../format/round.js'

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
/** Which of the two words holds the exponent. */
const top = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0

/** Whether the sums below can hold every value of f with room: an IEEE-like format narrower than float64. */
const isPlain = (f: Format): boolean =>
  f.signed &&
  f.subnormals &&
  f.negativeZero &&
  hasInfinity(f) &&
  f.precision >= 2 &&
  f.precision <= 50 &&
  f.emin >= -900 &&
  f.emax <= 900

/**
 * The ulp of f for each exponent field of a float64. Times 2^52 it is the power of two whose sum with |x| has its last
 * bit where f has it there. A table, because a number made from its bits would cost more than all the rest.
 */
const ulps = (f: Format): Float64Array =>
  Float64Array.from({ length: 2048 }, (_, field) => powerOfTwo(Math.max(field - 1023, f.emin) - fractionBits(f)))

const two52 = 4503599627370496

/**
 * A function that rounds any float64 to f, nearest-even, overflow to Inf. Exact: equal to `rounder(f)` for every x, NaN,
 * ±Inf and −0 included. Method: |x| + m − m, where m is an ulp times 2^52.
 */
export function nearest(f: Format): (x: number) => number {
  if (f.name === 'fp32') return Math.fround
  if (f.name === 'fp64') return (x) => x
  if (!isPlain(f)) return rounder(f)
  const table = ulps(f).map((ulp) => ulp * two52)
  const edge = largest(f)
  const beyond = powerOfTwo(f.emax + 1)
  return (x) => {
    const size = Math.abs(x)
    // False for NaN too.
    if (!(size < beyond)) return size >= beyond ? x * Number.POSITIVE_INFINITY : x
    float[0] = size
    const m = table[(words[top] as number) >>> 20] as number
    const near = size + m - m
    const value = near > edge ? Number.POSITIVE_INFINITY : near
    return x < 0 || (value === 0 && Object.is(x, -0)) ? -value : value
  }
}

/**
 * A function that rounds any float64 to f stochastically: away from zero iff random, in [0, 1), is below the discarded
 * fraction of an ulp. Exact: equal to `rounder(f, { rounding: 'stochastic', random })`.
 */
export function stochasticRounder(f: Format): (x: number, random: number) => number {
  if (!isPlain(f)) {
    let draw = 0
    const round = rounder(f, { rounding: 'stochastic', random: () => draw })
    return (x, random) => {
      draw = random
      return round(x)
    }
  }
  const table = ulps(f)
  const edge = largest(f)
  const beyond = powerOfTwo(f.emax + 1)
  return (x, random) => {
    const size = Math.abs(x)
    if (!(size < beyond)) return size >= beyond ? x * Number.POSITIVE_INFINITY : x
    float[0] = size
    const ulp = table[(words[top] as number) >>> 20] as number
    const near = size + ulp * two52 - ulp * two52
    const lower = near > size ? near - ulp : near
    const away = random < (size - lower) / ulp ? lower + ulp : lower
    const value = away > edge ? Number.POSITIVE_INFINITY : away
    return x < 0 || (value === 0 && Object.is(x, -0)) ? -value : value
  }
}
