/** A term with what its runs gave: the numbers of its texts, its picture, the claims about it with their verdicts. */
import type { Block, Result, Slot } from '../../result/result.js'
import type { Claim } from '../claim.js'
import { judge, type Measured } from '../claims.js'
import { execute, executeAll, gathered, keyOf, type Run, type RunOptions } from '../run.js'
import type { Term } from '../term.js'

export interface MeasuredTerm {
  readonly term: Term
  readonly slots: Readonly<Record<string, Slot>>
  readonly picture: readonly Block[]
  /** The first few claims that the term cites. */
  readonly claims: readonly Measured[]
}

/** So that a page fits a screen; a technique has more to say besides. */
const shownClaims = (term: Term): number => (term.for === undefined ? 3 : 2)

/** The run that is the picture: the first that says what it shows. */
const pictureOf = ({ runs }: Term): Run | undefined => runs.find(({ show }) => show.length > 0)

/** Of a picture's run the first block that is a picture. */
const pictured = ({ blocks }: Result): Block[] => blocks.filter(({ kind }) => kind !== 'note').slice(0, 1)

/** Terms in their order, each distinct run made once; pictures are runs of their own where they differ. */
export async function measureTerms(
  terms: readonly Term[],
  claims: readonly Claim[],
  o: RunOptions = {},
): Promise<MeasuredTerm[]> {
  const cited = (term: Term): Claim[] =>
    term.claims.slice(0, shownClaims(term)).flatMap((id) => claims.filter((claim) => claim.id === id))
  const runs = terms.flatMap((term) => [...term.runs, ...cited(term).flatMap((claim) => claim.runs)])
  const results = await executeAll(runs, o)
  const drawn = new Map<string, readonly Block[]>()
  for (const run of terms.flatMap((term) => pictureOf(term) ?? [])) {
    const key = keyOfPicture(run)
    if (!drawn.has(key)) drawn.set(key, pictured(await execute(run, { ...run.params, ...run.picture }, o)))
  }
  return terms.map((term) => {
    const picture = pictureOf(term)
    return {
      term,
      slots: gathered(term.runs, results).slots,
      picture: picture ? (drawn.get(keyOfPicture(picture)) ?? []) : [],
      claims: cited(term).map((claim) => judge(claim, results)),
    }
  })
}

const keyOfPicture = (run: Run): string =>
  keyOf({ ...run, params: { ...run.params, ...run.picture, show: run.show.join() } })
