/** How the frameworks turn a gradient's norm into the factor that clips it: one row of data each. */
import { FpsimError } from '../../errors.js'
import { suggest } from '../../suggest.js'

const f32 = Math.fround

export const clipFrameworks = ['pytorch', 'keras', 'megatron', 'deepspeed', 'fairseq'] as const
export type ClipFramework = (typeof clipFrameworks)[number]

/** How a framework turns a norm into the factor on its gradients: one row each. */
export interface ClipRule {
  readonly name: ClipFramework
  /** The formula, in words of no language: n the norm, c the threshold, S the loss scale. */
  readonly formula: string
  /** Added to the norm, so that a norm of exactly the threshold is shrunk too; 0: none. */
  readonly epsilon: number
  /** Where the same factor takes the loss scale off: the norm it compares, from that of the scaled gradients. */
  unscaled?(norm: number, scale: number): number
  /**
   * The factor for gradients of this norm; 1 leaves them as they are. `norm` is float32 and, beside `unscaled`, that of the
   * scaled gradients, from which the factor takes `scale` off. Each operation is rounded as there.
   */
  factor(norm: number, max: number, scale: number): number
  /** What it makes of an element of a tensor that is clipped by its own norm, where it has another formula for that. */
  alone?(x: number, norm: number, max: number): number
  /** Whether its mixed-precision optimizer looks for Inf and NaN before it clips: such a step is skipped, nothing applied. */
  readonly skips?: true
  readonly source: string
}

const epsilon = 1e-6

/** A number divided by a float32 tensor is number · (1 / tensor) in PyTorch: two roundings. */
const over = (number: number, tensor: number): number => f32(f32(1 / tensor) * f32(number))

const rows: readonly ClipRule[] = [
  {
    name: 'pytorch',
    formula: 'min(1, c/(n + 1e-6))',
    epsilon,
    // clamp(max=1) keeps a NaN, and so does Math.min.
    factor: (norm, max) => Math.min(1, over(max, f32(norm + f32(epsilon)))),
    source: 'pytorch/pytorch, torch/nn/utils/clip_grad.py',
  },
  {
    name: 'keras',
    formula: 'c·min(1/n, 1/c) + (n - n)',
    epsilon: 0,
    factor: (norm, max) => f32(f32(f32(max) * Math.min(f32(1 / norm), f32(1 / max))) + f32(norm - norm)),
    alone: (x, norm, max) => f32(f32(x * f32(max)) / Math.max(norm, f32(max))),
    source: 'keras-team/keras, keras/src/optimizers/base_optimizer.py',
  },
  {
    name: 'megatron',
    formula: 'c/(n + 1e-6) if < 1',
    epsilon,
    // The norm comes to the host as a Python float; float32 again in the kernel that multiplies.
    factor(norm, max) {
      const coefficient = max / (norm + epsilon)
      return coefficient < 1 ? f32(coefficient) : 1
    },
    skips: true,
    source: 'NVIDIA/Megatron-LM, megatron/core/optimizer/clip_grads.py',
  },
  {
    name: 'deepspeed',
    formula: '1/(S·max(1, (n/S + 1e-6)/c))',
    epsilon,
    unscaled: (norm, scale) => norm / scale,
    factor(norm, max, scale) {
      const clip = (norm / scale + epsilon) / max
      return f32(1 / (clip > 1 ? clip * scale : scale))
    },
    skips: true,
    source: 'deepspeedai/DeepSpeed, deepspeed/runtime/zero/stage_1_and_2.py',
  },
  {
    name: 'fairseq',
    formula: 'c/n if n/S > c, else 1/S',
    epsilon: 0,
    unscaled: (norm, scale) => f32(f32(1 / scale) * norm),
    factor(norm, max, scale) {
      const multiply = 1 / scale
      const unscaled = f32(f32(multiply) * norm)
      return f32(unscaled > max ? multiply * (max / unscaled) : multiply)
    },
    skips: true,
    source: 'facebookresearch/fairseq, fairseq/optim/fp16_optimizer.py',
  },
]

/** The row of a framework; 'invalid-value' for an unknown name. */
export function clipRule(name: string): ClipRule {
  const found = rows.find((row) => row.name === name)
  if (found) return found
  throw new FpsimError('invalid-value', {
    option: 'framework',
    value: name,
    problem: 'not-allowed',
    allowed: clipFrameworks,
    suggestion: suggest(name, clipFrameworks),
  })
}
