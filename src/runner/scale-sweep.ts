/** One loss scale for the whole training: what every power of two loses and overflows, and which are safe. */
import * as z from 'zod/mini'
import type { Block as DataBlock, Source } from '../data/source.js'
import { FpsimError } from '../errors.js'
import { exponentOf, powerOfTwo } from '../format/bits.js'
import type { Format } from '../format/format.js'
import { format } from '../format/parse.js'
import type { Block, Finding } from '../result/result.js'
import { openOrigin, originGroup, originNeeds, originParams } from './origin.js'
import { formatName, number } from './params.js'
import { windowNote } from './replay/blocks.js'
import { addExtent, type Extent, maxSafeScale, minGoodScale, newExtent, tolerableLoss } from './replay/window.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { addBinades, addRerounding, nearestPower, newRerounding, significandsOf } from './scale-sweep/rerounding.js'
import { type Thresholds, thresholdsOf } from './scaling/threshold.js'

const params = {
  ...originParams,
  format: z._default(formatName(), 'fp16'),
  from: z._default(number({ integer: true, min: -200, max: 200 }), 0),
  to: z._default(number({ integer: true, min: -200, max: 200 }), 24),
  scale: z._default(number({ above: 0, min: powerOfTwo(-200), max: powerOfTwo(200) }), 1000),
}

type Params = ParamsOf<typeof params>

const metrics = {
  values: 'count',
  nonfinite: 'count',
  largest: 'number',
  lostUnscaled: 'percent',
  minGoodScale: 'power',
  maxSafeScale: 'power',
  goodScales: 'count',
  lostAtMaxSafe: 'percent',
  overflowAbove: 'count',
  lostAtScale: 'percent',
  overflowAtScale: 'count',
  changed: 'percent',
  changedByPower: 'percent',
  worstChange: 'percent',
} as const

const parts = ['curve', 'scales', 'rerounding'] as const

/** Counts of the nonzero finite values between thresholds. */
interface Counts {
  readonly edges: Float64Array
  /** between[i]: values from edge i − 1 up to, but not with, edge i. */
  readonly between: Float64Array
  counted: number
}

/** How many edges lie at or below a size: the place of its count. */
function placeOf(edges: Float64Array, size: number): number {
  let [low, high] = [0, edges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] as number) <= size) low = middle + 1
    else high = middle
  }
  return low
}

function addCounts(counts: Counts, { values, weights }: DataBlock, f: Format): { nonfinite: number } {
  let nonfinite = 0
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number
    const size = Math.abs(x)
    const weight = weights ? (weights[i] as number) : 1
    if (!(size < Number.POSITIVE_INFINITY)) nonfinite += weight
    else if (size > 0) {
      counts.counted += weight
      // Without a sign the format makes NaN of them: neither lost nor beyond the range.
      if (x > 0 || f.signed) counts.between[placeOf(counts.edges, size)]! += weight
    }
  }
  return { nonfinite }
}

/** What a scale does to the values. */
interface Row {
  readonly scale: number
  readonly lost: number
  readonly few: number
  readonly overflow: number
}

function rowOf({ edges, between }: Counts, scale: number, { kept, full, overflow }: Thresholds): Row {
  const below = (edge: number) => {
    let sum = 0
    for (let i = placeOf(edges, edge) - 1; i >= 0; i--) sum += between[i] as number
    return sum
  }
  const all = between.reduce((sum, n) => sum + n, 0)
  const lost = below(kept)
  return { scale, lost, few: below(full) - lost, overflow: all - below(overflow) }
}

/** How many values lie in each binade. */
function addToBinades(binades: Map<number, number>, values: Float64Array, weights: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number)
    if (!(size > 0 && size < Number.POSITIVE_INFINITY)) continue
    const exponent = exponentOf(size)
    binades.set(exponent, (binades.get(exponent) ?? 0) + (weights[i] as number))
  }
}

/** One pass over the source; the scales are those of the sweep, 1 and the one that is no power of two. */
async function pass(source: Source, p: Params, f: Format, { host, seed }: Request) {
  const powers = Array.from({ length: p.to - p.from + 1 }, (_, i) => powerOfTwo(p.from + i))
  const scales = [...new Set([...powers, 1, p.scale])]
  const limits = new Map(scales.map((scale) => [scale, thresholdsOf(f, scale)]))
  const edges = Float64Array.from(new Set([...limits.values()].flatMap((t) => [t.kept, t.full, t.overflow]))).sort()
  const counts: Counts = { edges, between: new Float64Array(edges.length + 1), counted: 0 }
  const extent = newExtent()
  const rerounding = newRerounding()
  const byPower = newRerounding()
  const binades = new Map<number, number>()
  let [done, values, nonfinite] = [0, 0, 0]
  for await (const block of source.blocks()) {
    nonfinite += addCounts(counts, block, f).nonfinite
    addExtent(extent, block.values, block.weights)
    // A weighted value stands for a stretch of a histogram: its own significand is made up.
    if (block.weights) addToBinades(binades, block.values, block.weights)
    else {
      addRerounding(rerounding, block, { f, scale: p.scale })
      addRerounding(byPower, block, { f, scale: nearestPower(p.scale) })
    }
    for (let i = 0; i < block.values.length; i++) values += block.weights ? (block.weights[i] as number) : 1
    values += block.zeros ?? 0
    done += block.values.length
    await host.progress?.(done, source.size)
  }
  const { values: significands, drawn } = significandsOf(f, seed)
  if (binades.size > 0) {
    addBinades(rerounding, binades, { f, scale: p.scale, significands })
    addBinades(byPower, binades, { f, scale: nearestPower(p.scale), significands })
  }
  const tried = { significands: binades.size > 0 ? significands.length : 0, drawn: Number(drawn) }
  const rows = new Map(scales.map((scale) => [scale, rowOf(counts, scale, limits.get(scale) as Thresholds)]))
  return { powers, rows, extent, counted: counts.counted, rerounding, byPower, tried, values, nonfinite }
}

type Sweep = Awaited<ReturnType<typeof pass>>

/** Whether a scale loses or overflows anything: a chart has nothing to draw otherwise. */
const shows = ({ lost, overflow }: Row): boolean => lost > 0 || overflow > 0

/** The two halves of the U: what becomes 0 falls, what overflows rises. */
function curve({ powers, rows, counted }: Sweep): Block {
  const shares = (of: (row: Row) => number) => powers.map((scale) => of(rows.get(scale) as Row) / counted)
  return {
    kind: 'line-chart',
    x: { label: { code: 'scalingScaleAxis' }, values: powers, scale: 'log2' },
    y: { label: { code: 'scalingShareAxis' }, scale: 'log10' },
    series: [
      { label: { code: 'becomesZero' }, values: shares(({ lost }) => lost), tone: 'bad' },
      { label: { code: 'overflow' }, values: shares(({ overflow }) => overflow), tone: 'bad' },
    ],
  }
}

/** Where the scales of a table row come from; what is known of a scale beside its figures. */
const known: Readonly<Record<number, string>> = {
  8: 'scaling-known-ssd',
  65536: 'scaling-known-pytorch',
}

function scalesTable(sweep: Sweep, p: Params, outcome: { minGoodScale: number; maxSafeScale: number }): Block {
  const { minGoodScale: low, maxSafeScale: high } = outcome
  const wanted = [powerOfTwo(p.from), 8, low, 65536, high, 2 * high]
  const scales = [...new Set(wanted)].filter((scale) => sweep.rows.has(scale)).sort((a, b) => a - b)
  const rows = scales.map((scale) => sweep.rows.get(scale) as Row)
  const isGood = (row: Row) => sweep.nonfinite === 0 && row.overflow === 0 && row.lost / sweep.counted < tolerableLoss
  return {
    kind: 'table',
    columns: [
      { label: { code: 'lossScale' }, as: 'number' },
      { label: { code: 'becomesZero' }, as: 'percent' },
      { label: { code: 'fewBits' }, as: 'percent' },
      { label: { code: 'overflow' }, as: 'count' },
      { label: { code: 'scalingVerdict' }, as: 'text' },
      { label: { code: 'scalingKnown' }, as: 'text' },
    ],
    rows: rows.map((row) => {
      const { scale, lost, few, overflow } = row
      const verdict =
        sweep.nonfinite > 0
          ? 'scaling-verdict-nonfinite'
          : overflow > 0
            ? 'scaling-verdict-skip'
            : isGood(row)
              ? 'scaling-verdict-good'
              : 'scaling-verdict-low'
      const origin = known[scale]
      return [
        { code: 'scalingPower', values: { scale } },
        lost / sweep.counted,
        few / sweep.counted,
        overflow,
        { code: verdict },
        origin ? { code: origin } : '',
      ]
    }),
    tones: rows.map((row) => (isGood(row) ? 'good' : 'bad')),
  }
}

export const scaleSweep = defineRunner({
  name: 'scale-sweep',
  params,
  exclusive: [originGroup],
  beside: originNeeds,
  metrics,
  parts,
  async run(p, request) {
    if (p.from > p.to)
      throw new FpsimError('invalid-value', { option: 'from', value: p.from, problem: 'above-maximum', limit: p.to })
    const f = format(p.format)
    const source = await openOrigin(p, request)
    const sweep = await pass(source, p, f, request)
    const { rows, extent, counted, rerounding, byPower } = sweep
    const share = (n: number, of = counted) => (of === 0 ? Number.NaN : n / of)
    const [low, high] = [minGoodScale(extent, f), maxSafeScale(extent, f)]
    const at = (scale: number) => rows.get(scale)
    const outcome = {
      values: sweep.values,
      nonfinite: sweep.nonfinite,
      largest: counted === 0 ? Number.NaN : extent.largest,
      lostUnscaled: share((at(1) as Row).lost),
      minGoodScale: low,
      maxSafeScale: high,
      goodScales: goodScales(extent, low, high),
      lostAtMaxSafe: share(at(high)?.lost ?? Number.NaN),
      overflowAbove: at(2 * high)?.overflow ?? Number.NaN,
      lostAtScale: share((at(p.scale) as Row).lost),
      overflowAtScale: (at(p.scale) as Row).overflow,
      changed: share(rerounding.changed, rerounding.whole),
      changedByPower: share(byPower.changed, byPower.whole),
      worstChange: rerounding.whole === 0 ? Number.NaN : rerounding.worst,
    }
    const rounds = (): Finding => ({
      code: nearestPower(p.scale) === p.scale ? 'scalingPowerKeeps' : 'scalingRerounds',
      tone: rerounding.changed > 0 ? 'bad' : 'good',
      values: {
        scale: p.scale,
        power: nearestPower(p.scale),
        exponent: exponentOf(nearestPower(p.scale)),
        format: f.name,
        ...sweep.tried,
        ...outcome,
      },
    })
    const draw: Record<(typeof parts)[number], () => Block[]> = {
      curve: () => (sweep.powers.some((scale) => shows(rows.get(scale) as Row)) ? [curve(sweep)] : []),
      scales: () => [scalesTable(sweep, p, outcome)],
      rerounding: () => (rerounding.whole === 0 ? [] : [{ kind: 'note', ...rounds() }]),
    }
    const { kind: _, ...window } = windowNote(outcome, f, tolerableLoss)
    const show = request.show.length > 0 ? request.show : parts
    return {
      subject: {
        code: 'subject',
        values: {
          count: counted,
          source: source.name,
          kind: p.input ? 'file' : p.distribution ? 'distribution' : 'profile',
          part: p.kind,
        },
      },
      metrics: outcome,
      findings: findingsOf(sweep, window),
      blocks: counted === 0 ? [] : show.flatMap((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})

/** How many powers of two are safe. */
function goodScales({ counted }: Extent, low: number, high: number): number {
  if (counted === 0 || Number.isNaN(low) || Number.isNaN(high)) return Number.NaN
  let n = 0
  for (let scale = low; scale <= high; scale *= 2) n++
  return n
}

function findingsOf({ counted, values, nonfinite }: Sweep, window: Finding): Finding[] {
  if (counted === 0)
    return [{ code: 'nothingToReplay', tone: 'note', values: { values, zeros: values - nonfinite, nonfinite } }]
  // One of them is enough: its step overflows at every scale, and no window helps.
  return nonfinite > 0 ? [{ code: 'scalingNaNStream', tone: 'bad', values: { nonfinite } }] : [window]
}
