/** Gradients sent as small integers beside one scale: int8, QSGD and TernGrad. */
import { absmax, draws, mean, norm, type Send, type Setting } from './method.js'

/** The nearest integer, ties to even. Exact below 2^52. */
export function nearestEven(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low
}

/**
 * int8 by the largest magnitude of the tensor: scale = max|x| / 127, code = x / scale to the nearest integer (ties to
 * even), value = code · scale; each in float32. A tensor whose scale rounds to 0 is sent as zeros.
 */
export function int8(v: Float32Array): Float32Array {
  const scale = Math.fround(absmax(v) / 127)
  if (scale === 0) return new Float32Array(v.length)
  return v.map((x) => Math.max(-127, Math.min(127, nearestEven(Math.fround(x / scale)))) * scale)
}

export const sendInt8: Send = (vectors) => {
  const sent = vectors.map(int8)
  return {
    sent,
    mean: mean(sent),
    transfers: [{ collective: 'all-gather', bytes: (sent[0]?.length ?? 0) + 4 }],
  }
}

/**
 * QSGD with s levels: l = (s / ‖v‖₂) · |x|, the level floor(l) or, with the probability of its fraction, one more; value =
 * (‖v‖₂ / s) · level with the sign of x; each in float32, in the order of grace's qsgd.py. `draw` gives uniforms in [0, 1).
 * Levels that float32 pushes above s are s (grace would wrap 128 to −128). A zero vector is sent as zeros.
 * Alistarh et al. 2017, arXiv:1610.02132.
 */
export function qsgd(v: Float32Array, levels: number, draw: (i: number) => number): Float32Array {
  const size = norm(v)
  if (size === 0) return new Float32Array(v.length)
  const perUnit = Math.fround(levels / size)
  const unit = Math.fround(size / levels)
  return v.map((x, i) => {
    const l = Math.fround(perUnit * Math.abs(x))
    const low = Math.floor(l)
    const level = Math.min(levels, draw(i) < l - low ? low + 1 : low)
    return x < 0 ? -unit * level : unit * level
  })
}

/** One byte a level where s < 128 as in grace, else two; and the norm. */
export const sendQsgd =
  (levels: number, { seed, length }: Setting): Send =>
  (vectors, step) => {
    const sent = vectors.map((v, worker) => qsgd(v, levels, draws(seed, 'qsgd', worker, step * length)))
    const bytes = length * (levels < 128 ? 1 : 2) + 4
    return { sent, mean: mean(sent), transfers: [{ collective: 'all-gather', bytes }] }
  }

/**
 * The values cut to ±c standard deviations; 0: not cut. Mean and deviation: sums in float64 in index order, each result
 * rounded to float32.
 */
export function cutAtSigma(v: Float32Array, c: number): Float32Array {
  if (c === 0) return v
  const middle = Math.fround(v.reduce((sum, x) => sum + x, 0) / v.length)
  const squares = v.reduce((sum, x) => sum + Math.fround(x - middle) * Math.fround(x - middle), 0)
  const limit = Math.fround(c * Math.fround(Math.sqrt(squares / v.length)))
  return v.map((x) => Math.max(-limit, Math.min(limit, x)))
}

/** ±s with probability |x| / s, else 0. `draw` gives uniforms in [0, 1); s is at least every |x|. */
export const ternary = (v: Float32Array, s: number, draw: (i: number) => number): Float32Array =>
  v.map((x, i) => (s > 0 && draw(i) < Math.abs(x) / s ? (x < 0 ? -s : s) : 0))

/**
 * TernGrad: values cut at `cut` standard deviations, one s = max|x| for all workers, then ternary; four values a byte.
 * Without the cut it is unbiased. Wen et al. 2017, arXiv:1705.07878.
 */
export const sendTernary =
  (cut: number, { seed, length }: Setting): Send =>
  (vectors, step) => {
    const kept = vectors.map((v) => cutAtSigma(v, cut))
    const s = Math.max(...kept.map(absmax))
    const sent = kept.map((v, worker) => ternary(v, s, draws(seed, 'terngrad', worker, step * length)))
    return {
      sent,
      mean: mean(sent),
      transfers: [
        { collective: 'all-reduce', bytes: 4 },
        { collective: 'all-gather', bytes: Math.ceil(length / 4) },
      ],
    }
  }
