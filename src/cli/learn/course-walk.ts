/** Lesson after lesson: what comes next, what was done, where it goes on another day. */
import { readExercises } from '../../learn/exercise.js'
import { exerciseScore, lessonProgress, type Progress, withLesson } from '../../learn/progress.js'
import { commandOf } from '../../learn/quiz.js'
import { counted, following, whereLeft } from '../../learn/walk.js'
import { onScreen, styleOf, wrap } from '../../render/terminal/document.js'
import { say as label } from '../../render/words.js'
import type { Values } from '../../result/result.js'
import { loadScenario, type Outline } from '../../scenario/load.js'
import type { Scenario } from '../../scenario/scenario.js'
import type { Context } from '../context.js'
import { sentence } from '../sentence.js'
import { walkLesson } from './lesson-walk.js'
import { readProgress, updateProgress } from './progress-file.js'
import type { Talk } from './talk.js'

/** Its place among the lessons of its chapter. */
function headOf({ name, chapter }: Scenario, lessons: readonly Outline[], { look, text }: Context): string {
  const beside = lessons.filter((lesson) => lesson.chapter === chapter)
  const at = beside.findIndex((lesson) => lesson.name === name) + 1
  const title = text.commands.chapters[chapter - 1] ?? ''
  return sentence('learnHead', { chapter, title, at, of: beside.length }, styleOf(look))
}

/** Ctrl-C says where it goes on; the process then ends as it always does. Call what it returns when that is over. */
function onInterrupt(farewell: () => string): () => void {
  const say = () => {
    if (process.stdout.isTTY === true) process.stdout.write(`\n${farewell()}\n`)
  }
  process.prependListener('SIGINT', say)
  return () => process.removeListener('SIGINT', say)
}

/** How many exercises of a lesson are not solved. A file of theirs that is broken stops nobody here: `fpsim check` tells it. */
async function openExercises(lesson: string, progress: Progress): Promise<number> {
  const { entries } = await readExercises().catch(() => ({ entries: [] }))
  return entries.filter((one) => one.lesson === lesson && (exerciseScore(progress, one.id) ?? 0) < 1).length
}

/** The lesson that comes next: what is offered, another where that is skipped, or one that is named; undefined: none. */
async function chosenNext(
  offered: Outline,
  following: (name: string) => Outline | undefined,
  lessons: readonly Outline[],
  talk: Talk,
  { look }: Context,
): Promise<string | undefined> {
  const style = styleOf(look)
  let next = offered
  for (;;) {
    talk.say(sentence('learnNext', { name: next.name, ask: next.ask[look.lang] }, style))
    const line = await talk.ask(onScreen(label({ code: 'learn-go' }, style.words), style))
    const command = line === undefined ? 'quit' : commandOf(line)
    if (command === 'quit') return undefined
    if (command === 'enter') return next.name
    const named = lessons.find(({ name }) => name === line?.trim())
    if (named) return named.name
    if (command === 'skip') next = following(next.name) ?? next
  }
}

/** Walks from `first` on, until somebody leaves, nobody answers, or all is done. */
export async function walkCourse(
  lessons: readonly Outline[],
  first: Scenario,
  talk: Talk,
  context: Context,
): Promise<void> {
  const style = styleOf(context.look)
  const tellIt = (code: string, values: Values) => talk.say(sentence(code, values, style))
  let progress = await readProgress(context)
  const isDone = (name: string): boolean => lessonProgress(progress, name)?.state === 'done'
  const farewell = (): string => {
    const next = whereLeft(lessons, progress)
    const values = { ...counted(lessons, progress), next: next?.name ?? '' }
    return wrap(sentence(next ? 'learnBye' : 'learnAllDone', values, style), style.width, style).join('\n')
  }
  const settle = onInterrupt(farewell)
  if (talk.atTerminal && talk.listening()) tellIt('learnKeys', {})
  for (let scenario = first; ; ) {
    const { name, path, chapter, quiz } = scenario
    // A file of a teacher's may be called like a shipped lesson.
    const shipped = lessons.some((lesson) => lesson.name === name) && path === (await loadScenario(name)).path
    const head = shipped ? headOf(scenario, lessons, context) : sentence('learnOwn', {}, style)
    const { ending, right } = await walkLesson(scenario, head, talk, context, async (now) => {
      if (shipped) progress = await updateProgress((p) => withLesson(p, name, now), context)
    })
    if (!talk.listening()) {
      talk.show('\n')
      tellIt('learnNoInput', { name: shipped ? name : path })
      break
    }
    if (ending === 'quit') {
      talk.show(`${farewell()}\n`)
      break
    }
    if (ending === 'done') {
      talk.show('\n')
      tellIt('learnDone', { right, of: quiz.length, ...counted(lessons, progress) })
      const exercises = shipped ? await openExercises(name, progress) : 0
      if (exercises > 0) tellIt('learnExercises', { exercises, name })
      if (shipped && lessons.every((lesson) => lesson.chapter !== chapter || isDone(lesson.name)))
        tellIt('learnChapter', { chapter })
    }
    const next = shipped ? following(lessons, progress, name) : whereLeft(lessons, progress)
    if (!next) {
      talk.show(`${farewell()}\n`)
      break
    }
    const chosen = await chosenNext(next, (from) => following(lessons, progress, from), lessons, talk, context)
    if (chosen === undefined) {
      talk.show(`${farewell()}\n`)
      break
    }
    scenario = await loadScenario(chosen)
    talk.show('\n')
  }
  settle()
}
