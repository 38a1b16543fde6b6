/** Ten class probabilities, in fp32 and in the dtype of a softmax layer under a mixed policy. */
import type { Format } from '../../../format/format.js'
import { rounder } from '../../../format/round.js'
import { exp, log } from '../../../kernel/kernel.js'

/** Logits of a sure network; the true class is the last one. */
export const logits: readonly number[] = [12, 7, 4, 1, 0, -1, -2, -4, -6, -8]

export interface Probability {
  readonly logit: number
  readonly exact: number
  readonly rounded: number
  /** −ln p of both. */
  readonly exactLoss: number
  readonly roundedLoss: number
}

/** exp(x − max) over their sum within a few ulp of float64, then one rounding to f. −ln 0 is Infinity. */
export function softmax(f: Format): readonly Probability[] {
  const round = rounder(f)
  const top = Math.max(...logits)
  const powers = logits.map((x) => exp(x - top))
  const sum = powers.reduce((a, b) => a + b, 0)
  return logits.map((logit, i) => {
    const exact = (powers[i] as number) / sum
    const rounded = round(exact)
    return { logit, exact, rounded, exactLoss: -log(exact), roundedLoss: -log(rounded) }
  })
}
