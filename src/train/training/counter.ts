/** What the tape tells of its gradients while a step runs: how many were lost, and how many have which size. */
import type { Gradient } from '../../data/gradient-file.js'
import { exponentOf } from '../../format/bits.js'
import { countExponents, type Exponents, newExponents } from '../../tensor/gradients.js'
import type { Seen, Tape } from '../../tensor/tape.js'
import type { TensorCounts } from './options.js'

interface Sizes {
  readonly exponents: Exponents
  largest: number
}

export interface Counter {
  /** Of the step at work: gradient values rounded, and those that became 0 by it. */
  values: number
  lost: number
  /** By `kind name`, in steps in which gradients are counted by power of two. */
  sizes: Map<string, Sizes> | undefined
  /** In those steps of a training that is recorded: the gradients themselves, times the loss scale. */
  kept: Gradient[] | undefined
  /** Only what a backward pass shows is counted. */
  backward: boolean
}

export const newCounter = (): Counter => ({ values: 0, lost: 0, sizes: undefined, kept: undefined, backward: false })

function largestIn(values: Float32Array): number {
  let top = 0
  for (const x of values) {
    const size = Math.abs(x)
    if (size > top && size < Number.POSITIVE_INFINITY) top = size
  }
  return top
}

/** A watcher of a tape. */
export const watcher =
  (counter: Counter) =>
  ({ kind, name, shape, values, losses }: Seen): void => {
    if (!counter.backward || kind === 'output' || kind === 'cast') return
    counter.values += losses.values
    counter.lost += losses.lost
    if (!counter.sizes) return
    const key = `${kind === 'parameter' ? 'weights' : 'activations'} ${name}`
    const into = counter.sizes.get(key) ?? { exponents: newExponents(), largest: 0 }
    counter.sizes.set(key, into)
    countExponents(into.exponents, values)
    into.largest = Math.max(into.largest, largestIn(values))
    counter.kept?.push({ name, shape, values: values.slice() })
  }

/** What the roundings of a backward pass did in tensors without a name. */
export function addUnnamed(tape: Tape, counter: Counter): void {
  for (const { values, lost } of tape.state.losses.values()) {
    counter.values += values
    counter.lost += lost
  }
  tape.state.losses.clear()
}

const lowest = -149
const infinities = 255

/** The counts of a step without the scale, a power of two (of another one its power of two), from the smallest bin in use. */
export function countsOf({ sizes }: Counter, scale: number): TensorCounts[] {
  const shift = exponentOf(scale)
  return [...(sizes ?? [])].map(([key, { exponents, largest }]): TensorCounts => {
    const { fields, subnormals, zeros } = exponents
    const counts = [...subnormals, ...fields.subarray(1, infinities)]
    const first = counts.findIndex((n) => n > 0)
    const blank = key.indexOf(' ')
    return {
      kind: key.slice(0, blank) as TensorCounts['kind'],
      tensor: key.slice(blank + 1),
      zeros,
      nonfinite: fields[infinities] as number,
      from: first < 0 ? 0 : lowest + first - shift,
      counts: first < 0 ? [] : counts.slice(first, counts.findLastIndex((n) => n > 0) + 1),
      largest: largest / scale,
    }
  })
}
