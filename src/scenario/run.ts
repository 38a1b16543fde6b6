/** Runs a scenario: parameters checked, values of `vary` compared, everything as data. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import type { Block, Lesson, Metrics, NumberStyle, Params, Result, Slot } from '../result/result.js'
import { loadRunner } from '../runner/index.js'
import { problemsOf } from '../runner/params.js'
import type { Host, Outcome, Runner } from '../runner/runner.js'
import { underOwnNames } from '../runner/synonyms.js'
import { readRecipes } from './recipe-file.js'
import type { Scenario } from './scenario.js'
import { slotsOf } from './slots.js'

export type Overrides = Readonly<Record<string, number | string | boolean>>

export interface RunRequest {
  readonly overrides?: Overrides
  readonly seed?: number
  readonly host?: Host
}

/** The runner of a scenario that was judged sound. */
export async function runnerOf(scenario: Scenario): Promise<Runner> {
  const runner = await loadRunner(scenario.runner)
  if (!runner) throw new FpsimError('unexpected', { runner: scenario.runner })
  return runner
}

/** Checks raw parameters. Throws the first problem as 'invalid-value', 'unknown-key', 'unknown-format' … */
function readParams(runner: Runner, raw: Record<string, unknown>) {
  const parsed = z.strictObject(runner.params).safeParse(raw, { reportInput: true })
  if (parsed.success) return parsed.data
  throw problemsOf(parsed.error.issues, () => Object.keys(runner.params))[0]?.error
}

/** The file's parameters with the user's over them; of an exclusive group the user's choice removes the file's. */
function mergeParams(scenario: Scenario, runner: Runner, overrides: Overrides): Record<string, unknown> {
  const chosen = Object.entries(overrides).filter(([, value]) => value !== undefined)
  const merged: Record<string, unknown> = { ...scenario.params, ...Object.fromEntries(chosen) }
  for (const group of runner.exclusive) {
    const given = group.filter((name) => overrides[name] !== undefined)
    if (given.length > 1) throw new FpsimError('conflicting-sources', { given })
    if (given.length === 1) for (const name of group) if (name !== given[0]) delete merged[name]
  }
  return merged
}

/** What is still varied: not what the user chose, nor what a choice of the user's makes step back. */
function variedBy(scenario: Scenario, runner: Runner, overrides: Overrides): Scenario['vary'] {
  const isChosen = (name: string) => overrides[name] !== undefined
  const settled = (name: string) =>
    isChosen(name) || runner.exclusive.some((group) => group.includes(name) && group.some(isChosen))
  return Object.fromEntries(Object.entries(scenario.vary).filter(([name]) => !settled(name)))
}

/** A parameter that would change nothing is a mistake. Throws 'wrong-usage'. */
function checkBeside(runner: Runner, overrides: Overrides, merged: Record<string, unknown>): void {
  for (const [option, other] of Object.entries(runner.beside ?? {}))
    if (overrides[option] !== undefined && merged[other] === undefined)
      throw new FpsimError('wrong-usage', { problem: 'needs-option', option, other })
}

/** All combinations of the values under `vary`; one empty combination where there are none. */
const combinations = (vary: Scenario['vary']): Overrides[] =>
  Object.entries(vary).reduce<Overrides[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  )

/** Parameters as the result records them: what is undefined is left out. */
const recorded = (params: Record<string, unknown>): Params =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as Params

/** What the slots of the author's words name. */
const namedIn = ({ title, ask, conclude, predict }: Scenario): string[] =>
  [title, ask, conclude, predict?.ask, predict?.why].flatMap((text) =>
    [...slotsOf(text?.en ?? ''), ...slotsOf(text?.zh ?? '')].map(({ name }) => name),
  )

/** Parameters and metrics, as the author's words may name them; where both have a name it is the metric's. */
function slotsFor(scenario: Scenario, params: Params, metrics: Metrics, runner: Runner): Record<string, Slot> {
  const slot = (value: Slot['value'], as: NumberStyle): Slot => ({ value, as })
  return Object.fromEntries([
    // A metric that this run has not: the words were written for another.
    ...namedIn(scenario).flatMap((name) => {
      const as = Object.hasOwn(runner.metrics, name) ? runner.metrics[name] : undefined
      return as ? [[name, slot(Number.NaN, as)]] : []
    }),
    ...Object.entries(params).map(([name, value]) => [name, slot(value, typeof value === 'number' ? 'power' : 'text')]),
    ...Object.entries(metrics).map(([name, value]) => [name, slot(value, runner.metrics[name] ?? 'number')]),
  ])
}

/** One row per value of `vary`: the values and the metrics that the lesson compares. */
function comparison(scenario: Scenario, runner: Runner, runs: NonNullable<Result['runs']>): Block[] {
  const varied = Object.keys(scenario.vary)
  if (scenario.compare.length === 0) return []
  return [
    {
      kind: 'table',
      columns: [
        ...varied.map((name) => ({ label: { code: `param-${name}` }, as: 'power' as const })),
        ...scenario.compare.map((name) => ({
          label: { code: `metric-${name}` },
          as: runner.metrics[name] ?? 'number',
        })),
      ],
      rows: runs.map(({ params, metrics }) => [
        ...varied.map((name) => params[name] as number | string),
        ...scenario.compare.map((name) => metrics[name] as number),
      ]),
    },
  ]
}

const lessonOf = (scenario: Scenario, slots: Record<string, Slot>): Lesson => ({
  title: scenario.title,
  ask: scenario.ask,
  slots,
  ...(scenario.conclude ? { conclude: scenario.conclude } : {}),
  ...(scenario.predict ? { predict: scenario.predict } : {}),
  next: scenario.next,
  see: scenario.see,
})

/**
 * The Result of a scenario: the same scenario, overrides and seed give the same Result on every machine. A parameter given
 * in `overrides` is not varied. Throws what the parameters or the runner's source have wrong, as FpsimError.
 */
export async function runLoaded(
  scenario: Scenario,
  { overrides: given = {}, seed = 1, host = {} }: RunRequest = {},
): Promise<Result> {
  const runner = await runnerOf(scenario)
  const overrides = underOwnNames(runner, given)
  const base = mergeParams(scenario, runner, overrides)
  checkBeside(runner, overrides, base)
  const chosen = new Set(Object.keys(overrides))
  const execute = async (raw: Record<string, unknown>): Promise<{ params: Params; outcome: Outcome }> => {
    const params = readParams(runner, raw)
    const outcome = await runner.run(params, {
      seed,
      show: scenario.show,
      host: { recipesIn: readRecipes, ...host },
      given: chosen,
    })
    return { params: { ...recorded(params), ...outcome.params }, outcome }
  }
  const { params, outcome } = await execute(base)
  const vary = variedBy(scenario, runner, overrides)
  const runs: { params: Params; metrics: Metrics }[] = []
  if (Object.keys(vary).length > 0)
    for (const values of combinations(vary)) {
      const run = await execute(mergeParams({ ...scenario, params: base as Scenario['params'] }, runner, values))
      runs.push({ params: run.params, metrics: run.outcome.metrics })
    }
  const { subject, metrics, findings, blocks } = outcome
  return {
    schema: 1,
    scenario: scenario.name,
    runner: runner.name,
    params,
    seed,
    ...(subject ? { subject } : {}),
    lesson: lessonOf(scenario, slotsFor(scenario, params, metrics, runner)),
    metrics,
    findings,
    blocks: runs.length > 0 ? [...blocks, ...comparison({ ...scenario, vary }, runner, runs)] : blocks,
    ...(runs.length > 0 ? { runs } : {}),
  }
}
