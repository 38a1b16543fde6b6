/** The linter of lessons: the file is sound, its expectations hold, its questions have answers. */
import { FpsimError } from '../errors.js'
import type { Metrics } from '../result/result.js'
import { suggest } from '../suggest.js'
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

/** What is wrong, and the path of keys at which it stands. */
interface Found {
  readonly path: readonly PropertyKey[]
  readonly error: FpsimError
}

/** Names of other lessons that do not exist, and shares that are not numbers. */
async function loose(scenario: Scenario): Promise<Found[]> {
  const known = [...new Set([...(await scenarioNames()), scenario.name])]
  const lessons = (['needs', 'next'] as const).flatMap((key) =>
    scenario[key].flatMap((line, i) => {
      // A lesson to try next may come with options: `train-text --lr 0.002`.
      const name = key === 'next' ? (line.split(' ', 1)[0] as string) : line
      const error = new FpsimError('unknown-scenario', { name, names: known, suggestion: suggest(name, known) })
      return known.includes(name) ? [] : [{ path: [key, i], error }]
    }),
  )
  const bounds: [PropertyKey[], { within?: number | string | undefined }][] = [
    ...Object.entries(scenario.expect).map(([name, bound]): [PropertyKey[], typeof bound] => [['expect', name], bound]),
    ...scenario.quiz.map(({ answer }, i): [PropertyKey[], typeof answer] => [['quiz', i, 'answer'], answer]),
  ]
  const shares = bounds.flatMap(([path, { within }]) => {
    if (within === undefined || Number.isFinite(shareOf(within))) return []
    const error = new FpsimError('invalid-value', { option: 'within', value: within, problem: 'not-a-number' })
    return [{ path: [...path, 'within'], error }]
  })
  return [...lessons, ...shares]
}

/** Questions whose answer is not a number. */
function unanswered(scenario: Scenario, metrics: Metrics): Found[] {
  const asked: [PropertyKey[], string][] = [
    ...(scenario.predict ? [[['predict', 'metric'], scenario.predict.metric] as [PropertyKey[], string]] : []),
    ...scenario.quiz.map(({ answer }, i): [PropertyKey[], string] => [['quiz', i, 'answer', 'metric'], answer.metric]),
  ]
  return asked.flatMap(([path, metric]) => {
    const value = metrics[metric] as number
    const error = new FpsimError('expectation-failed', { metric, value, bound: 'number', limit: Number.NaN })
    return Number.isFinite(value) ? [] : [{ path, error }]
  })
}

/** Judges one lesson by name or path. Throws only where the file cannot be read. */
export async function checkScenario(nameOrPath: string): Promise<Verdict> {
  const { scenario, problems, locate } = await readScenario(nameOrPath)
  const verdict = { file: nameOrPath, problems, failures: [], expectations: 0 }
  if (!scenario || !locate) return verdict
  const more = await loose(scenario)
  if (more.length > 0) return { ...verdict, problems: more.map(({ path, error }) => locate(path, error)) }
  let metrics: Metrics
  try {
    metrics = (await runLoaded(scenario)).metrics
  } catch (error) {
    // A parameter that only the run can judge. Errors of other files have a place of their own.
    if (!(error instanceof FpsimError) || error.values['file'] !== undefined) throw error
    return { ...verdict, problems: [locate(['params', String(error.values['option'])], error)] }
  }
  const failures = [
    ...unmet(scenario.expect, metrics).map((error) => ({ path: ['expect', String(error.values['metric'])], error })),
    ...unanswered(scenario, metrics),
  ]
  return {
    ...verdict,
    expectations: Object.keys(scenario.expect).length,
    failures: failures.map(({ path, error }) => locate(path, error)),
  }
}
