/** The linter of terms: what they name must exist, no name may mean two of them, and a technique says all three things. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import { slotsOf } from '../scenario/slots.js'
import { suggest } from '../suggest.js'
import { loadClaims } from './claim.js'
import { namesOf, prefixed } from './run.js'
import { plainName } from './term/names.js'
import { loadTerms, type Term } from './term.js'

interface Known {
  readonly claims: readonly string[]
  readonly terms: readonly string[]
}

const unknown = (key: string, allowed: readonly string[]): FpsimError =>
  new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })

async function problemsOf(term: Term, known: Known): Promise<FpsimError[]> {
  const { runs, says, claims, related, numbers } = term
  const sides = [term.for, term.against, term.when]
  const all = await Promise.all(runs.map(async (run) => ({ run, names: await namesOf(run) })))
  const slots = all.flatMap(({ run, names }) =>
    [...names.params, ...names.metrics].map((name) => prefixed(run.as, name)),
  )
  const missing = (path: readonly PropertyKey[], wanted: readonly string[], allowed: readonly string[]) =>
    wanted.filter((name) => !allowed.includes(name)).map((name) => term.locate([...path], unknown(name, allowed)))
  const texts = [
    ['says', says],
    ['for', term.for],
    ['against', term.against],
    ['when', term.when],
  ] as const
  return [
    ...all.flatMap(({ run, names }, i) => [
      ...missing(['runs', i, 'params'], Object.keys({ ...run.params, ...run.picture }), names.params),
      ...missing(['runs', i, 'show'], run.show, names.parts),
    ]),
    ...texts.flatMap(([key, text]) =>
      text === undefined
        ? []
        : (['en', 'zh'] as const).flatMap((lang) =>
            missing(
              [key, lang],
              slotsOf(text[lang]).map(({ name }) => name),
              slots,
            ),
          ),
    ),
    ...missing(['claims'], claims, known.claims),
    ...missing(['related'], related, known.terms),
    ...(sides.some((side) => side !== undefined) && sides.some((side) => side === undefined)
      ? [term.locate([], new FpsimError('invalid-value', { option: 'for, against, when', problem: 'missing' }))]
      : []),
    ...numbers.flatMap((x, i) =>
      typeof x === 'string' && parseNumber(x) === undefined
        ? [
            term.locate(
              ['numbers', i],
              new FpsimError('invalid-value', { option: 'numbers', value: x, problem: 'not-a-number' }),
            ),
          ]
        : [],
    ),
  ]
}

/** Names that lead to two terms. */
function shared(terms: readonly Term[]): FpsimError[] {
  const owners = new Map<string, string>()
  return terms.flatMap((term) => {
    const names = [...new Set([term.id, term.name.en, term.name.zh, ...term.also].map(plainName))]
    return names.flatMap((name) => {
      const owner = owners.get(name)
      owners.set(name, term.id)
      if (owner === undefined) return []
      const value = [`${owner}: ${name}`, `${term.id}: ${name}`]
      return [term.locate(['also'], new FpsimError('invalid-value', { option: 'also', value, problem: 'given-twice' }))]
    })
  })
}

/** Everything that is wrong with terms, in their order. Throws what their lessons have wrong. */
export async function checkTerms(terms: readonly Term[]): Promise<FpsimError[]> {
  const shipped = await loadTerms()
  const known = {
    claims: (await loadClaims()).map(({ id }) => id),
    terms: [...new Set([...terms, ...shipped].map(({ id }) => id))],
  }
  const found: FpsimError[] = []
  for (const term of terms) found.push(...(await problemsOf(term, known)))
  return [...found, ...shared(terms)]
}
