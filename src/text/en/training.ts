/** The words of real trainings in simulated precision. */
import { count, number, percent, scale } from '../numbers.js'
import { monitor } from './monitor.js'
import { measureNames } from './tasks.js'

type Values = Readonly<Record<string, number | string | boolean>>
type Unknowns = Readonly<Record<string, unknown>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** What the first measure of a task is called in a sentence. */
const measures: Readonly<Record<string, string>> = {
  accuracy: 'test accuracy',
  testLoss: 'test loss',
  ...measureNames,
  loss: 'loss',
}

const measured = (v: Values, key: string): string => (v['as'] === 'percent' ? percent(n(v, key)) : number(n(v, key)))
const measureName = (v: Values): string => measures[s(v, 'measure')] ?? s(v, 'measure')
const run = (v: Values): string => s(v, 'recipe')

const causes: Readonly<Record<string, (v: Values) => string>> = {
  gradients: (v) => `${percent(n(v, 'lost'))} of its gradients became 0`,
  updates: (v) => `${percent(n(v, 'lostUpdates'))} of its updates changed no weight`,
  overflow: () => 'gradients overflowed',
}

const alarmWord = (code: string): string =>
  (monitor.labels as unknown as Readonly<Record<string, () => string>>)[`monitor-alarm-${code}`]?.() ?? code

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join(', ') : String(values))

const place = (v: Unknowns): string => (v['line'] === undefined ? '' : `${v['file']}:${v['line']}:${v['column']} `)

const problems: Readonly<Record<string, (v: Unknowns) => string>> = {
  unknown: (v) =>
    v['suggestion'] === undefined
      ? `there is no such recipe; there are ${list(v['allowed'])}, and .yaml files.`
      : `there is no such recipe; did you mean ${v['suggestion']}?`,
  'narrow-master': (v) =>
    `its master weights (${v['master']}) are narrower than its weights (${v['param']}): they could not hold what the weights can.`,
  'too-wide': (v) => `${v['format']} for "${v['key']}" has values that FP32 has not; trainings are carried by FP32.`,
  accumulate: (v) => `"${v['value']}" is no way to add up products; try fp32, fp16, fp16:64 or fp16:kahan.`,
  'half-fp8': () => 'forward and backward, the formats of FP8 operands, go together: give both or neither.',
  'delayed-loss': () => 'delayed scaling is for FP8 tensors (forward, backward), not for the loss.',
  stage: (v) => `"${v['value']}" is no stage; a schedule is written fp16-amp+fp32@200.`,
  'first-stage': () => 'the first recipe of a schedule begins at step 0.',
  order: (v) => `a later recipe begins at step ${v['value']}; steps are whole numbers that go up.`,
}

export const training = {
  errors: {
    'wrong-recipe': (v: Unknowns): string =>
      `${place(v)}recipe "${v['recipe']}": ${problems[String(v['problem'])]?.(v) ?? String(v['problem'])}`,
  },
  findings: {
    'train-broken': (v: Values): string =>
      `${run(v)} breaks at step ${count(n(v, 'step'), 'en')}: weights are NaN or Inf, and stay so.`,
    'train-broken-epsilon': (v: Values): string =>
      `${run(v)} breaks at step ${count(n(v, 'step'), 'en')}: Adam's ε ${number(n(v, 'epsilon'))} is 0 in its format, and 0/0 is NaN.`,
    'train-gave-up': (v: Values): string =>
      `${run(v)}: its scaler gives up at step ${count(n(v, 'step'), 'en')}, the scale cannot fall any further.`,
    'train-worse': (v: Values): string => {
      const cause = causes[s(v, 'cause')]
      const what = `${measureName(v)} ${measured(v, 'value')} instead of ${measured(v, 'twin')}`
      return `${run(v)}: ${cause ? `${cause(v)}, ` : ''}${what}.`
    },
    'train-twin-fails': (v: Values): string =>
      `FP32 itself does not learn here (loss ${number(n(v, 'start'))} → ${number(n(v, 'end'))}): it is not a matter of precision. Try another --lr or more --steps.`,
    'train-uncleared': (v: Values): string =>
      `${s(v, 'names')} never clear gradients: ${measureName(v)} ${measured(v, 'value')} at best, not ${measured(v, 'twin')}.`,
    'train-hidden': (v: Values): string =>
      `${s(v, 'names')} has luck: each unscale_ divides what is left over by ${scale(n(v, 'scale'))}.`,
    'train-same': (v: Values): string =>
      `As good as FP32 (${measureName(v)} ${measured(v, 'twin')}): ${s(v, 'names')}.`,
    'train-weight': (v: Values): string =>
      `Loss × ${number(n(v, 'weight'))}: gradients as small as in large networks. Plain: --loss-weight 1`,
    'train-alarm': (v: Values): string =>
      `A monitor warns from step ${count(n(v, 'step'), 'en')} on: ${alarmWord(s(v, 'alarm'))} (${s(v, 'names')}).`,
    'train-sample': (v: Values): string => `${run(v)} writes: ${s(v, 'text')}`,
  },
  labels: {
    'train-subject': (v: Values): string =>
      `${count(n(v, 'parameters'), 'en')} parameters, ${s(v, 'data')}, ${count(n(v, 'steps'), 'en')} step${n(v, 'steps') === 1 ? '' : 's'} of ${s(v, 'batch')}, ${s(v, 'optimizer')}${v['techniques'] ? `, ${s(v, 'techniques')}` : ''}`,
    'train-written': (v: Values): string => `${s(v, 'recipe')}*`,
    'train-plain': (v: Values): string => `(${s(v, 'recipe')})`,
    'train-alike': (v: Values): string => s(v, 'names'),
    'train-step': (): string => 'step',
    'train-loss': (): string => 'loss',
    'train-recipe': (): string => 'recipe',
    'train-loss-of': (v: Values): string => `loss of the ${s(v, 'phase')}`,
    'train-skipped': (): string => 'skips',
    'train-overflows': (): string => 'Inf',
    'train-lost': (): string => 'grad→0',
    'train-lost-updates': (): string => 'w+Δ=w',
    'train-scale': (): string => 'scale',
    'train-bytes': (): string => 'B/w',
    'train-sent': (): string => 'B sent',
    'train-histogram': (v: Values): string => `Gradients by layer, ${s(v, 'recipe')}, ${s(v, 'steps')} steps`,
    'trainMeasure-accuracy': (): string => 'accuracy',
    'trainMeasure-testLoss': (): string => 'test loss',
  },
  options: {
    'train.task': 'what is trained: simple, image …',
    data: 'which data set of the task: digits, fashion …',
    'train.recipes':
      'recipes to compare, FP32 always among them: pure-fp16, fp16-amp, bf16-sr …, all, a .yaml file; fp16-amp+fp32@200 changes at step 200',
    loops: 'repaired (gradients cleared in every step), written (never cleared: no zero_grad), or all',
    'train.steps': 'updates to make',
    epochs: 'passes through the data, instead of steps',
    'train.batch': 'samples of one update',
    'train.lr': 'learning rate',
    'train.optimizer': 'sgd, momentum, nesterov, adam, adamw',
    momentum: 'momentum of sgd with momentum',
    lossWeight: 'what the loss is multiplied by; a small one makes gradients as small as in large networks',
    clip: 'clip the norm of the gradients to this',
    accumulate: 'micro-batches of one update',
    compress: 'how workers exchange gradients: topk:0.01, powersgd:2, fp16 …',
    'train.workers': 'workers that share each batch',
    units: 'width of the network: hidden units, channels of the first convolution',
    depth: 'hidden layers',
    every: 'count the gradients of each layer in every N-th step, and draw them',
    'train.format': 'the format whose zones those histograms show',
    record: "write the FP32 run's gradients by power of two to FILE; --profile FILE of other lessons replays them",
  },
}
