/** Weight decay in a narrow format: lr · wd · w is too small for the step of w, in most ways to write it. */
import * as z from 'zod/mini'
import { distribution } from '../data/distributions.js'
import { type Format, machineEpsilon } from '../format/format.js'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'
import { previous } from '../format/ulp.js'
import type { Block, Finding, Metrics } from '../result/result.js'
import { optimizer } from '../train/optimizer.js'
import type { Keeping, WeightKeeper, Weights } from '../train/weights.js'
import { keeperOf } from './master-weights/kept-weights.js'
import { formatName, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'

const params = {
  format: z._default(formatName(), 'bf16'),
  lr: z._default(number({ min: 0, max: 1 }), 1e-3),
  weightDecay: z._default(number({ min: 0, max: 1 }), 0.1),
  std: z._default(number({ above: 0, max: 1000 }), 0.02),
  count: z._default(number({ integer: true, min: 1, max: 100_000 }), 64),
  updates: z._default(number({ integer: true, min: 1, max: 100_000 }), 5000),
}

type Params = ParamsOf<typeof params>

const metrics = {
  decayPerStep: 'number',
  factor: 'exact',
  largestLostDecay: 'power',
  unchanged: 'percent',
  left: 'percent',
  leftFp32: 'percent',
  leftFp32Factor: 'percent',
  leftSubtracted: 'percent',
  leftKahan: 'percent',
  leftKahanSum: 'percent',
  leftStochastic: 'percent',
  leftMaster: 'percent',
} as const

/** One way to decay a weight: as AdamW does, times 1 − lr·wd, or as a part of the update, minus lr·wd·w. */
interface Way {
  readonly name: 'fp32' | 'factor' | 'fp32Factor' | 'subtract' | 'kahan' | 'kahanSum' | 'stochastic' | 'master'
  readonly form: 'factor' | 'subtract'
  readonly keeping: Keeping
  /** The format of the weights, and that in which the factor or the product is computed; absent: the lesson's. */
  readonly format?: 'fp32'
  readonly compute?: 'fp32'
}

const ways: readonly Way[] = [
  { name: 'fp32', form: 'factor', keeping: 'plain', format: 'fp32', compute: 'fp32' },
  { name: 'factor', form: 'factor', keeping: 'plain' },
  { name: 'fp32Factor', form: 'factor', keeping: 'plain', compute: 'fp32' },
  { name: 'subtract', form: 'subtract', keeping: 'plain' },
  { name: 'kahan', form: 'factor', keeping: 'kahan', compute: 'fp32' },
  { name: 'kahanSum', form: 'subtract', keeping: 'kahan' },
  { name: 'stochastic', form: 'factor', keeping: 'stochastic', compute: 'fp32' },
  { name: 'master', form: 'factor', keeping: 'master', compute: 'fp32' },
]

interface Track {
  readonly way: Way
  readonly keeper: WeightKeeper
  readonly step: (w: Weights) => Weights
  readonly start: Float64Array
  weights: Weights
  /** Mean |w| over mean |w| at the start, after every stride. */
  readonly left: number[]
  updates: number
  unchanged: number
}

/** Adam without a gradient, and with an ε that every format has: what remains of a step is the decay. */
function stepOf({ form, compute }: Way, p: Params, keeper: WeightKeeper): Track['step'] {
  const options = { compute: compute ?? p.format }
  const { lr, weightDecay } = p
  if (form === 'factor') {
    const recipe = optimizer('adamw', { lr, weightDecay, beta1: 0, beta2: 0, eps: 1 }, options)
    const still = new Float64Array(p.count)
    const { move } = recipe.next(recipe.init(p.count), still, still)
    return (w) => keeper.next(w, move)
  }
  // −(lr · wd · w), as SGD's update of a gradient w.
  const recipe = optimizer('sgd', { lr: lr * weightDecay }, options)
  return (w) => keeper.next(w, recipe.next(recipe.init(w.held.length), w.held, w.held).move)
}

const size = (values: Float64Array): number => values.reduce((sum, w) => sum + Math.abs(w), 0)

function newTrack(way: Way, p: Params, initial: Float64Array, seed: number): Track {
  const keeper = keeperOf({ name: way.name, format: way.format ?? p.format, keeping: way.keeping }, seed)
  const weights = keeper.init(initial)
  const step = stepOf(way, p, keeper)
  return { way, keeper, step, start: weights.seen, weights, left: [1], updates: 0, unchanged: 0 }
}

function advance(track: Track): void {
  const before = track.weights.seen
  track.weights = track.step(track.weights)
  const after = track.weights.seen
  for (let i = 0; i < after.length; i++) {
    if (before[i] === 0) continue
    track.updates++
    if (after[i] === before[i]) track.unchanged++
  }
}

const leftOf = ({ start, weights }: Track): number => size(weights.seen) / size(start)

async function decay(p: Params, { seed, host }: Request): Promise<{ tracks: Track[]; steps: number[] }> {
  const drawn: number[] = []
  const source = distribution({ distribution: 'normal', std: p.std, count: p.count, seed })
  for await (const { values } of source.blocks()) drawn.push(...values)
  const initial = Float64Array.from(drawn, Math.fround)
  const tracks = ways.map((way) => newTrack(way, p, initial, seed))
  const stride = Math.max(1, Math.ceil(p.updates / 60))
  const steps = [0]
  for (let t = 1; t <= p.updates; t++) {
    for (const track of tracks) advance(track)
    if (t % stride !== 0 && t !== p.updates) continue
    steps.push(t)
    for (const track of tracks) track.left.push(leftOf(track))
    await host.progress?.(t, p.updates)
  }
  return { tracks, steps }
}

/** The largest decay a step for which 1 − decay rounds to 1: half the distance to the value below, or just less than that. */
function largestLostDecay(f: Format): number {
  const half = machineEpsilon(f) / 4
  return rounder(f)(1 - half) === 1 ? half : previous(half, 'fp64')
}

/** In fp32 itself two of the ways are its twin once more. */
const isOwn = (name: Way['name'], p: Params): boolean =>
  p.format !== 'fp32' || (name !== 'factor' && name !== 'fp32Factor')

const wayLabel = (name: Way['name'], p: Params) => ({ code: `decay-${name}`, values: { format: p.format } })

function chart(p: Params, tracks: readonly Track[], steps: readonly number[]): Block {
  const lines: readonly Way['name'][] = ['fp32', 'factor', 'kahan', 'kahanSum', 'stochastic']
  return {
    kind: 'line-chart',
    title: { code: 'decayChart', values: { decay: p.lr * p.weightDecay } },
    x: { label: { code: 'decaySteps' }, values: steps, scale: 'linear' },
    y: { label: { name: '' }, scale: 'linear' },
    series: lines
      .filter((name) => isOwn(name, p))
      .flatMap((name) => {
        const track = tracks.find(({ way }) => way.name === name)
        return track ? [{ label: { code: `decayLine-${name}`, values: { format: p.format } }, values: track.left }] : []
      }),
  }
}

const isNear = (left: number, wanted: number): boolean => Math.abs(left - wanted) <= 0.1 * Math.abs(1 - wanted)

function table(p: Params, tracks: readonly Track[]): Block {
  const wanted = leftOf(tracks[0] as Track)
  const shown = tracks.filter(({ way }) => isOwn(way.name, p))
  return {
    kind: 'table',
    columns: [
      { label: { code: 'decayWay' }, as: 'text' },
      { label: { code: 'decayUnchanged' }, as: 'percent' },
      { label: { code: 'decayLeftAfter', values: { updates: p.updates } }, as: 'percent' },
      { label: { code: 'decayBytes' }, as: 'count' },
    ],
    rows: shown.map((track) => [
      wayLabel(track.way.name, p),
      track.unchanged / track.updates,
      leftOf(track),
      track.keeper.bytes,
    ]),
    tones: shown.map((track) => (isNear(leftOf(track), wanted) ? 'good' : 'bad')),
  }
}

function findingsOf(p: Params, m: Metrics): Finding[] {
  const [left, fp32] = [m['left'] as number, m['leftFp32'] as number]
  return [
    {
      code: m['factor'] === 1 ? 'decayIsOne' : 'decayIsFactor',
      tone: m['factor'] === 1 && p.lr * p.weightDecay > 0 ? 'bad' : 'note',
      values: {
        decay: p.lr * p.weightDecay,
        factor: m['factor'] as number,
        format: p.format,
        limit: m['largestLostDecay'] as number,
      },
    },
    Number.isNaN(left)
      ? { code: 'decayNothingLeft', tone: 'bad', values: { format: p.format } }
      : {
          code: 'decayAfter',
          tone: isNear(left, fp32) ? 'good' : 'bad',
          values: { updates: p.updates, left, fp32, format: p.format },
        },
  ]
}

export const weightDecay = defineRunner({
  name: 'weight-decay',
  params,
  exclusive: [],
  metrics,
  parts: ['chart', 'table'],
  async run(p, request) {
    const f = format(p.format)
    const { tracks, steps } = await decay(p, request)
    const track = (name: Way['name']) => tracks.find(({ way }) => way.name === name) as Track
    const left = (name: Way['name']) => leftOf(track(name))
    const values = {
      decayPerStep: p.lr * p.weightDecay,
      factor: rounder(f)(1 - p.lr * p.weightDecay),
      largestLostDecay: largestLostDecay(f),
      unchanged: track('factor').unchanged / track('factor').updates,
      left: left('factor'),
      leftFp32: left('fp32'),
      leftFp32Factor: left('fp32Factor'),
      leftSubtracted: left('subtract'),
      leftKahan: left('kahan'),
      leftKahanSum: left('kahanSum'),
      leftStochastic: left('stochastic'),
      leftMaster: left('master'),
    }
    const draw: Record<string, () => Block> = {
      chart: () => chart(p, tracks, steps),
      table: () => table(p, tracks),
    }
    const { show } = request
    return {
      subject: { code: 'decaySubject', values: { count: p.count, lr: p.lr, weightDecay: p.weightDecay } },
      metrics: values,
      findings: findingsOf(p, values),
      blocks: (show.length > 0 ? show : ['chart', 'table']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
