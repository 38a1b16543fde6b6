/** Descent with a small and with a large batch over the same samples, on a problem whose optimum is 0. */

import { normals } from '../../data/normals.js'
import { exp, log } from '../../kernel/kernel.js'
import type { Block, Cell, Tone } from '../../result/result.js'
import { linearRate } from '../../train/lars.js'

export interface RaceOptions {
  readonly batch: number
  /** How many times larger the large batch is. */
  readonly times: number
  readonly lr: number
  /** Updates of the large batch during which its rate grows. */
  readonly warmup: number
  /** Updates of the small batch. */
  readonly updates: number
  /** Standard deviation of one sample's gradient. */
  readonly noise: number
  /** The largest curvature over the smallest; the largest is 1. */
  readonly condition: number
  /** How much steeper it is far from the optimum: c of the loss ½λw² + ¼cw⁴. */
  readonly steep: number
  readonly dimension: number
  readonly seed: number
}

export const runNames = ['small', 'same-rate', 'linear', 'warm-up'] as const
export type RunName = (typeof runNames)[number]

export interface Run {
  readonly name: RunName
  readonly batch: number
  /** The rate after any warm-up. */
  readonly rate: number
  readonly updates: number
  /** ‖w‖ / ‖w at the start‖ after each update of the large batch, the start first; NaN from where it diverged. */
  readonly distances: readonly number[]
  readonly final: number
}

/** So many times the distance at the start: the run counts as diverged from here on. */
const hopeless = 10

/** Curvatures from 1 down to 1 / condition, evenly on a logarithmic scale. */
export function curvatures({ condition, dimension }: Pick<RaceOptions, 'condition' | 'dimension'>): Float64Array {
  const fall = dimension > 1 ? log(condition) / (dimension - 1) : 0
  return Float64Array.from({ length: dimension }, (_, j) => exp(-fall * j))
}

const sizeOf = (w: Float64Array): number => Math.sqrt(w.reduce((sum, x) => sum + x * x, 0))

/**
 * The gradient of a batch is λw + cw³ and the mean of its samples' noise. Update u of the large batch sees the samples of
 * updates u·times … of the small one, so all runs see the same. Weights are float64: only the rates are under test.
 */
export function raceOf(o: RaceOptions): Run[] {
  const { batch, times, lr, warmup, noise, steep, dimension, seed } = o
  const large = Math.max(1, Math.floor(o.updates / times))
  const start = normals(dimension, 'large-batch start', seed)
  const size = sizeOf(start)
  const draws = normals(large * times * dimension, 'large-batch noise', seed)
  const lambda = curvatures(o)
  const perBatch = noise / Math.sqrt(batch)
  const noiseAt = (first: number, count: number, j: number): number => {
    let sum = 0
    for (let t = first; t < first + count; t++) sum += draws[t * dimension + j] as number
    return (perBatch * sum) / count
  }
  const run = (name: RunName, each: number, rateAt: (t: number) => number): Run => {
    const w = Float64Array.from(start)
    const distances = [1]
    let gone = false
    const updates = large * (times / each)
    for (let t = 0; t < updates; t++) {
      const rate = rateAt(t)
      for (let j = 0; j < dimension; j++) {
        const x = w[j] as number
        w[j] = x - rate * ((lambda[j] as number) * x + steep * x * x * x + noiseAt(t * each, each, j))
      }
      if (((t + 1) * each) % times === 0) {
        const distance = sizeOf(w) / size
        gone ||= !(distance < hopeless)
        distances.push(gone ? Number.NaN : distance)
      }
    }
    return {
      name,
      batch: batch * each,
      rate: rateAt(updates),
      updates,
      distances,
      final: distances.at(-1) as number,
    }
  }
  return [
    run('small', 1, () => lr),
    run('same-rate', times, () => lr),
    run('linear', times, () => linearRate({ base: lr, times, warmup: 0 }, 0)),
    run('warm-up', times, (t) => linearRate({ base: lr, times, warmup }, t)),
  ]
}

/** ‖w‖ / ‖start‖ that the small batch hovers at where the loss is a plain quadratic: E w² = lr·σ²/(batch·λ·(2 − lr·λ)). */
export function floorOf(o: RaceOptions, batch: number, rate: number): number {
  const size = sizeOf(normals(o.dimension, 'large-batch start', o.seed))
  const lambda = curvatures(o)
  const squares = lambda.reduce(
    (sum, l) => sum + (rate * l < 2 ? (rate * o.noise * o.noise) / (batch * l * (2 - rate * l)) : Number.NaN),
    0,
  )
  return Math.sqrt(squares) / size
}

export const raceChart = (runs: readonly Run[], { batch, times }: RaceOptions): Block => {
  const points = runs[0]?.distances.length ?? 0
  return {
    kind: 'line-chart',
    title: { code: 'largeChart' },
    x: {
      label: { code: 'largeSamples' },
      values: Array.from({ length: points }, (_, i) => i * times * batch),
      scale: 'linear',
    },
    y: { label: { code: 'largeDistance' }, scale: 'log10' },
    series: runs.map(({ name, distances }) => ({ label: { code: `largeLine-${name}` }, values: distances })),
  }
}

export const raceTable = (runs: readonly Run[]): Block => {
  const best = runs[0]?.final ?? Number.NaN
  return {
    kind: 'table',
    columns: [
      { label: { code: 'largeRun' }, as: 'text' },
      { label: { code: 'largeBatchColumn' }, as: 'count' },
      { label: { code: 'largeRate' }, as: 'number' },
      { label: { code: 'largeUpdates' }, as: 'count' },
      { label: { code: 'largeLeft' }, as: 'percent' },
    ],
    rows: runs.map(({ name, batch, rate, updates, final }): Cell[] => [
      { code: `largeRun-${name}` },
      batch,
      rate,
      updates,
      Number.isNaN(final) ? { code: 'largeDiverges' } : final,
    ]),
    tones: runs.map(({ final }): Tone => (final < 1.5 * best ? 'good' : 'bad')),
  }
}
