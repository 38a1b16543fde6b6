/** `fpsim exercise`: a list, and show, answer, hint, solution and sheet, with numbers drawn from a seed. */
import { FpsimError } from '../../errors.js'
import { type Variant, variantOf } from '../../learn/exercise/draw.js'
import { grade } from '../../learn/exercise/grade.js'
import { newLab } from '../../learn/exercise/lab.js'
import { solve } from '../../learn/exercise/solve.js'
import { type Exercise, findExercise, kindOf, loadExercises } from '../../learn/exercise.js'
import { withExercise } from '../../learn/progress.js'
import { course } from '../../learn/walk.js'
import { csvLine } from '../../render/csv.js'
import { styleOf } from '../../render/terminal/document.js'
import { type Words, wordsOf } from '../../render/words.js'
import type { Result } from '../../result/result.js'
import { outlines } from '../../scenario/load.js'
import { globalOptions, type OptionSpec } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { asData, asResult, type Listed, listed, overview } from '../exercise/list.js'
import {
  answerText,
  askSlots,
  fromOption,
  hinted,
  judged,
  posed,
  readText,
  remarkText,
  repeated,
  shownItems,
  solved,
  told,
} from '../exercise/page.js'
import { actions, selected } from '../exercise/select.js'
import { readProgress, updateProgress } from '../learn/progress-file.js'
import { emit, emitResult } from '../output.js'
import { progressLine } from '../progress.js'

const options: readonly (OptionSpec & { readonly runner: string })[] = [
  { key: 'level', kind: 'value', takes: 'N', runner: 'exercise' },
  { key: 'from', kind: 'value', takes: 'FOLDER', runner: 'exercise' },
  { key: 'class', kind: 'value', takes: 'FILE', runner: 'exercise' },
  { key: 'answers', kind: 'value', takes: 'FILE', runner: 'exercise' },
]

type Action = (typeof actions)[number]

const isAction = (word: string): word is Action => (actions as readonly string[]).includes(word)

async function emitList(chosen: readonly Listed[], all: boolean, context: Context): Promise<void> {
  const { to, look, text } = context
  if (to === 'json') return emit(`${JSON.stringify({ schema: 1, exercises: chosen.map(asData) }, null, 2)}\n`, context)
  if (to === 'csv') {
    const rows = chosen.map(({ exercise: e, chapter, score }) =>
      csvLine([e.id, chapter, e.lesson, kindOf(e), e.title[look.lang], score]),
    )
    return emit(csvLine(['id', 'chapter', 'lesson', 'kind', 'title', 'score']) + rows.join(''), context)
  }
  if (to === 'terminal' && all)
    return emit(`${overview(chosen, text.commands.chapters, fromOption(context), styleOf(look)).join('\n')}\n`, context)
  return emitResult(asResult(chosen, look.charset === 'ascii'), context)
}

/** A record of one page for programs, as JSON or as two lines of CSV. */
async function emitRecord(record: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  if (context.to === 'json') return emit(`${JSON.stringify({ schema: 1, ...record }, null, 2)}\n`, context)
  const flat = Object.entries(record).filter(([, value]) => typeof value !== 'object')
  await emit(csvLine(flat.map(([name]) => name)) + csvLine(flat.map(([, value]) => value as string)), context)
}

const emitPage = (page: Result, record: Readonly<Record<string, unknown>>, context: Context): Promise<void> =>
  context.to === 'json' || context.to === 'csv' ? emitRecord(record, context) : emitResult(page, context)

/** What every record says of its variant. */
const identity = ({ exercise, seed, drawn }: Variant) => ({
  exercise: exercise.id,
  lesson: exercise.lesson,
  kind: kindOf(exercise),
  seed,
  drawn,
})

function levelOf(option: string | undefined, { hints }: Exercise): number {
  if (option === undefined) return 1
  const level = Number(option)
  const values = { option: 'level', onCommandLine: true, value: option }
  if (!Number.isInteger(level)) throw new FpsimError('invalid-value', { ...values, problem: 'not-an-integer' })
  if (level < 1) throw new FpsimError('invalid-value', { ...values, problem: 'below-minimum', limit: 1 })
  if (level > hints.length)
    throw new FpsimError('invalid-value', { ...values, problem: 'above-maximum', limit: hints.length })
  return level
}

interface Asked {
  readonly variant: Variant
  readonly context: Context
  readonly words: Words
  readonly lab: ReturnType<typeof newLab>
}

async function show({ variant, context, words, lab }: Asked): Promise<number> {
  const slots = await askSlots(variant, lab)
  const items = shownItems(variant, slots, words)
  const record = {
    ...identity(variant),
    title: variant.exercise.title[words.lang],
    ask: told(variant.exercise.ask, slots, words),
    ...(items.length > 0 ? { items } : {}),
    hints: variant.exercise.hints.length,
  }
  await emitPage(posed(variant, slots, words, repeated(variant, context)), record, context)
  return 0
}

async function hint({ variant, context, words, lab }: Asked): Promise<number> {
  const level = levelOf(context.values['level'], variant.exercise)
  const { slots } = await solve(variant, lab)
  const page = hinted(variant, level, slots, words, repeated(variant, context))
  await emitPage(page, { ...identity(variant), level, hint: page.findings[0]?.values['text'] }, context)
  return 0
}

async function solution({ variant, context, words, lab }: Asked): Promise<number> {
  const found = await solve(variant, lab)
  const record = {
    ...identity(variant),
    answer: found.answer,
    text: answerText(variant, found, words),
    solution: told(variant.exercise.solution, found.slots, words),
  }
  await emitPage(solved(variant, found, words, repeated(variant, context)), record, context)
  return 0
}

async function answer({ variant, context, words, lab }: Asked, typed: string): Promise<number> {
  const graded = await grade(typed, variant, lab)
  const found = await solve(variant, lab)
  const { mark, score, read, why } = graded
  if (mark !== 'unreadable' && context.values['from'] === undefined)
    await updateProgress((p) => withExercise(p, variant.exercise.id, variant.seed, score), context)
  const record = {
    ...identity(variant),
    answer: typed,
    mark,
    score,
    read,
    understood: readText(variant, graded, typed, words, found.slots),
    remark: remarkText(graded, words),
    why: why && told(why.text, why.slots, words),
    ...(mark === 'right' || variant.exercise.predict ? { truth: found.answer } : {}),
  }
  await emitPage(judged(variant, typed, graded, found, words, repeated(variant, context)), record, context)
  if (mark === 'unreadable' || mark === 'blank') return 2
  return score === 1 ? 0 : 1
}

/** The action and what it is about. `fpsim exercise ID` is short for show. */
function asked({ positionals }: Context): { action: Action | 'list'; rest: readonly string[] } {
  const [first, ...rest] = positionals
  if (first === undefined) return { action: 'list', rest: [] }
  return isAction(first) ? { action: first, rest } : { action: 'list', rest: positionals }
}

const missing = (argument: string, example: string): FpsimError =>
  new FpsimError('wrong-usage', { problem: 'missing-argument', command: 'fpsim exercise', argument, example })

export const exercise: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries, exerciseAbout } = text.commands
    return { usage: usages.exercise, about: [summaries.exercise, exerciseAbout], options, examples: examples.exercise }
  },
  async run(context) {
    const { values } = context
    const { action, rest } = asked(context)
    const [word, ...more] = rest
    // The usual case first: it reads one file only.
    const page = action === 'list' ? 'show' : action
    const one = word === undefined || page === 'sheet' ? undefined : await findExercise(word, values['from'])
    if (one && page !== 'sheet') return about(one, page, more, context)
    const all = listed(await loadExercises(values['from']), course(await outlines()), await readProgress(context))
    if (action === 'sheet') {
      const { sheet } = await import('../exercise/sheet.js')
      return sheet(rest, all, context)
    }
    if (action !== 'list') {
      const value = action === 'answer' ? ' 2^-24' : ''
      if (word === undefined) throw missing('ID', `fpsim exercise ${action} ${all[0]?.exercise.id ?? 'ID'}${value}`)
      throw selectionError(word, all, context)
    }
    if (more[0] !== undefined) throw new FpsimError('stray-argument', { value: more[0], command: 'exercise' })
    if (word === undefined) await emitList(all, true, context)
    else await emitList(selected(word, all, context), false, context)
    return 0
  },
}

/** What is asked about one exercise. */
async function about(
  exercise: Exercise,
  action: Exclude<Action, 'sheet'>,
  more: readonly string[],
  context: Context,
): Promise<number> {
  const { id } = exercise
  if (action === 'answer' && more.length === 0) throw missing('VALUE', `fpsim exercise answer ${id} 2^-24`)
  if (action !== 'answer' && more[0] !== undefined)
    throw new FpsimError('stray-argument', { value: more[0], command: `exercise ${action}` })
  const line = progressLine(context)
  const lab = newLab({ host: { progress: (done, total) => line.update(done, total) } })
  const variant = variantOf(exercise, context.values['seed'] ?? '1')
  const request = { variant, context, words: wordsOf(context.look.lang), lab }
  try {
    if (action === 'answer') return await answer(request, more.join(' '))
    if (action === 'hint') return await hint(request)
    return await (action === 'solution' ? solution : show)(request)
  } finally {
    line.end()
  }
}

/** A chapter or lesson where one exercise is wanted: its exercises are what can be meant. */
const selectionError = (word: string, all: readonly Listed[], context: Context): FpsimError =>
  new FpsimError('invalid-value', {
    option: 'ID',
    value: word,
    problem: 'not-allowed',
    allowed: selected(word, all, context).map(({ exercise: { id } }) => id),
  })
