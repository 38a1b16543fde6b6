/** A number in formats, to the last bit: fields, code, exact value, error, neighbours, every rounding mode. */
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import { decode, type Fields, fieldsOfCode } from '../format/decode.js'
import { codeOfFields, fieldsOfValue } from '../format/encode.js'
import { divide, exactDecimal, exactPower, float64Of, type Rational, rationalOf, subtract } from '../format/exact.js'
import { bias, exponentBits, type Format, fractionBits, hasNaN, type Rounding, roundings } from '../format/format.js'
import { parseLiteral } from '../format/literal.js'
import { fateRounder, rounder } from '../format/round.js'
import { next, previous, ulp } from '../format/ulp.js'
import type { Block, Cell, Finding, Label, Result } from '../result/result.js'

/** A number as the user wrote it, ready to be rounded once to any format. */
interface Written {
  readonly text: string
  /** The nearest float64. */
  readonly value: number
  readonly exact: Rational | undefined
  /** What to round: to-odd, so that one more rounding is as good as one of the number itself. */
  into(f: Format): number
}

/** Reads a number. Throws 'invalid-value'. */
function read(text: string): Written {
  const literal = parseLiteral(text)
  if (!literal) throw new FpsimError('invalid-value', { value: text, problem: 'not-a-number' })
  const { value, odd, exact } = literal
  return { text, value, exact, into: (f) => (f.precision > 51 ? value : odd) }
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
    ? `0x${((fields.negative ? 1n << BigInt(f.width - 1) : 0n) + (BigInt(fields.exponent) << BigInt(fractionBits(f))) + BigInt(fields.fraction)).toString(16).padStart(f.width / 4, '0')}`
    : `0x${codeOfFields(fields, f)
        .toString(16)
        .padStart(Math.ceil(f.width / 4), '0')}`

const binary = (n: number, width: number): string => (width === 0 ? '' : n.toString(2).padStart(width, '0'))

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

function view(written: Written, f: Format): View {
  const value = rounder(f)(written.into(f))
  const fields = Number.isNaN(value) && !hasNaN(f) ? undefined : fieldsOfValue(value, f)
  if (!Number.isFinite(value) || !written.exact) return { f, value, fields, error: Number.NaN, errorInUlps: Number.NaN }
  const difference = subtract(rationalOf(value), written.exact)
  const step = ulp(written.value, f)
  return {
    f,
    value,
    fields,
    error: float64Of(difference) + 0,
    errorInUlps: float64Of(divide(difference, rationalOf(step))) + 0,
  }
}

/** A number's exact decimal where it is short enough to read, else its shortest one. */
const readable = (x: number): string => {
  const exact = exactDecimal(x)
  return exact.length <= 32 ? exact : `${exact.slice(0, 24)}…`
}

function bitRow({ f, fields, value }: View) {
  const bits = fields ?? { negative: false, exponent: 0, fraction: 0 }
  return {
    label: { name: f.name },
    sign: f.signed && fields ? (bits.negative ? '1' : '0') : '',
    exponent: fields ? binary(bits.exponent, exponentBits(f)) : '',
    fraction: fields ? binary(bits.fraction, fractionBits(f)) : '',
    notes: fields ? [hexOf(fields, f), readable(value)] : [{ code: 'noCode' }],
  }
}

const bits = (views: readonly View[], title?: Label): Block => ({
  kind: 'bit-field',
  ...(title ? { title } : {}),
  rows: views.map(bitRow),
})

/** One line a format: value, error, ulp, neighbours. */
function errorsTable(views: readonly View[]): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'error' }, as: 'number' },
      { label: { code: 'errorInUlps' }, as: 'number' },
      { label: { code: 'ulp' }, as: 'text' },
      { label: { code: 'previous' }, as: 'exact' },
      { label: { code: 'next' }, as: 'exact' },
    ],
    rows: views
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ f, value, error, errorInUlps }) => [
        f.name,
        Number.isNaN(error) ? null : error,
        Number.isNaN(errorInUlps) ? null : errorInUlps,
        Number.isFinite(value) ? exactPower(ulp(value, f)) : null,
        orNull(previous(value, f)),
        orNull(next(value, f)),
      ]),
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
  const x = written.into(f)
  if (!Number.isFinite(x) || !written.exact) return []
  const low = rounder(f, { rounding: 'down' })(x)
  const high = rounder(f, { rounding: 'up' })(x)
  if (!(Number.isFinite(low) && Number.isFinite(high)) || low >= high) return []
  const part = divide(subtract(written.exact, rationalOf(low)), subtract(rationalOf(high), rationalOf(low)))
  return [
    {
      kind: 'note',
      code: 'between',
      tone: 'note',
      values: { low: exactDecimal(low), high: exactDecimal(high), part: float64Of(part) },
    },
  ]
}

/** What each rounding mode gives, and both overflow policies where they differ. */
function modesTable(written: Written, f: Format): Block {
  const x = written.into(f)
  const row = (rounding: Rounding): Cell[] => {
    const label: Label = { code: `mode-${rounding}` }
    if (rounding === 'stochastic') {
      // The two outcomes: the draws 0 and just below 1 are on either side of every probability.
      const up = rounder(f, { rounding, random: 0 })(x)
      const down = rounder(f, { rounding, random: 1 - powerOfTwo(-53) })(x)
      const same = Object.is(up, down)
      return [
        label,
        same ? up : { code: 'eitherOf', values: { low: down, high: up } },
        same ? codeText(up, f) : `${codeText(down, f)} / ${codeText(up, f)}`,
        null,
      ]
    }
    const { value, fate } = fateRounder(f, { rounding })(x)
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
function look(
  text: string,
  { formats, codes, named }: InspectRequest,
): { blocks: Block[]; metrics: [string, number][]; findings: Finding[] } {
  const title: Label = { code: 'valueTitle', values: { value: text } }
  if (codes) return lookAtCode(text, formats, named, title)
  const written = read(text)
  const views = formats.map((f) => view(written, f))
  const only = named && views.length === 1 ? views[0] : undefined
  const metrics = views.flatMap(({ f, value, error }): [string, number][] => [
    [`${f.name}.value`, value],
    [`${f.name}.error`, error],
    [`${f.name}.ulp`, ulp(value, f)],
  ])
  const blocks = only
    ? [
        bits([only], title),
        ...formula(only),
        ...between(written, only.f),
        errorsTable([only]),
        modesTable(written, only.f),
      ]
    : [bits(views, title), errorsTable(views)]
  return { blocks, metrics, findings: [] }
}

function lookAtCode(text: string, formats: readonly Format[], named: boolean, title: Label) {
  const code = parseLiteral(text)?.value ?? Number.NaN
  const chosen = named ? formats : formats.filter((f) => codeFits(text, code, f))
  const first = chosen[0] ?? formats[0]
  if (chosen.length === 0 || !Number.isSafeInteger(code))
    throw new FpsimError('invalid-code', { code: text, format: first?.name, width: first?.width })
  const views = chosen.map((f): View => {
    const fields = fieldsOfCode(code, f)
    return { f, value: decode(code, f), fields, error: 0, errorInUlps: 0 }
  })
  const only = named && views.length === 1 ? views[0] : undefined
  const metrics = views.map(({ f, value }): [string, number] => [`${f.name}.value`, value])
  return { blocks: [bits(views, title), ...(only ? formula(only) : []), neighboursTable(views)], metrics, findings: [] }
}

/** Of codes there is no error to show: value, ulp and neighbours. */
function neighboursTable(views: readonly View[]): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'value' }, as: 'text' },
      { label: { code: 'ulp' }, as: 'text' },
      { label: { code: 'previous' }, as: 'exact' },
      { label: { code: 'next' }, as: 'exact' },
    ],
    rows: views.map(({ f, value }) => [
      f.name,
      Number.isNaN(value) ? 'NaN' : exactPower(value),
      Number.isFinite(value) ? exactPower(ulp(value, f)) : null,
      Number.isNaN(value) ? null : orNull(previous(value, f)),
      Number.isNaN(value) ? null : orNull(next(value, f)),
    ]),
  }
}

/** The numbers in the formats. Throws 'invalid-value' and 'invalid-code'. */
export function inspect(request: InspectRequest): Result {
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
    findings: looks.flatMap(({ findings }) => findings),
    blocks: looks.flatMap(({ blocks }) => blocks),
  }
}
