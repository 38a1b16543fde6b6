/** Distances in a format: the ulp at a value, and the neighbours of a value. */
import { exponentOf, powerOfTwo } from './bits.js'
import { type Format, fractionBits, hasInfinity, largest, smallest } from './format.js'
import { asFormat } from './parse.js'
import { rounder } from './round.js'

/**
 * Exact: the distance between neighbouring values in the binade of |x|, 2^(max(e, emin) − p + 1); the quantum at 0, and
 * that of the top binade beyond the largest finite. NaN for NaN and ±Inf.
 */
export function ulp(x: number, f: Format | string): number {
  const target = asFormat(f)
  if (!Number.isFinite(x)) return Number.NaN
  const exponent = x === 0 ? target.emin : Math.min(Math.max(exponentOf(x), target.emin), target.emax)
  return powerOfTwo(exponent - fractionBits(target))
}

/** The smallest value of f above a float64 x; what lies above the largest finite is Inf, or NaN where f has none. */
function above(x: number, f: Format): number {
  if (Number.isNaN(x)) return Number.NaN
  const top = largest(f)
  if (x >= top) return x < Number.POSITIVE_INFINITY && hasInfinity(f) ? Number.POSITIVE_INFINITY : Number.NaN
  const bottom = f.signed ? -top : smallest(f)
  if (x < bottom) return bottom
  const rounded = roundUp(x, f)
  if (rounded > x) return rounded
  // x is a value of f: one step up. Toward zero, a power of two is followed by the finer binade below it.
  if (x === 0) return smallest(f)
  const step = ulp(x, f)
  const finer = x < 0 && powerOfTwo(exponentOf(x)) === -x && exponentOf(x) > f.emin
  return x + (finer ? step / 2 : step)
}

const roundUp = (x: number, f: Format): number => rounder(f, { rounding: 'up' })(x) + 0

/** Exact: the smallest value of f above x (any float64). Above the largest finite: Infinity, or NaN where f has none. */
export const next = (x: number, f: Format | string): number => above(x, asFormat(f))

/** Exact: the largest value of f below x (any float64). Below the smallest: −Infinity, or NaN where f has none. */
export function previous(x: number, f: Format | string): number {
  const target = asFormat(f)
  if (target.signed) return 0 - above(-x, target)
  // Without a sign (e8m0) the values are powers of two.
  if (Number.isNaN(x) || x <= smallest(target)) return Number.NaN
  if (x > largest(target)) return largest(target)
  const exponent = exponentOf(x)
  return powerOfTwo(powerOfTwo(exponent) === x ? exponent - 1 : exponent)
}
