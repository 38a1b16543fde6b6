/** One rounding laid out on paper: operands, alignment, the exact result, guard, round and sticky bit, the decision. */
import { uniform } from '../../data/rng.js'
import { exponentOf, isNegative } from '../../format/bits.js'
import { float64Of, type Rational, rationalOf } from '../../format/exact.js'
import { type Format, fractionBits, largest, type Rounding } from '../../format/format.js'
import type { Block, Cell, Label } from '../../result/result.js'
import type { Step } from './evaluate.js'
import { compare, isExact, type Real, rational, signOf } from './real.js'

/** Digits that are shown behind the last kept one before the rest is a `…`; products are shown whole. */
const beyond = 6

interface Row {
  readonly label: Label
  /** What the digits stand for; its last bounds are the same to far more digits than are shown. */
  readonly of?: Rational
  /** Written as digits times 2^scale. */
  readonly scale?: number
  /** Digits behind the point: at least, and at most. */
  readonly places?: number
  readonly most?: number
  readonly text?: string
  readonly note?: Label | string
}

const word = (code: string, values?: Record<string, number | string | boolean>): Label =>
  values ? { code, values } : { code }

const sizeOf = ({ numerator, denominator }: Rational): Rational =>
  rational(numerator < 0n ? -numerator : numerator, denominator)

/** floor(q · 2^k) of a nonnegative q, and whether anything is cut off. */
function cut({ numerator, denominator }: Rational, k: number): { whole: bigint; rest: boolean } {
  const top = k > 0 ? numerator << BigInt(k) : numerator
  const bottom = k < 0 ? denominator << BigInt(-k) : denominator
  return { whole: top / bottom, rest: top % bottom !== 0n }
}

/** The binary digits of q / 2^scale, at least `places` behind the point, as many as are needed up to `most`. */
function digits(
  q: Rational,
  scale: number,
  places: number,
  most: number,
): { whole: string; fraction: string; more: boolean } {
  const size = sizeOf(q)
  let count = places
  while (count < most && cut(size, count - scale).rest) count++
  const { whole, rest } = cut(size, count - scale)
  const text = whole.toString(2).padStart(count + 1, '0')
  const at = text.length - count
  return { whole: text.slice(0, at), fraction: text.slice(at), more: rest }
}

/** Exponent of the binade in which a value of f is written: emin for subnormals and 0. */
const scaleOf = (x: number, f: Format): number => (x === 0 ? f.emin : Math.max(exponentOf(x), f.emin))

/** The rows as a table; the points of all numbers stand in one column. */
function table(title: Label, rows: readonly Row[], room = 0): Block {
  const written = rows.map(({ of, scale = 0, places = 0, most = room }) =>
    of ? digits(of, scale, places, most) : undefined,
  )
  const width = Math.max(1, ...written.map((w) => w?.whole.length ?? 1))
  return {
    kind: 'table',
    title,
    columns: [
      { label: { name: '' }, as: 'text' },
      { label: word('calcDigits'), as: 'text' },
      { label: { name: '' }, as: 'text' },
      { label: { name: '' }, as: 'text' },
    ],
    rows: rows.map(({ label, of, scale, text, note }, i): Cell[] => {
      const w = written[i]
      const sign = of && signOf(of) < 0 ? '-' : '+'
      const point = w && w.fraction !== '' ? '.' : ''
      const body = w ? `${sign}${w.whole.padStart(width, '0')}${point}${w.fraction}${w.more ? '…' : ''}` : (text ?? '')
      return [label, body, scale === undefined ? '' : `2^${scale}`, note ?? '']
    }),
  }
}

/** The operands and what the operation makes of them before any rounding. */
function before(step: Step, values: readonly number[], exact: Rational, f: Format): Row[] {
  const places = fractionBits(f)
  const operand = (x: number, i: number): Row => ({
    label: { name: 'abc'[i] as string },
    of: rationalOf(x),
    scale: scaleOf(x, f),
    places,
    note: x === 0 ? '0' : '',
  })
  const [a = 0, b = 0, c = 0] = values
  const scales = values.map((x) => scaleOf(x, f))
  const [ofA = 0, ofB = 0, ofC = 0] = scales
  /** Both addends at the larger exponent; the smaller moves right. */
  const aligned = (
    first: Rational,
    from: number,
    second: Rational,
    other: number,
    names: readonly [string, string],
  ): Row[] => {
    const scale = Math.max(from, other)
    const moved = Math.abs(from - other)
    const [smaller, name] = from < other ? [first, names[0]] : [second, names[1]]
    const move: Row[] =
      moved === 0
        ? []
        : [{ label: word('calcAligned', { name }), of: smaller, scale, places, note: word('calcShift', { moved }) }]
    return [...move, { label: word('calcExactSum'), of: exact, scale, places }]
  }
  const { name } = step
  if (name === 'add' || name === 'sub') {
    const second = name === 'sub' ? rationalOf(-b) : rationalOf(b)
    return [
      operand(a, 0),
      operand(b, 1),
      ...aligned(rationalOf(a), ofA, second, ofB, ['a', name === 'sub' ? '−b' : 'b']),
    ]
  }
  const product = rational(
    rationalOf(a).numerator * rationalOf(b).numerator,
    rationalOf(a).denominator * rationalOf(b).denominator,
  )
  const exactProduct = {
    label: word('calcExactProduct'),
    of: product,
    scale: ofA + ofB,
    most: 2 * places,
    note: word('calcExponentsAdd'),
  }
  if (name === 'mul') return [operand(a, 0), operand(b, 1), exactProduct]
  if (name === 'div')
    return [
      operand(a, 0),
      operand(b, 1),
      { label: word('calcExactQuotient'), of: exact, scale: ofA - ofB, note: word('calcExponentsSubtract') },
    ]
  if (name === 'fma')
    return [
      operand(a, 0),
      operand(b, 1),
      exactProduct,
      operand(c, 2),
      ...aligned(product, ofA + ofB, rationalOf(c), ofC, ['a × b', 'c']),
    ]
  return values.map(operand)
}

/** Which way, and why: everything a sentence needs. */
function decision(
  exact: Real,
  rounding: Rounding,
  f: Format,
  random: number,
): { bits: string; decide: Label; scale: number; kept: bigint } {
  const size = sizeOf(exact.low)
  const scale = scaleOf(float64Of(size, 'to-odd'), f)
  const unit = scale - fractionBits(f)
  const { whole: eighths, rest } = cut(size, 2 - unit)
  const sticky = rest || !isExact(exact)
  const kept = eighths >> 2n
  const guard = (eighths >> 1n) % 2n
  const round = eighths % 2n
  const part = guard === 0n ? (round === 0n && !sticky ? 'none' : 'below') : round === 0n && !sticky ? 'half' : 'above'
  // Evenness is that of the code, which at one bit of precision is the exponent's.
  const odd = f.precision > 1 ? kept % 2n === 1n : (scale - f.emin) % 2 !== 0
  const fraction = cut(size, 52 - unit).whole - (kept << 52n)
  const decide = word('calcDecide', {
    rounding,
    part,
    odd,
    negative: signOf(exact.low) < 0,
    random,
    fraction: float64Of(rational(fraction, 1n << 52n)),
  })
  return { bits: `${guard} ${round} ${sticky ? 1 : 0}`, decide, scale, kept }
}

export interface PaperOptions {
  readonly format: Format
  readonly rounding: Rounding
  readonly seed: number
}

/** The layout of a step; for NaN, ±Inf and 0 there is nothing to lay out but the rule. */
export function paper(steps: readonly Step[], index: number, { format: f, rounding, seed }: PaperOptions): Block {
  const step = steps[index] as Step
  const { exact, value, name, text } = step
  const values = step.operands.map((i) => (steps[i] as Step).value)
  const title = word('calcPaper', { step: index + 1, text: text.length > 48 ? `${text.slice(0, 47)}…` : text })
  const top = largest(f)
  const note =
    exact && compare(sizeOf(exact.low), rationalOf(top)) > 0 && (Number.isNaN(value) || Math.abs(value) >= top)
      ? word('calcBeyond', { value, largest: top })
      : word('calcEquals', { value, fate: step.fate })
  const result: Row = Number.isFinite(value)
    ? { label: word('calcResultRow'), of: rationalOf(value), scale: scaleOf(value, f), places: fractionBits(f), note }
    : { label: word('calcResultRow'), text: '', note }
  const countless = exact !== undefined && compare(sizeOf(exact.low), rationalOf(Number.MAX_VALUE)) > 0
  if (!exact || countless || signOf(exact.low) === 0 || !values.every(Number.isFinite))
    return table(title, [
      ...values.map(
        (x, i): Row => ({ label: { name: 'abc'[i] as string }, text: '', note: word('calcValue', { value: x }) }),
      ),
      {
        ...result,
        ...(Number.isFinite(value) && value === 0 ? { text: isNegative(value) ? '-0' : '0' } : {}),
        note: countless ? note : word('calcSpecial', { value }),
      },
    ])
  const { bits, decide, scale, kept } = decision(exact, rounding, f, uniform(seed, index))
  const head = before(step, values, exact.low, f)
  const last = head.at(-1)
  // The exact result once more where its leading digit is not yet in its place.
  const normal: Row = {
    label: word(name === 'literal' ? 'calcNumber' : 'calcNormalised'),
    of: exact.low,
    scale,
    places: fractionBits(f),
    ...(name === 'exp' || name === 'log' ? { note: word('calcSeries') } : {}),
  }
  const placed =
    last?.scale === scale && (name === 'add' || name === 'sub' || name === 'mul' || name === 'div' || name === 'fma')
  const keptUnits = rational(signOf(exact.low) < 0 ? -kept : kept)
  const rows: readonly Row[] = [
    ...head,
    ...(placed ? [] : [normal]),
    { label: word('calcKept'), of: scaled(keptUnits, scale - fractionBits(f)), scale, places: fractionBits(f) },
    { label: word('calcBits'), text: bits, note: decide },
    result,
  ]
  return table(title, rows, fractionBits(f) + beyond)
}

/** q · 2^k */
const scaled = ({ numerator, denominator }: Rational, k: number): Rational =>
  k >= 0 ? rational(numerator << BigInt(k), denominator) : rational(numerator, denominator << BigInt(-k))
