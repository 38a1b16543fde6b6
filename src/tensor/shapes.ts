/** Operations that move values and change none: reshape, transpose, concatenate, split, heads. */
import type { Slab } from '../kernel/arena.js'
import { copyRows, fill, transpose as transposeValues } from '../kernel/elementwise.js'
import { arrivingAt } from './activations.js'
import { close, closeMany, type Opened, open, room } from './operation.js'
import type { Tape } from './tape.js'
import { demand, fromEnd, sameShape, shapeText, sizeOf, type Tensor } from './tensor.js'

/** The same values in another shape: no copy. */
export function reshape(tape: Tape, x: Tensor, shape: readonly number[]): Tensor {
  demand(sizeOf(shape) === sizeOf(x.shape), 'reshape', shapeText(shape), shapeText(x.shape))
  const opened = open(tape, 'reshape', [x])
  const [a] = opened.inputs as [Tensor]
  return close(
    opened,
    { shape, slab: a.slab },
    (gradient, give) => give(0, gradient, { of: arrivingAt(opened), borrowed: true }),
    true,
  )
}

/** The last two sides exchanged. */
export function transpose(tape: Tape, x: Tensor): Tensor {
  const opened = open(tape, 'transpose', [x])
  const [a] = opened.inputs as [Tensor]
  const [rows, columns] = [fromEnd(x.shape, 2), fromEnd(x.shape, 1)]
  const count = sizeOf(x.shape) / (rows * columns)
  const y = room(opened, a.slab.length)
  transposeValues(y, a.slab, rows, columns, count)
  return close(
    opened,
    { shape: [...x.shape.slice(0, -2), columns, rows], slab: y },
    (gradient, give) => {
      const to = room(opened, y.length)
      transposeValues(to, gradient, columns, rows, count)
      give(0, to, { of: arrivingAt(opened) })
    },
    true,
  )
}

/** Tensors that differ in their last side alone, one beside the other. */
export function concat(tape: Tape, parts: readonly Tensor[]): Tensor {
  const before = parts[0]?.shape.slice(0, -1) ?? []
  for (const { shape } of parts)
    demand(sameShape(shape.slice(0, -1), before), 'concat', shapeText(shape), shapeText([...before, shape.at(-1) ?? 0]))
  const opened = open(tape, 'concat', parts)
  const widths = parts.map(({ shape }) => fromEnd(shape, 1))
  const stride = widths.reduce((a, b) => a + b, 0)
  const starts = startsOf(widths)
  const rows = sizeOf(before)
  const y = room(opened, rows * stride)
  for (const [i, { slab }] of opened.inputs.entries()) {
    const width = widths[i] as number
    copyRows({ slab: y, from: starts[i] as number, stride }, { slab, stride: width }, rows, width)
  }
  return close(
    opened,
    { shape: [...before, stride], slab: y },
    (gradient, give) => {
      for (const [i, width] of widths.entries()) {
        if (!opened.inputs[i]?.wants) continue
        const to = room(opened, rows * width)
        copyRows({ slab: to, stride: width }, { slab: gradient, from: starts[i] as number, stride }, rows, width)
        give(i, to, { of: arrivingAt(opened) })
      }
    },
    true,
  )
}

const startsOf = (widths: readonly number[]): number[] =>
  widths.map((_, i) => widths.slice(0, i).reduce((a, b) => a + b, 0))

/** The last side taken apart into pieces of these widths. */
export function split(tape: Tape, x: Tensor, widths: readonly number[]): Tensor[] {
  const stride = fromEnd(x.shape, 1)
  demand(widths.reduce((a, b) => a + b, 0) === stride, 'split', shapeText(widths), stride)
  const opened = open(tape, 'split', [x])
  const [a] = opened.inputs as [Tensor]
  const rows = a.slab.length / stride
  const starts = startsOf(widths)
  const results = widths.map((width, i) => {
    const slab = room(opened, rows * width)
    copyRows({ slab, stride: width }, { slab: a.slab, from: starts[i] as number, stride }, rows, width)
    return { shape: [...x.shape.slice(0, -1), width], slab }
  })
  return closeMany(opened, results, {
    exact: true,
    backward: (gradients, give) => {
      const to = gathered(opened, a.slab.length, gradients)
      for (const [i, gradient] of gradients.entries()) {
        const width = widths[i] as number
        if (gradient)
          copyRows({ slab: to, from: starts[i] as number, stride }, { slab: gradient, stride: width }, rows, width)
      }
      give(0, to, { of: arrivingAt(opened) })
    },
  })
}

/** Room for gradients of all parts; 0 where a part has none. */
function gathered(opened: Opened, length: number, gradients: readonly (Slab | undefined)[]): Slab {
  const to = room(opened, length)
  if (gradients.some((each) => each === undefined)) fill(to, 0)
  return to
}

/** Where head h of part p of image b lies among [batch × time × parts·heads·side], and in its own tensor. */
interface Heads {
  readonly batch: number
  readonly time: number
  readonly heads: number
  readonly side: number
  readonly parts: number
}

/** Copies one part, [batch × heads × time × side], from or to its columns of the whole. */
function copyHeads(whole: Slab, part: Slab, p: number, s: Heads, into: 'part' | 'whole'): void {
  const stride = s.parts * s.heads * s.side
  for (let b = 0; b < s.batch; b++)
    for (let h = 0; h < s.heads; h++) {
      const there = { slab: whole, from: b * s.time * stride + (p * s.heads + h) * s.side, stride }
      const here = { slab: part, from: (b * s.heads + h) * s.time * s.side, stride: s.side }
      if (into === 'part') copyRows(here, there, s.time, s.side)
      else copyRows(there, here, s.time, s.side)
    }
}

/** [batch × time × parts·heads·side] → `parts` tensors [batch × heads × time × side]: queries, keys and values of heads. */
export function splitHeads(tape: Tape, x: Tensor, heads: number, parts = 1): Tensor[] {
  const [batch = 0, time = 0, width = 0] = x.shape
  const side = width / (parts * heads)
  demand(x.shape.length === 3 && Number.isInteger(side), 'heads', shapeText(x.shape), `[… × ${parts * heads}n]`)
  const shape: Heads = { batch, time, heads, side, parts }
  const opened = open(tape, 'transpose', [x])
  const [a] = opened.inputs as [Tensor]
  const results = Array.from({ length: parts }, (_, p) => {
    const slab = room(opened, batch * heads * time * side)
    copyHeads(a.slab, slab, p, shape, 'part')
    return { shape: [batch, heads, time, side], slab }
  })
  return closeMany(opened, results, {
    exact: true,
    backward: (gradients, give) => {
      const to = gathered(opened, a.slab.length, gradients)
      for (const [p, gradient] of gradients.entries()) if (gradient) copyHeads(to, gradient, p, shape, 'whole')
      give(0, to, { of: arrivingAt(opened) })
    },
  })
}

/** [batch × heads × time × side] → [batch × time × heads·side]. */
export function joinHeads(tape: Tape, x: Tensor): Tensor {
  const [batch = 0, heads = 0, time = 0, side = 0] = x.shape
  const shape: Heads = { batch, time, heads, side, parts: 1 }
  const opened = open(tape, 'transpose', [x])
  const [a] = opened.inputs as [Tensor]
  const y = room(opened, a.slab.length)
  copyHeads(y, a.slab, 0, shape, 'whole')
  return close(
    opened,
    { shape: [batch, time, heads * side], slab: y },
    (gradient, give) => {
      const to = room(opened, y.length)
      copyHeads(gradient, to, 0, shape, 'part')
      give(0, to, { of: arrivingAt(opened) })
    },
    true,
  )
}
