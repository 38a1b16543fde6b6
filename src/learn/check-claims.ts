/** The linter of claims: lessons, parameters, metrics, slots and parts that they name must exist. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import type { Shape } from '../runner/params.js'
import { loadScenario } from '../scenario/load.js'
import { runnerOf } from '../scenario/run.js'
import { slotsOf } from '../scenario/slots.js'
import { suggest } from '../suggest.js'
import type { Claim, ClaimRun } from './claim.js'
import { prefixed } from './claims.js'

interface Names {
  readonly params: readonly string[]
  readonly metrics: readonly string[]
  readonly parts: readonly string[]
}

async function namesOf({ scenario }: ClaimRun): Promise<Names> {
  if (scenario === 'sources')
    return { params: ['text'], metrics: ['sources', 'lessons', 'silent', 'corrections'], parts: [] }
  const runner = await runnerOf(await loadScenario(scenario))
  const shape: Shape = runner.params
  return { params: Object.keys(shape), metrics: Object.keys(runner.metrics), parts: runner.parts }
}

const unknown = (id: string, key: string, allowed: readonly string[]): FpsimError =>
  new FpsimError('unknown-key', { id, key, allowed, suggestion: suggest(key, allowed) })

/** What is wrong with one claim, each as 'unknown-key' { id, key } or, for a name of two runs, 'invalid-value'. */
async function problemsOf({ id, runs, measured, truth, verdict }: Claim): Promise<FpsimError[]> {
  const all = await Promise.all(runs.map(async (run) => ({ run, names: await namesOf(run) })))
  const metrics = all.flatMap(({ run, names }) => names.metrics.map((name) => prefixed(run.as, name)))
  const params = all.flatMap(({ run, names }) => names.params.map((name) => prefixed(run.as, name)))
  const rules = Object.values(verdict).flatMap((rule) => Object.entries(rule ?? {}))
  const bounds = rules
    .flatMap(([, { above, below, equals }]) => [above, below, equals])
    .filter((bound): bound is string => typeof bound === 'string' && parseNumber(bound) === undefined)
  const slots = [measured, truth].flatMap(({ en, zh }) => [...slotsOf(en), ...slotsOf(zh)]).map(({ name }) => name)
  const missing = (wanted: readonly string[], allowed: readonly string[]) =>
    wanted.filter((name) => !allowed.includes(name)).map((name) => unknown(id, name, allowed))
  const twice = metrics.filter((name, i) => metrics.indexOf(name) !== i)
  return [
    ...all.flatMap(({ run, names }) => [
      ...missing(Object.keys({ ...run.params, ...run.picture }), names.params),
      ...missing(run.show, names.parts),
    ]),
    ...missing([...rules.map(([name]) => name), ...bounds], metrics),
    ...missing(slots, [...metrics, ...params]),
    ...twice.map((name) => new FpsimError('invalid-value', { option: name, value: [id, id], problem: 'given-twice' })),
  ]
}

/** Everything that is wrong with claims, in their order. Throws what their lessons have wrong. */
export async function checkClaims(claims: readonly Claim[]): Promise<FpsimError[]> {
  const found: FpsimError[] = []
  for (const claim of claims) found.push(...(await problemsOf(claim)))
  return found
}
