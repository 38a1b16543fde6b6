/** An expression evaluated in a format with one rounding per operation, beside float64 and the exact value. */
import { uniform } from '../../data/rng.js'
import { FpsimError } from '../../errors.js'
import { type Arithmetic, arithmetic, type Flagged } from '../../format/arithmetic.js'
import { exponentOf, powerOfTwo } from '../../format/bits.js'
import { encode } from '../../format/encode.js'
import { subtract as difference, float64Of, divide as quotient, type Rational, rationalOf } from '../../format/exact.js'
import { type Fate, type Format, fractionBits, hasNaN, largest, smallestNormal } from '../../format/format.js'
import type { Literal } from '../../format/literal.js'
import { fateRounder, type RoundOptions } from '../../format/round.js'
import { ulp } from '../../format/ulp.js'
import type { Expression, Name } from './expression.js'
import type { Real } from './real.js'
import * as real from './real.js'

/** One rounding: a literal's, or an operation's. */
export interface Step {
  readonly name: 'literal' | Name
  /** As written. */
  readonly text: string
  /** The steps whose values it takes. */
  readonly operands: readonly number[]
  /** The exact result of this operation on its rounded operands; undefined for NaN, ±Inf and what is beyond e^±6000 or 2^±40000. */
  readonly exact: Real | undefined
  readonly value: number
  readonly fate: Fate
  /** value − exact in ulps at the exact result; NaN where there is no such difference. */
  readonly ulps: number
  /** What float64 makes of the same expression up to here. */
  readonly float64: number
  /** What the expression up to here is without any rounding; undefined where it has no value or one beyond bounds. */
  readonly truth: Real | undefined
  /** value − truth; NaN where there is no such difference. */
  readonly error: number
}

/** Bits to which roots, exponentials and logarithms are known in `exact` and `truth`. */
const ample = 320

const exactOf = (x: number): Real | undefined => (Number.isFinite(x) ? real.exactly(rationalOf(x)) : undefined)

/** A name's operation on real numbers, to a number of bits where it is not rational; undefined where it is out of reach. */
function onReals(name: Name, operands: readonly (Real | undefined)[], bits: number): Real | undefined {
  const result = operation(name, operands, bits)
  return result && real.inReach(result) ? result : undefined
}

function operation(name: Name, operands: readonly (Real | undefined)[], bits: number): Real | undefined {
  const [a, b, c] = operands
  if (!a || operands.includes(undefined)) return undefined
  if (name === 'neg') return real.negate(a)
  if (name === 'sqrt') return real.squareRoot(a, bits)
  if (name === 'exp') return real.exp(a, bits)
  if (name === 'log') return real.log(a, bits)
  if (!b) return undefined
  if (name === 'add') return real.add(a, b)
  if (name === 'sub') return real.subtract(a, b)
  if (name === 'mul') return real.multiply(a, b)
  if (name === 'div') return real.divide(a, b)
  return c && real.add(real.multiply(a, b), c)
}

/** What a rounding gave. */
interface Settled {
  readonly value: number
  readonly fate: Fate
}

/** e^x and ln x where they are no finite nonzero numbers; undefined elsewhere. */
function special(name: 'exp' | 'log', x: number): number | undefined {
  if (Number.isNaN(x)) return x
  if (name === 'exp') return x === Infinity ? x : x === -Infinity ? 0 : x === 0 ? 1 : undefined
  if (x === 1) return 0
  if (x === 0) return -Infinity
  return x < 0 ? Number.NaN : x === Infinity ? x : undefined
}

/** Precision is doubled until both bounds agree (Ziv); e^x and ln x are never rational here, so that they will. */
function* precisions(): Generator<number> {
  for (let bits = 128; bits <= 8192; bits *= 2) yield bits
}

/** The float64 in which both bounds agree, rounded so; beyond e^±6000 what stands for it. */
function float64By(name: 'exp' | 'log', x: number, rounding: 'nearest-even' | 'to-odd'): number {
  const odd = rounding === 'to-odd'
  for (const bits of precisions()) {
    const bounds = onReals(name, [exactOf(x)], bits)
    if (!bounds) return x > 0 ? (odd ? Number.MAX_VALUE : Infinity) : odd ? Number.MIN_VALUE : 0
    const low = float64Of(bounds.low, rounding)
    if (low === float64Of(bounds.high, rounding)) return low
  }
  throw new FpsimError('unexpected', { reason: `${name}(${x}) is not decided at 8192 bits` })
}

/** The correctly rounded float64 of e^x or ln x. */
const float64Function = (name: 'exp' | 'log', x: number): number =>
  special(name, x) ?? float64By(name, x, 'nearest-even')

const magnitude = (q: Rational): Rational => (q.numerator < 0n ? { ...q, numerator: -q.numerator } : q)

/**
 * One rounding of a real number in every mode, from its float64 rounded to odd. `bounds` gives it to a number of bits: the
 * stochastic mode compares the random number with the exact fraction, which may need more bits than any float64 has.
 */
function settle(f: Format, o: RoundOptions, odd: number, bounds: (bits: number) => Real | undefined): Settled {
  const random = typeof o.random === 'function' ? o.random() : (o.random ?? 0)
  let chosen = random
  const rule = fateRounder(f, { ...o, random: () => chosen })
  if (o.rounding !== 'stochastic' || !Number.isFinite(odd) || odd === 0) return rule(odd)
  const unit = powerOfTwo(Math.max(exponentOf(odd), f.emin) - fractionBits(f))
  const lower = Math.floor(Math.abs(odd) / unit)
  for (const bits of precisions()) {
    const ends = bounds(bits)
    if (!ends) break
    const fractions = [ends.low, ends.high].map((q) =>
      difference(difference(quotient(magnitude(q), rationalOf(unit)), rationalOf(lower)), rationalOf(random)),
    )
    const signs = fractions.map((q) => real.signOf(q) > 0)
    if (signs[0] !== signs[1]) continue
    // Away: any discarded fraction is above 0. Inward: none is above the largest random number.
    chosen = signs[0] ? 0 : 1 - powerOfTwo(-53)
    break
  }
  return rule(odd)
}

/** The fate of an operation, from its value and flags. */
function fateOf({ value, inexact, overflow, divideByZero }: Flagged, operands: readonly number[], f: Format): Fate {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return 'overflow'
  if (overflow || divideByZero) return 'saturated'
  // An infinite result that saturated: only infinite operands give one without a flag.
  if (Math.abs(value) === largest(f) && operands.some((x) => Math.abs(x) === Infinity)) return 'saturated'
  if (value === 0) return inexact ? 'underflow' : 'exact'
  if (f.subnormals && Math.abs(value) < smallestNormal(f)) return 'subnormal'
  return inexact ? 'rounded' : 'exact'
}

export interface EvaluateOptions {
  readonly format: Format
  readonly rounding: NonNullable<RoundOptions['rounding']>
  readonly overflow: NonNullable<RoundOptions['overflow']>
  readonly seed: number
  /** The random number of a step; uniform(seed, step) unless it is given. */
  readonly draw?: (step: number) => number
}

/** Below 2^-1074 a step of 1 ulp has no float64; formats of at most 24 bits have none so small. */
function ulpsBetween(value: number, exact: Real | undefined, f: Format): number {
  if (!exact || !Number.isFinite(value)) return Number.NaN
  // Rounded to odd, so that a number just below a power of two stays in its binade.
  const step = ulp(float64Of(exact.low, 'to-odd'), f)
  const error = real.subtract(real.exactly(rationalOf(value)), exact)
  return real.float64Near(real.divide(error, real.exactly(rationalOf(step))) ?? error)
}

const errorOf = (value: number, truth: Real | undefined): number =>
  truth && Number.isFinite(value) ? real.float64Near(real.subtract(real.exactly(rationalOf(value)), truth)) : Number.NaN

/** The same operation in float64. */
function inFloat64(name: Name, operands: readonly number[]): number {
  const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = operands
  if (name === 'add') return a + b
  if (name === 'sub') return a - b
  if (name === 'mul') return a * b
  if (name === 'div') return a / b
  if (name === 'neg') return -a
  if (name === 'sqrt') return Math.sqrt(a)
  if (name !== 'fma') return float64Function(name, a)
  const exact = onReals('fma', operands.map(exactOf), ample)
  return exact && real.signOf(exact.low) !== 0 ? float64Of(exact.low) : a * b + c
}

/**
 * The steps of an expression, operands before operations. + − * /, sqrt and fma are those of `arithmetic`; exp and log are
 * enclosed between rationals until one rounding is certain, and so are literals, from the number as written. Stochastic
 * rounding draws uniform(seed, step). Throws as `arithmetic`.
 */
export function evaluate(expression: Expression, options: EvaluateOptions): Step[] {
  const { format: f, rounding, overflow, seed, draw = (step) => uniform(seed, step) } = options
  const steps: Step[] = []
  const o: RoundOptions = { rounding, overflow, random: () => draw(steps.length) }
  const rules: Arithmetic<Flagged> = arithmetic(f, { ...o, flags: true })

  const finish = (step: Omit<Step, 'ulps' | 'error'>): number => {
    steps.push({ ...step, ulps: ulpsBetween(step.value, step.exact, f), error: errorOf(step.value, step.truth) })
    return steps.length - 1
  }

  function literal(text: string, { value, odd, exact }: Literal): number {
    const known = exact && real.exactly(exact)
    const settled = settle(f, o, odd, () => known)
    return finish({ ...settled, name: 'literal', text, operands: [], exact: known, float64: value, truth: known })
  }

  /** The value of an operation on values of the format. */
  function operate(name: Name, operands: readonly number[]): Settled {
    const [a = Number.NaN] = operands
    // Exact wherever the format has a sign.
    if (name === 'neg') return fateRounder(f)(-a)
    if (name === 'exp' || name === 'log') {
      const plain = special(name, a)
      const odd = plain ?? float64By(name, a, 'to-odd')
      return settle(f, o, odd, (bits) => (plain === undefined ? onReals(name, [exactOf(a)], bits) : exactOf(plain)))
    }
    const result = (rules[name] as (...x: readonly number[]) => Flagged)(...operands)
    return { value: result.value, fate: fateOf(result, operands, f) }
  }

  function walk(node: Expression): number {
    if (node.kind === 'literal') return literal(node.text, node.literal)
    const operands = node.operands.map(walk)
    const from = operands.map((i) => steps[i] as Step)
    const { name, text } = node
    const values = from.map(({ value }) => value)
    return finish({
      ...operate(name, values),
      name,
      text,
      operands,
      exact: onReals(name, values.map(exactOf), ample),
      float64: inFloat64(
        name,
        from.map((step) => step.float64),
      ),
      truth: onReals(
        name,
        from.map(({ truth }) => truth),
        ample,
      ),
    })
  }
  walk(expression)
  return steps
}

/** The code of a value in hex, or '-' for NaN in a format without one. */
export const codeOf = (value: number, f: Format): string =>
  Number.isNaN(value) && !hasNaN(f)
    ? '-'
    : `0x${encode(value, f)
        .toString(16)
        .padStart(Math.ceil(f.width / 4), '0')}`
