/** What a learner has done: lessons, exercises, cards. Plain data and pure functions; the file is cli/progress-file.ts. */

export interface LessonProgress {
  readonly state: 'begun' | 'done'
  /** How far the best guess was off, as a share: 0 is exact, 1 a factor without bound, 2 the wrong sign. */
  readonly guessError?: number
  /** Questions answered right, of how many; the best time. */
  readonly right?: number
  readonly all?: number
}

export interface Progress {
  readonly version: 1
  /** The lesson that was open last. */
  readonly last?: string
  readonly lessons: Readonly<Record<string, LessonProgress>>
  /** The best score of an exercise, 0 to 1, by id and by the seed of its variant. */
  readonly exercises: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** The last grade that somebody gave their own answer to a card, 0 to 3. */
  readonly cards: Readonly<Record<string, number>>
}

export const noProgress: Progress = { version: 1, lessons: {}, exercises: {}, cards: {} }

/** The entry of a name; "constructor" is no entry. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** A record with one entry changed; a name such as __proto__ is a name like any other. */
const put = <T>(record: Readonly<Record<string, T>>, name: string, value: T): Readonly<Record<string, T>> =>
  Object.fromEntries([...Object.entries(record).filter(([other]) => other !== name), [name, value]])

/** The better of two, where there are two. */
const best = (
  a: number | undefined,
  b: number | undefined,
  pick: (x: number, y: number) => number,
): number | undefined => (a === undefined ? b : b === undefined ? a : pick(a, b))

export const lessonProgress = (progress: Progress, name: string): LessonProgress | undefined =>
  own(progress.lessons, name)

/** A lesson opened, guessed, answered or done. What was better stays: done is done, the nearest guess, the most right. */
export function withLesson(progress: Progress, name: string, now: LessonProgress): Progress {
  const before = lessonProgress(progress, name)
  const guessError = best(before?.guessError, now.guessError, Math.min)
  const counted = (before?.right ?? -1) > (now.right ?? -1) ? before : now
  const lesson: LessonProgress = {
    state: before?.state === 'done' ? 'done' : now.state,
    ...(guessError === undefined ? {} : { guessError }),
    ...(counted?.right === undefined || counted.all === undefined ? {} : { right: counted.right, all: counted.all }),
  }
  return { ...progress, last: name, lessons: put(progress.lessons, name, lesson) }
}

/** An exercise answered: `score` from 0 to 1, for the variant of a seed as it was typed. The best score stays. */
export function withExercise(progress: Progress, id: string, seed: string, score: number): Progress {
  const before = own(progress.exercises, id) ?? {}
  const scores = put(before, seed, best(own(before, seed), score, Math.max) as number)
  return { ...progress, exercises: put(progress.exercises, id, scores) }
}

/** The best score of an exercise, of one variant or of any; undefined where it was never answered. */
export function exerciseScore(progress: Progress, id: string, seed?: string): number | undefined {
  const scores = own(progress.exercises, id)
  if (!scores) return undefined
  if (seed !== undefined) return own(scores, seed)
  return Object.values(scores).reduce<number | undefined>((a, b) => best(a, b, Math.max), undefined)
}

/** A card graded by who answered it: 0 to 3. The last grade counts. */
export const withCard = (progress: Progress, id: string, grade: number): Progress => ({
  ...progress,
  cards: put(progress.cards, id, grade),
})

export const cardGrade = (progress: Progress, id: string): number | undefined => own(progress.cards, id)
