/** Sums and products of any float64 numbers, rounded once to a format: for accumulators of every kind. */
import { exponentOf, scaleByPowerOfTwo } from '../format/bits.js'
import { float64Of, type Rational, rationalOf, subtract } from '../format/exact.js'
import type { Format } from '../format/format.js'
import { rounder } from '../format/round.js'

export interface Operations {
  round(x: number): number
  add(a: number, b: number): number
  mul(a: number, b: number): number
}

const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

/** The float64 beside x in the direction of a positive or negative `toward`. */
function neighbour(x: number, toward: number): number {
  if (x === 0) return toward > 0 ? 5e-324 : -5e-324
  float[0] = x
  bits[0] = (bits[0] as bigint) + (x > 0 === toward > 0 ? 1n : -1n)
  return float[0] as number
}

const lastBitIsOdd = (x: number): boolean => {
  float[0] = x
  return ((bits[0] as bigint) & 1n) === 1n
}

/** a − b of finite numbers is s + the result, s = fl(a + b). Exact where s is finite (Knuth). */
function sumTail(a: number, b: number, s: number): number {
  const part = s - a
  return a - (s - part) + (b - part)
}

const splitter = 134217729

/** The sign, or more, of a·b − p, p = fl(a·b): exact by Dekker's product where nothing leaves the range, else by integers. */
function productTail(a: number, b: number, p: number): number {
  const size = Math.abs(p)
  if (Math.abs(a) < 1e299 && Math.abs(b) < 1e299 && size > 1e-280 && size < 1e299) {
    const a1 = splitter * a - (splitter * a - a)
    const b1 = splitter * b - (splitter * b - b)
    const a0 = a - a1
    const b0 = b - b1
    return a0 * b0 - (p - a1 * b1 - a0 * b1 - a1 * b0)
  }
  const exact = times(rationalOf(a), rationalOf(b))
  const { numerator } = subtract(exact, rationalOf(p))
  return numerator > 0n ? 1 : numerator < 0n ? -1 : 0
}

const times = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
})

/** high + tail rounded once, the tail being less than half an ulp of high: only its sign matters, and whether it is 0. */
function oneRounding(f: Format, round: (x: number) => number): (high: number, tail: number) => number {
  const whole = f.precision === 53 && f.emin === -1022
  return (high, tail) => {
    if (whole || tail === 0 || !Number.isFinite(high)) return round(high)
    const exponent = high === 0 ? -1022 : exponentOf(high)
    // How many bits of float64 the format does not have here. None: high is the answer. One: an odd high is the middle of
    // two values, and the tail decides. More: the middle is even, and any odd number beside it will do.
    const fewer = Math.max(exponent, f.emin) - f.precision - Math.max(exponent, -1022) + 53
    const nudge = fewer > 0 && (fewer === 1) === lastBitIsOdd(high)
    return round(nudge ? neighbour(high, tail) : high)
  }
}

/**
 * The operations of f, nearest-even, overflow to infinity. Exact: each is rounded once, whatever the operands' bits and
 * the format's precision. NaN, ±Inf and −0 as in IEEE 754. Method: the float64 result with what it left over, made odd
 * (Boldo and Melquiond), then one rounding to f.
 */
export function operations(f: Format): Operations {
  const round = rounder(f)
  const once = oneRounding(f, round)
  return {
    round,
    add(a, b) {
      const sum = a + b
      return once(sum, Number.isFinite(sum) ? sumTail(a, b, sum) : 0)
    },
    mul(a, b) {
      const product = a * b
      return once(product, Number.isFinite(product) && a !== 0 && b !== 0 ? productTail(a, b, product) : 0)
    },
  }
}

/** The exact sum of c and all products, rounded once to f. */
export function exactDot(a: ArrayLike<number>, b: ArrayLike<number>, c: number, f: Format): number {
  let plain = c
  let minusZero = Object.is(c, -0)
  let finite = Number.isFinite(c)
  // Integers by the exponent of their unit; few exponents occur, so that most additions are of short integers.
  const sums = new Map<number, bigint>()
  const put = (unit: number, n: bigint): void => {
    sums.set(unit, (sums.get(unit) ?? 0n) + n)
  }
  if (finite && c !== 0) put(unitOf(c), integerOf(c))
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number
    const y = b[i] as number
    const product = x * y
    minusZero &&= Object.is(product, -0) && (x === 0 || y === 0)
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      // From here on only the kind of infinity matters: finite terms count as 0.
      plain = finite ? product : plain + product
      finite = false
    } else if (x !== 0 && y !== 0) put(unitOf(x) + unitOf(y), integerOf(x) * integerOf(y))
  }
  const round = rounder(f)
  if (!finite) return round(plain)
  if (minusZero) return round(-0)
  const least = Math.min(0, ...sums.keys())
  let numerator = 0n
  for (const [unit, n] of sums) numerator += n << BigInt(unit - least)
  const exact = { numerator, denominator: 1n << BigInt(-least) }
  const high = float64Of(exact)
  if (!Number.isFinite(high)) return round(high)
  const { numerator: rest } = subtract(exact, rationalOf(high))
  return oneRounding(f, round)(high, rest > 0n ? 1 : rest < 0n ? -1 : 0)
}

const unitOf = (x: number): number => Math.max(exponentOf(x), -1022) - 52
const integerOf = (x: number): bigint => BigInt(scaleByPowerOfTwo(x, -unitOf(x)))
