/** Trains the networks of models.ts as models.py does: backward, then the optimizer of src/train. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { valuesOf } from '../../src/kernel/arena.js'
import { backward } from '../../src/tensor/backward.js'
import { clearGradients, gradientOf, numberIn, setParameter } from '../../src/tensor/leaves.js'
import { closeTape, newTape, step, type TapeOptions } from '../../src/tensor/tape.js'
import { optimizer } from '../../src/train/optimizer.js'
import { weightKeeper } from '../../src/train/weights.js'
import { root } from '../support.js'
import { build, goals, type Recipe } from './models.js'

export interface Sampled {
  readonly largest: number
  /** Every so many values are told. */
  readonly stride: number
  readonly values: string
}

export interface Answer {
  readonly parameters: readonly Recipe[]
  readonly gradients: Readonly<Record<string, Sampled>>
  /** For every step, one for every goal. */
  readonly losses: readonly (readonly number[])[]
}

const read = (name: string): Readonly<Record<string, Answer>> =>
  JSON.parse(readFileSync(join(root, 'test/vectors/tensor', name), 'utf8'))

export const answers = read('models.json')
/** The same with FP16 around every operation that autocast runs in it, the loss times 1024. */
export const halfAnswers = read('models-fp16.json')

export interface Trained {
  readonly losses: readonly (readonly number[])[]
  /** Of the first step. */
  readonly gradients: ReadonlyMap<string, Float32Array>
  /** After the last. */
  readonly weights: ReadonlyMap<string, Float32Array>
  readonly memory: number
}

export function train(
  name: string,
  steps: number,
  o: Partial<TapeOptions> & { readonly scale?: number } = {},
): Trained {
  const { scale = 1, ...options } = o
  const tape = newTape({ precisions: () => ({}), ...options })
  const p = build(tape, (answers[name] as Answer).parameters)
  const keeper = weightKeeper('plain', { format: 'fp32' })
  const parts = (goals[name] ?? []).map((goal) => {
    const recipe = optimizer(goal.optimizer, goal.hyper)
    const moved = tape.parameters
      .filter((each) => each.name.startsWith(goal.prefix))
      .map((each) => ({
        target: each,
        weights: keeper.init(valuesOf(each.slab)),
        state: recipe.init(each.slab.length),
      }))
    return { goal, recipe, moved }
  })
  const losses: number[][] = []
  const gradients = new Map<string, Float32Array>()
  for (let number = 0; number < steps; number++) {
    const row: number[] = []
    step(tape, number, () => {
      for (const { goal, recipe, moved } of parts) {
        clearGradients(tape)
        const loss = goal.loss(tape, p, number)
        backward(tape, loss, scale)
        for (const each of moved) {
          const gradient = Float32Array.from(gradientOf(each.target), (x) => x / scale)
          if (number === 0) gradients.set(each.target.name, gradient)
          const { state, move } = recipe.next(each.state, each.weights.held, gradient)
          each.state = state
          each.weights = keeper.next(each.weights, move)
          setParameter(tape, each.target, each.weights.seen)
        }
        row.push(numberIn(loss))
      }
    })
    losses.push(row)
  }
  const weights = new Map(tape.parameters.map((each) => [each.name, Float32Array.from(valuesOf(each.slab))]))
  const memory = valuesOf({ at: 0, length: 0 }).buffer.byteLength
  closeTape(tape)
  return { losses, gradients, weights, memory }
}
