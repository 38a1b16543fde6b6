/** The words of real trainings in simulated precision. */
import { count, number, percent, scale } from '../numbers.js'
import { bytes } from '../units.js'
import { monitor } from './monitor.js'
import { measureNames } from './tasks.js'

type Values = Readonly<Record<string, number | string | boolean>>
type Unknowns = Readonly<Record<string, unknown>>

const n = (v: Values, key: string): number => Number(v[key])
const s = (v: Values, key: string): string => String(v[key])

/** What the first measure of a task is called in a sentence. */
const measures: Readonly<Record<string, string>> = {
  accuracy: 'accuracy',
  testLoss: 'test loss',
  ...measureNames,
  loss: 'loss',
}

const measured = (v: Values, key: string): string => (v['as'] === 'percent' ? percent(n(v, key)) : number(n(v, key)))
const measureName = (v: Values): string => measures[s(v, 'measure')] ?? s(v, 'measure')
const run = (v: Values): string => s(v, 'recipe')

const causes: Readonly<Record<string, (v: Values) => string>> = {
  gradients: (v) => `${percent(n(v, 'lost'))} of gradients became 0`,
  updates: (v) => `${percent(n(v, 'lostUpdates'))} of updates changed no weight`,
  skips: (v) => `${steps(n(v, 'skipped'))} skipped`,
  overflow: () => 'gradients overflowed',
}

/** What happened to a run that is worse, and to one that is not as well: no cause, then. */
const shared: Readonly<Record<string, (v: Values) => string>> = {
  'gradients-shared': (v) =>
    `${percent(n(v, 'lost'))} of gradients became 0, but ${percent(n(v, 'likeShare'))} of ${s(v, 'like')}'s too`,
  'updates-shared': (v) =>
    `${percent(n(v, 'lostUpdates'))} of updates changed no weight, but ${percent(n(v, 'likeShare'))} of ${s(v, 'like')}'s neither`,
}

/** How far one may be off: points of a percentage, or in the measure's own unit. */
const room = (v: Values): string =>
  v['as'] === 'percent' ? `${number(100 * n(v, 'room'), 2)} points` : number(n(v, 'room'), 2)

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
    `master weights in ${v['master']} cannot hold every weight in ${v['param']}: take fp32, or another format with all values of ${v['param']}.`,
  'unused-master': (v) =>
    `"master: ${v['master']}" has no effect with "weights: ${v['weights']}", only with master or stochastic; leave one of the two out.`,
  'no-numbers': (v) =>
    `${v['format']} for "${v['key']}" has no sign or no zero, it is for the scales of blocks; trainings need both.`,
  'gpu-mixed': (v) =>
    `how ${v['gpu']} sums products is modelled for operands of one format, not for ${v['forward']} by ${v['backward']} (backward pass). fp8-e4m3/${v['gpu']} runs: ${v['forward']} both ways.`,
  'gpu-blocks': (v) =>
    `how ${v['gpu']} sums products of blocks (${v['forward']}) is not modelled; leave ${v['gpu']} out, or try fp16-amp/${v['gpu']}, in FP8 fp8-e4m3/h100.`,
  empty: () =>
    'the file is empty. It holds a recipe (base: fp16-amp, and what is otherwise), a list of recipes, or a schedule: - { from: 0, recipe: fp16-amp } …',
  'too-wide': (v) => `${v['format']} for "${v['key']}" has values that FP32 has not; trainings are carried by FP32.`,
  accumulate: (v) =>
    `"${v['value']}" is no way to add up products; try fp32, fp16, fp16:64, fp16:kahan, or a GPU: v100, h100, v100:fp16.`,
  blocks: (v) =>
    `"${v['value']}" is no way to round to blocks; try mxfp8-e4m3fn, mxfp8-e4m3fn:rceil, nvfp4 or nvfp4:stochastic.`,
  name: () => 'a name has letters, digits, blanks, dots, - and _, and begins with a letter or a digit.',
  taken: () => 'another recipe has this name; give it one of its own.',
  'half-fp8': () => 'forward and backward, the formats of FP8 operands, go together: give both or neither.',
  'delayed-loss': () => 'delayed scaling is for FP8 tensors (forward, backward), not for the loss.',
  stage: (v) => `"${v['value']}" is no stage; a schedule is written fp16-amp+fp32@200.`,
  'first-stage': () => 'the first recipe of a schedule begins at step 0.',
  order: (v) => `a later recipe begins at step ${v['value']}; steps are whole numbers that go up.`,
}

const refusals: Readonly<Record<string, (v: Unknowns) => string>> = {
  ignored: (v) =>
    `--${v['option']} has no effect on the task ${v['task']}${Array.isArray(v['tasks']) ? `, only on ${list(v['tasks'])}` : ''}.`,
  'record-kind': (v) =>
    `--record ${v['file']}: the ending says what is recorded. ${list(v['allowed'])}: .json counts gradients by power of two, the others hold them all.`,
  'record-host': (v) => `--record ${v['file']}: only the command line writes files.`,
  'record-large': (v) =>
    `--record ${v['file']}: ${bytes(Number(v['bytes']))} in ${count(Number(v['tensors']), 'en')} tensors are too much; ${bytes(Number(v['limit']))} and ${count(Number(v['most']), 'en')} are allowed here. Try --every ${v['every']}, or a .json, which is small.`,
}

const steps = (x: number): string => `${count(x, 'en')} step${x === 1 ? '' : 's'}`

export const training = {
  errors: {
    'wrong-recipe': (v: Unknowns): string =>
      `${place(v)}recipe "${v['recipe']}": ${problems[String(v['problem'])]?.(v) ?? String(v['problem'])}`,
    'wrong-training': (v: Unknowns): string => refusals[String(v['problem'])]?.(v) ?? String(v['problem']),
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
      const what = `${measureName(v)} ${measured(v, 'value')}, not ${measured(v, 'twin')}`
      const also = shared[s(v, 'cause')]
      return also ? `${run(v)}: ${what}; ${also(v)}.` : `${run(v)}: ${cause ? `${cause(v)}; ` : ''}${what}.`
    },
    'train-twin-fails': (v: Values): string =>
      `FP32 itself does not learn here (loss ${number(n(v, 'start'))} → ${number(n(v, 'end'))}): it is not a matter of precision. Try another --lr or more --steps.`,
    'train-twin-idle': (v: Values): string =>
      `FP32 itself is no better than no network after ${steps(n(v, 'steps'))} (${measureName(v)} ${measured(v, 'twin')}, ${measured(v, 'naive')}): try more --steps.`,
    'train-uncleared': (v: Values): string =>
      `${s(v, 'names')} never clear gradients: ${measureName(v)} ${measured(v, 'value')} at best, not ${measured(v, 'twin')}.`,
    'train-hidden': (v: Values): string =>
      `${s(v, 'names')} has luck: each unscale_ divides what is left over by ${scale(n(v, 'scale'))}.`,
    'train-same': (v: Values): string =>
      `As good as FP32 (${measureName(v)} ${measured(v, 'twin')} ± ${room(v)}): ${s(v, 'names')}.`,
    'train-with-idle': (v: Values): string =>
      `With these FP32 is no better than no network after ${steps(n(v, 'steps'))} (${measureName(v)} ${measured(v, 'twin')}, ${measured(v, 'naive')}).`,
    'train-clip-idle': (v: Values): string =>
      `clip ${number(n(v, 'clip'))} never acts, (fp32) without it is the same: no gradient norm is above ${number(n(v, 'norm'))}. Try --clip ${number(n(v, 'half'), 1)}`,
    'train-naive': (v: Values): string =>
      v['data'] === 'seattle'
        ? '(no network): the temperature stays as on the last day.'
        : "(no network): CO2 as a year before plus the year's growth.",
    'train-techniques': (v: Values): string =>
      `With ${s(v, 'words')}: ${measureName(v)} ${measured(v, 'value')}, plain (fp32) ${measured(v, 'plain')}${n(v, 'sent') > 0 ? `; a worker sends ${count(Math.round(n(v, 'sent')), 'en')} bytes a step, the gradient has ${count(n(v, 'dense'), 'en')}` : ''}.`,
    'train-alone': (v: Values): string =>
      `Alone: ${['accumulate', 'exchange', 'clip'].flatMap((one) => (v[one] === undefined ? [] : [`${s(v, `name-${one}`)} → ${measured(v, one)}`])).join(', ')}.`,
    'train-late': (v: Values): string =>
      `${run(v)}: ${s(v, 'stage')} would begin at step ${count(n(v, 'from'), 'en')}, after the last of ${count(n(v, 'steps'), 'en')}.`,
    'train-weight': (v: Values): string =>
      `Loss × ${number(n(v, 'weight'))}: gradients as small as in large networks. Plain: --loss-weight 1`,
    'train-alarm': (v: Values): string =>
      `A monitor warns from step ${count(n(v, 'step'), 'en')} on: ${alarmWord(s(v, 'alarm'))} (${s(v, 'names')}).`,
    'train-sample': (v: Values): string => `${run(v)} writes: ${s(v, 'text')}`,
  },
  labels: {
    'train-subject': (v: Values): string =>
      `${count(n(v, 'parameters'), 'en')} parameters, ${s(v, 'data')}, ${steps(n(v, 'steps'))} of ${s(v, 'batch')}, ${s(v, 'optimizer')}`,
    'train-written': (v: Values): string => `${s(v, 'recipe')}*`,
    'train-plain': (v: Values): string => `(${s(v, 'recipe')})`,
    'train-alike': (v: Values): string => s(v, 'names'),
    'train-loss': (): string => 'loss',
    'train-losses': (): string => 'loss, step by step',
    'train-recipe': (): string => 'recipe',
    'train-loss-of': (v: Values): string => `loss of the ${s(v, 'phase')}, step by step`,
    'train-skipped': (): string => 'skips',
    'train-overflows': (): string => 'Inf',
    'train-lost': (): string => 'grad→0',
    'train-lost-updates': (): string => 'w+Δ=w',
    'train-drawn': (): string => 'drawn',
    'train-scale': (): string => 'scale',
    'train-bytes': (): string => 'B/w',
    'train-sent': (): string => 'B sent',
    'train-histogram': (v: Values): string => `Gradients by layer, ${s(v, 'recipe')}, ${s(v, 'steps')} steps`,
    'trainMeasure-accuracy': (): string => 'accuracy',
    'trainMeasure-testLoss': (): string => 'test loss',
  },
  options: {
    'train.task': 'what is trained: simple, image, text, classify (text, fine-tuned), series, gan',
    data: 'which data set of the task: digits or fashion, moby-dick or shijing, co2 or seattle',
    'train.recipes':
      'recipes to compare, FP32 always among them: pure-fp16, fp16-amp, bf16-sr …, all, a .yaml file; fp16-amp+fp32@200 changes at step 200, fp16-amp/h100 and fp8-e4m3/h100 add up products as that GPU does',
    loops: 'repaired (gradients cleared in every step), written (never cleared: no zero_grad), or all',
    'train.steps': 'updates to make',
    epochs: 'passes through the data, instead of steps',
    'train.batch': 'samples of one update',
    'train.lr': 'learning rate',
    'train.optimizer': 'sgd, momentum, nesterov, adam, adamw',
    momentum: 'momentum of sgd with momentum',
    lossWeight: 'what the loss is multiplied by; a small one makes gradients as small as in large networks',
    clip: 'clip the norm of the gradients to this; they are as small as --loss-weight makes them',
    accumulate: 'micro-batches of one update',
    compress: 'how workers exchange gradients: topk:0.01, powersgd:2, fp16 …',
    'train.workers': 'workers that share each batch',
    units: 'width of the network: hidden units, channels of the first convolution',
    depth: 'hidden layers',
    every: 'count the gradients of each layer in every N-th step, and draw them',
    'train.format': 'the format whose zones those histograms show',
    record:
      "write the FP32 run's gradients to FILE: .json by power of two (other lessons: --profile FILE), .npy or .safetensors all of them (--input FILE); of 50 steps or a few more, or of each N-th step with --every N",
  },
}
