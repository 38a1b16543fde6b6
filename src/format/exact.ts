/** Exact numbers: rationals of big integers, and the exact text of a float64. */
import { exponentOf, isNegative, powerOfTwo, scaleByPowerOfTwo } from './bits.js'

/** numerator / denominator with a positive denominator; not necessarily in lowest terms. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** An odd integer times a power of two: the significand and exponent of a finite nonzero x, without trailing zeros. */
function oddTimesPower(x: number): { odd: bigint; exponent: number } {
  let exponent = Math.max(exponentOf(x), -1022) - 52
  let odd = BigInt(scaleByPowerOfTwo(x, -exponent))
  while (odd % 2n === 0n) {
    odd /= 2n
    exponent++
  }
  return { odd, exponent }
}

/** The exact value of a finite float64. */
export function rationalOf(x: number): Rational {
  if (x === 0) return { numerator: 0n, denominator: 1n }
  const { odd, exponent } = oddTimesPower(x)
  return exponent >= 0
    ? { numerator: odd << BigInt(exponent), denominator: 1n }
    : { numerator: odd, denominator: 1n << BigInt(-exponent) }
}

/** a − b. Exact. */
export const subtract = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.denominator - b.numerator * a.denominator,
  denominator: a.denominator * b.denominator,
})

/** a / b. Exact; b must not be 0. */
export const divide = (a: Rational, b: Rational): Rational => {
  const numerator = a.numerator * b.denominator
  const denominator = a.denominator * b.numerator
  return denominator < 0n ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator }
}

const bitLength = (n: bigint): number => n.toString(2).length

const shifted = (n: bigint, k: number): bigint => (k > 0 ? n << BigInt(k) : n)

/** floor(log2 r) of a positive rational. Exact. */
export function floorLog2({ numerator, denominator }: Rational): number {
  // The difference of the lengths, or one less.
  const exponent = bitLength(numerator) - bitLength(denominator)
  return shifted(numerator, -exponent) < shifted(denominator, exponent) ? exponent - 1 : exponent
}

/** A positive rational as (lower + rest) · 2^exponent with an integer lower. Exact. */
export function quantaOf({ numerator, denominator }: Rational, exponent: number): { lower: bigint; rest: Rational } {
  const top = shifted(numerator, -exponent)
  const bottom = shifted(denominator, exponent)
  return { lower: top / bottom, rest: { numerator: top % bottom, denominator: bottom } }
}

/**
 * The float64 of a rational, rounded once: to nearest-even, or to odd (inexact results get an odd last bit, so that a
 * second rounding to 51 bits or fewer is as good as one rounding of the rational itself). Beyond the range, nearest-even
 * gives ±Infinity and to-odd the largest finite.
 */
export function float64Of(
  { numerator, denominator }: Rational,
  rounding: 'nearest-even' | 'to-odd' = 'nearest-even',
): number {
  if (numerator === 0n) return 0
  const negative = numerator < 0n
  const size = negative ? -numerator : numerator
  const exponent = floorLog2({ numerator: size, denominator })
  const quantum = Math.max(exponent - 52, -1074)
  const { lower, rest } = quantaOf({ numerator: size, denominator }, quantum)
  const odd = lower % 2n !== 0n
  const half = 2n * rest.numerator
  const away =
    rounding === 'to-odd'
      ? rest.numerator !== 0n && !odd
      : half > rest.denominator || (half === rest.denominator && odd)
  const multiple = away ? lower + 1n : lower
  const value = exponent > 1023 ? Number.POSITIVE_INFINITY : scaleByPowerOfTwo(Number(multiple), quantum)
  const bounded = value === Number.POSITIVE_INFINITY && rounding === 'to-odd' ? Number.MAX_VALUE : value
  return negative ? -bounded : bounded
}

/** NaN, Inf, -Inf, 0 and -0 by name; undefined for every other number. */
function specialText(x: number): string | undefined {
  if (Number.isNaN(x)) return 'NaN'
  if (!Number.isFinite(x)) return x > 0 ? 'Inf' : '-Inf'
  if (x === 0) return isNegative(x) ? '-0' : '0'
  return undefined
}

/** Every decimal digit of a float64: 0.1 is 0.1000000000000000055511151231257827021181583404541015625. Exact. */
export function exactDecimal(x: number): string {
  const special = specialText(x)
  if (special !== undefined) return special
  const { odd, exponent } = oddTimesPower(x)
  const sign = odd < 0n ? '-' : ''
  const size = odd < 0n ? -odd : odd
  if (exponent >= 0) return `${sign}${size << BigInt(exponent)}`
  // m / 2^k = m · 5^k / 10^k: its last digit is a 5, so there are no zeros to strip.
  const places = -exponent
  const digits = (size * 5n ** BigInt(places)).toString().padStart(places + 1, '0')
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** An odd integer times a power of two, `1639*2^-14`; `2^-24` for a power of two, the digits of a small integer. Exact. */
export function exactPower(x: number): string {
  const special = specialText(x)
  if (special !== undefined) return special
  if (Number.isInteger(x) && Math.abs(x) < 1024) return String(x)
  const { odd, exponent } = oddTimesPower(x)
  if (exponent === 0) return String(odd)
  if (odd === 1n) return `2^${exponent}`
  return odd === -1n ? `-2^${exponent}` : `${odd}*2^${exponent}`
}

/** C's hexadecimal notation, `0x1.999999999999ap-4`. Exact. */
export function hexFloat(x: number): string {
  const special = specialText(x)
  if (special !== undefined) return special
  const size = Math.abs(x)
  const exponent = Math.max(exponentOf(size), -1022)
  const lead = size < powerOfTwo(-1022) ? 0 : 1
  const fraction = BigInt(scaleByPowerOfTwo(size, 52 - exponent)) - (lead === 1 ? 1n << 52n : 0n)
  const digits = fraction.toString(16).padStart(13, '0').replace(/0+$/, '')
  return `${x < 0 ? '-' : ''}0x${lead}${digits === '' ? '' : `.${digits}`}p${exponent}`
}
