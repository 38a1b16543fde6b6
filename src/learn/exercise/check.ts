/** The linter of exercises: what they name exists, every variant has an answer that is graded right, wrong ones are wrong. */
import { FpsimError } from '../../errors.js'
import { format } from '../../format/parse.js'
import type { Localized } from '../../result/result.js'
import { parseOrder } from '../../runner/training-step/order.js'
import { shareOf } from '../../scenario/expect.js'
import { scenarioNames } from '../../scenario/load.js'
import { slotsOf } from '../../scenario/slots.js'
import { suggest } from '../../suggest.js'
import { readNumber } from '../answer.js'
import { badExercise, type Exercise, kindOf, type Within } from '../exercise.js'
import { namesOf, prefixed } from '../run.js'
import { filledIn, type Variant, variantOf } from './draw.js'
import { foreseen, grade } from './grade.js'
import { runsAt } from './grid.js'
import { type Lab, newLab } from './lab.js'
import { codeText, rawOf, runsInOrder, type Slots, type Solution, solve, stepsOf } from './solve.js'

export interface ExerciseCheckOptions {
  /** How many seeds are tried for each exercise. */
  readonly variants?: number
  readonly lab?: Lab
  /** Exercises done and to do; awaited. */
  readonly progress?: (done: number, total: number) => void | Promise<void> | undefined
}

type Path = readonly PropertyKey[]

/** Every text of an exercise with its place. `late`: it may tell the answer. */
function textsOf({
  title,
  ask,
  choice = [],
  hints,
  solution,
  wrong,
}: Exercise): { path: Path; text: Localized; late: boolean }[] {
  return [
    { path: ['title'], text: title, late: false },
    { path: ['ask'], text: ask, late: false },
    ...choice.flatMap(({ text, why }, i) => [
      { path: ['choice', i, 'text'], text, late: false },
      ...(why ? [{ path: ['choice', i, 'why'], text: why, late: true }] : []),
    ]),
    ...hints.map((text, i) => ({ path: ['hints', i], text, late: false })),
    { path: ['solution'], text: solution, late: true },
    ...wrong.flatMap((one, i) =>
      typeof one === 'object' && one.why ? [{ path: ['wrong', i, 'why'], text: one.why, late: true }] : [],
    ),
  ]
}

const drawnNames = ({ cases, draw }: Exercise): readonly string[] => [
  ...new Set([...cases.flatMap((row) => Object.keys(row)), ...Object.keys(draw)]),
]

/** The slots of a value that is filled by what was drawn. */
const slotNames = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [...value.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name) : []

/** Names of lessons, parameters, metrics and slots. Throws what the runs' lessons have wrong. */
async function nameProblems(exercise: Exercise): Promise<FpsimError[]> {
  const { lesson, runs, number, code, predict, find, choice = [], order, wrong } = exercise
  const known = await scenarioNames()
  const bad = (path: Path, problem: string, values = {}) => badExercise(exercise, path, problem, values)
  const unknown = (path: Path, key: string, allowed: readonly string[]) =>
    exercise.locate(path, new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) }))
  const strange = [{ path: ['lesson'], name: lesson }].flatMap(({ path, name }) =>
    known.includes(name)
      ? []
      : [
          exercise.locate(
            path,
            new FpsimError('unknown-scenario', { name, names: known, suggestion: suggest(name, known) }),
          ),
        ],
  )
  const variant = variantOf(exercise, '1')
  const trial = find
    ? runsAt(variant, find.range[1] as number)
    : order
      ? runsInOrder(variant, stepsOf(variant))
      : variant.runs
  let all: { as: string | undefined; params: readonly string[]; metrics: readonly string[] }[]
  try {
    all = await Promise.all(trial.map(async (run) => ({ as: run.as, ...(await namesOf(run)) })))
  } catch (error) {
    if (error instanceof FpsimError) return [...strange, exercise.locate(['runs'], error)]
    throw error
  }
  const metrics = all.flatMap(({ as, metrics: own }) => own.map((name) => prefixed(as, name)))
  const params = all.flatMap(({ as, params: own }) => own.map((name) => prefixed(as, name)))
  const drawn = drawnNames(exercise)
  const wanted = find ? [find.name] : order ? ['order'] : []
  const neighbours = find ? ['neighbour', ...[...metrics, ...params].map((name) => prefixed('neighbour', name))] : []
  const said = [...drawn, ...params, ...metrics, ...neighbours]
  const rules = [...choice.map(({ if: own }) => own ?? {}), order?.if ?? {}, find?.if ?? {}].flatMap(Object.entries)
  const bounds = rules.flatMap(([, { above, below, equals }]) => [above, below, equals])
  const named = bounds.filter((bound): bound is string => typeof bound === 'string' && readNumber(bound) === undefined)
  const asked = [number, code, predict].flatMap((one) => (one ? [one.metric] : []))
  const used = new Set([
    ...textsOf(exercise).flatMap(({ text }) => slotsOf(text.en).map(({ name }) => name)),
    ...runs.flatMap((run) => Object.values(run.params).flatMap(slotNames)),
    ...slotNames(order?.steps),
    ...named,
  ])
  const within = [number?.within, number?.near, predict?.within].filter((one) => one !== undefined)
  return [
    ...strange,
    ...runs.flatMap((run, i) =>
      Object.keys(run.params).flatMap((name) =>
        all[i]?.params.includes(name) ? [] : [unknown(['runs', i, 'params', name], name, all[i]?.params ?? [])],
      ),
    ),
    ...runs.flatMap((run, i) =>
      Object.entries(run.params).flatMap(([name, value]) =>
        slotNames(value).flatMap((key) =>
          [...drawn, ...wanted].includes(key) ? [] : [bad(['runs', i, 'params', name], 'not-drawn', { key })],
        ),
      ),
    ),
    ...[...asked, ...rules.map(([name]) => name)].flatMap((name) =>
      metrics.includes(name) ? [] : [unknown([kindOf(exercise)], name, metrics)],
    ),
    ...named.flatMap((name) =>
      metrics.includes(name) || drawn.includes(name) ? [] : [unknown([kindOf(exercise)], name, [...metrics, ...drawn])],
    ),
    ...wanted.flatMap((key) => (used.has(key) ? [] : [bad(['runs'], 'not-in-runs', { key })])),
    ...(find && drawn.includes(find.name) ? [bad(['draw', find.name], 'name-twice', { key: find.name })] : []),
    ...textsOf(exercise).flatMap(({ path, text, late }) => {
      const allowed = late && !exercise.choice ? [...said, 'answer'] : said
      const names = [...slotsOf(text.en), ...slotsOf(text.zh)].map(({ name }) => name)
      const strangers = [...new Set(names.filter((name) => !allowed.includes(name)))]
      const [en, zh] = [text.en, text.zh].map((one) =>
        [...new Set(slotsOf(one).map(({ name }) => name))].sort().join(', '),
      )
      return [
        ...strangers.map((key) => bad(path, 'unknown-name', { key, suggestion: suggest(key, allowed) })),
        ...(en === zh ? [] : [bad(path, 'other-slots', { en, zh })]),
      ]
    }),
    ...wrong.flatMap((one, i) =>
      slotNames(typeof one === 'object' ? one.answer : one).flatMap((key) =>
        said.includes(key) ? [] : [bad(['wrong', i], 'unknown-name', { key, suggestion: suggest(key, said) })],
      ),
    ),
    ...drawn.flatMap((key) => (metrics.includes(key) ? [bad(['draw', key], 'name-twice', { key })] : [])),
    ...drawn.flatMap((key) => (used.has(key) ? [] : [bad(['draw', key], 'never-used', { key })])),
    ...within.flatMap((one) =>
      isTolerance(one) ? [] : [bad([kindOf(exercise)], 'bad-within', { value: String(one) })],
    ),
    ...(exercise.choice === undefined && wrong.length === 0 ? [bad([kindOf(exercise)], 'no-wrong')] : []),
    ...(order ? stepProblems(exercise, variant) : []),
    ...[code?.format, find?.grid].flatMap((name) =>
      name === undefined || isFormat(name) ? [] : [unknown([kindOf(exercise)], name, ['powers', 'integers'])],
    ),
  ]
}

function isFormat(name: string): boolean {
  if (name === 'powers' || name === 'integers') return true
  try {
    format(name)
    return true
  } catch {
    return false
  }
}

const isTolerance = (within: Within): boolean =>
  typeof within === 'object' ? isFormat(within.format) : within === 'exact' || Number.isFinite(shareOf(within))

function stepProblems(exercise: Exercise, { drawn }: Variant): FpsimError[] {
  const steps = String(filledIn(exercise.order?.steps ?? '', drawn))
  try {
    parseOrder(steps)
    return []
  } catch {
    return [badExercise(exercise, ['order', 'steps'], 'unknown-steps', { steps })]
  }
}

/** The answer as somebody would type it. */
export const typedAnswer = ({ code }: Exercise, { answer }: Solution): string =>
  code ? codeText(answer as number, format(code.format).width) : String(answer)

/** The numbers of a text, its slots filled with every digit. */
const numbersOf = (text: string, slots: Slots): readonly number[] => {
  const raw = rawOf(slots)
  const filled = text.replace(/\{(\w+)(?::%)?\}/g, (_, name: string) => `${raw[name] ?? ''}`)
  return (filled.match(/[-+]?[\d.]+(?:e[-+]?\d+|\^[-+]?\d+)?/gi) ?? []).flatMap((one) => readNumber(one)?.value ?? [])
}

/** Small whole numbers stand in every sentence. */
const tellable = (answer: number): boolean => !(Number.isInteger(answer) && Math.abs(answer) <= 64)

/** The hint that tells the answer, counted from 1; undefined where none does. */
function telling({ exercise }: Variant, { answer, slots }: Solution): number | undefined {
  if (typeof answer === 'string' || !tellable(answer)) return undefined
  const asked = numbersOf(exercise.ask.en, slots)
  const near = (x: number): boolean => Math.abs(x - answer) <= 1e-4 * Math.abs(answer)
  if (asked.some(near)) return undefined
  const at = exercise.hints.findIndex(({ en, zh }) =>
    [en, zh].some((text) => (exercise.code && text.includes('{answer}')) || numbersOf(text, slots).some(near)),
  )
  return at < 0 ? undefined : at + 1
}

/** One variant: solvable, its answer graded right, what is wrong graded wrong, no hint that tells. */
async function variantProblems(variant: Variant, lab: Lab): Promise<{ problems: FpsimError[]; answer?: string }> {
  const { exercise, seed } = variant
  let solution: Solution
  try {
    solution = await solve(variant, lab)
  } catch (error) {
    if (!(error instanceof FpsimError)) throw error
    return { problems: [error.values['file'] === undefined ? exercise.locate(['runs'], error) : error] }
  }
  const typed = typedAnswer(exercise, solution)
  const own = await grade(typed, variant, lab)
  const problems =
    own.mark === 'right' ? [] : [badExercise(exercise, [kindOf(exercise)], 'graded-wrong', { seed, answer: typed })]
  const others = foreseen(variant, solution.slots)
  for (const [i, { typed: answer }] of others.entries()) {
    const { mark } = await grade(answer, variant, lab)
    if (mark === 'right') problems.push(badExercise(exercise, ['wrong', i], 'right-after-all', { seed, answer }))
    if (mark === 'unreadable' || mark === 'blank')
      problems.push(badExercise(exercise, ['wrong', i], 'not-readable', { seed, answer }))
  }
  for (const { id } of exercise.choice ?? [])
    if (id !== solution.answer && (await grade(id, variant, lab)).mark !== 'wrong')
      problems.push(badExercise(exercise, ['choice'], 'right-after-all', { seed, answer: id }))
  const hint = telling(variant, solution)
  if (hint !== undefined)
    problems.push(badExercise(exercise, ['hints', hint - 1], 'hint-tells', { seed, hint, answer: typed }))
  return { problems, answer: typed }
}

/** Everything that is wrong with one exercise; of problems of its variants the first of a kind. */
async function problemsOf(exercise: Exercise, variants: number, lab: Lab): Promise<FpsimError[]> {
  const names = await nameProblems(exercise)
  // Texts, and what is drawn in vain, are no reason not to try the variants.
  const harmless = ['other-slots', 'never-used', 'no-wrong', 'unknown-name']
  const unfilled = names.some(({ values: { path } }) => /\.wrong\.\d+$/.test(String(path)))
  if (unfilled || names.some(({ values: { problem } }) => !harmless.includes(String(problem)))) return names
  const found = new Map(names.map((problem, i) => [`name ${i}`, problem]))
  const answers = new Set<string>()
  const seen = new Set<string>()
  // Of few things to draw from many seeds in a row may draw the same.
  for (let i = 0; i < variants || (variants > 7 && seen.size < 2 && i < 64); i++) {
    const variant = variantOf(exercise, String(i + 1))
    // Few things to draw from: many seeds stand for the same variant.
    const same = JSON.stringify([variant.drawn, variant.shown])
    if (seen.has(same)) continue
    seen.add(same)
    const { problems, answer } = await variantProblems(variant, lab)
    for (const problem of problems) {
      const { problem: kind, line } = problem.values
      const key = `${problem.code} ${kind} ${line}`
      if (!found.has(key)) found.set(key, problem)
    }
    if (answer !== undefined) answers.add(answer)
  }
  const fixed = exercise.choice ?? exercise.order
  if (fixed === undefined && variants > 7 && answers.size === 1)
    return [...found.values(), badExercise(exercise, [kindOf(exercise)], 'same-everywhere')]
  return [...found.values()]
}

/** Everything that is wrong with exercises, in their order. Deterministic. */
export async function checkExercises(
  exercises: readonly Exercise[],
  { variants = 8, lab = newLab(), progress }: ExerciseCheckOptions = {},
): Promise<FpsimError[]> {
  const found: FpsimError[] = []
  for (const [i, exercise] of exercises.entries()) {
    await progress?.(i, exercises.length)
    found.push(...(await problemsOf(exercise, variants, lab)))
  }
  return found
}
