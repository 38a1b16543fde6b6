/** Initial values of parameters: each a pure function of (seed, name, index). */
import { distribution } from '../data/distributions.js'
import { seedFrom, uniform } from '../data/rng.js'

/** A seed of its own for what has a name. */
export const seedOfName = (seed: number, name: string): number => seedFrom(`${seed} ${name}`)

/** Uniform in [−bound, bound), as float32. PyTorch's linear and conv2d take the bound 1 / √inputs for weights and biases. */
export function uniformValues(seed: number, name: string, count: number, bound: number): Float32Array {
  const own = seedOfName(seed, name)
  return Float32Array.from({ length: count }, (_, i) => (2 * uniform(own, i) - 1) * bound)
}

/** Normal with mean 0 and this deviation, as float32. */
export function normalValues(seed: number, name: string, count: number, std: number): Float32Array {
  const values = new Float32Array(count)
  let at = 0
  for (const block of distribution({
    distribution: 'normal',
    std,
    count,
    seed: seedOfName(seed, name),
  }).blocks() as Iterable<{ values: Float64Array }>) {
    values.set(block.values, at)
    at += block.values.length
  }
  return values
}
