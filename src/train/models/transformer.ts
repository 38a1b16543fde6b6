/** A causal transformer, as GPT-2 is built: layer norm before attention and before the wide layer, each added to its input. */
import { add, gelu } from '../../tensor/activations.js'
import { attention, embedding, layerNorm } from '../../tensor/layers.js'
import { indices } from '../../tensor/leaves.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter, Tensor } from '../../tensor/tensor.js'
import { normalValues } from '../initial.js'
import type { Make } from '../task.js'
import { type Dense, dense, through } from './dense.js'

export interface TransformerShape {
  readonly vocabulary: number
  /** Signs that are read at once. */
  readonly context: number
  readonly width: number
  readonly heads: number
  readonly layers: number
}

export interface Transformer {
  readonly parameters: readonly Parameter[]
  /** Rows of `context` numbers, one after the other → [rows × context × width], the last layer norm included. */
  forward(tape: Tape, tokens: ArrayLike<number>): Tensor
}

/** The weight and the bias of a layer norm. */
function norm(make: Make, name: string, width: number): readonly [Parameter, Parameter] {
  return [
    make(`${name}.weight`, [width], new Float32Array(width).fill(1)),
    make(`${name}.bias`, [width], new Float32Array(width)),
  ]
}

interface Layer {
  readonly before: readonly [Parameter, Parameter]
  readonly mixed: Dense
  readonly out: Dense
  readonly between: readonly [Parameter, Parameter]
  readonly up: Dense
  readonly down: Dense
}

function layerOf(make: Make, seed: number, name: string, width: number): Layer {
  return {
    before: norm(make, `${name}.norm1`, width),
    mixed: dense(make, seed, `${name}.qkv`, width, 3 * width),
    out: dense(make, seed, `${name}.out`, width, width),
    between: norm(make, `${name}.norm2`, width),
    up: dense(make, seed, `${name}.up`, width, 4 * width),
    down: dense(make, seed, `${name}.down`, 4 * width, width),
  }
}

const parametersOf = ({ before, mixed, out, between, up, down }: Layer): readonly Parameter[] => [
  ...before,
  ...mixed.parameters,
  ...out.parameters,
  ...between,
  ...up.parameters,
  ...down.parameters,
]

function layer(tape: Tape, x: Tensor, { before, mixed, out, between, up, down }: Layer, heads: number): Tensor {
  const parts = through(tape, mixed, layerNorm(tape, x, ...before))
  const attended = add(tape, x, through(tape, out, attention(tape, parts, { heads, causal: true })))
  const wide = gelu(tape, through(tape, up, layerNorm(tape, attended, ...between)))
  return add(tape, attended, through(tape, down, wide))
}

/** The embeddings are drawn normal with deviation 0.02, as GPT-2's are; the linear layers as PyTorch's. */
export function transformer(make: Make, seed: number, shape: TransformerShape): Transformer {
  const { vocabulary, context, width, heads } = shape
  const table = (name: string, rows: number): Parameter =>
    make(name, [rows, width], normalValues(seed, name, rows * width, 0.02))
  const token = table('token', vocabulary)
  const place = table('place', context)
  const layers = Array.from({ length: shape.layers }, (_, i) => layerOf(make, seed, `layer${i + 1}`, width))
  const last = norm(make, 'norm', width)
  return {
    parameters: [token, place, ...layers.flatMap(parametersOf), ...last],
    forward(tape, tokens) {
      const rows = tokens.length / context
      let x = add(tape, embedding(tape, token, indices(tape, tokens, vocabulary), [rows, context]), place)
      for (const each of layers) x = layer(tape, x, each, heads)
      return layerNorm(tape, x, ...last)
    },
  }
}
