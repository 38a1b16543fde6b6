/** Fine-tuning: AdamW's small moves against weights of real sizes, kept in one format or another. */
import * as z from 'zod/mini'
import { distribution } from '../data/distributions.js'
import { openInput } from '../data/input.js'
import { FpsimError } from '../errors.js'
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { format } from '../format/parse.js'
import type { Block, Finding, Metrics } from '../result/result.js'
import type { Move } from '../train/optimizer.js'
import { optimizer } from '../train/optimizer.js'
import type { WeightKeeper, Weights } from '../train/weights.js'
import { stuckFrom } from './lost-updates/lost.js'
import { type Kept, keeperOf, keptRecipes } from './master-weights/kept-weights.js'
import { formatName, number, path, text } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { share } from './share.js'
import { stateFormat } from './state-format.js'

const params = {
  input: z.optional(path()),
  tensor: z.optional(text()),
  std: z._default(number({ above: 0, max: 1000 }), 0.02),
  count: z._default(number({ integer: true, min: 1, max: 100_000 }), 10_000),
  lr: z._default(number({ min: 0, max: 1 }), 2e-5),
  updates: z._default(number({ integer: true, min: 1, max: 1000 }), 100),
  scatter: z._default(number({ min: 0, max: 1e6 }), 1),
  beta1: z._default(number({ min: 0, max: 0.999999 }), 0.9),
  beta2: z._default(number({ min: 0, max: 0.999999999 }), 0.999),
  epsilon: z._default(number({ min: 0, max: 1e6 }), 1e-8),
  weightDecay: z._default(number({ min: 0, max: 1 }), 0.01),
  states: z._default(formatName(), 'fp32'),
}

type Params = ParamsOf<typeof params>

const metrics = {
  weights: 'count',
  moveOverLr: 'number',
  lostFp32: 'percent',
  lostFp16: 'percent',
  lostBf16: 'percent',
  stillMaster: 'percent',
  neverMovedFp16: 'percent',
  neverMovedBf16: 'percent',
  wayFp16: 'percent',
  wayBf16: 'percent',
  wayMaster: 'percent',
  wayStochastic: 'percent',
  wayKahan: 'percent',
  fullLossFp16: 'power',
  fullLossBf16: 'power',
} as const

/** The recipes of the table, by their names in kept-weights. */
const shown = ['fp32', 'fp16', 'bf16', 'bf16-master', 'bf16-kahan', 'bf16-sr'] as const
type Shown = (typeof shown)[number]
const kepts: Readonly<Record<Shown, Kept>> = Object.fromEntries(
  shown.map((name) => [name, keptRecipes.find((kept) => kept.name === name)]),
) as Record<Shown, Kept>

/** Takes normal deviates in order, any number at a time. */
function deviates(seed: number, count: number): (n: number) => Float64Array {
  const blocks = distribution({ distribution: 'normal', count, seed }).blocks() as Iterable<{ values: Float64Array }>
  const iterator = blocks[Symbol.iterator]()
  let rest = new Float64Array(0)
  return (n) => {
    const out = new Float64Array(n)
    for (let filled = 0; filled < n; ) {
      if (rest.length === 0) rest = iterator.next().value.values.slice()
      const part = rest.subarray(0, n - filled)
      out.set(part, filled)
      rest = rest.subarray(part.length)
      filled += part.length
    }
    return out
  }
}

/** Weights to start from, and how many of the file's were NaN or Inf and left out. */
interface Given {
  readonly weights: Float64Array
  readonly nonfinite: number
}

/** At most `count` finite weights of a file, evenly spread over it. Throws 'bad-data' where it has none. */
async function weightsOf(file: string, { tensor, count }: Params, { host }: Request): Promise<Given> {
  const source = await openInput(file, { tensor, stdin: host.stdin })
  let [size, nonfinite] = [0, 0]
  for await (const { values } of source.blocks())
    for (const x of values)
      if (Number.isFinite(x)) size++
      else nonfinite++
  if (size === 0) throw new FpsimError('bad-data', { file, problem: 'empty' })
  const stride = Math.ceil(size / count)
  const chosen: number[] = []
  let i = 0
  for await (const { values } of source.blocks())
    for (const x of values) if (Number.isFinite(x) && i++ % stride === 0) chosen.push(Math.fround(x))
  return { weights: Float64Array.from(chosen), nonfinite }
}

/** Updates by the power of two of the weight they meet, from 2^-1074: all, and those that left it as it was. */
interface Binades {
  readonly all: Float64Array
  readonly lost: Float64Array
}
const bottom = -1074

/** One way to keep the weights, and what has been seen of it. */
interface Track {
  readonly keeper: WeightKeeper
  readonly start: Float64Array
  weights: Weights
  updates: number
  lost: number
  readonly moved: Uint8Array
  readonly binades: Binades
}

function newTrack(kept: Kept, initial: Float64Array, seed: number): Track {
  const keeper = keeperOf(kept, seed)
  const weights = keeper.init(initial)
  const moved = new Uint8Array(initial.length)
  return {
    keeper,
    start: weights.seen,
    weights,
    updates: 0,
    lost: 0,
    moved,
    binades: { all: new Float64Array(2100), lost: new Float64Array(2100) },
  }
}

function advance(track: Track, move: Move): void {
  const before = track.weights.seen
  track.weights = track.keeper.next(track.weights, move)
  const after = track.weights.seen
  const { all, lost } = track.binades
  for (let i = 0; i < after.length; i++) {
    const w = before[i] as number
    if (move.delta[i] === 0 || !Number.isFinite(w)) continue
    const isLost = after[i] === w
    track.updates++
    if (isLost) track.lost++
    else track.moved[i] = 1
    if (w === 0) continue
    const bin = exponentOf(w) - bottom
    all[bin] = (all[bin] as number) + 1
    if (isLost) lost[bin] = (lost[bin] as number) + 1
  }
}

/** How far the weights went along the twin's way: 1 is as far. NaN where the twin did not move. */
function wayOf(track: Track, twin: Track): number {
  let along = 0
  let whole = 0
  for (const [i, start] of twin.start.entries()) {
    const d = (twin.weights.seen[i] as number) - start
    along += d * ((track.weights.seen[i] as number) - (track.start[i] as number))
    whole += d * d
  }
  return whole > 0 ? along / whole : Number.NaN
}

const lostOf = (track: Track): number => share(track.lost, track.updates)
const neverMoved = ({ moved }: Track): number =>
  share(
    moved.reduce((n, x) => n + (x === 0 ? 1 : 0), 0),
    moved.length,
  )

/** What happened, in every way to keep the weights. */
interface Outcome {
  readonly count: number
  readonly tracks: Readonly<Record<Shown, Track>>
  readonly moveOverLr: number
  /** The share of Adam's second moments that are 0 at the end though their gradients are not. */
  readonly emptied: number
  /** What the file had besides and could not be trained. */
  readonly nonfinite: number
}

async function train(p: Params, request: Request): Promise<Outcome> {
  const { seed, host } = request
  const given = p.input === undefined ? undefined : await weightsOf(p.input, p, request)
  const count = given?.weights.length ?? p.count
  const draw = deviates(seed, count * (p.updates + 2))
  const drawn = draw(count)
  const initial = given?.weights ?? drawn.map((x) => Math.fround(x * p.std))
  const direction = draw(count)
  const { lr, beta1, beta2, epsilon: eps, weightDecay } = p
  const states = stateFormat('states', p.states)
  const recipe = optimizer('adamw', { lr, beta1, beta2, eps, weightDecay }, { momentum: states, variance: states })
  const tracks = Object.fromEntries(shown.map((name) => [name, newTrack(kepts[name], initial, seed)]))
  let state = recipe.init(count)
  let size = 0
  for (let t = 1; t <= p.updates; t++) {
    // Of any size: Adam divides it out. What matters is how a gradient scatters from step to step.
    const chance = draw(count)
    const gradient = direction.map((x, i) => Math.fround(1e-3 * (x + p.scatter * (chance[i] as number))))
    // AdamW's update does not look at the weights: one is right for all.
    const next = recipe.next(state, initial, gradient)
    state = next.state
    for (const x of next.move.delta) size += Math.abs(x)
    for (const name of shown) advance(tracks[name] as Track, next.move)
    if (t % 10 === 0) await host.progress?.(t, p.updates)
  }
  const { variance = new Float64Array(0) } = state.slots
  const emptied = share(
    variance.reduce((sum, x) => sum + (x === 0 ? 1 : 0), 0),
    count,
  )
  return {
    count,
    tracks: tracks as Record<Shown, Track>,
    moveOverLr: size / (count * p.updates) / lr,
    emptied,
    nonfinite: given?.nonfinite ?? 0,
  }
}

/** Adam moves a weight by the learning rate or less; many times that is no training any more. */
const isWild = (moveOverLr: number): boolean => !(moveOverLr <= 10)

/** The share of updates lost at each size of weight, and where the weights lie. */
function chart({ tracks }: Outcome): Block {
  const { fp32, fp16, bf16 } = tracks
  const { all } = fp32.binades
  const total = all.reduce((sum, n) => sum + n, 0)
  // A handful of weights of a size says little.
  const isOften = (n: number): boolean => n > 0 && n * 2000 >= total
  const [low, high] = [all.findIndex(isOften), all.findLastIndex(isOften)]
  const bins = Array.from({ length: high - low + 1 }, (_, i) => low + i)
  const lost = ({ binades }: Track) => bins.map((bin) => share(binades.lost[bin] ?? 0, binades.all[bin] ?? 0))
  return {
    kind: 'line-chart',
    title: { code: 'tuneChart' },
    x: { label: { code: 'tuneSize' }, values: bins.map((bin) => powerOfTwo(bin + bottom)), scale: 'log2' },
    y: { label: { name: '' }, scale: 'linear' },
    rows: 8,
    series: [
      { label: { name: 'bf16' }, values: lost(bf16) },
      { label: { name: 'fp16' }, values: lost(fp16) },
      {
        label: { code: 'tuneWeightsThere' },
        values: bins.map((bin) => share(all[bin] ?? 0, total)),
        tone: 'note',
      },
    ],
  }
}

const table = ({ tracks, moveOverLr }: Outcome): Block => ({
  kind: 'table',
  columns: [
    { label: { code: 'tuneKept' }, as: 'text' },
    { label: { code: 'tuneStill' }, as: 'percent' },
    { label: { code: 'tuneNever' }, as: 'percent' },
    { label: { code: 'tuneWay' }, as: 'percent' },
    { label: { code: 'tuneBytes' }, as: 'count' },
  ],
  rows: shown.map((name) => {
    const track = tracks[name]
    return [name, lostOf(track), neverMoved(track), wayOf(track, tracks.fp32), track.keeper.bytes]
  }),
  tones: shown.map((name) => (!isWild(moveOverLr) && wayOf(tracks[name], tracks.fp32) > 0.9 ? 'good' : 'bad')),
})

function findingsOf(p: Params, m: Metrics, emptied: number): Finding[] {
  const lost = m['lostBf16'] as number
  if (Number.isNaN(lost)) return [{ code: 'tuneNoMove', tone: 'note', values: { lr: p.lr } }]
  const move = m['moveOverLr'] as number
  if (isWild(move))
    return [
      { code: 'tuneWild', tone: 'bad', values: { lr: p.lr, move, states: p.states, emptied, epsilon: p.epsilon } },
      ...(Number.isNaN(m['wayBf16'])
        ? []
        : [{ code: 'tuneWildWays', tone: 'bad' as const, values: { bf16: m['wayBf16'] as number } }]),
    ]
  return [
    {
      code: 'tuneLost',
      tone: lost > 0.01 ? 'bad' : 'good',
      values: { lr: p.lr, move, bf16: lost, fp16: m['lostFp16'] as number },
    },
    {
      code: 'tuneWays',
      tone: (m['wayBf16'] as number) > 0.9 ? 'good' : 'bad',
      values: { updates: p.updates, bf16: m['wayBf16'] as number, master: m['wayMaster'] as number },
    },
    {
      code: 'tuneFrom',
      tone: 'note',
      values: { lr: p.lr, bf16: m['fullLossBf16'] as number, fp16: m['fullLossFp16'] as number },
    },
  ]
}

export const fineTuning = defineRunner({
  name: 'fine-tuning',
  params,
  exclusive: [['input', 'std']],
  beside: { tensor: 'input' },
  metrics,
  parts: ['chart', 'table', 'master'],
  async run(p, request) {
    const outcome = await train(p, request)
    const { fp32, fp16, bf16 } = outcome.tracks
    const way = (name: Shown) => wayOf(outcome.tracks[name], fp32)
    const from = (name: string) => (p.lr > 0 ? stuckFrom(p.lr, format(name), false).from : Number.NaN)
    const values = {
      weights: outcome.count,
      moveOverLr: outcome.moveOverLr,
      lostFp32: lostOf(fp32),
      lostFp16: lostOf(fp16),
      lostBf16: lostOf(bf16),
      stillMaster: lostOf(outcome.tracks['bf16-master']),
      neverMovedFp16: neverMoved(fp16),
      neverMovedBf16: neverMoved(bf16),
      wayFp16: way('fp16'),
      wayBf16: way('bf16'),
      wayMaster: way('bf16-master'),
      wayStochastic: way('bf16-sr'),
      wayKahan: way('bf16-kahan'),
      fullLossFp16: from('fp16'),
      fullLossBf16: from('bf16'),
    }
    const forgets = values.stillMaster > 0.05 && values.wayMaster - values.wayBf16 > 0.1
    const draw: Record<string, () => Block[]> = {
      chart: () => [chart(outcome)],
      table: () => [table(outcome)],
      master: () =>
        forgets ? [{ kind: 'note', code: 'tuneRemembers', tone: 'note', values: { still: values.stillMaster } }] : [],
    }
    const hasMoved = !Number.isNaN(values.lostFp32)
    const { show } = request
    return {
      subject: {
        code: 'tuneSubject',
        values: { count: outcome.count, lr: p.lr, std: p.input === undefined ? p.std : Number.NaN },
      },
      metrics: values,
      findings: [
        ...findingsOf(p, values, outcome.emptied),
        ...(outcome.nonfinite > 0
          ? [{ code: 'nonfiniteInput', tone: 'note' as const, values: { nonfinite: outcome.nonfinite } }]
          : []),
      ],
      blocks: (show.length > 0 ? show : ['chart', 'table', 'master']).flatMap(
        (part) => (hasMoved && draw[part]?.()) || [],
      ),
    }
  },
})
