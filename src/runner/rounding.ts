/** Rounding seen three ways: error against size, ties and what they decide, every mode side by side. */
import * as z from 'zod/mini'
import { uniform } from '../data/rng.js'
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { type Format, largest, machineEpsilon, type Rounding, roundings, smallest } from '../format/format.js'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'
import { ulp } from '../format/ulp.js'
import type { Block, Cell } from '../result/result.js'
import { formatName, number } from './params.js'
import { defineRunner } from './runner.js'
import { sumOfOnes } from './stall.js'

const params = {
  format: z._default(formatName(), 'fp16'),
  /** Points drawn in each binade for the error chart. */
  points: z._default(number({ integer: true, min: 1, max: 10_000 }), 200),
}

const metrics = {
  unitRoundoff: 'number',
  worstError: 'number',
  worstErrorSubnormal: 'number',
  firstLostInteger: 'count',
  sum: 'count',
  sumOfOnes: 'count',
} as const

/** The largest relative error of nearest-even seen in each binade, with draws that depend on (seed, index) alone. */
function errorsByBinade(f: Format, points: number, seed: number): { exponents: number[]; errors: number[] } {
  const rounded = rounder(f)
  const bottom = Math.max(exponentOf(smallest(f)) - 2, -1074)
  const exponents = Array.from({ length: f.emax - bottom + 1 }, (_, i) => bottom + i)
  const errors = exponents.map((e, i) => {
    let worst = 0
    for (let j = 0; j < points; j++) {
      const x = powerOfTwo(e) * (1 + uniform(seed, i * points + j))
      const value = rounded(x)
      if (Number.isFinite(value)) worst = Math.max(worst, Math.abs(value - x) / x)
    }
    return worst
  })
  return { exponents, errors }
}

/** The first positive integer that f cannot hold: 2^p + 1, or what lies beyond its range; NaN where no float64 holds it. */
function firstLostInteger(f: Format): number {
  const candidate = powerOfTwo(f.precision) + 1
  if (candidate > largest(f)) return Math.floor(largest(f)) + 1
  return f.precision < 53 ? candidate : Number.NaN
}

/** Values that show a mode at work: a tie of either sign, a quarter step, the edges of the range. */
function examples(f: Format): number[] {
  const base = powerOfTwo(Math.min(f.precision, f.emax))
  const half = ulp(base, f) / 2
  const edge = largest(f) + ulp(largest(f), f) / 2
  const candidates = [base + half, base + half / 2, -(base + half), smallest(f) / 2, edge]
  return candidates.filter((x) => Number.isFinite(x) && x !== 0 && (f.signed || x > 0))
}

/** One row a mode, one column a value; stochastic rounding shows both of its outcomes. */
function modesTable(f: Format): Block {
  const outcome = (x: number, rounding: Rounding): Cell => {
    if (rounding !== 'stochastic') return rounder(f, { rounding })(x)
    const low = rounder(f, { rounding, random: 1 - powerOfTwo(-53) })(x)
    const high = rounder(f, { rounding, random: 0 })(x)
    return Object.is(low, high) ? low : { code: 'eitherOf', values: { low, high } }
  }
  const values = examples(f)
  return {
    kind: 'table',
    title: { code: 'modesSideBySide', values: { format: f.name } },
    columns: [
      { label: { code: 'value' }, as: 'text' },
      ...values.map((x) => ({ label: { code: 'numberOf', values: { value: x } }, as: 'number' as const })),
    ],
    rows: roundings.map((mode) => [{ code: `mode-${mode}` }, ...values.map((x) => outcome(x, mode))]),
  }
}

/** n + 1 around 2^p: exact, then stuck, then in steps of two. */
function tiesTable(f: Format): Block {
  const top = powerOfTwo(f.precision)
  const rounded = rounder(f)
  const starts = [top - 1, top, top + 2, top + 4].filter(
    // Where float64 itself holds n + 1, or there is nothing to show.
    (n) => n + 1 - n === 1 && rounded(n) === n && Number.isFinite(rounded(n + 1)),
  )
  return {
    kind: 'table',
    title: { code: 'addingOne', values: { format: f.name } },
    columns: [
      { label: { code: 'sum' }, as: 'text' },
      { label: { code: 'exactResult' }, as: 'count' },
      { label: { name: f.name }, as: 'count' },
      { label: { code: 'why' }, as: 'text' },
    ],
    rows: starts.map((n) => {
      const value = rounded(n + 1)
      const why = value === n + 1 ? 'isExact' : value === n ? 'tieDown' : 'tieUp'
      return [`${n} + 1`, n + 1, value, { code: why }]
    }),
    tones: starts.map((n) => (rounded(n + 1) === n + 1 ? 'good' : 'bad')),
  }
}

export const rounding = defineRunner({
  name: 'rounding',
  params,
  exclusive: [],
  metrics,
  parts: ['error', 'ties', 'modes'],
  async run(p, { seed, show }) {
    const f = format(p.format)
    const { exponents, errors } = errorsByBinade(f, p.points, seed)
    const u = machineEpsilon(f) / 2
    const normal = errors.filter((_, i) => (exponents[i] as number) >= f.emin)
    const below = errors.filter((_, i) => (exponents[i] as number) < f.emin)
    const top = powerOfTwo(f.precision)
    const sum = rounder(f)(top + 1)
    const draw: Record<string, () => Block[]> = {
      error: () => [
        {
          kind: 'line-chart',
          title: { code: 'errorBySize', values: { format: f.name, points: p.points } },
          x: { label: { code: 'magnitudeAxis' }, values: exponents.map(powerOfTwo), scale: 'log2' },
          y: { label: { code: 'relativeErrorAxis' }, scale: 'log2' },
          series: [
            { label: { code: 'worstSeen' }, values: errors },
            { label: { code: 'unitRoundoff' }, values: exponents.map(() => u), tone: 'note' },
          ],
        },
      ],
      ties: () => [tiesTable(f)],
      modes: () => [modesTable(f)],
    }
    return {
      subject: { name: f.name },
      metrics: {
        unitRoundoff: u,
        worstError: Math.max(...normal),
        worstErrorSubnormal: below.length > 0 ? Math.max(...below) : Number.NaN,
        firstLostInteger: firstLostInteger(f),
        sum,
        sumOfOnes: sumOfOnes(f),
      },
      findings: [
        { code: 'halfUlp', tone: 'note', values: { format: f.name, unitRoundoff: u, emin: f.emin } },
        Number.isFinite(sum)
          ? { code: 'plusOneLost', tone: 'bad', values: { format: f.name, top, sum } }
          : { code: 'firstLost', tone: 'bad', values: { format: f.name, integer: firstLostInteger(f) } },
      ],
      blocks: (show.length > 0 ? show : ['error', 'ties', 'modes']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
