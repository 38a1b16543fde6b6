/** What the screen of a training shows: loss curves, the table of the runs, histograms of gradients. */
import { asFormat } from '../../format/parse.js'
import type { Block, Cell, Column, Label, Table, Tone } from '../../result/result.js'
import type { Measure, Task } from '../../train/task.js'
import type { StepCounts, TensorCounts, Trained } from '../../train/trainer.js'
import { zoneOf } from '../replay/blocks.js'
import { isIdle, type Judged, nameOf, shortName } from './run.js'

/** A chart has about so many columns; each shows the mean of its steps. */
const stretches = 64

/** Rows of the chart; lines closer than half of one are drawn as one. */
const height = 8

/** The mean loss of each stretch of steps; NaN where one of them is not finite. A run that broke ends with its first NaN. */
function smoothed({ history, brokenAt }: Trained, phase: number, edges: readonly number[]): number[] {
  const losses = history.losses[phase] ?? new Float64Array(0)
  const means = edges.slice(1).map((end, i) => {
    const part = losses.subarray(edges[i] as number, end)
    return part.reduce((sum, x) => sum + x, 0) / part.length
  })
  const gap = means.findIndex((x) => !Number.isFinite(x))
  return brokenAt === undefined || gap < 0 ? means : means.slice(0, gap + 1)
}

const edgesOf = (steps: number): number[] => {
  const n = Math.min(steps, stretches)
  return Array.from({ length: n + 1 }, (_, i) => Math.floor((i * steps) / n))
}

interface Curve {
  readonly names: string[]
  readonly label: Label
  readonly values: readonly number[]
  readonly tone: Tone | null
}

/** Lines that nobody could tell apart become one, with all names. */
function joined(curves: readonly Curve[], place: (x: number) => number): Curve[] {
  const all = curves.flatMap(({ values }) => values.filter(Number.isFinite)).map(place)
  const reach = Math.max(...all) - Math.min(...all)
  const alike = (a: Curve, b: Curve): boolean =>
    a.values.length === b.values.length &&
    a.values.every((x, i) => {
      const y = b.values[i] as number
      return Number.isFinite(x) && Number.isFinite(y)
        ? Math.abs(place(x) - place(y)) <= reach / (2 * height)
        : Number.isFinite(x) === Number.isFinite(y)
    })
  const out: Curve[] = []
  for (const curve of curves) {
    const like = out.find((other) => alike(other, curve))
    if (like) like.names.push(...curve.names)
    else out.push({ ...curve, names: [...curve.names] })
  }
  return out
}

export interface ChartOptions {
  readonly phase: number
  readonly log: (x: number) => number
  /** Of the phase. */
  readonly name: string
}

/** The losses of one phase, all runs on one chart. */
export function lossChart(runs: readonly Judged[], { phase, log, name }: ChartOptions): Block {
  const steps = Math.max(...runs.map(({ trained }) => trained.steps))
  const edges = edgesOf(steps)
  const curves = runs.map((run): Curve => {
    const label = nameOf(run)
    return {
      names: [shortName(run)],
      label,
      values: smoothed(run.trained, phase, edges),
      tone: null,
    }
  })
  const finite = curves.flatMap(({ values }) => values.filter((x) => Number.isFinite(x)))
  const wide = Math.min(...finite) > 0 && Math.max(...finite) > 50 * Math.min(...finite)
  const skips = runs.flatMap(({ trained }) => [...trained.history.skipped].flatMap((skip, i) => (skip ? [i] : [])))
  return {
    kind: 'line-chart',
    x: {
      // It stands beside the numbers where there is room, and saves a line.
      label: name === '' ? { code: 'train-losses' } : { code: 'train-loss-of', values: { phase: name } },
      values: edges.slice(1),
      scale: 'linear',
    },
    y: { label: { name: '' }, scale: wide ? 'log10' : 'linear' },
    series: joined(curves, wide ? log : (x) => x).map(({ names, label, values }) => ({
      label: names.length > 1 ? { code: 'train-alike', values: { names: names.join(', ') } } : label,
      values,
    })),
    rows: height,
    ...(skips.length > 0 ? { marks: { label: { code: 'train-skipped' }, at: [...new Set(skips)] } } : {}),
  }
}

const tones: Readonly<Record<Judged['verdict'], Tone | null>> = {
  twin: null,
  plain: null,
  same: 'good',
  worse: 'bad',
  broken: 'bad',
}

/** The runs for a program: all that is known of each. */
function dataOf(runs: readonly Judged[], measure: Measure): NonNullable<Table['data']> {
  const columns: Readonly<Record<string, (run: Judged) => number | string | null>> = {
    recipe: ({ recipe }) => recipe,
    loop: ({ loop }) => loop,
    verdict: ({ verdict }) => verdict,
    steps: ({ trained }) => trained.steps,
    loss: ({ loss }) => loss,
    [measure.name]: (run) => run.measure,
    skipped: ({ skipped }) => skipped,
    overflows: ({ overflows }) => overflows,
    gradientsLost: ({ lost }) => lost,
    updatesLost: ({ lostUpdates }) => lostUpdates,
    brokenAt: ({ trained }) => trained.brokenAt ?? null,
    gaveUpAt: ({ trained }) => trained.gaveUpAt ?? null,
    finalScale: ({ trained }) => trained.finalScale,
    bytesPerWeight: ({ trained }) => trained.bytes,
    bytesSent: ({ trained }) => trained.sent,
  }
  return { columns: Object.keys(columns), rows: runs.map((run) => Object.values(columns).map((of) => of(run))) }
}

/** One row a run: how it ended, what was lost on the way, what it costs. */
export function runsTable(runs: readonly Judged[], measure: Measure): Table {
  const column = (code: string, as: Column['as']): Column => ({ label: { code }, as })
  const multi = runs.some(({ trained }) => trained.sent > 0)
  const row = (run: Judged): Cell[] => [
    nameOf(run),
    run.loss,
    run.measure,
    run.skipped,
    run.overflows,
    run.lost,
    // Whether a small update changes the weight is drawn.
    Number.isNaN(run.lostUpdates) ? { code: 'train-drawn' } : run.lostUpdates,
    run.trained.finalScale,
    run.trained.bytes,
    ...(multi ? [Math.round(run.trained.sent)] : []),
  ]
  const twin = runs.find(({ verdict }) => verdict === 'twin')
  const praised = twin !== undefined && !isIdle(twin.measure, measure)
  const toneOf = ({ verdict }: Judged): Tone | null => (verdict === 'same' && !praised ? null : tones[verdict])
  const blanks = Array.from({ length: multi ? 7 : 6 }, () => null)
  const untrained: Cell[] = [{ code: 'train-no-network' }, null, measure.naive ?? null, ...blanks]
  return {
    kind: 'table',
    columns: [
      column('train-recipe', 'text'),
      column('train-loss', 'number'),
      column(`trainMeasure-${measure.name}`, measure.as),
      column('train-skipped', 'count'),
      column('train-overflows', 'count'),
      column('train-lost', 'percent'),
      column('train-lost-updates', 'percent'),
      column('train-scale', 'power'),
      column('train-bytes', 'number'),
      ...(multi ? [column('train-sent', 'count')] : []),
    ],
    rows: [...runs.map(row), ...(measure.naive === undefined ? [] : [untrained])],
    data: dataOf(runs, measure),
    tones: [...runs.map(toneOf), ...(measure.naive === undefined ? [] : [null])],
  }
}

/** What the forecast without a network is, where there is one. */
export const naiveNote = ({ name, data }: Task): Block[] =>
  name === 'series' ? [{ kind: 'note', code: 'train-naive', tone: 'note', values: { data } }] : []

/** All steps of a tensor added up. */
export function totalCounts(steps: readonly StepCounts[]): TensorCounts[] {
  const found = new Map<string, TensorCounts[]>()
  for (const { tensors } of steps)
    for (const each of tensors) {
      const key = `${each.kind} ${each.tensor}`
      found.set(key, [...(found.get(key) ?? []), each])
    }
  return [...found.values()].map((all): TensorCounts => {
    const used = all.filter(({ counts }) => counts.length > 0)
    const from = used.length === 0 ? 0 : Math.min(...used.map((t) => t.from))
    const end = Math.max(from, ...used.map((t) => t.from + t.counts.length))
    const counts = new Array<number>(end - from).fill(0)
    for (const t of used)
      for (const [i, n] of t.counts.entries()) counts[t.from - from + i] = (counts[t.from - from + i] as number) + n
    const { kind, tensor } = all[0] as TensorCounts
    const sum = (key: 'zeros' | 'nonfinite'): number => all.reduce((total, t) => total + t[key], 0)
    return {
      kind,
      tensor,
      zeros: sum('zeros'),
      nonfinite: sum('nonfinite'),
      from,
      counts,
      largest: Math.max(...all.map((t) => t.largest)),
    }
  })
}

/** The gradients of each layer's weights in a run by power of two, over the zones of a format. */
export function gradientHistogram(trained: Trained, format: string): Block[] {
  const tensors = totalCounts(trained.counts).filter(
    ({ kind, counts, tensor }) => kind === 'weights' && counts.length > 0 && tensor.endsWith('weight'),
  )
  if (tensors.length === 0) return []
  const f = asFormat(format)
  // The axis holds all values and, for orientation, the border of what becomes 0 and that of the normal values.
  const first = Math.min(...tensors.map(({ from }) => from), f.emin - f.precision - 1)
  const end = Math.max(...tensors.map(({ from, counts }) => from + counts.length), Math.min(f.emax, 0) + 2)
  return [
    {
      kind: 'histogram',
      title: { code: 'train-histogram', values: { recipe: trained.name, steps: trained.counts.length } },
      first,
      format: f.name,
      precision: f.precision,
      zones: Array.from({ length: end - first }, (_, i) => zoneOf(first + i, f)),
      panels: tensors.map(({ tensor, from, counts }) => ({
        label: { name: tensor },
        counts: Array.from({ length: end - first }, (_, i) => counts[i + first - from] ?? 0),
      })),
    },
  ]
}
