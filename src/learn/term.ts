/** A term of the glossary: its names, what it means, the run that shows it, and where a technique pays and where not. */
import * as z from 'zod/mini'
import { identifier, loadContent, localized, type Placed } from './content.js'
import { runSchema } from './run.js'

const words = z.string().check(z.minLength(1))

export const termSchema = z.strictObject({
  id: identifier,
  /** As the tool and the courses write it. */
  name: localized,
  /** Other names in either language, spellings of programs (found_inf), pieces of messages. */
  also: z._default(z.array(words), []),
  /** Numbers that this page is about. */
  numbers: z._default(z.array(z.union([z.number(), words])), []),
  /** Two or three sentences. */
  says: localized,
  /** A technique's page also has these three. */
  for: z.optional(localized),
  against: z.optional(localized),
  when: z.optional(localized),
  /** What fills the slots; the first run that says `show` is the picture, the first of all the command. */
  runs: z._default(z.array(runSchema), []),
  /** A command that is no lesson's run, where one shows more: `inspect 65504 --format fp16`. */
  try: z._default(z.array(words), []),
  claims: z._default(z.array(identifier), []),
  related: z._default(z.array(identifier), []),
  see: z._default(z.array(words), []),
})

export type Term = Placed<z.output<typeof termSchema>>

/** All terms of a folder, by topic. Throws the first problem. */
export const loadTerms = (folder?: string): Promise<readonly Term[]> => loadContent('terms', termSchema, folder)
