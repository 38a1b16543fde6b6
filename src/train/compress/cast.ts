/** Gradients sent in a narrower floating-point format: whole, as FP16 or as BF16. */
import { quantize } from '../../kernel/quantize.js'
import { mean, type Send } from './method.js'

/** Nothing compressed: 4 bytes a value. */
export const sendWhole: Send = (vectors) => ({
  sent: vectors,
  mean: mean(vectors),
  transfers: [{ collective: 'all-reduce', bytes: 4 * (vectors[0]?.length ?? 0) }],
})

/** Whether the sum is divided by the number of workers ('post') or each worker's part of it ('pre'). */
export type Division = 'pre' | 'post'

/**
 * PyTorch's fp16_compress_hook and bf16_compress_hook. Every operation is rounded once to the format, nearest-even: the
 * cast, the division (of the cast values in 'pre', as newer versions do; of the sum in 'post', as older ones did) and
 * each addition of the all-reduce, here in the order of the workers. Overflow gives Inf, NaN stays.
 */
export function sendCast(format: 'fp16' | 'bf16', division: Division): Send {
  const rounded = (v: Float32Array): Float32Array => quantize(v, format, { inPlace: true })
  return (vectors) => {
    const n = vectors.length
    const cast = vectors.map((v) => rounded(Float32Array.from(v)))
    const parts = division === 'pre' ? cast.map((v) => rounded(v.map((x) => x / n))) : cast
    const [first = new Float32Array(0), ...others] = parts
    const total = others.reduce((sum, v) => rounded(sum.map((x, i) => x + (v[i] as number))), Float32Array.from(first))
    return {
      sent: division === 'pre' ? parts.map((v) => v.map((x) => x * n)) : parts,
      mean: division === 'pre' ? total : rounded(total.map((x) => x / n)),
      transfers: [{ collective: 'all-reduce', bytes: 2 * total.length }],
    }
  }
}
