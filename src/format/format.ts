/** The Format record, and everything that follows from its ten facts. */
import { powerOfTwo } from './bits.js'

/** What the codes at the top of the exponent range mean.
 * - `ieee`: the last exponent field holds Inf and NaN
 * - `nan-only`: no Inf; the code with all bits below the sign set is NaN
 * - `none`: every code is a finite value
 * - `fnuz`: no Inf, no −0; the code of −0 is the only NaN
 */
export type Specials = 'ieee' | 'nan-only' | 'none' | 'fnuz'

export interface Format {
  readonly name: string
  /** Bits of a code, sign included. */
  readonly width: number
  /** Bits of the significand, the hidden bit counted. */
  readonly precision: number
  /** Exponent of the smallest normal number, 2^emin. */
  readonly emin: number
  /** Exponent of the largest finite number: it lies in [2^emax, 2^(emax+1)). */
  readonly emax: number
  readonly signed: boolean
  /** Whether exponent field 0 holds zero and the subnormals; without them (e8m0) it is a power of two like the others. */
  readonly subnormals: boolean
  readonly negativeZero: boolean
  readonly specials: Specials
  /** Where the format is defined. */
  readonly spec: string
}

export const roundings = ['nearest-even', 'nearest-away', 'toward-zero', 'up', 'down', 'to-odd', 'stochastic'] as const
export type Rounding = (typeof roundings)[number]

/** What became of a value. When several hold, the first of: nan, overflow, saturated, underflow, subnormal, rounded, exact. */
export const fates = ['exact', 'rounded', 'subnormal', 'underflow', 'overflow', 'saturated', 'nan'] as const
export type Fate = (typeof fates)[number]

/** Bits of the fraction field. */
export const fractionBits = (f: Format): number => f.precision - 1

/** Bits of the exponent field. */
export const exponentBits = (f: Format): number => f.width - (f.signed ? 1 : 0) - fractionBits(f)

/** What the exponent field stores for the exponent 0. */
export const bias = (f: Format): number => (f.subnormals ? 1 - f.emin : -f.emin)

/** Exponent of the quantum: every value of the format is an integer multiple of 2^quantumExponent. */
export const quantumExponent = (f: Format): number => f.emin - fractionBits(f)

/** The largest finite value. Exact. */
export function largest(f: Format): number {
  // 2^p − 1, or one less where the all-ones significand of the top binade is NaN.
  const allOnes = powerOfTwo(f.precision) - 1
  const significand = f.specials === 'nan-only' && f.precision > 1 ? allOnes - 1 : allOnes
  return significand * powerOfTwo(f.emax - fractionBits(f))
}

/** The smallest positive normal value, 2^emin. Exact. */
export const smallestNormal = (f: Format): number => powerOfTwo(f.emin)

/** The smallest positive value: the quantum, or 2^emin in a format without subnormals. Exact. */
export const smallest = (f: Format): number => powerOfTwo(f.subnormals ? quantumExponent(f) : f.emin)

export const hasZero = (f: Format): boolean => f.subnormals
export const hasInfinity = (f: Format): boolean => f.specials === 'ieee'
export const hasNaN = (f: Format): boolean => f.specials !== 'none'

/** Distance from 1 to the next larger value, 2^(1−p). */
export const machineEpsilon = (f: Format): number => powerOfTwo(1 - f.precision)
