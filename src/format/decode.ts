/** From a code to its value. */
import { FpsimError } from '../errors.js'
import { powerOfTwo, scaleByPowerOfTwo } from './bits.js'
import { bias, exponentBits, type Format, fractionBits } from './format.js'
import { asFormat } from './parse.js'

/** The three fields of a code, as integers. */
export interface Fields {
  readonly negative: boolean
  readonly exponent: number
  readonly fraction: number
}

export type CodeClass = 'zero' | 'subnormal' | 'normal' | 'infinity' | 'nan'

/** Throws 'code-too-wide' where codes of f do not fit the integers of a JS number. */
export function checkCodeWidth(f: Format): void {
  if (f.width > 53) throw new FpsimError('code-too-wide', { format: f.name, width: f.width })
}

/** Throws 'invalid-code' unless code is an integer of f.width bits. */
function checkCode(code: number, f: Format): void {
  checkCodeWidth(f)
  if (!Number.isInteger(code) || code < 0 || code >= powerOfTwo(f.width))
    throw new FpsimError('invalid-code', { code, format: f.name, width: f.width })
}

/** The fields of a code. Division instead of shifts: a code may have up to 53 bits. */
function split(code: number, f: Format): Fields {
  const signUnit = powerOfTwo(f.width - 1)
  const negative = f.signed && code >= signUnit
  const body = negative ? code - signUnit : code
  const exponentUnit = powerOfTwo(fractionBits(f))
  const exponent = Math.floor(body / exponentUnit)
  return { negative, exponent, fraction: body - exponent * exponentUnit }
}

/** What the fields mean, decided on the integers alone. */
export function classify({ negative, exponent, fraction }: Fields, f: Format): CodeClass {
  const lastExponent = powerOfTwo(exponentBits(f)) - 1
  const lastFraction = powerOfTwo(fractionBits(f)) - 1
  if (f.specials === 'ieee' && exponent === lastExponent) return fraction === 0 ? 'infinity' : 'nan'
  if (f.specials === 'nan-only' && exponent === lastExponent && fraction === lastFraction) return 'nan'
  if (exponent !== 0 || !f.subnormals) return 'normal'
  if (fraction !== 0) return 'subnormal'
  return f.specials === 'fnuz' && negative ? 'nan' : 'zero'
}

/** The fields of a code of f. Throws 'invalid-code' and 'code-too-wide'. */
export function fieldsOfCode(code: number, f: Format): Fields {
  checkCode(code, f)
  return split(code, f)
}

/** The value of the fields. Exact. */
export function valueOfFields(fields: Fields, f: Format): number {
  const { negative, exponent, fraction } = fields
  const kind = classify(fields, f)
  if (kind === 'nan') return Number.NaN
  let size: number
  if (kind === 'infinity') size = Number.POSITIVE_INFINITY
  else if (kind === 'normal')
    size = scaleByPowerOfTwo(powerOfTwo(fractionBits(f)) + fraction, exponent - bias(f) - fractionBits(f))
  else size = scaleByPowerOfTwo(fraction, f.emin - fractionBits(f))
  return negative ? -size : size
}

/**
 * Exact. The value of a right-aligned code, as a float64: NaN codes (of either sign, quiet or signalling) give NaN,
 * the codes of ±Inf and −0 give these. Throws 'invalid-code' outside 0 … 2^width − 1, 'code-too-wide' above 53 bits.
 */
export function decode(code: number, f: Format | string): number {
  const target = asFormat(f)
  return valueOfFields(fieldsOfCode(code, target), target)
}
