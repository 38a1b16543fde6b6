/** Many seeded runs of the same small updates, rounded stochastically: right on average, and how far off one run is. */
import * as z from 'zod/mini'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'
import { ulp } from '../format/ulp.js'
import type { Block, Finding } from '../result/result.js'
import { weightKeeper } from '../train/weights.js'
import { halfStep } from './lost-updates/lost.js'
import { exactEnd, masterOf, pathOf } from './master-weights/kept-weights.js'
import { formatName, number } from './params.js'
import { defineRunner } from './runner.js'
import { edgeOf, type Moments, momentsAfter } from './stochastic-rounding/chance.js'

const params = {
  format: z._default(formatName(), 'bf16'),
  weight: z._default(number({ min: -30_000, max: 30_000 }), 1),
  update: z._default(number({ min: -10_000, max: 10_000 }), 1 / 1024),
  updates: z._default(number({ integer: true, min: 1, max: 4096 }), 1000),
  runs: z._default(number({ integer: true, min: 2, max: 2000 }), 400),
}

const metrics = {
  exact: 'exact',
  nearest: 'exact',
  mean: 'number',
  standardError: 'number',
  /** Distance of the mean from the exact result, in standard errors. */
  meanOff: 'number',
  spread: 'number',
  theoryMean: 'number',
  theorySpread: 'number',
  spreadRatio: 'number',
  withinTwo: 'percent',
  beyond: 'percent',
  beyondExpected: 'percent',
} as const

/** Of the runs that stayed finite. */
interface Measured {
  readonly mean: number
  readonly spread: number
  readonly finite: number
}

function measure(values: Float64Array): Measured {
  const kept = values.filter(Number.isFinite)
  const mean = kept.reduce((sum, w) => sum + w, 0) / kept.length
  const squares = kept.reduce((sum, w) => sum + (w - mean) * (w - mean), 0)
  return { mean, spread: kept.length > 1 ? Math.sqrt(squares / (kept.length - 1)) : Number.NaN, finite: kept.length }
}

/** 1, 10, 100 … and the last. */
function decades(updates: number): number[] {
  const all: number[] = []
  for (let n = 1; n < updates; n *= 10) all.push(n)
  return [...all, updates]
}

/** In standard errors; 0 where nothing is off, NaN where there is nothing to measure it by. */
const offBy = (difference: number, error: number): number =>
  difference === 0 ? 0 : error > 0 ? difference / error : Number.NaN

export const stochasticRounding = defineRunner({
  name: 'stochastic-rounding',
  params,
  exclusive: [],
  metrics,
  parts: ['runs', 'spread', 'edge'],
  async run(p, { seed, show, host }) {
    const f = format(p.format)
    const update = Math.fround(p.update)
    const { updates, runs } = p
    const master = masterOf(f)
    const masterFormat = format(master)
    const start = rounder(f)(p.weight)
    const theory = momentsAfter(f, rounder(master), { weight: start, update, updates })
    const stride = Math.max(1, Math.floor(updates / 64))
    const rows = decades(updates)

    const keeper = weightKeeper('stochastic', { format: f, master, seed })
    const move = { delta: new Float64Array(runs).fill(update) }
    let state = keeper.init(new Float64Array(runs).fill(start))
    const means: number[] = [start]
    const first: number[] = [start]
    const measured = new Map<number, Measured>()
    for (let t = 1; t <= updates; t++) {
      state = keeper.next(state, move)
      if (rows.includes(t)) measured.set(t, measure(state.seen))
      if (t % stride === 0) {
        means.push(measure(state.seen).mean)
        first.push(state.seen[0] as number)
      }
      if (t % 256 === 0) await host.progress?.(t, updates)
    }
    const plain = weightKeeper('plain', { format: f })
    const nearest = await pathOf(plain, { weight: start, update, updates, stride }, () => {})

    const exact = exactEnd(start, update, updates)
    const end = measured.get(updates) as Measured
    const expected = theory.at(-1) as Moments
    const standardError = end.spread / Math.sqrt(end.finite)
    const meanOff = offBy(end.mean - exact, standardError)
    const two = state.seen.filter((w) => Math.abs(w - expected.mean) <= 2 * expected.spread).length / end.finite
    const beyond = 1 - end.finite / runs

    const charted = (): Block => {
      const at = means.map((_, i) => i * stride)
      const off = (values: readonly number[]): number[] =>
        values.map((w, i) => w - exactEnd(start, update, at[i] as number))
      const band = (sign: 1 | -1): number[] =>
        at.map(
          (n) => (theory[n] as Moments).mean - exactEnd(start, update, n) + sign * 2 * (theory[n] as Moments).spread,
        )
      const lost = off(nearest.samples)
      // A line that leaves the picture ends where it does.
      const leaves = lost.findIndex((d) => Math.abs(d) > 3 * expected.spread)
      return {
        kind: 'line-chart',
        title: { code: 'srRuns', values: { format: f.name } },
        x: { label: { code: 'keepUpdatesAxis' }, values: at, scale: 'linear' },
        y: { label: { name: '' }, scale: 'linear' },
        series: [
          { label: { code: 'srMean', values: { runs } }, values: off(means), tone: 'good' },
          { label: { code: 'srOneRun' }, values: off(first) },
          { label: { code: 'srBandTop' }, values: band(1), tone: 'note' },
          { label: { code: 'srBandBottom' }, values: band(-1), tone: 'note' },
          {
            label: { code: leaves < 0 ? 'mode-nearest-even' : 'srNearestLeaves' },
            values: leaves < 0 ? lost : lost.slice(0, leaves),
            tone: 'bad',
          },
        ],
      }
    }
    const table = (): Block => ({
      kind: 'table',
      columns: [
        { label: { code: 'keepUpdatesAxis' }, as: 'count' },
        { label: { code: 'exactResult' }, as: 'text' },
        { label: { code: 'srMean', values: { runs } }, as: 'text' },
        { label: { code: 'srOffColumn' }, as: 'text' },
        { label: { code: 'srSpread' }, as: 'number' },
        { label: { code: 'srTheory' }, as: 'number' },
      ],
      rows: rows.map((n) => {
        const { mean, spread, finite } = measured.get(n) as Measured
        const right = exactEnd(start, update, n)
        const six = (value: number) => ({ code: 'srSix', values: { value } })
        const off = offBy(mean - right, spread / Math.sqrt(finite))
        return [n, six(right), six(mean), { code: 'srErrors', values: { off } }, spread, (theory[n] as Moments).spread]
      }),
    })
    const edge = (): Block[] => {
      const found = edgeOf(f)
      if (!found) return []
      const { top, part, odds, high } = found
      return [{ kind: 'note', code: 'srEdge', tone: 'note', values: { format: f.name, top, part, odds, high } }]
    }
    const draw: Record<string, () => Block[]> = { runs: () => [charted()], spread: () => [table()], edge }

    const values = { format: f.name, updates, update, runs, exact }
    // The sum is rounded to the wide format first: what is lost there, no draw ever sees.
    const drowned = update !== 0 && rounder(masterFormat)(start + update) === start
    const odds = Math.abs(update) / (2 * halfStep(start, f, update < 0))
    const findings: Finding[] = [
      {
        code: 'srNearest',
        tone: Math.abs(nearest.last - exact) <= ulp(exact, f) / 2 ? 'good' : 'bad',
        values: { ...values, last: nearest.last },
      },
      beyond > 0 || expected.beyond > 0.001
        ? { code: 'srBeyond', tone: 'bad', values: { ...values, beyond, expected: expected.beyond } }
        : expected.spread === 0
          ? drowned
            ? { code: 'srDrowned', tone: 'bad', values: { ...values, weight: start, master, odds } }
            : { code: 'srNoChance', tone: 'note', values: { ...values, last: end.mean } }
          : {
              code: 'srRight',
              tone: Number.isNaN(meanOff) ? 'note' : Math.abs(meanOff) <= 4 ? 'good' : 'bad',
              values: { ...values, mean: end.mean, error: standardError, off: meanOff },
            },
      ...(expected.spread > 0 && beyond === 0
        ? [
            {
              code: 'srOne',
              tone: 'note' as const,
              values: { ...values, spread: end.spread, theory: expected.spread, two },
            },
          ]
        : []),
    ]
    return {
      subject: { code: 'srSubject', values: { runs, updates, update, format: f.name } },
      metrics: {
        exact,
        nearest: nearest.last,
        mean: end.mean,
        standardError,
        meanOff,
        spread: end.spread,
        theoryMean: expected.mean,
        theorySpread: expected.spread,
        spreadRatio: end.spread / expected.spread,
        withinTwo: two,
        beyond,
        beyondExpected: expected.beyond,
      },
      findings,
      blocks: (show.length > 0 ? show : ['runs', 'spread', 'edge']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
