/** A source read into memory: the nonzero finite values, each with how many it stands for. */
import type { Source } from '../../data/source.js'

/** Value i stands for weights[i] equal gradients. Zeros are not among them. */
export interface Gradients {
  readonly values: Float64Array
  readonly weights: Float64Array
}

export async function recordedGradients(source: Source): Promise<Gradients> {
  const values: number[] = []
  const weights: number[] = []
  for await (const block of source.blocks())
    block.values.forEach((x, i) => {
      if (x === 0 || !Number.isFinite(x)) return
      values.push(x)
      weights.push(block.weights?.[i] ?? 1)
    })
  return { values: Float64Array.from(values), weights: Float64Array.from(weights) }
}

/** The share of the gradients for which something holds. */
export function shareOf({ values, weights }: Gradients, holds: (g: number) => boolean): number {
  let [yes, all] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const weight = weights[i] as number
    all += weight
    if (holds(values[i] as number)) yes += weight
  }
  return yes / all
}
