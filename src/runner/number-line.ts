/** Every value of a small format on a line, then the spacing of a larger one, binade by binade. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import { decode } from '../format/decode.js'
import { exactPower } from '../format/exact.js'
import { type Format, largest, quantumExponent, smallest, smallestNormal } from '../format/format.js'
import { format } from '../format/parse.js'
import { next, ulp } from '../format/ulp.js'
import type { Block, Cell, NumberLine, Zone } from '../result/result.js'
import { formatName } from './params.js'
import { defineRunner } from './runner.js'

/** More codes than this do not fit a line of a terminal. */
const maxCodes = 64

const params = {
  format: z._default(formatName(), 'e2m1'),
  spacing: z._default(formatName(), 'fp16'),
}

const metrics = {
  codes: 'count',
  values: 'count',
  subnormals: 'count',
  largest: 'number',
  smallest: 'number',
  spacingAtOne: 'number',
  spacingAtLargest: 'number',
  integersUpTo: 'count',
  binades: 'count',
} as const

/** The codes of f with their values, in the order of the line; NaN and ±Inf are not on it. */
function pointsOf(f: Format): { code: number; value: number }[] {
  return Array.from({ length: powerOfTwo(f.width) }, (_, code) => ({ code, value: decode(code, f) }))
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => a.value - b.value || Number(Object.is(b.value, -0)) - Number(Object.is(a.value, -0)))
}

function line(f: Format): NumberLine {
  const zone = (value: number): Zone => (value !== 0 && Math.abs(value) < smallestNormal(f) ? 'few' : 'all')
  const points = pointsOf(f)
    // −0 and 0 are one point of the line; the table of codes tells them apart.
    .filter(({ value }) => !Object.is(value, -0))
    .map(({ value }) => ({ value, label: String(value), zone: zone(value) }))
  return { kind: 'number-line', title: { code: 'allValues', values: { format: f.name } }, points }
}

/** Codes in binary beside their values: the positive half, which the sign bit mirrors. */
function codeTable(f: Format): Block {
  const positive = pointsOf(f).filter(
    ({ code, value }) => value >= 0 && !Object.is(value, -0) && code < powerOfTwo(f.width),
  )
  return {
    kind: 'table',
    columns: [
      { label: { code: 'code' }, as: 'text' },
      ...positive.map(({ code }) => ({
        label: { name: code.toString(2).padStart(f.width, '0') },
        as: 'number' as const,
      })),
    ],
    rows: [[{ code: 'value' }, ...positive.map(({ value }): Cell => value)]],
  }
}

/** The distance between neighbours per power of two; neighbouring binades of the same kind are one row. */
function spacingTable(f: Format): Block {
  const bitsAt = (e: number) => Math.min(f.precision, e - quantumExponent(f) + 1)
  const rows: { from: number; to: number }[] = []
  for (let e = f.emax; e >= (f.subnormals ? quantumExponent(f) : f.emin); e--) {
    const last = rows.at(-1)
    if (last && !isLandmark(e, f) && !isLandmark(last.from, f)) last.from = e
    else rows.push({ from: e, to: e })
  }
  const range = <T>({ from, to }: { from: number; to: number }, write: (e: number) => T): string => {
    const [low, high] = [String(write(from)), String(write(to))]
    return low === high ? low : `${low} … ${high}`
  }
  return {
    kind: 'table',
    title: { code: 'spacingOf', values: { format: f.name } },
    columns: [
      { label: { code: 'magnitude' }, as: 'text' },
      { label: { code: 'spacing' }, as: 'text' },
      { label: { code: 'valuesPerBinade' }, as: 'text' },
      { label: { code: 'bitsKept' }, as: 'text' },
    ],
    rows: rows.map((row) => [
      { code: 'binades', values: row },
      range(row, (e) => exactPower(ulp(powerOfTwo(e), f))),
      range(row, (e) => powerOfTwo(bitsAt(e) - 1)),
      range(row, bitsAt),
    ]),
    tones: rows.map(({ from }) => (bitsAt(from) === f.precision ? 'good' : null)),
  }
}

/** Binades with a row of their own: both ends, around 1, where the spacing passes 1, and where subnormals begin. */
const isLandmark = (e: number, f: Format): boolean =>
  [f.emax, 0, f.emin, f.emin - 1, f.precision - 1, f.precision, quantumExponent(f)].includes(e)

/** How far every integer is a value: 2^p, or the largest finite where that comes first. */
const integersUpTo = (f: Format): number => Math.min(powerOfTwo(f.precision), Math.floor(largest(f)))

export const numberLine = defineRunner({
  name: 'number-line',
  params,
  exclusive: [],
  metrics,
  parts: ['line', 'codes', 'spacing'],
  async run(p, { show }) {
    const f = format(p.format)
    const wide = format(p.spacing)
    if (powerOfTwo(f.width) > maxCodes)
      throw new FpsimError('invalid-value', {
        option: 'format',
        value: p.format,
        problem: 'too-many-codes',
        limit: maxCodes,
      })
    const points = pointsOf(f)
    const draw: Record<string, () => Block[]> = {
      line: () => [line(f)],
      codes: () => [codeTable(f)],
      spacing: () => [spacingTable(wide)],
    }
    const values = new Set(points.map(({ value }) => value + 0)).size
    return {
      subject: { code: 'twoFormats', values: { first: f.name, second: wide.name } },
      metrics: {
        codes: powerOfTwo(f.width),
        values,
        subnormals: points.filter(({ value }) => value > 0 && value < smallestNormal(f)).length,
        largest: largest(f),
        smallest: smallest(f),
        spacingAtOne: ulp(1, wide),
        spacingAtLargest: ulp(largest(wide), wide),
        integersUpTo: integersUpTo(wide),
        binades: wide.emax - quantumExponent(wide) + 1,
      },
      findings: [
        { code: 'wholeLine', tone: 'note', values: { format: f.name, codes: powerOfTwo(f.width), values } },
        {
          code: 'spacingGrows',
          tone: 'note',
          values: {
            format: wide.name,
            atOne: ulp(1, wide),
            top: largest(wide),
            atTop: ulp(largest(wide), wide),
            afterOne: next(1, wide),
          },
        },
      ],
      blocks: (show.length > 0 ? show : ['line', 'codes', 'spacing']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
