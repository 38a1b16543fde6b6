/** One rounding of a float64 to a format, in every mode, and what became of the value. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { exponentOf, scaleByPowerOfTwo } from './bits.js'
import { float64Of, floorLog2, quantaOf, type Rational, rationalOf, subtract } from './exact.js'
import {
  bias,
  type Fate,
  type Format,
  fractionBits,
  hasInfinity,
  largest,
  type Rounding,
  roundings,
  smallestNormal,
} from './format.js'
import { asFormat } from './parse.js'

export const overflows = ['ieee', 'saturate'] as const
export type Overflow = (typeof overflows)[number]

export interface RoundOptions {
  /** Default 'nearest-even'. */
  readonly rounding?: Rounding
  /** Default 'ieee': Inf, or NaN where the format has no Inf, or the largest finite where it has neither. */
  readonly overflow?: Overflow
  /** For stochastic rounding: a number in [0, 1), or a function of none that gives one per rounding. */
  readonly random?: number | (() => number)
}

/** A value of the contract's closed set of words, or 'invalid-value' with what is allowed. */
function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T
  throw new FpsimError('invalid-value', { option, value, allowed, suggestion: suggest(String(value), allowed) })
}

function drawOf(random: number | (() => number)): number {
  const draw = typeof random === 'function' ? random() : random
  if (typeof draw !== 'number' || !(draw >= 0 && draw < 1))
    throw new FpsimError('invalid-value', { option: 'random', value: draw, allowed: '[0, 1)' })
  return draw
}

/** The options, checked and with their defaults. */
interface Plan {
  readonly rounding: Rounding
  readonly saturate: boolean
  readonly draw: () => number
}

const optionKeys: readonly string[] = ['rounding', 'overflow', 'random'] satisfies (keyof RoundOptions)[]

function planOf(o: RoundOptions): Plan {
  if (typeof o !== 'object' || o === null || Array.isArray(o))
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  for (const key of Object.keys(o))
    if (!optionKeys.includes(key))
      throw new FpsimError('unknown-key', { key, allowed: optionKeys, suggestion: suggest(key, optionKeys) })
  const rounding = oneOf('rounding', o.rounding ?? 'nearest-even', roundings)
  const saturate = oneOf('overflow', o.overflow ?? 'ieee', overflows) === 'saturate'
  const { random } = o
  if (rounding !== 'stochastic') return { rounding, saturate, draw: () => 0 }
  if (random === undefined) throw new FpsimError('missing-random', { rounding })
  if (typeof random === 'number') drawOf(random)
  return { rounding, saturate, draw: () => drawOf(random) }
}

/** Whether a magnitude with the discarded part `rest` of an ulp (0 < rest < 1) goes away from zero. */
function goesAway(rounding: Rounding, rest: number, negative: boolean, lowerIsOdd: boolean, draw: number): boolean {
  switch (rounding) {
    case 'nearest-even':
      return rest > 0.5 || (rest === 0.5 && lowerIsOdd)
    case 'nearest-away':
      return rest >= 0.5
    case 'toward-zero':
      return false
    case 'up':
      return !negative
    case 'down':
      return negative
    case 'to-odd':
      return !lowerIsOdd
    case 'stochastic':
      return draw < rest
  }
}

/** What a rounding gives: the value, and whether it lay beyond the largest finite before the overflow policy. */
interface Outcome {
  readonly value: number
  readonly beyond: boolean
}

/** A positive size as (lower + rest) quanta of its binade 2^exponent, 0 <= rest < 1. */
interface Parts {
  readonly exponent: number
  readonly lower: number
  readonly rest: number
}

/** The rules of one format and one set of options, with their constants computed once: for numbers and for rationals. */
function rules(f: Format, plan: Plan) {
  const { rounding, saturate, draw } = plan
  const { emin, negativeZero, precision, signed, specials } = f
  const stored = fractionBits(f)
  const offset = bias(f)
  const top = largest(f)
  const tiny = smallestNormal(f)
  const infinite = hasInfinity(f) ? Number.POSITIVE_INFINITY : specials === 'none' ? top : Number.NaN
  const inside = (value: number): Outcome => ({ value, beyond: false })
  const withSign = (value: number, negative: boolean): number =>
    !negative || (value === 0 && !negativeZero) ? value : -value

  function settle(negative: boolean, { exponent, lower, rest }: Parts, random: number): Outcome {
    // With a single significand bit, even and odd are those of the code, which counts exponents.
    const lowerIsOdd = (precision > 1 ? lower : exponent + offset) % 2 !== 0
    const away = rest !== 0 && goesAway(rounding, rest, negative, lowerIsOdd, random)
    const value = scaleByPowerOfTwo(away ? lower + 1 : lower, exponent - stored)
    if (value <= top) return inside(withSign(value, negative))
    const inward = rounding === 'toward-zero' || rounding === 'to-odd' || rounding === (negative ? 'up' : 'down')
    return { value: withSign(saturate || inward ? top : infinite, negative), beyond: true }
  }

  /** What needs no rounding: NaN, zero, infinities, and all that e8m0 does not hold. */
  function special(x: number): Outcome | undefined {
    if (Number.isNaN(x)) return inside(Number.NaN)
    if (x === 0) return inside(f.subnormals ? (negativeZero ? x : 0) : tiny)
    if (x < 0 && !signed) return inside(Number.NaN)
    if (Math.abs(x) === Number.POSITIVE_INFINITY)
      return { value: withSign(saturate ? top : infinite, x < 0), beyond: true }
    return undefined
  }

  return {
    number(x: number): Outcome {
      const random = draw()
      const done = special(x)
      if (done) return done
      const size = Math.abs(x)
      if (size < tiny && !f.subnormals) return inside(tiny)
      // Exact, because |x| has 53 bits and scaling is by a power of two.
      const exponent = Math.max(exponentOf(size), emin)
      const quanta = scaleByPowerOfTwo(size, stored - exponent)
      const lower = Math.floor(quanta)
      return settle(x < 0, { exponent, lower, rest: quanta - lower }, random)
    },
    rational(x: Rational): Outcome {
      const random = draw()
      const negative = x.numerator < 0n
      const done = x.numerator === 0n ? special(0) : negative ? special(-1) : undefined
      if (done) return done
      const size = negative ? { ...x, numerator: -x.numerator } : x
      const binade = floorLog2(size)
      if (binade < emin && !f.subnormals) return inside(tiny)
      const exponent = Math.max(binade, emin)
      const { lower, rest } = quantaOf(size, exponent - stored)
      // To odd: what is above, at or below one half, or any float64, stays so.
      return settle(negative, { exponent, lower: Number(lower), rest: float64Of(rest, 'to-odd') }, random)
    },
  }
}

/** The fate of x, given what its rounding gave. */
function fateOf(x: number, { value, beyond }: Outcome, f: Format): Fate {
  if (Number.isNaN(value)) return 'nan'
  if (beyond) return Number.isFinite(value) ? 'saturated' : 'overflow'
  if (x === 0) return 'exact'
  if (value === 0) return 'underflow'
  if (f.subnormals && Math.abs(value) < smallestNormal(f)) return 'subnormal'
  return value === x ? 'exact' : 'rounded'
}

/** `round` with its format and options checked once: for loops. */
export function rounder(f: Format | string, o: RoundOptions = {}): (x: number) => number {
  const rule = rules(asFormat(f), planOf(o))
  return (x) => rule.number(x).value
}

/** What a rounding gave and what became of the value, in one rounding: for loops. */
export interface Rounded {
  readonly value: number
  readonly fate: Fate
  /** The rounded value exceeded the largest finite, whatever the overflow policy made of it. */
  readonly beyond: boolean
}

/** `round` and `fate` of the same rounding (one random draw), checked once: for loops. */
export function fateRounder(f: Format | string, o: RoundOptions = {}): (x: number) => Rounded {
  const target = asFormat(f)
  const rule = rules(target, planOf(o))
  return (x) => {
    const outcome = rule.number(x)
    return { value: outcome.value, fate: fateOf(x, outcome, target), beyond: outcome.beyond }
  }
}

/** `fateRounder` for exact rationals, such as a decimal as it was written: still one rounding. */
export function rationalRounder(f: Format | string, o: RoundOptions = {}): (x: Rational) => Rounded {
  const target = asFormat(f)
  const rule = rules(target, planOf(o))
  return (x) => {
    const outcome = rule.rational(x)
    const isExact = Number.isFinite(outcome.value) && subtract(rationalOf(outcome.value), x).numerator === 0n
    // For the fate only zero, equal and unequal matter.
    const stand = x.numerator === 0n ? 0 : isExact ? outcome.value : Number.NaN
    return { value: outcome.value, fate: fateOf(stand, outcome, target), beyond: outcome.beyond }
  }
}

/**
 * Exact: one correct rounding of any float64, from all of its bits (stochastic too: away from zero with exactly the
 * discarded fraction of an ulp as probability). NaN stays NaN, also where the format has no code for it; ±Inf and
 * overflow as `overflow` says, rounding first with an unbounded exponent; −0 stays where the format has one; subnormals
 * are rounded to the quantum, never flushed. Throws 'unknown-format', 'invalid-value', 'missing-random'.
 * Method: IEEE P3109's split, round to precision, then saturate; SoftFloat's integer-and-rest view of the significand.
 */
export function round(x: number, f: Format | string, o: RoundOptions = {}): number {
  return rounder(f, o)(checkNumber(x))
}

/**
 * Exact: what `round` with the same arguments does to x. The first that holds of nan (the result is NaN), overflow (it is
 * ±Inf), saturated (a larger value became the largest finite), underflow (nonzero became 0), subnormal (the result is one,
 * even exactly), rounded, exact; 0 is exact. Throws as `round`.
 */
export function fate(x: number, f: Format | string, o: RoundOptions = {}): Fate {
  return fateRounder(f, o)(checkNumber(x)).fate
}

/** x itself, or 'invalid-value' where a caller without types passes something else. */
export function checkNumber(x: unknown): number {
  if (typeof x !== 'number') throw new FpsimError('invalid-value', { option: 'x', value: x, allowed: 'number' })
  return x
}
