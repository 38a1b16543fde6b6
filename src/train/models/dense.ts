/** A linear layer with a name: its weight and its bias. */
import { named } from '../../tensor/leaves.js'
import { linear } from '../../tensor/linear.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import { uniformValues } from '../initial.js'
import type { Make } from '../task.js'

export interface Dense {
  readonly name: string
  /** The weight, then the bias. */
  readonly parameters: readonly [Parameter, Parameter]
}

/** Initial values as PyTorch's linear has them, uniform within ±1 / √inputs. */
export function dense(make: Make, seed: number, name: string, inputs: number, outputs: number): Dense {
  const of = (part: string, shape: readonly number[], count: number): Parameter =>
    make(`${name}.${part}`, shape, uniformValues(seed, `${name}.${part}`, count, 1 / Math.sqrt(inputs)))
  return {
    name,
    parameters: [of('weight', [outputs, inputs], outputs * inputs), of('bias', [outputs], outputs)],
  }
}

/** The layer at work; its output has the layer's name. */
export const through = (tape: Tape, { name, parameters: [weight, bias] }: Dense, x: Tensor): Tensor =>
  named(tape, linear(tape, x, weight, bias), `${name}.out`)
