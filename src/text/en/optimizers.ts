/** The words of optimizers whose states are kept in a format. */
import { count, number, percent, power, shortest } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

const weights = (x: number): string => (x === 1 ? '1 weight' : `${count(x, 'en')} weights`)

/** Where it begins, or that it never happens. */
const from = (x: number, name = ''): string => (Number.isNaN(x) ? 'at no size' : `from ${name}${power(x)} on`)

export const optimizers = {
  errors: {},
  findings: {
    tuneLost: (v: Values) =>
      `bf16 swallows ${percent(n(v, 'bf16'))} of AdamW's updates (about ${number(n(v, 'lr') * n(v, 'move'), 2)} each), fp16 ${percent(n(v, 'fp16'))}.`,
    tuneWays: (v: Values) =>
      `Of fp32's way plain bf16 goes ${percent(n(v, 'bf16'))}, bf16 with an FP32 master ${percent(n(v, 'master'))}.`,
    tuneWild: (v: Values) =>
      `With Adam's states in ${s(v, 'states')} ${Number.isFinite(n(v, 'move')) ? `each update is about ${number(n(v, 'lr') * n(v, 'move'), 2)}, ${number(n(v, 'move'), 2)} times the learning rate` : 'updates become Inf or NaN'}${n(v, 'emptied') > 0 ? `: ${percent(n(v, 'emptied'))} of the second moments v are 0 (g² underflows), and m is divided by ε = ${number(n(v, 'epsilon'))} alone` : ''}.`,
    tuneWildWays: (v: Values) =>
      `Plain bf16 goes ${percent(n(v, 'bf16'))} of fp32's way, but that way is wrong: this is no fine-tuning, however the weights are kept.`,
    tuneFrom: (v: Values) =>
      `A move of lr = ${number(n(v, 'lr'))} is lost in bf16 ${from(n(v, 'bf16'), '|w| = ')}, in fp16 ${from(n(v, 'fp16'))}.`,
    epsGone: (v: Values) =>
      `ε = ${number(n(v, 'epsilon'))} is 0 in ${s(v, 'format')}: a gradient of 0 gives 0 / (√0 + 0) = NaN.`,
    epsStays: (v: Values) =>
      `ε = ${number(n(v, 'epsilon'))} is ${number(n(v, 'kept'))} in ${s(v, 'format')}, ${percent(Math.abs(n(v, 'error')))} ${n(v, 'error') < 0 ? 'too small' : 'too large'}.`,
    epsFirst: (v: Values) =>
      n(v, 'broken') > 0
        ? `Adam's first step in ${s(v, 'format')} makes ${percent(n(v, 'broken'))} of these weights NaN or Inf.`
        : `Adam's first step in ${s(v, 'format')} leaves all weights finite; the longest is ${number(n(v, 'largest'))} × lr.`,
    epsSquare: (v: Values) =>
      `In ${s(v, 'format')} g² is 0 below ${number(n(v, 'square'), 5)}, (1 − β2)·g² ${Number.isNaN(n(v, 'variance')) ? 'always' : `below ${number(n(v, 'variance'), 4)}`}.`,
    epsRaise: (v: Values) =>
      `A larger ε ends the NaN, not the harm: v is still 0 and the step g/ε, with ${number(n(v, 'epsilon'))} up to ${number(n(v, 'times'))} × lr. The cure: keep Adam's states and the weights in FP32.`,
    epsBeta2: (v: Values) => `β2 = ${n(v, 'beta2')} becomes 1 in ${s(v, 'format')}: v forgets nothing and only grows.`,
    decayIsOne: (v: Values) =>
      `1 − ${number(n(v, 'decay'))} is 1 in ${s(v, 'format')}, as for any decay up to ${power(n(v, 'limit'))} a step: nothing decays.`,
    decayIsFactor: (v: Values) =>
      `1 − ${number(n(v, 'decay'))} is ${shortest(n(v, 'factor'))} in ${s(v, 'format')}; a decay up to ${power(n(v, 'limit'))} a step would be lost.`,
    decayAfter: (v: Values) =>
      `After ${n(v, 'updates') === 1 ? '1 step' : `${count(n(v, 'updates'), 'en')} steps`} ${percent(n(v, 'left'))} of |w| is left in ${s(v, 'format')}${s(v, 'format') === 'fp32' ? '' : `, in fp32 ${percent(n(v, 'fp32'))}`}.`,
    decayNothingLeft: (v: Values) => `Every one of these weights is 0 or NaN in ${s(v, 'format')}.`,
    tuneRemembers: (v: Values) =>
      `With a master ${percent(n(v, 'still'))} change nothing at once either, but it remembers them.`,
    tuneNoMove: (v: Values) => `With a learning rate of ${number(n(v, 'lr'))} nothing moves.`,
  },
  labels: {
    decaySubject: (v: Values) =>
      `${weights(n(v, 'count'))}, lr ${number(n(v, 'lr'))}, weight decay ${number(n(v, 'weightDecay'))}`,
    decayChart: (v: Values) => `Mean |w|, share of the start, with a decay of ${number(n(v, 'decay'))} a step`,
    decaySteps: () => 'step',
    decayWay: () => 'how the weight decays',
    decayUnchanged: () => 'unchanged',
    decayLeftAfter: (v: Values) => `left after ${count(n(v, 'updates'), 'en')}`,
    decayBytes: () => 'bytes a weight',
    'decay-fp32': () => 'fp32 × (1 − lr·wd)',
    'decay-factor': (v: Values) => `${s(v, 'format')} × (1 − lr·wd)`,
    'decay-fp32Factor': (v: Values) => `${s(v, 'format')} × factor kept in fp32`,
    'decay-subtract': (v: Values) => `${s(v, 'format')} − lr·wd·w`,
    'decay-kahan': (v: Values) => `${s(v, 'format')} Kahan, × factor (as optimi)`,
    'decay-kahanSum': (v: Values) => `${s(v, 'format')} Kahan, − lr·wd·w`,
    'decay-stochastic': (v: Values) => `${s(v, 'format')} rounded stochastically`,
    'decay-master': (v: Values) => `${s(v, 'format')} with an fp32 master`,
    'decayLine-fp32': () => 'fp32',
    'decayLine-factor': (v: Values) => s(v, 'format'),
    'decayLine-kahan': () => 'Kahan, × factor',
    'decayLine-kahanSum': () => 'Kahan, − lr·wd·w',
    'decayLine-stochastic': () => 'stochastic',
    epsSubject: (v: Values) => `${count(n(v, 'count'), 'en')} gradients, ${s(v, 'source')}, ${s(v, 'format')}`,
    epsChart: (v: Values) => `The first step of Adam in ${s(v, 'format')}, by size of the gradient; 1 × lr is right`,
    epsGradient: () => 'gradient',
    epsOf: (v: Values) => `${s(v, 'format')}, ε ${number(n(v, 'epsilon'))}`,
    epsNumber: (v: Values) => number(n(v, 'value')),
    epsTimes: (v: Values) => `${number(n(v, 'times'))} × lr`,
    epsBecomes: () => 'becomes',
    epsOff: () => 'off by',
    epsZero: () => 'step at g = 0',
    epsBroken: () => 'NaN or Inf',
    epsLargest: () => 'largest step',
    tuneSubject: (v: Values) =>
      `${weights(n(v, 'count'))}${Number.isNaN(n(v, 'std')) ? '' : `, std ${number(n(v, 'std'))}`}, lr ${number(n(v, 'lr'))}`,
    tuneChart: () => 'Share of updates that change nothing, by size of the weight',
    tuneSize: () => 'weight',
    tuneWeightsThere: () => 'weights there',
    tuneKept: () => 'weights kept as',
    tuneStill: () => 'unchanged',
    tuneNever: () => 'never moved',
    tuneWay: () => "of fp32's way",
    tuneBytes: () => 'bytes a weight',
  },
  options: {
    lr: 'learning rate',
    scatter: 'how far a gradient scatters from step to step, in typical sizes of it; 0: always the same',
    beta1: "Adam's β1: how much of the mean of the gradients is kept",
    beta2: "Adam's β2: how much of the mean of their squares is kept",
    epsilon: "Adam's ε, which keeps it from dividing by 0",
    weightDecay: 'weight decay; AdamW multiplies each weight by 1 − lr × weight decay',
    states: 'the format in which Adam keeps its two states',
  },
}
