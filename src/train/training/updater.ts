/** How a recipe moves weights: its optimizer, and what keeps small updates. */
import { asFormat } from '../../format/parse.js'
import { type Hyper, type OptimizerName, optimizer } from '../optimizer.js'
import type { Recipe } from '../recipe.js'
import { weightKeeper } from '../weights.js'
import type { Kept, Mover } from './mover.js'
import { plainMover } from './plain-mover.js'
import { canMoveSlabs, slabMover } from './slab-mover.js'

export interface Updater {
  /** Bytes a weight takes with its gradient and states. */
  readonly bytes: number
  init(initial: ArrayLike<number>): Mover
  /** From what another recipe kept: weights as it held them, states as it stored them. */
  takeOver(kept: Kept): Mover
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

/** `inBulk`: all weights at once in the kernels, to the same bits. Default: where they have the formats. */
export function updaterOf({ recipe, optimizer: name, hyper, seed, inBulk = true }: UpdaterOptions): Updater {
  const compute = updateFormat(recipe)
  const rule = optimizer(name, hyper, { compute, momentum: recipe.state, variance: recipe.state })
  const { weights: keeping, param, master } = recipe
  const keeper = weightKeeper(keeping, { format: param, master, seed })
  const state = asFormat(recipe.state)
  const formats = { compute: asFormat(compute), state }
  const slabs = { rule, keeping, param: asFormat(param), master: asFormat(master), formats, seed }
  const start = (kept: Kept): Mover =>
    inBulk && canMoveSlabs(slabs) ? slabMover(slabs, kept) : plainMover(rule, keeper, kept)
  return {
    bytes: keeper.bytes + asFormat(recipe.grad).width / 8 + (state.width / 8) * rule.slots.length,
    init: (initial) => start({ weights: keeper.init(initial), state: rule.init(initial.length) }),
    takeOver: ({ weights, state: before }) =>
      start({ weights: { ...keeper.init(weights.held), t: weights.t }, state: before }),
  }
}
