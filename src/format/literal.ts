/** The ways to write a number: 65536, -6e-8, 2^-24, 3*2^-24, 1/3, 0x1p-24, 0x1f, 0b101, 1_000, nan, -inf, -0. */
import { float64Of, type Rational } from './exact.js'

/** A number as it was written. */
export interface Literal {
  /** The nearest float64, ties to even. */
  readonly value: number
  /** The float64 rounded to odd: rounding it to 51 bits or fewer is one rounding of the number as written. */
  readonly odd: number
  /** The number as written; absent for NaN, ±Inf and numbers far outside the range of float64. */
  readonly exact?: Rational
}

const decimal = /^(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/
const hexFloat = /^0x([\da-f]*)(?:\.([\da-f]*))?p([+-]?\d+)$/
const power = /^(?:(\d+(?:\.\d*)?)\*)?(\d+)\^([+-]?\d+)$/
const quotient = /^(\d+(?:\.\d*)?)\/(\d+(?:\.\d*)?)$/

/** Longer texts are refused, and larger exponents are out of range without computing them. */
const maxLength = 2000
const maxBits = 20_000

/** digits · base^exponent, or undefined when that is certainly outside the range of float64. */
function scaled(digits: bigint, base: bigint, exponent: number): Rational | undefined {
  if (digits === 0n) return { numerator: 0n, denominator: 1n }
  if (Math.abs(exponent) * base.toString(2).length > maxBits) return undefined
  const factor = base ** BigInt(Math.abs(exponent))
  return exponent >= 0 ? { numerator: digits * factor, denominator: 1n } : { numerator: digits, denominator: factor }
}

/** What is out of range: infinitely large or small, by the sign of its exponent. */
const outOfRange = (exponent: number): Literal =>
  exponent > 0 ? { value: Number.POSITIVE_INFINITY, odd: Number.MAX_VALUE } : { value: 0, odd: Number.MIN_VALUE }

const literal = (exact: Rational | undefined, exponent: number): Literal =>
  exact ? { value: float64Of(exact), odd: float64Of(exact, 'to-odd'), exact } : outOfRange(exponent)

/** A decimal without sign as a rational. */
function decimalLiteral(text: string): Literal | undefined {
  const match = decimal.exec(text)
  const whole = match?.[1] ?? ''
  const fraction = match?.[2] ?? ''
  if (!match || whole + fraction === '') return undefined
  const exponent = Number(match[3] ?? 0) - fraction.length
  return literal(scaled(BigInt(whole + fraction), 10n, exponent), exponent)
}

function unsigned(text: string): Literal | undefined {
  if (text === 'nan') return { value: Number.NaN, odd: Number.NaN }
  if (text === 'inf' || text === 'infinity' || text === '∞')
    return { value: Number.POSITIVE_INFINITY, odd: Number.POSITIVE_INFINITY }
  if (/^0x[\da-f]+$/.test(text) || /^0b[01]+$/.test(text) || /^0o[0-7]+$/.test(text))
    return literal({ numerator: BigInt(text), denominator: 1n }, 1)
  const hex = hexFloat.exec(text)
  if (hex) {
    const fraction = hex[2] ?? ''
    const digits = (hex[1] ?? '') + fraction
    if (digits === '') return undefined
    const exponent = Number(hex[3]) - 4 * fraction.length
    return literal(scaled(BigInt(`0x${digits}`), 2n, exponent), exponent)
  }
  const raised = power.exec(text)
  if (raised) {
    const factor = decimalLiteral(raised[1] ?? '1')?.exact
    const base = BigInt(raised[2] as string)
    const exponent = Number(raised[3])
    if (base === 0n && exponent < 0) return undefined
    const whole =
      base <= 1n || exponent === 0
        ? { numerator: exponent === 0 ? 1n : base, denominator: 1n }
        : scaled(1n, base, exponent)
    if (!factor) return undefined
    if (factor.numerator === 0n) return literal(factor, 0)
    return literal(whole && multiply(factor, whole), exponent)
  }
  const parts = quotient.exec(text)
  if (parts) {
    const top = decimalLiteral(parts[1] as string)?.exact
    const bottom = decimalLiteral(parts[2] as string)?.exact
    if (!top || !bottom || bottom.numerator === 0n) return undefined
    return literal(multiply(top, { numerator: bottom.denominator, denominator: bottom.numerator }), 1)
  }
  return decimalLiteral(text)
}

const multiply = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
})

/** The number a text writes, to the last bit, or undefined. 0^0 is 1; signs, spaces around, `_` between digits are fine. */
export function parseLiteral(text: string): Literal | undefined {
  if (text.length > maxLength) return undefined
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/^\u2212/, '-')
    .replace(/(?<=[\da-f])_(?=[\da-f])/g, '')
  const sign = /^[+-]/.exec(plain)?.[0]
  const found = unsigned(sign ? plain.slice(1) : plain)
  if (!found || sign !== '-') return found
  const negated = { value: -found.value, odd: -found.odd }
  return found.exact
    ? { ...negated, exact: { numerator: -found.exact.numerator, denominator: found.exact.denominator } }
    : negated
}

/** The float64 nearest to the number a text writes, or undefined where it writes none. */
export function parseNumber(text: string): number | undefined {
  // The common case, and a fast one: the engine's own correctly rounded reader of plain decimals.
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text)
  return parseLiteral(text)?.value
}
