/** Makes the runs that cards and their claims ask for, while a line tells how far it is. */

import { type MeasuredCard, measureCards } from '../../learn/card/measure.js'
import type { Card } from '../../learn/card.js'
import { loadClaims } from '../../learn/claim.js'
import { type Measured, measureClaims } from '../../learn/claims.js'
import type { RunOptions } from '../../learn/run.js'
import type { Context } from '../context.js'
import { progressLine } from '../progress.js'
import { workers } from '../workers.js'

export function laboratory(context: Context) {
  const commands = { ...context.text.commands, progress: context.text.commands.progressRuns }
  const line = progressLine({ ...context, text: { ...context.text, commands } })
  // Within a run the host only gets its turn: the line counts runs.
  let state: readonly [number, number] = [0, 1]
  let allClaims: ReturnType<typeof loadClaims> | undefined
  const o: RunOptions = {
    progress: (done, total) => {
      state = [done, total]
      return line.update(done, total)
    },
    host: { progress: () => line.update(...state), workers },
  }
  return {
    end: () => line.end(),
    measure: async (cards: readonly Card[], seed = 1): Promise<readonly MeasuredCard[]> => {
      const all = await measureCards(cards, { ...o, seed })
      line.end()
      return all
    },
    judge: async ({ claims }: Card): Promise<readonly Measured[]> => {
      if (claims.length === 0) return []
      allClaims ??= loadClaims()
      const all = await allClaims
      const judged = await measureClaims(
        claims.flatMap((id) => all.find((claim) => claim.id === id) ?? []),
        o,
      )
      line.end()
      return judged
    },
  }
}
export type Laboratory = ReturnType<typeof laboratory>
