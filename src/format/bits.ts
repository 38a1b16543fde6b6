/** A float64 as integers, and exact powers of two. Math.pow and Math.log2 are not used: they may round. */

// Typed arrays: V8 reads them faster than a DataView before it has optimized the code, and commands are short.
const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
/** Which of the two words holds sign and exponent: the second on little-endian machines, as nearly all are. */
const top = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0
const bottom = 1 - top

/** 2^k for an integer k, exact from 2^-1074 to 2^1023; 0 below, Infinity above. */
export function powerOfTwo(k: number): number {
  if (k > 1023) return Number.POSITIVE_INFINITY
  if (k >= -1022) {
    words[top] = (k + 1023) << 20
    words[bottom] = 0
  } else if (k >= -1074) {
    const bit = k + 1074
    words[top] = bit >= 32 ? 1 << (bit - 32) : 0
    words[bottom] = bit < 32 ? 1 << bit : 0
  } else return 0
  return float[0] as number
}

/** x · 2^k with one rounding at most (none unless the result leaves the normal range of float64). */
export function scaleByPowerOfTwo(x: number, k: number): number {
  // Several factors where 2^k is out of range. Going down, all but the last keep what can survive it in the normal range,
  // so only the last can round.
  if (k > 2046) return scaleByPowerOfTwo(x * powerOfTwo(1023), Math.min(k - 1023, 2046))
  if (k > 1023) return x * powerOfTwo(1023) * powerOfTwo(k - 1023)
  if (k < -1991) return scaleByPowerOfTwo(x * powerOfTwo(-969), Math.max(k + 969, -1991))
  if (k < -1022) return x * powerOfTwo(-969) * powerOfTwo(k + 969)
  return x * powerOfTwo(k)
}

/** floor(log2 |x|) of a finite nonzero x, from its bits: exact also just below a power of two and among subnormals. */
export function exponentOf(x: number): number {
  float[0] = x
  const high = words[top] as number
  const field = (high >>> 20) & 0x7ff
  if (field !== 0) return field - 1023
  const fraction = high & 0xfffff
  if (fraction !== 0) return -1022 - (Math.clz32(fraction) - 11)
  return -1043 - Math.clz32(words[bottom] as number)
}

/** Whether the sign bit of x is set; true for −0. */
export const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0)

/** Whether |x| is a power of two. */
export const isPowerOfTwo = (x: number): boolean =>
  x !== 0 && Number.isFinite(x) && Math.abs(x) === powerOfTwo(exponentOf(x))
