/** Matrix products as a GPU's tensor cores compute them, in bulk. */
import { format } from '../format/parse.js'
import type { TensorCore } from '../format/tensor-core.js'
import { stepOf, tensorCoreDot } from '../format/tensor-core-dot.js'
import type { Product } from './gemm.js'
import { machine, views } from './machine.js'
import { quantize } from './quantize.js'

/** Sides of a tile, equal to those of assembly/tensor-core.ts; the depth is a multiple of every step. */
const [tileRows, tileColumns, tileDepth] = [16, 64, 256]

/** A matrix rounded to the input. */
interface Operand {
  readonly values: Float32Array
  /** Stored rows of this many values. */
  readonly width: number
  /** The depth runs over the stored rows, rows or columns of the product along them. */
  readonly along: boolean
  /** Which rows or columns of the product hold NaN or an infinity: `values` has 0 instead. */
  readonly special: ReadonlySet<number>
}

function operandOf(raw: Float32Array, { input }: TensorCore, width: number, along: boolean): Operand {
  const values = quantize(raw, input)
  const bits = new Uint32Array(values.buffer)
  const special = new Set<number>()
  for (let i = 0; i < bits.length; i++)
    if (((bits[i] as number) & 0x7f800000) === 0x7f800000) {
      special.add(along ? i % width : Math.floor(i / width))
      bits[i] = 0
    }
  return { values, width, along, special }
}

/** From, and how many. */
type Range = readonly [number, number]

/** Rows or columns and a part of their depth into panels of one or two, by way of the first block. */
function pack(o: Operand, to: number, wide: 1 | 2, [i, count]: Range, [k0, depth]: Range, core: TensorCore): void {
  const { values, width, along } = o
  const { float32 } = views()
  const m = machine()
  const block = m.blockA.value
  const [lines, length] = along ? [depth, count] : [count, depth]
  const start = along ? k0 * width + i : i * width + k0
  for (let line = 0; line < lines; line++) {
    const from = start + line * width
    float32.set(values.subarray(from, from + length), block / 4 + line * length)
  }
  const [deep, beside] = along ? [length, 1] : [1, length]
  m.packTensorCore(to, block, count, depth, stepOf(core), deep, beside, wide, core.pairs)
}

/** A machine's NaN shows its sign and payload once it is stored. */
const canonical = (x: number): number => (Number.isNaN(x) ? Number.NaN : x)

/** The elements with NaN or infinities among their operands, one by one. */
function special(product: Product, core: TensorCore, left: Operand, right: Operand, out: Float32Array): void {
  const { a, b, m, k, n } = product
  const sum = tensorCoreDot(core)
  const part = (values: Float32Array, { width, along }: Operand, i: number): Float32Array =>
    Float32Array.from({ length: k }, (_, t) => values[along ? t * width + i : i * width + t] as number)
  for (let i = 0; i < m; i++) {
    const columns = left.special.has(i) ? Array.from({ length: n }, (_, j) => j) : right.special
    const row = part(a, left, i)
    for (const j of columns) out[i * n + j] = canonical(sum(row, part(b, right, j), 0))
  }
}

/**
 * Every element is what `tensorCoreDot` of its row and column gives with c = 0, bit for bit, with NaN canonical. The shape is
 * not checked. Method: exact float64 arithmetic on pairs of columns in the WebAssembly module (assembly/tensor-core.ts), in
 * tiles of 16 × 64; elements with NaN or infinities among their operands by tensorCoreDot itself.
 */
export function tensorCoreProduct(product: Product, core: TensorCore): Float32Array<ArrayBuffer> {
  const { a, b, m, k, n, transposeA, transposeB } = product
  const machines = machine()
  const { output, sum } = core
  // FP8 becomes fp16 first where it is computed there.
  const { emin } = core.pairs ? format('fp16') : core.input
  machines.setTensorCore(
    core.kept,
    core.least,
    emin,
    output.emin,
    output.precision,
    sum.precision,
    output.name === 'fp16',
  )
  const left = operandOf(a, core, transposeA ? m : k, transposeA === true)
  const right = operandOf(b, core, transposeB ? k : n, transposeB !== true)
  const out = new Float32Array(m * n)
  const step = stepOf(core)
  const { float64 } = views()
  const sums = machines.sums.value / 8
  for (let j = 0; j < n; j += tileColumns) {
    const columns = Math.min(tileColumns, n - j)
    for (let i = 0; i < m; i += tileRows) {
      const rows = Math.min(tileRows, m - i)
      float64.fill(0, sums, sums + tileRows * tileColumns)
      for (let k0 = 0; k0 < k; k0 += tileDepth) {
        const depth = Math.min(tileDepth, k - k0)
        // With one tile of depth the columns stay for all rows.
        if (i === 0 || k > tileDepth) pack(right, machines.panelsB.value, 2, [j, columns], [k0, depth], core)
        pack(left, machines.panelsA.value, 1, [i, rows], [k0, depth], core)
        machines.tensorCoreTile(rows, columns, Math.ceil(depth / step) * step, core.block, core.pairs)
      }
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++)
          out[(i + r) * n + j + c] = canonical(float64[sums + r * tileColumns + c] as number)
    }
  }
  if (left.special.size + right.special.size > 0) special(product, core, left, right, out)
  return out
}
