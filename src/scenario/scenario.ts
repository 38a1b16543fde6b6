/** A lesson file as data, and its schema. */
import * as z from 'zod/mini'
import { number } from '../runner/params.js'

const words = z.string().check(z.minLength(1))
const localized = z.strictObject({ en: words, zh: words })
const value = z.union([z.number(), z.string(), z.boolean()])

/** A metric's bounds; `equals` exactly, or within a share (`within: 10%`) of itself. */
const bounds = z.strictObject({
  above: z.optional(number()),
  below: z.optional(number()),
  equals: z.optional(number()),
  within: z.optional(z.union([z.number(), z.string()])),
})

export const scenarioShape = {
  runner: words,
  chapter: z.number().check(z.int(), z.minimum(1), z.maximum(9)),
  level: z._default(z.enum(['core', 'advanced']), 'core'),
  title: localized,
  ask: localized,
  /** Words besides the file's name that a person may type for it. */
  words: z._default(z.array(words), []),
  predict: z.optional(z.strictObject({ ask: localized, metric: words, why: localized })),
  params: z._default(z.record(z.string(), value), {}),
  show: z._default(z.array(words), []),
  conclude: z.optional(localized),
  expect: z._default(z.record(z.string(), bounds), {}),
  vary: z._default(z.record(z.string(), z.array(value).check(z.minLength(1))), {}),
  compare: z._default(z.array(words), []),
  quiz: z._default(
    z.array(
      z.strictObject({
        ask: localized,
        answer: z.strictObject({ metric: words, within: z.optional(z.union([z.number(), z.string()])) }),
        hint: localized,
      }),
    ),
    [],
  ),
  /** Options worth trying, for help: `--scale 65536`. */
  examples: z._default(z.array(words), []),
  needs: z._default(z.array(words), []),
  next: z._default(z.array(words), []),
  see: z._default(z.array(words), []),
}

export const scenarioSchema = z.strictObject(scenarioShape)

export type ScenarioFile = z.output<typeof scenarioSchema>
export type Bounds = z.output<typeof bounds>

/** A lesson that was read and found sound. */
export interface Scenario extends ScenarioFile {
  readonly name: string
  readonly path: string
}
