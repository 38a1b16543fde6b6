/** Operations value by value: activations, sums, products, dropout. */
import { valuesOf } from '../kernel/arena.js'
import {
  type Activation,
  activate,
  activateBackward,
  addRow,
  add as addValues,
  dropout as drop,
  mul as mulValues,
  relu as positive,
  reluBackward,
  scale as scaleValues,
  sumRows,
} from '../kernel/elementwise.js'
import { close, type Opened, open, room } from './operation.js'
import type { OpName } from './precision.js'
import { seedOf } from './seeds.js'
import type { Tape } from './tape.js'
import { demand, sameShape, shapeText, sizeOf, type Tensor } from './tensor.js'

/** The format of a gradient that arrived at the operation. */
export const arrivingAt = ({ precision, output }: Opened) => precision.incoming ?? output

/** max(x, 0). The gradient passes where x > 0. */
export function relu(tape: Tape, x: Tensor): Tensor {
  const opened = open(tape, 'relu', [x])
  const [a] = opened.inputs as [Tensor]
  const y = room(opened, a.slab.length)
  positive(y, a.slab)
  return close(
    opened,
    { shape: x.shape, slab: y },
    (gradient, give) => {
      const to = room(opened, a.slab.length)
      reluBackward(to, gradient, a.slab)
      give(0, to, { of: arrivingAt(opened) })
    },
    true,
  )
}

/** Whether the derivative is told by the result, as stored, or by the input. */
const byOutput: Readonly<Record<Exclude<Activation, 'exp'>, boolean>> = {
  tanh: true,
  sigmoid: true,
  gelu: false,
  geluTanh: false,
}

function curved(op: OpName, name: Exclude<Activation, 'exp'>): (tape: Tape, x: Tensor) => Tensor {
  return (tape, x) => {
    const opened = open(tape, op, [x])
    const [a] = opened.inputs as [Tensor]
    const y = room(opened, a.slab.length)
    activate(name, y, a.slab)
    return close(opened, { shape: x.shape, slab: y }, (gradient, give) => {
      const to = room(opened, a.slab.length)
      activateBackward(name, to, gradient, byOutput[name] ? y : a.slab)
      give(0, to)
    })
  }
}

/** The hyperbolic tangent; its derivative is 1 − y², y as stored. */
export const tanh = curved('tanh', 'tanh')
/** 1 / (1 + e^−x); its derivative is y(1 − y), y as stored. */
export const sigmoid = curved('sigmoid', 'sigmoid')
/** x·Φ(x). */
export const gelu = curved('gelu', 'gelu')
/** GPT-2's form, x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))). */
export const geluTanh = curved('gelu', 'geluTanh')

/** a + b of equal shapes; or b is [the last sides of a], added to each of the parts before. */
export function add(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const rest = a.shape.slice(a.shape.length - b.shape.length)
  demand(sameShape(rest, b.shape), 'add', shapeText(b.shape), shapeText(rest))
  const opened = open(tape, 'add', [a, b])
  const [left, right] = opened.inputs as [Tensor, Tensor]
  const same = sameShape(a.shape, b.shape)
  const y = room(opened, left.slab.length)
  if (same) addValues(y, left.slab, right.slab)
  else addRow(y, left.slab, right.slab)
  return close(opened, { shape: a.shape, slab: y }, (gradient, give) => {
    give(0, gradient, { of: arrivingAt(opened), borrowed: true })
    if (!right.wants) return
    if (same) give(1, gradient, { of: arrivingAt(opened), borrowed: true })
    else {
      const to = room(opened, right.slab.length)
      sumRows(to, gradient)
      give(1, to)
    }
  })
}

/** a · b, value by value, of equal shapes. */
export function mul(tape: Tape, a: Tensor, b: Tensor): Tensor {
  demand(sameShape(a.shape, b.shape), 'mul', shapeText(b.shape), shapeText(a.shape))
  const opened = open(tape, 'mul', [a, b])
  const [left, right] = opened.inputs as [Tensor, Tensor]
  const y = room(opened, left.slab.length)
  mulValues(y, left.slab, right.slab)
  return close(opened, { shape: a.shape, slab: y }, (gradient, give) => {
    for (const [i, other] of [right, left].entries()) {
      if (!opened.inputs[i]?.wants) continue
      const to = room(opened, y.length)
      mulValues(to, gradient, other.slab)
      give(i, to)
    }
  })
}

/** factor · x, the factor rounded to float32. */
export function scale(tape: Tape, x: Tensor, factor: number): Tensor {
  const opened = open(tape, 'scale', [x])
  const [a] = opened.inputs as [Tensor]
  const y = room(opened, a.slab.length)
  scaleValues(y, a.slab, factor)
  return close(opened, { shape: x.shape, slab: y }, (gradient, give) => {
    const to = room(opened, y.length)
    scaleValues(to, gradient, factor)
    give(0, to)
  })
}

/** 0 with probability `rate`, else x / (1 − rate). Which ones follows from (seed, step, number of the operation). */
export function dropout(tape: Tape, x: Tensor, rate: number): Tensor {
  demand(rate >= 0 && rate < 1, 'dropout', rate, '[0, 1)')
  if (rate === 0) return x
  const opened = open(tape, 'dropout', [x])
  const [a] = opened.inputs as [Tensor]
  const how = { rate, seed: seedOf(tape.seed, 'dropout', tape.step, opened.index) }
  const y = room(opened, a.slab.length)
  drop(y, a.slab, how)
  return close(opened, { shape: x.shape, slab: y }, (gradient, give) => {
    const to = room(opened, y.length)
    drop(to, gradient, how)
    give(0, to)
  })
}

/** The largest element of each row of a [… × columns] tensor, the first where there are several: what is predicted. */
export function largestOfRows({ shape, slab }: Tensor): number[] {
  const columns = shape.at(-1) ?? 1
  const values = valuesOf(slab)
  return Array.from({ length: sizeOf(shape) / columns }, (_, row) => {
    let best = 0
    for (let i = 1; i < columns; i++)
      if ((values[row * columns + i] as number) > (values[row * columns + best] as number)) best = i
    return best
  })
}
