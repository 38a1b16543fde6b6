/** The weights of a phase between steps: the optimizer's state, what holds them, and how an update changes them. */
import { asFormat } from '../../format/parse.js'
import { type Hyper, type Move, type OptimizerName, type OptimizerState, optimizer } from '../optimizer.js'
import type { Recipe } from '../recipe.js'
import { type Weights, weightKeeper } from '../weights.js'
import { bulkStep } from './bulk-updater.js'

/** All that lasts from step to step. */
export interface Kept {
  readonly weights: Weights
  readonly state: OptimizerState
}

/** Updates other than 0, and those that left their weight as it was; NaN where chance decides that. */
export interface Moved {
  readonly kept: Kept
  readonly updates: number
  readonly lost: number
}

export interface Updater {
  /** Bytes a weight takes with its gradient and states. */
  readonly bytes: number
  init(initial: ArrayLike<number>): Kept
  /** From what another recipe kept: weights as it held them, states as it stored them. */
  takeOver(kept: Kept): Kept
  next(kept: Kept, gradients: Float32Array): Moved
}

export interface UpdaterOptions {
  readonly recipe: Recipe
  readonly optimizer: OptimizerName
  readonly hyper: Partial<Hyper>
  readonly seed: number
  readonly inBulk?: boolean
}

/** What every operation of the optimizer is rounded to: the master's format where there is one, else the weights' own. */
export const updateFormat = ({ weights, master, param }: Recipe): string =>
  weights === 'master' || weights === 'stochastic' ? master : param

/** Updates that are not 0, and how many of them changed neither the weight nor what compensates it. */
function countLost(before: Weights, after: Weights, { delta }: Move): { updates: number; lost: number } {
  let [updates, lost] = [0, 0]
  const [old, now, oldRest, nowRest] = [before.held, after.held, before.rest, after.rest]
  for (let i = 0; i < delta.length; i++) {
    if (delta[i] === 0) continue
    updates++
    if (now[i] === old[i] && (!nowRest || nowRest[i] === oldRest?.[i])) lost++
  }
  return { updates, lost }
}

/** Whether all arithmetic and all that is kept between steps is FP32, but for the weights below a master. */
const isSingle = ({ weights, param, master, state }: Recipe): boolean =>
  state === 'fp32' && (weights === 'plain' ? param === 'fp32' : weights === 'master' && master === 'fp32')

/**
 * As `optimizer` and `weightKeeper` say, one after the other; `inBulk` in one loop of equal bits, which changes what is kept
 * in place. Default: where it can.
 */
export function updaterOf({
  recipe,
  optimizer: name,
  hyper,
  seed,
  inBulk = isSingle(recipe),
}: UpdaterOptions): Updater {
  const compute = updateFormat(recipe)
  const rule = optimizer(name, hyper, { compute, momentum: recipe.state, variance: recipe.state })
  const { weights: keeping, param, master } = recipe
  const keeper = weightKeeper(keeping, { format: param, master, seed })
  const bulk = inBulk ? bulkStep(name, rule.hyper, param) : undefined
  const state = asFormat(recipe.state).width / 8
  return {
    bytes: keeper.bytes + asFormat(recipe.grad).width / 8 + state * rule.slots.length,
    init: (initial) => ({ weights: keeper.init(initial), state: rule.init(initial.length) }),
    takeOver: ({ weights, state: before }) => ({
      weights: { ...keeper.init(weights.held), t: weights.t },
      state: before,
    }),
    next({ weights, state: before }, gradients) {
      if (bulk) {
        const { weights: moved, state: after, updates, lost } = bulk(weights, before, gradients)
        return { kept: { weights: moved, state: after }, updates, lost }
      }
      const { state: after, move } = rule.next(before, weights.held, gradients)
      const moved = keeper.next(weights, move)
      const { updates, lost } = countLost(weights, moved, move)
      return { kept: { weights: moved, state: after }, updates, lost: keeping === 'stochastic' ? Number.NaN : lost }
    },
  }
}
