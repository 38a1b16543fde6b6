/** An interview card: a question, the outline and sections of its answer, what is asked next, and the run that proves it. */
import * as z from 'zod/mini'
import { type Content, identifier, localized, type Place, type Placed, readContent } from './content.js'
import { type Run, runSchema } from './run.js'

const words = z.string().check(z.minLength(1))

/** The sections of an answer, in the order in which it is given. */
export const sections = ['concept', 'steps', 'effect', 'case', 'summary'] as const
export type Section = (typeof sections)[number]

export const cardSchema = z.strictObject({
  id: identifier,
  /** The lesson that teaches it. */
  lesson: z.optional(words),
  ask: localized,
  /** The points to name, in a few words each. */
  outline: z.array(localized).check(z.minLength(3), z.maxLength(5)),
  /** What to say. Texts here and in `followUp` may hold slots; the numbers of `case` come from the runs alone. */
  answer: z.strictObject({
    concept: localized,
    steps: localized,
    effect: localized,
    case: localized,
    summary: localized,
  }),
  /** What an interviewer asks next. */
  followUp: z.array(z.strictObject({ ask: localized, answer: localized })).check(z.minLength(1), z.maxLength(2)),
  /** The command whose findings stand under the answer; its metrics fill slots under their own names. */
  proof: z.strictObject({ scenario: words, params: z._default(runSchema.shape.params, {}) }),
  /** More runs for the slots, each with a prefix (`as`). */
  runs: z._default(z.array(runSchema), []),
  /** Claims that an interviewer may quote, right or wrong, by their ids. */
  claims: z._default(z.array(identifier), []),
  /** Other words under which the card is found. */
  words: z._default(z.array(words), []),
})

export type Card = Placed<z.output<typeof cardSchema>>

/** All cards of a folder, topics in their order, and everything that is wrong with its files. */
export const readCards = (folder?: Place): Promise<Content<z.output<typeof cardSchema>>> =>
  readContent('cards', cardSchema, folder)

/** `readCards`, throwing the first problem. */
export async function loadCards(folder?: string): Promise<readonly Card[]> {
  const { entries, problems } = await readCards(folder)
  if (problems[0]) throw problems[0]
  return entries
}

/** The run of a card's proof. */
export const proofRun = ({ proof }: Pick<Card, 'proof'>): Run => ({ ...proof, as: undefined, picture: {}, show: [] })

/** All runs of a card, that of its proof first. */
export const runsOf = (card: Pick<Card, 'proof' | 'runs'>): readonly Run[] => [proofRun(card), ...card.runs]

/** Every text of a card with its path, in the order of the file. */
export function textsOf({ ask, outline, answer, followUp }: Card): { path: PropertyKey[]; text: Card['ask'] }[] {
  return [
    { path: ['ask'], text: ask },
    ...outline.map((text, i) => ({ path: ['outline', i], text })),
    ...sections.map((name) => ({ path: ['answer', name], text: answer[name] })),
    ...followUp.flatMap((next, i) => [
      { path: ['followUp', i, 'ask'], text: next.ask },
      { path: ['followUp', i, 'answer'], text: next.answer },
    ]),
  ]
}
