/** PyTorch's GradScaler: scale, unscale_, step, update for one or several optimizers, with its stages and its errors. */
import { FpsimError } from '../errors.js'
import {
  afterNewScale,
  afterScale,
  afterStep,
  afterUnscale,
  afterUpdate,
  type GradScalerState,
  inverseScale,
  mayStep,
  mayUnscale,
  misuse,
  type ScaledOptimizer,
  type Stage,
  stateOf,
  unscaleGradients,
} from './grad-scaler/state.js'
import { lossScaler } from './loss-scale.js'

export type { GradScalerState, Misuse, ScaledOptimizer, Stage } from './grad-scaler/state.js'

export interface GradScalerConfig {
  readonly initScale?: number
  readonly growthFactor?: number
  readonly backoffFactor?: number
  readonly growthInterval?: number
  readonly enabled?: boolean
}

/** PyTorch's own names, as its checkpoints hold them. */
export interface GradScalerDict {
  readonly scale: number
  readonly growth_factor: number
  readonly backoff_factor: number
  readonly growth_interval: number
  readonly _growth_tracker: number
}

export interface GradScaler {
  /** loss · scale, rounded to float32. */
  scale(loss: number): number
  unscale_(optimizer: ScaledOptimizer): void
  /** Unscales where that was not done, then steps unless an infinity or NaN was found. Gives whether it stepped. */
  step(optimizer: ScaledOptimizer, options?: { readonly closure?: unknown }): boolean
  update(newScale?: number): void
  getScale(): number
  getGrowthFactor(): number
  getBackoffFactor(): number
  getGrowthInterval(): number
  getGrowthTracker(): number
  setGrowthFactor(factor: number): void
  setBackoffFactor(factor: number): void
  /** An interval at or below the tracker stops growth until the next overflow: PyTorch compares with ==. */
  setGrowthInterval(interval: number): void
  isEnabled(): boolean
  stage(optimizer: ScaledOptimizer): Stage
  /** Whether an infinity was found in this optimizer's gradients since the last update; undefined before the check. */
  foundInf(optimizer: ScaledOptimizer): boolean | undefined
  state(): GradScalerState
  stateDict(): GradScalerDict | Record<string, never>
  loadStateDict(dict: GradScalerDict | Record<string, never>): void
}

const wrongKind = (option: string, value: unknown, expected: string): FpsimError =>
  new FpsimError('invalid-value', { option, value, problem: 'wrong-type', expected })

/** A checkpoint's values, checked but for the factors, which `lossScaler` checks. A scale of 0 or Inf is one PyTorch writes. */
function readDict({ scale, growth_factor, backoff_factor, growth_interval, _growth_tracker }: GradScalerDict) {
  const all = { scale, growth_factor, backoff_factor, growth_interval, _growth_tracker }
  for (const [name, x] of Object.entries(all)) if (typeof x !== 'number') throw wrongKind(name, x, 'number')
  if (Number.isNaN(scale))
    throw new FpsimError('invalid-value', { option: 'scale', value: 'NaN', problem: 'not-a-number' })
  for (const [option, value] of Object.entries({ scale, _growth_tracker }))
    if (value < 0) throw new FpsimError('invalid-value', { option, value, problem: 'below-minimum', limit: 0 })
  if (!Number.isSafeInteger(_growth_tracker))
    throw new FpsimError('invalid-value', {
      option: '_growth_tracker',
      value: String(_growth_tracker),
      problem: 'not-an-integer',
    })
  return {
    scale: Math.fround(scale),
    tracker: _growth_tracker,
    growthFactor: growth_factor,
    backoffFactor: backoff_factor,
    growthInterval: growth_interval,
  }
}

/**
 * A GradScaler. Exact: the scale is float32, a loss is multiplied and a gradient unscaled with one rounding to float32.
 * Defaults, stages and errors are PyTorch's; misuse throws 'scaler-misuse'. Source: pytorch/pytorch:torch/amp/grad_scaler.py
 */
export function gradScaler(options: GradScalerConfig = {}): GradScaler {
  if (typeof options !== 'object' || options === null) throw wrongKind('options', options, 'object')
  const { enabled = true, ...given } = options
  if (typeof enabled !== 'boolean') throw wrongKind('enabled', enabled, 'boolean')
  let policy = lossScaler('pytorch', given)
  let state: GradScalerState = { scale: policy.init().scale, tracker: 0, begun: false, optimizers: new Map() }
  const configure = (change: GradScalerConfig): void => {
    policy = lossScaler('pytorch', { ...policy.config, ...change })
  }

  function unscale(optimizer: ScaledOptimizer): void {
    mayUnscale(state, optimizer)
    state = afterUnscale(state, optimizer, unscaleGradients(optimizer.gradients, inverseScale(state.scale)))
  }

  return {
    scale(loss) {
      if (typeof loss !== 'number') throw wrongKind('loss', loss, 'number')
      if (!enabled) return loss
      state = afterScale(state)
      return Math.fround(Math.fround(loss) * state.scale)
    },
    unscale_(optimizer) {
      if (!enabled) return
      unscale(optimizer)
    },
    step(optimizer, { closure } = {}) {
      if (enabled && closure !== undefined) throw misuse('closure')
      if (!enabled) {
        optimizer.step()
        return true
      }
      mayStep(state, optimizer)
      if (stateOf(state, optimizer).stage === 'ready') unscale(optimizer)
      const after = afterStep(state, optimizer)
      const steps = stateOf(state, optimizer).foundInf === false
      if (steps) optimizer.step()
      state = after
      return steps
    },
    update(newScale) {
      if (!enabled) return
      if (newScale !== undefined) {
        if (typeof newScale !== 'number') throw wrongKind('newScale', newScale, 'number')
        if (!(newScale > 0 && Number.isFinite(Math.fround(newScale))))
          throw new FpsimError('invalid-value', {
            option: 'newScale',
            value: String(newScale),
            problem: 'not-above',
            limit: 0,
          })
        state = afterNewScale(state, newScale)
        return
      }
      state = afterUpdate(state, (scale, overflow) => policy.next(scale, overflow ? 'overflow' : 'finite'))
    },
    getScale: () => (enabled ? state.scale : 1),
    getGrowthFactor: () => policy.config.growthFactor as number,
    getBackoffFactor: () => policy.config.backoffFactor as number,
    getGrowthInterval: () => policy.config.growthInterval as number,
    getGrowthTracker: () => (enabled ? state.tracker : 0),
    setGrowthFactor: (growthFactor) => configure({ growthFactor }),
    setBackoffFactor: (backoffFactor) => configure({ backoffFactor }),
    setGrowthInterval: (growthInterval) => configure({ growthInterval }),
    isEnabled: () => enabled,
    stage: (optimizer) => stateOf(state, optimizer).stage,
    foundInf: (optimizer) => stateOf(state, optimizer).foundInf,
    state: () => state,
    stateDict: () =>
      enabled
        ? {
            scale: state.scale,
            growth_factor: policy.config.growthFactor as number,
            backoff_factor: policy.config.backoffFactor as number,
            growth_interval: policy.config.growthInterval as number,
            _growth_tracker: state.tracker,
          }
        : {},
    loadStateDict(dict) {
      if (!enabled) return
      if (dict === null || typeof dict !== 'object' || !('scale' in dict)) throw misuse('empty-state')
      const { scale, tracker, ...factors } = readDict(dict as GradScalerDict)
      configure(factors)
      state = { ...state, scale, tracker }
    },
  }
}
