/** SGD, momentum, Nesterov, Adam and AdamW as pure recipes, every state and every operation in a chosen format. */
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { suggest } from '../suggest.js'
import { nearest } from './optimizer/nearest.js'
import { wholePower } from './optimizer/power.js'

export const optimizerNames = ['sgd', 'momentum', 'nesterov', 'adam', 'adamw'] as const
export type OptimizerName = (typeof optimizerNames)[number]

export interface Hyper {
  readonly lr: number
  /** Of momentum and nesterov. */
  readonly momentum: number
  readonly dampening: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  /** L2 (added to the gradient) except in adamw, where it multiplies the weight. */
  readonly weightDecay: number
}

/** The formats of the roles. A state is computed in `compute`, stored in its own format, and read as it was stored. */
export interface OptimizerFormats {
  /** Of every operation and of the scalars in it (lr, beta, eps …). Default fp32. */
  readonly compute?: Format | string
  /** Of the momentum buffer, or Adam's first moment. Default: as compute. */
  readonly momentum?: Format | string
  /** Of Adam's second moment. Default: as compute. */
  readonly variance?: Format | string
}

/** Which state an optimizer keeps beside each weight. */
export type SlotName = 'momentum' | 'variance'

export interface OptimizerState {
  /** Steps made. */
  readonly t: number
  readonly slots: Readonly<Partial<Record<SlotName, Float64Array>>>
}

/** What happens to the weights: w · decay (where there is one), then + delta. weights.ts says how that is rounded. */
export interface Move {
  /** AdamW's 1 − lr·weightDecay, rounded to `compute`. */
  readonly decay?: number
  readonly delta: Float64Array
}

export interface Optimizer {
  readonly name: OptimizerName
  readonly hyper: Hyper
  readonly slots: readonly SlotName[]
  init(count: number): OptimizerState
  /** `weights` is what the optimizer's arithmetic reads: the master copy where there is one. */
  next(
    state: OptimizerState,
    weights: ArrayLike<number>,
    gradients: ArrayLike<number>,
  ): { state: OptimizerState; move: Move }
}

/** PyTorch's defaults; SGD's lr, which older versions left to the user, is that of later ones; 0.9 is everyone's momentum. */
const adam: Hyper = { lr: 1e-3, momentum: 0, dampening: 0, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 }
export const hyperDefaults: Readonly<Record<OptimizerName, Hyper>> = {
  sgd: adam,
  momentum: { ...adam, momentum: 0.9 },
  nesterov: { ...adam, momentum: 0.9 },
  adam,
  adamw: { ...adam, weightDecay: 0.01 },
}

const slotsOf: Readonly<Record<OptimizerName, readonly SlotName[]>> = {
  sgd: [],
  momentum: ['momentum'],
  nesterov: ['momentum'],
  adam: ['momentum', 'variance'],
  adamw: ['momentum', 'variance'],
}

const refuse = (option: string, value: unknown, allowed: unknown): never => {
  const suggestion = Array.isArray(allowed) ? suggest(String(value), allowed) : undefined
  throw new FpsimError('invalid-value', { option, value, allowed, suggestion })
}

/** The name and the hyperparameters checked, defaults filled in. */
function hyperOf(name: OptimizerName, given: Partial<Hyper>): Hyper {
  if (!optimizerNames.includes(name)) refuse('optimizer', name, optimizerNames)
  const allowed = Object.keys(adam)
  for (const key of Object.keys(given))
    if (!allowed.includes(key)) throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  const hyper = { ...hyperDefaults[name], ...given }
  for (const [key, value] of Object.entries(hyper))
    if (!(Number.isFinite(value) && value >= 0)) refuse(key, value, '[0, Inf)')
  if (!(hyper.beta1 < 1)) refuse('beta1', hyper.beta1, '[0, 1)')
  if (!(hyper.beta2 < 1)) refuse('beta2', hyper.beta2, '[0, 1)')
  if (name === 'nesterov' && hyper.dampening !== 0) refuse('dampening', hyper.dampening, '0')
  if (name === 'nesterov' && hyper.momentum === 0) refuse('momentum', 0, '(0, Inf)')
  return hyper
}

type Round = (x: number) => number

interface Rounds {
  readonly compute: Round
  readonly momentum: Round
  readonly variance: Round
}

const at = (values: ArrayLike<number>, i: number): number => values[i] as number

/** g + weightDecay · w, where there is any. */
function decayed(gradient: number, weight: number, decay: number, r: Round): number {
  return decay === 0 ? gradient : r(gradient + r(decay * weight))
}

type Update = Optimizer['next']

/** The scalars of SGD, as its operations read them. */
export function descentScalars(name: OptimizerName, hyper: Hyper, r: Round) {
  return {
    rate: r(-hyper.lr),
    momentum: r(hyper.momentum),
    damp: r(1 - hyper.dampening),
    l2: r(hyper.weightDecay),
    nesterov: name === 'nesterov',
    /** Whether there is a buffer. */
    keeps: name !== 'sgd' && hyper.momentum !== 0,
  }
}

function descent(name: OptimizerName, hyper: Hyper, { compute: r, momentum: store }: Rounds): Update {
  const { rate, momentum: mu, damp, l2: decay, nesterov, keeps } = descentScalars(name, hyper, r)
  return ({ t, slots }, weights, gradients) => {
    const delta = new Float64Array(gradients.length)
    const before = slots.momentum
    const buffer = keeps ? new Float64Array(gradients.length) : undefined
    for (let i = 0; i < delta.length; i++) {
      let g = decayed(at(gradients, i), at(weights, i), decay, r)
      if (buffer) {
        // The first step copies the gradient: no dampening.
        const sum = t === 0 || !before ? g : r(r(at(before, i) * mu) + r(damp * g))
        const stored = store(sum)
        buffer[i] = stored
        g = nesterov ? r(g + r(mu * stored)) : stored
      }
      delta[i] = r(rate * g)
    }
    return { state: { t: t + 1, slots: buffer ? { momentum: buffer } : {} }, move: { delta } }
  }
}

/** The scalars of Adam, as its operations read them. */
export function adaptiveScalars(name: OptimizerName, hyper: Hyper, r: Round) {
  const { lr, beta1, beta2, eps, weightDecay } = hyper
  const decoupled = name === 'adamw'
  return {
    beta1: r(beta1),
    rest1: r(1 - beta1),
    beta2: r(beta2),
    rest2: r(1 - beta2),
    eps: r(eps),
    l2: decoupled ? 0 : r(weightDecay),
    /** Of the weights, before the move. */
    decay: decoupled ? r(1 - lr * weightDecay) : undefined,
    /** Those of step t, the first being 1: computed in float64, as Python does, and rounded when they meet a tensor. */
    at: (t: number) => ({
      rate: r(-(lr / (1 - wholePower(beta1, t)))),
      root: r(Math.sqrt(1 - wholePower(beta2, t))),
    }),
  }
}

function adaptive(name: OptimizerName, hyper: Hyper, { compute: r, momentum, variance }: Rounds): Update {
  const { beta1: b1, rest1: a1, beta2: b2, rest2: a2, eps, l2, decay, at: scalarsAt } = adaptiveScalars(name, hyper, r)
  return ({ t, slots }, weights, gradients) => {
    const n = gradients.length
    const { rate, root } = scalarsAt(t + 1)
    const before = { m: slots.momentum ?? new Float64Array(n), v: slots.variance ?? new Float64Array(n) }
    const [first, second, delta] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)]
    for (let i = 0; i < n; i++) {
      const g = decayed(at(gradients, i), at(weights, i), l2, r)
      const m = momentum(r(r(at(before.m, i) * b1) + r(a1 * g)))
      const v = variance(r(r(at(before.v, i) * b2) + r(r(a2 * g) * g)))
      const denominator = r(r(r(Math.sqrt(v)) / root) + eps)
      first[i] = m
      second[i] = v
      delta[i] = r(r(rate * m) / denominator)
    }
    const state = { t: t + 1, slots: { momentum: first, variance: second } }
    return { state, move: decay === undefined ? { delta } : { decay, delta } }
  }
}

/**
 * An optimizer whose operations are each rounded once to their role's format, in the order of PyTorch 1.13.1's
 * single-tensor path (torch/optim/sgd.py, adam.py, adamw.py). Exact in that sense, and in fp32 with plain weights equal bit
 * for bit to PyTorch on a CPU without fused multiply-add. NaN, ±Inf and zeros go through as in IEEE 754 (0/0 is NaN); no
 * flush to zero. Scalars are float64 until they meet a tensor, then rounded once to `compute`: 1 − lr·weightDecay, the bias
 * corrections and lr over them are formed before that. Gradients and weights are taken as they are.
 * In formats of 25 to 53 bits other than fp64 an operation is float64's, rounded once more: the last bit may differ.
 * Throws 'invalid-value', 'unknown-key', 'unknown-format'.
 */
export function optimizer(
  name: OptimizerName,
  hyper: Partial<Hyper> = {},
  { compute = 'fp32', momentum = compute, variance = compute }: OptimizerFormats = {},
): Optimizer {
  const resolved = hyperOf(name, hyper)
  const rounds: Rounds = {
    compute: nearest(asFormat(compute)),
    momentum: nearest(asFormat(momentum)),
    variance: nearest(asFormat(variance)),
  }
  const slots = slotsOf[name]
  const recipe = slots.includes('variance') ? adaptive : descent
  return {
    name,
    hyper: resolved,
    slots,
    init: (count) => ({
      t: 0,
      slots: Object.fromEntries(slots.map((slot) => [slot, new Float64Array(count)])),
    }),
    next: recipe(name, resolved, rounds),
  }
}
