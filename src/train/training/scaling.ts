/** The loss scale of a run: its policy at work. */

import { keysOf } from '../loss-scale/config.js'
import type { ScaleState } from '../loss-scale/policy.js'
import { lossScaler, needsAmax, policyOf } from '../loss-scale.js'
import type { Recipe } from '../recipe.js'
import type { TrainOptions } from './options.js'

export interface Scaling {
  /** Whether gradients are looked through before a step. */
  readonly checks: boolean
  /** Whether it is told the largest gradient. */
  readonly wantsAmax: boolean
  readonly next: (state: ScaleState, overflow: boolean, amax: number) => ScaleState
  state: ScaleState
}

/** The recipe's policy; of the options what that policy knows. */
export function scalingOf(recipe: Recipe, o: TrainOptions): Scaling {
  const policy = policyOf(recipe.scaler)
  const keys = keysOf(policy).filter((key) => !(key in policy.fixed))
  const given = Object.entries(o.scaling ?? {}).filter(([key]) => (keys as readonly string[]).includes(key))
  const scaler = lossScaler(recipe.scaler, { ...recipe.scaling, ...Object.fromEntries(given) })
  const wantsAmax = needsAmax(policy)
  return {
    checks: policy.name !== 'none',
    wantsAmax,
    state: scaler.init(),
    next: (state, overflow, amax) => scaler.next(state, overflow ? 'overflow' : wantsAmax ? { amax } : 'finite'),
  }
}

/** The largest size of the gradients; Infinity where one is not finite. */
export function amaxOf(gradients: Float32Array): number {
  let top = 0
  for (const x of gradients) {
    const size = Math.abs(x)
    if (!(size <= top)) top = Number.isNaN(size) ? Number.POSITIVE_INFINITY : size
  }
  return top
}
