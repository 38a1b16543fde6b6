/** The pictures of a replay: histogram, fates, safe window, one value followed, bits by binade. */
import { exponentOf, powerOfTwo } from '../../format/bits.js'
import { encode } from '../../format/encode.js'
import { type Format, hasInfinity, hasNaN, largest, quantumExponent, roundings } from '../../format/format.js'
import { fateRounder, overflows, type RoundOptions, rounder } from '../../format/round.js'
import { ulp } from '../../format/ulp.js'
import type { Block, Cell, Histogram, Label, Note, Table, Zone } from '../../result/result.js'
import { binadesOf, counted, type Tally } from './tally.js'

/** What one scale did. */
export interface View {
  readonly f: Format
  readonly tally: Tally
  readonly scale: number
}

/** What nearest-even makes of the middle of the binade 2^e. */
export function zoneOf(e: number, f: Format): Zone {
  const { value, fate, beyond } = fateRounder(f)(1.5 * powerOfTwo(e))
  if (beyond) return 'overflow'
  if (value === 0) return 'lost'
  return fate === 'subnormal' ? 'few' : 'all'
}

const lossTimes = (scale: number): Label => ({ code: 'lossTimes', values: { scale } })

/** The scaled values by power of two: one panel a scale, over the format's zones. */
export function histogram(views: readonly View[]): Histogram {
  const { f } = views[0] as View
  const spans = views.map(({ tally }) => binadesOf(tally)).filter(({ counts }) => counts.length > 0)
  // The axis holds all values and, for orientation, the borders of the format's zones.
  const first = Math.min(...spans.map((s) => s.first), f.emin - f.precision - 1)
  const last = Math.max(...spans.map((s) => s.first + s.counts.length - 1), f.emax + 1)
  const bins = Array.from(
    { length: Math.min(last, 1023) - Math.max(first, -1074) + 1 },
    (_, i) => Math.max(first, -1074) + i,
  )
  return {
    kind: 'histogram',
    first: bins[0] as number,
    format: f.name,
    precision: f.precision,
    overflowTo: hasInfinity(f) ? 'Inf' : hasNaN(f) ? 'NaN' : 'max',
    zones: bins.map((e) => zoneOf(e, f)),
    panels: views.map(({ tally, scale }) => {
      const own = binadesOf(tally)
      return { label: lossTimes(scale), counts: bins.map((e) => own.counts[e - own.first] ?? 0) }
    }),
  }
}

/** The tensor that loses the largest share of its values. */
function worstTensor({ tally }: View): Cell {
  let worst = { name: '', share: 0 }
  for (const [name, { lost, counted: n }] of tally.tensors)
    if (name !== '' && n > 0 && lost / n > worst.share) worst = { name, share: lost / n }
  return worst.name === '' ? null : { code: 'worst', values: { tensor: worst.name, lost: worst.share } }
}

/** What became of the values at each scale. */
export function fatesTable(views: readonly View[]): Table {
  const named = views.some(({ tally }) => [...tally.tensors.keys()].some((name) => name !== ''))
  return {
    kind: 'table',
    columns: [
      { label: { code: 'lossScale' }, as: 'number' },
      { label: { code: 'becomesZero' }, as: 'percent' },
      { label: { code: 'fewBits' }, as: 'percent' },
      { label: { code: 'allBits' }, as: 'percent' },
      { label: { code: 'overflow' }, as: 'count' },
      { label: { code: 'bitsKept' }, as: 'text' },
      ...(named ? [{ label: { code: 'worstTensor' }, as: 'text' as const }] : []),
    ],
    rows: views.map((view) => {
      const { f, tally, scale } = view
      const n = counted(tally)
      const all = n - tally.lost - tally.subnormal - tally.overflow - tally.nan
      const kept: Cell = { code: 'bitsOf', values: { bits: tally.bits / n, precision: f.precision } }
      const row: Cell[] = [
        { code: 'scaleOf', values: { scale } },
        tally.lost / n,
        tally.subnormal / n,
        all / n,
        tally.overflow,
        kept,
      ]
      return named ? [...row, worstTensor(view)] : row
    }),
  }
}

/** Which scales are safe, and why the next one is not; or that none is. */
export function windowNote(
  {
    minGoodScale: low,
    maxSafeScale: high,
    largest: top,
  }: Readonly<Record<'minGoodScale' | 'maxSafeScale' | 'largest', number>>,
  f: Format,
  tolerable: number,
): Note {
  // Nearest-even overflows from half an ulp beyond the largest finite value.
  const limit = largest(f) + ulp(largest(f), f) / 2
  const values = { low, high, top, reached: top * high, limit, tolerable }
  const note = (code: string, tone: Note['tone']): Note => ({ kind: 'note', code, tone, values })
  if (Number.isNaN(low) || Number.isNaN(high)) return note('noScaleAtAll', 'bad')
  if (low > high) return note('noSafeScale', 'bad')
  return note('safeWindow', 'good')
}

interface FollowParams {
  readonly follow: number
  readonly scale: number
  readonly rounding: string
  readonly overflow: string
}

/** The options of a rounding that has one answer: nearest-even stands in for stochastic. */
export const fixedOptions = (p: { readonly rounding: string; readonly overflow: string }): RoundOptions => ({
  rounding: roundings.find((mode) => mode === p.rounding && mode !== 'stochastic') ?? 'nearest-even',
  overflow: overflows.find((policy) => policy === p.overflow) ?? 'ieee',
})

/** One value through scale, code and unscale; nearest-even stands in for stochastic rounding, which has no one answer. */
export function followNotes(p: FollowParams, f: Format): Note[] {
  const x = p.follow
  const scale = p.scale
  const options = fixedOptions(p)
  const hex = (value: number): string => {
    const rounded = rounder(f, options)(value)
    if (f.width > 53 || (Number.isNaN(rounded) && f.specials === 'none')) return ''
    return `0x${encode(value, f, options)
      .toString(16)
      .padStart(Math.ceil(f.width / 4), '0')}`
  }
  const see = fateRounder(f, options)
  const plain = see(x)
  const times = see(x * scale)
  const notes: Note[] = [
    {
      kind: 'note',
      code: scale === 1 ? 'followUnscaled' : 'followScaled',
      tone: 'note',
      values: {
        x,
        plainCode: hex(x),
        plainFate: plain.fate,
        plainValue: plain.value,
        scale,
        code: hex(x * scale),
        fate: times.fate,
        back: Math.fround(times.value / scale),
      },
    },
  ]
  if (plain.fate === 'underflow')
    notes.push({ kind: 'note', code: 'tooLate', tone: 'note', values: { scale: scale === 1 ? 65536 : scale } })
  return notes
}

/** One row a binade, neighbours with equal bits folded: spacing, bits kept, share of the values. */
export function bitsTable({ f, tally }: View): Block {
  const { first, counts } = binadesOf(tally)
  const n = counted(tally)
  const rounded = rounder(f)
  const rows: { from: number; to: number; bits: number; count: number; zone: Zone }[] = []
  for (let e = first + counts.length - 1; e >= first; e--) {
    const zone = zoneOf(e, f)
    const value = rounded(1.5 * powerOfTwo(e))
    // A tie may round up into the next binade; half a quantum and more becomes the quantum.
    const binade = Math.max(Math.min(exponentOf(value), e), quantumExponent(f))
    const bits = zone === 'all' ? f.precision : zone === 'few' ? f.precision - (f.emin - binade) : 0
    const count = counts[e - first] ?? 0
    const last = rows.at(-1)
    if (last && last.zone === zone && last.bits === bits) {
      last.from = e
      last.count += count
    } else rows.push({ from: e, to: e, bits, count, zone })
  }
  return {
    kind: 'table',
    columns: [
      { label: { code: 'magnitude' }, as: 'text' },
      { label: { code: 'bitsKept' }, as: 'count' },
      { label: { code: 'relativeStep' }, as: 'percent' },
      { label: { code: 'shareOfValues' }, as: 'percent' },
      { label: { code: 'fate' }, as: 'text' },
    ],
    rows: rows.map(({ from, to, bits, count, zone }) => [
      { code: 'binades', values: { from, to } },
      bits,
      bits === 0 ? null : powerOfTwo(1 - bits),
      count / n,
      { code: `zone-${zone}` },
    ]),
    tones: rows.map(({ zone }) => (zone === 'lost' || zone === 'overflow' ? 'bad' : zone === 'all' ? 'good' : null)),
  }
}
