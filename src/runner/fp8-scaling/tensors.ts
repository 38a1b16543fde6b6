/** Tensors whose size drifts from step to step, with one outlier, and what an FP8 format keeps of them under a scale. */
import { distribution } from '../../data/distributions.js'
import { sizeOfSteps } from '../../data/gradient-stream.js'
import { type Format, smallestNormal } from '../../format/format.js'
import { quantize } from '../../kernel/quantize.js'

export interface TensorOptions {
  readonly steps: number
  readonly count: number
  /** The standard deviation of ln x. */
  readonly std: number
  /** The size at the last step against the first. */
  readonly drift: number
  /** How many times the largest value the outlier is; 1: none. */
  readonly outlier: number
  /** Counted from 0. */
  readonly outlierStep: number
  readonly seed: number
}

export interface Step {
  readonly tensor: Float32Array
  readonly amax: number
  /** What amax were without the outlier. */
  readonly usual: number
}

/** Which of the two tensors of a layer: they are independent. */
export type Role = 'activations' | 'gradients'

/**
 * The magnitudes of each step, in float32; signs change nothing here. Lognormal, as the recorded gradients and activations
 * nearly are. The outlier is the first value of its step.
 */
export function* tensorsOf(role: Role, o: TensorOptions): Generator<Step> {
  const size = sizeOfSteps({ steps: o.steps, drift: o.drift, seed: o.seed })
  const all = o.steps * o.count
  const first = role === 'activations' ? 0 : all
  const source = distribution({ distribution: 'lognormal', std: o.std, count: 2 * all, seed: o.seed })
  let tensor = new Float32Array(o.count)
  let [position, step] = [0, 0]
  for (const { values } of source.blocks() as Iterable<{ values: Float64Array }>) {
    for (const x of values) {
      const at = position++ - first
      if (at < 0) continue
      if (step === o.steps) return
      tensor[at % o.count] = x * size(step)
      if (at % o.count < o.count - 1) continue
      const usual = amaxOf(tensor)
      if (step === o.outlierStep && o.outlier > 1) tensor[0] = o.outlier * usual
      yield { tensor, amax: amaxOf(tensor), usual }
      tensor = new Float32Array(o.count)
      step++
    }
  }
}

const amaxOf = (tensor: Float32Array): number => tensor.reduce((top, x) => Math.max(top, x), 0)

/** What a format makes of a tensor that is multiplied by a scale. */
export interface Kept {
  /** Values cut to the largest. */
  readonly saturated: number
  /** Nonzero values that became 0. */
  readonly lost: number
  /** Values that became subnormal: fewer bits. */
  readonly few: number
}

/** Exact: float32 products, one rounding to the format, saturating as Transformer Engine's casts do. */
export function keptOf(tensor: Float32Array, scale: number, f: Format): Kept {
  const scaled = tensor.map((x) => x * scale)
  // Overflow as Inf or NaN here, so that what is cut can be told from what is the largest value by itself.
  const rounded = quantize(scaled, f, { inPlace: true })
  const normal = smallestNormal(f)
  let [saturated, lost, few] = [0, 0, 0]
  rounded.forEach((x, i) => {
    if (!Number.isFinite(x)) saturated++
    else if (x === 0 && tensor[i] !== 0) lost++
    else if (x < normal && x !== 0) few++
  })
  return { saturated, lost, few }
}
