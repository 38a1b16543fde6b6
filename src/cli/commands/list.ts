/** `fpsim list [CHAPTER]`: the lessons by chapter, or one chapter's questions. */
import { FpsimError } from '../../errors.js'
import { displayWidth, hang, onScreen, pad, styleOf, wrap } from '../../render/terminal/document.js'
import { type Outline, outlines } from '../../scenario/load.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emit } from '../output.js'

/** Lessons in the order of the course: what a lesson needs comes before it. */
function inOrder(lessons: readonly Outline[]): Outline[] {
  const placed: Outline[] = []
  const place = (lesson: Outline, path: readonly string[]): void => {
    if (placed.includes(lesson) || path.includes(lesson.name)) return
    for (const need of lesson.needs) {
      const other = lessons.find(({ name }) => name === need)
      if (other) place(other, [...path, lesson.name])
    }
    placed.push(lesson)
  }
  for (const lesson of lessons) place(lesson, [])
  return placed
}

const mark = ({ name, level }: Outline): string => (level === 'advanced' ? `${name}*` : name)

function overview(lessons: readonly Outline[], context: Context): string[] {
  const { look, text } = context
  const style = styleOf(look)
  const { chapters, listHint, advancedMark } = text.commands
  const heads = chapters.map((title, i) => `${i + 1} ${title}`)
  const indent = Math.max(...heads.map((head) => displayWidth(onScreen(head, style), style))) + 2
  const lines = heads.flatMap((head, i) => {
    const names = lessons.filter(({ chapter }) => chapter === i + 1).map(mark)
    return names.length === 0 ? [] : hang(pad(head, indent, style), names.join('  '), style)
  })
  const starred = lessons.some(({ level }) => level === 'advanced') ? wrap(advancedMark, look.width, style) : []
  return [...lines, ...starred, ...wrap(listHint, look.width, style)]
}

function chapter(lessons: readonly Outline[], context: Context): string[] {
  const { look } = context
  const style = styleOf(look)
  const indent = Math.max(...lessons.map((lesson) => mark(lesson).length)) + 2
  return lessons.flatMap((lesson) => hang(mark(lesson).padEnd(indent), lesson.ask[look.lang], style))
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
    const all = inOrder(await outlines())
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
    else await emit(`${(asked === undefined ? overview : chapter)(chosen, context).join('\n')}\n`, context)
    return 0
  },
}
