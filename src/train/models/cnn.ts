/** A small convolutional network: two 3×3 convolutions with pooling, and a linear layer. */
import { relu } from '../../tensor/activations.js'
import { conv2d, maxPool } from '../../tensor/images.js'
import { named } from '../../tensor/leaves.js'
import { linear } from '../../tensor/linear.js'
import { reshape } from '../../tensor/shapes.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import { uniformValues } from '../initial.js'
import type { Make } from '../task.js'

export interface CnnShape {
  readonly width: number
  readonly height: number
  readonly classes: number
  /** Of the two convolutions. */
  readonly channels: readonly [number, number]
}

export interface Cnn {
  readonly parameters: readonly Parameter[]
  /** Images [n × height × width × 1] → logits [n × classes]. */
  forward(tape: Tape, x: Tensor): Tensor
}

/** conv 3×3, ReLU, max pool 2; once more; linear. Initial values as PyTorch's, uniform within ±1 / √inputs. */
export function cnn(make: Make, seed: number, { width, height, classes, channels: [c1, c2] }: CnnShape): Cnn {
  const half = (side: number): number => Math.floor(Math.floor(side / 2) / 2)
  const flat = half(width) * half(height) * c2
  const layer = (name: string, shape: readonly number[]): readonly [Parameter, Parameter] => {
    const [outputs = 1, ...rest] = shape
    const inputs = rest.reduce((product, side) => product * side, 1)
    const bound = 1 / Math.sqrt(inputs)
    return [
      make(`${name}.weight`, shape, uniformValues(seed, `${name}.weight`, outputs * inputs, bound)),
      make(`${name}.bias`, [outputs], uniformValues(seed, `${name}.bias`, outputs, bound)),
    ]
  }
  const conv1 = layer('conv1', [c1, 3, 3, 1])
  const conv2 = layer('conv2', [c2, 3, 3, c1])
  const fc = layer('fc', [classes, flat])
  return {
    parameters: [...conv1, ...conv2, ...fc],
    forward(tape, x) {
      let h = x
      for (const [name, [weight, bias]] of [
        ['conv1', conv1],
        ['conv2', conv2],
      ] as const) {
        h = named(tape, conv2d(tape, h, weight, bias, { padding: 1 }), `${name}.out`)
        h = maxPool(tape, relu(tape, h), 2)
      }
      return named(tape, linear(tape, reshape(tape, h, [x.shape[0] ?? 1, flat]), ...fc), 'fc.out')
    },
  }
}
