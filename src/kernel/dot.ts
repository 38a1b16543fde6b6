/** The dot product with an accumulator of any format, in the orders people use, or as a GPU computes it. */
import { FpsimError } from '../errors.js'
import { tensorCoreDot } from '../format/tensor-core-dot.js'
import { exactDot, type Operations, operations } from './scalar.js'
import { type SumOptions, type SumPlan, sumOptionKeys, sumPlanOf } from './sum-options.js'

export interface DotOptions extends SumOptions {
  /** Where the sum starts. Default 0. */
  readonly c?: number
}

const optionKeys: readonly string[] = ['c', ...sumOptionKeys]

type Products = (i: number) => number

function sequential({ add }: Operations, start: number, product: Products, from: number, to: number): number {
  let s = start
  for (let i = from; i < to; i++) s = add(s, product(i))
  return s
}

function kahan({ add }: Operations, start: number, product: Products, from: number, to: number): number {
  let s = start
  let lost = 0
  for (let i = from; i < to; i++) {
    const y = add(product(i), -lost)
    const t = add(s, y)
    lost = add(add(t, -s), -y)
    s = t
  }
  return s
}

function pairwise(ops: Operations, product: Products, from: number, to: number): number {
  if (to - from === 1) return product(from)
  const middle = from + Math.floor((to - from) / 2)
  return ops.add(pairwise(ops, product, from, middle), pairwise(ops, product, middle, to))
}

/** A function of the numbers: what `dot` does once its options are known. */
export function summation(plan: SumPlan): (a: ArrayLike<number>, b: ArrayLike<number>, c: number) => number {
  const { f, method, chunk, core } = plan
  if (core !== undefined) return tensorCoreDot(core)
  if (method === 'exact') return (a, b, c) => exactDot(a, b, c, f)
  const ops = operations(f)
  const part = (start: number, product: Products, from: number, to: number): number => {
    if (method === 'sequential') return sequential(ops, start, product, from, to)
    if (method === 'kahan') return kahan(ops, start, product, from, to)
    return to === from ? start : ops.add(start, pairwise(ops, product, from, to))
  }
  return (a, b, c) => {
    const product = (i: number) => ops.mul(a[i] as number, b[i] as number)
    const n = a.length
    if (chunk === undefined) return part(ops.round(c), product, 0, n)
    let total = Math.fround(c)
    for (let from = 0; from < n; from += chunk)
      total = Math.fround(total + part(ops.round(0), product, from, Math.min(from + chunk, n)))
    return total
  }
}

/** Throws 'invalid-value' for what is not a list of numbers. */
function checkNumbers(option: string, values: ArrayLike<number>): void {
  const isList = typeof values === 'object' && values !== null && Number.isSafeInteger(values.length)
  if (
    isList &&
    (ArrayBuffer.isView(values)
      ? typeof values[0] !== 'bigint'
      : Array.from(values).every((x) => typeof x === 'number'))
  )
    return
  throw new FpsimError('invalid-value', {
    option,
    value: isList ? 'list' : values,
    problem: 'wrong-type',
    expected: 'numbers',
  })
}

/**
 * The dot product of a and b, every operation rounded once (nearest-even, overflow to infinity) in the format
 * `accumulate`: first rnd(c), each product rnd(aᵢ·bᵢ), each sum. The operands are taken as they are, unrounded. NaN, ±Inf
 * and signed zeros as in IEEE 754.
 * - 'sequential': s = rnd(s + productᵢ) in index order.
 * - 'pairwise': the sum of n products is that of the first floor(n / 2) and that of the others, added; c at the end, as
 *   rnd(c + sum).
 * - 'kahan': y = rnd(productᵢ − lost), t = rnd(s + y), lost = rnd(rnd(t − s) − y), s = t.
 * - 'exact': the exact sum of c and the exact products, rounded once; −0 only where all terms are −0.
 * `chunk`: the sum of that many products (the last chunk may have fewer), started anew at 0, is added in fp32 to a total,
 * which starts as c rounded to fp32.
 *
 * With `hardware` instead: as that GPU's tensor cores compute it, bit for bit, for the `input`, `output` and `instruction`
 * that it has. a and b are rounded to the input first, c to the output; K in that GPU's blocks, the last filled up with +0.
 * What a block does, how NaN, ±Inf and zeros come out, and what is known from recorded results or from a single one, is
 * told beside `tensorCoreDot` (format/tensor-core-dot.ts).
 *
 * Throws 'invalid-value', 'unknown-key', 'unsupported-combination' (what the GPU lacks, too) and as `format`.
 */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>, o: DotOptions = {}): number {
  const plan = sumPlanOf(o, optionKeys)
  const { c = 0 } = o
  if (typeof c !== 'number') throw new FpsimError('invalid-value', { option: 'c', value: c, allowed: 'number' })
  checkNumbers('a', a)
  checkNumbers('b', b)
  if (a.length !== b.length)
    throw new FpsimError('invalid-value', { option: 'b', value: `${b.length} numbers`, allowed: `${a.length} numbers` })
  return summation(plan)(a, b, c)
}
