/** A recipe of mixed precision: the format of each role, and how losses are prevented. Data, checked. */
import { FpsimError } from '../errors.js'
import { type Rounding, roundings } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { suggest } from '../suggest.js'
import { fp32, holds } from '../tensor/precision.js'
import { parseCompression } from './compress.js'
import { lossScaler, policyOf } from './loss-scale.js'
import { checkMasters, withMasters } from './recipe/masters.js'
import { blockWayOf, sumOptionsOf, told, wrong } from './recipe/ways.js'
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
  /** What updates are added in, where `weights` is master or stochastic; written without `weights`, it makes that master. */
  readonly master: string
  /** What operations compute in. */
  readonly compute: string
  /**
   * Sums of products: a format, or that and a way: `fp16`, `fp16:64` in chunks, `fp16:kahan`; or the tensor cores of a GPU,
   * which read operands in `compute`: `h100`, `v100:fp16` with results in fp16, `h100:wgmma` by that instruction.
   */
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
  /**
   * Operands of linear and conv2d: in FP8, each tensor with a scale of its own; or in a block format, each block with one,
   * blocks running along the depth of the product: `nvfp4`, `mxfp8-e4m3fn:rceil` with scales by that rule,
   * `nvfp4:stochastic`. '' without.
   */
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

/** Words of a closed set, each with the key it stands at. */
const closed: Readonly<Partial<Record<keyof Recipe, readonly string[]>>> = {
  autocast: autocasts,
  weights: keepings,
  rounding: roundings,
}

const formatKeys = ['param', 'master', 'compute', 'grad', 'state', 'forward', 'backward'] as const

/**
 * A recipe from what was written: what is missing is as in `base`. Throws 'wrong-recipe' for what contradicts itself,
 * 'unknown-key', 'unknown-format', 'unknown-policy', 'invalid-value'.
 */
export function recipeOf(given: Readonly<Record<string, unknown>>, base: Recipe = plain): Recipe {
  const keys = Object.keys(plain)
  const allowed = ['base', 'schedule', ...keys]
  for (const key of Object.keys(given))
    if (!Object.hasOwn(plain, key))
      throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  const merged = { ...base, ...given } as Recipe
  checkWords(merged)
  checkFormats(merged)
  const recipe = withMasters(merged, given)
  // A whole recipe has a master's format, whether it is used or not.
  const isWhole = keys.every((key) => Object.hasOwn(given, key)) && given['master'] === plain.master
  checkMasters(recipe, given['master'] !== undefined && !isWhole)
  check(recipe)
  return recipe
}

function checkWords(recipe: Recipe): void {
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
}

const inBlocks = (recipe: Recipe) =>
  (['forward', 'backward'] as const).filter((key) => blockWayOf(recipe, key) !== undefined)

function checkFormats(recipe: Recipe): void {
  const blocks: readonly string[] = inBlocks(recipe)
  for (const key of formatKeys) {
    if (recipe[key] === '' || blocks.includes(key)) continue
    const f = told(key, () => asFormat(recipe[key]))
    if (!(f.signed && f.subnormals)) throw wrong(recipe.name, 'no-numbers', { key, format: f.name })
    if (!holds(fp32, f)) throw wrong(recipe.name, 'too-wide', { key, format: f.name })
  }
}

/** The tensor cores of a GPU where operands are FP8: products of one format are modelled, and none of blocks. */
function checkGpu(recipe: Recipe, blocks: readonly string[]): void {
  const { name, accumulate, forward, backward } = recipe
  const { hardware } = sumOptionsOf(recipe, recipe.compute)
  if (hardware === undefined || forward === '') return
  const values = { option: 'accumulate', gpu: hardware, forward, backward }
  if (blocks.length > 0) throw wrong(name, 'gpu-blocks', values)
  // First whether the GPU has FP8 at all.
  for (const operands of [forward, backward]) sumOptionsOf({ name, accumulate }, operands)
  if (asFormat(forward) !== asFormat(backward)) throw wrong(name, 'gpu-mixed', values)
}

function check(recipe: Recipe): void {
  const { name } = recipe
  if ((recipe.forward === '') !== (recipe.backward === '')) throw wrong(name, 'half-fp8', {})
  const { accumulate } = sumOptionsOf(recipe, recipe.compute)
  if (accumulate !== undefined && !(asFormat(accumulate).signed && asFormat(accumulate).subnormals))
    throw wrong(name, 'no-numbers', { key: 'accumulate', format: asFormat(accumulate).name })
  const blocks = inBlocks(recipe)
  checkGpu(recipe, blocks)
  parseCompression(recipe.comm)
  lossScaler(recipe.scaler, recipe.scaling)
  if (blocks.length === 1)
    throw new FpsimError('unsupported-combination', {
      options: [`forward ${recipe.forward}`, `backward ${recipe.backward}`],
      option: 'backward',
    })
  if (policyOf(recipe.scaler).family === 'delayed') throw wrong(name, 'delayed-loss', {})
}

/** The recipe of a name; `fp16-amp/h100` is that recipe with the sums of products by `h100`. Throws as `recipeOf`. */
export function recipeNamed(name: string): Recipe {
  const [base = '', accumulate, ...more] = name.split('/')
  const row = recipes.find((known) => known.name === base)
  if (row === undefined) {
    const allowed = recipes.map((known) => known.name)
    throw wrong(base, 'unknown', { allowed, suggestion: suggest(base, allowed) })
  }
  if (accumulate === undefined) return { ...plain, ...row }
  if (accumulate === '' || more.length > 0) throw wrong(name, 'accumulate', { option: 'accumulate', value: name })
  return recipeOf({ ...row, name, accumulate })
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
    const recipe = recipeOf({ name, ...rest }, base === undefined ? plain : lookUp(base))
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
