/** Cards with the numbers of their runs: the proof's Result, and what fills the slots of their texts. */
import type { Metrics, Result, Slot } from '../../result/result.js'
import { type Card, proofRun, runsOf } from '../card.js'
import { executeAll, gathered, keyOf, type RunOptions } from '../run.js'

export interface MeasuredCard {
  readonly card: Card
  /** The run of its proof: its findings stand under the answer. */
  readonly proof: Result
  readonly metrics: Metrics
  readonly slots: Readonly<Record<string, Slot>>
}

/** Every card with its runs made, each distinct run once. The same cards and seed give the same numbers. */
export async function measureCards(cards: readonly Card[], o: RunOptions = {}): Promise<MeasuredCard[]> {
  const results = await executeAll(cards.flatMap(runsOf), o)
  return cards.map((card) => ({
    card,
    proof: results.get(keyOf(proofRun(card))) as Result,
    ...gathered(runsOf(card), results),
  }))
}
