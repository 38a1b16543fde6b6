/** A few values sent and the rest left out: by a threshold, the largest k, or k at random. */
import { draws, mean, type Send, type Setting } from './method.js'

/** A float32 value and its 32-bit index. */
export const bytesOfEntry = 8

/** The values at the indices, 0 elsewhere. Exact. */
export function only(v: Float32Array, indices: readonly number[]): Float32Array {
  const out = new Float32Array(v.length)
  for (const i of indices) out[i] = v[i] as number
  return out
}

/** Indices of |x| >= threshold, rising. */
export const atLeast = (v: Float32Array, threshold: number): number[] => {
  const indices: number[] = []
  for (let i = 0; i < v.length; i++) if (Math.abs(v[i] as number) >= threshold) indices.push(i)
  return indices
}

/** Indices of the k largest magnitudes, rising; of equal ones those with the lower index. */
export function largestK(v: Float32Array, k: number): number[] {
  const sizes = v.map(Math.abs).sort()
  const least = sizes[v.length - k] as number
  const candidates = atLeast(v, least)
  let ties = k - candidates.filter((i) => Math.abs(v[i] as number) > least).length
  return candidates.filter((i) => Math.abs(v[i] as number) > least || ties-- > 0)
}

/**
 * k of n indices, rising; every choice equally likely, as far as a draw of 32 bits tells n apart. `draw` gives uniforms in
 * [0, 1). The first k steps of Fisher and Yates' shuffle.
 */
export function randomK(n: number, k: number, draw: (i: number) => number): number[] {
  const indices = Int32Array.from({ length: n }, (_, i) => i)
  for (let i = 0; i < k; i++) {
    const j = i + Math.floor(draw(i) * (n - i))
    const other = indices[j] as number
    indices[j] = indices[i] as number
    indices[i] = other
  }
  return [...indices.subarray(0, k).sort()]
}

/** Each worker's own values and indices, gathered by all. */
function gathered(vectors: readonly Float32Array[], indicesOf: (v: Float32Array) => number[]): ReturnType<Send> {
  const kept = vectors.map(indicesOf)
  const sent = vectors.map((v, i) => only(v, kept[i] as number[]))
  const most = Math.max(...kept.map(({ length }) => length))
  return { sent, mean: mean(sent), transfers: [{ collective: 'all-gather', bytes: bytesOfEntry * most }] }
}

/** Threshold pruning: |x| >= threshold is sent, as in grace's threshold.py. */
export const sendAbove =
  (threshold: number): Send =>
  (vectors) =>
    gathered(vectors, (v) => atLeast(v, threshold))

/** Top-k: each worker its own k largest. Stich et al. 2018, arXiv:1809.07599. */
export const sendLargest =
  (k: number): Send =>
  (vectors) =>
    gathered(vectors, (v) => largestK(v, k))

/**
 * Random-k: the same k indices on every worker, drawn from the seed and the step, so that only values travel. Without
 * error feedback the values are multiplied by n / k in float32, which makes them unbiased; with it they stay as they are.
 */
export const sendRandom =
  (k: number, { seed, length, feedback }: Setting): Send =>
  (vectors, step) => {
    const indices = randomK(length, k, draws(seed, 'randomk', 'all', step * length))
    const sparse = vectors.map((v) => only(v, indices))
    const sent = feedback ? sparse : sparse.map((v) => v.map((x) => (x * length) / k))
    return { sent, mean: mean(sent), transfers: [{ collective: 'all-reduce', bytes: 4 * k }] }
  }
