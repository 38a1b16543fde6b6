/** The weights of a phase at work: what moves them, and what is kept from step to step. */
import type { OptimizerState } from '../optimizer.js'
import type { Weights } from '../weights.js'

/** All that lasts from step to step, as plain numbers. */
export interface Kept {
  readonly weights: Weights
  readonly state: OptimizerState
}

/** Updates other than 0, and those that changed nothing of what is kept of their weight; NaN where chance decides that. */
export interface Moved {
  readonly updates: number
  readonly lost: number
}

export interface Mover {
  readonly length: number
  /** What the network is to see. Good until the next move, and until room for tensors is made. */
  seen(): Float32Array | Float64Array
  next(gradients: Float32Array): Moved
  /** A copy of all that is kept. */
  kept(): Kept
  /** Gives its memory back. */
  close(): void
}
