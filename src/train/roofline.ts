/** The least time the kernels of a training step can take on a device: arithmetic, memory traffic, launches of each. */
import { type Architecture, inputsOf, type Layer, multiplyAdds, outputsOf, type Transformer } from '../data/models.js'
import type { Batch, OptimizerName } from './memory.js'

export const stepParts = ['products', 'attention', 'elementwise', 'loss', 'optimizer', 'casts'] as const
export type StepPart = (typeof stepParts)[number]

/** Kernels of one size. `flops` is the work of the matrix units; a multiply-add is two. */
export interface Kernel {
  readonly part: StepPart
  readonly count: number
  readonly flops: number
  readonly bytes: number
}

export const attentionWays = ['plain', 'fused'] as const
export type AttentionWay = (typeof attentionWays)[number]

/** Bytes of an element of each kind of operation: products, what works on single elements, what autocast keeps in FP32. */
interface Widths {
  readonly product: 2 | 4
  readonly element: 2 | 4
  readonly kept: 4
}

const widths: Readonly<Record<'fp32' | 'amp', Widths>> = {
  fp32: { product: 4, element: 4, kept: 4 },
  amp: { product: 2, element: 2, kept: 4 },
}

/** m × k times k × n, forward and twice backward (input and weight gradients, each of the same size). */
function product(part: StepPart, count: number, m: number, k: number, n: number, width: number): Kernel {
  return { part, count: 3 * count, flops: 2 * m * k * n, bytes: width * (m * k + k * n + m * n) }
}

/** Passes over a tensor, read or written; each forward and each backward kernel is one launch. */
function passes(part: StepPart, count: number, elements: number, forward: number, backward: number, width: number) {
  const kernel = (n: number): Kernel => ({ part, count, flops: 0, bytes: n * elements * width })
  return [kernel(forward), kernel(backward)]
}

/**
 * Attention of all layers. Plain: the two products of all heads in one kernel each, forward and twice backward, and passes
 * over the scores: softmax in FP32 under autocast, dropout in its input's width. Fused (Dao et al. 2022, arXiv:2205.14135):
 * two kernels that never write the scores; the backward one computes them again, five products instead of four.
 */
function attentionKernels(t: Transformer, { batch, sequence }: Batch, w: Widths, way: AttentionWay): Kernel[] {
  const { layers, hidden, heads } = t
  const wide = batch * sequence * hidden
  const scores = batch * heads * sequence * sequence
  const flops = 2 * wide * sequence
  const part = 'attention'
  if (way === 'fused')
    return [
      { part, count: layers, flops: 2 * flops, bytes: w.product * 4 * wide },
      { part, count: layers, flops: 5 * flops, bytes: w.product * 8 * wide },
    ]
  return [
    { part, count: 6 * layers, flops, bytes: w.product * (2 * wide + scores) },
    ...passes(part, layers, scores, 2, 3, w.kept),
    ...passes(part, layers, scores, 2, 2, w.element),
  ]
}

/** One transformer layer after another, then the output over the vocabulary and its loss. */
function transformerKernels(t: Transformer, o: StepOptions, w: Widths): Kernel[] {
  const { batch, sequence } = o
  const { layers, hidden, vocabulary } = t
  const tokens = batch * sequence
  const wide = tokens * hidden
  const multiply = (m: number, k: number, n: number) => product('products', layers, m, k, n, w.product)
  return [
    multiply(tokens, hidden, 3 * hidden),
    multiply(tokens, hidden, hidden),
    multiply(tokens, hidden, 4 * hidden),
    multiply(tokens, 4 * hidden, hidden),
    ...attentionKernels(t, o, w, o.attention ?? 'plain'),
    // The two norms run in FP32 under autocast; GELU and the residual sums follow their input.
    ...passes('elementwise', 2 * layers, wide, 2, 3, w.kept),
    ...passes('elementwise', layers, 4 * wide, 2, 3, w.element),
    ...passes('elementwise', 2 * layers, wide, 3, 3, w.element),
    product('products', 1, tokens, hidden, vocabulary, w.product),
    ...passes('loss', 1, tokens * vocabulary, 2, 3, w.kept),
  ]
}

/** A layer as a product, its norm and its activation. */
function layerKernels(l: Layer, batch: number, w: Widths): Kernel[] {
  const [inputs, outputs] = [batch * inputsOf(l), batch * outputsOf(l)]
  const weights = (l.to * l.from * l.kernel * l.kernel) / l.groups
  const bytes = w.product * (inputs + weights + outputs)
  return [
    { part: 'products', count: 3, flops: 2 * batch * multiplyAdds(l), bytes },
    // A bias is added by the product; its gradient is a sum of its own.
    ...(l.bias ? [{ part: 'elementwise' as const, count: 1, flops: 0, bytes: w.element * outputs }] : []),
    ...(l.norm ? passes('elementwise', 1, outputs, 3, 5, w.element) : []),
    ...(l.activation ? passes('elementwise', 1, outputs, 2, 3, w.element) : []),
  ]
}

/** Times each parameter's 4 bytes are read or written by an update: gradient, weight, states in, weight and states out. */
const updatePasses: Readonly<Record<OptimizerName, number>> = { sgd: 3, momentum: 5, adam: 7 }

/** The tensors a step casts under autocast: weights, and biases where there are any. */
const castTensors = (a: Architecture): number =>
  a.kind === 'transformer' ? 8 * a.layers + 1 : a.layers.reduce((sum, l) => sum + (l.bias ? 2 : 1), 0)

export interface StepOptions extends Batch {
  readonly recipe: 'fp32' | 'amp'
  readonly optimizer: OptimizerName
  readonly parameters: number
  /** Default plain. */
  readonly attention?: AttentionWay
}

/**
 * The kernels of one training step. FP32: forward, backward, one fused update. amp is PyTorch's autocast with a GradScaler:
 * products in 16 bits, softmax, layer norm and losses in FP32, FP32 weights that are cast once a step, FP32 gradients that
 * are cast back, checked and unscaled. Nothing is fused beyond that; embeddings are left out.
 */
export function stepKernels(a: Architecture, o: StepOptions): Kernel[] {
  const w = widths[o.recipe]
  const forwardAndBack =
    a.kind === 'transformer'
      ? transformerKernels(a, o, w)
      : [
          ...a.layers.flatMap((l) => layerKernels(l, o.batch, w)),
          ...passes('loss', 1, o.batch * (a.layers.at(-1)?.to ?? 1), 2, 3, w.kept),
        ]
  const tensors = castTensors(a)
  const each = o.parameters / tensors
  const update: Kernel = { part: 'optimizer', count: 1, flops: 0, bytes: 4 * updatePasses[o.optimizer] * o.parameters }
  if (o.recipe === 'fp32') return [...forwardAndBack, update]
  const tiny = (count: number): Kernel => ({ part: 'casts', count, flops: 0, bytes: 8 })
  return [
    ...forwardAndBack,
    update,
    // Weights 4 → 2 bytes forward, gradients 2 → 4 backward, then one pass that checks and unscales (reads, writes 4).
    { part: 'casts', count: 2 * tensors, flops: 0, bytes: 6 * each },
    { part: 'casts', count: 1, flops: 0, bytes: 8 * o.parameters },
    // The loss is multiplied, the scale updated.
    tiny(2),
  ]
}

export type Bound = 'arithmetic' | 'memory' | 'launch'

export interface Machine {
  /** Operations a second of the products. */
  readonly flops: number
  /** Bytes a second. */
  readonly bandwidth: number
  /** Seconds that starting a kernel takes at least. */
  readonly launch: number
}

/** The least seconds of a kernel, and what sets them. */
export function kernelTime({ flops, bytes }: Kernel, machine: Machine): { seconds: number; bound: Bound } {
  const arithmetic = flops / machine.flops
  const memory = bytes / machine.bandwidth
  const seconds = Math.max(arithmetic, memory, machine.launch)
  return { seconds, bound: seconds === machine.launch ? 'launch' : seconds === arithmetic ? 'arithmetic' : 'memory' }
}

export interface PartTime {
  readonly seconds: number
  /** What most of the seconds are bound by. */
  readonly bound: Bound
}

/** Seconds by part and by what binds them, and their sum. */
export function stepTime(kernels: readonly Kernel[], machine: Machine) {
  const parts = new Map<StepPart, Record<Bound, number>>()
  const bounds: Record<Bound, number> = { arithmetic: 0, memory: 0, launch: 0 }
  for (const kernel of kernels) {
    const { seconds, bound } = kernelTime(kernel, machine)
    const found = parts.get(kernel.part) ?? { arithmetic: 0, memory: 0, launch: 0 }
    found[bound] += kernel.count * seconds
    bounds[bound] += kernel.count * seconds
    parts.set(kernel.part, found)
  }
  const total = (by: Record<Bound, number>): number => by.arithmetic + by.memory + by.launch
  const most = (by: Record<Bound, number>): Bound =>
    (['arithmetic', 'memory', 'launch'] as const).reduce((best, name) => (by[name] > by[best] ? name : best))
  const partTimes: Partial<Record<StepPart, PartTime>> = {}
  for (const [part, by] of parts) partTimes[part] = { seconds: total(by), bound: most(by) }
  return {
    seconds: total(bounds),
    bounds,
    bound: most(bounds),
    parts: partTimes,
    flops: kernels.reduce((sum, { count, flops }) => sum + count * flops, 0),
    launches: kernels.reduce((sum, { count }) => sum + count, 0),
  }
}
