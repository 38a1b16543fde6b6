/** Gradients: how one arrives at a tensor, and the whole pass back. */
import type { Format } from '../format/format.js'
import type { Slab } from '../kernel/arena.js'
import { add, copy } from '../kernel/elementwise.js'
import { fp32, holds } from './precision.js'
import { gradientWay, lossesOf, roundWith, see, type Way } from './rounds.js'
import type { Node, Tape } from './tape.js'
import { demand, type Parameter, shapeText, sizeOf, type Tensor } from './tensor.js'

export interface Given {
  /** The format that the gradient's values are of already. Default: any float32. */
  readonly of?: Format | undefined
  /** It is also someone else's: not to be written to. */
  readonly borrowed?: boolean
  readonly way?: Way
}

/** A gradient arrives at a tensor. */
export function give(tape: Tape, to: Tensor, slab: Slab, { of, borrowed = false, way = {} }: Given): void {
  if (!to.wants) return
  let arrived = slab
  let owned = !borrowed
  if (!holds(to.gradient, of ?? fp32)) {
    if (!owned) {
      arrived = tape.fleeting.slab(slab.length)
      owned = true
    }
    roundWith(tape, arrived, to.gradient, gradientWay(way), lossesOf(tape, to), slab)
  } else tape.roundings++
  const before = to.grad
  if (before === undefined) {
    to.grad = arrived
    to.gradOwned = owned
    return
  }
  const sum = to.gradOwned ? before : owned ? arrived : tape.fleeting.slab(slab.length)
  add(sum, before, arrived)
  roundWith(tape, sum, to.gradient, gradientWay(way), lossesOf(tape, to))
  to.grad = sum
  to.gradOwned = true
}

/**
 * The gradients of `loss`, a single number, times `scale`, added to those of the parameters. What was recorded for it is
 * used up: a second backward pass through the same operations finds nothing.
 */
export function backward(tape: Tape, loss: Tensor, scale = 1): void {
  demand(sizeOf(loss.shape) === 1, 'loss', shapeText(loss.shape), '[1]')
  if (!loss.wants) return
  const { state } = tape
  give(tape, loss, tape.fleeting.of([scale]), {})
  const left: Node[] = []
  for (const node of state.nodes.toReversed()) {
    const { outputs } = node
    if (outputs.every(({ grad }) => grad === undefined)) {
      left.push(node)
      continue
    }
    const gradients = outputs.map((each) => each.grad && (node.receive?.(each.grad, each) ?? each.grad))
    for (const each of outputs)
      if (each.grad && each.name !== undefined) {
        see(tape, 'gradient', each, each.name, each.grad, each.gradient)
        // Shown, they are not to be found among those of tensors without a name.
        state.losses.delete(each)
      }
    node.backward(gradients)
    for (const each of outputs) each.grad = undefined
  }
  state.nodes = left.reverse()
  for (const each of tape.parameters) settle(tape, each)
}

/** What a backward pass gave a parameter goes into its total. */
function settle(tape: Tape, target: Parameter): void {
  const { grad, total, gradient, name } = target
  if (grad === undefined) return
  see(tape, 'parameter', target, name, grad, gradient)
  if (target.filled) {
    add(total, total, grad)
    roundWith(tape, total, gradient)
  } else copy(total, grad)
  target.filled = true
  target.grad = undefined
  tape.state.losses.delete(target)
}
