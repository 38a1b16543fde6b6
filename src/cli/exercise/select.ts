/** Which exercises a word means. */
import { FpsimError } from '../../errors.js'
import { suggest } from '../../suggest.js'
import type { Context } from '../context.js'
import type { Listed } from './list.js'

/** What `fpsim exercise` can do with an exercise. */
export const actions = ['show', 'answer', 'hint', 'solution', 'sheet'] as const

/** The exercises that a chapter, a lesson or an id names. Throws 'invalid-value'. */
export function selected(word: string, all: readonly Listed[], { text }: Context): readonly Listed[] {
  const found = all.filter(
    ({ exercise, chapter }) => exercise.id === word || exercise.lesson === word || String(chapter) === word,
  )
  if (found.length > 0) return found
  const names = [...all.map(({ exercise }) => exercise.id), ...all.map(({ exercise }) => exercise.lesson), ...actions]
  throw new FpsimError('invalid-value', {
    option: 'ID',
    value: word,
    problem: 'not-allowed',
    allowed: text.commands.exerciseIds,
    suggestion: suggest(word, names),
  })
}
