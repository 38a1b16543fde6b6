/** Standard normal values: value i is a pure function of the seed, the use and i. */
import { distribution } from './distributions.js'
import { seedFrom } from './rng.js'

export function normals(count: number, use: string, seed: number): Float64Array {
  const out = new Float64Array(count)
  if (count === 0) return out
  let at = 0
  const source = distribution({ distribution: 'normal', count, seed: seedFrom(`${use} ${seed}`) })
  for (const { values } of source.blocks() as Iterable<{ values: Float64Array }>) {
    out.set(values, at)
    at += values.length
  }
  return out
}
