/** What training keeps in memory: bytes a parameter by recipe and optimizer, activations, shares of ZeRO. */
import type { Status } from '../data/figure.js'
import { type Architecture, inputsOf, outputsOf, type Transformer } from '../data/models.js'

export const optimizerStates = { sgd: 0, momentum: 1, adam: 2 } as const
export type OptimizerName = keyof typeof optimizerStates

/** Bytes a parameter; what one state of the optimizer takes, too. */
export interface MemoryRecipe {
  readonly name: string
  readonly weights: number
  readonly gradients: number
  /** FP32 master weights, or what stands in for them (Kahan's compensation). */
  readonly master: number
  readonly perState: number
  /** Copies that live for a part of the step: autocast's 16-bit weights. */
  readonly copies: number
  /** Bytes of an activation. */
  readonly activation: 2 | 4
  /** Who does it so: names, the same in every language. */
  readonly who: string
  readonly status: Status
}

const recipe = (name: string, o: Partial<MemoryRecipe> & Pick<MemoryRecipe, 'who'>): MemoryRecipe => ({
  name,
  weights: 2,
  gradients: 2,
  master: 0,
  perState: 4,
  copies: 0,
  activation: 2,
  status: 'computed',
  ...o,
})

export const memoryRecipes: readonly MemoryRecipe[] = [
  recipe('fp32', { weights: 4, gradients: 4, activation: 4, who: '' }),
  recipe('autocast', { weights: 4, gradients: 4, copies: 2, who: 'PyTorch AMP' }),
  recipe('fp16-master', { master: 4, who: 'apex O2, ZeRO' }),
  recipe('fp32-grads', { gradients: 4, master: 4, who: 'Megatron' }),
  recipe('both-grads', { gradients: 6, master: 4, who: 'fairseq' }),
  recipe('bf16', { perState: 2, who: 'BF16, SR' }),
  recipe('bf16-kahan', { master: 2, perState: 2, who: 'optimi' }),
  // A scale of 4 bytes for each block of 256 (8 bits) or 128 (4 bits).
  recipe('bf16-8bit', { perState: 1 + 4 / 256, who: 'torchao' }),
  recipe('bf16-4bit', { perState: 0.5 + 4 / 128, who: 'torchao' }),
  recipe('fp8-deepseek', { weights: 1, gradients: 4, master: 4, perState: 2, who: '', status: 'inferred' }),
]

export interface BytesPerParameter {
  readonly weights: number
  readonly gradients: number
  readonly master: number
  readonly states: number
  /** Without copies. */
  readonly total: number
}

/** Exact sums of the recipe's figures. */
export function bytesPerParameter(r: MemoryRecipe, optimizer: OptimizerName): BytesPerParameter {
  const states = r.perState * optimizerStates[optimizer]
  const { weights, gradients, master } = r
  return { weights, gradients, master, states, total: weights + gradients + master + states }
}

export type ZeroStage = 0 | 1 | 2 | 3

/**
 * Bytes a parameter on each of n ranks. Stage 1 shares out the optimizer's part (states, master), stage 2 the gradients
 * too, stage 3 the weights too. Rajbhandari et al. 2020, arXiv:1910.02054, section 5.
 */
export function zeroBytes(b: BytesPerParameter, stage: ZeroStage, ranks: number): number {
  const part = (bytes: number, from: ZeroStage): number => (stage >= from ? bytes / ranks : bytes)
  return part(b.weights, 3) + part(b.gradients, 2) + part(b.master + b.states, 1)
}

export const recomputes = ['none', 'selective', 'full'] as const
export type Recompute = (typeof recomputes)[number]

export interface Batch {
  readonly batch: number
  readonly sequence: number
}

/**
 * Bytes of activations of one transformer layer, exact below 2^53, kept for the backward pass. 16 bits: s·b·h·(34 + 5·a·s/h), Korthikanti et
 * al. 2022, equation 1. With 4 bytes the elements double and the three one-byte dropout masks do not: 66 + 9·a·s/h.
 * selective drops what grows with s² (as fused attention does), full keeps the layer's input alone.
 */
export function layerActivations(
  t: Transformer,
  { batch, sequence }: Batch,
  bytes: 2 | 4,
  recompute: Recompute,
): number {
  const elements = sequence * batch * t.hidden
  if (recompute === 'full') return bytes * elements
  const linear = bytes === 2 ? 34 : 66
  const scores = recompute === 'selective' ? 0 : t.heads * sequence * sequence * batch
  return linear * elements + (bytes === 2 ? 5 : 9) * scores
}

/**
 * Bytes of activations of a whole network. A transformer: its layers (embedding and output are left out, as in the paper).
 * A layered network: the input of every layer and, where a norm follows, the input of the norm; activation functions work
 * in place. It has no recomputing here: undefined.
 */
export function activations(a: Architecture, b: Batch, bytes: 2 | 4, recompute: Recompute): number | undefined {
  if (a.kind === 'transformer') return a.layers * layerActivations(a, b, bytes, recompute)
  if (recompute !== 'none') return undefined
  const kept = a.layers.reduce((sum, l) => sum + inputsOf(l) + (l.norm ? outputsOf(l) : 0), 0)
  return bytes * b.batch * kept
}
