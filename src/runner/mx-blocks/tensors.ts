/** The tensors of a source as float32, whole: blocks run along each and begin anew with the next. */
import type { Source } from '../../data/source.js'

export interface Tensors {
  readonly list: readonly Float32Array[]
  readonly values: number
  /** NaN and ±Inf, put aside as 0: each would make its whole block NaN. */
  readonly nonfinite: number
  /** Whether the source held more than was read. */
  readonly cut: boolean
}

/** How many values are looked at. */
export const mostValues = 262_144

/** The first `mostValues` values; consecutive blocks of one name are one tensor. */
export async function readTensors(
  source: Source,
  progress: (done: number) => void | Promise<void> | undefined,
): Promise<Tensors> {
  const list: Float32Array[] = []
  let name: string | undefined
  let parts: Float32Array[] = []
  let [values, nonfinite, cut] = [0, 0, false]
  const close = (): void => {
    const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    if (whole.length > 0) list.push(whole)
    parts = []
  }
  for await (const block of source.blocks()) {
    if (block.tensor !== name) close()
    name = block.tensor
    const part = Float32Array.from(block.values.subarray(0, mostValues - values))
    cut = part.length < block.values.length
    for (const [i, x] of part.entries())
      if (!Number.isFinite(x)) {
        part[i] = 0
        nonfinite++
      }
    parts.push(part)
    values += part.length
    await progress(values)
    if (cut || values === mostValues) break
  }
  close()
  return { list, values, nonfinite, cut: cut || (source.size !== undefined && source.size > values) }
}
