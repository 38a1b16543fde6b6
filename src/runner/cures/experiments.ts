/** Failures of 16-bit training, each a small experiment that a treatment goes into and one number comes out of. */

import { format } from '../../format/parse.js'
import { exp } from '../../kernel/kernel.js'
import { type GradScaler, gradScaler } from '../../train/grad-scaler.js'
import { nearest } from '../../train/optimizer/nearest.js'
import { weightKeeper } from '../../train/weights.js'
import { tolerableLoss } from '../replay/window.js'
import { type Gradients, shareOf } from '../scaling-myths/gradients.js'
import { roundingOf, sumOf } from './rounding.js'
import type { Treatment } from './treatment.js'

export interface Setting {
  readonly gradients: Gradients
  /** The loss scale that scaling starts with. */
  readonly scale: number
  readonly seed: number
}

export interface Experiment {
  /** What comes out is a share that is lost; below this the failure counts as healed. */
  readonly limit: number
  measure(t: Treatment, setting: Setting): number
}

const f32 = Math.fround

/** PyTorch's coefficient of clip_grad_norm_ for a norm of at most 1. */
const coefficient = (norm: number): number => Math.min(1, 1 / (norm + 1e-6))

/** The recording has no norms of steps: clipping is tried on a step with twice the norm that is allowed. */
const recordedNorm = 2

/** The share of recorded nonzero gradients that the optimizer gets as 0, at the scale that a scaler would settle on. */
function underflow(t: Treatment, { gradients, scale, seed }: Setting): number {
  const { values, weights } = gradients
  const storedAt = (used: number): Float64Array => {
    const round = roundingOf(t, 'matmul', { seed, stream: 1 })
    return values.map((g) => round(g * used))
  }
  let used = t.scaling ? scale : 1
  let stored = storedAt(used)
  while (t.scaling && used > 0 && !stored.every(Number.isFinite)) {
    used /= 2
    stored = storedAt(used)
  }
  const unscaled = stored.map((g) => f32(g / used))
  const round = nearest(format(t.format))
  const factor = coefficient(recordedNorm)
  const arrived = t.clip ? unscaled.map((g) => round(g * factor)) : unscaled
  return shareOf({ values: arrived, weights }, (g) => g === 0)
}

/** Four weights under plain SGD; in one step the samples of a batch bring one of them a gradient beyond FP16. */
export const spike = { steps: 8, at: 4, weight: 3, sample: 30_000, rate: 0.01 } as const
const gentle: readonly number[] = [0.1, -0.2, 0.3, -0.4]
const batch = 4

export interface SpikeRun {
  readonly weights: readonly number[]
  readonly skipped: number
  /** The loss scale after the last step. */
  readonly scale: number
}

/** The weights after the run. */
export function spikeRun(t: Treatment, { scale, seed }: Pick<Setting, 'scale' | 'seed'>): SpikeRun {
  const round = roundingOf(t, 'matmul', { seed, stream: 2 })
  const keeper = weightKeeper(t.keeping, { format: t.format, seed })
  const scaler: GradScaler = gradScaler({ initScale: scale, enabled: t.scaling })
  let weights = keeper.init([0.5, -0.5, 0.25, -0.25])
  let skipped = 0
  for (let step = 1; step <= spike.steps; step++) {
    const loss = f32(scaler.scale(1))
    const sums = gentle.map((g, i) => {
      const sample = step === spike.at && i === spike.weight ? spike.sample : g / batch
      return sumOf(new Float64Array(batch).fill(round(sample * loss)), t, 'matmul', round)
    })
    const gradients = Float32Array.from(sums)
    const optimizer = {
      name: 'sgd',
      gradients: [gradients],
      step(): void {
        const delta = Float64Array.from(gradients, (g) => f32(-spike.rate * g))
        weights = keeper.next(weights, { delta })
      },
    }
    if (t.scaling) scaler.unscale_(optimizer)
    if (t.clip) {
      const factor = coefficient(Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0)))
      gradients.forEach((g, i) => {
        gradients[i] = g * factor
      })
    }
    if (!scaler.step(optimizer)) skipped++
    scaler.update()
  }
  return { weights: [...weights.held], skipped, scale: scaler.getScale() }
}

const notFinite = (values: readonly number[]): number =>
  values.filter((x) => !Number.isFinite(x)).length / values.length

/** The squares of 1 … 512, as a norm takes them, and e^x up to 16, as a softmax without its maximum taken off. */
function forward(t: Treatment, { seed }: Setting): number {
  const square = roundingOf(t, 'pow', { seed, stream: 3 })
  const power = roundingOf(t, 'exp', { seed, stream: 4 })
  const steps = Array.from({ length: 512 }, (_, i) => i + 1)
  return notFinite([...steps.map((x) => square(x * x)), ...steps.map((x) => power(exp(x / 32)))])
}

/** Attention scores q·k over 64 dimensions, all of q 32, k from 4 to 64: 8192 to 131072. */
function matmul(t: Treatment, { seed }: Setting): number {
  const round = roundingOf(t, 'matmul', { seed, stream: 5 })
  const keys = Array.from({ length: 16 }, (_, i) => 4 * (i + 1))
  return notFinite(keys.map((k) => sumOf(new Float64Array(64).fill(round(32 * k)), t, 'matmul', round)))
}

/** A weight of 1 and a gradient whose every update is less than half an ulp of it in FP16. */
export const small = { weights: 256, steps: 1000, rate: 1e-3, gradient: -0.1 } as const

/** By what share of the exact way the weights, on average, went too little or too far. */
export function movementOff(t: Treatment, { scale, seed }: Pick<Setting, 'scale' | 'seed'>): number {
  const round = roundingOf(t, 'matmul', { seed, stream: 6 })
  const keeper = weightKeeper(t.keeping, { format: t.format, seed })
  const used = t.scaling ? scale : 1
  const factor = t.clip ? coefficient(Math.sqrt(small.weights * small.gradient * small.gradient)) : 1
  let weights = keeper.init(new Float64Array(small.weights).fill(1))
  const delta = new Float64Array(small.weights)
  for (let step = 0; step < small.steps; step++) {
    for (let i = 0; i < delta.length; i++)
      delta[i] = f32(-small.rate * f32(f32(round(small.gradient * used) / used) * factor))
    weights = keeper.next(weights, { delta })
  }
  const mean = weights.held.reduce((sum, w) => sum + w, 0) / small.weights
  return Math.abs(1 - (mean - 1) / (-small.rate * small.gradient * small.steps))
}

/** Equal terms whose sum stops growing in FP16; the mean of several sums where rounding is by chance. */
export const stall = { term: 1e-4, count: 20_000, tries: 16 } as const

/** The sum that a treatment gives. */
export function stalledSum(t: Treatment, { scale, seed }: Pick<Setting, 'scale' | 'seed'>): number {
  const used = t.scaling ? scale : 1
  const nearestTerm = nearest(format(t.format))
  const factor = t.clip ? coefficient(Math.sqrt(stall.count) * stall.term) : 1
  const terms = new Float64Array(stall.count).fill(nearestTerm(stall.term * factor * used))
  const tries = t.stochastic ? stall.tries : 1
  let total = 0
  for (let i = 0; i < tries; i++) total += sumOf(terms, t, 'sum', roundingOf(t, 'sum', { seed, stream: 7 + i })) / used
  return total / tries
}

/** By what share of the exact sum it is too small or too large. */
const sumOff = (t: Treatment, setting: Setting): number =>
  Math.abs(1 - stalledSum(t, setting) / (stall.term * stall.count))

/** The rows of the matrix. */
export const experiments = {
  underflow: { limit: tolerableLoss, measure: underflow },
  overflow: { limit: tolerableLoss, measure: (t, setting) => notFinite(spikeRun(t, setting).weights) },
  forward: { limit: tolerableLoss, measure: forward },
  matmul: { limit: tolerableLoss, measure: matmul },
  swallowed: { limit: 0.05, measure: movementOff },
  stalled: { limit: 0.05, measure: sumOff },
} as const satisfies Readonly<Record<string, Experiment>>

export type FailureName = keyof typeof experiments

export const failureNames = Object.keys(experiments) as [FailureName, ...FailureName[]]
