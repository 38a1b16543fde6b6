/** Which samples a step has, and how they are shared out. */
import { batches } from '../../data/dataset/order.js'
import { FpsimError } from '../../errors.js'
import type { Task } from '../task.js'

/** The samples of each step, a pure function of (seed, step). */
export function sampler(task: Task, batch: number, seed: number): (step: number) => readonly number[] {
  const { samples } = task
  if (samples === undefined) return (at) => Array.from({ length: batch }, (_, i) => at * batch + i)
  if (batch > samples)
    throw new FpsimError('invalid-value', { option: 'batch', value: batch, problem: 'above-maximum', limit: samples })
  const of = batches(samples, batch, seed)
  return (at) => [...of.at(at)]
}

/** The samples in `parts` parts one after the other, as equal as can be; none is empty unless there are too few. */
export function partsOf(samples: readonly number[], parts: number): (readonly number[])[] {
  const edge = (i: number): number => Math.floor((i * samples.length) / parts)
  return Array.from({ length: parts }, (_, i) => samples.slice(edge(i), edge(i + 1)))
}
