/** A recipe of mixed precision: the format of each role, and how losses are prevented. Data, checked. */
import { FpsimError } from '../errors.js'
import { type Format, type Rounding, roundings } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { methods, type SumOptions } from '../kernel/sum-options.js'
import { suggest } from '../suggest.js'
import { fp32, holds } from '../tensor/precision.js'
import { parseCompression } from './compress.js'
import { lossScaler, policyOf } from './loss-scale.js'
import { recipes } from './recipes.js'
import { type Keeping, keepings } from './weights.js'

/** The dials. Each names a format; `accumulate` may also say how sums are made. */
export const roles = ['param', 'master', 'compute', 'accumulate', 'grad', 'state', 'comm'] as const
export type Role = (typeof roles)[number]

export const autocasts = ['none', 'lists', 'model'] as const

/** Every format by name. */
export interface Recipe {
  readonly name: string
  /** What the network keeps as its weights. */
  readonly param: string
  /** What updates are added in, where `weights` is master or stochastic. */
  readonly master: string
  /** What operations compute in. */
  readonly compute: string
  /** Sums of products: a format, or that and a way: `fp16`, `fp16:64` in chunks, `fp16:kahan`. */
  readonly accumulate: string
  /** The gradients of the weights, as the backward pass leaves them. */
  readonly grad: string
  /** The optimizer's momentum and variance. */
  readonly state: string
  /** What workers exchange: a format, or any compression. */
  readonly comm: string
  /**
   * `lists`: PyTorch's autocast decides which operation runs in `compute`. `model`: all of them but the loss do. `none`: all.
   */
  readonly autocast: (typeof autocasts)[number]
  /** How small updates are kept. */
  readonly weights: Keeping
  /** The loss-scale policy. */
  readonly scaler: string
  /** Its configuration, by its own names. */
  readonly scaling: Readonly<Record<string, number | string | boolean>>
  /** Of values and gradients. */
  readonly rounding: Rounding
  /** Operands of linear and conv2d in FP8, each tensor with a scale of its own; '' without. */
  readonly forward: string
  readonly backward: string
}

/** One recipe from a step on. */
export interface Stage {
  readonly from: number
  readonly recipe: Recipe
}

/** What is trained: one recipe, or several one after the other. */
export interface Schedule {
  readonly name: string
  readonly stages: readonly [Stage, ...Stage[]]
}

const plain: Recipe = {
  name: 'fp32',
  param: 'fp32',
  master: 'fp32',
  compute: 'fp32',
  accumulate: 'fp32',
  grad: 'fp32',
  state: 'fp32',
  comm: 'none',
  autocast: 'none',
  weights: 'plain',
  scaler: 'none',
  scaling: {},
  rounding: 'nearest-even',
  forward: '',
  backward: '',
}

const wrong = (recipe: string, problem: string, values: Record<string, unknown>): FpsimError =>
  new FpsimError('wrong-recipe', { recipe, problem, ...values })

/** How `accumulate` is written. Throws 'wrong-recipe' and as `format`. */
export function sumOptionsOf(recipe: Pick<Recipe, 'name' | 'accumulate'>): SumOptions {
  const [name = '', way, ...more] = recipe.accumulate.split(':')
  const accumulate = asFormat(name)
  if (way === undefined) return accumulate === fp32 ? {} : { accumulate }
  const chunk = Number(way)
  const method = methods.find((known) => known === way)
  if (more.length > 0 || !(method || (Number.isSafeInteger(chunk) && chunk > 0)))
    throw wrong(recipe.name, 'accumulate', { option: 'accumulate', value: recipe.accumulate })
  return method ? { accumulate, method } : { accumulate, chunk }
}

/** Words of a closed set, each with the key it stands at. */
const closed: Readonly<Partial<Record<keyof Recipe, readonly string[]>>> = {
  autocast: autocasts,
  weights: keepings,
  rounding: roundings,
}

const formatKeys = ['param', 'master', 'compute', 'grad', 'state', 'forward', 'backward'] as const

/**
 * A recipe from what was written: what is missing is as in fp32. Throws 'wrong-recipe' for what contradicts itself,
 * 'unknown-key', 'unknown-format', 'unknown-policy', 'invalid-value'.
 */
export function recipeOf(given: Readonly<Record<string, unknown>>): Recipe {
  const allowed = ['base', 'schedule', ...Object.keys(plain)]
  for (const key of Object.keys(given))
    if (!Object.hasOwn(plain, key))
      throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  const recipe = { ...plain, ...given } as Recipe
  check(recipe)
  return recipe
}

/** The format of a role; what is wrong with it is told with the role. */
function formatAt(recipe: Recipe, key: (typeof formatKeys)[number]): Format {
  try {
    return asFormat(recipe[key])
  } catch (error) {
    if (error instanceof FpsimError) throw new FpsimError(error.code, { ...error.values, option: key })
    throw error
  }
}

function check(recipe: Recipe): void {
  for (const [key, start] of Object.entries(plain)) {
    const value = recipe[key as keyof Recipe]
    if (typeof value !== typeof start || (key === 'name' && value === ''))
      throw new FpsimError('invalid-value', { option: key, value, problem: 'wrong-type', expected: typeof start })
    const allowed = closed[key as keyof Recipe]
    if (allowed && !allowed.includes(value as string))
      throw new FpsimError('invalid-value', {
        option: key,
        value,
        problem: 'not-allowed',
        allowed,
        suggestion: suggest(String(value), allowed),
      })
  }
  const { name } = recipe
  for (const key of formatKeys) {
    if (recipe[key] === '') continue
    const f = formatAt(recipe, key)
    if (!holds(fp32, f)) throw wrong(name, 'too-wide', { key, format: f.name })
  }
  sumOptionsOf(recipe)
  parseCompression(recipe.comm)
  lossScaler(recipe.scaler, recipe.scaling)
  const [param, master] = [asFormat(recipe.param), asFormat(recipe.master)]
  if (recipe.weights === 'master' || recipe.weights === 'stochastic') {
    if (master !== param && holds(param, master))
      throw wrong(name, 'narrow-master', { option: 'master', master: master.name, param: param.name })
  }
  if ((recipe.forward === '') !== (recipe.backward === '')) throw wrong(name, 'half-fp8', {})
  if (policyOf(recipe.scaler).family === 'delayed') throw wrong(name, 'delayed-loss', {})
}

/** The recipe of a name. Throws 'wrong-recipe'. */
export function recipeNamed(name: string): Recipe {
  const row = recipes.find((known) => known.name === name)
  if (row === undefined) {
    const allowed = recipes.map((known) => known.name)
    throw wrong(name, 'unknown', { allowed, suggestion: suggest(name, allowed) })
  }
  return { ...plain, ...row }
}

export const recipeNames: readonly string[] = recipes.map(({ name }) => name)

/** `fp16-amp`, or `fp16-amp+fp32@200`: the second one from step 200 on. Throws 'wrong-recipe'. */
export function scheduleNamed(text: string): Schedule {
  const stages = text.split('+').map((part): Stage => {
    const [name = '', at, ...more] = part.split('@')
    const from = at === undefined ? 0 : Number(at)
    if (more.length > 0 || at === '' || !Number.isSafeInteger(from)) throw wrong(text, 'stage', { value: part })
    return { from, recipe: recipeNamed(name) }
  })
  return schedule(text, stages)
}

/** Stages in their order, the first from step 0. Throws 'wrong-recipe'. */
export function schedule(name: string, stages: readonly Stage[]): Schedule {
  const [first, ...rest] = stages
  if (first?.from !== 0) throw wrong(name, 'first-stage', {})
  let before = 0
  for (const { from } of rest) {
    if (!(Number.isSafeInteger(from) && from > before)) throw wrong(name, 'order', { value: from })
    before = from
  }
  return { name, stages: [first, ...rest] }
}

/**
 * A schedule as a file has it: a recipe, which may build on a named one (`base`) or on an earlier one of the file, or
 * `{ name, schedule: [{ from: 0, recipe: fp16-amp }, …] }`. `own` is what the file had before; a recipe is added to it.
 * Throws as `recipeOf` and `schedule`.
 */
export function scheduleWritten(entry: Readonly<Record<string, unknown>>, own: Map<string, Recipe>): Schedule {
  const lookUp = (wanted: unknown): Recipe => own.get(String(wanted)) ?? recipeNamed(String(wanted))
  const { name, schedule: stages, base, ...rest } = entry
  if (name === undefined) throw new FpsimError('invalid-value', { option: 'name', problem: 'missing' })
  if (stages === undefined) {
    const recipe = recipeOf({ ...(base === undefined ? {} : lookUp(base)), name, ...rest })
    own.set(recipe.name, recipe)
    return { name: recipe.name, stages: [{ from: 0, recipe }] }
  }
  const known = (of: object, allowed: readonly string[]): void => {
    for (const key of Object.keys(of))
      if (!allowed.includes(key))
        throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  }
  known(entry, ['name', 'schedule'])
  if (!Array.isArray(stages))
    throw new FpsimError('invalid-value', {
      option: 'schedule',
      value: stages,
      problem: 'wrong-type',
      expected: 'array',
    })
  return schedule(
    String(name),
    stages.map((stage: unknown): Stage => {
      const given = (typeof stage === 'object' && stage !== null ? stage : {}) as Readonly<Record<string, unknown>>
      known(given, ['from', 'recipe'])
      return { from: Number(given['from']), recipe: lookUp(given['recipe']) }
    }),
  )
}
