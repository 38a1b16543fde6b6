/** A claim: a statement people make, the runs that test it, and the rule that turns their metrics into a verdict. */
import * as z from 'zod/mini'
import { identifier, loadContent, localized, type Placed } from './content.js'
import { type Run, runSchema } from './run.js'

const words = z.string().check(z.minLength(1))

/** A bound is a number (2^-24, 65536) or the name of another metric. */
const bound = z.union([z.number(), words])

/** Bounds of one metric, as in a lesson's `expect`; all that are given must hold. */
const condition = z
  .strictObject({
    above: z.optional(bound),
    below: z.optional(bound),
    equals: z.optional(bound),
    within: z.optional(z.union([z.number(), words])),
  })
  .check(z.refine(({ above, below, equals }) => [above, below, equals].some((limit) => limit !== undefined)))

/** Conditions of which all must hold. */
export const rule = z.record(words, condition).check(z.refine((conditions) => Object.keys(conditions).length > 0))

export const verdicts = ['false', 'depends', 'true'] as const
export type Verdict = (typeof verdicts)[number]

/** Where such a statement stands. */
export const origins = ['interview', 'course', 'code', 'documentation', 'forum'] as const

export const claimSchema = z.strictObject({
  id: identifier,
  statement: localized,
  from: z.enum(origins),
  runs: z.array(runSchema).check(z.minLength(1)),
  /** What the runs gave, in a few words. */
  measured: localized,
  /** What holds, with the numbers of the runs. */
  truth: localized,
  /** The rule of each verdict that the runs could give. */
  verdict: z
    .strictObject({ false: z.optional(rule), depends: z.optional(rule), true: z.optional(rule) })
    .check(z.refine((rules) => Object.values(rules).filter((r) => r !== undefined).length > 1)),
})

export type ClaimRun = Run
export type Condition = z.output<typeof condition>
export type Rule = z.output<typeof rule>

export type Claim = Placed<z.output<typeof claimSchema>>

/** All claims of a folder, by topic. Throws the first problem. */
export const loadClaims = (folder?: string): Promise<readonly Claim[]> => loadContent('claims', claimSchema, folder)
