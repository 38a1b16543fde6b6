/** The linter of lessons: the file is sound, its expectations hold, its questions have answers. */
import { FpsimError } from '../errors.js'
import { shareOf, unmet } from './expect.js'
import { readScenario, scenarioNames } from './load.js'
import { runLoaded } from './run.js'
import type { Scenario } from './scenario.js'

export interface Verdict {
  readonly file: string
  /** What is wrong with the file; nothing was run where there is something. */
  readonly problems: readonly FpsimError[]
  /** Expectations that did not hold, and questions whose answer is not a number. */
  readonly failures: readonly FpsimError[]
  readonly expectations: number
}

/** Names of other lessons that do not exist, and shares that are not numbers. */
async function loose(scenario: Scenario, file: string): Promise<FpsimError[]> {
  const known = new Set([...(await scenarioNames()), scenario.name])
  const lessons = [...scenario.needs, ...scenario.next].filter((name) => !known.has(name))
  const shares = [...Object.values(scenario.expect), ...scenario.quiz.map(({ answer }) => answer)].flatMap(
    ({ within }) => (within !== undefined && shareOf(within) === undefined ? [within] : []),
  )
  return [
    ...lessons.map((name) => new FpsimError('unknown-scenario', { name, names: [...known], file })),
    ...shares.map(
      (value) => new FpsimError('invalid-value', { option: 'within', value, problem: 'not-a-number', file }),
    ),
  ]
}

/** Judges one lesson by name or path. Throws only where the file cannot be read. */
export async function checkScenario(nameOrPath: string): Promise<Verdict> {
  const { scenario, problems } = await readScenario(nameOrPath)
  const verdict = { file: nameOrPath, problems, failures: [], expectations: 0 }
  if (!scenario) return verdict
  const more = await loose(scenario, nameOrPath)
  if (more.length > 0) return { ...verdict, problems: more }
  const { metrics } = await runLoaded(scenario)
  const asked = [
    ...(scenario.predict ? [scenario.predict.metric] : []),
    ...scenario.quiz.map(({ answer }) => answer.metric),
  ]
  const unanswered = asked.filter((name) => Number.isNaN(metrics[name]))
  return {
    ...verdict,
    expectations: Object.keys(scenario.expect).length,
    failures: [
      ...unmet(scenario.expect, metrics),
      ...unanswered.map(
        (metric) =>
          new FpsimError('expectation-failed', { metric, value: Number.NaN, bound: 'number', limit: Number.NaN }),
      ),
    ],
  }
}
