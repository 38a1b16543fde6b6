/** The draws of data/rng.ts in bulk, for kernels that are not hurried. */
import { keyOf } from './key.js'
import { machine, views, wholeBlockBytes } from './machine.js'

/** How many draws come at a time. */
const step = wholeBlockBytes / 4

/** A function i => `uniform(seed, first + i)`, for indices that seldom jump. `first` is a multiple of 1024. */
export function drawsFrom(seed: number, first: number): (i: number) => number {
  const m = machine()
  const [k0, k1] = keyOf(seed)
  let words = new Uint32Array(0)
  let start = -1
  return (i) => {
    const block = i - (i % step)
    if (block !== start) {
      const at = m.blockB.value
      // A stretch at a time: the blocks of one call must share the upper half of their counters.
      for (let j = 0; j < step; j += 1024) m.fillDraws(at + 4 * j, 1024, BigInt((first + block + j) / 4), k0, k1)
      words = views().uint32.slice(at / 4, at / 4 + step)
      start = block
    }
    return (words[i - block] as number) / 4294967296
  }
}
