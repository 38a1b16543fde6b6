/** One iteration in a framework's order: what the optimizer gets for a gradient, and the scale after it. */
import type { Format } from '../format/format.js'
import { rounder } from '../format/round.js'
import type { ScaleState } from './loss-scale/policy.js'
import type { LossScaler } from './loss-scale.js'
import type { FrameworkOrder, OrderStep } from './scaler-order.js'

export interface Iteration {
  /** The gradients as exact arithmetic would give them, without scale. */
  readonly gradient: Float32Array
  readonly scaler: LossScaler
  readonly state: ScaleState
  /** Clipping threshold of the global norm; none where absent. */
  readonly maxNorm?: number
  /** The format the backward pass leaves the scaled gradients in; fp16 where absent. */
  readonly backward?: Format | string
}

/** What one step did: the scale in force after it and the norm of the gradients it left. */
export interface OrderRow {
  readonly step: OrderStep
  readonly scale: number
  readonly norm: number
}

export interface Outcome {
  readonly state: ScaleState
  readonly overflow: boolean
  /** What the optimizer got; absent where the step was skipped. */
  readonly update?: Float32Array
  readonly rows: readonly OrderRow[]
}

function norm(values: Float32Array): number {
  let sum = 0
  for (const x of values) sum += x * x
  return Math.sqrt(sum)
}

/** The factor that brings a norm down to maxNorm; 1 where it is small enough. */
function clipFactor(size: number, { maxNorm, epsilon }: { maxNorm: number | undefined; epsilon: number }): number {
  if (maxNorm === undefined) return 1
  const factor = maxNorm / (size + epsilon)
  return factor < 1 ? factor : 1
}

/**
 * One iteration. Scaling, unscaling and clipping round once each to float32, as does the backward pass to its format; the
 * scale is the scaler's own, exact. The norm is float64 here and float32 in the frameworks: clipped values agree with
 * theirs to float32's last bits, unclipped ones exactly. Inf and NaN pass through and fail the check.
 */
export function runOrder(
  order: FrameworkOrder,
  { gradient, scaler, maxNorm, backward = 'fp16', ...given }: Iteration,
): Outcome {
  const toFormat = rounder(backward)
  const { epsilon } = order
  const rows: OrderRow[] = []
  let state = given.state
  let values = gradient
  let overflow = false
  let skipping = false
  let stepped = false
  let clip = 1
  const actions: Readonly<Record<OrderStep, () => void>> = {
    // The loss is scaled and every gradient with it: the backward pass is linear.
    scale: () => undefined,
    backward: () => {
      values = values.map((g) => toFormat(g * state.scale))
    },
    check: () => {
      overflow = values.some((g) => !Number.isFinite(g))
    },
    update: () => {
      state = scaler.next(state, overflow ? 'overflow' : 'finite')
    },
    clip: () => {
      const fused = order.clips === 'fused'
      // Gradients that still carry the scale: their norm is divided by the scale of this moment.
      clip = clipFactor(fused ? norm(values) / state.scale : norm(values), { maxNorm, epsilon })
      if (!fused && clip < 1) values = values.map((g) => g * Math.fround(clip))
    },
    unscale: () => {
      const fused = order.clips === 'fused' ? clip : 1
      const inverse = Math.fround(fused / state.scale)
      values =
        order.unscales === 'divides' ? values.map((g) => g / Math.fround(state.scale)) : values.map((g) => g * inverse)
    },
    skip: () => {
      skipping = overflow
    },
    step: () => {
      stepped = true
    },
  }
  for (const step of order.steps) {
    if (skipping && step !== 'update') continue
    actions[step]()
    rows.push({ step, scale: state.scale, norm: norm(values) })
  }
  return stepped ? { state, overflow, update: values, rows } : { state, overflow, rows }
}
