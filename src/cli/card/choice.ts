/** What is asked for on the command line of `fpsim interview`: which cards, and what to do with them. */
import { FpsimError } from '../../errors.js'
import { parseNumber } from '../../format/literal.js'
import type { Card } from '../../learn/card.js'
import { say, wordsOf } from '../../render/words.js'
import { suggest } from '../../suggest.js'
import { type Context, oneOf } from '../context.js'

/** The card of a word: its id, or another word for it. Throws 'invalid-value'. */
function cardOf(word: string, all: readonly Card[], context: Context): Card {
  const wanted = word.toLowerCase()
  const found =
    all.find(({ id }) => id === wanted) ??
    all.find(({ words }) => words.some((other) => other.toLowerCase() === wanted))
  if (found) return found
  const topics = [...new Set(all.map(({ topic }) => topic.name))]
  const near = suggest(wanted, [...all.map(({ id }) => id), ...topics, ...all.flatMap(({ words }) => words)])
  throw new FpsimError('invalid-value', {
    option: 'ID',
    value: word,
    problem: 'not-allowed',
    allowed: say({ code: 'cardIds' }, wordsOf(context.look.lang)),
    suggestion: near !== undefined && topics.includes(near) ? `--topic ${near}` : near,
  })
}

/** The cards that were asked for: one by its name, those of a topic, or all. Throws 'invalid-value' and 'stray-argument'. */
export function chosen(all: readonly Card[], context: Context): readonly Card[] {
  const { positionals, values } = context
  const [id, more] = positionals
  const topic = oneOf('topic', values['topic'], [...new Set(all.map((card) => card.topic.name))])
  const stray = more ?? (topic === undefined ? undefined : id)
  if (stray !== undefined) throw new FpsimError('stray-argument', { value: stray, command: 'interview' })
  if (id !== undefined) return [cardOf(id, all, context)]
  return topic === undefined ? all : all.filter((card) => card.topic.name === topic)
}

/** How many cards a mock interview has. Throws 'invalid-value'. */
export function mockCount(value: string, limit: number): number {
  const count = parseNumber(value)
  const wrong = (details: object) =>
    new FpsimError('invalid-value', { option: 'mock', onCommandLine: true, value, ...details })
  if (count === undefined) throw wrong({ problem: 'not-a-number' })
  if (!Number.isInteger(count)) throw wrong({ problem: 'not-an-integer' })
  if (count < 1) throw wrong({ problem: 'below-minimum', limit: 1 })
  if (count > limit) throw wrong({ problem: 'above-maximum', limit })
  return count
}

/** What is to be done. Throws 'wrong-usage' for two things at once. */
export function actionOf({
  values,
  flags,
  positionals,
}: Context): 'overview' | 'list' | 'card' | 'random' | 'quiz' | 'mock' | 'export' {
  const given = (['list', 'quiz', 'mock', 'export'] as const).filter(
    (key) => flags.has(key) || values[key] !== undefined,
  )
  const random = flags.has('random') && given[0] !== 'quiz'
  const asked = [...given, ...(random ? (['random'] as const) : [])]
  if (asked.length > 1)
    throw new FpsimError('wrong-usage', { problem: 'one-output', given: asked.map((key) => `--${key}`) })
  if (asked[0] !== undefined) return asked[0]
  if (positionals.length > 0) return 'card'
  return values['topic'] === undefined ? 'overview' : 'list'
}
