/** Places of a forward pass where a 16-bit format breaks, each with what is wanted there and what a treatment gives. */
import { type Format, largest } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { exp, log } from '../../kernel/kernel.js'
import type { OpName } from '../../train/autocast/lists.js'
import { autocastPolicy, decide } from '../../train/autocast.js'
import { nearest } from '../../train/optimizer/nearest.js'

export const cureNames = ['none', 'fp32', 'bf16', 'scaleFirst', 'subtractMax', 'clamp', 'lossScaling'] as const
export type CureName = (typeof cureNames)[number]

export const caseNames = [
  'exp',
  'exp-small',
  'square',
  'softmax',
  'log-softmax',
  'layer-norm',
  'attention',
  't5',
] as const
export type CaseName = (typeof caseNames)[number]

/** What is computed: in which numbers, and in which of two forms. */
export interface Arithmetic {
  /** To the format; where results are clamped, an infinite one comes back as the clamp. */
  round(x: number): number
  /** The operands are made smaller first, and the factor is kept outside. */
  readonly scaled: boolean
  /** The form in which the largest logit is taken off. */
  readonly shifted: boolean
}

/** Every input of the cases, so that screens and texts have them too. */
export const inputs = {
  exp: 12,
  small: -18,
  square: 300,
  logits: [12, 0, 0],
  logLogits: [0, -18],
  /** Activations of a normalized layer, all of this size, mean 0. */
  activation: 8,
  activations: 1024,
  /** A query and a key of a head, all components of this size. */
  component: 32,
  head: 64,
  /** huggingface/transformers#5651: what the output projection of a T5 layer gave. */
  t5: 66246.390625,
} as const

/** Operands are divided by this power of two; its square fits a head of 64. */
const divisor = 8

export interface ForwardCase {
  /** The operation that decides, under autocast's name. */
  readonly op: OpName
  /** In exact arithmetic, to float64. */
  readonly wanted: number
  /** Whether there is a form with smaller operands, and one with the largest logit taken off. */
  readonly forms: readonly ('scaleFirst' | 'subtractMax')[]
  gives(a: Arithmetic): number
}

/** Σ x² over the layer, one square after the other, divided by their number; scaled: x is divided before it is squared. */
export function variance(x: number, { round, scaled }: Pick<Arithmetic, 'round' | 'scaled'>): number {
  const { activations } = inputs
  // √1024: the squares then add up to the variance itself.
  const root = 32
  const part = scaled ? round(round(x) / root) : round(x)
  const square = round(part * part)
  let total = 0
  for (let i = 0; i < activations; i++) total = round(total + square)
  return scaled ? total : round(total / activations)
}

/** q·k / √64 for equal components: the sum in FP32, as matmul units add, then stored. */
export function score(x: number, { round, scaled }: Pick<Arithmetic, 'round' | 'scaled'>): number {
  const { head } = inputs
  const root = 8
  const q = scaled ? round(round(x) / root) : round(x)
  let total = 0
  for (let i = 0; i < head; i++) total = Math.fround(total + Math.fround(q * round(x)))
  return scaled ? round(total) : round(round(total) / root)
}

/** e^x and their sum; with the largest taken off where the form says so. */
function exponentials(logits: readonly number[], { round, shifted }: Arithmetic) {
  const top = shifted ? Math.max(...logits) : 0
  const off = logits.map((x) => round(round(x) - top))
  const terms = off.map((x) => round(exp(x)))
  return { off, terms, total: terms.reduce((sum, x) => round(sum + x), 0) }
}

const first = (values: readonly number[]): number => values[0] as number
const second = (values: readonly number[]): number => values[1] as number

function logSoftmax(a: Arithmetic): number {
  const { off, terms, total } = exponentials(inputs.logLogits, a)
  // log-sum-exp: the small probability itself is never formed.
  return a.shifted ? a.round(second(off) - a.round(log(total))) : a.round(log(a.round(second(terms) / total)))
}

const { activation, component, head, logits, logLogits } = inputs

export const cases: Readonly<Record<CaseName, ForwardCase>> = {
  exp: { op: 'exp', wanted: exp(inputs.exp), forms: [], gives: ({ round }) => round(exp(round(inputs.exp))) },
  'exp-small': {
    op: 'exp',
    wanted: exp(inputs.small),
    forms: [],
    gives: ({ round }) => round(exp(round(inputs.small))),
  },
  square: {
    op: 'pow',
    wanted: inputs.square * inputs.square,
    forms: ['scaleFirst'],
    gives({ round, scaled }) {
      const x = scaled ? round(round(inputs.square) / divisor) : round(inputs.square)
      return round(x * x) * (scaled ? divisor * divisor : 1)
    },
  },
  softmax: {
    op: 'softmax',
    wanted: exp(first(logits)) / logits.reduce<number>((sum, x) => sum + exp(x), 0),
    forms: ['subtractMax'],
    gives(a) {
      const { terms, total } = exponentials(logits, a)
      return a.round(first(terms) / total)
    },
  },
  'log-softmax': {
    op: 'softmax',
    wanted: second(logLogits) - log(logLogits.reduce<number>((sum, x) => sum + exp(x), 0)),
    forms: ['subtractMax'],
    gives: logSoftmax,
  },
  'layer-norm': {
    op: 'layer-norm',
    wanted: activation * activation,
    forms: ['scaleFirst'],
    gives: (a) => variance(activation, a),
  },
  attention: {
    op: 'linear',
    wanted: (head * component * component) / Math.sqrt(head),
    forms: ['scaleFirst'],
    gives: (a) => score(component, a),
  },
  t5: {
    op: 'linear',
    wanted: inputs.t5,
    forms: ['scaleFirst'],
    gives: ({ round, scaled }) => (scaled ? round(inputs.t5 / divisor) * divisor : round(inputs.t5)),
  },
}

/** transformers clamps hidden states at the largest value less 1000, a number that the format rounds again. */
export const clampOf = (f: Format): number => nearest(f)(largest(f) - 1000)

/** What a cure gives for a case; undefined where there is nothing it could do. */
export function outcome(name: CaseName, cure: CureName, f: Format): number | undefined {
  const { forms, gives } = cases[name]
  const rounding = nearest(cure === 'fp32' || cure === 'bf16' ? format(cure) : f)
  const clamp = clampOf(f)
  const form = cure === 'scaleFirst' || cure === 'subtractMax' ? cure : undefined
  if (form && !forms.includes(form)) return undefined
  // The loss, and with it the scale, comes after the forward pass.
  return gives({
    round(x) {
      const value = rounding(x)
      if (cure !== 'clamp' || Math.abs(value) < Number.POSITIVE_INFINITY) return value
      return Number.isNaN(value) ? value : value > 0 ? clamp : -clamp
    },
    scaled: cure === 'scaleFirst',
    shifted: cure === 'subtractMax',
  })
}

/** Whether PyTorch's autocast runs a case in FP32 by itself. */
export const autocastCares = (name: CaseName): boolean =>
  decide(autocastPolicy('pytorch'), [cases[name].op])[0]?.runs === 'fp32'

/** How far a result may be off and still count as right. */
export const tolerance = 0.01

export type Verdict = 'right' | 'off' | 'broken'

/** Broken: Inf, NaN, or 0 for something that is not. */
export function verdictOf(name: CaseName, value: number): Verdict {
  const { wanted } = cases[name]
  if (!Number.isFinite(value) || value === 0) return 'broken'
  return Math.abs(value - wanted) <= tolerance * Math.abs(wanted) ? 'right' : 'off'
}
