/** The way through the lessons: their order, where one left off, what comes next. */
import type { Outline } from '../scenario/load.js'
import { type LessonProgress, lessonProgress, type Progress } from './progress.js'

/** What the way needs to know of a lesson. */
export type Stop = Pick<Outline, 'name' | 'chapter' | 'level' | 'needs'>

/** Lessons by chapter; within one, what a lesson needs comes before it. */
export function course<T extends Stop>(lessons: readonly T[]): readonly T[] {
  const placed: T[] = []
  const place = (lesson: T, path: readonly string[]): void => {
    if (placed.includes(lesson) || path.includes(lesson.name)) return
    for (const need of lesson.needs) {
      const other = lessons.find(({ name }) => name === need)
      if (other) place(other, [...path, lesson.name])
    }
    placed.push(lesson)
  }
  for (const lesson of lessons) place(lesson, [])
  const chapters = [...new Set(placed.map(({ chapter }) => chapter))].sort((a, b) => a - b)
  return chapters.flatMap((chapter) => placed.filter((lesson) => lesson.chapter === chapter))
}

/** The lessons that everybody walks; advanced ones only where they are asked for. */
export const core = <T extends Stop>(lessons: readonly T[]): readonly T[] =>
  lessons.filter(({ level }) => level !== 'advanced')

const isDone = (progress: Progress, { name }: Stop): boolean => lessonProgress(progress, name)?.state === 'done'

/** The next lesson that is not done: after `name`, and then from the start again. Undefined where all are. */
export function following<T extends Stop>(way: readonly T[], progress: Progress, name: string): T | undefined {
  const at = way.findIndex((lesson) => lesson.name === name)
  return [...way.slice(at + 1), ...way.slice(0, at + 1)].find(
    (lesson) => lesson.name !== name && !isDone(progress, lesson),
  )
}

/** Where one left off: the lesson that is open, else the next that is not done; undefined where all are done. */
export function whereLeft<T extends Stop>(way: readonly T[], progress: Progress): T | undefined {
  const last = way.find(({ name }) => name === progress.last)
  if (last && !isDone(progress, last)) return last
  return last ? following(way, progress, last.name) : way.find((lesson) => !isDone(progress, lesson))
}

/** How many of these lessons are done, and begun. */
export function counted(lessons: readonly Stop[], progress: Progress): { done: number; begun: number; all: number } {
  const states = lessons.map(({ name }): LessonProgress['state'] | undefined => lessonProgress(progress, name)?.state)
  return {
    done: states.filter((state) => state === 'done').length,
    begun: states.filter((state) => state === 'begun').length,
    all: lessons.length,
  }
}
