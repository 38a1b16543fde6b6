/** Variants: what a seed draws for an exercise, the same everywhere and for ever. */
import { powerOfTwo } from '../../format/bits.js'
import { divide, float64Of, type Rational, rationalOf } from '../../format/exact.js'
import { parseLiteral, parseNumber } from '../../format/literal.js'
import type { Metrics } from '../../result/result.js'
import { drawsOf } from '../../runner/seed.js'
import { plain, readWords } from '../answer.js'
import type { Draw, Exercise } from '../exercise.js'
import type { Run } from '../run.js'

type Value = number | string | boolean

export interface Variant {
  readonly exercise: Exercise
  /** The seed as it counts: see `seedText`. */
  readonly seed: string
  readonly drawn: Readonly<Record<string, Value>>
  /** The runs with what was drawn in their parameters; what is asked for still stands there as a slot. */
  readonly runs: readonly Run[]
  /** Choices by id, or the steps to be ordered, as this variant shows them. */
  readonly shown: readonly string[]
}

/**
 * A student's number or name as a seed: the same whether it is written full-width, with blanks around it, in capitals, or by
 * a spreadsheet that took its leading zeros away.
 */
export function seedText(typed: string): string {
  const text = plain(typed).replace(/\s+/g, ' ')
  return /^\d+(?:\.0*)?$/.test(text) ? text.replace(/\.0*$/, '').replace(/^0+(?=\d)/, '') : text
}

/** One of 0 … n − 1. */
type Chooser = (n: number) => number

const picker = (...words: readonly string[]): Chooser => {
  const draws = drawsOf('exercise', ...words)
  return (n) => Math.floor(draws.next() * n)
}

const exact = (x: number): Rational => parseLiteral(String(x))?.exact ?? rationalOf(x)

/** a + k · step, every one of them equally likely, rounded once. */
function stepped([a = 0, b = 0]: readonly number[], step: number, pick: Chooser): number {
  const [from, by] = [exact(a), exact(step)]
  const steps = Math.floor(
    float64Of(
      divide(
        {
          numerator: exact(b).numerator * from.denominator - from.numerator * exact(b).denominator,
          denominator: exact(b).denominator * from.denominator,
        },
        by,
      ),
    ),
  )
  const k = BigInt(pick(steps + 1))
  return float64Of({
    numerator: from.numerator * by.denominator + k * by.numerator * from.denominator,
    denominator: from.denominator * by.denominator,
  })
}

const decadeOf = (x: number): number => Number(x.toExponential().split('e')[1])

/** A decimal of so many digits between two positive numbers: first its decade, then its digits. */
function decimal([a = 0, b = 0]: readonly number[], digits: number, pick: Chooser): number {
  const decade = decadeOf(a) + pick(decadeOf(b) - decadeOf(a) + 1)
  const text = (m: number) => Number(`${m}e${decade - digits + 1}`)
  const [least, most] = [Number(`1e${digits - 1}`), Number(`1e${digits}`) - 1]
  let [low, high] = [least, most]
  while (low < most && text(low) < a) low++
  while (high > low && text(high) > b) high--
  return text(low + pick(high - low + 1))
}

/** 2^k as a person writes it. */
const powerText = (k: number): string => (k >= 11 || k <= -4 ? `2^${k}` : String(powerOfTwo(k)))

function drawOne(d: Draw, pick: Chooser): Value {
  if (d.from) return d.from[pick(d.from.length)] as Value
  const [a = 0, b = 0] = d.powers ?? d.hex ?? []
  if (d.powers) return powerText(a + pick(b - a + 1))
  if (d.hex) return `0x${(a + pick(b - a + 1)).toString(16).padStart(d.digits ?? 4, '0')}`
  if (d.step !== undefined) return stepped(d.between ?? [], d.step, pick)
  return decimal(d.between ?? [], d.digits ?? 1, pick)
}

/** In another order, every order equally likely. */
function shuffled<T>(items: readonly T[], pick: Chooser): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = pick(i + 1)
    ;[out[i], out[j]] = [out[j] as T, out[i] as T]
  }
  return out
}

/** What rules may name: the metrics, and the numbers that were drawn. */
export const judgedBy = ({ drawn }: Pick<Variant, 'drawn'>, metrics: Metrics): Metrics => ({
  ...Object.fromEntries(Object.entries(drawn).map(([name, x]) => [name, parseNumber(String(x)) ?? Number.NaN])),
  ...metrics,
})

/** `{name}` of a text replaced by what was drawn; a text that is one slot and no more keeps its type. */
export function filledIn(text: Value, values: Readonly<Record<string, Value>>): Value {
  if (typeof text !== 'string') return text
  const whole = /^\{(\w+)\}$/.exec(text)?.[1]
  if (whole !== undefined && Object.hasOwn(values, whole)) return values[whole] as Value
  return text.replace(/\{(\w+)\}/g, (slot, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : slot))
}

export const filledRuns = (runs: readonly Run[], values: Readonly<Record<string, Value>>): readonly Run[] =>
  runs.map((run) => ({
    ...run,
    params: Object.fromEntries(Object.entries(run.params).map(([name, x]) => [name, filledIn(x, values)])),
  }))

/** The variant of an exercise that a seed stands for. Pure. */
export function variantOf(exercise: Exercise, typed: string): Variant {
  const { id, cases, draw, choice, order } = exercise
  const seed = seedText(typed)
  const row = cases.length > 0 ? cases[picker(id, seed, 'cases')(cases.length)] : {}
  const draws = Object.entries(draw).map(([name, d]) => [name, drawOne(d, picker(id, seed, `draw ${name}`))])
  const drawn = { ...row, ...Object.fromEntries(draws) } as Variant['drawn']
  const runs = filledRuns(exercise.runs, drawn)
  const items = choice ? choice.map((one) => one.id) : order ? readWords(String(filledIn(order.steps, drawn))) : []
  const pick = picker(id, seed, 'order')
  const mixed = shuffled(items, pick)
  // An order to be found is never shown solved.
  const solved = order !== undefined && mixed.every((item, i) => item === items[i])
  return { exercise, seed, drawn, runs, shown: solved ? mixed.reverse() : mixed }
}
