/** Which format an operation computes in, what it gives, and what its gradients are rounded to. */
import { type Format, quantumExponent, type Rounding } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import type { Overflow } from '../format/round.js'
import type { BlockOptions } from '../kernel/blocks.js'
import type { SumOptions } from '../kernel/sum-options.js'

/** The operations by the names that a list of precisions knows them by. */
export const opNames = [
  'linear',
  'matmul',
  'conv2d',
  'max-pool',
  'avg-pool',
  'relu',
  'gelu',
  'tanh',
  'sigmoid',
  'embedding',
  'layer-norm',
  'softmax',
  'dropout',
  'cross-entropy',
  'bce-with-logits',
  'mse',
  'add',
  'mul',
  'scale',
  'reshape',
  'transpose',
  'concat',
  'split',
] as const
export type OpName = (typeof opNames)[number]

/** Which of an operation's operands is cast with a scale of its own. */
export type ScaledRole = 'input' | 'gradient'

/** What is cast: the operation's number within the step, and which of its inputs. */
export interface ScaledPlace {
  readonly op: OpName
  readonly index: number
  readonly input: number
  readonly role: ScaledRole
}

/** A block format and how values are rounded to it; stochastic draws follow as those of `rounding`. */
export interface BlockWay extends Omit<BlockOptions, 'seed'> {
  readonly format: string
}

/** How one operation is computed. All formats must fit float32. */
export interface Precision {
  /**
   * Inputs are cast to it. Without it they stay as they are, and where they differ the narrowest format that holds them
   * all is taken, or fp32: arithmetic of mixed types.
   */
  readonly compute?: Format | undefined
  /** What the result is rounded to. Default: the format of the inputs as computed with. */
  readonly output?: Format | undefined
  /** What the gradients of the cast inputs are rounded to. Default: their format. */
  readonly gradient?: Format | undefined
  /** What the gradient that arrives is cast to before it is used. Default: it stays. */
  readonly incoming?: Format | undefined
  /** How products are summed: linear, matmul and conv2d, the gradients too. Default: fp32, in order. */
  readonly sum?: SumOptions | undefined
  /** Of casts and results; default nearest-even. Stochastic draws follow from (seed, step, number of the rounding). */
  readonly rounding?: Rounding | undefined
  /** Of gradients; default: as `rounding`. */
  readonly gradientRounding?: Rounding | undefined
  readonly overflow?: Overflow | undefined
  /**
   * A scale for the casts of inputs to `compute` and of the gradient to `incoming`: from the largest size in the tensor, a
   * power of two by which the tensor is multiplied before it is rounded and divided after. Default: none.
   */
  readonly scale?: ((amax: number, place: ScaledPlace) => number) | undefined
  /**
   * What the operands of linear and conv2d are rounded to before each product, blocks running along its depth: inputs and
   * weights `forward` in all three products, the gradient that arrives `backward` in two. Default: they stay.
   */
  readonly blocks?: { readonly forward: BlockWay; readonly backward: BlockWay } | undefined
}

/** The precision of an operation, given the formats of its inputs: an autocast list, or one answer for all. */
export type Precisions = (op: OpName, inputs: readonly Format[]) => Precision

export const fp32: Format = asFormat('fp32')

/** Whether every value of `narrow` is one of `wide`: a cast that changes nothing. */
export function holds(wide: Format, narrow: Format): boolean {
  if (wide === narrow) return true
  const everything = wide.specials === 'ieee' && wide.signed && wide.subnormals && wide.negativeZero
  return (
    everything &&
    wide.precision >= narrow.precision &&
    wide.emax >= narrow.emax &&
    quantumExponent(wide) <= quantumExponent(narrow)
  )
}

/** The narrowest of the formats that holds them all, or fp32. */
export function widest(formats: readonly Format[]): Format {
  const [first = fp32, ...rest] = formats
  return rest.reduce((a, b) => (holds(a, b) ? a : holds(b, a) ? b : fp32), first)
}
