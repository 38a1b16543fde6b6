/** Which examples come when: shuffled batches and windows of a sequence, pure functions of the seed and the place in time. */
import { FpsimError } from '../../errors.js'
import { keyOf, mix } from '../../kernel/key.js'
import { blocks } from '../rng.js'

/** What draws are for, so that a shuffle, windows and made-up points of one seed share none. */
const uses = { order: 0x7c3a91d5, windows: 0x1d8af06b, mixture: 0x63e2b947 } as const

const two26 = 67108864
const two27 = 134217728
const two32 = 4294967296

/**
 * Uniform draws of (seed, use, time): number i is a multiple of 2^-53 in [0, 1), every one equally likely. Exact. Two times
 * share their draws by chance only, about once in 2^53.
 */
export function drawsOf(seed: number, use: keyof typeof uses, time: number): (index: number) => number {
  const [high, low] = keyOf(seed)
  const a = mix(mix(high ^ uses[use]) + time)
  const b = mix(low ^ a)
  const read = blocks((mix(a ^ b) & 0x1fffff) * two32 + b, 'uniform')
  return (index) => {
    const words = read(Math.floor(index / 2))
    const at = (index % 2) * 2
    return (((words[at] as number) >>> 5) * two26 + ((words[at + 1] as number) >>> 6)) / (two26 * two27)
  }
}

function need(option: string, value: number, from: number, to: number): void {
  if (!(Number.isSafeInteger(value) && value >= from && value <= to))
    throw new FpsimError('invalid-value', { option, value, allowed: `${from} … ${to}` })
}

const limit = two32 - 1

/** The numbers 0 … count − 1 in the order of an epoch: all count! orders equally likely, up to 2^-53 a draw (Fisher-Yates). */
export function shuffled(count: number, seed: number, epoch: number): Uint32Array {
  need('count', count, 1, limit)
  need('epoch', epoch, 0, limit)
  const draw = drawsOf(seed, 'order', epoch)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(draw(i) * (i + 1))
    const other = order[j] as number
    order[j] = order[i] as number
    order[i] = other
  }
  return order
}

export interface Batches {
  /** Batches in an epoch. */
  readonly length: number
  /** The batches of an epoch 0, 1, 2 …: each example once. The last one holds what is left over. */
  readonly epoch: (epoch: number) => Uint32Array[]
  /** The batch of step 0, 1, 2 … counted through the epochs. */
  readonly at: (step: number) => Uint32Array
}

/** Batches of shuffled examples; 'invalid-value' where a batch is larger than the data. */
export function batches(count: number, size: number, seed: number): Batches {
  need('count', count, 1, limit)
  need('batch', size, 1, count)
  const length = Math.ceil(count / size)
  // Steps come in order, so the order of the last epoch asked for is kept.
  let known = -1
  let order: Uint32Array = new Uint32Array()
  const orderOf = (epoch: number): Uint32Array => {
    if (epoch !== known) order = shuffled(count, seed, epoch)
    known = epoch
    return order
  }
  const batch = (epoch: number, i: number): Uint32Array => orderOf(epoch).slice(i * size, (i + 1) * size)
  return {
    length,
    epoch: (epoch) => Array.from({ length }, (_, i) => batch(epoch, i)),
    at: (step) => {
      need('step', step, 0, limit)
      return batch(Math.floor(step / length), step % length)
    },
  }
}

/**
 * Where the windows of a step begin in a sequence of `count`: `size` places, each of 0 … count − length equally likely, drawn
 * with replacement. For language models `length` is one more than the context: the last sign is only a target.
 */
export function windowStarts(count: number, length: number, size: number, seed: number, step: number): Uint32Array {
  need('count', count, 1, limit)
  need('length', length, 1, count)
  need('batch', size, 1, limit)
  need('step', step, 0, limit)
  const draw = drawsOf(seed, 'windows', step)
  return Uint32Array.from({ length: size }, (_, i) => Math.floor(draw(i) * (count - length + 1)))
}

/** All windows that begin at 0, stride, 2·stride … and end within the sequence: for testing, where nothing is drawn. */
export function windowsInOrder(count: number, length: number, stride: number): Uint32Array {
  need('count', count, 1, limit)
  need('length', length, 1, count)
  need('stride', stride, 1, limit)
  return Uint32Array.from({ length: Math.floor((count - length) / stride) + 1 }, (_, i) => i * stride)
}

type Numbers = Float32Array | Float64Array | Uint16Array | Uint8Array

/** Pieces of `size` numbers side by side: piece number i, where `values` holds piece after piece. */
export function gather<A extends Numbers>(values: A, size: number, pieces: ArrayLike<number>): A {
  return windowsAt(
    values,
    size,
    Array.from(pieces, (piece) => piece * size),
  )
}

/** The windows of `length` numbers that begin at the given places, side by side. */
export function windowsAt<A extends Numbers>(values: A, length: number, starts: ArrayLike<number>): A {
  const out = new (values.constructor as new (length: number) => A)(starts.length * length)
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] as number
    if (!(start >= 0 && start + length <= values.length))
      throw new FpsimError('invalid-value', { option: 'start', value: start, allowed: `0 … ${values.length - length}` })
    out.set(values.subarray(start, start + length), i * length)
  }
  return out
}
