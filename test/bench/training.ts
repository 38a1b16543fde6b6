/** Steps of whole trainings, timed side by side in several recipes: `node dist/test/bench/training.js`. */

import { asFormat } from '../../src/format/parse.js'
import { valuesOf } from '../../src/kernel/arena.js'
import { backward } from '../../src/tensor/backward.js'
import { scaleGradients } from '../../src/tensor/gradients.js'
import { clearGradients, gradientOf, indices, input, numberIn, setParameter } from '../../src/tensor/leaves.js'
import { crossEntropy } from '../../src/tensor/losses.js'
import type { Precisions } from '../../src/tensor/precision.js'
import { newTape, step } from '../../src/tensor/tape.js'
import { optimizer } from '../../src/train/optimizer.js'
import { weightKeeper } from '../../src/train/weights.js'
import { autocast } from '../tensor/autocast.js'
import { below, floats } from '../tensor/draws.js'
import { build, digitsNetwork, goals } from '../tensor/models.js'
import { answers, train } from '../tensor/training.js'

const recipes: Readonly<Record<string, Precisions>> = {
  fp32: () => ({}),
  'fp16-amp': autocast(asFormat('fp16')),
  'bf16-amp': autocast(asFormat('bf16')),
  'fp16-amp, fp16 sums': autocast(asFormat('fp16'), { accumulate: 'fp16' }),
}

/** A step of a network, and of it the part of the optimizer, as functions to be timed. */
export function trainer(name: string, precisions: Precisions): (number: number) => { whole: number; moving: number } {
  const tape = newTape({ precisions })
  const p = build(tape, answers[name]?.parameters ?? [])
  const goal = goals[name]?.[0]
  if (goal === undefined) throw new Error(name)
  const recipe = optimizer(goal.optimizer, goal.hyper)
  const keeper = weightKeeper('plain', { format: 'fp32' })
  const moved = tape.parameters.map((target) => ({
    target,
    weights: keeper.init(valuesOf(target.slab)),
    state: recipe.init(target.slab.length),
  }))
  const images = { values: floats(1, 1437 * 64), labels: below(2, 1437, 10) }
  const cnn = (number: number) => {
    const first = (number % 45) * 32
    const n = Math.min(32, 1437 - first)
    const shown = input(tape, [n, 8, 8, 1], images.values.subarray(first * 64, (first + n) * 64))
    return crossEntropy(tape, digitsNetwork(tape, p, shown), indices(tape, images.labels.slice(first, first + n), 10))
  }
  return (number) => {
    const start = performance.now()
    let moving = 0
    step(tape, number, () => {
      clearGradients(tape)
      const loss = name === 'cnn' ? cnn(number) : goal.loss(tape, p, number)
      backward(tape, loss, 1024)
      if (!Number.isFinite(numberIn(loss))) throw new Error('diverged')
      const before = performance.now()
      scaleGradients(tape.parameters, 1 / 1024)
      for (const each of moved) {
        const { state, move } = recipe.next(each.state, each.weights.held, gradientOf(each.target))
        each.state = state
        each.weights = keeper.next(each.weights, move)
        setParameter(tape, each.target, each.weights.seen)
      }
      moving = performance.now() - before
    })
    return { whole: performance.now() - start, moving }
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number

/** Nothing is timed that does not agree with PyTorch: the first loss of the transformer. */
function check(): void {
  const ours = train('transformer', 1).losses[0]?.[0] ?? Number.NaN
  const theirs = answers['transformer']?.losses[0]?.[0] ?? Number.NaN
  if (!(Math.abs(ours / theirs - 1) < 1e-5)) throw new Error(`${ours}, not ${theirs}`)
}

/** The recipes in turn, many times: a machine that slows down slows them all. */
export function trainingBench(rounds = 9): void {
  check()
  for (const { name, steps, what, target } of [
    { name: 'transformer', steps: 1, what: 'a step of the transformer', target: 45 },
    { name: 'cnn', steps: 45, what: 'an epoch of the digits CNN', target: 250 },
  ]) {
    console.log(`\nTraining: ${what}, median of ${rounds} in turn (target <= ${target} ms fp16-amp)`)
    const trainers = Object.entries(recipes).map(([recipe, precisions]) => ({
      recipe,
      run: trainer(name, precisions),
      whole: [] as number[],
      moving: [] as number[],
    }))
    for (const each of trainers) for (let i = 0; i < Math.max(3, steps); i++) each.run(i)
    for (let round = 0; round < rounds; round++)
      for (const each of trainers) {
        let [whole, moving] = [0, 0]
        for (let i = 0; i < steps; i++) {
          const time = each.run(i)
          whole += time.whole
          moving += time.moving
        }
        each.whole.push(whole)
        each.moving.push(moving)
      }
    for (const { recipe, whole, moving } of trainers) {
      const ratio = median(whole.map((time, i) => time / (trainers[0]?.whole[i] as number)))
      const parts = `${median(whole).toFixed(1).padStart(8)} ms, the optimizer ${median(moving).toFixed(1)}`
      console.log(`  ${recipe.padEnd(22)}${parts}   ${ratio.toFixed(2)} x fp32`)
    }
  }
}

if (process.argv[1]?.endsWith('training.js')) trainingBench()
