/** `fpsim list [CHAPTER]`: the lessons by chapter, or one chapter's questions. */
import { FpsimError } from '../../errors.js'
import { lessonProgress, type Progress } from '../../learn/progress.js'
import { course } from '../../learn/walk.js'
import { displayWidth, hang, onScreen, pad, type Style, styleOf, wrap } from '../../render/terminal/document.js'
import { type Outline, outlines } from '../../scenario/load.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { readProgress } from '../learn/progress-file.js'
import { standing, stateMark } from '../learn/progress-marks.js'
import { emit } from '../output.js'

/** A lesson's name with what is to be said of it: advanced, done, begun. */
const mark = ({ name, level }: Outline, progress: Progress, style: Style): string =>
  name + (level === 'advanced' ? '*' : '') + stateMark(progress, name, style)

function overview(lessons: readonly Outline[], progress: Progress, context: Context): string[] {
  const { look, text } = context
  const style = styleOf(look)
  const { chapters, listHint, advancedMark } = text.commands
  const heads = chapters.map((title, i) => `${i + 1} ${title}`)
  const indent = Math.max(...heads.map((head) => displayWidth(onScreen(head, style), style))) + 2
  const lines = heads.flatMap((head, i) => {
    const names = lessons.filter(({ chapter }) => chapter === i + 1).map((lesson) => mark(lesson, progress, style))
    return names.length === 0 ? [] : hang(pad(head, indent, style), names.join('  '), style)
  })
  const starred = lessons.some(({ level }) => level === 'advanced') ? wrap(advancedMark, look.width, style) : []
  const begun = Object.keys(progress.lessons).length > 0
  const far = begun ? standing(lessons, progress, style).flatMap((line) => wrap(line, look.width, style)) : []
  return [...lines, ...starred, ...far, ...wrap(listHint, look.width, style)]
}

function chapter(lessons: readonly Outline[], progress: Progress, context: Context): string[] {
  const { look } = context
  const style = styleOf(look)
  const heads = lessons.map((lesson) => onScreen(mark(lesson, progress, style), style))
  const indent = Math.max(...heads.map((head) => displayWidth(head, style))) + 2
  return lessons.flatMap(({ ask }, i) => hang(pad(heads[i] as string, indent, style), ask[look.lang], style))
}

export const list: Command = {
  async optionsFor() {
    return globalOptions
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.list, about: [summaries.list], options: [], examples: examples.list }
  },
  async run(context) {
    const { positionals, text, to, look } = context
    const asked = positionals[0]
    if (positionals[1] !== undefined) throw new FpsimError('stray-argument', { value: positionals[1], command: 'list' })
    const all = course(await outlines())
    const progress = await readProgress(context)
    const count = text.commands.chapters.length
    if (asked !== undefined && !(Number(asked) >= 1 && Number(asked) <= count && Number.isInteger(Number(asked))))
      throw new FpsimError('invalid-value', {
        option: 'CHAPTER',
        value: asked,
        problem: 'not-allowed',
        suggestion: all.some(({ name }) => name === asked) ? `fpsim ${asked}` : undefined,
        allowed: text.commands.chapters.map((_, i) => i + 1),
      })
    const chosen = asked === undefined ? all : all.filter((lesson) => lesson.chapter === Number(asked))
    if (to === 'json') {
      const lessons = chosen.map(({ name, chapter: number, level, title, ask, needs, next }) => ({
        name,
        chapter: number,
        level,
        title,
        ask,
        needs,
        next,
        progress: lessonProgress(progress, name)?.state ?? 'new',
      }))
      await emit(`${JSON.stringify({ schema: 1, lessons }, null, 2)}\n`, context)
    } else if (to === 'csv') {
      const { csvLine } = await import('../../render/csv.js')
      const rows = chosen.map((l) => csvLine([l.name, l.chapter, l.level, l.title[look.lang], l.ask[look.lang]]))
      await emit(csvLine(['name', 'chapter', 'level', 'title', 'ask']) + rows.join(''), context)
    } else if (to === 'markdown') {
      const rows = chosen.map((l) => `- \`fpsim ${l.name}\`: ${l.ask[look.lang]}\n`)
      await emit(rows.join(''), context)
    } else if (chosen.length === 0) await emit(`${text.commands.noChapter(String(asked))}\n`, context)
    else await emit(`${(asked === undefined ? overview : chapter)(chosen, progress, context).join('\n')}\n`, context)
    return 0
  },
}
