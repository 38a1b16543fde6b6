/** Matrix products of slabs, one or many in a call, with an accumulator of any format. */
import { largest } from '../format/format.js'
import { type Slab, valuesOf } from './arena.js'
import { accumulatorKind, isFloat32, multiply } from './gemm.js'
import { type Machine, machine } from './machine.js'
import { type SumOptions, type SumPlan, sumOptionKeys, sumPlanOf } from './sum-options.js'

/** Many products in one call: how many, and how far apart their operands and results begin, in values. 0: the same for all. */
export interface Batch {
  readonly count: number
  readonly a: number
  readonly b: number
  readonly to: number
}

/**
 * to (m × n) = a (m × k) · b (k × n), row-major; or, transposed, a is k × m, b n × k as stored. Rows may lie further apart
 * than they are long, so that a head's part of a wider matrix, or a column block, needs no copy.
 */
export interface ProductShape {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  /** From one stored row to the next, in values. Default: as long as the row. */
  readonly rowA?: number
  readonly rowB?: number
  readonly rowTo?: number
  /** Up to two levels, the outer first: images and heads, say. */
  readonly batch?: readonly Batch[]
}

export interface ProductOptions extends SumOptions {
  /** Adds to what `to` holds, in float32, once the product is done; default false. */
  readonly add?: boolean
}

/** The shape with nothing left open. */
interface Layout {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly rowA: number
  readonly rowB: number
  readonly rowTo: number
  readonly outer: Batch
  readonly inner: Batch
}

const single: Batch = { count: 1, a: 0, b: 0, to: 0 }

function layoutOf({ m, k, n, transposeA = false, transposeB = false, batch = [], ...rows }: ProductShape): Layout {
  const [outer, inner] = batch.length > 1 ? batch : [single, batch[0]]
  return {
    m,
    k,
    n,
    transposeA,
    transposeB,
    rowA: rows.rowA ?? (transposeA ? m : k),
    rowB: rows.rowB ?? (transposeB ? k : n),
    rowTo: rows.rowTo ?? n,
    outer: outer ?? single,
    inner: inner ?? single,
  }
}

type Arguments = Parameters<Machine['product32']>

/** What the kernels are told: addresses and distances in bytes. */
const argumentsOf = (to: Slab, a: Slab, b: Slab, l: Layout, add: boolean): Arguments => [
  to.at,
  a.at,
  b.at,
  l.m,
  l.k,
  l.n,
  4 * l.rowTo,
  4 * l.rowA,
  4 * l.rowB,
  l.transposeA,
  l.transposeB,
  add,
  l.outer.count,
  4 * l.outer.to,
  4 * l.outer.a,
  4 * l.outer.b,
  l.inner.count,
  4 * l.inner.to,
  4 * l.inner.a,
  4 * l.inner.b,
]

/** The depth that a tile takes at a time, as in assembly/buffers.ts. */
const tileDepth = 256

export type ProductPath = 'whole' | 'tiled' | 'plain'

/** Which way a product is computed: what tests and benchmarks tell of. */
export function productPath(
  a: Slab,
  b: Slab,
  k: number,
  { f, method, chunk, core }: SumPlan,
  add = false,
): ProductPath {
  const kahan = method === 'kahan'
  if ((method !== 'sequential' && !kahan) || k === 0 || core !== undefined) return 'plain'
  if (isFloat32(f)) return chunk === undefined && !kahan && !(add && k > tileDepth) ? 'whole' : 'tiled'
  const kind = accumulatorKind(f)
  if (kind === undefined) return 'plain'
  const m = machine()
  const [left, right] = [m.surveySlab(a.at, a.length), m.surveySlab(b.at, b.length)]
  const seen = left | right
  if ((seen & 1) !== 0) return 'plain'
  if (kind !== 4) return 'tiled'
  // With float32's exponents: rounding by integers would carry out of a NaN of many bits, and tiny products would be
  // rounded twice.
  return (seen & 4) !== 0 || (left >> 3) + (right >> 3) < 127 ? 'plain' : 'tiled'
}

/**
 * Every element is what `gemm` gives with the same accumulate, method and chunk, bit for bit: the depth in order, each
 * product and each sum rounded once. `add`: to = fp32(to + product). NaN is canonical. `to` may not overlap a or b.
 * The shape is not checked against the slabs. Throws as `gemm`.
 */
export function product(to: Slab, a: Slab, b: Slab, shape: ProductShape, o: ProductOptions = {}): void {
  const { add = false, ...sum } = o
  const plan = sumPlanOf(sum, sumOptionKeys)
  const layout = layoutOf(shape)
  const path = productPath(a, b, shape.k, plan, add)
  const m = machine()
  const list = argumentsOf(to, a, b, layout, add)
  if (path === 'whole') m.product32(...list)
  else if (path === 'plain') plain(to, a, b, layout, sum, add)
  else {
    const { f, method, chunk = 0 } = plan
    const kind = isFloat32(f) ? 0 : (accumulatorKind(f) as number)
    if (kind !== 0) m.setAccumulator(f.emin, f.emax, f.precision, largest(f))
    m.productTiled(kind, chunk, method === 'kahan', ...list)
  }
}

/** One product after the other through `multiply`: every format, method and operand. */
function plain(to: Slab, a: Slab, b: Slab, l: Layout, sum: SumOptions, add: boolean): void {
  const { m, k, n, transposeA, transposeB, outer, inner } = l
  const [left, right, out] = [valuesOf(a), valuesOf(b), valuesOf(to)]
  const dense = (values: Float32Array, at: number, rows: number, columns: number, row: number): Float32Array => {
    const copy = new Float32Array(rows * columns)
    for (let r = 0; r < rows; r++) copy.set(values.subarray(at + r * row, at + r * row + columns), r * columns)
    return copy
  }
  for (let i = 0; i < outer.count; i++)
    for (let j = 0; j < inner.count; j++) {
      const x = dense(left, i * outer.a + j * inner.a, transposeA ? k : m, transposeA ? m : k, l.rowA)
      const y = dense(right, i * outer.b + j * inner.b, transposeB ? n : k, transposeB ? k : n, l.rowB)
      const result = multiply({ a: x, b: y, m, k, n, transposeA, transposeB }, sum)
      for (let r = 0; r < m; r++) {
        const at = i * outer.to + j * inner.to + r * l.rowTo
        for (let c = 0; c < n; c++) {
          const value = result[r * n + c] as number
          const total = add ? (out[at + c] as number) + value : value
          out[at + c] = Number.isNaN(total) ? Number.NaN : total
        }
      }
    }
}
