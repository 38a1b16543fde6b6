/** Answers as people type them: numbers in every form, full-width digits and Chinese punctuation included; codes; words. */

import { powerOfTwo } from '../format/bits.js'
import { divide, float64Of, type Rational } from '../format/exact.js'
import type { Format } from '../format/format.js'
import { parseLiteral } from '../format/literal.js'
import { format } from '../format/parse.js'
import { evaluate, type Step } from '../runner/calc/evaluate.js'
import { parseExpression } from '../runner/calc/expression.js'
import { float64Near, isExact } from '../runner/calc/real.js'

/** A number that somebody typed. */
export interface Reading {
  /** The nearest float64; of `3.3 %` 0.033. */
  readonly value: number
  /** It was written with a percent sign. */
  readonly percent: boolean
}

/** Longer texts are no answers. */
const longest = 500

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** Characters that stand for others wherever they are. */
const twins: Readonly<Record<string, string>> = {
  '。': '.',
  '、': ',',
  '−': '-',
  '–': '-',
  '—': '-',
  '﹣': '-',
  '×': '*',
  '✕': '*',
  '·': '*',
  '⋅': '*',
  '∙': '*',
  '÷': '/',
  '⁄': '/',
  '∕': '/',
  '﹪': '%',
  '﹢': '+',
  '“': '',
  '”': '',
  '‘': '',
  '’': '',
  '「': '',
  '」': '',
  '\u00a0': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  '\u3000': ' ',
  '\u200b': '',
  '\u200e': '',
  '\u200f': '',
  '\ufeff': '',
}

/** The ASCII twin of every full-width character, exponents that are written high as `^`; lower case, trimmed. */
export const plain = (text: string): string =>
  text
    .replace(/[\uff01-\uff5e]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, (high) => {
      const digits = [...high].map((char) => (char === '⁻' ? '-' : char === '⁺' ? '' : superscripts.indexOf(char)))
      return `^${digits.join('')}`
    })
    .replace(/[^ -~]/g, (char) => twins[char] ?? char)
    .trim()
    .toLowerCase()

/** Names of what is no finite number. */
const names: Readonly<Record<string, string>> = {
  无穷大: 'inf',
  无穷: 'inf',
  正无穷大: 'inf',
  正无穷: 'inf',
  '+inf': 'inf',
  负无穷大: '-inf',
  负无穷: '-inf',
  '-无穷大': '-inf',
  非数: 'nan',
  非数字: 'nan',
  零: '0',
}

/** What stands around a number and is none of it. */
const bare = (text: string): string =>
  text
    .replace(/^(?:about|approximately|approx\.?|ca\.?|约为|大约是|大约|约|等于|是|为)\s*(?=\S)/, '')
    .replace(/^[=≈~≃∼"'`$\s]+/, '')
    .replace(/["'`$,;!?\s]+$/, '')
    .replace(/(?<=[\d)%‰])\.$/, '')

/** 16,777,216 and 16 777 216; 3,3 and 0,001 with a comma for the point. */
function ungrouped(text: string): string {
  // Within parentheses a comma parts arguments.
  if (text.includes('(')) return text
  const whole = text.replace(/(?<![\d.,])[1-9]\d{0,2}(?:([, ])\d{3})(?:\1\d{3})*(?![\d,])/g, (one) =>
    one.replace(/[, ]/g, ''),
  )
  return /^[+-]?\d+,\d+$/.test(whole) ? whole.replace(',', '.') : whole
}

/** As literals and expressions want it: `**`, \times, 2^{-24}, 2^(-24), 5.96 x 10^-8, blanks around operators. */
const tightened = (text: string): string =>
  text
    .replaceAll('**', '^')
    .replace(/\\(?:times|cdot)/g, '*')
    .replace(/\^\s*[{(]\s*([+-]?\s*\d+)\s*[)}]/g, '^$1')
    .replace(/^[({]([^(){}]*)[)}]$/, '$1')
    .replace(/(?<=\d\s+|^[1-9.]\d*|\d\.\d*)x\s*(?=\d)/g, '*')
    .replace(/\s*([*/^+-])\s*/g, '$1')

/** A number of any length as a rational, or a float64 that is none. */
type Amount = Rational | number

function amountOf(text: string): Amount | undefined {
  const found = parseLiteral(text)
  if (found) return found.exact && found.value !== 0 ? found.exact : found.value
  // 1/2^24, 2^16 - 2^5, sqrt(2)/2: whatever `fpsim calc` reads, without rounding.
  try {
    const { truth } = evaluate(parseExpression(text), {
      format: format('fp32'),
      rounding: 'nearest-even',
      overflow: 'ieee',
      seed: 1,
    }).at(-1) as Step
    if (!truth) return undefined
    return isExact(truth) ? truth.low : float64Near(truth)
  } catch {
    return undefined
  }
}

const hundred: Rational = { numerator: 100n, denominator: 1n }

/** Large counts as Chinese writes them. */
const counts: Readonly<Record<string, Rational>> = {
  万: { numerator: 10_000n, denominator: 1n },
  亿: { numerator: 100_000_000n, denominator: 1n },
}

const over = (x: Amount, by: Rational): Amount => (typeof x === 'number' ? x / float64Of(by) : divide(x, by))

const one: Rational = { numerator: 1n, denominator: 1n }

/** The number a text means, rounded once to float64; undefined where it means none. */
export function readNumber(typed: string): Reading | undefined {
  if (typed.length > longest) return undefined
  const text = plain(typed)
  const share = /^(.*?)\s*(?:%|percent|pct)$/.exec(bare(text)) ?? /^百分之\s*(.*)$/.exec(bare(text))
  const thousandth = /^(.*?)\s*‰$/.exec(bare(text))
  const body = bare(share?.[1] ?? thousandth?.[1] ?? text)
  const many = /^(.*?)\s*([万亿])$/.exec(body)
  const written = many?.[1] ?? body
  if (written === '') return undefined
  const amount = amountOf(Object.hasOwn(names, written) ? (names[written] as string) : tightened(ungrouped(written)))
  if (amount === undefined) return undefined
  const counted = many ? over(amount, divide(one, counts[many[2] as string] as Rational)) : amount
  const scaled = share
    ? over(counted, hundred)
    : thousandth
      ? over(over(counted, hundred), { numerator: 10n, denominator: 1n })
      : counted
  return { value: typeof scaled === 'number' ? scaled : float64Of(scaled), percent: Boolean(share ?? thousandth) }
}

/**
 * The codes that a text may mean in a format: bits (0 01111 0000000000, 0b…), hex (0x3c00, 3c00, 3C00h, $3c00) and
 * decimal. Digits alone may be hex as well as decimal: both come out.
 */
export function readCodes(typed: string, { width }: Format): readonly number[] {
  if (typed.length > longest || width > 53) return []
  const text = bare(plain(typed)).replace(/[\s_|]/g, '')
  const bits = /^(?:0b)?([01]+)$/.exec(text)?.[1]
  if (bits !== undefined && (text.startsWith('0b') || bits.length === width))
    return bits.length <= width ? [Number(BigInt(`0b${bits}`))] : []
  const marked = /^(?:0x|#|\\x)([\da-f]+)$/.exec(text)?.[1] ?? /^([\da-f]+)h$/.exec(text)?.[1]
  const hex = marked ?? (/^[\da-f]+$/.test(text) && text.length === Math.ceil(width / 4) ? text : undefined)
  const decimal = marked === undefined && /^\d+$/.test(text) ? text : undefined
  const read = [
    ...(hex === undefined ? [] : [Number(BigInt(`0x${hex}`))]),
    ...(decimal === undefined ? [] : [Number(decimal)]),
  ]
  return [...new Set(read)].filter((code) => code < powerOfTwo(width))
}

/** The words of a list, whatever stands between them: blanks, commas, arrows. */
export const readWords = (typed: string): readonly string[] =>
  plain(typed)
    .replace(/->|=>|→|⇒|>|,|;|，|；/g, ' ')
    .split(/\s+/)
    .map((word) => word.replace(/^[([]?(.*?)(?:\(\)?|[)\].])*$/, '$1'))
    .filter((word) => word !== '')
