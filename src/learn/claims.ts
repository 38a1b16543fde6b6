/** The claim checker: runs what the claims ask for, each distinct run once, and lets the rules give the verdicts. */
import type { Metrics, Params, Result, Slot } from '../result/result.js'
import type { Claim, ClaimRun, Verdict } from './claim.js'
import { execute, executeAll, gathered, type RunOptions } from './run.js'
import { verdictOf } from './verdict.js'

export interface Measured {
  readonly claim: Claim
  readonly verdict: Verdict | 'open'
  /** The metrics of all its runs, under the names that its rules and texts use. */
  readonly metrics: Metrics
  /** What fills the slots of its texts: these metrics and the runs' parameters. */
  readonly slots: Readonly<Record<string, Slot>>
}

/** A claim with its verdict, from the Results of its runs. */
export function judge(claim: Claim, results: ReadonlyMap<string, Result>): Measured {
  const { metrics, slots } = gathered(claim.runs, results)
  return { claim, verdict: verdictOf(claim, metrics), metrics, slots }
}

/** Every claim with its verdict, in order. The same claims and seed give the same verdicts. */
export async function measureClaims(claims: readonly Claim[], o: RunOptions = {}): Promise<Measured[]> {
  const runs = claims.flatMap((claim) => claim.runs)
  const results = await executeAll(runs, o)
  return claims.map((claim) => judge(claim, results))
}

/** The run whose screen shows a claim: its first one, with the parameters of the picture. */
export const pictureRun = ({ runs }: Claim): { readonly scenario: string; readonly params: Params } => {
  const { scenario, params, picture } = runs[0] as ClaimRun
  return { scenario, params: { ...params, ...picture } }
}

/** That run's Result. */
export const pictureOf = (claim: Claim, o: RunOptions = {}): Promise<Result> =>
  execute(claim.runs[0] as ClaimRun, pictureRun(claim).params, o)
