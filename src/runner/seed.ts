/** Seeds as users give them: a number, or any text such as a student's name. */
import { type Stream, seedFrom, stream } from '../data/rng.js'
import { FpsimError } from '../errors.js'

/** The numeric seed; 1 where none is given. Throws 'invalid-value' for anything but text and finite numbers. */
export function seedOf(seed: unknown): number {
  if (seed === undefined) return 1
  if (typeof seed === 'string') return seedFrom(seed)
  if (typeof seed === 'number' && Number.isFinite(seed)) return seed
  throw new FpsimError('invalid-value', { option: 'seed', value: seed, problem: 'not-finite' })
}

/** Draws in [0, 1) of somebody's seed for one purpose, told by words: the streams of different words are independent. */
export const drawsOf = (...words: readonly string[]): Stream => stream(seedFrom(`${words.join('\n')}\n`))
