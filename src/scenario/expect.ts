/** A lesson's expectations against a result. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import type { Metrics } from '../result/result.js'
import type { Bounds } from './scenario.js'

/** `10%` or 0.1 as a share; undefined where it is neither. */
export function shareOf(within: number | string): number | undefined {
  if (typeof within === 'number') return within
  const percent = /^(.*?)\s*%$/.exec(within.trim())
  const x = parseNumber(percent ? (percent[1] as string) : within)
  return x === undefined ? undefined : percent ? x / 100 : x
}

/** Whether a value lies within a share of the wanted one; without a share it must be equal (NaN equals NaN). */
export const isWithin = (value: number, wanted: number, within: number | string | undefined): boolean =>
  Object.is(value, wanted) ||
  value === wanted ||
  (within !== undefined && Math.abs(value - wanted) <= (shareOf(within) ?? Number.NaN) * Math.abs(wanted))

/** The expectations that a result does not meet, each as 'expectation-failed' { metric, value, bound, limit }. */
export function unmet(expect: Readonly<Record<string, Bounds>>, metrics: Metrics): FpsimError[] {
  return Object.entries(expect).flatMap(([metric, bounds]) => {
    const value = metrics[metric] ?? Number.NaN
    const failed = (bound: string, limit: number) =>
      new FpsimError('expectation-failed', { metric, value, bound, limit })
    const { above, below, equals, within } = bounds
    return [
      ...(above !== undefined && !(value > above) ? [failed('above', above)] : []),
      ...(below !== undefined && !(value < below) ? [failed('below', below)] : []),
      ...(equals !== undefined && !isWithin(value, equals, within) ? [failed('equals', equals)] : []),
    ]
  })
}
