/** Real numbers as closely as wanted: exact rationals, and rational bounds around roots, exponentials and logarithms. */
import { float64Of, type Rational } from '../../format/exact.js'

/** The number lies between low and high; it is known exactly where they are the same record. */
export interface Real {
  readonly low: Rational
  readonly high: Rational
}

export const rational = (numerator: bigint, denominator = 1n): Rational => ({ numerator, denominator })

export const exactly = (q: Rational): Real => ({ low: q, high: q })
export const isExact = ({ low, high }: Real): boolean => low === high

export const compare = (a: Rational, b: Rational): number => {
  const left = a.numerator * b.denominator
  const right = b.numerator * a.denominator
  return Number(left > right) - Number(left < right)
}

export const signOf = ({ numerator }: Rational): number => Number(numerator > 0n) - Number(numerator < 0n)

const plus = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
const times = (a: Rational, b: Rational): Rational => rational(a.numerator * b.numerator, a.denominator * b.denominator)
const inverse = ({ numerator, denominator }: Rational): Rational =>
  numerator < 0n ? rational(-denominator, -numerator) : rational(denominator, numerator)
const minus = ({ numerator, denominator }: Rational): Rational => rational(-numerator, denominator)

const lengthOf = (n: bigint): number => (n < 0n ? -n : n).toString(16).length * 4

/** Above this length, numbers are cut to bounds of `kept` bits: a long expression must not grow without limit. */
const longest = 8192
const kept = 1024

/** Exponents beyond which a number is given up: every format's are far inside. */
const farOut = 40_000

/** Whether the number is of a size that is still worth its bits. */
export const inReach = ({ low, high }: Real): boolean =>
  [low, high].every((q) => q.numerator === 0n || Math.abs(lengthOf(q.numerator) - lengthOf(q.denominator)) < farOut)

/** n · 2^k, rounded down. */
const shift = (n: bigint, k: number): bigint => (k >= 0 ? n << BigInt(k) : n >> BigInt(-k))

/** floor(q · 2^bits). */
const fixed = ({ numerator, denominator }: Rational, bits: number): bigint => {
  const top = shift(numerator, Math.max(bits, 0))
  const bottom = shift(denominator, Math.max(-bits, 0))
  const quotient = top / bottom
  return quotient * bottom > top ? quotient - 1n : quotient
}

/** n / 2^bits. */
const unfixed = (n: bigint, bits: number): Rational =>
  bits >= 0 ? rational(n, 1n << BigInt(bits)) : rational(n << BigInt(-bits))

/** Bounds of few bits around bounds of many. */
function bounded({ low, high }: Real): Real {
  const length = Math.max(...[low, high].flatMap((q) => [lengthOf(q.numerator), lengthOf(q.denominator)]))
  if (length <= longest) return { low, high }
  const cut = (q: Rational, up: bigint): Rational => {
    if (q.numerator === 0n) return q
    const bits = kept - (lengthOf(q.numerator) - lengthOf(q.denominator))
    return unfixed(fixed(q, bits) + up, bits)
  }
  return { low: cut(low, 0n), high: cut(high, 1n) }
}

/** The bounds of an operation from those of all pairs of ends; exact where both operands are. */
function combine(a: Real, b: Real, operation: (x: Rational, y: Rational) => Rational): Real {
  if (isExact(a) && isExact(b)) return bounded(exactly(operation(a.low, b.low)))
  const ends = [a.low, a.high].flatMap((x) => [operation(x, b.low), operation(x, b.high)])
  const pick = (sign: number): Rational => ends.reduce((best, q) => (compare(q, best) * sign > 0 ? q : best))
  return bounded({ low: pick(-1), high: pick(1) })
}

export const add = (a: Real, b: Real): Real => combine(a, b, plus)
export const multiply = (a: Real, b: Real): Real => combine(a, b, times)
export const negate = (a: Real): Real =>
  isExact(a) ? exactly(minus(a.low)) : { low: minus(a.high), high: minus(a.low) }
export const subtract = (a: Real, b: Real): Real => add(a, negate(b))

/** a / b, or undefined where b is or may be 0. */
export const divide = (a: Real, b: Real): Real | undefined =>
  signOf(b.low) * signOf(b.high) > 0 ? combine(a, b, (x, y) => times(x, inverse(y))) : undefined

/** floor(√n), by Newton's iteration from above. */
function integerRoot(n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt((lengthOf(n) >> 1) + 1)
  for (;;) {
    const y = (x + n / x) >> 1n
    if (y >= x) return x
    x = y
  }
}

/** Bounds from a function that gives them for an exact number; the function must grow with it. */
const growing = (a: Real, of: (q: Rational) => Real): Real => {
  const low = of(a.low)
  if (isExact(a)) return low
  return { low: low.low, high: of(a.high).high }
}

/** The square root to `bits` bits, exact where it is rational; undefined for what is or may be negative. */
export function squareRoot(a: Real, bits: number): Real | undefined {
  if (signOf(a.low) < 0) return undefined
  return growing(a, (q) => {
    const top = integerRoot(q.numerator)
    const bottom = integerRoot(q.denominator)
    if (top * top === q.numerator && bottom * bottom === q.denominator) return exactly(rational(top, bottom))
    const places = bits + Math.max(0, (lengthOf(q.denominator) - lengthOf(q.numerator)) >> 1) + 8
    const root = integerRoot(fixed(q, 2 * places))
    return { low: unfixed(root, places), high: unfixed(root + 1n, places) }
  })
}

/** atanh(1/n) · 2^bits for an integer n: the sum of 1 / (k n^k), odd k. Off by less than one a term. */
function atanhOfInverse(n: bigint, bits: number): bigint {
  let power = (1n << BigInt(bits)) / n
  let total = 0n
  for (let k = 1n; power !== 0n; k += 2n) {
    total += power / k
    power /= n * n
  }
  return total
}

/** ln 2 · 2^bits: 18 atanh(1/26) − 2 atanh(1/4801) + 8 atanh(1/8749), off by less than 28 a term. */
const logTwo = (bits: number): bigint =>
  18n * atanhOfInverse(26n, bits) - 2n * atanhOfInverse(4801n, bits) + 8n * atanhOfInverse(8749n, bits)

/**
 * Guard bits and what is allowed for all errors of a series. Every step is cut down by less than 1; there are fewer than
 * 2^13 steps at 2^13 bits, and ln 2 is multiplied by less than 2^14: together below 2^(13 + 5 + 14) = 2^32.
 */
const guard = 64
const slack = 1n << 36n

/** Beyond this, exponentials are far outside every format. */
const farthest = 6000n

/** e^q, for |q| up to 6000: q = k ln 2 + r, Taylor's series of e^r, with errors as above. */
function exponential(q: Rational, bits: number): Real {
  if (q.numerator === 0n) return exactly(rational(1n))
  const places = bits + guard
  const x = fixed(q, places)
  const two = logTwo(places)
  const k = (2n * x + two) / (2n * two) - (2n * x + two < 0n ? 1n : 0n)
  const r = x - k * two
  let term = 1n << BigInt(places)
  let total = 0n
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    total += term
    term = ((term * r) >> BigInt(places)) / n
  }
  const exponent = places - Number(k)
  return { low: unfixed(total - slack, exponent), high: unfixed(total + slack, exponent) }
}

/** The exponential to about `bits` bits, or undefined beyond e^±6000, where no format comes near. */
export function exp(a: Real, bits: number): Real | undefined {
  const limit = rational(farthest)
  if (compare(a.high, limit) > 0 || compare(a.low, minus(limit)) < 0) return undefined
  return growing(a, (q) => exponential(q, bits))
}

/** ln q for q > 0: q = m · 2^k with m near 1, 2 atanh((m − 1) / (m + 1)), with errors as above (absolute, 2^-bits). */
function logarithm(q: Rational, bits: number): Real {
  if (q.numerator === q.denominator) return exactly(rational(0n))
  const places = bits + guard
  let k = lengthOf(q.numerator) - lengthOf(q.denominator)
  const scaled = (): Rational =>
    k >= 0 ? rational(q.numerator, q.denominator << BigInt(k)) : rational(q.numerator << BigInt(-k), q.denominator)
  while (compare(scaled(), rational(3n, 2n)) >= 0) k++
  while (compare(scaled(), rational(3n, 4n)) < 0) k--
  const { numerator, denominator } = scaled()
  const z = fixed(rational(numerator - denominator, numerator + denominator), places)
  const square = (z * z) >> BigInt(places)
  let power = z
  let total = 0n
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    total += power / n
    power = (power * square) >> BigInt(places)
  }
  const sum = 2n * total + BigInt(k) * logTwo(places)
  return { low: unfixed(sum - slack, places), high: unfixed(sum + slack, places) }
}

/** The natural logarithm, or undefined for what is or may not be positive. */
export const log = (a: Real, bits: number): Real | undefined =>
  signOf(a.low) > 0 ? growing(a, (q) => logarithm(q, bits)) : undefined

/** The nearest float64; of bounds, of their middle. A number too small for one is the smallest there is, not 0. */
export function float64Near(a: Real): number {
  if (!isExact(a) && signOf(a.low) * signOf(a.high) <= 0) return 0
  const middle = isExact(a) ? a.low : times(plus(a.low, a.high), rational(1n, 2n))
  return float64Of(middle) || float64Of(middle, 'to-odd') || 0
}
