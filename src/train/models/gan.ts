/** Two networks against each other: a generator that makes points of noise, a discriminator that tells them from real ones. */
import { relu, tanh } from '../../tensor/activations.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import type { Make } from '../task.js'
import { dense, through } from './dense.js'

export interface GanShape {
  /** Numbers of noise that a point is made of. */
  readonly noise: number
  readonly width: number
  /** Hidden layers of each network. */
  readonly layers: number
}

export interface Network {
  readonly parameters: readonly Parameter[]
  forward(tape: Tape, x: Tensor): Tensor
}

type Activation = (tape: Tape, x: Tensor) => Tensor

/** Linear layers of these widths, the activation between them. */
function network(make: Make, seed: number, name: string, widths: readonly number[], activation: Activation): Network {
  const layers = widths.slice(1).map((outputs, i) => dense(make, seed, `${name}${i + 1}`, widths[i] as number, outputs))
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    forward: (tape, x) => layers.reduce((h, each, i) => through(tape, each, i === 0 ? h : activation(tape, h)), x),
  }
}

/** The generator gives points [n × 2]; the discriminator logits [n × 1], positive for what it takes for real. */
export function gan(make: Make, seed: number, { noise, width, layers }: GanShape) {
  const hidden = Array.from({ length: layers }, () => width)
  return {
    generator: network(make, seed, 'generator', [noise, ...hidden, 2], tanh),
    discriminator: network(make, seed, 'discriminator', [2, ...hidden, 1], relu),
  }
}
