/** The dot product of a tensor core: the exact model, block by block. */
import { exponentOf, powerOfTwo } from './bits.js'
import { format } from './parse.js'
import { rounder } from './round.js'
import type { TensorCore } from './tensor-core.js'

/** How many products an instruction's step takes: what K is filled up to with +0. */
export const stepOf = ({ block, pairs }: TensorCore): number => (pairs ? 2 * block : block)

/** The order in which the elements of a step are summed. */
export function orderOf({ block, pairs }: TensorCore): readonly number[] {
  const order = Array.from({ length: pairs ? 2 * block : block }, (_, i) => i)
  return pairs ? [...order.filter((i) => i % 4 < 2), ...order.filter((i) => i % 4 >= 2)] : order
}

/** An exact sum rounded once. Toward zero, what is beyond the range is infinite all the same. */
function sumRounder({ sum, output }: TensorCore): (x: number) => number {
  if (output.name === 'fp16') return rounder(sum)
  const towardZero = rounder(sum, { rounding: 'toward-zero' })
  const limit = powerOfTwo(sum.emax + 1)
  return (x) => (Math.abs(x) < limit ? towardZero(x) : x * Number.POSITIVE_INFINITY)
}

/** Numbers with the exponents that they are stored with: subnormals have that of the smallest normal number. */
interface Operand {
  readonly values: Float64Array
  readonly exponents: Int16Array
}

/** a in the order and the whole steps in which it is summed. */
function operandOf(a: ArrayLike<number>, core: TensorCore, toInput: (x: number) => number): Operand {
  const order = orderOf(core)
  const step = order.length
  const length = Math.ceil(a.length / step) * step
  const values = new Float64Array(length)
  const exponents = new Int16Array(length)
  // FP8 becomes fp16 first where it is computed there: its subnormals are normal then.
  const { emin } = core.pairs ? format('fp16') : core.input
  for (let at = 0; at < length; at++) {
    const i = at - (at % step) + (order[at % step] as number)
    const x = i < a.length ? toInput(a[i] as number) : 0
    values[at] = x
    exponents[at] = Math.max(exponentOf(x), emin)
  }
  return { values, exponents }
}

/** The sum of the infinities and NaNs among c and the products of a block; undefined where all are finite. */
function specialSum(x: Float64Array, y: Float64Array, from: number, to: number, c: number): number | undefined {
  let sum = Number.isFinite(c) ? 0 : c
  for (let i = from; i < to; i++) {
    const p = (x[i] as number) * (y[i] as number)
    if (!Number.isFinite(p)) sum += p
  }
  return sum === 0 ? undefined : sum
}

/** The products from `from` to `to` and c: aligned, cut, added, rounded. */
function blockSum(
  { kept, least, output }: TensorCore,
  a: Operand,
  b: Operand,
  [from, to]: readonly [number, number],
  c: number,
  round: (x: number) => number,
): number {
  const [x, y] = [a.values, b.values]
  const special = specialSum(x, y, from, to, c)
  if (special !== undefined) return special
  let top = c === 0 ? least : Math.max(least, exponentOf(c), output.emin)
  for (let i = from; i < to; i++)
    if (x[i] !== 0 && y[i] !== 0) top = Math.max(top, (a.exponents[i] as number) + (b.exponents[i] as number))
  // All is exact: products have at most 22 bits, and powers of two leave them far within float64's range; the terms are
  // integers below 2^(kept + 2), at most 33 of them.
  const scale = powerOfTwo(kept - top)
  let sum = Math.trunc(c * scale)
  for (let i = from; i < to; i++) sum += Math.trunc((x[i] as number) * (y[i] as number) * scale)
  return sum === 0 ? 0 : round(sum * powerOfTwo(top - kept))
}

/**
 * The dot product of a TensorCore, as a function of a, b (as long as a) and c. Exact: the result is the GPU's own, bit for
 * bit, as far as it is known (`recorded`, and the remarks above the table in tensor-core.ts). a and b are rounded to the input, c to the
 * output, nearest-even; blocks in order of the index, each beginning with the result before it, the last filled up with +0;
 * without elements the result is c.
 * A block: the exact products and c, with exponents as stored (a product's is the sum of its factors', so that its
 * significand may be up to 4), are cut toward zero to multiples of 2^(E − kept), E being the largest exponent of a term that
 * is not 0, at least `least`; their sum is exact, and rounded once.
 * NaN: a NaN, Inf · 0, or infinities of both signs among products and c. Otherwise an infinity is the result. A sum of 0 is
 * +0, also where all terms are −0; one that rounds to 0 keeps its sign. Subnormals count like all others, in and out.
 * Beyond the largest number: ±Inf, toward zero too.
 */
export function tensorCoreDot(core: TensorCore): (a: ArrayLike<number>, b: ArrayLike<number>, c: number) => number {
  const { block, pairs } = core
  const toInput = rounder(core.input)
  const toOutput = rounder(core.output)
  const round = sumRounder(core)
  return (a, b, c) => {
    const x = operandOf(a, core, toInput)
    const y = operandOf(b, core, toInput)
    const part = (from: number, start: number) => blockSum(core, x, y, [from, from + block], start, round)
    let sum = toOutput(c)
    if (pairs)
      for (let from = 0; from < x.values.length; from += 2 * block)
        sum = toOutput(part(from + block, part(from, 0)) + sum)
    else for (let from = 0; from < x.values.length; from += block) sum = part(from, sum)
    return sum
  }
}
