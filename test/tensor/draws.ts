/** The numbers of test/vectors/tensor/draws.py, and how far apart float32 tensors are. */

export function words(seed: number, count: number): number[] {
  let x = seed
  return Array.from({ length: count }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return x >>> 8
  })
}

/** float32 values in [−spread, spread). */
export const floats = (seed: number, count: number, spread = 1): Float32Array =>
  Float32Array.from(words(seed, count), (word) => Math.fround((word / 8388608 - 1) * spread))

export const below = (seed: number, count: number, limit: number): number[] =>
  words(seed, count).map((word) => word % limit)

export function fromHex(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'hex'))
  return new Float32Array(bytes.buffer)
}

/** The largest difference of two tensors, in units of the last place of the largest of the second. */
export function ulpsOfLargest(ours: ArrayLike<number>, theirs: ArrayLike<number>, largest?: number): number {
  let [worst, most] = [0, largest ?? 0]
  for (let i = 0; i < theirs.length; i++) {
    most = Math.max(most, Math.abs(theirs[i] as number))
    const difference = Math.abs((ours[i] as number) - (theirs[i] as number))
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference)
  }
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY
  if (worst === 0) return 0
  let ulp = 2 ** -149
  while (ulp * 16777216 <= most) ulp *= 2
  return worst / ulp
}
