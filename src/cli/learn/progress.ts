/** What has been done, lesson by lesson, and forgetting it. */

import { plain } from '../../learn/answer.js'
import { lessonProgress, type Progress } from '../../learn/progress.js'
import { core, counted, whereLeft } from '../../learn/walk.js'
import { csvLine } from '../../render/csv.js'
import { onScreen, styleOf } from '../../render/terminal/document.js'
import { say as label } from '../../render/words.js'
import type { Cell, Label, Result, Table, Values } from '../../result/result.js'
import type { Outline } from '../../scenario/load.js'
import { number, percent } from '../../text/numbers.js'
import type { Context } from '../context.js'
import { emit, emitResult } from '../output.js'
import { sentence } from '../sentence.js'
import { forgetProgress, progressFile, readProgress } from './progress-file.js'
import { openTalk } from './talk.js'

/** How far the best guess was off: 12 %, 3.1 times, the wrong sign. */
function off(error: number): Label {
  if (error === 0) return { code: 'learn-exact' }
  if (error > 1) return { code: 'learn-sign' }
  if (error === 1) return { code: 'learn-not-it' }
  const factor = 1 / (1 - error)
  return factor < 2
    ? { code: 'learn-some-off', values: { by: percent(factor - 1) } }
    : { code: 'learn-times-off', values: { by: number(factor, 2) } }
}

/** Progress as a table: each lesson that was begun. */
function table(lessons: readonly Outline[], progress: Progress): Table {
  const rows = lessons.flatMap(({ name }): Cell[][] => {
    const found = lessonProgress(progress, name)
    if (!found) return []
    const { state, guessError, right, all } = found
    const guess = guessError === undefined ? null : off(guessError)
    return [[name, { code: `learn-${state}` }, guess, right === undefined ? null : `${right}/${all}`]]
  })
  const columns = ['learn-lesson', 'learn-state', 'learn-off', 'learn-quiz'] as const
  return { kind: 'table', columns: columns.map((code) => ({ label: { code }, as: 'text' })), rows }
}

/** `fpsim learn --list` */
export async function emitDone(lessons: readonly Outline[], context: Context): Promise<number> {
  const { to, look } = context
  const progress = await readProgress(context)
  const way = core(lessons)
  const numbers = counted(way, progress)
  const next = whereLeft(way, progress)?.name ?? ''
  if (to === 'json') {
    const list = lessons.map(({ name, chapter, level }) => ({
      name,
      chapter,
      level,
      ...(lessonProgress(progress, name) ?? { state: 'new' }),
    }))
    const data = { schema: 1, file: progressFile() ?? null, core: numbers, next: next || null, lessons: list }
    await emit(`${JSON.stringify(data, null, 2)}\n`, context)
  } else if (to === 'csv') {
    const rows = lessons.map(({ name, chapter }) => {
      const { state = 'new', guessError = '', right = '', all = '' } = lessonProgress(progress, name) ?? {}
      return csvLine([name, chapter, state, guessError, right, all])
    })
    await emit(csvLine(['name', 'chapter', 'state', 'guessError', 'right', 'all']) + rows.join(''), context)
  } else {
    const list = table(lessons, progress)
    const values: Values = { ...numbers, next }
    const where = { code: 'learnWhere', tone: 'note', values: { file: progressFile() ?? '' } } as const
    const result: Result = {
      schema: 1,
      scenario: 'learn',
      runner: 'learn',
      params: {},
      seed: 1,
      metrics: numbers,
      findings: [{ code: 'learnCounted', tone: 'note', values }],
      blocks: [...(list.rows.length > 0 ? [list] : []), { kind: 'note', ...where }],
    }
    await emitResult(result, { ...context, look })
  }
  return 0
}

const yes: readonly string[] = ['yes', 'y', '是', '好', '确认']

/** `fpsim learn --reset`: asks, and forgets; 1 where nobody said yes. */
export async function forget(context: Context): Promise<number> {
  const style = styleOf(context.look)
  const file = progressFile()
  const talk = openTalk(context)
  try {
    const { lessons, exercises, cards } = await readProgress(context)
    const sizes = [lessons, exercises, cards].map((record) => Object.keys(record).length)
    if (file === undefined || sizes.every((size) => size === 0)) {
      talk.say(sentence('learnNothing', {}, style))
      return 0
    }
    const [a = 0, b = 0, c = 0] = sizes
    talk.say(sentence('learnForget', { lessons: a, exercises: b, cards: c, file }, style))
    const line = await talk.ask(onScreen(label({ code: 'learn-forget' }, style.words), style))
    const kept = yes.includes(plain(line ?? '')) ? await forgetProgress(context) : undefined
    talk.say(kept === undefined ? sentence('learnKept', {}, style) : sentence('learnForgot', { file: kept }, style))
    return kept === undefined ? 1 : 0
  } finally {
    await talk.end()
  }
}
