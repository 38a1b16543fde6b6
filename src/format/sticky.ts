/**
 * Exact results of operations, cut to a float64 whose last bit is sticky: rounded to odd. One more rounding to 51 bits or
 * fewer then is one rounding of the exact result, in every mode (Boldo and Melquiond, "Emulation of FMA and correctly
 * rounded sums: proved algorithms using rounding to odd", 2008).
 */
import { scaleByPowerOfTwo } from './bits.js'
import { divide, float64Of, type Rational, rationalOf, subtract } from './exact.js'
import type { Format } from './format.js'

export const operations = ['add', 'sub', 'mul', 'div', 'sqrt', 'fma'] as const
export type Operation = (typeof operations)[number]

/** Each operation's exact result rounded to odd; zeros have the signs of round-to-nearest. */
export interface Sticky {
  add(a: number, b: number): number
  mul(a: number, b: number): number
  div(a: number, b: number): number
  sqrt(a: number): number
  fma(a: number, b: number, c: number): number
}

const float = new Float64Array(1)
const words = new Int32Array(float.buffer)
const top = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0
const bottom = 1 - top

/** hi + rest rounded to odd, where hi is the nearest float64 to that sum: its neighbour on the rest's side, if hi is even. */
function fold(hi: number, rest: number): number {
  if (rest === 0) return hi
  float[0] = hi
  const low = words[bottom] as number
  if ((low & 1) !== 0) return hi
  if (rest > 0 === hi > 0) words[bottom] = low | 1
  else {
    words[bottom] = low - 1
    if (low === 0) words[top] = (words[top] as number) - 1
  }
  return float[0] as number
}

/** Finite a + b. Knuth's TwoSum: the rest of a float64 sum is a float64. */
function sum(a: number, b: number): number {
  const hi = a + b
  const ofB = hi - a
  return fold(hi, a - (hi - ofB) + (b - ofB))
}

/** x as the sum of two numbers of 26 bits (Veltkamp). */
function upperHalf(x: number): number {
  const shifted = x * 134217729 // 2^27 + 1
  return shifted - (shifted - x)
}

/**
 * For values of at most 24 bits between 2^-149 and 2^128, subnormals included: nothing below overflows or loses bits to
 * underflow, products of two values have 48 bits and are exact, and so is the remainder of a quotient or of a root.
 */
const narrow: Sticky = {
  add: (a, b) => (Number.isFinite(a + b) ? sum(a, b) : a + b),
  mul: (a, b) => a * b,
  div: (a, b) => {
    const hi = a / b
    if (hi === 0 || b === 0 || !Number.isFinite(hi) || !Number.isFinite(b)) return hi
    const product = hi * b
    const upper = upperHalf(hi)
    const rest = a - product - (upper * b - product + (hi - upper) * b) // Dekker's product: b is its own upper half
    return fold(hi, b > 0 ? rest : -rest)
  },
  sqrt: (a) => {
    const hi = Math.sqrt(a)
    if (!(hi > 0 && hi < Number.POSITIVE_INFINITY)) return hi
    const square = hi * hi
    const upper = upperHalf(hi)
    const lower = hi - upper
    return fold(hi, a - square - (upper * upper - square + 2 * upper * lower + lower * lower))
  },
  fma: (a, b, c) => {
    const product = a * b
    return Number.isFinite(product + c) ? sum(product, c) : product + c
  },
}

const plus = (a: Rational, b: Rational): Rational => subtract(a, { ...b, numerator: -b.numerator })
const times = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
})

/** For any format: big integers, where float64 would overflow or underflow on the way. */
const wide: Sticky = {
  add: (a, b) => {
    const hi = a + b
    if (a === 0 || b === 0 || !(Number.isFinite(a) && Number.isFinite(b)) || a === -b) return hi
    return float64Of(plus(rationalOf(a), rationalOf(b)), 'to-odd')
  },
  mul: (a, b) => {
    if (a === 0 || b === 0 || !(Number.isFinite(a) && Number.isFinite(b))) return a * b
    return float64Of(times(rationalOf(a), rationalOf(b)), 'to-odd')
  },
  div: (a, b) => {
    if (a === 0 || b === 0 || !(Number.isFinite(a) && Number.isFinite(b))) return a / b
    return float64Of(divide(rationalOf(a), rationalOf(b)), 'to-odd')
  },
  sqrt: (a) => {
    const hi = Math.sqrt(a)
    if (!(hi > 0 && hi < Number.POSITIVE_INFINITY)) return hi
    const root = rationalOf(hi)
    const { numerator } = subtract(rationalOf(a), times(root, root))
    return fold(hi, Number(numerator > 0n) - Number(numerator < 0n))
  },
  fma: (a, b, c) => {
    if (!(Number.isFinite(a) && Number.isFinite(b))) return a * b + c
    // The sign of a zero product counts, its size does not.
    if (a === 0 || b === 0 || !Number.isFinite(c)) return (a === 0 || b === 0 ? a * b : 0) + c
    const product = times(rationalOf(a), rationalOf(b))
    const exact = c === 0 ? product : plus(product, rationalOf(c))
    return float64Of(exact, 'to-odd')
  },
}

/** The operations for values of f, fast where its range allows. f has at most 24 bits of precision. */
export const stickyOf = (f: Format): Sticky => (f.emax <= 127 && f.emin - f.precision + 1 >= -149 ? narrow : wide)

/** The sign of the magnitude of an operation's exact result on finite operands, minus lower + part units of 2^unit. */
export function compareSize(
  operation: Operation,
  operands: readonly number[],
  { lower, part, unit }: { readonly lower: number; readonly part: number; readonly unit: number },
): number {
  const [a, b, c] = operands.map(rationalOf) as [Rational, Rational, Rational]
  const size = plus(rationalOf(lower), rationalOf(part))
  const power: Rational =
    unit >= 0 ? { numerator: 1n << BigInt(unit), denominator: 1n } : { numerator: 1n, denominator: 1n << BigInt(-unit) }
  const limit = times(size, power)
  const results: Record<Operation, () => Rational> = {
    add: () => plus(a, b),
    sub: () => subtract(a, b),
    mul: () => times(a, b),
    div: () => divide(a, b),
    // A root exceeds the limit where its square does.
    sqrt: () => a,
    fma: () => plus(times(a, b), c),
  }
  const { numerator, denominator } = results[operation]()
  const magnitude = { numerator: numerator < 0n ? -numerator : numerator, denominator }
  const rest = subtract(magnitude, operation === 'sqrt' ? times(limit, limit) : limit).numerator
  return Number(rest > 0n) - Number(rest < 0n)
}

/** x in units of 2^unit: whole units and the part of one. Exact. */
export function inUnits(x: number, unit: number): { lower: number; part: number } {
  const units = scaleByPowerOfTwo(Math.abs(x), -unit)
  const lower = Math.floor(units)
  return { lower, part: units - lower }
}
