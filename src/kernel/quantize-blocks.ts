/** Whole arrays to a block format: values, scales and codes, in bulk. */
import { FpsimError } from '../errors.js'
import type { ScaleRule } from '../format/block-catalog.js'
import { encode } from '../format/encode.js'
import { hasNaN } from '../format/format.js'
import {
  type BlockOptions,
  type BlockPlan,
  blockPlan,
  checkColumns,
  roundBlocks,
  setBlocks,
  tensorScaleOfBits,
} from './blocks.js'
import { machine, views } from './machine.js'

export type { BlockRounding } from './blocks.js'
export type { ScaleRule }

export interface QuantizeBlocksOptions extends BlockOptions {
  /** Values of a row: blocks begin anew with each row; default all values. Must divide their number. */
  readonly columns?: number
}

export interface QuantizedBlocks {
  /** What the codes stand for: element · scale · tensorScale. */
  readonly values: Float32Array<ArrayBuffer>
  /** One a block, a value of the scale's format; NaN for a block that is NaN. */
  readonly scales: Float32Array<ArrayBuffer>
  /** One a value: the element's code, right-aligned in a byte. */
  readonly codes: Uint8Array<ArrayBuffer>
  /** The float32 that multiplies all scales: 1 where the format has none. */
  readonly tensorScale: number
}

/** Calls work(start, rows, columns) for pieces of at most `most` values: whole rows, or whole blocks of a row. */
function pieces(
  length: number,
  columns: number,
  most: number,
  work: (start: number, rows: number, width: number) => void,
): void {
  if (columns <= most) {
    const rows = Math.floor(most / columns)
    for (let start = 0; start < length; start += rows * columns)
      work(start, Math.min(rows, (length - start) / columns), columns)
    return
  }
  for (let row = 0; row < length; row += columns)
    for (let i = 0; i < columns; i += most) work(row + i, 1, Math.min(most, columns - i))
}

/** The bits of the largest size of all values. */
function largestBits(values: Float32Array): number {
  const m = machine()
  const { block32 } = views()
  let bits = 0
  for (let start = 0; start < values.length; start += block32.length) {
    const part = values.subarray(start, start + block32.length)
    block32.set(part)
    bits = m.largestBits(block32.byteOffset, part.length, bits)
  }
  return bits
}

/** The codes of n elements in the first block, left in the second. */
function encodeElements({ f }: BlockPlan, n: number): void {
  const m = machine()
  const { element, integers } = f
  const { emin, emax, precision, width } = element
  m.codes32(n, emin, emax, precision, width, hasNaN(element) ? encode(Number.NaN, element) : 0)
  if (integers) m.twosComplement(m.blockB.value, n)
}

/**
 * Values in blocks that share a scale: `f` is mxfp8-e4m3fn, mxfp8-e5m2, mxfp6-e3m2, mxfp6-e2m3, mxfp4, mxint8 (32 values, a
 * power of two in E8M0, chosen by `scale`: see `scaleExponent`), nvfp4 (16 values, a scale in E4M3 and a float32 for the whole
 * array) or nvfp4-1 (without the latter). Blocks are of consecutive values; the last of a row may be short.
 *
 * Exact: bit for bit what `encodeBlock` gives; for MX that is one rounding of value / scale, for NVFP4 the float32 steps of
 * TransformerEngine's reference. Elements saturate, so amax may (`floor`). NaN or ±Inf make an MX block NaN, its scale too; in
 * nvfp4-1 a NaN makes its block NaN, in nvfp4 all; an Inf there becomes the largest. A block of zeros has the smallest scale
 * (2^-127 in E8M0, 0 in E4M3). −0 stays, but in mxint8. Subnormals are values like others. Stochastic: value i of the array
 * takes the draw `uniform(seed, i)` as in `quantize`. Codes: see formats; of NaN the element's NaN, or 0 where there is none;
 * mxint8 in two's complement, without −128. Throws 'unknown-format', 'ambiguous-format', 'unknown-key', 'invalid-value',
 * 'unsupported-combination' (a scale rule for nvfp4, a seed without stochastic rounding).
 * Method: pieces of 16 KiB through the WebAssembly module, see assembly/blocks.ts.
 */
export function quantizeBlocks(values: Float32Array, f: string, o: QuantizeBlocksOptions = {}): QuantizedBlocks {
  const plan = blockPlan(f, o, ['columns'])
  if (o.seed !== undefined && !plan.stochastic)
    throw new FpsimError('unsupported-combination', { options: [`seed ${o.seed}`, 'rounding nearest-even'] })
  if (!(values instanceof Float32Array))
    throw new FpsimError('invalid-value', {
      option: 'values',
      value: typeof values,
      problem: 'wrong-type',
      expected: 'Float32Array',
    })
  const { length } = values
  const { columns = length } = o
  checkColumns(columns, length)
  const { size } = plan.f
  const perRow = length === 0 ? 0 : Math.ceil(columns / size)
  const out = new Float32Array(length)
  const scales = new Float32Array(length === 0 ? 0 : (length / columns) * perRow)
  const codes = new Uint8Array(length)
  const tensor = tensorScaleOfBits(plan.f.tensorScale ? largestBits(values) : 0, plan.f)
  setBlocks(plan, tensor)
  const m = machine()
  const { block32, float32, uint8 } = views()
  const from = block32.byteOffset
  // Room that belongs to products of matrices, of which none is under way.
  const [to, scaleAt] = [m.panelsA.value, m.sums.value]
  let done = 0
  pieces(length, columns, block32.length, (start, rows, width) => {
    const n = rows * width
    block32.set(values.subarray(start, start + n))
    roundBlocks(plan, { to, from, elements: from, scales: scaleAt }, rows, width, start)
    out.set(float32.subarray(to / 4, to / 4 + n), start)
    const blocks = rows * Math.ceil(width / size)
    scales.set(float32.subarray(scaleAt / 4, scaleAt / 4 + blocks), done)
    done += blocks
    encodeElements(plan, n)
    codes.set(uint8.subarray(m.blockB.value, m.blockB.value + n), start)
  })
  return { values: out, scales, codes, tensorScale: tensor.decode }
}
