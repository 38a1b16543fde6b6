/** Whether a recipe has master weights, and whether those can hold what its weights can. */
import { asFormat } from '../../format/parse.js'
import { holds } from '../../tensor/precision.js'
import type { Recipe } from '../recipe.js'
import { wrong } from './ways.js'

const usesMaster = ({ weights }: Recipe): boolean => weights === 'master' || weights === 'stochastic'

/**
 * Who says in which format the master weights are wants some: `master` without `weights` turns them on, unless it is the
 * format of the weights themselves. `written` is what the recipe says otherwise than its base.
 */
export const withMasters = (recipe: Recipe, written: Readonly<Record<string, unknown>>): Recipe =>
  written['master'] !== undefined &&
  written['weights'] === undefined &&
  recipe.weights === 'plain' &&
  asFormat(recipe.master) !== asFormat(recipe.param)
    ? { ...recipe, weights: 'master' }
    : recipe

/** Throws 'wrong-recipe': masters that nothing uses though they were `asked` for, or that do not hold every weight. */
export function checkMasters(recipe: Recipe, asked: boolean): void {
  const [param, master] = [asFormat(recipe.param), asFormat(recipe.master)]
  const values = { option: 'master', master: master.name, param: param.name, weights: recipe.weights }
  if (!usesMaster(recipe)) {
    if (asked && master !== param) throw wrong(recipe.name, 'unused-master', values)
    return
  }
  if (!holds(master, param)) throw wrong(recipe.name, 'narrow-master', values)
}
