/** A multi-layer perceptron: linear layers with ReLU between them. */
import { relu } from '../../tensor/activations.js'
import { named } from '../../tensor/leaves.js'
import { linear } from '../../tensor/linear.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import { uniformValues } from '../initial.js'
import type { Make } from '../task.js'

export interface Mlp {
  readonly parameters: readonly Parameter[]
  forward(tape: Tape, x: Tensor): Tensor
}

/** Layers of these widths, the input's first; initial values as PyTorch's linear has them, uniform within ±1 / √inputs. */
export function mlp(make: Make, seed: number, widths: readonly number[]): Mlp {
  const layers = widths.slice(1).map((outputs, i) => {
    const inputs = widths[i] as number
    const bound = 1 / Math.sqrt(inputs)
    const of = (name: string, shape: readonly number[], count: number): Parameter =>
      make(name, shape, uniformValues(seed, name, count, bound))
    const name = `linear${i + 1}`
    return {
      name,
      weight: of(`${name}.weight`, [outputs, inputs], outputs * inputs),
      bias: of(`${name}.bias`, [outputs], outputs),
    }
  })
  return {
    parameters: layers.flatMap(({ weight, bias }) => [weight, bias]),
    forward(tape, x) {
      let h = x
      for (const [i, { name, weight, bias }] of layers.entries()) {
        h = named(tape, linear(tape, h, weight, bias), `${name}.out`)
        if (i + 1 < layers.length) h = relu(tape, h)
      }
      return h
    },
  }
}
