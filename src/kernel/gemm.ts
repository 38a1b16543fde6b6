/** Matrix products with an accumulator of any format, or as a GPU computes them. */
import { FpsimError } from '../errors.js'
import { type Format, hasInfinity, largest } from '../format/format.js'
import { summation } from './dot.js'
import { machine, views } from './machine.js'
import { type SumOptions, type SumPlan, sumOptionKeys, sumPlanOf } from './sum-options.js'
import { tensorCoreProduct } from './tensor-core.js'

/** What is multiplied: a is m × k and b is k × n, row-major; or, transposed, k × m and n × k. */
export interface Product {
  readonly a: Float32Array
  readonly b: Float32Array
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/** Sides of a tile, equal to those of assembly/buffers.ts. */
const [tileRows, tileColumns, tileDepth] = [64, 256, 256]

/** 64 KiB of the first block: what is packed at a time. */
const staged = 16384

/** Where an operand lies in its array: rows as stored, and whether its panels run along them or across. */
interface Operand {
  readonly values: Float32Array
  /** Stored rows of this many values. */
  readonly width: number
  /** The depth runs over the stored rows, the side along them. */
  readonly along: boolean
  /** Values across a panel. */
  readonly side: 4 | 8
  readonly panels: number
}

/** Copies a part of an operand, `depth` deep from k0 and `count` wide from i0, into panels. */
function pack(
  { values, width, along, side, panels }: Operand,
  k0: number,
  depth: number,
  i0: number,
  count: number,
): void {
  const m = machine()
  const { float32 } = views()
  const block = m.blockA.value
  const first = block / 4
  const panelBytes = tileDepth * side * 4
  const [rows, columns] = along ? [depth, count] : [count, depth]
  const [row0, column0] = along ? [k0, i0] : [i0, k0]
  const unit = along ? side : 4
  const stride = Math.ceil(columns / unit) * unit
  // Rows that fill whole panels, as many as fit the block.
  const step = Math.min(Math.floor(staged / stride / 8) * 8, Math.ceil(rows / 8) * 8)
  for (let r = 0; r < rows; r += step) {
    const some = Math.min(step, rows - r)
    const start = (row0 + r) * width + column0
    const padded = along ? some : Math.ceil(some / side) * side
    if (stride === width && padded === some) float32.set(values.subarray(start, start + some * width), first)
    else {
      if (stride !== columns || padded !== some) float32.fill(0, first, first + padded * stride)
      for (let i = 0; i < some; i++) {
        const from = start + i * width
        float32.set(values.subarray(from, from + columns), first + i * stride)
      }
    }
    if (along) m.packRows(panels + r * side * 4, panelBytes, block, stride * 4, some, stride, side)
    else m.packColumns(panels + (r / side) * panelBytes, panelBytes, block, stride * 4, depth, padded, side)
  }
}

/** A kernel of the module: adds the products of `depth` depths from `first` on to the sums of the tile. */
type Tile = (rows: number, columns: number, first: number, depth: number) => void

/** The whole product, tile by tile. */
function tiled(
  { a, b, m, k, n, transposeA, transposeB }: Product,
  chunk: number | undefined,
  tile: Tile,
): Float32Array<ArrayBuffer> {
  const machines = machine()
  const { float32 } = views()
  const left: Operand = {
    values: a,
    width: transposeA ? m : k,
    along: transposeA === true,
    side: 4,
    panels: machines.panelsA.value,
  }
  const right: Operand = {
    values: b,
    width: transposeB ? k : n,
    along: transposeB !== true,
    side: 8,
    panels: machines.panelsB.value,
  }
  const out = new Float32Array(m * n)
  // All depths at once: the kernel then starts from 0 and ends with canonical NaNs by itself.
  const whole = tile === machines.gemm32 && chunk === undefined && k > 0 && k <= tileDepth
  const result = (chunk === undefined ? machines.sums : machines.totals).value
  for (let j = 0; j < n; j += tileColumns) {
    const columns = Math.min(tileColumns, n - j)
    for (let i = 0; i < m; i += tileRows) {
      const rows = Math.min(tileRows, m - i)
      if (!whole) machines.clearSums(tileRows)
      if (chunk !== undefined) machines.clearTotals(tileRows)
      for (let k0 = 0; k0 < k; k0 += tileDepth) {
        const depth = Math.min(tileDepth, k - k0)
        // With one block of depth the columns' panels stay for all rows.
        if (i === 0 || k > tileDepth) pack(right, k0, depth, j, columns)
        pack(left, k0, depth, i, rows)
        if (whole) machines.wholeGemm32(rows, columns, depth)
        else if (chunk === undefined) tile(rows, columns, 0, depth)
        else
          for (let at = 0; at < depth; ) {
            const part = Math.min(chunk - ((k0 + at) % chunk), depth - at)
            tile(rows, columns, at, part)
            at += part
            if ((k0 + at) % chunk === 0 || k0 + at === k) machines.promote(tileRows)
          }
      }
      if (!whole) machines.canonical32(result, tileRows * tileColumns)
      if (n === tileColumns) out.set(float32.subarray(result / 4, result / 4 + rows * n), i * n)
      else
        for (let r = 0; r < rows; r++) {
          const from = result / 4 + r * tileColumns
          out.set(float32.subarray(from, from + columns), (i + r) * n + j)
        }
    }
  }
  return out
}

/** What `survey` of assembly/gemm.ts tells of all values of an array. */
function surveyOf(values: Float32Array): { short: boolean; finite: boolean; least: number } {
  const m = machine()
  const { float32 } = views()
  const block = m.blockA.value
  let [short, finite, least] = [true, true, 256]
  for (let i = 0; i < values.length; i += staged) {
    const part = values.subarray(i, i + staged)
    float32.fill(0, block / 4 + part.length, block / 4 + part.length + 4)
    float32.set(part, block / 4)
    const answer = m.survey(block, part.length)
    short &&= (answer & 1) === 0
    finite &&= (answer & 2) === 0
    least = Math.min(least, answer >> 2)
  }
  return { short, finite, least }
}

/** Which way a product is computed: what tests and benchmarks tell of. */
export type GemmPath = 'gemm32' | 'gemmRounded' | 'tensorCore' | 'plain'

export const isFloat32 = (f: Format): boolean =>
  f.precision === 24 && f.emin === -126 && f.emax === 127 && f.specials === 'ieee' && f.signed && f.subnormals

/** The accumulators of gemmRounded, with the number it knows them by; the conditions are told in assembly/gemm.ts. */
export function accumulatorKind(f: Format): number | undefined {
  const { precision: p, emin, emax } = f
  if (!f.signed || !f.subnormals || p < 2 || p > 11) return undefined
  if (f.specials === 'ieee' && f.negativeZero && emin === -126 && emax === 127) return 4
  if (emin > 0 || emax < 1 || emin + 1 - p < -110 || emax + 25 - p > 127) return undefined
  return hasInfinity(f) ? 1 : f.specials === 'none' ? 2 : 3
}

export function gemmPath({ a, b }: Product, { f, method, core }: SumPlan): GemmPath {
  if (core !== undefined) return 'tensorCore'
  if (method !== 'sequential') return 'plain'
  if (isFloat32(f)) return 'gemm32'
  const kind = accumulatorKind(f)
  if (kind === undefined) return 'plain'
  const [left, right] = [surveyOf(a), surveyOf(b)]
  if (!left.short || !right.short || !left.finite || !right.finite) return 'plain'
  // Products of bf16's smallest numbers are below float32's: they would be rounded twice.
  return kind === 4 && left.least + right.least < 127 ? 'plain' : 'gemmRounded'
}

/** One element at a time: every format, method and operand. */
function plain({ a, b, m, k, n, transposeA, transposeB }: Product, plan: SumPlan): Float32Array<ArrayBuffer> {
  const sum = summation(plan)
  const out = new Float32Array(m * n)
  const row = new Float32Array(k)
  const columns: Float32Array[] = []
  for (let j = 0; j < n; j++) {
    const column = new Float32Array(k)
    for (let t = 0; t < k; t++) column[t] = b[transposeB ? j * k + t : t * n + j] as number
    columns.push(column)
  }
  for (let i = 0; i < m; i++) {
    for (let t = 0; t < k; t++) row[t] = a[transposeA ? t * m + i : i * k + t] as number
    for (let j = 0; j < n; j++) out[i * n + j] = sum(row, columns[j] as Float32Array, 0)
  }
  return out
}

function checkShape({ a, b, m, k, n }: Product): void {
  for (const [option, value] of Object.entries({ m, k, n }))
    if (!(Number.isSafeInteger(value) && value >= 0))
      throw new FpsimError('invalid-value', { option, value, allowed: '0, 1, 2 …' })
  for (const [option, values, length] of [
    ['a', a, m * k],
    ['b', b, k * n],
  ] as const)
    if (!(values instanceof Float32Array) || values.length !== length)
      throw new FpsimError('invalid-value', {
        option,
        value: values instanceof Float32Array ? `${values.length} numbers` : typeof values,
        allowed: `Float32Array, ${length} numbers`,
      })
}

/** `gemm` of operands that may be stored transposed. */
export function multiply(product: Product, o: SumOptions = {}): Float32Array<ArrayBuffer> {
  const plan = sumPlanOf(o, sumOptionKeys)
  checkShape(product)
  if (plan.core !== undefined) return tensorCoreProduct(product, plan.core)
  const path = gemmPath(product, plan)
  const m = machine()
  if (path === 'gemm32') return tiled(product, plan.chunk, m.gemm32)
  if (path === 'plain') return plain(product, plan)
  const { f, chunk } = plan
  const kind = accumulatorKind(f) as number
  m.setAccumulator(f.emin, f.emax, f.precision, largest(f))
  return tiled(product, chunk, (...part) => m.gemmRounded(kind, ...part))
}

/**
 * The m × n product of a (m × k) and b (k × n), row-major. Every element is what `dot` of its row and column gives with the
 * same options (c is 0) and with NaN made canonical, bit for bit: each product and each sum rounded once, the depth in
 * order. A result wider than float32 (accumulate fp64, say) is rounded once more when it is stored. Throws as `dot`.
 * Method: tiles of 64 × 256 through the WebAssembly module where the accumulator is fp32, or has a precision of at most
 * 11 and operands of at most 12 significant bits; with `hardware` see tensor-core.ts; else one element after another.
 */
export const gemm = (
  a: Float32Array,
  b: Float32Array,
  m: number,
  k: number,
  n: number,
  o: SumOptions = {},
): Float32Array<ArrayBuffer> => multiply({ a, b, m, k, n }, o)
