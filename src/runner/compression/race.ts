/** One training with a compressed gradient: how near it gets, and what it sent on the way. */
import { compressor } from '../../train/compress.js'
import type { Transfer } from '../../train/ring.js'
import { distanceLeft, gradientsAt, type Problem } from './problem.js'

export interface RaceOptions {
  readonly updates: number
  /** The first learning rate, as a share of 1 / the largest curvature; it falls to 0 in a straight line. */
  readonly firstRate: number
  /** The size of the gradients: multiplies the loss. */
  readonly magnitude: number
  /** The loss scale that is still on the gradients when they are compressed. */
  readonly scale: number
  /** Updates at each of DGC's warm-up shares. */
  readonly dgcWarmup: number
  readonly seed: number
}

export interface Race {
  readonly name: string
  /** The distance to the optimum before each sampled update and after the last; 1 at the start. */
  readonly distances: readonly number[]
  readonly final: number
  /** The mean step's transfers: those of one collective together. */
  readonly transfers: readonly Transfer[]
  /** Steps whose gradient was not finite, and that were therefore skipped. */
  readonly skipped: readonly number[]
  /** Of the methods that send a narrower format: the share of nonzero gradient values that became 0 in the message. */
  readonly vanished: number
}

/** Training steps at which the distance is recorded, both ends among them. */
export const samplesOf = (updates: number): number[] => {
  const count = Math.min(updates, 120)
  return Array.from({ length: count + 1 }, (_, i) => Math.round((i * updates) / count))
}

const momentum = 0.9

/**
 * How far one update goes for a mean gradient. DGC's momentum of 0.9 makes its steps ten times as long, so it gets a tenth
 * of the rate; signs have no size, so theirs is the rate itself.
 */
function stride(family: string, { firstRate, magnitude, scale }: RaceOptions): number {
  if (family === 'sign') return firstRate
  return ((family === 'dgc' ? 1 - momentum : 1) * firstRate) / (scale * magnitude)
}

/** Trains from 0. `tick` is called after each update. Weights in float64: only the compression is under test. */
export async function race(
  name: string,
  problem: Problem,
  o: RaceOptions,
  tick: () => void | Promise<void> | undefined,
): Promise<Race> {
  const { updates, magnitude, scale, dgcWarmup: warmup, seed } = o
  const length = problem.optimum.length
  const method = compressor(name, { workers: problem.offsets.length, length, seed, momentum, warmup, start: 0 })
  const samples = new Set(samplesOf(updates))
  const isCast = method.spec.family === 'fp16' || method.spec.family === 'bf16'
  const whole = stride(method.spec.family, o)
  const distances: number[] = []
  const skipped: number[] = []
  const bytes: Record<Transfer['collective'], number> = { 'all-reduce': 0, 'all-gather': 0 }
  let [nonzero, gone] = [0, 0]
  const w = new Float64Array(length)
  let state = method.init()
  for (let t = 0; t < updates; t++) {
    if (samples.has(t)) distances.push(distanceLeft(problem, w))
    const gradients = gradientsAt(problem, w, magnitude * scale)
    const { mean, sent, transfers, finite, state: after } = method.exchange(state, gradients)
    state = after
    for (const transfer of transfers) bytes[transfer.collective] += transfer.bytes
    if (isCast)
      for (const [i, g] of gradients.entries()) {
        const s = sent[i] as Float32Array
        for (let j = 0; j < length; j++) {
          if (g[j] !== 0) nonzero++
          if (g[j] !== 0 && s[j] === 0) gone++
        }
      }
    if (finite) {
      const step = whole * (1 - t / updates)
      for (let j = 0; j < length; j++) w[j] = (w[j] as number) - step * (mean[j] as number)
    } else skipped.push(t)
    await tick()
  }
  const final = distanceLeft(problem, w)
  const collectives = ['all-reduce', 'all-gather'] as const
  return {
    name: method.name,
    distances: [...distances, final],
    final,
    transfers: collectives.flatMap((collective) =>
      bytes[collective] > 0 ? [{ collective, bytes: bytes[collective] / updates }] : [],
    ),
    skipped,
    vanished: nonzero > 0 ? gone / nonzero : 0,
  }
}
