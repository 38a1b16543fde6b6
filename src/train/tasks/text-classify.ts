/** Where a sentence is from, told by a transformer that was trained before in FP32 and is now trained on, gently. */

import type { LabelledTextDataset, LabelledTextSplit } from '../../data/dataset/text.js'
import { loadDataset } from '../../data/dataset.js'
import { valuesOf } from '../../kernel/arena.js'
import { largestOfRows } from '../../tensor/activations.js'
import { indices, input, numberIn } from '../../tensor/leaves.js'
import { matmul } from '../../tensor/linear.js'
import { crossEntropy } from '../../tensor/losses.js'
import { reshape } from '../../tensor/shapes.js'
import { part, type Tape } from '../../tensor/tape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { dense, through } from '../models/dense.js'
import { transformer } from '../models/transformer.js'
import { scheduleNamed } from '../recipe.js'
import type { Make, Model, Task } from '../task.js'
import { train } from '../trainer.js'
import { shareError } from './classify.js'

interface Shape {
  readonly width: number
  readonly heads: number
  readonly layers: number
}

/** Sentences tested at once. */
const chunk = 64

/** The training before: on the same sentences, with a rate at which networks learn from the start. */
const before = { lr: 1e-3, batch: 16, steps: 12 } as const

interface Sentences {
  readonly tokens: Uint16Array
  /** [sentences × 1 × length]: 1/words for a word, 0 for what fills up. */
  readonly shares: Float32Array
  readonly labels: readonly number[]
}

function pick({ tokens, lengths, labels }: LabelledTextSplit, length: number, samples: readonly number[]): Sentences {
  const chosen = new Uint16Array(samples.length * length)
  const shares = new Float32Array(samples.length * length)
  for (const [row, i] of samples.entries()) {
    chosen.set(tokens.subarray(i * length, (i + 1) * length), row * length)
    const words = lengths[i] as number
    shares.fill(1 / words, row * length, row * length + words)
  }
  return { tokens: chosen, shares, labels: samples.map((i) => labels[i] as number) }
}

/**
 * The mean over the words of a sentence of what the transformer makes of them, then a linear layer. What fills up a sentence
 * stands behind its words, where no word sees it.
 */
function classifierOf(make: Make, seed: number, data: LabelledTextDataset, shape: Shape) {
  const { vocabulary, length, classes } = data
  const network = transformer(make, seed, { ...shape, vocabulary: vocabulary.length, context: length })
  const head = dense(make, seed, 'head', shape.width, classes.length)
  return {
    parameters: [...network.parameters, ...head.parameters],
    logits(tape: Tape, { tokens, shares, labels }: Sentences): Tensor {
      const rows = labels.length
      const words = network.forward(tape, tokens)
      const mean = matmul(tape, input(tape, [rows, 1, length], shares), words)
      return through(tape, head, reshape(tape, mean, [rows, shape.width]))
    },
  }
}

function build(data: LabelledTextDataset, shape: Shape, start: ReadonlyMap<string, Float32Array> | undefined) {
  return (make: Make, seed: number): Model => {
    const warm: Make = (name, sides, values) => make(name, sides, start?.get(name) ?? values)
    const { parameters, logits } = classifierOf(warm, seed, data, shape)
    const classes = data.classes.length
    const run = (tape: Tape, split: LabelledTextSplit, samples: readonly number[]) => {
      const sentences = pick(split, data.length, samples)
      const out = logits(tape, sentences)
      return { out, labels: sentences.labels, loss: crossEntropy(tape, out, indices(tape, sentences.labels, classes)) }
    }
    return {
      phases: [{ name: '', parameters, loss: (tape, samples) => run(tape, data.train, samples).loss }],
      evaluate(tape) {
        const { test } = data
        let [right, loss] = [0, 0]
        for (let from = 0; from < test.count; from += chunk) {
          const samples = Array.from({ length: Math.min(chunk, test.count - from) }, (_, i) => from + i)
          part(tape, () => {
            const told = run(tape, test, samples)
            loss += (numberIn(told.loss) * samples.length) / test.count
            const values = valuesOf(told.out.slab)
            for (const [i, best] of largestOfRows(told.out).entries())
              if (best === told.labels[i] && !Number.isNaN(values[i * classes + best])) right++
          })
        }
        const accuracy = right / test.count
        return { accuracy, accuracyError: shareError(accuracy, test.count), testLoss: loss }
      },
    }
  }
}

const measuresOf = ({ test, classes }: LabelledTextDataset): Task['measures'] => {
  const counts = classes.map((_, k) => test.labels.filter((label) => label === k).length)
  return [
    { name: 'accuracy', better: 'higher', as: 'percent', naive: Math.max(...counts) / test.count },
    { name: 'testLoss', better: 'lower', as: 'number' },
  ]
}

/** The weights after the training before. */
async function startOf(task: Task, seed: number): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = new Map<string, Float32Array>()
  const watched: Task = {
    ...task,
    build(make, buildSeed) {
      const model = task.build(make, buildSeed)
      const evaluate = (): Record<string, number> => {
        for (const { parameters } of model.phases)
          for (const { name, slab } of parameters) weights.set(name, valuesOf(slab).slice())
        return {}
      }
      return { phases: model.phases, evaluate }
    },
  }
  const { lr, batch, steps } = before
  await train(watched, scheduleNamed('fp32'), { seed, steps, batch, optimizer: 'adamw', hyper: { lr } })
  return weights
}

/** Starts that were made already; each is a function of its key. */
const starts = new Map<string, Promise<ReadonlyMap<string, Float32Array>>>()

export async function classify(name: 'authors' | 'shijing-parts', shape: Shape, seed: number): Promise<Task> {
  const data = await loadDataset(name)
  const task: Task = {
    name: 'text',
    data: name,
    samples: data.train.count,
    measures: measuresOf(data),
    build: build(data, shape, undefined),
  }
  const key = JSON.stringify([name, shape, seed])
  const start = starts.get(key) ?? startOf(task, seed)
  starts.set(key, start)
  return { ...task, build: build(data, shape, await start) }
}
