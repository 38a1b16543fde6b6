/** Optimizers' updates over slabs, all in float32: the bits of train/optimizer.ts and weights.ts with fp32 throughout. */

/*
 * Every operation is rounded once, in the order of those files, which is PyTorch's. The scalars are rounded to float32 as
 * they come; how they are formed (bias corrections, lr · weightDecay) is the caller's matter. NaN results are canonical.
 */
import type { Slab } from './arena.js'
import { machine } from './machine.js'

export interface AdamScalars {
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  /** Adds l2 · weight to the gradient; 0: not at all. */
  readonly l2: number
  /** −lr / (1 − beta1^t). */
  readonly rate: number
  /** sqrt(1 − beta2^t). */
  readonly root: number
}

/**
 * m = m·beta1 + (1 − beta1)·g; v = v·beta2 + ((1 − beta2)·g)·g; delta = (rate·m) / (sqrt(v) / root + eps). `first` and
 * `second` hold m and v. `delta` may lie on the gradients.
 */
export function adam(
  delta: Slab,
  { weights, gradients, first, second }: Readonly<Record<'weights' | 'gradients' | 'first' | 'second', Slab>>,
  { beta1, beta2, eps, l2, rate, root }: AdamScalars,
): void {
  machine().adam32(
    delta.at,
    weights.at,
    gradients.at,
    first.at,
    second.at,
    delta.length,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    eps,
    l2,
    rate,
    root,
  )
}

export interface DescentScalars {
  readonly momentum: number
  /** 1 − dampening. */
  readonly damp: number
  readonly l2: number
  /** −lr. */
  readonly rate: number
  readonly nesterov?: boolean
}

/**
 * SGD: delta = rate · g. With a buffer: buffer = buffer·momentum + damp·g (on the first step g alone), and delta = rate ·
 * buffer, or with nesterov rate · (g + momentum · buffer). `delta` may lie on the gradients.
 */
export function descend(
  delta: Slab,
  {
    weights,
    gradients,
    buffer,
    first,
  }: {
    readonly weights: Slab
    readonly gradients: Slab
    readonly buffer?: Slab
    /** Whether this is the first step: default false. */
    readonly first?: boolean
  },
  { momentum, damp, l2, rate, nesterov = false }: DescentScalars,
): void {
  const buffering = buffer === undefined ? 0 : first ? 1 : 2
  const place = (buffer ?? delta).at
  machine().descend32(
    delta.at,
    weights.at,
    gradients.at,
    place,
    delta.length,
    buffering,
    nesterov,
    momentum,
    damp,
    l2,
    rate,
  )
}

/** weights = weights · decay + delta, without a decay weights + delta. */
export const move = (weights: Slab, delta: Slab, decay?: number): void =>
  machine().move32(weights.at, delta.at, weights.length, decay !== undefined, decay ?? 1)
