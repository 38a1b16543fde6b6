/** Weights and gradients for the optimizers: the bits that test/vectors/optimizer/inputs.py makes. */

/** The lowest exponent field, how many fields, and one in how many is zero (0: none). */
export type Kind = readonly [first: number, span: number, oneIn: number]

/** Knuth and Lewis's generator. */
export function words(seed: number): () => number {
  let x = seed
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    return x
  }
}

/** Float32 values from three words each. */
export function floats([first, span, oneIn]: Kind, count: number, next: () => number): Float32Array {
  const bits = Uint32Array.from({ length: count }, () => {
    const [a, b, c] = [next(), next(), next()] as [number, number, number]
    const value = ((a & 0x80000000) | ((first + ((b >>> 8) % span)) << 23) | ((a >>> 8) & 0x7fffff)) >>> 0
    return oneIn > 0 && (c >>> 8) % oneIn === 0 ? (value & 0x80000000) >>> 0 : value
  })
  return new Float32Array(bits.buffer)
}

/** The bits of a float32; every NaN as 7fc00000. */
export const hex = (x: number): string => {
  if (Number.isNaN(x)) return '7fc00000'
  return (new Uint32Array(Float32Array.of(x).buffer)[0] as number).toString(16).padStart(8, '0')
}
