/** The options of dot and gemm, checked. */
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { type Gpu, type Instruction, type Output, type TensorCore, tensorCore } from '../format/tensor-core.js'
import { suggest } from '../suggest.js'

export const methods = ['sequential', 'pairwise', 'kahan', 'exact'] as const
export type Method = (typeof methods)[number]

export interface SumOptions {
  /** The format of every product and partial sum. Default fp32. */
  readonly accumulate?: Format | string
  /** Default 'sequential'; the orders are told beside `dot`. */
  readonly method?: Method
  /** Adds the sums of that many products to a total in fp32. */
  readonly chunk?: number
  /** Computes as this GPU's tensor cores do, see tensorCoreDot; the three options above are then not possible. */
  readonly hardware?: Gpu
  /** Default mma; for FP8 wgmma on h100 and h200, tcgen05 on b200. */
  readonly instruction?: Instruction
  /** What a and b are rounded to first, of fp16 (the default), bf16, tf32, e4m3fn and e5m2. */
  readonly input?: Format | string
  /** What c and the results of blocks are rounded to. Default fp32. */
  readonly output?: Output
}

const ofFormats = ['accumulate', 'method', 'chunk'] as const satisfies readonly (keyof SumOptions)[]
const ofHardware = ['instruction', 'input', 'output'] as const satisfies readonly (keyof SumOptions)[]
export const sumOptionKeys: readonly string[] = [...ofFormats, 'hardware', ...ofHardware]

export interface SumPlan {
  readonly f: Format
  readonly method: Method
  readonly chunk: number | undefined
  /** Where it is there the rest says nothing. */
  readonly core?: TensorCore
}

/** Throws 'unsupported-combination', 'unknown-key', 'invalid-value' and as `format`. */
export function sumPlanOf(o: SumOptions, allowed: readonly string[]): SumPlan {
  if (typeof o !== 'object' || o === null)
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  for (const key of Object.keys(o))
    if (!allowed.includes(key)) throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  const { hardware } = o
  for (const key of hardware === undefined ? ofHardware : ofFormats)
    if (o[key] !== undefined)
      throw new FpsimError('unsupported-combination', {
        options: hardware === undefined ? [`${key} without hardware`] : [`hardware ${hardware}`, key],
      })
  if (hardware !== undefined)
    return { f: asFormat('fp32'), method: 'sequential', chunk: undefined, core: tensorCore({ ...o, hardware }) }
  const { accumulate = 'fp32', method = 'sequential', chunk } = o
  if (!(methods as readonly string[]).includes(method))
    throw new FpsimError('invalid-value', {
      option: 'method',
      value: method,
      allowed: methods,
      suggestion: suggest(String(method), methods),
    })
  if (chunk !== undefined && !(Number.isSafeInteger(chunk) && chunk > 0))
    throw new FpsimError('invalid-value', { option: 'chunk', value: chunk, allowed: '1, 2, 3 …' })
  if (chunk !== undefined && method === 'exact')
    throw new FpsimError('unsupported-combination', { options: ['chunk', 'method exact'] })
  return { f: asFormat(accumulate), method, chunk }
}
