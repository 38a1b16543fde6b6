/** The claim checker: runs what the claims ask for, each distinct run once, and lets the rules give the verdicts. */
import type { Metrics, Params, Result, Slot } from '../result/result.js'
import type { Host } from '../runner/runner.js'
import { sourcesResult } from '../runner/sources.js'
import { loadScenario, outlines } from '../scenario/load.js'
import { runLoaded } from '../scenario/run.js'
import type { Claim, ClaimRun, Verdict } from './claim.js'
import { verdictOf } from './verdict.js'

export interface Measured {
  readonly claim: Claim
  readonly verdict: Verdict | 'open'
  /** The metrics of all its runs, under the names that its rules and texts use. */
  readonly metrics: Metrics
  /** What fills the slots of its texts: these metrics and the runs' parameters. */
  readonly slots: Readonly<Record<string, Slot>>
}

export interface MeasureOptions {
  readonly seed?: number
  readonly host?: Host
  /** Runs done and to do; awaited. */
  readonly progress?: (done: number, total: number) => void | Promise<void> | undefined
}

/** A metric or parameter of a run under the name that the claim uses. */
export const prefixed = (prefix: string | undefined, name: string): string =>
  prefix === undefined ? name : prefix + name.slice(0, 1).toUpperCase() + name.slice(1)

/** The references that hold a text, and the corrections of wrong ones. */
async function citations(text: string): Promise<Result> {
  const wanted = text.toLowerCase()
  const cited = (await outlines()).map(({ name, see }) => ({
    lesson: name,
    see: see.filter((source) => source.toLowerCase().includes(wanted)),
  }))
  const lessons = cited.filter(({ see }) => see.length > 0)
  return sourcesResult(lessons, wanted)
}

/** One run. What a lesson varies for its table is left out: a claim is about one setting. */
async function execute({ scenario, show }: ClaimRun, params: Params, { seed = 1, host = {} }: MeasureOptions) {
  if (scenario === 'sources') return citations(String(params['text']))
  const lesson = await loadScenario(scenario)
  const settled = { ...lesson, vary: {}, compare: [], ...(show.length > 0 ? { show } : {}) }
  return runLoaded(settled, { overrides: params, seed, host })
}

/** The same for runs that give the same metrics. */
const keyOf = ({ scenario, params }: ClaimRun): string => {
  const names = Object.keys(params).sort()
  return JSON.stringify([scenario, ...names.map((name) => [name, params[name]])])
}

function slotsOf({ lesson, params, metrics }: Result): Record<string, Slot> {
  const plain = Object.entries({ ...params, ...metrics }).map(([name, value]): [string, Slot] => [
    name,
    { value, as: typeof value === 'number' ? 'count' : 'text' },
  ])
  return lesson ? { ...lesson.slots } : Object.fromEntries(plain)
}

const renamed = <T>(prefix: string | undefined, record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).map(([name, value]) => [prefixed(prefix, name), value])

/** Every claim with its verdict, in order. The same claims and seed give the same verdicts. */
export async function measureClaims(claims: readonly Claim[], o: MeasureOptions = {}): Promise<Measured[]> {
  const wanted = new Map(claims.flatMap(({ runs }) => runs.map((run) => [keyOf(run), run] as const)))
  const results = new Map<string, Result>()
  for (const [key, run] of wanted) {
    await o.progress?.(results.size, wanted.size)
    results.set(key, await execute(run, run.params, o))
  }
  return claims.map((claim) => {
    const all = claim.runs.map((run) => [run.as, results.get(keyOf(run)) as Result] as const)
    const metrics = Object.fromEntries(all.flatMap(([prefix, result]) => renamed(prefix, result.metrics)))
    const slots = Object.fromEntries(all.flatMap(([prefix, result]) => renamed(prefix, slotsOf(result))))
    return { claim, verdict: verdictOf(claim, metrics), metrics, slots }
  })
}

/** The run whose screen shows a claim: its first one, with the parameters of the picture. */
export const pictureRun = ({ runs }: Claim): { readonly scenario: string; readonly params: Params } => {
  const { scenario, params, picture } = runs[0] as ClaimRun
  return { scenario, params: { ...params, ...picture } }
}

/** That run's Result. */
export const pictureOf = (claim: Claim, o: MeasureOptions = {}): Promise<Result> =>
  execute(claim.runs[0] as ClaimRun, pictureRun(claim).params, o)
