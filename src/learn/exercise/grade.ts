/** Grading: an answer as typed against what the runs of its variant give, with partial credit and the reason. */
import { FpsimError } from '../../errors.js'
import { isPowerOfTwo } from '../../format/bits.js'
import { fieldsOfCode } from '../../format/decode.js'
import type { Format } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { ulp } from '../../format/ulp.js'
import type { Localized, Values } from '../../result/result.js'
import { parseOrder } from '../../runner/training-step/order.js'
import { isWithin, shareOf } from '../../scenario/expect.js'
import { plain, readCodes, readNumber, readWords } from '../answer.js'
import { type Exercise, kindOf, type Within } from '../exercise.js'
import { holds } from '../verdict.js'
import { filledIn, judgedBy, type Variant } from './draw.js'
import { holdsAt, neighbourOf } from './grid.js'
import type { Lab } from './lab.js'
import { codeText, drawnSlots, rawOf, runsInOrder, type Slots, type Solution, solve, stepsOf } from './solve.js'

export type Mark = 'right' | 'partly' | 'wrong' | 'unreadable' | 'blank'

/** Why an answer has the score it has: a code of text/ (`exercise-…`) and its values. */
export interface Remark {
  readonly code: string
  readonly values: Values
}

export interface Grade {
  readonly mark: Mark
  /** From 0 to 1. */
  readonly score: number
  /** The answer as it was understood; empty where it was not. */
  readonly read: string
  readonly remark?: Remark
  /** What the author says of just this wrong answer, and what fills its slots. */
  readonly why?: { readonly text: Localized; readonly slots: Slots }
}

/** A grade before the author's own words are looked for. */
type Plain = Omit<Grade, 'why'>

const right = (read: string): Plain => ({ mark: 'right', score: 1, read })
const partly = (score: number, read: string, code: string, values: Values = {}): Plain => ({
  mark: score > 0 ? 'partly' : 'wrong',
  score,
  read,
  remark: { code: `exercise-${code}`, values },
})
const wrong = (read: string, code: string, values: Values = {}): Plain => partly(0, read, code, values)
const unreadable = (code: string, values: Values = {}): Plain => ({ ...wrong('', code, values), mark: 'unreadable' })

/** Whether a number is the wanted one, within what is allowed. */
function isClose(x: number, wanted: number, within: Within | undefined): boolean {
  if (typeof within !== 'object') return isWithin(x, wanted, within === 'exact' ? undefined : within)
  return x === wanted || Math.abs(x - wanted) <= within.ulp * ulp(wanted, within.format)
}

/** What a typed number may mean where a share is asked for: 3.3 for 3.3 %. */
function meanings(typed: string, percent: boolean): readonly number[] | undefined {
  const reading = readNumber(typed)
  if (!reading || Number.isNaN(reading.value)) return undefined
  return percent && !reading.percent ? [reading.value, reading.value / 100] : [reading.value]
}

/** The slips that a number shows: a sign, a factor of two, of ten. */
function slip(x: number, wanted: number, within: Within | undefined): string {
  if (isClose(-x, wanted, within)) return 'sign'
  const factor = x / wanted
  if (isPowerOfTwo(Math.abs(factor)) && Math.abs(factor) !== 1) return 'factor-of-two'
  const tens = [10, 100, 1000].some((ten) => isClose(x * ten, wanted, within) || isClose(x / ten, wanted, within))
  return tens ? 'factor-of-ten' : 'not-it'
}

function gradeNumber(typed: string, { number }: Exercise, { answer, style }: Solution): Plain {
  const { within, near } = number as NonNullable<Exercise['number']>
  const read = meanings(typed, style === 'percent')
  if (!read) return unreadable('no-number')
  const wanted = answer as number
  const [x = Number.NaN] = read
  const shown = String(read.find((one) => isClose(one, wanted, within)) ?? x)
  if (read.some((one) => isClose(one, wanted, within))) return right(shown)
  if (near !== undefined && read.some((one) => isClose(one, wanted, near))) return partly(0.5, shown, 'near')
  return wrong(shown, slip(x, wanted, within))
}

/** How many times too large or too small: a guess twice as large is as far off as one half as large. Infinite of another sign. */
const timesOff = (x: number, wanted: number): number =>
  x / wanted > 0 ? Math.max(x / wanted, wanted / x) : Number.POSITIVE_INFINITY

/** All points within the share that counts as right, half of them within twice that share. */
const guessScore = (x: number, wanted: number, within: number | string): number =>
  isWithin(x, wanted, within) ? 1 : timesOff(x, wanted) - 1 <= 2 * (shareOf(within) ?? 0) ? 0.5 : 0

function gradeGuess(typed: string, { predict }: Exercise, { answer, style }: Solution): Plain {
  const { within = '25%' } = predict as NonNullable<Exercise['predict']>
  const read = meanings(typed, style === 'percent')
  if (!read) return unreadable('no-number')
  const scores = read.map((x) => guessScore(x, answer as number, within))
  const score = Math.max(...scores)
  const shown = String(read[scores.indexOf(score)])
  if (score === 1) return right(shown)
  const times = timesOff(Number(shown), answer as number)
  const side = Math.abs(Number(shown)) > Math.abs(answer as number) ? 'above' : 'below'
  return partly(score, shown, score > 0 ? 'guess-near' : 'guess-far', { times, side })
}

/** The fields of a code that are right; two of three are half the points. */
function gradeCode(typed: string, f: Format, { answer }: Solution): Plain {
  const read = readCodes(typed, f)
  const [first] = read
  if (first === undefined) return unreadable('no-code', { format: f.name, width: f.width })
  const wanted = answer as number
  if (read.includes(wanted)) return right(codeText(wanted, f.width))
  const [own, other] = [fieldsOfCode(first, f), fieldsOfCode(wanted, f)]
  const sign = own.negative === other.negative
  const exponent = own.exponent === other.exponent
  const fraction = own.fraction === other.fraction
  return partly(sign && (exponent || fraction) ? 0.5 : 0, codeText(first, f.width), 'fields', {
    sign,
    exponent,
    fraction,
  })
}

/** A letter or number of a list that is shown, 0 for the first; undefined for what is neither. */
function placeOf(word: string, length: number): number | undefined {
  const letters = /^[a-z]$/.test(word) ? word.charCodeAt(0) - 97 : '甲乙丙丁戊己庚辛'.indexOf(word)
  const place = /^\d+$/.test(word) ? Number(word) - 1 : word.length === 1 ? letters : -1
  return place >= 0 && place < length ? place : undefined
}

/** The id of the choice that is meant: by letter, number, id or its own words. */
function choiceOf(typed: string, { exercise, shown }: Variant): string | undefined {
  const text = plain(typed)
    .replace(/^(?:option|answer|选项|选)\s*(?=\S)/, '')
    .replace(/^\(?([^()]*?)[).:,;]*$/, '$1')
  const place = placeOf(text, shown.length)
  if (place !== undefined) return shown[place]
  const same = (words: string) => plain(words) === plain(typed)
  return exercise.choice?.find(({ id, text: { en, zh } }) => id === text || same(en) || same(zh))?.id
}

function gradeChoice(typed: string, variant: Variant, { answer }: Solution): Plain {
  const id = choiceOf(typed, variant)
  if (id === undefined) return unreadable('no-choice', { choices: variant.shown.length })
  return id === answer ? right(id) : wrong(id, 'not-it')
}

/** The calls that are meant, by name or by their place in the list that is shown; undefined for what is neither. */
function callsOf(typed: string, { shown }: Variant): readonly string[] | undefined {
  const words = readWords(typed)
  const [only = ''] = words
  const items = words.length === 1 && only.length === shown.length ? [...only] : words
  const places = items.map((word) => placeOf(word, shown.length))
  if (items.length > 0 && places.every((place) => place !== undefined))
    return places.map((place) => shown[place as number] as string)
  try {
    return parseOrder(words.join(' '))
  } catch (error) {
    if (error instanceof FpsimError) return undefined
    throw error
  }
}

/** Half the points at most, by the pairs that stand in the author's order: none for half of them, what chance gives. */
function pairsKept(calls: readonly string[], steps: readonly string[]): number {
  const places = calls.map((call) => steps.indexOf(call))
  const pairs = places.flatMap((a, i) => places.slice(i + 1).map((b) => a < b))
  const kept = pairs.filter(Boolean).length / pairs.length
  return Math.max(0, Math.floor((2 * kept - 1) * 50) / 100)
}

/** Any order is right that the run finds right. */
async function gradeOrder(typed: string, variant: Variant, lab: Lab): Promise<Plain> {
  const steps = stepsOf(variant)
  const calls = callsOf(typed, variant)
  if (!calls) return unreadable('no-calls')
  const read = calls.join(' ')
  if ([...calls].sort().join(' ') !== [...steps].sort().join(' '))
    return wrong(read, 'other-calls', { wanted: steps.length, given: calls.length })
  const { metrics } = await lab.measure(runsInOrder(variant, calls))
  if (holds((variant.exercise.order as NonNullable<Exercise['order']>).if, judgedBy(variant, metrics)))
    return right(read)
  // A call that stands at the first fault, where the run names one.
  const line = metrics['errorLine'] ?? 0
  return partly(pairsKept(calls, steps), read, 'order', { line, call: calls[line - 1] ?? '' })
}

/** Run at the answer and at its neighbour: it must hold here and fail there. */
async function gradeFind(typed: string, variant: Variant, lab: Lab): Promise<Plain> {
  const find = variant.exercise.find as NonNullable<Exercise['find']>
  const reading = readNumber(typed)
  if (!reading || Number.isNaN(reading.value)) return unreadable('no-number')
  const x = reading.value
  const read = String(x)
  const neighbour = neighbourOf(find, x)
  if (neighbour === undefined) return wrong(read, 'off-grid', { grid: find.grid })
  const here = await holdsAt(variant, x, lab)
  if (!here) return wrong(read, 'out-of-range')
  if (!here.holds) return wrong(read, 'rule-fails')
  const there = await holdsAt(variant, neighbour, lab)
  return there?.holds === true ? partly(0.5, read, `not-${find.want}`) : right(read)
}

async function graded(typed: string, variant: Variant, lab: Lab): Promise<Plain> {
  const { exercise } = variant
  const kind = kindOf(exercise)
  if (plain(typed) === '') return { mark: 'blank', score: 0, read: '' }
  if (kind === 'order') return gradeOrder(typed, variant, lab)
  if (kind === 'find') return gradeFind(typed, variant, lab)
  const solution = await solve(variant, lab)
  if (kind === 'choice') return gradeChoice(typed, variant, solution)
  if (kind === 'code') return gradeCode(typed, format(exercise.code?.format as string), solution)
  return kind === 'predict' ? gradeGuess(typed, exercise, solution) : gradeNumber(typed, exercise, solution)
}

/** The wrong answers of a variant that its author foresaw, as somebody would type them. */
export function foreseen({ exercise }: Variant, slots: Slots): { typed: string; why?: Localized }[] {
  const raw = rawOf(slots)
  return exercise.wrong.map((one) => {
    const { answer, why } = typeof one === 'object' ? one : { answer: one, why: undefined }
    return { typed: String(filledIn(answer, raw)), ...(why ? { why } : {}) }
  })
}

/** The author's words for just this answer: those of a choice, or of a foreseen answer that is read as the same. */
async function reason(typed: string, { read }: Plain, variant: Variant, lab: Lab): Promise<Grade['why']> {
  const { exercise } = variant
  const choice = exercise.choice?.find(({ id }) => id === read)
  if (!choice?.why && exercise.wrong.length === 0) return undefined
  const { slots } = await solve(variant, lab).catch(() => ({ slots: drawnSlots(variant) }))
  if (choice) return choice.why && { text: choice.why, slots }
  const kind = kindOf(exercise)
  const number = kind === 'number' || kind === 'predict' || kind === 'find'
  const same = async (other: string): Promise<boolean> => {
    if (!number) return (await graded(other, variant, lab)).read === read
    const [a, b] = [readNumber(typed)?.value ?? Number.NaN, readNumber(other)?.value ?? Number.NaN]
    return isClose(
      a,
      b,
      exercise.number?.within === 'exact' ? undefined : (exercise.number?.within ?? exercise.predict?.within),
    )
  }
  for (const { typed: other, why } of foreseen(variant, slots))
    if (why && (await same(other))) return { text: why, slots }
  return undefined
}

/** The grade of an answer. The same answer to the same variant always has the same grade. Throws as `solve`. */
export async function grade(typed: string, variant: Variant, lab: Lab): Promise<Grade> {
  const found = await graded(typed, variant, lab)
  if (found.mark !== 'wrong' && found.mark !== 'partly') return found
  const why = await reason(typed, found, variant, lab)
  return why ? { ...found, why } : found
}
