/** The operations as test/vectors/tensor/operations.py calls them: inputs and a record of options. */

import { add, gelu, geluTanh, mul, relu, scale, sigmoid, tanh } from '../../src/tensor/activations.js'
import { avgPool, conv2d, maxPool } from '../../src/tensor/images.js'
import { attention, embedding, layerNorm, lstmCell, softmax } from '../../src/tensor/layers.js'
import { indices, input } from '../../src/tensor/leaves.js'
import { linear, matmul } from '../../src/tensor/linear.js'
import { bceWithLogits, crossEntropy, mse } from '../../src/tensor/losses.js'
import { concat, transpose } from '../../src/tensor/shapes.js'
import type { Tape } from '../../src/tensor/tape.js'
import { sizeOf, type Tensor } from '../../src/tensor/tensor.js'
import { floats } from './draws.js'

export interface Options {
  readonly size: number
  readonly stride: number
  readonly padding: number
  readonly indices: readonly number[]
  readonly heads: number
  readonly causal: boolean
  readonly transposeB: boolean
  readonly targets: number
  readonly factor: number
}

type Call = (tape: Tape, inputs: readonly Tensor[], o: Options) => Tensor

const one =
  (f: (tape: Tape, x: Tensor) => Tensor): Call =>
  (tape, [x]) =>
    f(tape, x as Tensor)
const two =
  (f: (tape: Tape, a: Tensor, b: Tensor) => Tensor): Call =>
  (tape, [a, b]) =>
    f(tape, a as Tensor, b as Tensor)

const windows = ({ stride, padding }: Options) => ({
  ...(stride === undefined ? {} : { stride }),
  ...(padding === undefined ? {} : { padding }),
})

/** Targets from their seed: numbers, or probabilities. */
function targets(tape: Tape, like: Tensor, seed: number, probabilities: boolean): Tensor {
  const values = floats(seed, sizeOf(like.shape))
  return input(tape, like.shape, probabilities ? values.map((x) => x * 0.5 + 0.5) : values)
}

export const calls: Readonly<Record<string, Call>> = {
  linear: (tape, [x, w, b]) => linear(tape, x as Tensor, w as Tensor, b),
  matmul: (tape, [a, b], { transposeB }) => matmul(tape, a as Tensor, b as Tensor, { transposeB }),
  conv2d: (tape, [x, w, b], o) => conv2d(tape, x as Tensor, w as Tensor, b, windows(o)),
  'max-pool': (tape, [x], o) => maxPool(tape, x as Tensor, o.size, windows(o)),
  'avg-pool': (tape, [x], o) => avgPool(tape, x as Tensor, o.size, windows(o)),
  relu: one(relu),
  gelu: one(gelu),
  'gelu-tanh': one(geluTanh),
  tanh: one(tanh),
  sigmoid: one(sigmoid),
  embedding: (tape, [table], o) =>
    embedding(tape, table as Tensor, indices(tape, o.indices, (table as Tensor).shape[0] as number)),
  'layer-norm': (tape, [x, w, b]) => layerNorm(tape, x as Tensor, w as Tensor, b as Tensor),
  softmax: (tape, [x], { causal = false }) => softmax(tape, x as Tensor, { causal }),
  attention: (tape, [x], { heads, causal = false }) => attention(tape, x as Tensor, { heads, causal }),
  lstm: (tape, all) => {
    const [x, h, c, wi, wh, bi, bh] = all as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
    const next = lstmCell(tape, x, { hidden: h, cell: c }, { input: wi, hidden: wh, inputBias: bi, hiddenBias: bh })
    return concat(tape, [next.hidden, next.cell])
  },
  'cross-entropy': (tape, [x], o) =>
    crossEntropy(tape, x as Tensor, indices(tape, o.indices, (x as Tensor).shape[1] as number)),
  'bce-with-logits': (tape, [x], o) => bceWithLogits(tape, x as Tensor, targets(tape, x as Tensor, o.targets, true)),
  mse: (tape, [x], o) => mse(tape, x as Tensor, targets(tape, x as Tensor, o.targets, false)),
  add: two(add),
  mul: two(mul),
  scale: (tape, [x], { factor }) => scale(tape, x as Tensor, factor),
  transpose: one(transpose),
  concat: (tape, parts) => concat(tape, parts),
  twice: one((tape, x) => add(tape, mul(tape, tanh(tape, x), x), x)),
}
