/** The key of a seed: two words for the counter-based draws. */
import { FpsimError } from '../errors.js'

const bytes = new DataView(new ArrayBuffer(8))

/** A bijection of the 32-bit integers in which every input bit reaches every output bit (MurmurHash3's finalizer). */
export function mix(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * The two key words of a seed. Exact: different seeds give different keys, since each of the steps can be undone.
 * −0 counts as 0; NaN and infinities are 'invalid-value'. The 64 bits of the seed as a float64 are mixed three times,
 * one half into the other, so that seeds 1, 2, 3 … give unrelated keys and not neighbouring ones.
 */
export function keyOf(seed: number): [number, number] {
  if (!Number.isFinite(seed))
    throw new FpsimError('invalid-value', { option: 'seed', value: seed, allowed: '(-Inf, Inf)' })
  bytes.setFloat64(0, seed + 0) // −0 + 0 is +0
  let high = bytes.getUint32(0)
  let low = bytes.getUint32(4)
  low = mix(low ^ high)
  high = mix((high + low) | 0)
  low = mix(low ^ high)
  return [high, low]
}
