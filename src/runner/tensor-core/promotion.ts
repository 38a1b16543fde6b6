/** FP8 products added with 14 bits: the error by length, alone and with every so many added in fp32. */
import type { Format } from '../../format/format.js'
import { tensorCore } from '../../format/tensor-core.js'
import { tensorCoreDot } from '../../format/tensor-core-dot.js'
import { dot } from '../../kernel/dot.js'
import { quantize } from '../../kernel/quantize.js'
import { drawn, sizeOf } from './compare.js'

export const ways = ['ada', 'hopper', 'promoted', 'blackwell'] as const
export type WayName = (typeof ways)[number]

/** How many dot products are looked at: the worst of them counts. */
const samples = 24

type Sum = (a: Float32Array, b: Float32Array) => number

/** Sums of parts of so many products, each begun at 0, added in fp32 to nearest: what DeepSeek-V3's kernels do. */
export function promoting(sum: Sum, every: number): Sum {
  return (a, b) => {
    let total = 0
    for (let from = 0; from < a.length; from += every)
      total = Math.fround(total + sum(a.subarray(from, from + every), b.subarray(from, from + every)))
    return total
  }
}

/** Lengths that are powers of two from a block of 32 on, and the last. */
function lengthsUpTo(last: number): number[] {
  const lengths: number[] = []
  for (let n = 32; n < last; n *= 2) lengths.push(n)
  return [...lengths, last]
}

export interface Promotion {
  readonly lengths: readonly number[]
  /** By length: the largest error of the samples, as a share of the sum of the products' magnitudes. */
  readonly errors: Readonly<Record<WayName, readonly number[]>>
}

export function promotion(
  { input, values, every, longest }: { input: Format; values: 'positive' | 'mixed'; every: number; longest: number },
  seed: number,
): Promotion {
  const lengths = lengthsUpTo(longest)
  const draw = (use: string) => quantize(drawn(samples * longest, values, use, seed), input, { inPlace: true })
  const [a, b] = [draw('promotion a'), draw('promotion b')]
  const on = (hardware: 'ada' | 'h100' | 'b200'): Sum => {
    const sum = tensorCoreDot(tensorCore({ hardware, input }))
    return (x, y) => sum(x, y, 0)
  }
  const hopper = on('h100')
  const sums: Readonly<Record<WayName, Sum>> = {
    ada: on('ada'),
    hopper,
    promoted: promoting(hopper, every),
    blackwell: on('b200'),
  }
  const worst = Object.fromEntries(ways.map((way) => [way, lengths.map(() => 0)])) as Record<WayName, number[]>
  for (let s = 0; s < samples; s++)
    for (const [i, length] of lengths.entries()) {
      const [x, y] = [a, b].map((all) => all.subarray(s * longest, s * longest + length)) as [
        Float32Array,
        Float32Array,
      ]
      const exact = dot(x, y, { method: 'exact', accumulate: 'fp64' })
      const size = sizeOf(x, y)
      for (const way of ways) {
        const error = size === 0 ? 0 : Math.abs(sums[way](x, y) - exact) / size
        worst[way][i] = Math.max(worst[way][i] as number, error)
      }
    }
  return { lengths, errors: worst }
}
