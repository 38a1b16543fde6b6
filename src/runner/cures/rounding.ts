/** Rounding and summing as a treatment has them. */
import { uniform } from '../../data/rng.js'
import { format } from '../../format/parse.js'
import { rounder } from '../../format/round.js'
import { dot } from '../../kernel/dot.js'
import { nearest } from '../../train/optimizer/nearest.js'
import { formatOf, type Operation, type Treatment } from './treatment.js'

export type Round = (x: number) => number

/** Draws of experiments lie apart: each has 2^32 of them. */
const two32 = 4294967296

/**
 * A rounding to the format of an operation, overflow to Inf: nearest-even, or stochastic with the draws of `stream` in
 * order.
 */
export function roundingOf(
  t: Treatment,
  operation: Operation,
  { seed, stream }: { seed: number; stream: number },
): Round {
  const name = formatOf(t, operation)
  if (!t.stochastic || name === 'fp32') return nearest(format(name))
  let i = stream * two32
  return rounder(format(name), { rounding: 'stochastic', random: () => uniform(seed, i++) })
}

/** A sum as an operation makes it, one term after the other: partial sums and the stored result in their formats. */
export function sumOf(terms: Float64Array, t: Treatment, operation: Operation, round: Round): number {
  const name = formatOf(t, operation)
  const accumulate = t.wideSums ? 'fp32' : name
  // Stochastic rounding has draws of its own, which dot does not.
  if (t.stochastic && accumulate !== 'fp32') return terms.reduce((sum, x) => round(sum + x), 0)
  const ones = new Float64Array(terms.length).fill(1)
  return round(dot(terms, ones, { accumulate, method: t.kahan ? 'kahan' : 'sequential' }))
}
