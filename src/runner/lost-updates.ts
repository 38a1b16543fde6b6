/** One update of one weight: which sizes of update a format swallows, at which sizes of weight. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { rationalOf } from '../format/exact.js'
import { type Format, largest, quantumExponent, smallest } from '../format/format.js'
import { format } from '../format/parse.js'
import { rationalRounder, rounder } from '../format/round.js'
import type { Block, Cell, Finding } from '../result/result.js'
import {
  edgeRatios,
  halfStep,
  hasOddCode,
  isLost,
  type Stuck,
  smallestMove,
  stuckFrom,
  updater,
  weightsBetween,
} from './lost-updates/lost.js'
import { formatName, number } from './params.js'
import { defineRunner } from './runner.js'

const params = {
  format: z._default(formatName(), 'fp16'),
  /** The format drawn beside it. */
  other: z._default(formatName(), 'bf16'),
  weight: z._default(number(), 1),
  update: z._default(number(), 1e-4),
}

const metrics = {
  weightBefore: 'exact',
  weightAfter: 'exact',
  halfStep: 'number',
  weightOverUpdate: 'number',
  firstLostRatio: 'number',
  lastKeptRatio: 'number',
  otherFirstLostRatio: 'number',
  otherLastKeptRatio: 'number',
  stuckFrom: 'power',
  otherStuckFrom: 'power',
} as const

/** The weight as a value of f; 'invalid-value' beyond its range. */
function weightIn(f: Format, weight: number): number {
  if (weight < 0 && !f.signed)
    throw new FpsimError('invalid-value', {
      option: 'weight',
      value: weight,
      problem: 'below-minimum',
      limit: smallest(f),
    })
  const w = rounder(f, { overflow: 'saturate' })(weight)
  if (Math.abs(weight) > largest(f))
    throw new FpsimError('invalid-value', {
      option: 'weight',
      value: weight,
      problem: weight < 0 ? 'below-minimum' : 'above-maximum',
      limit: weight < 0 ? -largest(f) : largest(f),
    })
  return w + 0
}

/** Powers of two between which the map is drawn: where both formats have values, with the weight and the crossings. */
function mapRange(formats: readonly Format[], sizes: readonly number[]): [number, number] {
  const exponents = sizes.filter((x) => x !== 0 && Number.isFinite(x)).map(exponentOf)
  const floor = Math.max(...formats.map((f) => exponentOf(smallest(f))))
  const roof = Math.min(...formats.map((f) => f.emax))
  const low = Math.max(floor, Math.min(-18, ...exponents.map((e) => e - 1)))
  const high = Math.min(roof, Math.max(4, ...exponents.map((e) => e + 1)))
  return [low, Math.max(low + 1, high)]
}

/** Two lines that climb with the weight, and the update as a level one: what lies below a line is lost. */
function map(formats: readonly Format[], weight: number, update: number, inward: boolean): Block {
  const [low, high] = mapRange(formats, [weight, ...formats.map((f) => stuckFrom(update, f, inward).from)])
  const [coarse] = [...formats].sort((a, b) => a.precision - b.precision) as [Format, ...Format[]]
  const weights = weightsBetween(low, high, coarse)
  const delta = Math.abs(update)
  return {
    kind: 'line-chart',
    title: { code: inward ? 'lostUpdateMapOutward' : 'lostUpdateMap' },
    x: { label: { code: 'lostUpdateWeightAxis' }, values: weights, scale: 'log2' },
    y: { label: { name: '' }, scale: 'log2' },
    series: [
      ...formats.map((f) => ({
        label: { name: f.name },
        values: weights.map((w) => smallestMove(rationalRounder(f)(rationalOf(w)).value, f)),
      })),
      { label: { code: 'lostUpdateLevel', values: { update: delta } }, values: weights.map(() => delta) },
    ],
  }
}

interface Example {
  readonly weight: number
  readonly update: number
  /** How it is written, where not as a number. */
  readonly name?: string
}

/** The weight and the update asked for, then the edges of being lost: a tie at 1, its neighbours, the last one kept, below 1. */
function examplesOf(f: Format, weight: number, update: number): Example[] {
  const half = powerOfTwo(-f.precision)
  const own = { weight, update }
  if (f.precision < 3 || f.emax < 1 || f.emin > -1 || quantumExponent(f) < -1074) return [own]
  const step = `2^${1 - f.precision}`
  const edges: Example[] = [
    { weight: 1, update: half },
    { weight: 1 + 2 * half, update: half, name: `1 + ${step}` },
    { weight: 2 - 2 * half, update: half, name: `2 − ${step}` },
    { weight: 1, update: -half / 2 },
    { weight: 1, update: -half },
  ]
  return [own, ...edges.filter((edge) => edge.weight !== weight || edge.update !== update)]
}

function why(w: number, update: number, f: Format): string {
  const { value, beyond } = updater(f)(w, update)
  if (beyond || Number.isNaN(value)) return 'lostUpdateOutside'
  const half = halfStep(w, f, update < 0)
  const tie = Math.abs(update) === half
  if (isLost(w, update, f)) return tie ? 'lostUpdateTieStays' : 'lostUpdateBelowHalf'
  return tie ? 'lostUpdateTieMoves' : 'lostUpdateAboveHalf'
}

function examples(f: Format, weight: number, update: number): Block {
  const add = updater(f)
  const rows = examplesOf(f, weight, update)
  return {
    kind: 'table',
    columns: [
      { label: { code: 'lostUpdateWeightIn', values: { format: f.name } }, as: 'text' },
      { label: { code: 'lostUpdateDelta' }, as: 'text' },
      { label: { code: 'lostUpdateRatio' }, as: 'number' },
      { label: { code: 'lostUpdateAfter' }, as: 'exact' },
      { label: { code: 'why' }, as: 'text' },
    ],
    rows: rows.map(({ weight: w, update: delta, name }): Cell[] => [
      name ?? { code: 'lostUpdatePower', values: { value: w } },
      { code: 'lostUpdatePower', values: { value: delta } },
      Math.abs(w / delta),
      add(w, delta).value,
      { code: why(w, delta, f) },
    ]),
    tones: rows.map(({ weight: w, update: delta }) => (isLost(w, delta, f) || add(w, delta).beyond ? 'bad' : 'good')),
  }
}

export const lostUpdates = defineRunner({
  name: 'lost-updates',
  params,
  exclusive: [],
  metrics,
  parts: ['map', 'examples'],
  async run(p, { show }) {
    const [f, other] = [format(p.format), format(p.other)]
    if (p.update === 0) throw new FpsimError('invalid-value', { option: 'update', value: 0, allowed: '≠ 0' })
    const weight = weightIn(f, p.weight)
    const { value: after, beyond } = updater(f)(weight, p.update)
    const gone = beyond || Number.isNaN(after)
    const formats = f === other ? [f] : [f, other]
    const [edges, otherEdges] = [edgeRatios(f), edgeRatios(other)]
    const inward = weight !== 0 && weight < 0 !== p.update < 0
    const [stuck, otherStuck] = [stuckFrom(p.update, f, inward), stuckFrom(p.update, other, inward)]
    const stuckValues = (name: string, of: Format, { from, above, everyOther }: Stuck) => ({
      [name]: of.name,
      [`${name}Stuck`]: from,
      [`${name}Above`]: above,
      [`${name}EveryOther`]: everyOther,
      [`${name}Everything`]: from === smallest(of),
    })
    const movesAll = ({ from, everyOther }: Stuck): boolean => Number.isNaN(from) && Number.isNaN(everyOther)
    const half = halfStep(weight, f, p.update < 0)
    const findings: Finding[] = [
      {
        code: gone ? 'lostUpdateBeyond' : after === weight ? 'lostUpdateLost' : 'lostUpdateKept',
        tone: gone || after === weight ? 'bad' : 'good',
        values: { format: f.name, weight, update: p.update, after, half, odd: hasOddCode(weight, f) },
      },
      {
        code: 'lostUpdateStuck',
        tone: movesAll(stuck) && movesAll(otherStuck) ? 'good' : 'bad',
        values: {
          update: p.update,
          negative: weight < 0,
          ...stuckValues('format', f, stuck),
          ...(f === other ? {} : stuckValues('other', other, otherStuck)),
        },
      },
    ]
    const draw: Record<string, () => Block> = {
      map: () => map(formats, weight, p.update, inward),
      examples: () => examples(f, weight, p.update),
    }
    return {
      subject:
        formats.length > 1 ? { code: 'twoFormats', values: { first: f.name, second: other.name } } : { name: f.name },
      metrics: {
        weightBefore: weight,
        weightAfter: after,
        halfStep: half,
        weightOverUpdate: Math.abs(weight / p.update),
        firstLostRatio: edges.firstLost,
        lastKeptRatio: edges.lastKept,
        otherFirstLostRatio: otherEdges.firstLost,
        otherLastKeptRatio: otherEdges.lastKept,
        stuckFrom: stuck.from,
        otherStuckFrom: otherStuck.from,
      },
      findings,
      blocks: (show.length > 0 ? show : ['map', 'examples']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
