/** What accumulation saves: activations of a micro-batch instead of the whole batch; the gradient buffer stays one. */
import type { Model } from '../../data/models.js'
import { models, parameterCount } from '../../data/models.js'
import { FpsimError } from '../../errors.js'
import type { Block, Cell } from '../../result/result.js'
import { activations, bytesPerParameter, memoryRecipes } from '../../train/memory.js'

export interface MemoryOptions {
  readonly model: string
  readonly batch: number
  readonly sequence: number
}

export interface MemoryPoint {
  readonly micro: number
  /** Samples of a micro-batch. */
  readonly samples: number
  readonly activations: number
  readonly total: number
}

export interface AccumulationMemory {
  /** Weights, one gradient buffer, Adam's states, autocast's 16-bit copies: the same for every N. */
  readonly fixed: number
  readonly gradients: number
  readonly points: readonly MemoryPoint[]
}

export const modelNamed = (name: string): Model => {
  const model = models.find((one) => one.name === name)
  if (!model) throw new FpsimError('unexpected', { model: name })
  return model
}

/** Whether its examples are sequences. */
export const hasTokens = (name: string): boolean => modelNamed(name).architecture.kind === 'transformer'

/** PyTorch's autocast with Adam: FP32 weights, gradients and states, 16-bit activations. Formulas of train/memory.ts. */
export function fixedBytes(model: Model): { fixed: number; gradients: number } {
  const recipe = memoryRecipes.find(({ name }) => name === 'autocast')
  if (!recipe) throw new FpsimError('unexpected', { recipe: 'autocast' })
  const parameters = parameterCount(model.architecture)
  const { total } = bytesPerParameter(recipe, 'adam')
  return { fixed: (total + recipe.copies) * parameters, gradients: recipe.gradients * parameters }
}

export const activationBytes = (model: Model, samples: number, sequence: number): number =>
  activations(model.architecture, { batch: samples, sequence }, 2, 'none') ?? Number.NaN

/** N = 1, 2, 4 … up to one sample a micro-batch. Bytes. */
export function memoryOf({ model: name, batch, sequence }: MemoryOptions): AccumulationMemory {
  const model = modelNamed(name)
  const { fixed, gradients } = fixedBytes(model)
  const points: MemoryPoint[] = []
  for (let micro = 1; ; micro *= 2) {
    const samples = Math.max(1, Math.ceil(batch / micro))
    const kept = activationBytes(model, samples, sequence)
    points.push({ micro: Math.min(micro, batch), samples, activations: kept, total: fixed + kept })
    if (micro >= batch) break
  }
  return { fixed, gradients, points }
}

const gib = 1 << 30
const size = (bytes: number): Cell => ({ code: 'costSize', values: { bytes } })

export const memoryChart = ({ fixed, points }: AccumulationMemory): Block => ({
  kind: 'line-chart',
  title: { code: 'accMemoryChart' },
  rows: 8,
  x: { label: { code: 'accMicroAxis' }, values: points.map(({ micro }) => micro), scale: 'log2' },
  y: { label: { name: 'GiB' }, scale: 'log2' },
  series: [
    { label: { code: 'accTotal' }, values: points.map(({ total }) => total / gib) },
    { label: { code: 'accFixed' }, values: points.map(() => fixed / gib), tone: 'note' },
  ],
})

export const memoryTable = ({ fixed, points }: AccumulationMemory): Block => ({
  kind: 'table',
  columns: [
    { label: { code: 'accMicroBatches' }, as: 'count' },
    { label: { code: 'accSamplesEach' }, as: 'count' },
    { label: { code: 'accActivations' }, as: 'text' },
    { label: { code: 'accFixed' }, as: 'text' },
    { label: { code: 'accTotal' }, as: 'text' },
  ],
  rows: points.map(({ micro, samples, activations, total }): Cell[] => [
    micro,
    samples,
    size(activations),
    size(fixed),
    size(total),
  ]),
})
