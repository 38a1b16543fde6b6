/** `fpsim learn [LESSON|CHAPTER]`: walks the lessons, from where one left off: guess, run, why, questions, next. */
import { FpsimError } from '../../errors.js'
import { lessonProgress, type Progress } from '../../learn/progress.js'
import { core, course, whereLeft } from '../../learn/walk.js'
import { styleOf } from '../../render/terminal/document.js'
import { loadScenario, type Outline, outlines } from '../../scenario/load.js'
import type { Scenario } from '../../scenario/scenario.js'
import { suggest } from '../../suggest.js'
import { globalOptions, type OptionSpec } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { walkCourse } from '../learn/course-walk.js'
import { asCsv, asData, asMarkdown, type Walked } from '../learn/lesson-sheet.js'
import { runOf } from '../learn/lesson-walk.js'
import { emitDone, forget } from '../learn/progress.js'
import { progressFile, readProgress } from '../learn/progress-file.js'
import { openTalk } from '../learn/talk.js'
import { emit } from '../output.js'
import { sentence } from '../sentence.js'

const options: readonly (OptionSpec & { readonly runner: string })[] = [
  { key: 'all', kind: 'flag', runner: 'learn' },
  { key: 'list', kind: 'flag', runner: 'learn' },
  { key: 'reset', kind: 'flag', runner: 'learn' },
]

/** The lessons to walk, and where to begin; nowhere where all are done. */
interface Way {
  readonly lessons: readonly Outline[]
  readonly start: Outline | undefined
  /** What a program gets: the chapter's lessons, or the one to begin with. */
  readonly asked: readonly Outline[]
}

/** Throws 'invalid-value' for a chapter that is none, 'unknown-scenario' for a lesson that is none. */
function wayTo(asked: string | undefined, all: readonly Outline[], progress: Progress, context: Context): Way {
  const everything = context.flags.has('all')
  const usual = everything ? all : core(all)
  if (asked === undefined) {
    const start = whereLeft(usual, progress)
    return { lessons: usual, start, asked: start ? [start] : [] }
  }
  if (/^[\d０-９]+$/.test(asked)) {
    const number = Number(asked.normalize('NFKC'))
    const chapter = all.filter((lesson) => lesson.chapter === number)
    if (chapter.length === 0)
      throw new FpsimError('invalid-value', {
        option: 'CHAPTER',
        value: asked,
        problem: 'not-allowed',
        allowed: [...new Set(all.map((lesson) => lesson.chapter))],
      })
    // A chapter of nothing but advanced lessons was asked for as it is.
    const own = everything || core(chapter).length === 0 ? chapter : core(chapter)
    const lessons = all.filter((lesson) => usual.includes(lesson) || own.includes(lesson))
    const start = own.find(({ name }) => lessonProgress(progress, name)?.state !== 'done') ?? own[0]
    return { lessons, start, asked: own }
  }
  const start = all.find(({ name }) => name === asked)
  if (!start) {
    const names = all.map(({ name }) => name)
    const wanted = asked.toLowerCase()
    const meant = all.find(({ words }) => words.some((word) => word.toLowerCase() === wanted))
    throw new FpsimError('unknown-scenario', { name: asked, suggestion: meant?.name ?? suggest(asked, names), names })
  }
  return { lessons: all.filter((lesson) => usual.includes(lesson) || lesson === start), start, asked: [start] }
}

const isPath = (word: string): boolean => /[/\\]|\.ya?ml$/.test(word)

async function sheets(way: Way, own: Scenario | undefined, progress: Progress, context: Context): Promise<void> {
  const scenarios = own ? [own] : await Promise.all(way.asked.map(({ name }) => loadScenario(name)))
  const walked: Walked[] = []
  for (const scenario of scenarios) {
    const state = own ? undefined : lessonProgress(progress, scenario.name)
    walked.push({ scenario, result: await runOf(scenario, context), progress: state })
  }
  if (context.to === 'json')
    await emit(`${JSON.stringify({ schema: 1, lessons: walked.map(asData) }, null, 2)}\n`, context)
  else await emit(context.to === 'csv' ? asCsv(walked, context.look.lang) : asMarkdown(walked, context.look), context)
}

export const learn: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text, look }) {
    const { usages, summaries } = text.commands
    const style = styleOf(look)
    const about = [
      summaries.learn,
      sentence('learnKeys', {}, style),
      sentence('learnWhere', { file: progressFile() ?? '' }, style),
      sentence('learnSecret', {}, style),
    ]
    return { usage: usages.learn, about, options, examples: examples.learn }
  },
  async run(context) {
    const { positionals, flags, to } = context
    const [asked, stray] = positionals
    const alone = (['list', 'reset'] as const).find((flag) => flags.has(flag))
    const surplus = alone ? asked : stray
    if (surplus !== undefined)
      throw new FpsimError('stray-argument', { value: surplus, command: alone ? `learn --${alone}` : 'learn' })
    if (flags.has('reset')) return forget(context)
    const all = course(await outlines())
    if (flags.has('list')) return emitDone(all, context)
    const own = asked !== undefined && isPath(asked) ? await loadScenario(asked) : undefined
    const progress = await readProgress(context)
    const way = wayTo(own ? undefined : asked, all, progress, context)
    if (to !== 'terminal') {
      await sheets(way, own, progress, context)
      return 0
    }
    const talk = openTalk(context)
    try {
      const first = own ?? (way.start && (await loadScenario(way.start.name)))
      if (first) await walkCourse(way.lessons, first, talk, context)
      else talk.say(sentence('learnAllDone', { all: way.lessons.length }, styleOf(context.look)))
    } finally {
      await talk.end()
    }
    return 0
  },
}
