/** A run that content asks for (a claim's, a card's): its form in a file, how it is made, and what its texts may name. */
import * as z from 'zod/mini'
import { commonFormats } from '../format/catalog.js'
import type { Format } from '../format/format.js'
import { format } from '../format/parse.js'
import type { Metrics, Params, Result, Slot } from '../result/result.js'
import { formatsResult } from '../runner/formats.js'
import type { Host } from '../runner/runner.js'
import { citations } from '../scenario/citations.js'
import { loadScenario } from '../scenario/load.js'
import { runLoaded, runnerOf } from '../scenario/run.js'
import { calculated, numberInFormats, numberStyles, underSlots } from './number-runs.js'

const words = z.string().check(z.minLength(1))
const value = z.union([z.number(), z.string(), z.boolean()])

export const runSchema = z.strictObject({
  /** A lesson; `sources` with the text to look for; `inspect` with value and format; `calc`; `formats` with names. */
  scenario: words,
  params: z._default(z.record(z.string(), value), {}),
  /** Goes before the names of this run's metrics: `as: mlp` makes goodScales mlpGoodScales. */
  as: z.optional(words),
  /** Parameters that choose the picture and change no metric. */
  picture: z._default(z.record(z.string(), value), {}),
  /** Parts of the lesson's screen that are the picture; empty: those of the lesson. */
  show: z._default(z.array(words), []),
})

export type Run = z.output<typeof runSchema>

export interface RunOptions {
  readonly seed?: number
  readonly host?: Host
  /** How lessons are read: who makes many runs reads each lesson once. */
  readonly load?: typeof loadScenario
  /** Runs done and to do; awaited. */
  readonly progress?: (done: number, total: number) => void | Promise<void> | undefined
}

/** A metric or parameter of a run under the name that its texts use. */
export const prefixed = (prefix: string | undefined, name: string): string =>
  prefix === undefined ? name : prefix + name.slice(0, 1).toUpperCase() + name.slice(1)

/** What a run's texts and options may name. */
export interface Names {
  readonly params: readonly string[]
  readonly metrics: readonly string[]
  readonly parts: readonly string[]
}

const formatsOf = (names: unknown): readonly Format[] =>
  names === undefined ? commonFormats : String(names).split(',').map(format)

/** What is no lesson: the parameters that it takes, and how it runs. */
const others: Readonly<
  Record<
    string,
    {
      readonly params: readonly string[]
      readonly parts?: readonly string[]
      readonly run: (params: Params) => Promise<Result>
    }
  >
> = {
  sources: { params: ['text'], run: (params) => citations(String(params['text'])) },
  inspect: {
    params: ['value', 'format', 'code'],
    parts: ['bits'],
    run: async (params) => numberInFormats(params, formatsOf),
  },
  calc: { params: ['expression', 'format', 'rounding', 'overflow'], run: async (params) => calculated(params) },
  formats: {
    params: ['names'],
    parts: ['table'],
    run: async ({ names }) => underSlots(formatsResult(formatsOf(names), { sources: false })),
  },
}

const otherOf = (scenario: string) => (Object.hasOwn(others, scenario) ? others[scenario] : undefined)

/** Throws 'unknown-scenario', and what the lesson has wrong. */
export async function namesOf({ scenario, params }: Pick<Run, 'scenario' | 'params'>): Promise<Names> {
  const other = otherOf(scenario)
  if (other)
    return { params: other.params, metrics: Object.keys((await other.run(params)).metrics), parts: other.parts ?? [] }
  const runner = await runnerOf(await loadScenario(scenario))
  return { params: Object.keys(runner.params), metrics: Object.keys(runner.metrics), parts: runner.parts }
}

/** One run. What a lesson varies for its table is left out: a statement is about one setting. */
export async function execute(
  { scenario, show }: Run,
  params: Params,
  { seed = 1, host = {}, load = loadScenario }: RunOptions,
): Promise<Result> {
  const other = otherOf(scenario)
  if (other) return other.run(params)
  const lesson = await load(scenario)
  const settled = { ...lesson, vary: {}, compare: [], ...(show.length > 0 ? { show } : {}) }
  return runLoaded(settled, { overrides: params, seed, host })
}

/** The same for runs that give the same metrics. */
export const keyOf = ({ scenario, params }: Run): string => {
  const names = Object.keys(params).sort()
  return JSON.stringify([scenario, ...names.map((name) => [name, params[name]])])
}

/** Results by key: each distinct run is made once. */
export async function executeAll(runs: readonly Run[], o: RunOptions = {}): Promise<ReadonlyMap<string, Result>> {
  const wanted = new Map(runs.map((run) => [keyOf(run), run]))
  const results = new Map<string, Result>()
  for (const [key, run] of wanted) {
    await o.progress?.(results.size, wanted.size)
    results.set(key, await execute(run, run.params, o))
  }
  return results
}

function slotsOf({ lesson, params, metrics }: Result): Record<string, Slot> {
  const plain = Object.entries({ ...params, ...metrics }).map(([name, x]): [string, Slot] => [
    name,
    { value: x, as: typeof x === 'number' ? (numberStyles[name] ?? 'count') : 'text' },
  ])
  return lesson ? { ...lesson.slots } : Object.fromEntries(plain)
}

const renamed = <T>(prefix: string | undefined, record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).map(([name, x]) => [prefixed(prefix, name), x])

/** The metrics of some runs, and what fills the slots of their texts, under the names that the texts use. */
export function gathered(
  runs: readonly Run[],
  results: ReadonlyMap<string, Result>,
): { readonly metrics: Metrics; readonly slots: Readonly<Record<string, Slot>> } {
  const all = runs.map((run) => [run.as, results.get(keyOf(run)) as Result] as const)
  return {
    metrics: Object.fromEntries(all.flatMap(([prefix, result]) => renamed(prefix, result.metrics))),
    slots: Object.fromEntries(all.flatMap(([prefix, result]) => renamed(prefix, slotsOf(result)))),
  }
}
