/** One step's gradients, tensor by tensor, from a file, a distribution or a recorded profile. */
import { maxSample } from '../../data/gradient-stream.js'
import type { Source } from '../../data/source.js'
import { FpsimError } from '../../errors.js'
import type { Host } from '../runner.js'

export interface Step {
  readonly tensors: readonly Float32Array[]
  readonly count: number
}

/** The recorded profiles hold every gradient of so many steps, sorted by size: each of so many is one step's share. */
export const recordedSteps = 400

/** Takes down float32 values; the memory grows with them. */
function collector() {
  let values = new Float32Array(1024)
  let length = 0
  return {
    add(x: number, times: number): void {
      if (length + times > values.length) {
        const larger = new Float32Array(Math.max(2 * values.length, length + times))
        larger.set(values.subarray(0, length))
        values = larger
      }
      values.fill(x, length, length + times)
      length += times
    },
    size: (): number => length,
    taken: (): Float32Array => values.subarray(0, length),
  }
}

/**
 * Reads a source as float32. Of values that stand for many (a profile's), every 400th in their order, so that
 * the share of each size stays: value number 399, 799, … of each tensor. All values of any other source; more
 * than 16 M of them throw 'invalid-value'.
 */
export async function stepOf(source: Source, option: 'input' | 'count', host: Host): Promise<Step> {
  const tensors = new Map<string, { values: ReturnType<typeof collector>; seen: number }>()
  let [count, done] = [0, 0]
  for await (const { tensor, values, weights, zeros = 0 } of source.blocks()) {
    const into = tensors.get(tensor) ?? { values: collector(), seen: 0 }
    tensors.set(tensor, into)
    const take = (x: number, times: number): void => {
      const step = weights ? recordedSteps : 1
      const before = Math.floor(into.seen / step)
      into.seen += times
      const n = Math.floor(into.seen / step) - before
      count += n
      if (count > maxSample) {
        const details = { value: source.size ?? count, problem: 'above-maximum', limit: maxSample }
        throw new FpsimError('invalid-value', { option, ...details })
      }
      into.values.add(x, n)
    }
    for (let i = 0; i < values.length; i++) take(values[i] as number, weights ? (weights[i] as number) : 1)
    if (zeros > 0) take(0, zeros)
    done += values.length
    await host.progress?.(done, source.size)
  }
  const kept = [...tensors.values()].filter(({ values }) => values.size() > 0)
  return {
    tensors: kept.map(({ values }) => values.taken()),
    count,
  }
}
