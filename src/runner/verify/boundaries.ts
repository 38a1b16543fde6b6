/** Which float32 become which value of a format, by the exact codec: the boundaries between them, found by halving. */
import { encode } from '../../format/encode.js'
import { type Format, hasNaN } from '../../format/format.js'
import { rounder } from '../../format/round.js'

/** Runs of float32 bit patterns, from 0 to 2^32 − 1, that become the same value. */
export interface Boundaries {
  /** The first pattern of each run. */
  readonly starts: Uint32Array
  /** The value of each run, as float32 bits; NaN is 7fc00000. */
  readonly values: Uint32Array
  /** The code of each run, or `noCode`. */
  readonly codes: Uint32Array
}

/** NaN in a format that has none. */
export const noCode = 0xffffffff

const [infinity, signBit] = [0x7f800000, 0x80000000]

/**
 * Rounding to nearest is monotone, and in a format's values no other lies between equal ones: a range whose ends become the
 * same value needs no closer look. Every boundary is found by asking the exact codec on both sides of it. All values of f
 * must be float32.
 */
export function boundariesOf(f: Format): Boundaries {
  const round = rounder(f)
  const words = new Uint32Array(2)
  const floats = new Float32Array(words.buffer)
  const valueAt = (bits: number): number => {
    words[0] = bits
    const value = round(floats[0] as number)
    floats[1] = value
    return Number.isNaN(value) ? 0x7fc00000 : (words[1] as number)
  }
  const starts: number[] = []
  const values: number[] = []
  const begin = (bits: number, value: number): void => {
    if (values.at(-1) === value) return
    starts.push(bits)
    values.push(value)
  }
  /** The runs that begin after `low` and up to `high`. */
  const between = (low: number, lowValue: number, high: number, highValue: number): void => {
    if (lowValue === highValue) return
    if (high - low === 1) begin(high, highValue)
    else {
      const middle = low + Math.floor((high - low) / 2)
      const value = valueAt(middle)
      between(low, lowValue, middle, value)
      between(middle, value, high, highValue)
    }
  }
  for (const sign of [0, signBit]) {
    const [zero, top] = [valueAt(sign), valueAt(sign + infinity)]
    begin(sign, zero)
    between(sign, zero, sign + infinity, top)
    begin(sign + infinity + 1, valueAt(sign + infinity + 1))
  }
  const codes = Uint32Array.from(values, (bits) => {
    words[1] = bits
    const value = floats[1] as number
    return Number.isNaN(value) && !hasNaN(f) ? noCode : encode(value, f)
  })
  return { starts: Uint32Array.from(starts), values: Uint32Array.from(values), codes }
}
