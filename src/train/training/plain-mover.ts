/** Weights moved one after another by `optimizer` and `weightKeeper`: any format. */
import type { Move, Optimizer } from '../optimizer.js'
import type { WeightKeeper, Weights } from '../weights.js'
import type { Kept, Moved, Mover } from './mover.js'

/** Updates that are not 0, and how many of them changed neither the weight nor what compensates it. */
function countLost(before: Weights, after: Weights, { delta }: Move): Moved {
  let [updates, lost] = [0, 0]
  const [old, now, oldRest, nowRest] = [before.held, after.held, before.rest, after.rest]
  for (let i = 0; i < delta.length; i++) {
    if (delta[i] === 0) continue
    updates++
    if (now[i] === old[i] && (!nowRest || nowRest[i] === oldRest?.[i])) lost++
  }
  return { updates, lost }
}

export function plainMover(rule: Optimizer, keeper: WeightKeeper, start: Kept): Mover {
  let { weights, state } = start
  return {
    length: weights.held.length,
    seen: () => weights.seen,
    next(gradients) {
      const { state: after, move } = rule.next(state, weights.held, gradients)
      const moved = keeper.next(weights, move)
      const { updates, lost } = countLost(weights, moved, move)
      weights = moved
      state = after
      return { updates, lost: keeper.keeping === 'stochastic' ? Number.NaN : lost }
    },
    kept: () => ({ weights, state }),
    close: () => {},
  }
}
