/** The exercises as lists: by chapter, or with what each is about. */
import { type Exercise, kindOf } from '../../learn/exercise.js'
import { exerciseScore, type Progress } from '../../learn/progress.js'
import { displayWidth, finding, hang, onScreen, pad, type Style } from '../../render/terminal/document.js'
import type { Result, Values } from '../../result/result.js'
import type { Outline } from '../../scenario/load.js'

export interface Listed {
  readonly exercise: Exercise
  readonly chapter: number
  /** The best score of any variant; undefined where it was never answered. */
  readonly score: number | undefined
}

/** Exercises in the order of the course: chapter, lesson, and as their files have them. */
export function listed(
  all: readonly Exercise[],
  lessons: readonly Pick<Outline, 'name' | 'chapter'>[],
  progress: Progress,
): readonly Listed[] {
  const place = (name: string) => lessons.findIndex((lesson) => lesson.name === name)
  const with_ = all.map((exercise) => ({
    exercise,
    chapter: lessons[place(exercise.lesson)]?.chapter ?? 9,
    score: exerciseScore(progress, exercise.id),
  }))
  return with_.sort((a, b) => a.chapter - b.chapter || place(a.exercise.lesson) - place(b.exercise.lesson))
}

/** ✓ solved, ~ tried. */
const markOf = ({ score }: Listed, ascii: boolean): string =>
  score === undefined ? '' : score === 1 ? (ascii ? '+' : '✓') : '~'

const counts = (all: readonly Listed[]): Values => ({
  exercises: all.length,
  solved: all.filter(({ score }) => score === 1).length,
})

const say = (code: string, values: Values, style: Style): string[] => finding({ code, tone: 'note', values }, style)

/** All of them, a line or two a chapter. */
export function overview(all: readonly Listed[], chapters: readonly string[], from: string, style: Style): string[] {
  if (all.length === 0) return say('exercise-none', {}, style)
  const heads = chapters.map((title, i) => onScreen(`${i + 1} ${title}`, style))
  const indent = Math.max(...heads.map((head) => displayWidth(head, style))) + 2
  return [
    ...say('exercise-counted', counts(all), style),
    ...heads.flatMap((head, i) => {
      const own = all.filter(({ chapter }) => chapter === i + 1)
      const ids = own.map((one) => `${one.exercise.id}${markOf(one, style.ascii)}`)
      return own.length === 0 ? [] : hang(pad(head, indent, style), ids.join('  '), style)
    }),
    ...say('exercise-list-hint', { from }, style),
  ]
}

/** Some of them: lesson, kind and what each is about. */
export const asResult = (all: readonly Listed[], ascii = false): Result => ({
  schema: 1,
  scenario: 'exercise',
  runner: 'exercise',
  params: {},
  seed: 1,
  metrics: counts(all) as Record<string, number>,
  findings: [],
  blocks:
    all.length === 0
      ? [{ kind: 'note', code: 'exercise-none', tone: 'note', values: {} }]
      : [
          {
            kind: 'table',
            columns: [
              ...(all.some(({ score }) => score !== undefined) ? [{ label: { name: '' }, as: 'text' } as const] : []),
              { label: { code: 'exercise-id' }, as: 'text' },
              { label: { code: 'exercise-lesson' }, as: 'text' },
              { label: { code: 'exercise-kind' }, as: 'text' },
              { label: { code: 'exercise-about' }, as: 'text' },
            ],
            rows: all.map((one) => [
              ...(all.some(({ score }) => score !== undefined) ? [markOf(one, ascii)] : []),
              one.exercise.id,
              one.exercise.lesson,
              { code: `exercise-kind-${kindOf(one.exercise)}` },
              one.exercise.title,
            ]),
          },
        ],
})

export const asData = ({ exercise, chapter, score }: Listed) => ({
  id: exercise.id,
  chapter,
  lesson: exercise.lesson,
  level: exercise.level,
  kind: kindOf(exercise),
  title: exercise.title,
  hints: exercise.hints.length,
  ...(score === undefined ? {} : { score }),
})
