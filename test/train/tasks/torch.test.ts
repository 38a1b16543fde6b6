/** One step of each task against PyTorch 1.13.1, from equal weights: the networks on drawn data, the tasks on the real ones. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { add } from '../../../src/tensor/activations.js'
import { backward } from '../../../src/tensor/backward.js'
import { clearGradients, detach, gradientOf, indices, input, numberIn, parameter } from '../../../src/tensor/leaves.js'
import { bceWithLogits, crossEntropy, mse } from '../../../src/tensor/losses.js'
import { closeTape, newTape, step, type Tape } from '../../../src/tensor/tape.js'
import { type Parameter, sizeOf, type Tensor } from '../../../src/tensor/tensor.js'
import { dense, through } from '../../../src/train/models/dense.js'
import { gan } from '../../../src/train/models/gan.js'
import { lstm } from '../../../src/train/models/lstm.js'
import { transformer } from '../../../src/train/models/transformer.js'
import type { Make, TaskKind, TaskOptions } from '../../../src/train/task.js'
import { series } from '../../../src/train/tasks/series.js'
import { text } from '../../../src/train/tasks/text.js'
import { root } from '../../support.js'
import { below, floats, fromHex, ulpsOfLargest } from '../../tensor/draws.js'
import { text as drawnText, initial } from '../../tensor/models.js'
import { answers as networks } from '../../tensor/training.js'

/** In units of the last place of a tensor's largest; the largest measured is 6. */
const ulps = 16
const relative = 1e-5

interface Gradient {
  readonly name?: string
  readonly largest: number
  readonly stride: number
  readonly values: string
}

function sameGradients(ours: readonly Parameter[], theirs: readonly Gradient[]): void {
  assert.equal(ours.length, theirs.length)
  for (const [i, { largest, stride, values, name = '' }] of theirs.entries()) {
    const own = ours[i] as Parameter
    const apart = ulpsOfLargest(
      gradientOf(own).filter((_, at) => at % stride === 0),
      fromHex(values),
      largest,
    )
    assert.ok(apart <= ulps, `${own.name} ${name}: ${apart} ulps`)
  }
}

/** What a network is made with: the weights of the answers, in the order in which it asks for them. */
function making(tape: Tape, weights: (number: number, shape: readonly number[], name: string) => Float32Array) {
  const parameters: Parameter[] = []
  const make: Make = (name, shape) => {
    const made = parameter(tape, name, shape, weights(parameters.length, shape, name))
    parameters.push(made)
    return made
  }
  return { make, parameters }
}

/** The network of an answer of ../../tensor: its first loss, and the gradients of the parameters that begin with `prefix`. */
function network(
  name: string,
  prefix: string,
  build: (make: Make) => (tape: Tape, parameters: readonly Parameter[]) => Tensor,
): void {
  const answer = networks[name]
  assert.ok(answer)
  const tape = newTape({ precisions: () => ({}) })
  const { make, parameters } = making(tape, (number, shape) => {
    const recipe = answer.parameters[number]
    assert.deepEqual(shape, recipe?.shape)
    return initial(recipe as (typeof answer.parameters)[number], number)
  })
  const lossOf = build(make)
  step(tape, 0, () => {
    const loss = lossOf(tape, parameters)
    backward(tape, loss)
    const wanted = answer.losses[0]?.[0] as number
    assert.ok(Math.abs(numberIn(loss) / wanted - 1) <= relative, `${numberIn(loss)}, not ${wanted}`)
    sameGradients(
      parameters.filter((_, i) => answer.parameters[i]?.name.startsWith(prefix)),
      Object.entries(answer.gradients).flatMap(([key, each]) =>
        key.startsWith(prefix) ? [{ ...each, name: key }] : [],
      ),
    )
  })
  closeTape(tape)
}

test('the transformer', () =>
  network('transformer', '', (make) => {
    const body = transformer(make, 1, { vocabulary: 80, context: 64, width: 64, heads: 4, layers: 2 })
    const head = dense(make, 1, 'head', 64, 80)
    const { seen, next } = drawnText(0)
    return (tape) => crossEntropy(tape, through(tape, head, body.forward(tape, seen)), indices(tape, next, 80))
  }))

test('the LSTM', () =>
  network('lstm', '', (make) => {
    const { forward } = lstm(make, 1, { width: 24, layers: 1, outputs: 1 })
    const noise = floats(5000, 8 * 13, 0.125)
    const first = below(4000, 8, 8)
    const column = (i: number): number[] =>
      first.map((from, row) => Math.fround(Math.fround(((from + i) % 8) / 4) + (noise[row * 13 + i] as number)))
    const columns = Array.from({ length: 12 }, (_, i) => column(i))
    return (tape) => mse(tape, forward(tape, columns), input(tape, [8, 1], column(12)))
  }))

test('the generator and the discriminator', () =>
  network('gan', 'd', (make) => {
    const { generator, discriminator } = gan(make, 1, { noise: 4, width: 32, layers: 1 })
    const which = below(2000, 32, 4)
    const points = floats(2500, 64, 0.125).map((x, i) => {
      const centre = which[i >> 1] as number
      return x + ((i & 1) === 0 ? 1 - 2 * (centre & 1) : 1 - 2 * (centre >> 1))
    })
    return (tape) => {
      const judged = (x: Tensor, target: number): Tensor =>
        bceWithLogits(tape, discriminator.forward(tape, x), input(tape, [32, 1], new Float32Array(32).fill(target)))
      const fake = generator.forward(tape, input(tape, [32, 4], floats(1500, 128)))
      return add(tape, judged(input(tape, [32, 2], points), 1), judged(detach(fake), 0))
    }
  }))

interface Answer {
  readonly loss: number
  readonly gradients: readonly Gradient[]
  readonly naive?: number
}

const real: Readonly<Record<string, Answer>> = JSON.parse(
  readFileSync(join(root, 'test/vectors/tasks/answers.json'), 'utf8'),
)

/** A task as `load` gives it, with the weights of make.py; two steps, for the first must leave nothing behind. */
async function onData(kind: TaskKind, o: TaskOptions, name: string, samples: readonly number[]): Promise<void> {
  const answer = real[name] as Answer
  const task = await kind.load(o, 1)
  const tape = newTape({ precisions: () => ({}) })
  const { make, parameters } = making(tape, (number, shape, key) =>
    floats(100 + number, sizeOf(shape), 0.125).map((x) => (key.includes('norm') && key.endsWith('weight') ? 1 + x : x)),
  )
  const [phase] = task.build(make, 1).phases
  assert.ok(phase)
  assert.deepEqual(
    phase.parameters.map((each) => each.name),
    answer.gradients.map((each) => each.name),
  )
  for (const number of [0, 1])
    step(tape, number, () => {
      clearGradients(tape)
      const loss = phase.loss(tape, samples)
      backward(tape, loss)
      assert.ok(Math.abs(numberIn(loss) / answer.loss - 1) <= relative, `${numberIn(loss)}, not ${answer.loss}`)
      sameGradients(parameters, answer.gradients)
    })
  closeTape(tape)
  if (answer.naive !== undefined)
    assert.ok(Math.abs((task.measures[0].naive as number) / answer.naive - 1) < 1e-12, `${task.measures[0].naive}`)
}

test('series, carbon dioxide: windows, loss, gradients, and the naive forecast', () =>
  onData(series, { data: 'co2' }, 'co2', [0, 7, 100, 333, 504, 21, 250, 480]))

test('series, temperatures', () => onData(series, { data: 'seattle' }, 'seattle', [0, 13, 500, 1061, 777, 31]))

test('text, classify: words, padding that does not matter, loss and gradients', () =>
  onData(text, { variant: 'classify', width: 32, depth: 1 }, 'authors', [0, 1, 777, 1999, 1200, 64]))
