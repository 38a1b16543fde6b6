/** The linter of everything that is no lesson: claims, exercises, cards and terms, told apart by the key of their list. */
import { FpsimError } from '../errors.js'
import type { Host } from '../runner/runner.js'
import { readText } from '../scenario/content.js'
import { checkCards } from './card/check.js'
import { readCards } from './card.js'
import { checkClaims } from './check-claims.js'
import { checkTerms } from './check-terms.js'
import { type Claim, claimSchema, verdicts } from './claim.js'
import { measureClaims } from './claims.js'
import { contentDirectory, type Place, readContent } from './content.js'
import { checkExercises } from './exercise/check.js'
import { formProblems, readExercises } from './exercise.js'
import { termSchema } from './term.js'
import { holds } from './verdict.js'

export const contentKinds = ['claims', 'exercises', 'cards', 'terms'] as const
export type ContentKind = (typeof contentKinds)[number]

export interface ContentVerdict {
  readonly kind: ContentKind
  readonly entries: number
  readonly problems: readonly FpsimError[]
}

export interface ContentCheckOptions {
  readonly host?: Host
  readonly progress?: () => void | Promise<void> | undefined
}

/** Claims that no rule decides, or more than one. */
async function undecided(
  claims: readonly Claim[],
  { host = {}, progress }: ContentCheckOptions,
): Promise<FpsimError[]> {
  const all = await measureClaims(claims, { host, ...(progress ? { progress } : {}) })
  return all
    .filter(({ verdict }) => verdict === 'open')
    .map(({ claim, metrics }) => {
      const rules = verdicts.flatMap((name) => Object.entries({ [name]: claim.verdict[name] ?? {} }))
      const named = new Set(
        rules.flatMap(([, rule]) =>
          Object.entries(rule).flatMap(([name, bounds]) => [name, ...Object.values(bounds).map(String)]),
        ),
      )
      const values = {
        option: 'verdict',
        value: claim.id,
        problem: 'undecided',
        held: verdicts.filter((name) => claim.verdict[name] !== undefined && holds(claim.verdict[name], metrics)),
        metrics: Object.fromEntries(Object.entries(metrics).filter(([name]) => named.has(name))),
      }
      return claim.locate(['verdict'], new FpsimError('invalid-value', values))
    })
}

/** The entries that a check of their own finds nothing wrong with. */
async function soundOnes<T>(entries: readonly T[], check: (one: readonly T[]) => Promise<readonly FpsimError[]>) {
  const found = await Promise.all(entries.map(async (one) => ({ one, problems: await check([one]) })))
  return {
    sound: found.flatMap(({ one, problems }) => (problems.length === 0 ? [one] : [])),
    problems: found.flatMap(({ problems }) => problems),
  }
}

type Check = (place: Place, o: ContentCheckOptions) => Promise<Omit<ContentVerdict, 'kind'>>

const checks: Readonly<Record<ContentKind, Check>> = {
  async claims(place, o) {
    const { entries, problems } = await readContent('claims', claimSchema, place)
    const names = await soundOnes(entries, checkClaims)
    const open = await undecided(names.sound, o)
    return { entries: entries.length, problems: [...problems, ...names.problems, ...open] }
  },
  async exercises(place, { progress }) {
    const { entries, problems } = await readExercises(place)
    // What has no sound form has no variants either; the others are judged all the same.
    const sound = entries.filter((one) => formProblems(one).length === 0)
    const more = await checkExercises(sound, progress ? { progress } : {})
    return { entries: entries.length, problems: [...problems, ...more] }
  },
  async cards(place, { host = {}, progress }) {
    const { entries, problems } = await readCards(place)
    const more = await checkCards(entries, { run: true, host, ...(progress ? { progress } : {}) })
    return { entries: entries.length, problems: [...problems, ...more] }
  },
  async terms(place) {
    const { entries, problems } = await readContent('terms', termSchema, place)
    return { entries: entries.length, problems: [...problems, ...(await checkTerms(entries))] }
  },
}

/** Everything that is wrong with content of a kind, the shipped one where no place is given. */
export const checkContent = async (
  kind: ContentKind,
  place: Place = contentDirectory(kind),
  o: ContentCheckOptions = {},
): Promise<ContentVerdict> => ({ kind, ...(await checks[kind](place, o)) })

/** What a file holds, by the key of its list at the beginning of a line; undefined for a lesson. Throws as reading does. */
export async function contentKindOf(file: string): Promise<ContentKind | undefined> {
  const text = await readText(file, file)
  return contentKinds.find((kind) => new RegExp(`^${kind}\\s*:`, 'm').test(text))
}
