/** Runs that are no lesson but a number: `inspect` and `calc`, with metrics under names that a slot can take. */

import { FpsimError } from '../errors.js'
import { decode } from '../format/decode.js'
import { fieldsOfValue } from '../format/encode.js'
import { bias, type Format, hasNaN, type Rounding, roundings } from '../format/format.js'
import { parseNumber } from '../format/literal.js'
import { asFormat } from '../format/parse.js'
import { type Overflow, overflows } from '../format/round.js'
import { ulp } from '../format/ulp.js'
import type { Metrics, NumberStyle, Params, Result } from '../result/result.js'
import { calc } from '../runner/calc.js'
import { inspect } from '../runner/inspect.js'

/** `fp16.value` as a slot can name it: fp16Value. */
const asSlot = (name: string): string => name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())

export const underSlots = (result: Result): Result => ({
  ...result,
  metrics: Object.fromEntries(Object.entries(result.metrics).map(([name, x]) => [asSlot(name), x])),
})

/** How the metrics of a single format are written. */
export const numberStyles: Readonly<Record<string, NumberStyle>> = {
  written: 'exact',
  value: 'exact',
  code: 'hex',
  error: 'number',
  ulps: 'number',
  ulp: 'power',
  previous: 'exact',
  next: 'exact',
  negative: 'count',
  exponent: 'count',
  scale: 'count',
  fraction: 'count',
  lost: 'count',
  overflowed: 'count',
  subnormal: 'count',
  exact: 'exact',
  exactError: 'number',
  relativeError: 'percent',
  ulpError: 'number',
  float64: 'exact',
  float64Error: 'number',
  roundings: 'count',
}

/**
 * What became of one number in one format: its metrics without the format's name, its fields as stored (`scale`: the
 * exponent they stand for), and whether it was lost to 0, overflowed or is subnormal, as 1 or 0.
 */
function inOneFormat(f: Format, metrics: Metrics, written: number): Metrics {
  const of = (name: string): number => metrics[`${f.name}.${name}`] ?? Number.NaN
  const value = of('value')
  const fields = Number.isNaN(value) && !hasNaN(f) ? undefined : fieldsOfValue(value, f)
  const { negative, exponent, fraction } = fields ?? { negative: false, exponent: Number.NaN, fraction: Number.NaN }
  const finite = Number.isFinite(value)
  const subnormal = finite && value !== 0 && f.subnormals && exponent === 0
  return {
    written,
    value,
    code: of('code'),
    error: of('error'),
    ulps: of('error') / ulp(value, f),
    ulp: of('ulp'),
    previous: of('previous'),
    next: of('next'),
    negative: Number(negative),
    exponent,
    scale: finite && value !== 0 ? (subnormal ? f.emin : exponent - bias(f)) : Number.NaN,
    fraction,
    lost: Number(value === 0 && written !== 0),
    overflowed: Number(!finite && Number.isFinite(written)),
    subnormal: Number(subnormal),
  }
}

/** A number, or with `code` a code, in formats; of a single one the metrics also without its name. */
export function numberInFormats(
  { value: text, format: names, code = false }: Params,
  formatsOf: (names: unknown) => readonly Format[],
): Result {
  const formats = formatsOf(names)
  const codes = String(code) === 'true'
  const result = inspect({ values: [String(text)], formats, codes, named: names !== undefined })
  const slots = underSlots(result)
  const [f, second] = formats
  if (!f || second) return slots
  const x = parseNumber(String(text)) ?? Number.NaN
  const written = codes ? decode(x, f) : x
  return { ...slots, metrics: { ...slots.metrics, ...inOneFormat(f, result.metrics, written) } }
}

function oneOf<T extends string>(option: string, value: unknown, fallback: T, allowed: readonly T[]): T {
  if (value === undefined) return fallback
  if ((allowed as readonly unknown[]).includes(value)) return value as T
  throw new FpsimError('invalid-value', { option, value, problem: 'not-allowed', allowed })
}

/** An expression in a format, FP16 where none is said, with one rounding per operation. */
export const calculated = ({ expression, format = 'fp16', rounding, overflow }: Params): Result =>
  calc({
    lines: [{ text: String(expression) }],
    format: asFormat(String(format)),
    rounding: oneOf<Rounding>('rounding', rounding, 'nearest-even', roundings),
    overflow: oneOf<Overflow>('overflow', overflow, 'ieee', overflows),
    seed: 1,
    steps: false,
  })
