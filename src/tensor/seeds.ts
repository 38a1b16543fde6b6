/** Seeds of the draws within a step: one for every stochastic rounding and every dropout. */
import { keyOf, mix } from '../kernel/key.js'

/** What draws are for, so that two uses at one place never share them. */
const purposes = { rounding: 0x51ed270b, dropout: 0x2545f491 } as const

/**
 * A seed below 2^53, a pure function of its arguments: where and when, not in which order things happen to run. Two places
 * share a seed by chance only, about once in 2^53.
 */
export function seedOf(seed: number, purpose: keyof typeof purposes, step: number, index: number): number {
  const [high, low] = keyOf(seed)
  const a = mix(mix(high ^ purposes[purpose]) + step)
  const b = mix(mix(low ^ a) + index)
  return (mix(a ^ b) & 0x1fffff) * 4294967296 + b
}
