/** The networks of test/vectors/tensor/models.py, built from the operations, and what they are trained on. */

import { add, gelu, relu, tanh } from '../../src/tensor/activations.js'
import { conv2d, maxPool } from '../../src/tensor/images.js'
import { attention, type CellState, embedding, layerNorm, lstmCell } from '../../src/tensor/layers.js'
import { detach, indices, input, parameter } from '../../src/tensor/leaves.js'
import { linear } from '../../src/tensor/linear.js'
import { bceWithLogits, crossEntropy, mse } from '../../src/tensor/losses.js'
import { reshape } from '../../src/tensor/shapes.js'
import type { Tape } from '../../src/tensor/tape.js'
import { type Parameter, sizeOf, type Tensor } from '../../src/tensor/tensor.js'
import type { Hyper, OptimizerName } from '../../src/train/optimizer.js'
import { below, floats } from './draws.js'

export interface Recipe {
  readonly name: string
  readonly shape: readonly number[]
  readonly spread: number
}

export type Weights = (name: string) => Parameter

/** A loss, and who is moved by its gradients: the parameters whose names begin with `prefix`. */
export interface Goal {
  readonly loss: (tape: Tape, p: Weights, step: number) => Tensor
  readonly prefix: string
  readonly optimizer: OptimizerName
  readonly hyper: Partial<Hyper>
}

/** Weights as models.py draws them; spread 0 means near 1. */
export const initial = ({ shape, spread }: Recipe, number: number): Float32Array =>
  spread === 0 ? floats(10 + number, sizeOf(shape), 0.25).map((x) => 1 + x) : floats(10 + number, sizeOf(shape), spread)

export function build(tape: Tape, recipes: readonly Recipe[]): Weights {
  const made = new Map(recipes.map((each, i) => [each.name, parameter(tape, each.name, each.shape, initial(each, i))]))
  return (name) => made.get(name) as Parameter
}

/** Characters and the ones after them. */
export function text(step: number): { readonly seen: number[]; readonly next: number[] } {
  const noise = below(9000 + step, 16 * 65, 80)
  const [seen, next]: [number[], number[]] = [[], []]
  for (let row = 0; row < 16; row++) {
    let last = noise[row * 65] as number
    for (let i = 0; i < 64; i++) {
      seen.push(last)
      const draw = noise[row * 65 + 1 + i] as number
      last = draw < 16 ? draw : (last * 7 + 3) % 80
      next.push(last)
    }
  }
  return { seen, next }
}

function transformer(tape: Tape, p: Weights, step: number): Tensor {
  const { seen, next } = text(step)
  const table = embedding(tape, p('token'), indices(tape, seen, 80), [16, 64])
  let x = add(tape, table, p('place'))
  for (const layer of ['0', '1']) {
    const q = (name: string): Parameter => p(`${layer}.${name}`)
    const h = layerNorm(tape, x, q('n1.w'), q('n1.b'))
    const parts = linear(tape, h, q('qkv.w'), q('qkv.b'))
    const mixed = attention(tape, parts, { heads: 4, causal: true })
    x = add(tape, x, linear(tape, mixed, q('out.w'), q('out.b')))
    const wide = gelu(tape, linear(tape, layerNorm(tape, x, q('n2.w'), q('n2.b')), q('up.w'), q('up.b')))
    x = add(tape, x, linear(tape, wide, q('down.w'), q('down.b')))
  }
  const logits = linear(tape, layerNorm(tape, x, p('n.w'), p('n.b')), p('head.w'), p('head.b'))
  return crossEntropy(tape, reshape(tape, logits, [1024, 80]), indices(tape, next, 80))
}

export function digits(step: number): { readonly images: Float32Array; readonly labels: number[] } {
  const labels = below(7000 + step, 32, 10)
  const noise = floats(8000 + step, 32 * 64)
  const shown = Array.from({ length: 10 }, (_, label) => floats(6000 + label, 64))
  const images = noise.map((x, i) => (shown[labels[i >> 6] as number]?.[i & 63] as number) * 0.5 + x * 0.5)
  return { images, labels }
}

/** The logits of images [n × 8 × 8 × 1]. */
export function digitsNetwork(tape: Tape, p: Weights, images: Tensor): Tensor {
  const first = relu(tape, conv2d(tape, images, p('conv1.w'), p('conv1.b'), { padding: 1 }))
  const second = relu(tape, conv2d(tape, first, p('conv2.w'), p('conv2.b'), { padding: 1 }))
  const flat = reshape(tape, maxPool(tape, second, 2), [images.shape[0] as number, 512])
  return linear(tape, flat, p('fc.w'), p('fc.b'))
}

function cnn(tape: Tape, p: Weights, step: number): Tensor {
  const { images, labels } = digits(step)
  const logits = digitsNetwork(tape, p, input(tape, [32, 8, 8, 1], images))
  return crossEntropy(tape, logits, indices(tape, labels, 10))
}

function lstm(tape: Tape, p: Weights, step: number): Tensor {
  const noise = floats(5000 + step, 8 * 13, 0.125)
  const first = below(4000 + step, 8, 8)
  const at = (row: number, i: number): number =>
    (((first[row] as number) + i) % 8) / 4 + (noise[row * 13 + i] as number)
  const column = (i: number): Tensor =>
    input(
      tape,
      [8, 1],
      Float32Array.from({ length: 8 }, (_, row) => at(row, i)),
    )
  const zeros = (): Tensor => input(tape, [8, 24], new Float32Array(192))
  let state: CellState = { hidden: zeros(), cell: zeros() }
  const weights = { input: p('wi'), hidden: p('wh'), inputBias: p('bi'), hiddenBias: p('bh') }
  for (let i = 0; i < 12; i++) state = lstmCell(tape, column(i), state, weights)
  return mse(tape, linear(tape, state.hidden, p('fc.w'), p('fc.b')), column(12))
}

function mlp(tape: Tape, p: Weights): Tensor {
  const x = input(tape, [16, 10], floats(3000, 160))
  const hidden = relu(tape, linear(tape, x, p('fc1.w'), p('fc1.b')))
  return mse(tape, linear(tape, hidden, p('fc2.w'), p('fc2.b')), input(tape, [16, 10], floats(3001, 160)))
}

function points(step: number): Float32Array {
  const which = below(2000 + step, 32, 4)
  return floats(2500 + step, 64, 0.125).map((x, i) => {
    const centre = which[i >> 1] as number
    return x + ((i & 1) === 0 ? 1 - 2 * (centre & 1) : 1 - 2 * (centre >> 1))
  })
}

function generate(tape: Tape, p: Weights, step: number): Tensor {
  const z = input(tape, [32, 4], floats(1500 + step, 128))
  return linear(tape, tanh(tape, linear(tape, z, p('g1.w'), p('g1.b'))), p('g2.w'), p('g2.b'))
}

function judged(tape: Tape, p: Weights, x: Tensor, real: boolean): Tensor {
  const hidden = relu(tape, linear(tape, x, p('d1.w'), p('d1.b')))
  const logits = linear(tape, hidden, p('d2.w'), p('d2.b'))
  return bceWithLogits(tape, logits, input(tape, logits.shape, new Float32Array(32).fill(real ? 1 : 0)))
}

const discriminator = (tape: Tape, p: Weights, step: number): Tensor =>
  add(
    tape,
    judged(tape, p, input(tape, [32, 2], points(step)), true),
    judged(tape, p, detach(generate(tape, p, step)), false),
  )

const generator = (tape: Tape, p: Weights, step: number): Tensor => judged(tape, p, generate(tape, p, step), true)

const pair: Partial<Hyper> = { lr: 5e-3, beta1: 0.5, beta2: 0.999 }

export const goals: Readonly<Record<string, readonly Goal[]>> = {
  transformer: [{ loss: transformer, prefix: '', optimizer: 'adamw', hyper: { lr: 1e-3 } }],
  cnn: [{ loss: cnn, prefix: '', optimizer: 'momentum', hyper: { lr: 0.05, momentum: 0.9 } }],
  lstm: [{ loss: lstm, prefix: '', optimizer: 'adam', hyper: { lr: 1e-2 } }],
  mlp: [{ loss: mlp, prefix: '', optimizer: 'sgd', hyper: { lr: 0.1 } }],
  gan: [
    { loss: discriminator, prefix: 'd', optimizer: 'adam', hyper: pair },
    { loss: generator, prefix: 'g', optimizer: 'adam', hyper: pair },
  ],
}
