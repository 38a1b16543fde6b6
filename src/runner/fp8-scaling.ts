/** Where the scale of an FP8 tensor comes from: its own largest value, or those of the steps before; and an outlier. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { format } from '../format/parse.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { lossScaler } from '../train/loss-scale.js'
import { type Kept, keptOf, type Role, tensorsOf } from './fp8-scaling/tensors.js'
import { choice, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { decimate } from './scaling/decimate.js'

const params = {
  format: z._default(choice(['hybrid', 'e4m3fn']), 'hybrid'),
  steps: z._default(number({ integer: true, min: 2, max: 400 }), 96),
  count: z._default(number({ integer: true, min: 16, max: 8192 }), 2048),
  std: z._default(number({ above: 0, max: 5 }), 2),
  drift: z._default(number({ min: 1e-6, max: 1e6 }), 4),
  outlier: z._default(number({ min: 1, max: 1e6 }), 100),
  outlierStep: z._default(number({ integer: true, min: 1 }), 40),
  history: z._default(number({ integer: true, min: 1, max: 100_000 }), 16),
  margin: z._default(number({ integer: true, min: 0, max: 20 }), 0),
  algo: z._default(choice(['max', 'most_recent']), 'max'),
}

type Params = ParamsOf<typeof params>

const metrics = {
  saturatedAtOutlier: 'count',
  saturatedSteps: 'count',
  lostBefore: 'percent',
  lostAtOutlier: 'percent',
  lostAfter: 'percent',
  aftermath: 'count',
  lostAtOutlierCurrent: 'percent',
  lostAfterCurrent: 'percent',
  saturatedStepsCurrent: 'count',
  lostUnscaled: 'percent',
  scaleBefore: 'number',
  scaleAfter: 'number',
} as const

const parts = ['scales', 'shares'] as const

const ways = ['delayed', 'current', 'none'] as const
type Way = (typeof ways)[number]

/** One way to scale one tensor: the scale and what was kept, step by step. */
interface Track {
  readonly role: Role
  readonly format: 'e4m3fn' | 'e5m2'
  readonly way: Way
  readonly scales: number[]
  readonly kept: Kept[]
}

/** The scale of a step, from amax values: the next one from this step's, or this step's own. */
function scalerOf(way: Way, name: Track['format'], { history, margin, algo }: Params): (amax: number) => number {
  if (way === 'none') return () => 1
  const own = way === 'delayed' ? { history, algo } : { algo: 'most_recent' as const }
  const scaler = lossScaler('te-delayed', { format: name, margin, ...own })
  let state = scaler.init()
  return (amax) => {
    const used = state.scale
    state = scaler.next(state, { amax })
    return way === 'delayed' ? used : state.scale
  }
}

async function track(role: Role, name: Track['format'], p: Params, { seed, host }: Request) {
  const f = format(name)
  const tracks = ways.map((way): Track => ({ role, format: name, way, scales: [], kept: [] }))
  const scalers = ways.map((way) => scalerOf(way, name, p))
  let step = 0
  // The screen counts steps from 1.
  const usually = scalerOf('delayed', name, p)
  const usualScales: number[] = []
  for (const { tensor, amax, usual } of tensorsOf(role, { ...p, outlierStep: p.outlierStep - 1, seed })) {
    usualScales.push(usually(usual))
    tracks.forEach(({ scales, kept }, i) => {
      const scale = (scalers[i] as (amax: number) => number)(amax)
      scales.push(scale)
      kept.push(keptOf(tensor, scale, f))
    })
    step++
    await host.progress?.(role === 'activations' ? step : p.steps + step, 2 * p.steps)
  }
  return { tracks, usualScales }
}

/** The share of values that became 0, over some steps; NaN where there are none. */
const lostShare = (kept: readonly Kept[], count: number): number =>
  kept.reduce((sum, { lost }) => sum + lost, 0) / (kept.length * count)

/** The steps before the outlier, after the first, whose scale knows nothing; the outlier's; those that pay for it; the rest. */
function phases(t: Track, { outlierStep }: Params, paying: number) {
  const at = outlierStep - 1
  return {
    before: t.kept.slice(1, at),
    outlier: t.kept.slice(at, at + 1),
    after: t.kept.slice(at + 1, at + 1 + paying),
    later: t.kept.slice(at + 1 + paying),
  }
}

/** Steps in which the delayed scale is another than it were without the outlier. */
const aftermathOf = (delayed: Track, usualScales: readonly number[]): number =>
  delayed.scales.filter((scale, t) => scale !== usualScales[t]).length

const saturatedSteps = ({ kept }: Track): number => kept.filter(({ saturated }) => saturated > 0).length

function chart(tracks: readonly Track[], { steps, outlier, outlierStep }: Params): Block {
  const short = decimate(steps)
  const series = (['delayed', 'current'] as const).map((way) => {
    const line = short.series()
    for (const scale of tracks.find((t) => t.way === way)?.scales ?? []) line.add(scale)
    return { label: { code: `fp8-line-${way}` }, values: line.values() }
  })
  return {
    kind: 'line-chart',
    title: { code: 'fp8-chart' },
    x: { label: { code: 'fp8-step' }, values: short.steps.map((t) => t + 1), scale: 'linear' },
    y: { label: { name: '' }, scale: 'log2' },
    series,
    ...(outlier > 1 ? { marks: { label: { code: 'fp8-outlier' }, at: [outlierStep] } } : {}),
  }
}

function table(tracks: readonly Track[], p: Params, paying: number): Block {
  const share = (kept: readonly Kept[]): Cell => (kept.length > 0 ? lostShare(kept, p.count) : null)
  return {
    kind: 'table',
    columns: [
      { label: { code: 'fp8-tensor' }, as: 'text' },
      { label: { code: 'fp8-way' }, as: 'text' },
      { label: { code: 'fp8-cutSteps' }, as: 'count' },
      ...(p.outlier > 1
        ? [
            { label: { code: 'fp8-lostBefore' }, as: 'percent' as const },
            { label: { code: 'fp8-lostAt' }, as: 'percent' as const },
            { label: { code: 'fp8-lostAfter', values: { history: paying } }, as: 'percent' as const },
            { label: { code: 'fp8-lostLater' }, as: 'percent' as const },
          ]
        : [{ label: { code: 'fp8-lostAll' }, as: 'percent' as const }]),
    ],
    rows: tracks.map((t): Cell[] => {
      const { before, outlier, after, later } = phases(t, p, paying)
      return [
        { code: `fp8-role-${t.role}`, values: { format: t.format } },
        { code: `fp8-way-${t.way}` },
        saturatedSteps(t),
        ...(p.outlier > 1 ? [share(before), share(outlier), share(after), share(later)] : [share(t.kept.slice(1))]),
      ]
    }),
  }
}

export const fp8Scaling = defineRunner({
  name: 'fp8-scaling',
  params,
  exclusive: [],
  metrics,
  parts,
  async run(p, request) {
    if (p.outlierStep > p.steps)
      throw new FpsimError('invalid-value', {
        option: 'outlierStep',
        value: p.outlierStep,
        problem: 'above-maximum',
        limit: p.steps,
      })
    const forward = await track('activations', 'e4m3fn', p, request)
    const backward = await track('gradients', p.format === 'hybrid' ? 'e5m2' : 'e4m3fn', p, request)
    const [delayed, current, none] = forward.tracks as [Track, Track, Track]
    const aftermath = aftermathOf(delayed, forward.usualScales)
    // Without any that pays: as many as remember it.
    const paying = aftermath > 0 ? aftermath : p.algo === 'max' ? p.history : 1
    const of = (t: Track) => {
      const { before, outlier, after } = phases(t, p, paying)
      return {
        before: lostShare(before, p.count),
        at: lostShare(outlier, p.count),
        after: lostShare(after, p.count),
        cut: outlier[0]?.saturated ?? 0,
      }
    }
    const [d, c] = [of(delayed), of(current)]
    const at = p.outlierStep - 1
    const values = { step: p.outlierStep, times: p.outlier, count: p.count }
    const findings: Finding[] =
      p.outlier > 1
        ? [
            { code: 'fp8-delayed', tone: 'bad', values: { ...values, ...d, aftermath } },
            { code: 'fp8-current', tone: 'good', values: { ...values, ...c, cutSteps: saturatedSteps(current) } },
          ]
        : [{ code: 'fp8-calm', tone: 'note', values: { lost: lostShare(delayed.kept.slice(1), p.count) } }]
    findings.push({
      code: 'fp8-drift',
      tone: saturatedSteps(delayed) > 0 ? 'note' : 'good',
      values: { cut: saturatedSteps(delayed), steps: p.steps, margin: p.margin },
    })
    // The gradients without a scale would only repeat what the activations show.
    const listed = [...forward.tracks, ...backward.tracks.filter(({ way }) => way !== 'none')]
    const draw: Record<(typeof parts)[number], () => Block> = {
      scales: () => chart(forward.tracks, p),
      shares: () => table(listed, p, paying),
    }
    return {
      subject: { code: 'fp8-subject', values: { count: p.count, steps: p.steps, history: p.history } },
      metrics: {
        saturatedAtOutlier: d.cut,
        saturatedSteps: saturatedSteps(delayed),
        lostBefore: d.before,
        lostAtOutlier: d.at,
        lostAfter: d.after,
        aftermath,
        lostAtOutlierCurrent: c.at,
        lostAfterCurrent: c.after,
        saturatedStepsCurrent: saturatedSteps(current),
        lostUnscaled: lostShare(none.kept, p.count),
        scaleBefore: delayed.scales[at] ?? Number.NaN,
        scaleAfter: delayed.scales[at + 1] ?? Number.NaN,
      },
      findings,
      blocks: (request.show.length > 0 ? request.show : parts).map((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
