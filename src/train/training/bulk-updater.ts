/** The same updates as `optimizer` and `weightKeeper` make, in one loop over all weights: FP32 arithmetic and states only. */

import { asFormat } from '../../format/parse.js'
import { nearest } from '../optimizer/nearest.js'
import type { Hyper, OptimizerName, OptimizerState } from '../optimizer.js'
import { wholePower } from '../optimizer/power.js'
import type { Weights } from '../weights.js'

const f = Math.fround

/** What a loop changes in place: arrays of its own. */
interface Arrays {
  /** What the optimizer moves: master weights, or the weights themselves. */
  readonly held: Float64Array
  readonly momentum: Float64Array | undefined
  readonly variance: Float64Array | undefined
}

interface Counts {
  updates: number
  lost: number
}

type Loop = (arrays: Arrays, gradients: Float32Array, t: number) => Counts

function adaptiveLoop(decoupled: boolean, { lr, beta1, beta2, eps, weightDecay }: Hyper): Loop {
  const [b1, a1, b2, a2, e] = [f(beta1), f(1 - beta1), f(beta2), f(1 - beta2), f(eps)]
  const l2 = decoupled ? 0 : f(weightDecay)
  const decay = f(1 - lr * weightDecay)
  return ({ held, momentum, variance }, gradients, t) => {
    const [first, second] = [momentum as Float64Array, variance as Float64Array]
    const rate = f(-(lr / (1 - wholePower(beta1, t + 1))))
    const root = f(Math.sqrt(1 - wholePower(beta2, t + 1)))
    let [updates, lost] = [0, 0]
    for (let i = 0; i < gradients.length; i++) {
      const old = held[i] as number
      let g = gradients[i] as number
      if (l2 !== 0) g = f(g + f(l2 * old))
      const m = f(f((first[i] as number) * b1) + f(a1 * g))
      const v = f(f((second[i] as number) * b2) + f(f(a2 * g) * g))
      first[i] = m
      second[i] = v
      const delta = f(f(rate * m) / f(f(f(Math.sqrt(v)) / root) + e))
      const now = f((decoupled ? f(old * decay) : old) + delta)
      held[i] = now
      if (delta !== 0) {
        updates++
        if (now === old) lost++
      }
    }
    return { updates, lost }
  }
}

function descentLoop(name: OptimizerName, { lr, momentum, dampening, weightDecay }: Hyper): Loop {
  const [rate, mu, damp, decay] = [f(-lr), f(momentum), f(1 - dampening), f(weightDecay)]
  return ({ held, momentum: buffer }, gradients, t) => {
    let [updates, lost] = [0, 0]
    for (let i = 0; i < gradients.length; i++) {
      const old = held[i] as number
      let g = gradients[i] as number
      if (decay !== 0) g = f(g + f(decay * old))
      if (buffer) {
        const sum = t === 0 ? g : f(f((buffer[i] as number) * mu) + f(damp * g))
        // A state is stored as float32.
        const stored = f(sum)
        buffer[i] = stored
        g = name === 'nesterov' ? f(g + f(mu * stored)) : stored
      }
      const delta = f(rate * g)
      const now = f(old + delta)
      held[i] = now
      if (delta !== 0) {
        updates++
        if (now === old) lost++
      }
    }
    return { updates, lost }
  }
}

export interface BulkStep extends Counts {
  readonly weights: Weights
  readonly state: OptimizerState
}

/**
 * A step in place: the arrays given are changed, and come back. Equal to the plain path bit for bit, NaN included: weights
 * kept plain in fp32, or in any format below an fp32 master.
 */
export function bulkStep(
  name: OptimizerName,
  hyper: Hyper,
  param: string,
): (weights: Weights, state: OptimizerState, gradients: Float32Array) => BulkStep {
  const isAdam = name === 'adam' || name === 'adamw'
  const loop = isAdam ? adaptiveLoop(name === 'adamw', hyper) : descentLoop(name, hyper)
  const keeps = name !== 'sgd' && hyper.momentum !== 0
  const round = nearest(asFormat(param))
  return (weights, state, gradients) => {
    const { held, seen } = weights
    const n = held.length
    const momentum = isAdam || keeps ? (state.slots.momentum ?? new Float64Array(n)) : undefined
    const variance = isAdam ? (state.slots.variance ?? new Float64Array(n)) : undefined
    const counts = loop({ held, momentum, variance }, gradients, state.t)
    if (seen !== held) for (let i = 0; i < n; i++) seen[i] = round(held[i] as number)
    return {
      ...counts,
      weights: { ...weights, t: weights.t + 1 },
      state: {
        t: state.t + 1,
        slots: { ...(momentum ? { momentum } : {}), ...(variance ? { variance } : {}) },
      },
    }
  }
}
