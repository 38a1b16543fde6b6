/** Operations with rows: embedding, layer norm, softmax; and what is composed of others: attention, the LSTM cell. */
import type { Slab } from '../kernel/arena.js'
import { gather, scatterAdd } from '../kernel/convolve.js'
import { fill } from '../kernel/elementwise.js'
import {
  layerNormBackward,
  layerNorm as normalize,
  softmaxBackward,
  softmax as softmaxOfRows,
} from '../kernel/normalize.js'
import { add, dropout, mul, scale, sigmoid, tanh } from './activations.js'
import { linear, matmul } from './linear.js'
import { close, open, room } from './operation.js'
import { joinHeads, split, splitHeads } from './shapes.js'
import type { Tape } from './tape.js'
import { demand, fromEnd, sameShape, shapeText, type Tensor } from './tensor.js'

/** Rows of a table [rows × columns] by their indices (see `indices`): shape [… × columns], … being the shape of the indices. */
export function embedding(tape: Tape, table: Tensor, which: Slab, shape: readonly number[] = [which.length]): Tensor {
  const opened = open(tape, 'embedding', [table])
  const [t] = opened.inputs as [Tensor]
  const columns = fromEnd(table.shape, 1)
  const y = room(opened, which.length * columns)
  gather(y, t.slab, which, columns)
  return close(
    opened,
    { shape: [...shape, columns], slab: y },
    (gradient, give) => {
      const to = room(opened, t.slab.length)
      fill(to, 0)
      scatterAdd(to, gradient, which, columns)
      give(0, to)
    },
    true,
  )
}

/** Each row with mean 0 and variance 1, times weight, plus bias: float32 inside, one rounding of the result. */
export function layerNorm(tape: Tape, x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  const columns = fromEnd(x.shape, 1)
  for (const { shape } of [weight, bias])
    demand(sameShape(shape, [columns]), 'layer-norm', shapeText(shape), `[${columns}]`)
  const opened = open(tape, 'layer-norm', [x, weight, bias])
  const [a, w, b] = opened.inputs as [Tensor, Tensor, Tensor]
  const y = room(opened, a.slab.length)
  const stats = room(opened, (2 * a.slab.length) / columns)
  normalize(y, a.slab, { columns, weight: w.slab, bias: b.slab, stats, eps })
  return close(opened, { shape: x.shape, slab: y }, (gradient, give) => {
    const to = room(opened, a.slab.length)
    const [toWeight, toBias] = [room(opened, columns), room(opened, columns)]
    layerNormBackward(to, gradient, a.slab, { columns, weight: w.slab, stats, toWeight, toBias })
    give(0, to)
    give(1, toWeight)
    give(2, toBias)
  })
}

export interface SoftmaxOptions {
  /** Row r of each square matrix sees columns 0 … r alone. */
  readonly causal?: boolean
}

/** Rows of positive numbers with the sum 1; the gradient is told by the result as stored. */
export function softmax(tape: Tape, x: Tensor, o: SoftmaxOptions = {}): Tensor {
  const columns = fromEnd(x.shape, 1)
  const square = fromEnd(x.shape, 2) === columns
  demand(o.causal !== true || square, 'softmax', shapeText(x.shape), `[… × ${columns} × ${columns}]`)
  const opened = open(tape, 'softmax', [x])
  const [a] = opened.inputs as [Tensor]
  const y = room(opened, a.slab.length)
  softmaxOfRows(y, a.slab, columns, o)
  return close(opened, { shape: x.shape, slab: y }, (gradient, give) => {
    const to = room(opened, y.length)
    softmaxBackward(to, gradient, y, columns)
    give(0, to)
  })
}

export interface AttentionOptions extends SoftmaxOptions {
  readonly heads: number
  /** Of the probabilities; default 0. */
  readonly drop?: number
}

/**
 * softmax(QKᵀ / √side) · V for each head: x is [batch × time × 3·width], queries, keys and values beside each other; the
 * result is [batch × time × width]. Composed: product, scale, softmax and product, each rounded as its own operation.
 */
export function attention(tape: Tape, x: Tensor, { heads, drop = 0, causal = false }: AttentionOptions): Tensor {
  const [q, k, v] = splitHeads(tape, x, heads, 3) as [Tensor, Tensor, Tensor]
  const scores = scale(tape, matmul(tape, q, k, { transposeB: true }), 1 / Math.sqrt(fromEnd(q.shape, 1)))
  const seen = dropout(tape, softmax(tape, scores, { causal }), drop)
  return joinHeads(tape, matmul(tape, seen, v))
}

/** The parameters of an LSTM cell, the gates in PyTorch's order: input, forget, cell, output. */
export interface CellWeights {
  /** [4·width × inputs] */
  readonly input: Tensor
  /** [4·width × width] */
  readonly hidden: Tensor
  /** [4·width] */
  readonly inputBias: Tensor
  readonly hiddenBias: Tensor
}

export interface CellState {
  readonly hidden: Tensor
  readonly cell: Tensor
}

/**
 * One step of an LSTM: x [batch × inputs] and a state of [batch × width] tensors → the next state. Composed, so that every
 * value with a name is rounded once: both products, their sum, i f g o, f·c, i·g, c′, tanh c′, h′.
 */
export function lstmCell(tape: Tape, x: Tensor, { hidden, cell }: CellState, weights: CellWeights): CellState {
  const width = fromEnd(hidden.shape, 1)
  const fromInput = linear(tape, x, weights.input, weights.inputBias)
  const gates = add(tape, fromInput, linear(tape, hidden, weights.hidden, weights.hiddenBias))
  const [i, f, g, o] = split(tape, gates, [width, width, width, width]) as [Tensor, Tensor, Tensor, Tensor]
  const kept = mul(tape, sigmoid(tape, f), cell)
  const next = add(tape, kept, mul(tape, sigmoid(tape, i), tanh(tape, g)))
  return { cell: next, hidden: mul(tape, sigmoid(tape, o), tanh(tape, next)) }
}
