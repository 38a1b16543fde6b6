/** A tensor: float32 values in the kernels' memory, the format they are of, and where their gradient goes. */
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import type { Slab } from '../kernel/arena.js'

/** Row-major. Every value is one of `format`, though float32 carries it. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly slab: Slab
  readonly format: Format
  /** What its gradient is rounded to, each part that arrives and each sum of parts. */
  readonly gradient: Format
  /** Whether a gradient is asked for. */
  readonly wants: boolean
  /** By which a watcher knows it; without a name it is not watched. */
  name?: string | undefined
  /** The gradient so far, during the backward pass. */
  grad?: Slab | undefined
  /** Whether `grad` may be written to; otherwise it is also another tensor's. */
  gradOwned?: boolean
  /** Of a cast: the tensor that was cast, for which losses are counted. */
  readonly root?: Tensor
}

/** A tensor that lasts, with a gradient that lasts: sums of all backward passes since it was cleared. */
export interface Parameter extends Tensor {
  readonly name: string
  readonly total: Slab
  /** Whether any backward pass has arrived in `total` since it was cleared. */
  filled: boolean
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1)

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((side, i) => side === b[i])

/** 'invalid-value' unless it holds. */
export function demand(holds: boolean, option: string, value: unknown, allowed: unknown): void {
  if (!holds) throw new FpsimError('invalid-value', { option, value, allowed })
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(' × ')}]`

/** The side of a shape counted from its end, the last being 1; 1 where there is none. */
export const fromEnd = (shape: readonly number[], place: number): number => shape[shape.length - place] ?? 1
