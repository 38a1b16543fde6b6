/** The three fields of a value as bits, for a bit-field block. */
import type { Fields } from '../format/decode.js'
import { exponentBits, type Format, fractionBits } from '../format/format.js'

const binary = (n: number, width: number): string => (width === 0 ? '' : n.toString(2).padStart(width, '0'))

/** Empty texts where there are no fields: NaN in a format that has no code for it. */
export const bitsOf = (fields: Fields | undefined, f: Format) => ({
  sign: f.signed && fields ? (fields.negative ? '1' : '0') : '',
  exponent: fields ? binary(fields.exponent, exponentBits(f)) : '',
  fraction: fields ? binary(fields.fraction, fractionBits(f)) : '',
})
