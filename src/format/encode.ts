/** From a value to its code. */
import { FpsimError } from '../errors.js'
import { exponentOf, isNegative, powerOfTwo, scaleByPowerOfTwo } from './bits.js'
import { checkCodeWidth, type Fields } from './decode.js'
import { bias, exponentBits, type Format, fractionBits, hasNaN } from './format.js'
import { asFormat } from './parse.js'
import { checkNumber, type RoundOptions, rounder } from './round.js'

/** The fields of the canonical NaN: quiet, sign 0; in fnuz the code of −0. Throws 'no-nan-code'. */
function nanFields(f: Format): Fields {
  if (!hasNaN(f)) throw new FpsimError('no-nan-code', { format: f.name })
  if (f.specials === 'fnuz') return { negative: true, exponent: 0, fraction: 0 }
  const exponent = powerOfTwo(exponentBits(f)) - 1
  const quiet = powerOfTwo(fractionBits(f) - 1)
  return { negative: false, exponent, fraction: f.specials === 'ieee' ? quiet : powerOfTwo(fractionBits(f)) - 1 }
}

/** The fields of a value of f (one that `round` gives). Throws 'no-nan-code' for NaN where f has none. */
export function fieldsOfValue(value: number, f: Format): Fields {
  if (Number.isNaN(value)) return nanFields(f)
  const negative = isNegative(value)
  const size = Math.abs(value)
  const stored = fractionBits(f)
  if (size === Number.POSITIVE_INFINITY) return { negative, exponent: powerOfTwo(exponentBits(f)) - 1, fraction: 0 }
  if (size === 0) return { negative, exponent: 0, fraction: 0 }
  const exponent = exponentOf(size)
  if (exponent < f.emin) return { negative, exponent: 0, fraction: scaleByPowerOfTwo(size, stored - f.emin) }
  return {
    negative,
    exponent: exponent + bias(f),
    fraction: scaleByPowerOfTwo(size, stored - exponent) - powerOfTwo(stored),
  }
}

/** The code made of the fields; exact up to 53 bits. */
export const codeOfFields = ({ negative, exponent, fraction }: Fields, f: Format): number =>
  (negative ? powerOfTwo(f.width - 1) : 0) + exponent * powerOfTwo(fractionBits(f)) + fraction

/**
 * Exact: the right-aligned unsigned code of x after one rounding (see `round`). NaN gives the canonical quiet NaN with
 * sign 0 (fnuz: the code of −0). Throws 'no-nan-code' where the format has no NaN, 'code-too-wide' above 53 bits, and as
 * `round`.
 */
export function encode(x: number, f: Format | string, o: RoundOptions = {}): number {
  const target = asFormat(f)
  checkCodeWidth(target)
  return codeOfFields(fieldsOfValue(rounder(target, o)(checkNumber(x)), target), target)
}
