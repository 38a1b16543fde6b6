/** What a GradScaler remembers, and how each of its calls changes that: pure functions, with PyTorch's refusals. */
import { FpsimError } from '../../errors.js'
import { format } from '../../format/parse.js'
import type { ScaleState } from '../loss-scale/policy.js'

export type Stage = 'ready' | 'unscaled' | 'stepped'

/** What a scaler needs of an optimizer: gradients it may change, and a step. Gradients stand for FP32 unless told. */
export interface ScaledOptimizer {
  readonly name: string
  readonly gradients: readonly Float32Array[]
  /** A format's name: fp16, float16, torch.bfloat16 … */
  readonly dtype?: string
  step(): void
}

/** What PyTorch refuses, and by which error of its own: the sentence is in text/. */
export type Misuse =
  | 'already-unscaled'
  | 'unscale-after-step'
  | 'already-stepped'
  | 'closure'
  | 'scale-first'
  | 'no-checks-for-optimizer'
  | 'no-checks'
  | 'fp16-gradients'
  | 'no-param-groups'
  | 'empty-state'

export const misuse = (problem: Misuse, values: Record<string, unknown> = {}): FpsimError =>
  new FpsimError('scaler-misuse', { problem, ...values })

/** What the scaler knows of one optimizer since the last update; `foundInf` is absent until gradients were checked. */
export interface OptimizerState {
  readonly stage: Stage
  readonly foundInf?: boolean
}

/** Everything a scaler remembers. Never changed, only replaced. */
export interface GradScalerState {
  readonly scale: number
  readonly tracker: number
  /** PyTorch makes its scale at the first scale(): before that nothing can be unscaled, stepped or updated. */
  readonly begun: boolean
  readonly optimizers: ReadonlyMap<ScaledOptimizer, OptimizerState>
}

const ready: OptimizerState = { stage: 'ready' }

export const stateOf = (state: GradScalerState, optimizer: ScaledOptimizer): OptimizerState =>
  state.optimizers.get(optimizer) ?? ready

const withOptimizer = (state: GradScalerState, optimizer: ScaledOptimizer, now: OptimizerState): GradScalerState => ({
  ...state,
  optimizers: new Map(state.optimizers).set(optimizer, now),
})

/** The Python type of what was given for an optimizer: parameters() is a generator. */
const kindOf = (x: unknown): string =>
  Array.isArray(x)
    ? 'list'
    : typeof (x as { next?: unknown } | null | undefined)?.next === 'function'
      ? 'generator'
      : 'object'

/** What has no gradients to look through is no optimizer: PyTorch asks it for its param_groups. */
function requireOptimizer(x: unknown): asserts x is ScaledOptimizer {
  const it = x as Partial<ScaledOptimizer> | null | undefined
  const fits = Array.isArray(it?.gradients) && typeof it?.step === 'function'
  if (!fits) throw misuse('no-param-groups', { given: kindOf(x) })
}

/** fp16 under any of its names, torch.float16 among them. Throws 'unknown-format' and 'invalid-value'. */
function isHalf(dtype: unknown): boolean {
  if (dtype === undefined) return false
  if (typeof dtype !== 'string')
    throw new FpsimError('invalid-value', { option: 'dtype', value: dtype, problem: 'wrong-type', expected: 'string' })
  return format(dtype.replace(/^torch\./, '')).name === 'fp16'
}

/** 1/scale as PyTorch computes it: the reciprocal in float64, then rounded to float32. A scale of 0 gives Infinity. */
export const inverseScale = (scale: number): number => Math.fround(1 / scale)

/**
 * What `unscale_` does to one optimizer: every gradient is checked as it is, still scaled, and multiplied by the inverse
 * scale in float32, rounded once; not at all where that is 1. Infinities and NaN are multiplied too.
 */
export function unscaleGradients(gradients: readonly Float32Array[], inverse: number): boolean {
  let foundInf = false
  for (const gradient of gradients)
    for (let i = 0; i < gradient.length; i++) {
      const g = gradient[i] as number
      if (!Number.isFinite(g)) foundInf = true
      if (inverse !== 1) gradient[i] = g * inverse
    }
  return foundInf
}

/** After `scale`. */
export const afterScale = (state: GradScalerState): GradScalerState => (state.begun ? state : { ...state, begun: true })

/** Whether `unscale_` may come now. Throws 'scaler-misuse'. */
export function mayUnscale(state: GradScalerState, optimizer: ScaledOptimizer): void {
  if (!state.begun) throw misuse('scale-first', { call: 'unscale_' })
  const { stage } = stateOf(state, optimizer)
  if (stage === 'unscaled') throw misuse('already-unscaled', { optimizer: optimizer.name })
  if (stage === 'stepped') throw misuse('unscale-after-step', { optimizer: optimizer.name })
  requireOptimizer(optimizer)
  if (optimizer.gradients.length > 0 && isHalf(optimizer.dtype))
    throw misuse('fp16-gradients', { optimizer: optimizer.name })
}

/** After `unscale_` found an infinity or not; an optimizer without gradients has no check to its name. */
export const afterUnscale = (state: GradScalerState, optimizer: ScaledOptimizer, foundInf: boolean): GradScalerState =>
  withOptimizer(
    state,
    optimizer,
    optimizer.gradients.length > 0 ? { stage: 'unscaled', foundInf } : { stage: 'unscaled' },
  )

/** Whether `step` may come now. Throws 'scaler-misuse'. */
export function mayStep(state: GradScalerState, optimizer: ScaledOptimizer): void {
  if (!state.begun) throw misuse('scale-first', { call: 'step' })
  if (stateOf(state, optimizer).stage === 'stepped') throw misuse('already-stepped', { optimizer: optimizer.name })
}

/** After `step`. Throws 'scaler-misuse' for an optimizer whose gradients were never checked. */
export function afterStep(state: GradScalerState, optimizer: ScaledOptimizer): GradScalerState {
  const now = stateOf(state, optimizer)
  if (now.foundInf === undefined) throw misuse('no-checks-for-optimizer', { optimizer: optimizer.name })
  return withOptimizer(state, optimizer, { ...now, stage: 'stepped' })
}

/** The scale after `update`: once down if any optimizer found an infinity, else one clean update more. */
export function afterUpdate(
  state: GradScalerState,
  next: (state: ScaleState, overflow: boolean) => ScaleState,
): GradScalerState {
  if (!state.begun) throw misuse('scale-first', { call: 'update' })
  const checks = [...state.optimizers.values()].flatMap(({ foundInf }) => (foundInf === undefined ? [] : [foundInf]))
  if (checks.length === 0) throw misuse('no-checks')
  const { scale, tracker } = next({ scale: state.scale, tracker: state.tracker, left: 1 }, checks.includes(true))
  return { ...state, scale, tracker, optimizers: new Map() }
}

/** After `update(newScale)`: the scale is replaced, the tracker is not touched. */
export function afterNewScale(state: GradScalerState, newScale: number): GradScalerState {
  if (!state.begun) throw misuse('scale-first', { call: 'update' })
  return { ...state, scale: Math.fround(newScale), optimizers: new Map() }
}
