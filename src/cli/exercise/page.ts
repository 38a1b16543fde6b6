/** An exercise on the screen: posed, hinted at, answered, solved. */

import { readNumber } from '../../learn/answer.js'
import { filledRuns, type Variant } from '../../learn/exercise/draw.js'
import type { Grade } from '../../learn/exercise/grade.js'
import type { Lab } from '../../learn/exercise/lab.js'
import { drawnSlots, type Slots, type Solution, solve } from '../../learn/exercise/solve.js'
import { kindOf } from '../../learn/exercise.js'
import type { Run } from '../../learn/run.js'
import { fill, writeCell } from '../../render/cells.js'
import { onScreen, styleOf } from '../../render/terminal/document.js'
import { tell, type Words } from '../../render/words.js'
import type { Block, Finding, Localized, NumberStyle, Result, Tone, Values } from '../../result/result.js'
import { slotsOf } from '../../scenario/slots.js'
import { power, shortest } from '../../text/numbers.js'
import type { Context } from '../context.js'
import { commandOf } from '../run-command.js'

/** An author's text with its slots filled. */
export const told = (text: Localized, slots: Slots, words: Words): string =>
  fill(text, { title: text, ask: text, slots, next: [], see: [] }, words)

/** What the question may say: what was drawn and, only where its text wants more, what the runs give. */
export async function askSlots(variant: Variant, lab: Lab): Promise<Slots> {
  const { ask, title, choice = [] } = variant.exercise
  const texts = [ask, title, ...choice.map(({ text }) => text)].flatMap(({ en, zh }) => [en, zh])
  const drawn = drawnSlots(variant)
  const enough = texts.every((text) => slotsOf(text).every(({ name }) => Object.hasOwn(drawn, name)))
  return enough ? drawn : (await solve(variant, lab)).slots
}

export const letter = (place: number): string => String.fromCharCode(65 + place)

/** The choices with their letters, or the calls with their numbers, as this variant shows them. */
export function shownItems({ exercise, shown }: Variant, slots: Slots, words: Words): { mark: string; text: string }[] {
  if (!exercise.choice) return shown.map((call, i) => ({ mark: String(i + 1), text: call }))
  return shown.map((id, i) => {
    const choice = exercise.choice?.find((one) => one.id === id)
    return { mark: letter(i), text: choice ? told(choice.text, slots, words) : id }
  })
}

/** A number as its metric is written; a power of two also by its name. */
function writeNumber(x: number, as: NumberStyle, words: Words): string {
  const named = power(x)
  if (named.includes('^') && (as === 'exact' || as === 'power')) return `${named} = ${shortest(x)}`
  return writeCell(x, { label: { name: '' }, as: as === 'power' ? 'exact' : as }, words)
}

/** The right answer in words. */
export function answerText(variant: Variant, { answer, style, slots }: Solution, words: Words): string {
  const { exercise, shown } = variant
  if (exercise.choice) {
    const item = shownItems(variant, slots, words)[shown.indexOf(String(answer))]
    return item ? `${item.mark}. ${item.text}` : String(answer)
  }
  if (typeof answer === 'string') return answer
  return style === 'hex' ? String(slots['answer']?.value) : writeNumber(answer, style, words)
}

/** An answer as it was understood. */
export function readText(variant: Variant, { read }: Grade, typed: string, words: Words, slots: Slots): string {
  const { exercise, shown } = variant
  const kind = kindOf(exercise)
  if (read === '') return typed.trim()
  if (kind === 'choice') {
    const item = shownItems(variant, slots, words)[shown.indexOf(read)]
    return item ? `${item.mark}. ${item.text}` : read
  }
  if (kind === 'code' || kind === 'order') return read
  // The number as it was typed says most, unless a percent sign was only meant.
  const own = readNumber(typed)
  return own && String(own.value) === read ? typed.trim() : `${shortest(Number(read) * 100)} %`
}

const note = (code: string, values: Values = {}): Block => ({ kind: 'note', code, tone: 'note', values })
const text = (words: string): Block => note('exercise-text', { text: words })

/** The commands that show an answer. */
const shownBy = (runs: readonly Run[]): Block =>
  note('exercise-check', {
    commands: [...new Set(runs.map(({ scenario, params }) => commandOf(scenario, params)))].join('; '),
  })

/** Where there is something to find by trying: the command, with a word for the wanted value. */
export function tryIt({ exercise, runs }: Variant): Block[] {
  if (!exercise.find) return []
  const { name } = exercise.find
  const commands = filledRuns(runs, { [name]: name.toUpperCase() })
  return [
    note('exercise-try', { commands: commands.map(({ scenario, params }) => commandOf(scenario, params)).join('; ') }),
  ]
}

/** The frame of every page of an exercise. */
function frame(variant: Variant, slots: Slots, next: readonly string[]): Omit<Result, 'findings' | 'blocks'> {
  const { exercise, seed, drawn } = variant
  return {
    schema: 1,
    scenario: 'exercise',
    runner: 'exercise',
    params: { id: exercise.id, ...drawn },
    seed: 1,
    subject: { code: 'exercise-subject', values: { id: exercise.id, lesson: exercise.lesson, seed } },
    lesson: { title: exercise.title, ask: exercise.ask, slots, next, see: [] },
    metrics: {},
  }
}

/** What shells with $'…' read as the character. */
const spelledOut = (char: string): string => {
  const code = char.codePointAt(0) as number
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * A text as a shell takes it: letters of any script bare, all else in quotes. `shown` is how the screen writes it: where that
 * is something else (no screen of fpsim has emoji), the characters are spelled out.
 */
export function asArgument(text: string, shown = text): string {
  if (shown !== text) return `$'${text.replace(/['\\]/g, '\\$&').replace(/[^ -~]/gu, spelledOut)}'`
  if (/^[\p{L}\p{N}_./][\p{L}\p{N}_./-]*$/u.test(text)) return text
  const plainIn = text.includes("'") && !/["$`\\!%]/.test(text)
  return plainIn ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`
}

/** What a command must repeat to be about the same variant of the same file: ` --seed`, ` --from`, each where it is needed. */
export interface Repeated {
  readonly seed: string
  readonly from: string
}

const option = (name: string, text: string | undefined, { look }: Context): string =>
  text === undefined ? '' : ` --${name} ${asArgument(text, onScreen(text, styleOf(look)))}`

export const fromOption = (context: Context): string => option('from', context.values['from'], context)

export const repeated = ({ seed }: Variant, context: Context): Repeated => ({
  seed: option('seed', seed === '1' ? undefined : seed, context),
  from: fromOption(context),
})

const lessonAnd = ({ exercise }: Variant, { from }: Repeated): readonly string[] => [
  exercise.lesson,
  `exercise ${exercise.lesson}${from}`,
]

export function posed(variant: Variant, slots: Slots, words: Words, again: Repeated): Result {
  const { exercise } = variant
  const options = again.seed + again.from
  const items = shownItems(variant, slots, words)
  const table: Block = {
    kind: 'table',
    columns: [
      { label: { name: '' }, as: 'text' },
      { label: { name: '' }, as: 'text' },
    ],
    rows: items.map(({ mark, text: item }) => [mark, item]),
  }
  return {
    ...frame(variant, slots, lessonAnd(variant, again)),
    findings: [],
    blocks: [
      text(told(exercise.ask, slots, words)),
      ...(items.length > 0 ? [table] : []),
      ...tryIt(variant),
      note('exercise-how', { id: exercise.id, kind: kindOf(exercise), options }),
      note('exercise-hints', { id: exercise.id, hints: exercise.hints.length, options }),
    ],
  }
}

export const hinted = (variant: Variant, level: number, slots: Slots, words: Words, again: Repeated): Result => {
  const { exercise } = variant
  const options = again.seed + again.from
  const { hints } = exercise
  const values = { level, hints: hints.length, text: told(hints[level - 1] as Localized, slots, words) }
  const more = level < hints.length ? [`exercise hint ${exercise.id} --level ${level + 1}${options}`] : []
  return {
    ...frame(variant, slots, [...more, `exercise show ${exercise.id}${options}`]),
    findings: [{ code: 'exercise-hint', tone: 'note', values }],
    blocks: [],
  }
}

export function solved(variant: Variant, solution: Solution, words: Words, again: Repeated): Result {
  const { exercise } = variant
  return {
    ...frame(variant, solution.slots, lessonAnd(variant, again)),
    metrics: solution.metrics,
    findings: [{ code: 'exercise-solution', tone: 'good', values: { answer: answerText(variant, solution, words) } }],
    blocks: [
      text(told(exercise.ask, solution.slots, words)),
      text(told(exercise.solution, solution.slots, words)),
      shownBy(solution.runs),
    ],
  }
}

const tones: Readonly<Record<Grade['mark'], Tone>> = {
  right: 'good',
  partly: 'note',
  wrong: 'bad',
  unreadable: 'bad',
  blank: 'bad',
}

/** What was answered, what it is worth and why; the solution where there is nothing left to find. */
export function judged(
  variant: Variant,
  typed: string,
  grade: Grade,
  solution: Solution,
  words: Words,
  again: Repeated,
): Result {
  const { exercise } = variant
  const { mark, score, remark, why } = grade
  const answer = readText(variant, grade, typed, words, solution.slots)
  const guess = exercise.predict !== undefined && mark !== 'unreadable' && mark !== 'blank'
  const head: Finding = guess
    ? {
        code: 'exercise-guessed',
        tone: tones[mark],
        values: { answer, truth: answerText(variant, solution, words), score },
      }
    : { code: `exercise-${mark}`, tone: tones[mark], values: { answer, score } }
  const told_ = why ? [text(told(why.text, why.slots, words))] : []
  const over = mark === 'right' || guess
  const next = over
    ? lessonAnd(variant, again)
    : [`exercise hint ${exercise.id}${again.seed}${again.from}`, exercise.lesson]
  return {
    ...frame(variant, solution.slots, next),
    metrics: { score },
    findings: [head],
    blocks: [
      ...(remark ? [note(remark.code, remark.values)] : []),
      ...told_,
      ...(over ? [text(told(exercise.solution, solution.slots, words)), shownBy(solution.runs)] : []),
    ],
  }
}

/** The sentences of a grade, for programs. */
export const remarkText = ({ remark }: Grade, words: Words): string | undefined =>
  remark && tell({ code: remark.code, tone: 'note', values: remark.values }, words)
