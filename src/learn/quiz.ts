/** Judging a guess and an answer to a lesson's question against the number that the run gave. */
import { isWithin } from '../scenario/expect.js'
import { plain, readNumber } from './answer.js'

/** A number that a run gave, and how screens write it. */
export interface Truth {
  readonly value: number
  /** Whether screens write it as a percentage. */
  readonly percent: boolean
  /** Whether it is exact in kind, a code, a power of two, a number of a format: then nothing near it is right. */
  readonly exact?: boolean
  /** The number that screens show of it, rounded as they do: who read it off the screen has read it right. */
  readonly shown: number
}

/** What was typed, as a number; of a share a bare 55 is 55 %. Undefined where it is no number. */
export function typedNumber(text: string, { value, percent }: Truth): number | undefined {
  const read = readNumber(text)
  if (!read) return undefined
  const bareShare = percent && !read.percent && read.value > 1 && read.value <= 100 && Math.abs(value) <= 1
  return bareShare ? read.value / 100 : read.value
}

/** What may be typed instead of a number, in both languages. */
export type Command = 'hint' | 'skip' | 'quit' | 'enter'

const commandWords: Readonly<Record<string, Command>> = {
  '': 'enter',
  '?': 'hint',
  hint: 'hint',
  提示: 'hint',
  s: 'skip',
  skip: 'skip',
  跳过: 'skip',
  q: 'quit',
  quit: 'quit',
  exit: 'quit',
  退出: 'quit',
}

/** The command that a line is; undefined where it is an answer. */
export function commandOf(line: string): Command | undefined {
  const word = plain(line)
  return Object.hasOwn(commandWords, word) ? commandWords[word] : undefined
}

const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))

/** Whether an answer is right: within its tolerance, or the number that the screen shows. */
export const isRight = (answer: number, { value, shown }: Truth, within?: number | string): boolean =>
  isWithin(answer, value, within) || same(answer, shown)

export interface Nearness {
  /** From exact over close (about a tenth off), near (a factor of two), order (a factor of ten) to far; beside: close to what is exact in kind. */
  readonly grade: 'exact' | 'beside' | 'close' | 'near' | 'order' | 'far'
  readonly side: 'above' | 'below' | 'none'
  /** How `by` counts: times as much; percentage points, as a share; or the plain difference. */
  readonly measure: 'factor' | 'points' | 'difference'
  readonly by: number
  /** The distance as a share of the larger: 0 is exact, 1 a factor without bound or not what is exact in kind, 2 the wrong sign. */
  readonly error: number
}

/** From this share on a distance counts in percentage points: of 99 % and 50 % the factor says little. */
const largeShare = 0.2

const graded = (x: number, [close, near, order]: readonly [number, number, number]): Nearness['grade'] =>
  x <= close ? 'close' : x <= near ? 'near' : x <= order ? 'order' : 'far'

/** How near a guess is. */
export function nearness(guess: number, truth: Truth): Nearness {
  const found = distance(guess, truth)
  if (!truth.exact || found.grade === 'exact') return found
  // 2049 for 2048 is the very mistake, however small.
  const error = Math.max(found.error, 1)
  if (found.grade !== 'close') return { ...found, error }
  return { ...found, grade: 'beside', measure: 'difference', by: Math.abs(guess - truth.value), error }
}

function distance(guess: number, truth: Truth): Nearness {
  const { value, percent } = truth
  if (isRight(guess, truth)) return { grade: 'exact', side: 'none', measure: 'difference', by: 0, error: 0 }
  const by = Math.abs(guess - value)
  const larger = Math.max(Math.abs(guess), Math.abs(value))
  const error = larger === Number.POSITIVE_INFINITY ? 1 : by / larger
  const known = Number.isFinite(by)
  const side = guess > value ? 'above' : guess < value ? 'below' : 'none'
  if (percent && value >= largeShare && value <= 1 && guess >= 0)
    return { grade: graded(by, [0.02, 0.1, 0.25]), side, measure: 'points', by, error }
  const factor = Math.max(guess / value, value / guess)
  if (factor >= 1 && factor < Number.POSITIVE_INFINITY)
    return { grade: graded(factor, [1.1, 2, 10]), side, measure: 'factor', by: factor, error }
  return {
    grade: 'far',
    side,
    measure: 'difference',
    by: known ? by : Number.POSITIVE_INFINITY,
    error: known ? error : 1,
  }
}
