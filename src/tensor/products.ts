/** The three products of a layer with weights: its result, and the gradients of its input and its weights. */
import { exponentOf, powerOfTwo } from '../format/bits.js'
import type { Slab } from '../kernel/arena.js'
import { slabBlockRounder } from '../kernel/blocks.js'
import { countNonzero, scale as multiplyBy, transpose } from '../kernel/elementwise.js'
import { product } from '../kernel/matrix.js'
import type { SumOptions } from '../kernel/sum-options.js'
import { type Opened, room } from './operation.js'
import { lossesOf } from './rounds.js'
import { seedOf } from './seeds.js'
import type { Tensor } from './tensor.js'

/** How products of this operation are summed. */
export const sumOf = ({ precision }: Opened): SumOptions => precision.sum ?? {}

export interface Products {
  /** x · weightᵀ, m × n. */
  result(to: Slab, x: Slab): void
  /** gradient · weight, m × k. */
  toInput(to: Slab, gradient: Slab): void
  /** gradientᵀ · x, n × k. */
  toWeight(to: Slab, gradient: Slab, x: Slab): void
}

export interface ProductSides {
  readonly m: number
  readonly k: number
  readonly n: number
}

/** Of x, m × k, and a weight, n × k; a gradient is m × n. With `blocks` of the precision operands are rounded first. */
export function productsOf(opened: Opened, weight: Tensor, sides: ProductSides): Products {
  const { blocks, scale, sum } = opened.precision
  if (blocks) return inBlocks(opened, weight, sides, blocks)
  const products = plain(opened, sides)
  if (scale && sum?.hardware !== undefined) return onCores(opened, weight, products)
  return {
    ...products,
    result: (to, x) => products.result(to, x, weight.slab),
    toInput: (to, gradient) => products.toInput(to, gradient, weight.slab),
  }
}

/**
 * Tensor cores see operands as they were rounded, with their scales, and the results are divided by these. Exact, but at
 * the ends of float32's range.
 */
function onCores(opened: Opened, weight: Tensor, { result, toInput, toWeight }: CoreProducts): Products {
  const { tape, inputs } = opened
  const factorOf = (x: Slab | undefined): number => (x && tape.state.factors.get(x)) ?? 1
  const raised = (x: Slab, factor: number): Slab => {
    if (factor === 1) return x
    const out = room(opened, x.length)
    multiplyBy(out, x, factor)
    return out
  }
  const lower = (to: Slab, first: number, second: number): void => {
    const exponent = -exponentOf(first * second)
    const half = Math.trunc(exponent / 2)
    for (const part of Math.abs(exponent) <= 126 ? [exponent] : [half, exponent - half])
      multiplyBy(to, to, powerOfTwo(part))
  }
  const [ofX, ofWeight] = [factorOf(inputs[0]?.slab), factorOf(weight.slab)]
  const raisedWeight = raised(weight.slab, ofWeight)
  return {
    result(to, x) {
      result(to, raised(x, ofX), raisedWeight)
      lower(to, ofX, ofWeight)
    },
    toInput(to, gradient) {
      const factor = factorOf(gradient)
      toInput(to, raised(gradient, factor), raisedWeight)
      lower(to, factor, ofWeight)
    },
    toWeight(to, gradient, x) {
      const factor = factorOf(gradient)
      toWeight(to, raised(gradient, factor), raised(x, ofX))
      lower(to, factor, ofX)
    },
  }
}

/** The same, the weight being told each time. */
interface CoreProducts extends Pick<Products, 'toWeight'> {
  result(to: Slab, x: Slab, weight: Slab): void
  toInput(to: Slab, gradient: Slab, weight: Slab): void
}

function plain(opened: Opened, { m, k, n }: ProductSides): CoreProducts {
  const sum = sumOf(opened)
  return {
    result: (to, x, weight) => product(to, x, weight, { m, k, n, transposeB: true }, sum),
    toInput: (to, gradient, weight) => product(to, gradient, weight, { m, k: n, n: k }, sum),
    toWeight: (to, gradient, x) => product(to, gradient, x, { m: n, k: m, n: k, transposeA: true }, sum),
  }
}

type Blocks = NonNullable<Opened['precision']['blocks']>

/**
 * Blocks run along the depth of each product, so that every operand is rounded twice, each time from what it was: along its
 * rows, and, transposed, along its columns, as Transformer Engine does. The gradient's losses count for the weight.
 */
function inBlocks(opened: Opened, weight: Tensor, { m, k, n }: ProductSides, blocks: Blocks): Products {
  const { tape } = opened
  const sum = sumOf(opened)
  const along = (x: Slab, rows: number, what: keyof Blocks, to = room(opened, x.length)): Slab => {
    const { format, ...how } = blocks[what]
    const seed = seedOf(tape.seed, 'rounding', tape.step, tape.roundings++)
    const losses = what === 'backward' ? lossesOf(tape, weight) : undefined
    const before = losses ? countNonzero(x) : 0
    slabBlockRounder(format, { ...how, seed })(to, { columns: x.length / rows, from: x })
    if (losses) {
      losses.values += x.length
      losses.lost += before - countNonzero(to)
    }
    return to
  }
  const across = (x: Slab, rows: number, what: keyof Blocks): Slab => {
    const turned = room(opened, x.length)
    transpose(turned, x, rows, x.length / rows)
    return along(turned, x.length / rows, what, turned)
  }
  return {
    result: (to, x) =>
      product(to, along(x, m, 'forward'), along(weight.slab, n, 'forward'), { m, k, n, transposeB: true }, sum),
    toInput: (to, gradient) =>
      product(
        to,
        along(gradient, m, 'backward'),
        across(weight.slab, n, 'forward'),
        { m, k: n, n: k, transposeB: true },
        sum,
      ),
    toWeight: (to, gradient, x) =>
      product(
        to,
        across(gradient, m, 'backward'),
        across(x, m, 'forward'),
        { m: n, k: m, n: k, transposeB: true },
        sum,
      ),
  }
}
