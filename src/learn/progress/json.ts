/** A stored progress read back: what is sound in it, and whether anything was not. */
import { type LessonProgress, noProgress, type Progress } from '../progress.js'

export type Stored =
  /** Everything sound is in `progress`; `damaged` where something was not. */
  | { readonly progress: Progress; readonly damaged: boolean }
  /** Written by a later fpsim, which alone understands it. */
  | { readonly newer: number }

type Json = Readonly<Record<string, unknown>>

const isRecord = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x)
const isShare = (x: unknown, most: number): x is number => typeof x === 'number' && x >= 0 && x <= most
const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0

/** The sound entries of a record; undefined entries are those that are not. */
function entries<T>(from: unknown, read: (x: unknown) => T | undefined): { kept: Record<string, T>; damaged: boolean } {
  if (!isRecord(from)) return { kept: {}, damaged: from !== undefined }
  const all = Object.entries(from).map(([name, x]) => [name, read(x)] as const)
  const kept = all.filter((entry): entry is [string, T] => entry[1] !== undefined)
  return { kept: Object.fromEntries(kept), damaged: kept.length < all.length }
}

function lesson(x: unknown): LessonProgress | undefined {
  if (!isRecord(x)) return undefined
  const { state, guessError, right, all } = x
  const sound =
    (state === 'begun' || state === 'done') &&
    (guessError === undefined || isShare(guessError, 2)) &&
    (right === undefined) === (all === undefined) &&
    (right === undefined || (isCount(right) && isCount(all) && right <= all))
  return sound ? (x as unknown as LessonProgress) : undefined
}

function scores(x: unknown): Readonly<Record<string, number>> | undefined {
  const { kept, damaged } = entries(x, (score) => (isShare(score, 1) ? score : undefined))
  return damaged || x === undefined ? undefined : kept
}

/** What the text of a progress file says. Keys that this version does not know stay as they are. */
export function storedProgress(text: string): Stored {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return { progress: noProgress, damaged: true }
  }
  if (!isRecord(json)) return { progress: noProgress, damaged: true }
  const { version, last, lessons, exercises, cards, ...unknown } = json
  if (isCount(version) && version > 1) return { newer: version }
  const read = {
    lessons: entries(lessons, lesson),
    exercises: entries(exercises, scores),
    cards: entries(cards, (grade) => (isCount(grade) && grade <= 3 ? grade : undefined)),
  }
  const damaged =
    version !== 1 ||
    (last !== undefined && typeof last !== 'string') ||
    Object.values(read).some((part) => part.damaged)
  const progress: Progress = {
    ...unknown,
    version: 1,
    ...(typeof last === 'string' ? { last } : {}),
    lessons: read.lessons.kept,
    exercises: read.exercises.kept,
    cards: read.cards.kept,
  }
  return { progress, damaged }
}

/** The text of a progress file. */
export const progressText = (progress: Progress): string => `${JSON.stringify(progress, null, 1)}\n`
