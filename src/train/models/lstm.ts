/** A recurrent network: LSTM layers that read a series, and a linear layer on their last state. */
import { type CellState, type CellWeights, lstmCell } from '../../tensor/layers.js'
import { input, named } from '../../tensor/leaves.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import { uniformValues } from '../initial.js'
import type { Make } from '../task.js'
import { dense, through } from './dense.js'

export interface LstmShape {
  readonly width: number
  readonly layers: number
  readonly outputs: number
}

export interface Lstm {
  readonly parameters: readonly Parameter[]
  /** One number a time step for each series, [rows] each, the oldest first → [rows × outputs]. */
  forward(tape: Tape, series: readonly ArrayLike<number>[]): Tensor
}

/** Initial values as PyTorch's, uniform within ±1 / √width: the forget gates begin about half open. */
export function lstm(make: Make, seed: number, { width, layers, outputs }: LstmShape): Lstm {
  const of = (name: string, shape: readonly number[]): Parameter => {
    const count = shape.reduce((product, side) => product * side, 1)
    return make(name, shape, uniformValues(seed, name, count, 1 / Math.sqrt(width)))
  }
  const cells = Array.from(
    { length: layers },
    (_, i): CellWeights & { readonly [Key in keyof CellWeights]: Parameter } => {
      const name = `lstm${i + 1}`
      return {
        input: of(`${name}.input`, [4 * width, i === 0 ? 1 : width]),
        hidden: of(`${name}.hidden`, [4 * width, width]),
        inputBias: of(`${name}.inputBias`, [4 * width]),
        hiddenBias: of(`${name}.hiddenBias`, [4 * width]),
      }
    },
  )
  const head = dense(make, seed, 'head', width, outputs)
  return {
    parameters: [
      ...cells.flatMap((each) => [each.input, each.hidden, each.inputBias, each.hiddenBias]),
      ...head.parameters,
    ],
    forward(tape, series) {
      const rows = series[0]?.length ?? 0
      let sequence = series.map((values) => input(tape, [rows, 1], values))
      for (const [i, weights] of cells.entries()) {
        const zeros = (): Tensor => input(tape, [rows, width], new Float32Array(rows * width))
        let state: CellState = { hidden: zeros(), cell: zeros() }
        sequence = sequence.map((x, time) => {
          state = lstmCell(tape, x, state, weights)
          // The first and the last state of a layer: between them the gradient has gone through all of time.
          if (time === 0) named(tape, state.hidden, `lstm${i + 1}.first`)
          if (time === sequence.length - 1) named(tape, state.hidden, `lstm${i + 1}.last`)
          return state.hidden
        })
      }
      return through(tape, head, sequence.at(-1) as Tensor)
    },
  }
}
