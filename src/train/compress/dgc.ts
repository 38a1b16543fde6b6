/** Deep Gradient Compression: momentum before the choice, a threshold from a sample, masks and warm-up. */
import { type Advance, draws, mean, norm, type Setting } from './method.js'
import { atLeast, bytesOfEntry, largestK, only } from './sparse.js'

/** Shares sent while warming up: 75, 93.75, 98.4, 99.6, 99.9 % of the values stay (Lin et al. 2018, §3.3). */
export const warmupShares: readonly number[] = [0.25, 0.063, 0.015, 0.004, 0.001]

const sampleShare = 0.01
const tooMany = 1.3
const tooFew = 0.8
const maxAdaptations = 10

/** The share sent at a step: a warm-up share where it is larger than the one asked for. */
export function shareAt(step: number, share: number, warmup: number): number {
  const early = warmup > 0 ? warmupShares[Math.floor(step / warmup)] : undefined
  return Math.max(early ?? 0, share)
}

/** How many values apart the sample is taken; 1: the whole tensor. */
export function sampleStride(length: number, share: number): number {
  const least = Math.max(Math.ceil(length * sampleShare), Math.ceil(2 / share))
  if (length <= Math.ceil(2 / share)) return 1
  let stride = Math.ceil(length / least / 32) * 32 + 1
  while (Math.floor(length / stride) < least) stride -= 8
  return stride
}

/**
 * The indices to send: those not below the least of the largest `share` of a sample; if these are more than 1.3 times as
 * many as wanted, the largest of them; if fewer than 0.8 times, the threshold is lowered by 0.8, ten times at most.
 */
export function chosen(v: Float32Array, share: number, draw: (i: number) => number): number[] {
  const wanted = Math.ceil(v.length * share)
  const stride = sampleStride(v.length, share)
  const first = stride > 1 ? Math.floor(draw(0) * stride) : 0
  const sample = stride > 1 ? v.filter((_, i) => i >= first && (i - first) % stride === 0) : v
  const top = Math.ceil(Math.floor(v.length / stride) * share)
  let threshold = Math.abs(sample[largestK(sample, top).reduce((least, i) => smaller(sample, least, i))] as number)
  let indices = atLeast(v, threshold)
  if (stride > 1)
    for (let round = 0; round < maxAdaptations; round++) {
      if (indices.length > wanted * tooMany) {
        const among = largestK(
          Float32Array.from(indices, (i) => v[i] as number),
          wanted,
        )
        indices = among.map((i) => indices[i] as number)
        break
      }
      if (indices.length >= wanted * tooFew) break
      threshold = Math.fround(threshold * tooFew)
      indices = atLeast(v, threshold)
    }
  return indices.slice(0, wanted)
}

const smaller = (v: Float32Array, a: number, b: number): number =>
  Math.abs(v[b] as number) < Math.abs(v[a] as number) ? b : a

/** v · min(1, limit / ‖v‖) in float32. */
function clipped(v: Float32Array, limit: number): Float32Array {
  const size = norm(v)
  if (size <= limit) return v
  const factor = Math.fround(limit / size)
  return v.map((x) => x * factor)
}

/**
 * One step of every worker, each operation in float32: clip to clip / √workers; u = m·u + g; v = v + u; send v at the chosen
 * indices; zero both u and v there. What is sent carries the momentum: the optimizer behind it is plain SGD.
 * Lin et al. 2018, arXiv:1712.01887, and synxlin/deep-gradient-compression.
 */
export function dgc(share: number, { seed, length, workers, momentum, clip, warmup }: Setting): Advance {
  return (state, gradients) => {
    const local =
      clip === undefined ? gradients : gradients.map((g) => clipped(g, Math.fround(clip / Math.sqrt(workers))))
    const u = local.map((g, w) => {
      const kept = (state.momenta[w] as Float32Array).map((x) => Math.fround(momentum) * x)
      return kept.map((x, i) => x + (g[i] as number))
    })
    const v = u.map((own, w) => own.map((x, i) => ((state.residuals[w] as Float32Array)[i] as number) + x))
    const now = shareAt(state.step, share, warmup)
    const indices = v.map((own, w) => chosen(own, now, draws(seed, 'dgc', w, state.step * length)))
    const sent = v.map((own, w) => only(own, indices[w] as number[]))
    for (const [w, list] of indices.entries())
      for (const i of list) {
        ;(u[w] as Float32Array)[i] = 0
        ;(v[w] as Float32Array)[i] = 0
      }
    const most = Math.max(...indices.map((list) => list.length))
    return {
      sent,
      mean: mean(sent),
      transfers: [{ collective: 'all-gather', bytes: bytesOfEntry * most }],
      state: { ...state, step: state.step + 1, residuals: v, momenta: u },
    }
  }
}
