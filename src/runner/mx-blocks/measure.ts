/** What a block format makes of tensors: its error, what becomes 0, what an outlier does, what chance mends. */
import { type BlockFormat, isPowerScaled, type ScaleRule } from '../../format/block-catalog.js'
import { largest } from '../../format/format.js'
import { type QuantizedBlocks, quantizeBlocks } from '../../kernel/quantize-blocks.js'

/** By the rule, where the format's scale follows one. */
const quantized = (values: Float32Array, f: BlockFormat, rule: ScaleRule): QuantizedBlocks =>
  quantizeBlocks(values, f.name, isPowerScaled(f) ? { scale: rule } : {})

export interface Loss {
  /** √(Σ (rounded − value)² / Σ value²). */
  readonly error: number
  /** Of the nonzero values, the share that became 0. */
  readonly lost: number
  /** Of the blocks that are not all 0, the share whose largest value lies beyond what the scale reaches. */
  readonly cut: number
  /** √(Σ (|value| beyond what the scale reaches)² / Σ value²): what no rounding of the elements brings back. */
  readonly cutOff: number
  /** Σ (|rounded| − |value|) / Σ |value|. */
  readonly bias: number
}

export function lossOf(list: readonly Float32Array[], f: BlockFormat, rule: ScaleRule): Loss {
  let [error, energy, lost, nonzero, cut, blocks, shift, total, beyond] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  const top = largest(f.element)
  for (const values of list) {
    const { values: out, scales, tensorScale } = quantized(values, f, rule)
    for (let start = 0, b = 0; start < values.length; start += f.size, b++) {
      let amax = 0
      const reach = top * (scales[b] as number) * tensorScale
      for (let i = start; i < Math.min(start + f.size, values.length); i++) {
        const [x, y] = [values[i] as number, out[i] as number]
        error += (y - x) * (y - x)
        energy += x * x
        if (x === 0) continue
        nonzero++
        if (y === 0) lost++
        const size = Math.abs(x)
        shift += Math.abs(y) - size
        total += size
        if (size > amax) amax = size
        if (size > reach) beyond += (size - reach) * (size - reach)
      }
      if (amax === 0) continue
      blocks++
      if (amax > reach) cut++
    }
  }
  return {
    error: Math.sqrt(error / energy),
    lost: lost / nonzero,
    cut: cut / blocks,
    cutOff: Math.sqrt(beyond / energy),
    bias: shift / total,
  }
}

/** Values among which one grows, 2^5: whole blocks of the MX formats, two of NVFP4. */
const group = 32

/**
 * The largest value of every 32 consecutive ones times `factor`: of the other nonzero values, the share that becomes 0. What
 * would leave float32 stays as it is.
 */
export function outlierLoss(list: readonly Float32Array[], f: BlockFormat, rule: ScaleRule, factor: number): number {
  let [lost, others] = [0, 0]
  for (const values of list) {
    const grown = values.slice()
    const at: number[] = []
    for (let start = 0; start < values.length; start += group) {
      let top = start
      for (let i = start; i < Math.min(start + group, values.length); i++)
        if (Math.abs(values[i] as number) > Math.abs(values[top] as number)) top = i
      const outlier = Math.fround((values[top] as number) * factor)
      if (Number.isFinite(outlier)) grown[top] = outlier
      at.push(top)
    }
    const { values: out } = quantized(grown, f, rule)
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0 || at[i >> 5] === i) continue
      others++
      if (out[i] === 0) lost++
    }
  }
  return lost / others
}

/** The relative error of one stochastic rounding, of the mean of all, and the bias of that mean. */
export interface Chance {
  readonly once: number
  readonly mean: number
  readonly bias: number
}

/** Rounds the tensors once a seed, elements stochastically. */
export async function chanceOf(
  list: readonly Float32Array[],
  f: BlockFormat,
  rule: ScaleRule,
  seeds: readonly number[],
  progress: (done: number) => void | Promise<void> | undefined,
): Promise<Chance> {
  const sums = list.map(({ length }) => new Float64Array(length))
  let [once, energy] = [0, 0]
  for (const [d, seed] of seeds.entries()) {
    for (const [t, values] of list.entries()) {
      const options = { rounding: 'stochastic', seed: seed + t, ...(isPowerScaled(f) ? { scale: rule } : {}) } as const
      const { values: out } = quantizeBlocks(values, f.name, options)
      const sum = sums[t] as Float64Array
      for (let i = 0; i < out.length; i++) {
        sum[i] = (sum[i] as number) + (out[i] as number)
        if (d > 0) continue
        const [x, y] = [values[i] as number, out[i] as number]
        once += (y - x) * (y - x)
        energy += x * x
      }
    }
    await progress(d + 1)
  }
  let [rest, shift, total] = [0, 0, 0]
  for (const [t, values] of list.entries()) {
    const sum = sums[t] as Float64Array
    for (let i = 0; i < values.length; i++) {
      const x = values[i] as number
      const mean = (sum[i] as number) / seeds.length
      rest += (mean - x) * (mean - x)
      shift += x < 0 ? x - mean : mean - x
      total += Math.abs(x)
    }
  }
  return { once: Math.sqrt(once / energy), mean: Math.sqrt(rest / energy), bias: shift / total }
}
