/** How a recipe writes sums of products and operands in blocks: `fp16:64`, `h100:wgmma`, `mxfp8-e4m3fn:rceil`. */
import { FpsimError } from '../../errors.js'
import { findBlockFormat, scaleRules } from '../../format/block-catalog.js'
import type { Format } from '../../format/format.js'
import { asFormat, format, formatNames } from '../../format/parse.js'
import { gpus, instructions, outputs, tensorCore } from '../../format/tensor-core.js'
import { blockPlan, blockRoundings } from '../../kernel/blocks.js'
import { methods, type SumOptions } from '../../kernel/sum-options.js'
import { suggest } from '../../suggest.js'
import { type BlockWay, fp32 } from '../../tensor/precision.js'
import type { Recipe } from '../recipe.js'

export const wrong = (recipe: string, problem: string, values: Record<string, unknown>): FpsimError =>
  new FpsimError('wrong-recipe', { recipe, problem, ...values })

/** What is wrong with a value is told with the key it stands at. */
export function told<T>(key: keyof Recipe, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof FpsimError) throw new FpsimError(error.code, { ...error.values, option: key })
    throw error
  }
}

/** The tensor cores of a GPU as `accumulate` names them; undefined: it names none. Throws what tells why they cannot be. */
function hardwareOf({ name, accumulate }: Summing, operands: string): SumOptions | undefined {
  const [first = '', ...ways] = accumulate.split(':')
  const hardware = gpus.find((known) => known === first)
  if (hardware === undefined) return undefined
  const found: { output?: 'fp32' | 'fp16'; instruction?: (typeof instructions)[number] } = {}
  for (const way of ways) {
    const output = outputs.find((known) => known === way)
    const instruction = instructions.find((known) => known === way)
    if (output && !found.output) found.output = output
    else if (instruction && !found.instruction) found.instruction = instruction
    else throw wrong(name, 'accumulate', { option: 'accumulate', value: accumulate })
  }
  const sum = { hardware, input: asFormat(operands), ...found }
  told('accumulate', () => tensorCore(sum))
  return sum
}

/** The format of sums. A name that is none may be a GPU's, misspelt. Throws as `format`. */
function sumFormat(name: string): Format {
  try {
    return format(name)
  } catch (error) {
    if (!(error instanceof FpsimError) || error.code !== 'unknown-format') throw error
    const suggestion = suggest(name.toLowerCase(), [...gpus, ...formatNames()])
    throw new FpsimError('unknown-format', { name, suggestion, among: 'sums', allowed: gpus, option: 'accumulate' })
  }
}

type Summing = Pick<Recipe, 'name' | 'accumulate'>

/** How `accumulate` is written, for operands of a format. Throws 'wrong-recipe', 'unsupported-combination' and as `format`. */
export function sumOptionsOf(recipe: Summing, operands: string): SumOptions {
  const hardware = hardwareOf(recipe, operands)
  if (hardware) return hardware
  const [name = '', way, ...more] = recipe.accumulate.split(':')
  const accumulate = sumFormat(name)
  if (way === undefined) return accumulate === fp32 ? {} : { accumulate }
  const chunk = Number(way)
  const method = methods.find((known) => known === way)
  if (more.length > 0 || !(method || (Number.isSafeInteger(chunk) && chunk > 0)))
    throw wrong(recipe.name, 'accumulate', { option: 'accumulate', value: recipe.accumulate })
  return method ? { accumulate, method } : { accumulate, chunk }
}

/** How operands in a block format are written; undefined: that is none. Throws 'wrong-recipe' and as `blockPlan`. */
export function blockWayOf(recipe: Pick<Recipe, 'name' | 'forward' | 'backward'>, key: 'forward' | 'backward') {
  const [name = '', ...ways] = recipe[key].split(':')
  const format = findBlockFormat(name)
  if (format === undefined) return undefined
  const found: { -readonly [K in 'scale' | 'rounding']?: NonNullable<BlockWay[K]> } = {}
  for (const way of ways) {
    const scale = scaleRules.find((known) => known === way)
    const rounding = blockRoundings.find((known) => known === way)
    if (scale && !found.scale) found.scale = scale
    else if (rounding && !found.rounding) found.rounding = rounding
    else throw wrong(recipe.name, 'blocks', { option: key, value: recipe[key] })
  }
  told(key, () => blockPlan(format.name, found))
  return { format: format.name, ...found }
}
