/** Arithmetic in a format: each operation rounded once, correctly, in every mode; with the IEEE flags where asked. */
import { FpsimError } from '../errors.js'
import { exponentOf, isNegative, powerOfTwo } from './bits.js'
import { type Format, fractionBits, largest, smallestNormal } from './format.js'
import { asFormat } from './parse.js'
import { checkNumber, fateRounder, type Rounded, type RoundOptions, rounder } from './round.js'
import { compareSize, inUnits, type Operation, stickyOf } from './sticky.js'

/** Two p-bit significands make a product that a float64 holds exactly up to this precision. */
export const maxPrecision = 24

/** What an operation gives with `flags: true`; the flags are those of IEEE 754, section 7. */
export interface Flagged {
  readonly value: number
  /** The value is not the exact result. */
  readonly inexact: boolean
  /** Inexact, and below 2^emin after rounding with an unbounded exponent. */
  readonly underflow: boolean
  /** Beyond the largest finite after rounding with an unbounded exponent, whatever the policy made of it. */
  readonly overflow: boolean
  /** There is no result: Inf − Inf, 0 · Inf, 0/0, Inf/Inf, the root of a negative; in e8m0 every negative result. */
  readonly invalid: boolean
  /** A finite nonzero value divided by 0. */
  readonly divideByZero: boolean
}

export interface Arithmetic<R = number> {
  add(a: number, b: number): R
  sub(a: number, b: number): R
  mul(a: number, b: number): R
  div(a: number, b: number): R
  sqrt(a: number): R
  /** a · b + c with one rounding. */
  fma(a: number, b: number, c: number): R
}

export interface ArithmeticOptions extends RoundOptions {
  /** Default false: operations return numbers. */
  readonly flags?: boolean
}

/** Ends an operation: from its exact result rounded to odd to what the caller gets. Operands it does not have are 0. */
type Finish<R> = (odd: number, operation: Operation, a: number, b: number, c: number) => R

/** A random number that is never below a discarded fraction of 53 bits. */
const almostOne = 1 - powerOfTwo(-53)

/** Throws 'invalid-value' where f has too many bits for the methods here. */
function checkPrecision(f: Format): void {
  if (f.precision > maxPrecision)
    throw new FpsimError('invalid-value', {
      option: 'format',
      value: f.name,
      problem: 'too-precise',
      precision: f.precision,
      limit: maxPrecision,
    })
}

/** The operand itself where it is a value of f or NaN; −0 is 0 where f has no −0. Throws 'not-a-value'. */
function operandOf(f: Format): (x: number) => number {
  const exactly = rounder(f)
  const top = largest(f)
  const tiny = smallestNormal(f)
  const splitter = powerOfTwo(53 - f.precision) + 1
  const { negativeZero, signed } = f
  return (x) => {
    const size = Math.abs(checkNumber(x))
    if (size <= top && size >= tiny && signed) {
      // Veltkamp's split gives x rounded to p bits; where the product overflows, the slow way decides.
      const shifted = x * splitter
      if (shifted - (shifted - x) === x) return x
    }
    const value = exactly(x)
    if (value === x) return x === 0 && !negativeZero ? 0 : x
    if (Number.isNaN(x)) return x
    throw new FpsimError('not-a-value', { value: x, format: f.name })
  }
}

/** Rounds results, and decides the stochastic mode on the exact result. */
type Settle = (odd: number, random: number, operation: Operation, a: number, b: number, c: number) => Rounded

/** Stochastic: away from zero iff random < the exact discarded fraction, which may have more bits than a float64. */
function stochastic(f: Format, o: RoundOptions): Settle {
  let chosen = 0
  const rule = fateRounder(f, { ...o, random: () => chosen })
  return (odd, random, operation, a, b, c) => {
    chosen = random
    if (random >= 0 && random < 1 && Number.isFinite(odd) && odd !== 0) {
      const exponent = exponentOf(odd)
      const unit = Math.max(exponent, f.emin) - fractionBits(f)
      const { lower, part } = inUnits(odd, unit)
      // The exact result is less than one unit of its float64's last bit away: only so near must one look closer.
      const near = powerOfTwo(Math.max(exponent, -1022) - 52 - unit)
      if (part !== 0) {
        const away =
          Math.abs(random - part) > near
            ? random < part
            : compareSize(operation, [a, b, c], { lower, part: random, unit }) > 0
        chosen = away ? 0 : almostOne
      }
    }
    return rule(odd)
  }
}

/** The other modes: rounding to odd first changes nothing. */
function plain(f: Format, o: RoundOptions): Settle {
  const rule = fateRounder(f, o)
  return (odd) => rule(odd)
}

const settleOf = (f: Format, o: RoundOptions): Settle => (o.rounding === 'stochastic' ? stochastic(f, o) : plain(f, o))

/** f with room below its smallest normal; by an even step, which keeps the parity of codes. */
const deeper = (f: Format): Format => ({ ...f, emin: f.emin - 2 })

/** Rounded to odd, all beyond float64's range is its largest number: a rounding toward zero does not see it. */
const tooLarge = (odd: number, operation: Operation, operands: readonly number[]): boolean =>
  Math.abs(odd) === Number.MAX_VALUE && compareSize(operation, operands, { lower: 1, part: 0, unit: 1024 }) >= 0

function flagging(f: Format, o: RoundOptions, draw: () => number): Finish<Flagged> {
  const settle = settleOf(f, o)
  const unbounded = settleOf(deeper(f), o)
  const tiny = smallestNormal(f)
  return (odd, operation, a, b, c) => {
    const random = draw()
    const { value, beyond } = settle(odd, random, operation, a, b, c)
    const none = { value, inexact: false, underflow: false, overflow: false, invalid: false, divideByZero: false }
    const noProduct = Number.isNaN(a) || Number.isNaN(b)
    // IEEE 754 leaves open whether 0 · Inf + NaN is invalid; as in SoftFloat and on x86 it is.
    if (noProduct || Number.isNaN(c))
      return { ...none, invalid: !noProduct && operation === 'fma' && Number.isNaN(a * b) }
    if (Number.isNaN(odd) || (odd < 0 && !f.signed)) return { ...none, invalid: true }
    if (!Number.isFinite(odd)) return { ...none, divideByZero: operation === 'div' && Number.isFinite(a) }
    const inexact = value !== odd
    const underflow =
      inexact && Math.abs(odd) < tiny && Math.abs(unbounded(odd, random, operation, a, b, c).value) < tiny
    return { ...none, inexact, underflow, overflow: beyond || tooLarge(odd, operation, [a, b, c]) }
  }
}

/** The six operations over a way to end them. */
function operationsOf<R>(f: Format, rounding: RoundOptions['rounding'], finish: Finish<R>): Arithmetic<R> {
  const operand = operandOf(f)
  const sticky = stickyOf(f)
  const zero = rounding === 'down' ? -0 : 0
  /** A sum of exactly 0 is −0 only when rounding down, or when both addends are −0. */
  const signed = (odd: number, a: number, b: number): number =>
    odd !== 0 || (a === 0 && b === 0 && isNegative(a) === isNegative(b)) ? odd : zero
  return {
    add: (left, right) => {
      const a = operand(left)
      const b = operand(right)
      return finish(signed(sticky.add(a, b), a, b), 'add', a, b, 0)
    },
    sub: (left, right) => {
      const a = operand(left)
      const b = operand(right)
      return finish(signed(sticky.add(a, -b), a, -b), 'sub', a, b, 0)
    },
    mul: (left, right) => {
      const a = operand(left)
      const b = operand(right)
      return finish(sticky.mul(a, b), 'mul', a, b, 0)
    },
    div: (left, right) => {
      const a = operand(left)
      const b = operand(right)
      return finish(sticky.div(a, b), 'div', a, b, 0)
    },
    sqrt: (x) => {
      const a = operand(x)
      return finish(sticky.sqrt(a), 'sqrt', a, 0, 0)
    },
    fma: (left, right, addend) => {
      const a = operand(left)
      const b = operand(right)
      const c = operand(addend)
      // Only the zeros among the operands make a product of exactly 0: a smaller one is not 0, whatever float64 says.
      const product = a === 0 || b === 0 ? a * b : 1
      return finish(signed(sticky.fma(a, b, c), product, c), 'fma', a, b, c)
    },
  }
}

/**
 * Exact: add, sub, mul, div, sqrt and fma of values of f, each one correct rounding of the exact result, in every mode
 * (stochastic too: away from zero iff the random number is below the exact discarded fraction), for formats of up to 24
 * bits of precision, of any exponent range. NaN operands give NaN; Inf − Inf, 0 · Inf, 0/0, Inf/Inf and the root of a
 * negative give NaN, also in formats without a code for it. Infinite results (x/0, operations on ±Inf) and overflow
 * follow the overflow policy as `round` does: NaN where the format has no Inf, the largest finite where it has neither or
 * when saturating. A sum of exactly 0 is −0 only in 'down' or when both addends are −0; formats without −0 give +0 and
 * take −0 as 0. Subnormals are rounded to the quantum, never flushed. In e8m0 an exact 0 (x − x) becomes 2^-127, as 0
 * does in `round`, flagged inexact and underflow, and a negative result is NaN, flagged invalid.
 * With `flags: true` each returns the value and the IEEE flags: underflow with tininess after rounding; NaN operands raise
 * none, but fma(0, Inf, NaN) is invalid.
 * Throws 'not-a-value' for an operand that f does not have, 'invalid-value' for more than 24 bits, and as `round`.
 * Method: error-free transformations (Knuth's TwoSum, Dekker's product) give the sign of what a float64 operation leaves;
 * it becomes a sticky last bit (see sticky.ts), which one rounding then sees. Big integers where float64's range is short.
 */
export function arithmetic(f: Format | string, o: ArithmeticOptions & { readonly flags: true }): Arithmetic<Flagged>
export function arithmetic(f: Format | string, o?: RoundOptions & { readonly flags?: false }): Arithmetic
export function arithmetic(f: Format | string, o: ArithmeticOptions = {}): Arithmetic | Arithmetic<Flagged> {
  const target = asFormat(f)
  if (typeof o !== 'object' || o === null)
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  const { flags = false, ...rounding } = o
  if (typeof flags !== 'boolean')
    throw new FpsimError('invalid-value', { option: 'flags', value: flags, allowed: [true, false] })
  rounder(target, rounding) // checks the options
  checkPrecision(target)
  const { random = 0 } = rounding
  const draw = typeof random === 'function' && rounding.rounding === 'stochastic' ? random : () => random as number
  const { rounding: mode } = rounding
  if (flags) return operationsOf(target, mode, flagging(target, rounding, draw))
  if (mode !== 'stochastic') return operationsOf(target, mode, rounder(target, rounding))
  const settle = settleOf(target, rounding)
  const finish: Finish<number> = (odd, operation, a, b, c) => settle(odd, draw(), operation, a, b, c).value
  return operationsOf(target, mode, finish)
}
