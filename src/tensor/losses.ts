/** Losses, each the mean over all it is given: one number. */
import { type Slab, valuesOf } from '../kernel/arena.js'
import { sum } from '../kernel/elementwise.js'
import {
  bceWithLogits as bceOfValues,
  bceWithLogitsBackward,
  crossEntropyBackward,
  logSoftmax,
  nllLoss,
  squaredError,
  squaredErrorBackward,
} from '../kernel/normalize.js'
import { close, open, room } from './operation.js'
import type { Tape } from './tape.js'
import { demand, fromEnd, sameShape, shapeText, type Tensor } from './tensor.js'

/** A loss has no gradient for its targets: they must not ask for one. */
function checkTargets(x: Tensor, targets: Tensor): void {
  demand(sameShape(x.shape, targets.shape), 'targets', shapeText(targets.shape), shapeText(x.shape))
  demand(!targets.wants, 'targets', 'with a gradient', 'an input, or detached')
}

const first = (slab: Slab): number => valuesOf(slab)[0] as number

/** A slab of one number. */
function single(slab: Slab, value: number): Slab {
  valuesOf(slab)[0] = value
  return slab
}

/** −ln of the probability that softmax gives the target, the mean of the rows: logits [rows × classes], targets from `indices`. */
export function crossEntropy(tape: Tape, logits: Tensor, targets: Slab): Tensor {
  const columns = fromEnd(logits.shape, 1)
  demand(logits.slab.length === targets.length * columns, 'targets', targets.length, shapeText(logits.shape))
  const opened = open(tape, 'cross-entropy', [logits])
  const [a] = opened.inputs as [Tensor]
  const y = room(opened, a.slab.length)
  logSoftmax(y, a.slab, columns)
  const loss = single(room(opened, 1), nllLoss(y, targets, columns) / targets.length)
  return close(opened, { shape: [1], slab: loss }, (gradient, give) => {
    const to = room(opened, y.length)
    crossEntropyBackward(to, y, targets, columns, first(gradient) / targets.length)
    give(0, to)
  })
}

/** −t ln σ(x) − (1 − t) ln(1 − σ(x)), the mean of all: targets in [0, 1], of the same shape. */
export function bceWithLogits(tape: Tape, logits: Tensor, targets: Tensor): Tensor {
  checkTargets(logits, targets)
  const opened = open(tape, 'bce-with-logits', [logits, targets])
  const [a, t] = opened.inputs as [Tensor, Tensor]
  const n = a.slab.length
  const each = room(opened, n)
  bceOfValues(each, a.slab, t.slab)
  const loss = single(room(opened, 1), sum(each) / n)
  return close(opened, { shape: [1], slab: loss }, (gradient, give) => {
    const to = room(opened, n)
    bceWithLogitsBackward(to, a.slab, t.slab, first(gradient) / n)
    give(0, to)
  })
}

/** (x − target)², the mean of all. */
export function mse(tape: Tape, x: Tensor, targets: Tensor): Tensor {
  checkTargets(x, targets)
  const opened = open(tape, 'mse', [x, targets])
  const [a, t] = opened.inputs as [Tensor, Tensor]
  const n = a.slab.length
  const loss = single(room(opened, 1), squaredError(a.slab, t.slab) / n)
  return close(opened, { shape: [1], slab: loss }, (gradient, give) => {
    const to = room(opened, n)
    squaredErrorBackward(to, a.slab, t.slab, (2 * first(gradient)) / n)
    give(0, to)
  })
}
