/** A number in formats, to the last bit: fields, code, exact value, error, neighbours, every rounding mode. */
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import { decode, type Fields, fieldsOfCode } from '../format/decode.js'
import { codeOfFields, fieldsOfValue } from '../format/encode.js'
import { divide, exactDecimal, exactPower, float64Of, type Rational, rationalOf, subtract } from '../format/exact.js'
import { bias, type Format, fractionBits, hasNaN, largest, type Rounding, roundings } from '../format/format.js'
import { parseLiteral } from '../format/literal.js'
import { fateRounder, type Rounded, type RoundOptions, rationalRounder } from '../format/round.js'
import { next, previous, ulp } from '../format/ulp.js'
import type { Block, Cell, Label, Result } from '../result/result.js'
import { bitsOf } from './bits.js'

/** A number as the user wrote it. */
interface Written {
  /** The nearest float64. */
  readonly value: number
  /** Absent for NaN, ±Inf, −0 and what is far outside the range of float64. */
  readonly exact: Rational | undefined
  /** Rounds the number itself, once. */
  round(f: Format, o?: RoundOptions): Rounded
}

/** Reads a number. Throws 'invalid-value'. */
function read(text: string): Written {
  const literal = parseLiteral(text)
  if (!literal) throw new FpsimError('invalid-value', { value: text, problem: 'not-a-number' })
  const { value, odd } = literal
  const exact = literal.exact?.numerator === 0n ? undefined : literal.exact
  return { value, exact, round: (f, o) => (exact ? rationalRounder(f, o)(exact) : fateRounder(f, o)(odd)) }
}

/** Formats a code may belong to: written in hex or binary its digits tell the width, else all that are wide enough. */
function codeFits(text: string, code: number, f: Format): boolean {
  if (f.width > 53 || code >= powerOfTwo(f.width)) return false
  const plain = text.toLowerCase().replaceAll('_', '')
  if (plain.startsWith('0x')) return Math.ceil(f.width / 4) === plain.length - 2
  if (plain.startsWith('0b')) return f.width === plain.length - 2
  return true
}

const hexOf = (fields: Fields, f: Format): string =>
  f.width > 53
    ? `0x${((fields.negative ? 1n << BigInt(f.width - 1) : 0n) + (BigInt(fields.exponent) << BigInt(fractionBits(f))) + BigInt(fields.fraction)).toString(16).padStart(Math.ceil(f.width / 4), '0')}`
    : `0x${codeOfFields(fields, f)
        .toString(16)
        .padStart(Math.ceil(f.width / 4), '0')}`

/** One number in one format. */
interface View {
  readonly f: Format
  readonly value: number
  /** Absent for NaN in a format that has no code for it. */
  readonly fields: Fields | undefined
  /** value − written, and in ulps; NaN where there is no such difference. */
  readonly error: number
  readonly errorInUlps: number
}

/** The ulp where the number lies; beyond float64's range that of the top binade. */
const stepAt = ({ value }: Written, f: Format): number => ulp(Number.isFinite(value) ? value : largest(f), f)

/** The nearest float64; a difference too small for one is the smallest there is, not 0. */
const nonzero = (x: Rational): number => float64Of(x) || float64Of(x, 'to-odd') || 0

function view(written: Written, f: Format): View {
  const { value } = written.round(f)
  const fields = Number.isNaN(value) && !hasNaN(f) ? undefined : fieldsOfValue(value, f)
  if (value === 0 && written.value === 0 && !written.exact) return { f, value, fields, error: 0, errorInUlps: 0 }
  if (!Number.isFinite(value) || !written.exact) return { f, value, fields, error: Number.NaN, errorInUlps: Number.NaN }
  const difference = subtract(rationalOf(value), written.exact)
  const step = stepAt(written, f)
  return {
    f,
    value,
    fields,
    error: nonzero(difference),
    errorInUlps: nonzero(divide(difference, rationalOf(step))),
  }
}

/** A number's exact decimal where it is short enough to read, else the exact integer times a power of two. */
const readable = (x: number): string => {
  const exact = exactDecimal(x)
  return exact.length <= 32 ? exact : exactPower(x)
}

const bitRow = ({ f, fields }: View) => ({
  label: { name: f.name },
  ...bitsOf(fields, f),
  notes: fields ? [hexOf(fields, f)] : [{ code: 'noCode' }],
})

const bits = (views: readonly View[], title?: Label): Block => ({
  kind: 'bit-field',
  ...(title ? { title } : {}),
  rows: views.map(bitRow),
})

/** One line a format: exact value, error, ulp. */
function errorsTable(views: readonly View[]): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'exactValue' }, as: 'text' },
      { label: { code: 'error' }, as: 'number' },
      { label: { code: 'errorInUlps' }, as: 'number' },
      { label: { code: 'ulp' }, as: 'text' },
    ],
    rows: views.map(({ f, value, error, errorInUlps }) => [
      f.name,
      readable(value),
      orNull(error),
      orNull(errorInUlps),
      Number.isFinite(value) ? exactPower(ulp(value, f)) : null,
    ]),
  }
}

/** The values of the format on either side. */
function neighboursTable(views: readonly View[]): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'previous' }, as: 'exact' },
      { label: { code: 'value' }, as: 'exact' },
      { label: { code: 'next' }, as: 'exact' },
    ],
    rows: views
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ f, value }) => [f.name, orNull(previous(value, f)), value, orNull(next(value, f))]),
  }
}

const orNull = (x: number): number | null => (Number.isNaN(x) ? null : x)

/** The formula of the fields with its numbers. */
function formula({ f, value, fields }: View): Block[] {
  if (!fields || !Number.isFinite(value) || value === 0) return []
  const { negative, exponent, fraction } = fields
  const normal = exponent > 0 || !f.subnormals
  const values = {
    sign: negative ? '-' : '',
    exponent,
    bias: bias(f),
    power: (normal ? exponent : 1) - bias(f),
    fraction,
    denominator: powerOfTwo(fractionBits(f)),
    value: exactDecimal(value),
  }
  const code = f.precision === 1 ? 'formulaPower' : normal ? 'formulaNormal' : 'formulaSubnormal'
  return [{ kind: 'note', code, tone: 'note', values }]
}

/** The values of f around the number, and how far along it lies between them. */
function between(written: Written, f: Format): Block[] {
  if (!written.exact) return []
  const low = written.round(f, { rounding: 'down' }).value
  const high = written.round(f, { rounding: 'up' }).value
  if (!(Number.isFinite(low) && Number.isFinite(high)) || low >= high) return []
  const part = divide(subtract(written.exact, rationalOf(low)), subtract(rationalOf(high), rationalOf(low)))
  return [
    {
      kind: 'note',
      code: 'between',
      tone: 'note',
      values: { low: exactDecimal(low), high: exactDecimal(high), part: nonzero(part) },
    },
  ]
}

/** What each rounding mode gives, and both overflow policies where they differ. */
function modesTable(written: Written, f: Format): Block {
  const row = (rounding: Rounding): Cell[] => {
    const label: Label = { code: `mode-${rounding}` }
    // Stochastic rounding goes away from zero with the discarded fraction as its probability: both outcomes, and how often.
    if (rounding === 'stochastic') {
      const away = written.round(f, { rounding, random: 0 }).value
      const inward = written.round(f, { rounding, random: 1 - powerOfTwo(-53) }).value
      if (Object.is(away, inward) || !written.exact || !Number.isFinite(inward))
        return [label, away, codeText(away, f), { code: `fate-${written.round(f, { rounding, random: 0 }).fate}` }]
      const rest = divide(subtract(written.exact, rationalOf(inward)), rationalOf(stepAt(written, f)))
      const odds = Math.abs(nonzero(rest))
      return [label, away, codeText(away, f), { code: 'odds', values: { odds, other: inward } }]
    }
    const { value, fate } = written.round(f, { rounding })
    return [label, value, codeText(value, f), { code: `fate-${fate}` }]
  }
  return {
    kind: 'table',
    columns: [
      { label: { code: 'rounding' }, as: 'text' },
      { label: { code: 'value' }, as: 'exact' },
      { label: { code: 'code' }, as: 'text' },
      { label: { code: 'fate' }, as: 'text' },
    ],
    rows: roundings.map(row),
  }
}

const codeText = (value: number, f: Format): string =>
  Number.isNaN(value) && !hasNaN(f) ? '-' : hexOf(fieldsOfValue(value, f), f)

export interface InspectRequest {
  readonly values: readonly string[]
  readonly formats: readonly Format[]
  /** The values are codes. */
  readonly codes: boolean
  /** The formats were asked for by name; a single one is opened. */
  readonly named: boolean
}

/** One value: its blocks and its metrics. */
interface Looked {
  readonly blocks: readonly Block[]
  readonly metrics: readonly (readonly [string, number])[]
}

const metricsOf = (views: readonly View[]): [string, number][] =>
  views.flatMap(({ f, value, fields, error }) => [
    [`${f.name}.value`, value],
    [`${f.name}.code`, fields && f.width <= 53 ? codeOfFields(fields, f) : Number.NaN],
    [`${f.name}.error`, error],
    [`${f.name}.ulp`, ulp(value, f)],
    [`${f.name}.previous`, previous(value, f)],
    [`${f.name}.next`, next(value, f)],
  ])

const titleOf = (text: string): Label => ({ code: 'valueTitle', values: { value: text } })

/** A number: rounded once to each format; a single named format is opened. */
function lookAtNumber(text: string, { formats, named }: InspectRequest): Looked {
  const written = read(text)
  const views = formats.map((f) => view(written, f))
  const [first] = views
  const metrics = metricsOf(views)
  if (!named || views.length > 1 || !first) return { blocks: [bits(views, titleOf(text)), errorsTable(views)], metrics }
  return {
    blocks: [
      bits(views, titleOf(text)),
      ...formula(first),
      ...between(written, first.f),
      errorsTable(views),
      neighboursTable(views),
      modesTable(written, first.f),
    ],
    metrics,
  }
}

/** A code: what it means in each format it fits. */
function lookAtCode(text: string, { formats, named }: InspectRequest): Looked {
  const code = parseLiteral(text)?.value ?? Number.NaN
  const chosen = named ? formats : formats.filter((f) => codeFits(text, code, f))
  const suspect = chosen.find((f) => f.width <= 53 && code >= powerOfTwo(f.width)) ?? chosen[0] ?? formats[0]
  const tooLarge = suspect !== undefined && suspect.width <= 53 && code >= powerOfTwo(suspect.width)
  if (chosen.length === 0 || tooLarge || !Number.isSafeInteger(code) || code < 0)
    throw new FpsimError('invalid-code', { code: text, format: suspect?.name, width: suspect?.width })
  const views = chosen.map((f): View => {
    const fields = fieldsOfCode(code, f)
    return { f, value: decode(code, f), fields, error: Number.NaN, errorInUlps: Number.NaN }
  })
  const [first] = views
  return {
    blocks: [
      bits(views, titleOf(text)),
      ...(first && views.length === 1 ? formula(first) : []),
      errorsTable(views),
      neighboursTable(views),
    ],
    metrics: metricsOf(views),
  }
}

/** The numbers in the formats. Throws 'invalid-value' and 'invalid-code'. */
export function inspect(request: InspectRequest): Result {
  const look = request.codes ? lookAtCode : lookAtNumber
  const looks = request.values.map((text) => ({ text, ...look(text, request) }))
  const several = looks.length > 1
  return {
    schema: 1,
    scenario: 'inspect',
    runner: 'inspect',
    params: {
      values: request.values.join(' '),
      formats: request.formats.map((f) => f.name).join(' '),
      codes: request.codes,
    },
    seed: 1,
    metrics: Object.fromEntries(
      looks.flatMap(({ text, metrics }) => metrics.map(([name, x]) => [several ? `${text} ${name}` : name, x])),
    ),
    findings: [],
    blocks: looks.flatMap(({ blocks }) => blocks),
  }
}
