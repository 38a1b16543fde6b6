/** The options of dot and gemm, checked. */
import { FpsimError } from '../errors.js'
import type { Format } from '../format/format.js'
import { asFormat } from '../format/parse.js'
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
}

export const sumOptionKeys: readonly string[] = ['accumulate', 'method', 'chunk'] satisfies (keyof SumOptions)[]

export interface SumPlan {
  readonly f: Format
  readonly method: Method
  readonly chunk: number | undefined
}

/** Options of the GPU models, which come with another function. */
const ofHardware: readonly string[] = ['hardware', 'instruction', 'input', 'output']

/** Throws 'unsupported-combination', 'unknown-key', 'invalid-value' and as `format`. */
export function sumPlanOf(o: SumOptions, allowed: readonly string[]): SumPlan {
  if (typeof o !== 'object' || o === null)
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  for (const key of Object.keys(o)) {
    if (ofHardware.includes(key)) throw new FpsimError('unsupported-combination', { options: [key] })
    if (!allowed.includes(key)) throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  }
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
