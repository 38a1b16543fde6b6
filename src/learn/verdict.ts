/** From metrics to a verdict: the rule of exactly one verdict holds, or the claim stays open. */
import { parseNumber } from '../format/literal.js'
import type { Metrics } from '../result/result.js'
import { isWithin } from '../scenario/expect.js'
import { type Claim, type Condition, type Rule, type Verdict, verdicts } from './claim.js'

/** A bound as a number: its own, or that of the metric it names; NaN where there is no such metric. */
export function limitOf(bound: number | string, metrics: Metrics): number {
  if (typeof bound === 'number') return bound
  return parseNumber(bound) ?? (Object.hasOwn(metrics, bound) ? (metrics[bound] as number) : Number.NaN)
}

/** Whether a value keeps its bounds. NaN keeps none, and a bound that is NaN is kept by nothing. */
function keeps(x: number, { above, below, equals, within }: Condition, metrics: Metrics): boolean {
  const limit = (bound: number | string) => limitOf(bound, metrics)
  return (
    !Number.isNaN(x) &&
    (above === undefined || x > limit(above)) &&
    (below === undefined || x < limit(below)) &&
    (equals === undefined || isWithin(x, limit(equals), within))
  )
}

export const holds = (rule: Rule, metrics: Metrics): boolean =>
  Object.entries(rule).every(([name, condition]) =>
    keeps(Object.hasOwn(metrics, name) ? (metrics[name] as number) : Number.NaN, condition, metrics),
  )

/** The verdict whose rule holds; 'open' where none does, or more than one. */
export function verdictOf({ verdict }: Pick<Claim, 'verdict'>, metrics: Metrics): Verdict | 'open' {
  const found = verdicts.filter((name) => {
    const rule = verdict[name]
    return rule !== undefined && holds(rule, metrics)
  })
  return found.length === 1 ? (found[0] as Verdict) : 'open'
}
