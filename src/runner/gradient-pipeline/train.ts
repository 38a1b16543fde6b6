/** Training through the whole pipeline: accumulate, unscale, clip, compress, step; every event is taken down. */

import { normals } from '../../data/normals.js'
import { format } from '../../format/parse.js'
import { exp, log } from '../../kernel/kernel.js'
import { clipByNorm, totalNorm } from '../../train/clip.js'
import { compressor } from '../../train/compress.js'
import { gradScaler, type ScaledOptimizer } from '../../train/grad-scaler.js'
import { nearest } from '../../train/optimizer/nearest.js'

export interface PipelineOptions {
  readonly workers: number
  readonly micro: number
  readonly steps: number
  readonly dimension: number
  readonly lr: number
  readonly scale: number
  readonly maxNorm: number
  /** The share of its values that a worker sends. */
  readonly keep: number
  /** Standard deviation of a micro-batch's gradient, as a share of the gradient at the start. */
  readonly noise: number
  /** How many times larger the gradients of the step in the middle are. */
  readonly spike: number
  readonly format: string
  readonly seed: number
}

/** What a run does with the gradients. */
export interface Plan {
  /** `before`: clipped while the loss scale is still on them; `never`: not at all. */
  readonly clip: 'after' | 'before' | 'never'
  /** Whether what is not sent is added to the next gradient; `whole`: all is sent. */
  readonly compress: 'feedback' | 'forget' | 'whole'
  /** false: everything in FP32 without a loss scale. */
  readonly mixed: boolean
}

export const eventNames = ['accumulate', 'unscale', 'clip', 'compress', 'step', 'update'] as const
export type EventName = (typeof eventNames)[number]

export interface Event {
  readonly step: number
  readonly event: EventName
  /** What happened, as a word of text/ with its numbers. */
  readonly code: string
  readonly values: Readonly<Record<string, number>>
  /** Of the first worker's gradient after the event; null where there is none to speak of. */
  readonly norm: number | null
  readonly scale: number
}

export interface Training {
  /** ‖w − w*‖ / ‖w*‖ before each step and after the last; 1 at the start. */
  readonly distances: readonly number[]
  readonly final: number
  readonly events: readonly Event[]
  readonly skipped: readonly number[]
  readonly clipped: readonly number[]
  /** Bytes a worker sends in a step. */
  readonly bytes: number
  /** Step and factor of the hardest clipping. */
  readonly hardest: number
}

/** Curvature of the last weight; the first has 1. */
const smallestCurvature = 0.1

export const spikeStep = ({ steps }: Pick<PipelineOptions, 'steps'>): number => Math.ceil(steps / 2)

/** The problem: ½ Σ λⱼ (wⱼ − w*ⱼ)² with ‖w*‖ = 1, the start at 0, noise on every micro-batch. */
function problemOf({ dimension, seed }: PipelineOptions) {
  const drawn = normals(dimension, 'pipeline optimum', seed)
  const size = Math.sqrt(drawn.reduce((sum, x) => sum + x * x, 0))
  const fall = dimension > 1 ? log(smallestCurvature) / (dimension - 1) : 0
  return {
    optimum: drawn.map((x) => x / size),
    curvature: Float64Array.from({ length: dimension }, (_, j) => exp(fall * j)),
  }
}

/** The noise of a step's micro-batches, drawn once for all trainings that share it. */
export function noiseOf({ workers, micro, dimension, seed }: PipelineOptions): (step: number) => Float64Array {
  const drawn = new Map<number, Float64Array>()
  return (step) => {
    const known = drawn.get(step) ?? normals(workers * micro * dimension, `pipeline noise ${step}`, seed)
    drawn.set(step, known)
    return known
  }
}

/**
 * Weights and the learning rate, which falls to 0 in a straight line, are float64; micro-gradients are rounded to `format`
 * while the loss scale is on them and added in fp32; scaler, clipping and compression are those of train/.
 */
export function train(o: PipelineOptions, plan: Plan, noiseAt: (step: number) => Float64Array): Training {
  const { workers, micro, steps, dimension, lr, maxNorm, keep, spike, seed } = o
  const { optimum, curvature } = problemOf(o)
  const round = nearest(format(plan.mixed ? o.format : 'fp32'))
  const scaler = gradScaler({ initScale: plan.mixed ? o.scale : 1, enabled: plan.mixed })
  const method = plan.compress === 'whole' ? 'none' : `topk:${keep}${plan.compress === 'forget' ? '-ef' : ''}`
  const link = compressor(method, { workers, length: dimension, seed })
  let state = link.init()
  const w = new Float64Array(dimension)
  const noise = o.noise / Math.sqrt(dimension)
  const gradients = Array.from({ length: workers }, () => new Float32Array(dimension))
  const [distances, events]: [number[], Event[]] = [[], []]
  const [skipped, clipped]: [number[], number[]] = [[], []]
  let [bytes, hardest] = [0, 1]
  const distance = (): number =>
    Math.sqrt(w.reduce((sum, x, j) => sum + (x - (optimum[j] as number)) * (x - (optimum[j] as number)), 0))

  for (let step = 1; step <= steps; step++) {
    distances.push(distance())
    const note = (event: EventName, code: string, values: Event['values'], norm: number | null): void => {
      events.push({ step, event, code, values, norm, scale: scaler.getScale() })
    }
    const norm = (): number => totalNorm([gradients[0] as Float32Array])
    const factor = scaler.scale(1)
    const draws = noiseAt(step)
    const outlier = step === spikeStep(o) ? spike : 1
    let infinite = 0
    for (let i = 0; i < workers; i++) {
      const g = (gradients[i] as Float32Array).fill(0)
      for (let k = 0; k < micro; k++)
        for (let j = 0; j < dimension; j++) {
          const slope = (curvature[j] as number) * ((w[j] as number) - (optimum[j] as number))
          const own = slope + noise * (draws[(i * micro + k) * dimension + j] as number)
          const x = round(Math.fround(((own * outlier) / micro) * factor))
          if (!Number.isFinite(x)) infinite++
          g[j] = (g[j] as number) + x
        }
    }
    note('accumulate', infinite > 0 ? 'pipeAddedInf' : 'pipeAdded', { micro, infinite }, norm())

    /** Clips each worker's gradient by its own norm, in place; the factor of the first. */
    const clip = (): void => {
      const before = norm()
      const results = gradients.map((g) => clipByNorm([g], { max: maxNorm }))
      results.forEach(({ gradients: [g] }, i) => {
        gradients[i]?.set(g as Float32Array)
      })
      const factors = results.map(({ factors: [one] }) => one as number)
      const least = Math.min(...factors)
      if (least < 1) clipped.push(step)
      hardest = Math.min(hardest, least)
      const values = {
        norm: before,
        max: maxNorm,
        factor: factors[0] as number,
        threshold: maxNorm / scaler.getScale(),
      }
      const code =
        plan.clip === 'before' ? 'pipeClippedScaled' : (factors[0] as number) < 1 ? 'pipeClipped' : 'pipeUnclipped'
      note('clip', code, values, norm())
    }

    let mean = new Float32Array(dimension)
    const rate = lr * (1 - (step - 1) / steps)
    const optimizer: ScaledOptimizer = {
      name: 'optimizer',
      gradients,
      step() {
        for (let j = 0; j < dimension; j++) w[j] = (w[j] as number) - rate * (mean[j] as number)
      },
    }
    if (plan.clip === 'before') clip()
    let sound = true
    if (plan.mixed) {
      scaler.unscale_(optimizer)
      sound = scaler.foundInf(optimizer) !== true
      note('unscale', sound ? 'pipeUnscaled' : 'pipeFoundInf', { scale: factor }, norm())
    }
    if (sound && plan.clip === 'after') clip()
    if (sound) {
      const exchange = link.exchange(state, gradients)
      state = exchange.state
      mean = Float32Array.from(exchange.mean)
      bytes = exchange.transfers.reduce((sum, transfer) => sum + transfer.bytes, 0)
      const rest = state.residuals[0]
      const sent = exchange.sent[0]?.reduce((count, x) => count + (x === 0 ? 0 : 1), 0) ?? 0
      const code = plan.compress === 'whole' ? 'pipeSentWhole' : rest ? 'pipeSentKept' : 'pipeSentForgot'
      const values = { sent, all: dimension, bytes, kept: rest ? totalNorm([rest]) : 0 }
      note('compress', code, values, totalNorm([mean]))
    }
    const stepped = scaler.step(optimizer)
    if (!stepped) skipped.push(step)
    note('step', stepped ? 'pipeStepped' : 'pipeSkipped', { move: rate * totalNorm([mean]) }, null)
    const before = scaler.getScale()
    scaler.update()
    const after = scaler.getScale()
    if (plan.mixed) note('update', after < before ? 'pipeBacksOff' : 'pipeKeepsScale', { before, after }, null)
  }
  distances.push(distance())
  return { distances, final: distances.at(-1) as number, events, skipped, clipped, bytes, hardest }
}
