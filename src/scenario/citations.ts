/** What the lessons cite: all of it, the references of one lesson, or those that hold a text. */
import type { Result } from '../result/result.js'
import { allCited, sourcesResult } from '../runner/sources.js'
import { outlines } from './load.js'

/** The references for a text: a lesson's name, part of a reference, or '' for all; and the corrections that hold it. */
export async function citations(text: string): Promise<Result> {
  const wanted = text.toLowerCase()
  const lessons = (await outlines()).map(({ name, see }) => ({ name, see: allCited({ lesson: name, see }).see }))
  const isLesson = lessons.some(({ name }) => name === wanted)
  const cited = lessons.map(({ name, see }) => ({
    lesson: name,
    see: isLesson ? see.filter(() => name === wanted) : see.filter((source) => source.toLowerCase().includes(wanted)),
  }))
  return sourcesResult(wanted === '' ? cited : cited.filter(({ see }) => see.length > 0), wanted)
}
