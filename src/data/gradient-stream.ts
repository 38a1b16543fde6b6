/** Gradients whose size drifts over the steps of a training and spikes now and then: each step a function of the seed. */
import { exp, log } from '../kernel/kernel.js'
import { blocks } from './rng.js'
import type { Source } from './source.js'

export interface SizeOptions {
  /** How many steps there are: the drift is spread over all of them. */
  readonly steps: number
  /** The size at the first step. Default 1. */
  readonly size?: number
  /** The size at the last step against that of the first: below 1 the gradients shrink, above 1 they grow. Default 1. */
  readonly drift?: number
  /** The largest factor by which chance moves a step up or down, 1 or more. Default 1: none. */
  readonly noise?: number
  /** The share of steps that spike, 0 to 1. Default 0. */
  readonly spikeRate?: number
  /** How many times larger the gradients of such a step are. Default 1. */
  readonly spikeHeight?: number
  readonly seed: number
}

const two32 = 4294967296

/**
 * The factor on the gradients of step 0, 1, … steps − 1; a pure function of (seed, step), in any order of asking.
 * Exactly `size` where drift and noise are 1 and nothing spikes; otherwise within 2 ulp of
 * size · drift^(step / (steps − 1)) · noise^(u + v − 1) · (spike ? spikeHeight : 1) where the exponent is small: a straight line
 * on a logarithmic axis, noise of a triangular distribution, spikes independent of each other. u and v are words 0 and 1
 * of the seed's block number `step`; it spikes where word 2 lies below spikeRate.
 */
export function sizeOfSteps(options: SizeOptions): (step: number) => number {
  const { steps, size = 1, drift = 1, noise = 1, spikeRate = 0, spikeHeight = 1, seed } = options
  const draw = blocks(seed, 'uniform')
  const slope = steps > 1 ? log(drift) / (steps - 1) : 0
  const spread = log(noise)
  return (step) => {
    const words = draw(step)
    const chance = (words[0] as number) / two32 + (words[1] as number) / two32 - 1
    const here = size * exp(slope * step + spread * chance)
    return (words[2] as number) < spikeRate * two32 ? here * spikeHeight : here
  }
}

/** The gradients of a step, up to the size: all of them, sorted, so that what lies below a threshold is found at once. */
export interface Sample {
  readonly name: string
  /** |x| of the nonzero finite values, ascending. */
  readonly sizes: Float64Array
  /** upTo[i]: how many elements the first i sizes stand for. */
  readonly upTo: Float64Array
  readonly zeros: number
  /** NaN and ±Inf: with one of them every step overflows, whatever the scale. */
  readonly nonfinite: number
  readonly negative: boolean
}

/** A sample is held in memory; this many values are 128 MB. */
export const maxSample = 1 << 24

/** Reads a source to its end; undefined where it has more than `maxSample` values. */
export async function sampleOf(
  source: Source,
  progress?: (done: number, total: number | undefined) => void | Promise<void> | undefined,
): Promise<Sample | undefined> {
  const parts: { values: Float64Array; weights: Float64Array | undefined }[] = []
  let [length, zeros, nonfinite, negative, done] = [0, 0, 0, false, 0]
  for await (const { values, weights, zeros: more = 0 } of source.blocks()) {
    const kept = new Float64Array(values.length)
    const keptWeights = weights && new Float64Array(values.length)
    let n = 0
    zeros += more
    for (let i = 0; i < values.length; i++) {
      const x = values[i] as number
      const weight = weights ? (weights[i] as number) : 1
      if (x === 0) zeros += weight
      else if (!Number.isFinite(x)) nonfinite += weight
      else {
        if (x < 0) negative = true
        if (keptWeights) keptWeights[n] = weight
        kept[n++] = Math.abs(x)
      }
    }
    length += n
    if (length > maxSample) return undefined
    parts.push({ values: kept.subarray(0, n), weights: keptWeights?.subarray(0, n) })
    done += values.length
    await progress?.(done, source.size)
  }
  return { name: source.name, zeros, nonfinite, negative, ...sorted(parts, length) }
}

function sorted(
  parts: readonly { values: Float64Array; weights: Float64Array | undefined }[],
  length: number,
): Pick<Sample, 'sizes' | 'upTo'> {
  const sizes = new Float64Array(length)
  const weights = new Float64Array(length)
  let at = 0
  for (const part of parts) {
    sizes.set(part.values, at)
    if (part.weights) weights.set(part.weights, at)
    else weights.fill(1, at, at + part.values.length)
    at += part.values.length
  }
  const upTo = new Float64Array(length + 1)
  if (parts.every((part) => part.weights === undefined)) {
    sizes.sort()
    for (let i = 0; i < length; i++) upTo[i + 1] = i + 1
    return { sizes, upTo }
  }
  const order = Uint32Array.from({ length }, (_, i) => i).sort((i, j) => (sizes[i] as number) - (sizes[j] as number))
  const ordered = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    ordered[i] = sizes[order[i] as number] as number
    upTo[i + 1] = (upTo[i] as number) + (weights[order[i] as number] as number)
  }
  return { sizes: ordered, upTo }
}
