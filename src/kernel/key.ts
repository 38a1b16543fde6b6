/** The key of a seed: two words for the counter-based draws. */
import { FpsimError } from '../errors.js'

const bytes = new DataView(new ArrayBuffer(8))

/** A bijection of the 32-bit integers in which every input bit reaches every output bit (MurmurHash3's finalizer). */
function mix(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** `keyOf` of data/rng.ts, which this room may not import; a test compares the two. */
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
