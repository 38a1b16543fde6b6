/** A float64 as integers, and exact powers of two. Math.pow and Math.log2 are not used: they may round. */

const buffer = new DataView(new ArrayBuffer(8))

/** 2^k for an integer k, exact from 2^-1074 to 2^1023; 0 below, Infinity above. */
export function powerOfTwo(k: number): number {
  if (k > 1023) return Number.POSITIVE_INFINITY
  if (k >= -1022) {
    buffer.setUint32(0, (k + 1023) << 20)
    buffer.setUint32(4, 0)
  } else if (k >= -1074) {
    const bit = k + 1074
    buffer.setUint32(0, bit >= 32 ? 1 << (bit - 32) : 0)
    buffer.setUint32(4, bit < 32 ? 1 << bit : 0)
  } else return 0
  return buffer.getFloat64(0)
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
  buffer.setFloat64(0, x)
  const high = buffer.getUint32(0)
  const field = (high >>> 20) & 0x7ff
  if (field !== 0) return field - 1023
  const top = high & 0xfffff
  if (top !== 0) return -1022 - (Math.clz32(top) - 11)
  return -1043 - Math.clz32(buffer.getUint32(4))
}

/** Whether the sign bit of x is set; true for −0. */
export const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0)

/** Whether |x| is a power of two. */
export const isPowerOfTwo = (x: number): boolean =>
  x !== 0 && Number.isFinite(x) && Math.abs(x) === powerOfTwo(exponentOf(x))
