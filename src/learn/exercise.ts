/** An exercise: a question whose numbers are drawn from a seed, the runs that answer it, and what counts as right. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { number } from '../runner/params.js'
import { readText } from '../scenario/content.js'
import { rule } from './claim.js'
import {
  type Content,
  contentDirectory,
  identifier,
  localized,
  type Place,
  type Placed,
  parseTopic,
  readContent,
  yamlFiles,
} from './content.js'
import { runSchema } from './run.js'

const words = z.string().check(z.minLength(1))
const value = z.union([z.number(), z.string(), z.boolean()])
const integer = () => number({ integer: true })

/** One drawn value; exactly one of from, between, powers and hex is given. */
const draw = z.strictObject({
  /** One of these. */
  from: z.optional(z.array(value)),
  /** A number from a to b: a + k · step, or with so many significant digits. */
  between: z.optional(z.array(number())),
  step: z.optional(number({ above: 0 })),
  digits: z.optional(number({ integer: true, min: 1, max: 6 })),
  /** 2^k for a whole k from a to b. */
  powers: z.optional(z.array(integer())),
  /** A code from a to b, written in hex with `digits` digits (4). */
  hex: z.optional(z.array(number({ integer: true, min: 0 }))),
})

/** How far from the metric an answer may be: `exact`, a share (2%), or ulps of a format. */
const within = z.union([z.number(), words, z.strictObject({ ulp: number({ above: 0 }), format: words })])

/** A wrong answer that people give, and why it is wrong. Slots may fill it: '{previous}'. */
const wrong = z.union([value, z.strictObject({ answer: value, why: z.optional(localized) })])

export const exerciseSchema = z.strictObject({
  id: identifier,
  lesson: words,
  level: z._default(z.enum(['core', 'advanced']), 'core'),
  /** A few words for lists. */
  title: localized,
  ask: localized,
  /** Rows of values of which one is drawn: for values that belong together. */
  cases: z._default(z.array(z.record(z.string(), value)), []),
  draw: z._default(z.record(z.string(), draw), {}),
  runs: z.array(runSchema).check(z.minLength(1)),

  /** A number; with `near` half the points for one that is not so far. */
  number: z.optional(z.strictObject({ metric: words, within: z.optional(within), near: z.optional(within) })),
  /** A code in hex, bits or decimal. */
  code: z.optional(z.strictObject({ metric: words, format: words })),
  /** One of several statements: the one whose rule holds, else the one without a rule. */
  choice: z.optional(
    z.array(z.strictObject({ id: identifier, text: localized, if: z.optional(rule), why: z.optional(localized) })),
  ),
  /** Calls to be put in order; runs have them as `{order}`. `steps` is one right order. */
  order: z.optional(z.strictObject({ steps: words, if: rule })),
  /** A guess before the run: all points within a share (25%), half of them within twice that share. */
  predict: z.optional(z.strictObject({ metric: words, within: z.optional(z.union([z.number(), words])) })),
  /** The smallest or largest value, on a grid, for which a rule holds; runs have it as `{name}`. */
  find: z.optional(
    z.strictObject({
      want: z._default(z.enum(['smallest', 'largest']), 'smallest'),
      name: words,
      /** `powers` of two, `integers`, or the values of a format. */
      grid: words,
      range: z.array(number()),
      if: rule,
    }),
  ),

  hints: z.array(localized).check(z.minLength(1)),
  solution: localized,
  wrong: z._default(z.array(wrong), []),
})

export type Exercise = Placed<z.output<typeof exerciseSchema>>
export type Draw = z.output<typeof draw>
export type Within = z.output<typeof within>
export type Wrong = z.output<typeof wrong>
export type Choice = NonNullable<Exercise['choice']>[number]
export type Find = NonNullable<Exercise['find']>

export const kinds = ['number', 'code', 'choice', 'order', 'predict', 'find'] as const
export type Kind = (typeof kinds)[number]

/** The kind of a sound exercise: the one answer that it has. */
export const kindOf = (exercise: Exercise): Kind => kinds.find((kind) => exercise[kind] !== undefined) as Kind

/** 'bad-exercise' { id, problem, … } at a place of an exercise. */
export const badExercise = (
  { id, locate }: Exercise,
  path: readonly PropertyKey[],
  problem: string,
  values: Readonly<Record<string, unknown>> = {},
): FpsimError => locate(path, new FpsimError('bad-exercise', { id, problem, ...values }))

/** What a schema cannot say: exactly one answer, exactly one way to draw, ends in order. */
export function formProblems(exercise: Exercise): FpsimError[] {
  const given = kinds.filter((kind) => exercise[kind] !== undefined)
  const wrongDraws = Object.entries(exercise.draw).flatMap(([name, d]) => {
    const ways = [d.from, d.between, d.powers, d.hex].filter((way) => way !== undefined)
    const ends = d.between ?? d.powers ?? d.hex
    if (ways.length !== 1) return [badExercise(exercise, ['draw', name], 'one-draw')]
    if (d.from && new Set(d.from).size < 2) return [badExercise(exercise, ['draw', name], 'draws-one-thing')]
    if (ends && !(ends.length === 2 && (ends[0] as number) < (ends[1] as number)))
      return [badExercise(exercise, ['draw', name], 'not-a-range')]
    if (d.between && (d.step === undefined) === (d.digits === undefined))
      return [badExercise(exercise, ['draw', name], 'step-or-digits')]
    return []
  })
  const { cases, choice, find } = exercise
  const names = cases.map((row) => Object.keys(row).sort().join(' '))
  const uneven = names.findIndex((row) => row !== names[0])
  return [
    ...(given.length === 1 ? [] : [badExercise(exercise, given.slice(1, 2), 'one-answer', { kinds, given })]),
    ...wrongDraws,
    ...(cases.length === 1 ? [badExercise(exercise, ['cases'], 'draws-one-thing')] : []),
    ...(uneven < 0 ? [] : [badExercise(exercise, ['cases', uneven], 'uneven-cases', { names: names[0] })]),
    ...(choice && choice.length < 2 ? [badExercise(exercise, ['choice'], 'too-few-choices')] : []),
    ...(choice && choice.filter((one) => one.if === undefined).length > 1
      ? [badExercise(exercise, ['choice'], 'one-otherwise')]
      : []),
    ...(choice && new Set(choice.map(({ id }) => id)).size < choice.length
      ? [badExercise(exercise, ['choice'], 'choice-twice')]
      : []),
    ...(choice?.some(({ id }) => id.length < 2) ? [badExercise(exercise, ['choice'], 'choice-id')] : []),
    ...(find && !(find.range.length === 2 && (find.range[0] as number) < (find.range[1] as number))
      ? [badExercise(exercise, ['find', 'range'], 'not-a-range')]
      : []),
  ]
}

/** All exercises of a folder, and everything that is wrong with their form. */
export async function readExercises(folder?: Place): Promise<Content<z.output<typeof exerciseSchema>>> {
  const { entries, problems } = await readContent('exercises', exerciseSchema, folder)
  return { entries, problems: [...problems, ...entries.flatMap(formProblems)] }
}

/** The shipped ones, which do not change while a process runs. */
let shipped: Promise<readonly Exercise[]> | undefined

async function load(folder?: string): Promise<readonly Exercise[]> {
  const { entries, problems } = await readExercises(folder)
  if (problems[0]) throw problems[0]
  if (folder !== undefined && entries.length === 0) throw new FpsimError('missing-file', { file: `${folder}/*.yaml` })
  return entries
}

/** All exercises of a folder, the shipped ones, read once, where none is named. Throws the first problem. */
export function loadExercises(folder?: string): Promise<readonly Exercise[]> {
  if (folder !== undefined) return load(folder)
  shipped ??= load()
  return shipped
}

/** One exercise, from the only file that can have it; undefined where no file has. Throws what is wrong with that file. */
export async function findExercise(id: string, folder?: string): Promise<Exercise | undefined> {
  if (folder === undefined && shipped !== undefined) return (await shipped).find((one) => one.id === id)
  for (const path of await yamlFiles(folder ?? contentDirectory('exercises'))) {
    const text = await readText(path, path)
    if (!text.includes(`id: ${id}`)) continue
    const { entries, problems } = parseTopic('exercises', exerciseSchema, text, path)
    const problem = problems[0] ?? entries.flatMap(formProblems)[0]
    if (problem) throw problem
    const found = entries.find((one) => one.id === id)
    if (found) return found
  }
  return undefined
}
