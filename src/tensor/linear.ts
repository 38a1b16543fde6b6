/** Matrix products: linear layers and products of two tensors. */
import type { Slab } from '../kernel/arena.js'
import { addRow, fill, sumRows } from '../kernel/elementwise.js'
import { product } from '../kernel/matrix.js'
import type { SumOptions } from '../kernel/sum-options.js'
import { close, type Opened, open, room } from './operation.js'
import { productsOf, sumOf } from './products.js'
import type { Tape } from './tape.js'
import { demand, fromEnd, sameShape, shapeText, sizeOf, type Tensor } from './tensor.js'

/** Whether that is the plain sum in float32; sums without products are, beside a GPU's tensor cores too. */
const plainSum = ({ accumulate = 'fp32', method = 'sequential', chunk }: SumOptions): boolean =>
  (accumulate === 'fp32' || (typeof accumulate === 'object' && accumulate.name === 'fp32')) &&
  method === 'sequential' &&
  chunk === undefined

/** A bias' gradient: the sums of the columns; in the accumulator of the products where that is not float32. */
export function columnSums(opened: Opened, gradient: Slab, columns: number): Slab {
  const to = room(opened, columns)
  const rows = gradient.length / columns
  const sum = sumOf(opened)
  if (plainSum(sum)) sumRows(to, gradient)
  else {
    const ones = room(opened, rows)
    fill(ones, 1)
    product(to, ones, gradient, { m: 1, k: rows, n: columns }, sum)
  }
  return to
}

/**
 * x · weightᵀ + bias: x [… × k], weight [n × k], bias [n]. The bias is added to the sum in float32, and the whole rounded
 * once. Gradients: gradient · weight, gradientᵀ · x and the column sums, each rounded once.
 */
export function linear(tape: Tape, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [n = 0, k = 0] = weight.shape
  demand(fromEnd(x.shape, 1) === k, 'linear', shapeText(x.shape), `[… × ${k}]`)
  demand(bias === undefined || sameShape(bias.shape, [n]), 'bias', shapeText(bias?.shape ?? []), `[${n}]`)
  const opened = open(tape, 'linear', bias ? [x, weight, bias] : [x, weight], 2)
  const [a, w, b] = opened.inputs as [Tensor, Tensor, Tensor?]
  const m = sizeOf(x.shape) / k
  const products = productsOf(opened, w, { m, k, n })
  const y = room(opened, m * n)
  products.result(y, a.slab)
  if (b) addRow(y, y, b.slab)
  return close(opened, { shape: [...x.shape.slice(0, -1), n], slab: y }, (gradient, give) => {
    if (a.wants) {
      const to = room(opened, m * k)
      products.toInput(to, gradient)
      give(0, to)
    }
    if (w.wants) {
      const to = room(opened, n * k)
      products.toWeight(to, gradient, a.slab)
      give(1, to)
    }
    if (b?.wants) give(2, columnSums(opened, gradient, n))
  })
}

export interface MatmulOptions {
  /** b is [… × n × k] and used transposed. */
  readonly transposeB?: boolean
}

/** a · b of the last two sides, [… × m × k] and [… × k × n], for each of the sides before, which are equal. */
export function matmul(tape: Tape, a: Tensor, b: Tensor, { transposeB = false }: MatmulOptions = {}): Tensor {
  const opened = open(tape, 'matmul', [a, b])
  const [left, right] = opened.inputs as [Tensor, Tensor]
  const before = a.shape.slice(0, -2)
  const [m, k] = [fromEnd(a.shape, 2), fromEnd(a.shape, 1)]
  const n = fromEnd(b.shape, transposeB ? 2 : 1)
  const fits = sameShape(before, b.shape.slice(0, -2)) && fromEnd(b.shape, transposeB ? 1 : 2) === k
  demand(fits, 'matmul', `${shapeText(a.shape)} · ${shapeText(b.shape)}`, shapeText([...before, m, k]))
  const count = sizeOf(before)
  const sum = sumOf(opened)
  const y = room(opened, count * m * n)
  const all = (first: number, second: number, to: number) => [{ count, a: first, b: second, to }]
  product(y, left.slab, right.slab, { m, k, n, transposeB, batch: all(m * k, k * n, m * n) }, sum)
  return close(opened, { shape: [...before, m, n], slab: y }, (gradient, give) => {
    if (left.wants) {
      const to = room(opened, count * m * k)
      const shape = { m, k: n, n: k, transposeB: !transposeB, batch: all(m * n, k * n, m * k) }
      product(to, gradient, right.slab, shape, sum)
      give(0, to)
    }
    if (right.wants) {
      const to = room(opened, count * k * n)
      if (transposeB) {
        const shape = { m: n, k: m, n: k, transposeA: true, batch: all(m * n, m * k, k * n) }
        product(to, gradient, left.slab, shape, sum)
      } else {
        const shape = { m: k, k: m, n, transposeA: true, batch: all(m * k, m * n, k * n) }
        product(to, left.slab, gradient, shape, sum)
      }
      give(1, to)
    }
  })
}
