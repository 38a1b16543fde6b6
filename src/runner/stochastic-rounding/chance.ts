/** Stochastic rounding as probabilities: the exact distribution of a weight after many equal updates. */
import { powerOfTwo } from '../../format/bits.js'
import { type Format, largest } from '../../format/format.js'
import { rounder } from '../../format/round.js'
import { ulp } from '../../format/ulp.js'

/** What a stochastic rounding of s can give, and the odds of the value further from 0. Exact for |s| within range. */
export interface Odds {
  readonly low: number
  readonly high: number
  readonly odds: number
}

export function oddsIn(f: Format): (s: number) => Odds {
  const [toward, away] = [1 - powerOfTwo(-53), 0].map((random) => rounder(f, { rounding: 'stochastic', random })) as [
    (x: number) => number,
    (x: number) => number,
  ]
  return (s) => {
    const low = toward(s)
    const high = away(s)
    if (Object.is(low, high) || !Number.isFinite(s)) return { low: high, high, odds: 0 }
    // They differ by less than a step of low, so the difference is exact.
    return { low, high, odds: Math.abs(s - low) / ulp(low, f) }
  }
}

/** Mean and standard deviation of the finite outcomes, and the probability of the others. */
export interface Moments {
  readonly mean: number
  readonly spread: number
  readonly beyond: number
}

function momentsOf(states: ReadonlyMap<number, number>): Moments {
  let [mass, sum] = [0, 0]
  for (const [w, p] of states)
    if (Number.isFinite(w)) {
      mass += p
      sum += p * w
    }
  const mean = sum / mass
  let squares = 0
  for (const [w, p] of states) if (Number.isFinite(w)) squares += p * (w - mean) * (w - mean)
  return { mean, spread: Math.sqrt(squares / mass), beyond: 1 - mass > 1e-9 ? 1 - mass : 0 }
}

/**
 * The moments before the first update and after each one, of w ← SR(wide(w + Δ)). The probabilities of all reachable
 * values, followed step by step: exact but for float64's rounding of sums of probabilities. Values less likely than 1e-18
 * are let go.
 */
export function momentsAfter(
  f: Format,
  wide: (x: number) => number,
  { weight, update, updates }: { weight: number; update: number; updates: number },
): Moments[] {
  const odds = oddsIn(f)
  let states = new Map([[weight, 1]])
  const all = [momentsOf(states)]
  const memo = new Map<number, Odds>()
  for (let t = 0; t < updates; t++) {
    const next = new Map<number, number>()
    const give = (w: number, p: number): void => {
      if (p > 1e-18) next.set(w, (next.get(w) ?? 0) + p)
    }
    for (const [w, p] of states) {
      let outcome = memo.get(w)
      if (!outcome) {
        outcome = odds(wide(w + update))
        memo.set(w, outcome)
      }
      give(outcome.low, p * (1 - outcome.odds))
      give(outcome.high, p * outcome.odds)
    }
    states = next
    all.push(momentsOf(states))
  }
  return all
}

/** A quarter of a step beyond the largest value: where stochastic rounding is not right on average. Undefined where float64 has no such number. */
export function edgeOf(f: Format): { top: number; part: number; odds: number; high: number } | undefined {
  const top = largest(f)
  const part = ulp(top, f) / 4
  if (top + part - top !== part) return undefined
  const { high, odds } = oddsIn(f)(top + part)
  return { top, part, odds: high === top ? 0.25 : odds, high }
}
