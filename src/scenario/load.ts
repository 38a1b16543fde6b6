/** From a lesson's file to a Scenario, or to everything that is wrong with it. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { projectDirectory } from '../project.js'
import type { Localized } from '../result/result.js'
import { loadRunner, runnerNames } from '../runner/index.js'
import { metaOf, problemsOf } from '../runner/params.js'
import type { Runner } from '../runner/runner.js'
import { ownName, underOwnNames } from '../runner/synonyms.js'
import { suggest } from '../suggest.js'
import { parseContent, readText } from './content.js'
import { type Scenario, type ScenarioFile, scenarioSchema } from './scenario.js'
import { slotsOf } from './slots.js'

const lessonDirectory = (): string => join(projectDirectory(), 'scenarios')

/** The names of the shipped lessons, sorted. */
export async function scenarioNames(): Promise<string[]> {
  const files = await readdir(lessonDirectory())
  return files.flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : [])).sort()
}

/** Whether a text is the path of a file rather than a lesson's name. */
const isPath = (text: string): boolean => /[/\\]|\.ya?ml$/.test(text)

/** Names of a lesson file that must exist: metrics, slots, parts, varied parameters. */
function namesIn(
  file: ScenarioFile,
  runner: Runner,
): { path: PropertyKey[]; name: string; allowed: readonly string[] }[] {
  const metrics = Object.keys(runner.metrics)
  const params = Object.keys(runner.params)
  const slots = (text: Localized | undefined, path: PropertyKey[]) =>
    (['en', 'zh'] as const).flatMap((lang) =>
      slotsOf(text?.[lang] ?? '').map(({ name }) => ({
        path: [...path, lang],
        name,
        allowed: [...params, ...metrics],
      })),
    )
  return [
    ...Object.keys(file.expect).map((name) => ({ path: ['expect', name], name, allowed: metrics })),
    ...(file.predict ? [{ path: ['predict', 'metric'], name: file.predict.metric, allowed: metrics }] : []),
    ...file.quiz.map(({ answer }, i) => ({
      path: ['quiz', i, 'answer', 'metric'],
      name: answer.metric,
      allowed: metrics,
    })),
    ...file.show.map((name, i) => ({ path: ['show', i], name, allowed: runner.parts })),
    ...file.compare.map((name, i) => ({ path: ['compare', i], name, allowed: metrics })),
    ...Object.keys(file.vary).map((name) => ({ path: ['vary', name], name, allowed: params })),
    ...slots(file.title, ['title']),
    ...slots(file.ask, ['ask']),
    ...slots(file.conclude, ['conclude']),
    ...slots(file.predict?.ask, ['predict', 'ask']),
    ...slots(file.predict?.why, ['predict', 'why']),
    ...file.quiz.flatMap(({ ask, hint }, i) => [
      ...slots(ask, ['quiz', i, 'ask']),
      ...slots(hint, ['quiz', i, 'hint']),
    ]),
  ]
}

/** A lesson compares a handful of runs; many more would only look as if fpsim hung. */
const maxRuns = 100

/** What the runner says of the file's parameters, those under `vary` included. */
function paramProblems(file: ScenarioFile, runner: Runner) {
  const runs = Object.values(file.vary).reduce((product, { length }) => product * length, 1)
  if (runs > maxRuns) {
    const values = { option: 'vary', value: runs, problem: 'above-maximum', limit: maxRuns }
    return [{ path: ['vary'], error: new FpsimError('invalid-value', values) }]
  }
  const schema = z.strictObject(runner.params)
  const check = (params: Record<string, unknown>, at: (path: readonly PropertyKey[]) => PropertyKey[]) => {
    const { error } = schema.safeParse(params, { reportInput: true })
    return problemsOf(error?.issues ?? [], () => Object.keys(runner.params)).map((p) => ({ ...p, path: at(p.path) }))
  }
  let params: ScenarioFile['params']
  try {
    params = underOwnNames(runner, file.params)
  } catch (error) {
    if (!(error instanceof FpsimError)) throw error
    const [, second] = (error.values['given'] as string[] | undefined) ?? []
    return [{ path: ['params', second ?? String(error.values['option'])], error }]
  }
  /** A parameter's name as the file writes it. */
  const asWritten = (name: PropertyKey) => Object.keys(file.params).find((key) => ownName(runner, key) === name) ?? name
  return [
    ...check(params, ([name = '', ...rest]) => ['params', asWritten(name), ...rest]),
    ...Object.entries(file.vary).flatMap(([name, values]) =>
      Object.hasOwn(runner.params, name) ? values.flatMap((v, i) => check({ [name]: v }, () => ['vary', name, i])) : [],
    ),
  ]
}

/** A lesson file read whole: the scenario where nothing is wrong, else every problem, each with its place. */
export interface Reading {
  readonly scenario?: Scenario
  readonly problems: readonly FpsimError[]
  /** An error with the file and the place of a path of keys in it. */
  readonly locate?: (path: readonly PropertyKey[], error: FpsimError) => FpsimError
}

/** A lesson's text judged: schema, runner, parameters, names, both languages. */
export async function judge(text: string, file: string, path: string): Promise<Reading> {
  const parsed = parseContent(scenarioSchema, text, file)
  if ('problems' in parsed) return parsed
  const { data, locate } = parsed
  const runner = await loadRunner(data.runner)
  if (!runner) {
    const unknown = new FpsimError('invalid-value', {
      option: 'runner',
      value: data.runner,
      problem: 'not-allowed',
      allowed: runnerNames,
      suggestion: suggest(data.runner, runnerNames),
    })
    return { problems: [locate(['runner'], unknown)] }
  }
  const problems = [
    ...paramProblems(data, runner),
    ...namesIn(data, runner).flatMap(({ path: at, name, allowed }) =>
      allowed.includes(name)
        ? []
        : [
            {
              path: at,
              error: new FpsimError('unknown-key', { key: name, allowed, suggestion: suggest(name, allowed) }),
            },
          ],
    ),
  ]
  if (problems.length > 0) return { problems: problems.map(({ path: at, error }) => locate(at, error)) }
  const name = basename(path).replace(/\.ya?ml$/, '')
  return {
    problems: [],
    scenario: { ...data, name, path, ...resolvePaths(data, runner, path) },
    locate,
  }
}

/** Files named in a lesson are found beside it. */
function resolvePaths({ params: written, vary }: ScenarioFile, runner: Runner, path: string) {
  const params = underOwnNames(runner, written)
  const resolved = <T>(name: string, value: T): T | string => {
    const schema = runner.params[name]
    const isFile =
      schema && metaOf(schema)?.kind === 'path' && typeof value === 'string' && value !== '-' && !isAbsolute(value)
    return isFile ? resolve(dirname(path), value) : value
  }
  return {
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, resolved(name, value)])),
    vary: Object.fromEntries(
      Object.entries(vary).map(([name, values]) => [name, values.map((value) => resolved(name, value))]),
    ),
  }
}

/** Reads a lesson by name or path. Throws 'missing-file', 'is-a-directory', 'unreadable-file', 'too-large', 'unknown-scenario'. */
export async function readScenario(nameOrPath: string): Promise<Reading> {
  if (isPath(nameOrPath)) return judge(await readText(nameOrPath, nameOrPath), nameOrPath, nameOrPath)
  const names = await scenarioNames()
  if (!names.includes(nameOrPath))
    throw new FpsimError('unknown-scenario', { name: nameOrPath, suggestion: suggest(nameOrPath, names), names })
  const path = join(lessonDirectory(), `${nameOrPath}.yaml`)
  return judge(await readText(path, path), path, path)
}

/** What a lesson says of itself. */
export type Outline = ScenarioFile & { readonly name: string }

async function readOutlines(): Promise<readonly Outline[]> {
  return Promise.all(
    (await scenarioNames()).map(async (name) => {
      const path = join(lessonDirectory(), `${name}.yaml`)
      const parsed = parseContent(scenarioSchema, await readText(path, path), path)
      if ('problems' in parsed) throw parsed.problems[0]
      return { ...parsed.data, name }
    }),
  )
}

let shipped: Promise<readonly Outline[]> | undefined

/** All shipped lessons as their files tell them, read once; no runner is loaded and no parameter judged. Throws the first problem. */
export function outlines(): Promise<readonly Outline[]> {
  shipped ??= readOutlines()
  return shipped
}

/** `readScenario`, throwing the first problem. */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const { scenario, problems } = await readScenario(nameOrPath)
  if (!scenario) throw problems[0] ?? new FpsimError('unknown-scenario', { name: nameOrPath })
  return scenario
}
