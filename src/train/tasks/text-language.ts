/** The next character of a text, told by a transformer: bits per character, and what it writes by itself. */

import { windowsAt, windowsInOrder } from '../../data/dataset/order.js'
import { type TextDataset, textOf } from '../../data/dataset/text.js'
import { loadDataset } from '../../data/dataset.js'
import { uniform } from '../../data/rng.js'
import { valuesOf } from '../../kernel/arena.js'
import { exp, log } from '../../kernel/kernel.js'
import { indices, numberIn } from '../../tensor/leaves.js'
import { crossEntropy } from '../../tensor/losses.js'
import { reshape } from '../../tensor/shapes.js'
import { part, type Tape } from '../../tensor/tape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { seedOfName } from '../initial.js'
import { dense, through } from '../models/dense.js'
import { transformer } from '../models/transformer.js'
import type { Make, Model, Task } from '../task.js'

/** Characters that are read at once. */
const context = 64
/** Characters that the network writes at the end. */
const written = 60
/** Logits are multiplied by this before a character is drawn: half of the usual temperature, for likelier words. */
const sharpness = 2
/** Windows tested at once. */
const chunk = 32

const bits = (nats: number): number => nats / log(2)

/** Of the test text in bits a character, if one knew only how frequent each character is in the training text. */
function frequencyBits({ vocabulary, train, test }: TextDataset): number {
  const counts = new Float64Array(vocabulary.length).fill(1)
  for (const token of train) counts[token] = (counts[token] as number) + 1
  const all = train.length + vocabulary.length
  let nats = 0
  for (const token of test) nats -= log((counts[token] as number) / all)
  return bits(nats / test.length)
}

/** Draws an index with the probabilities of softmax of the logits, sharpened; undefined where a logit is not finite. */
export function drawn(logits: ArrayLike<number>, u: number): number | undefined {
  const values = Array.from(logits)
  if (!values.every(Number.isFinite)) return undefined
  const top = values.reduce((a, b) => Math.max(a, b))
  const weights = values.map((x) => exp(sharpness * (x - top)))
  let left = u * weights.reduce((a, b) => a + b, 0)
  for (const [i, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return i
  }
  return weights.length - 1
}

interface Language {
  /** Rows of `context` characters → logits [rows · context × vocabulary]. */
  readonly logits: (tape: Tape, tokens: ArrayLike<number>) => Tensor
  readonly data: TextDataset
}

/** The mean loss of these windows, each one character longer than the context. */
function lossOf(tape: Tape, { logits, data }: Language, starts: ArrayLike<number>, from: Uint16Array): Tensor {
  const windows = windowsAt(from, context + 1, starts)
  const last = (i: number): boolean => i % (context + 1) === context
  const first = (i: number): boolean => i % (context + 1) === 0
  const seen = windows.filter((_, i) => !last(i))
  const next = windows.filter((_, i) => !first(i))
  return crossEntropy(tape, logits(tape, seen), indices(tape, next, data.vocabulary.length))
}

/** Bits a character over the whole test text, in windows that do not overlap. */
function bitsPerCharacter(tape: Tape, language: Language): number {
  const { test } = language.data
  const starts = windowsInOrder(test.length, context + 1, context)
  let nats = 0
  for (let i = 0; i < starts.length; i += chunk) {
    const some = starts.subarray(i, i + chunk)
    const loss = part(tape, () => numberIn(lossOf(tape, language, some, test)))
    nats += (loss * some.length) / starts.length
  }
  return bits(nats)
}

/** What the network writes after a line end, on one line; '' where it is broken. */
function sample(tape: Tape, { logits, data }: Language, seed: number): string {
  const own = seedOfName(seed, 'sample')
  const { vocabulary } = data
  const text = [Math.max(0, vocabulary.indexOf('\n'))]
  while (text.length <= written) {
    const recent = text.slice(-context)
    const tokens = new Uint16Array(context)
    tokens.set(recent)
    const row = recent.length - 1
    const token = part(tape, () => {
      const values = valuesOf(logits(tape, tokens).slab)
      return drawn(values.subarray(row * vocabulary.length, (row + 1) * vocabulary.length), uniform(own, text.length))
    })
    if (token === undefined) return ''
    text.push(token)
  }
  return textOf(vocabulary, text.slice(1)).replaceAll('\n', ' ').trim()
}

function build(data: TextDataset, shape: { width: number; heads: number; layers: number }) {
  return (make: Make, seed: number): Model => {
    const vocabulary = data.vocabulary.length
    const network = transformer(make, seed, { ...shape, vocabulary, context })
    const head = dense(make, seed, 'head', shape.width, vocabulary)
    const language: Language = {
      data,
      logits: (tape, tokens) =>
        reshape(tape, through(tape, head, network.forward(tape, tokens)), [tokens.length, vocabulary]),
    }
    const places = data.train.length - context
    const own = seedOfName(seed, 'windows')
    return {
      phases: [
        {
          name: '',
          parameters: [...network.parameters, ...head.parameters],
          loss: (tape, samples) => {
            const starts = samples.map((i) => Math.floor(uniform(own, i) * places))
            return lossOf(tape, language, starts, data.train)
          },
        },
      ],
      evaluate: (tape) => ({ bits: bitsPerCharacter(tape, language) }),
      show: (tape) => [{ kind: 'text', text: sample(tape, language, seed) }],
    }
  }
}

/** Windows of the training text at places that the seed draws, for ever. */
export async function language(
  name: 'moby-dick' | 'shijing',
  shape: { width: number; heads: number; layers: number },
): Promise<Task> {
  const data = await loadDataset(name)
  return {
    name: 'text',
    data: name,
    samples: undefined,
    measures: [{ name: 'bits', better: 'lower', as: 'number', naive: frequencyBits(data) }],
    build: build(data, shape),
  }
}
