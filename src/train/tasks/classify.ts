/** What tasks with classes share: a loss over samples, and accuracy and loss on test data. */
import { valuesOf } from '../../kernel/arena.js'
import { largestOfRows } from '../../tensor/activations.js'
import { indices, input, numberIn } from '../../tensor/leaves.js'
import { crossEntropy } from '../../tensor/losses.js'
import type { Tape } from '../../tensor/tape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { Measure, Phase } from '../task.js'

export interface Labelled {
  readonly count: number
  /** Numbers of one sample. */
  readonly size: number
  /** Sample after sample. */
  readonly values: Float32Array
  readonly labels: ArrayLike<number>
}

/** The values and labels of these samples. */
export function pick({ size, values, labels }: Labelled, samples: readonly number[]) {
  const out = new Float32Array(samples.length * size)
  for (const [i, sample] of samples.entries()) out.set(values.subarray(sample * size, (sample + 1) * size), i * size)
  return { values: out, labels: samples.map((sample) => labels[sample] as number) }
}

/** The share of the most frequent class: what one gets without learning. */
function mostFrequent({ labels, count }: Labelled, classes: number): number {
  const counts = new Array<number>(classes).fill(0)
  for (let i = 0; i < count; i++) counts[labels[i] as number] = (counts[labels[i] as number] as number) + 1
  return Math.max(...counts) / count
}

export const classMeasures = (test: Labelled, classes: number): readonly [Measure, ...Measure[]] => [
  { name: 'accuracy', better: 'higher', as: 'percent', naive: mostFrequent(test, classes) },
  { name: 'testLoss', better: 'lower', as: 'number' },
]

export interface Classifier {
  readonly train: Labelled
  readonly test: Labelled
  readonly classes: number
  /** The shape of one sample. */
  readonly shape: readonly number[]
  readonly forward: (tape: Tape, x: Tensor) => Tensor
}

/** By how much a share of `count` samples may be off by chance: its standard error, half a sample at least. */
export const shareError = (share: number, count: number): number =>
  Math.max(Math.sqrt((share * (1 - share)) / count), 0.5 / count)

/** Samples tested at once. */
const chunk = 256

export const classLoss =
  ({ train, classes, shape, forward }: Classifier): Phase['loss'] =>
  (tape, samples) => {
    const { values, labels } = pick(train, samples)
    const logits = forward(tape, input(tape, [samples.length, ...shape], values))
    return crossEntropy(tape, logits, indices(tape, labels, classes))
  }

/** Accuracy: where the largest logit is that of the label. A NaN is nobody's largest: it never counts as right. */
export function classMeasure({ test, classes, shape, forward }: Classifier, tape: Tape) {
  let [right, loss] = [0, 0]
  for (let from = 0; from < test.count; from += chunk) {
    const samples = Array.from({ length: Math.min(chunk, test.count - from) }, (_, i) => from + i)
    const { values, labels } = pick(test, samples)
    const logits = forward(tape, input(tape, [samples.length, ...shape], values))
    loss += (numberIn(crossEntropy(tape, logits, indices(tape, labels, classes))) * samples.length) / test.count
    const all = valuesOf(logits.slab)
    for (const [i, best] of largestOfRows(logits).entries())
      if (best === labels[i] && !all.subarray(i * classes, (i + 1) * classes).some(Number.isNaN)) right++
  }
  const accuracy = right / test.count
  return { accuracy, accuracyError: shareError(accuracy, test.count), testLoss: loss }
}
