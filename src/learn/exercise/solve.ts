/** The answer of a variant, computed by its runs, and everything that its texts may say. */
import type { FpsimError } from '../../errors.js'
import { format } from '../../format/parse.js'
import type { Metrics, NumberStyle, Slot } from '../../result/result.js'
import { readWords } from '../answer.js'
import { badExercise, type Choice, type Exercise, kindOf } from '../exercise.js'
import { prefixed, type Run } from '../run.js'
import { holds } from '../verdict.js'
import { filledIn, filledRuns, judgedBy, type Variant } from './draw.js'
import { gridOf, holdsAt, neighbourOf, runsAt, search } from './grid.js'
import type { Lab, Measurement } from './lab.js'

export type Slots = Readonly<Record<string, Slot>>

export interface Solution {
  /** A number, the id of a choice, or calls in a right order. */
  readonly answer: number | string
  /** How a number is written. */
  readonly style: NumberStyle
  readonly metrics: Metrics
  /** The runs that show it. */
  readonly runs: readonly Run[]
  /** What was drawn, parameters, metrics, and `answer`. */
  readonly slots: Slots
}

/** What fills slots, without the way it is written: every digit. */
export const rawOf = (slots: Slots): Readonly<Record<string, Slot['value']>> =>
  Object.fromEntries(Object.entries(slots).map(([name, { value }]) => [name, value]))

/** What was drawn, for texts. */
export const drawnSlots = ({ drawn }: Variant): Slots =>
  Object.fromEntries(
    Object.entries(drawn).map(([name, value]) => [name, { value, as: typeof value === 'number' ? 'exact' : 'text' }]),
  )

/** The runs of an order exercise with these calls in their order. */
export const runsInOrder = ({ runs }: Variant, calls: readonly string[]): readonly Run[] =>
  filledRuns(runs, { order: calls.join(' ') })

/** The steps of an order exercise, in the right order that its author gives. */
export const stepsOf = ({ exercise, drawn }: Variant): readonly string[] =>
  readWords(String(filledIn(exercise.order?.steps ?? '', drawn)))

/** The choices whose rule holds; the one without a rule where no other does. */
export function fitting(choices: readonly Choice[], metrics: Metrics): readonly Choice[] {
  const found = choices.filter((choice) => choice.if !== undefined && holds(choice.if, metrics))
  return found.length > 0 ? found : choices.filter((choice) => choice.if === undefined)
}

/** A code with all its digits. */
export const codeText = (code: number, width: number): string =>
  `0x${code.toString(16).padStart(Math.ceil(width / 4), '0')}`

const noAnswer = (exercise: Exercise, values: Readonly<Record<string, unknown>>): FpsimError =>
  badExercise(exercise, [kindOf(exercise)], 'no-answer', values)

const withDrawn = (variant: Variant, measured: Measurement, answer: Slot): Pick<Solution, 'metrics' | 'slots'> => ({
  metrics: measured.metrics,
  slots: { ...measured.slots, ...drawnSlots(variant), answer },
})

async function found(variant: Variant, lab: Lab): Promise<Solution> {
  const { exercise, seed } = variant
  const find = exercise.find as NonNullable<Exercise['find']>
  const answer = await search(variant, lab)
  if (answer === undefined) throw noAnswer(exercise, { seed })
  const { style } = gridOf(find.grid)
  const here = (await holdsAt(variant, answer, lab)) as Measurement
  const neighbour = neighbourOf(find, answer) as number
  const there = (await holdsAt(variant, neighbour, lab)) as Measurement
  const slots = Object.entries(there.slots).map(([name, slot]) => [prefixed('neighbour', name), slot])
  const more = { ...Object.fromEntries(slots), neighbour: { value: neighbour, as: style } }
  const own = withDrawn(variant, here, { value: answer, as: style })
  return { answer, style, runs: runsAt(variant, answer), metrics: own.metrics, slots: { ...more, ...own.slots } }
}

/** Throws 'bad-exercise' where the runs give no answer, and what the runs have wrong. */
export async function solve(variant: Variant, lab: Lab): Promise<Solution> {
  const { exercise, seed } = variant
  const { choice, code, order } = exercise
  if (exercise.find) return found(variant, lab)
  if (order) {
    const steps = stepsOf(variant)
    const answer = steps.join(' ')
    const runs = runsInOrder(variant, steps)
    const measured = await lab.measure(runs)
    if (!holds(order.if, judgedBy(variant, measured.metrics))) throw noAnswer(exercise, { seed, answer })
    return { answer, style: 'text', runs, ...withDrawn(variant, measured, { value: answer, as: 'text' }) }
  }
  const { runs } = variant
  const measured = await lab.measure(runs)
  if (choice) {
    const fit = fitting(choice, judgedBy(variant, measured.metrics))
    const [right] = fit
    if (!right || fit.length > 1) throw noAnswer(exercise, { seed, choices: fit.map(({ id }) => id) })
    return { answer: right.id, style: 'text', runs, ...withDrawn(variant, measured, { value: right.id, as: 'text' }) }
  }
  const { metric } = (exercise.number ?? code ?? exercise.predict) as { metric: string }
  const answer = Object.hasOwn(measured.metrics, metric) ? (measured.metrics[metric] as number) : Number.NaN
  if (!Number.isFinite(answer)) throw noAnswer(exercise, { seed, metric, value: answer })
  if (code) {
    const text = codeText(answer, format(code.format).width)
    return { answer, style: 'hex', runs, ...withDrawn(variant, measured, { value: text, as: 'text' }) }
  }
  const usual = measured.slots[metric]?.as ?? 'number'
  // Where near is right, seventeen digits would ask for too much.
  const { within = 'exact' } = exercise.number ?? {}
  const style = usual === 'exact' && within !== 'exact' ? 'number' : usual
  return { answer, style, runs, ...withDrawn(variant, measured, { value: answer, as: style }) }
}
