/** The linter of claims: lessons, parameters, metrics, slots and parts that they name must exist. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import { slotsOf } from '../scenario/slots.js'
import { suggest } from '../suggest.js'
import type { Claim } from './claim.js'
import { namesOf, prefixed } from './run.js'

type Path = readonly PropertyKey[]

/** Names that a claim uses, with the path of keys at which each stands. */
type Used = readonly (readonly [path: Path, name: string])[]

/** The metrics of the rules, their own and those that are bounds. */
const metricsOf = ({ verdict }: Claim): Used =>
  Object.entries(verdict).flatMap(([key, rule]) =>
    Object.entries(rule ?? {}).flatMap(([name, condition]): Used => {
      const path = ['verdict', key, name]
      const bounds = (['above', 'below', 'equals'] as const).flatMap((limit): Used => {
        const bound = condition[limit]
        return typeof bound === 'string' && parseNumber(bound) === undefined ? [[[...path, limit], bound]] : []
      })
      return [[path, name], ...bounds]
    }),
  )

const textSlots = (claim: Claim): Used =>
  (['measured', 'truth'] as const).flatMap((key) =>
    (['en', 'zh'] as const).flatMap((lang) =>
      slotsOf(claim[key][lang]).map(({ name }): Used[number] => [[key, lang], name]),
    ),
  )

/** What is wrong with one claim: 'unknown-key' { id, key } or, for a name of two runs, 'invalid-value'; each at its place. */
async function problemsOf(claim: Claim): Promise<FpsimError[]> {
  const { id, runs } = claim
  const all = await Promise.all(runs.map(async (run) => ({ run, names: await namesOf(run) })))
  const metrics = all.flatMap(({ run, names }) => names.metrics.map((name) => prefixed(run.as, name)))
  const params = all.flatMap(({ run, names }) => names.params.map((name) => prefixed(run.as, name)))
  const missing = (used: Used, allowed: readonly string[]): FpsimError[] =>
    used
      .filter(([, name]) => !allowed.includes(name))
      .map(([path, key]) =>
        claim.locate(path, new FpsimError('unknown-key', { id, key, allowed, suggestion: suggest(key, allowed) })),
      )
  const twice = metrics.filter((name, i) => metrics.indexOf(name) !== i)
  return [
    ...all.flatMap(({ run, names }, i) => [
      ...(['params', 'picture'] as const).flatMap((key) =>
        missing(
          Object.keys(run[key]).map((name) => [['runs', i, key, name], name]),
          names.params,
        ),
      ),
      ...missing(
        run.show.map((name, k) => [['runs', i, 'show', k], name]),
        names.parts,
      ),
    ]),
    ...missing(metricsOf(claim), metrics),
    ...missing(textSlots(claim), [...metrics, ...params]),
    ...twice.map((name) =>
      claim.locate(
        ['runs', 1],
        new FpsimError('invalid-value', { option: name, value: [id, id], problem: 'given-twice' }),
      ),
    ),
  ]
}

/** Everything that is wrong with claims, in their order. Throws what their lessons have wrong. */
export async function checkClaims(claims: readonly Claim[]): Promise<FpsimError[]> {
  const found: FpsimError[] = []
  for (const claim of claims) found.push(...(await problemsOf(claim)))
  return found
}
