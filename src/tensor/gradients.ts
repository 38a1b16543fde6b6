/** What is done with gradients after the backward pass, and what is counted of any values: norms, exponents, infinities. */
import { valuesOf } from '../kernel/arena.js'
import { countNonfinite, scale, sumOfSquares } from '../kernel/elementwise.js'
import type { Parameter } from './tensor.js'

/** Multiplies these gradients by a factor, in float32, one rounding each: unscales them, or clips them by a norm. */
export function scaleGradients(parameters: readonly Parameter[], factor: number): void {
  for (const { total } of parameters) scale(total, total, factor)
}

/** How many of these gradients are NaN or ±Inf: what a scaler looks for. */
export const nonfiniteGradients = (parameters: readonly Parameter[]): number =>
  parameters.reduce((count, { total }) => count + countNonfinite(total), 0)

/** The norm of all these gradients as of one vector: squares in float64, parameter after parameter. NaN or Inf where one is. */
export const gradientNorm = (parameters: readonly Parameter[]): number =>
  Math.sqrt(parameters.reduce((sum, { total }) => sum + sumOfSquares(total), 0))

/** How many values have which exponent field of float32. */
export interface Exponents {
  /** 256 counts, by the field: floor(log2|x|) + 127. Zeros are left out of field 0; field 255 is NaN and ±Inf. */
  readonly fields: Uint32Array
  /** Subnormals of float32 by exponent, −149 … −127. */
  readonly subnormals: Uint32Array
  zeros: number
}

export const newExponents = (): Exponents => ({
  fields: new Uint32Array(256),
  subnormals: new Uint32Array(23),
  zeros: 0,
})

/** Adds values to the counts; exact. What a watcher is shown, and `gradientOf`, fit. */
export function countExponents(counts: Exponents, values: Float32Array): void {
  const { fields, subnormals } = counts
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < bits.length; i++) {
    const size = (bits[i] as number) & 0x7fffffff
    const field = size >>> 23
    if (size === 0) counts.zeros++
    else {
      fields[field] = (fields[field] as number) + 1
      if (field === 0) {
        const place = 31 - Math.clz32(size)
        subnormals[place] = (subnormals[place] as number) + 1
      }
    }
  }
}

/** The parameters' gradients one after another, for what wants them in one piece. */
export function gradientsInOne(parameters: readonly Parameter[]): Float32Array {
  const out = new Float32Array(parameters.reduce((sum, { total }) => sum + total.length, 0))
  let at = 0
  for (const { total } of parameters) {
    out.set(valuesOf(total), at)
    at += total.length
  }
  return out
}
