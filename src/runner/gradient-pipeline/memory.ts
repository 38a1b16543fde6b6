/** Memory over the micro-batches of one update: every graph kept until one backward pass at the end, or each freed at once. */
import { activationBytes, fixedBytes, modelNamed } from '../gradient-accumulation/memory.js'

export interface GraphOptions {
  readonly model: string
  readonly micro: number
  /** Samples of a micro-batch. */
  readonly samples: number
  readonly sequence: number
  /** Bytes the device has. */
  readonly capacity: number
}

export interface Graphs {
  /** Bytes held while micro-batch 1, 2 … is computed. */
  readonly kept: readonly number[]
  readonly freed: readonly number[]
  /** The micro-batch at which the memory is full; 0: never. */
  readonly fullAt: number
  readonly fullAtFreed: number
  /** Weights, gradients and states: needed whatever the batch. */
  readonly fixed: number
}

/** Formulas of train/memory.ts: AMP with Adam. `total += loss` keeps every graph alive; backward() on each loss frees it. */
export function graphsOf({ model: name, micro, samples, sequence, capacity }: GraphOptions): Graphs {
  const model = modelNamed(name)
  const { fixed } = fixedBytes(model)
  const one = activationBytes(model, samples, sequence)
  const held = (graphs: (i: number) => number): number[] =>
    Array.from({ length: micro }, (_, i) => fixed + graphs(i + 1) * one)
  const [kept, freed] = [held((i) => i), held(() => 1)]
  const full = (bytes: readonly number[]): number => bytes.findIndex((x) => x > capacity) + 1
  return { kept, freed, fullAt: full(kept), fullAtFreed: full(freed), fixed }
}
