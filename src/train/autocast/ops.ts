/** The operations of the small graph, computed in a type: every intermediate result rounded to it. */
import { format } from '../../format/parse.js'
import { exp, log, log1p } from '../../kernel/kernel.js'
import { nearest } from '../optimizer/nearest.js'
import type { OpName } from './lists.js'

/** `exact` is float64, where nothing of interest is rounded. */
export type Precision = 'fp32' | 'fp16' | 'bf16' | 'exact'

/** A rounding, and the largest size that it met: what an overflow would have come from. */
export interface Numbers {
  round(x: number): number
  /** Sums of products as a tensor core has them: products exact, partial sums in FP32. */
  sum(x: number): number
  peak(): number
}

export function numbersOf(precision: Precision): Numbers {
  const round = precision === 'exact' ? (x: number) => x : nearest(format(precision))
  let peak = 0
  return {
    round(x) {
      const size = Math.abs(x)
      if (size > peak) peak = size
      return round(x)
    },
    sum: precision === 'exact' ? (x) => x : Math.fround,
    peak: () => peak,
  }
}

/** The weight that element j of the input has in element i of the output, in [-1, 1). */
export type Weights = (i: number, j: number) => number

/** What an operation is given: values, a second input where it takes one, weights where it has some. */
export interface Input {
  readonly values: Float64Array
  readonly other: Float64Array
  readonly weights: Weights
  /** How the framework keeps weights, before the operation casts them. */
  stored(weight: number): number
}

/** Width of the hidden layers. */
export const width = 64

const epsilon = 1e-5

function sumOf(values: Float64Array, { round }: Numbers): number {
  let total = 0
  for (const x of values) total = round(total + x)
  return total
}

const largestOf = (values: Float64Array): number => {
  let top = Number.NEGATIVE_INFINITY
  // NaN goes on, as in every library.
  for (const x of values) if (!(x <= top)) top = x
  return top
}

/** Σ w·x for each output: x and w in the type, the sum in FP32, what is stored in the type. */
function matmul(outputs: number, input: Input, { round, sum }: Numbers, taps?: number): Float64Array {
  const { values, weights } = input
  // Uniform weights of variance 1 / inputs: outputs are as large as inputs.
  const factor = Math.sqrt(3 / (taps ?? values.length))
  const cast = values.map(round)
  // A kernel of so many taps is the same for every output.
  const row = (i: number): number => (taps === undefined ? i : 0)
  return Float64Array.from({ length: outputs }, (_, i) => {
    let total = 0
    const first = taps === undefined ? 0 : i - Math.floor(taps / 2)
    const last = taps === undefined ? values.length : first + taps
    for (let j = Math.max(first, 0); j < Math.min(last, values.length); j++)
      total = sum(total + sum(round(input.stored(factor * weights(row(i), j - first))) * (cast[j] as number)))
    return round(total)
  })
}

/** e^(x − max) and its sum. */
function exponentials(values: Float64Array, n: Numbers): { terms: Float64Array; total: number; top: number } {
  const top = largestOf(values)
  const terms = values.map((x) => n.round(exp(n.round(x - top))))
  return { terms, total: sumOf(terms, n), top }
}

function layerNorm(values: Float64Array, n: Numbers): Float64Array {
  const { round } = n
  const mean = round(sumOf(values, n) / values.length)
  const off = values.map((x) => round(x - mean))
  const squares = off.map((x) => round(x * x))
  const variance = round(sumOf(squares, n) / values.length)
  const deviation = round(Math.sqrt(round(variance + round(epsilon))))
  return off.map((x) => round(x / deviation))
}

/** The mean of what each element costs; the target is 1 for the first element and 0 for the others. */
function meanLoss(values: Float64Array, n: Numbers, cost: (x: number, target: number) => number): Float64Array {
  const costs = values.map((x, i) => n.round(cost(x, i === 0 ? 1 : 0)))
  return Float64Array.of(n.round(sumOf(costs, n) / values.length))
}

/** nn.BCELoss clamps its logarithms at −100. */
const clampedLog = (p: number, { round }: Numbers): number => {
  const value = round(log(p))
  return value < -100 ? -100 : value
}

const sigmoid = (x: number, { round }: Numbers): number => round(1 / round(1 + round(exp(-x))))

type Apply = (input: Input, n: Numbers) => Float64Array

const operations: Readonly<Record<OpName, Apply>> = {
  linear: (input, n) => matmul(width, input, n),
  conv: (input, n) => matmul(input.values.length, input, n, 3),
  relu: ({ values }) => values.map((x) => (x < 0 ? 0 : x)),
  sigmoid: ({ values }, n) => values.map((x) => sigmoid(x, n)),
  add({ values, other }, n) {
    // A single value is added to every element.
    const [long, short] = values.length >= other.length ? [values, other] : [other, values]
    return long.map((x, i) => n.round(x + (short[i % short.length] as number)))
  },
  cat({ values, other }) {
    const both = new Float64Array(values.length + other.length)
    both.set(values)
    both.set(other, values.length)
    return both
  },
  softmax({ values }, n) {
    const { terms, total } = exponentials(values, n)
    return terms.map((x) => n.round(x / total))
  },
  'layer-norm': ({ values }, n) => layerNorm(values, n),
  pow: ({ values }, n) => values.map((x) => n.round(x * x)),
  exp: ({ values }, n) => values.map((x) => n.round(exp(x))),
  sum: ({ values }, n) => Float64Array.of(sumOf(values, n)),
  'cross-entropy'({ values }, n) {
    const { total, top } = exponentials(values, n)
    const logit = n.round((values[0] as number) - top)
    return Float64Array.of(n.round(n.round(log(total)) - logit))
  },
  mse: ({ values }, n) =>
    meanLoss(values, n, (x, target) => {
      const off = n.round(x - target)
      return off * off
    }),
  bce: ({ values }, n) =>
    meanLoss(values, n, (p, target) => (target === 1 ? -clampedLog(p, n) : -clampedLog(n.round(1 - p), n))),
  'bce-with-logits': ({ values }, n) =>
    meanLoss(values, n, (x, target) =>
      n.round(n.round(Math.max(x, 0) - n.round(x * target)) + n.round(log1p(n.round(exp(-Math.abs(x)))))),
    ),
}

/**
 * The result of an operation. In a type every addition, product, quotient, root, exponential and logarithm is rounded to
 * it once (exp and log: the float64 result, at most 0.52 ulp off, rounded again); matmuls add in FP32. NaN and ±Inf go on
 * as in IEEE 754. Where `cat` leads to long vectors, all of them count.
 */
export const applyOp = (op: OpName, input: Input, n: Numbers): Float64Array => operations[op](input, n)
