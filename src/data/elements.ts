/** Binary floating-point elements of a file, widened to float64. */
import { decode } from '../format/decode.js'
import { type ByteFile, readExactly } from './file.js'
import type { Block } from './source.js'

/** Most values in one block. */
export const BLOCK = 65_536

export interface ElementType {
  readonly bytes: 1 | 2 | 4 | 8
  /** Name in the catalog of format/. */
  readonly format: string
}

/** The element types that are read, by their names in a safetensors header. */
export const elementTypes: ReadonlyMap<string, ElementType> = new Map([
  ['F64', { bytes: 8, format: 'fp64' }],
  ['F32', { bytes: 4, format: 'fp32' }],
  ['F16', { bytes: 2, format: 'fp16' }],
  ['BF16', { bytes: 2, format: 'bf16' }],
  ['F8_E4M3', { bytes: 1, format: 'e4m3fn' }],
  ['F8_E5M2', { bytes: 1, format: 'e5m2' }],
  ['F8_E4M3FNUZ', { bytes: 1, format: 'e4m3fnuz' }],
  ['F8_E5M2FNUZ', { bytes: 1, format: 'e5m2fnuz' }],
])

/** Whether this machine stores the low byte first. */
export const littleEndian = (): boolean => new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

const tables = new Map<string, Float64Array>()

/** The value of every code of a format of at most 16 bits, made on first use. */
function tableOf(type: ElementType): Float64Array {
  const known = tables.get(type.format)
  if (known !== undefined) return known
  const table = new Float64Array(type.bytes === 1 ? 256 : 65_536)
  for (let code = 0; code < table.length; code++) table[code] = decode(code, type.format)
  tables.set(type.format, table)
  return table
}

/** The buffers of one pass over a file: bytes as read, values as given out. */
export interface Workspace {
  readonly raw: Buffer
  readonly values: Float64Array
}

/** Buffers for blocks of up to `count` values; no larger than they need be, at most 1 MiB. */
export function workspace(count: number): Workspace {
  const length = Math.min(count, BLOCK)
  return { raw: Buffer.from(new ArrayBuffer(length * 8)), values: new Float64Array(length) }
}

export interface Run {
  readonly path: string
  readonly tensor: string
  readonly type: ElementType
  readonly bigEndian: boolean
  /** Where the first element begins in the file. */
  readonly position: number
  readonly count: number
}

/**
 * A run of elements in blocks. Exact: every value of these types is a float64. A NaN stays a NaN (its payload need not
 * stay), Inf, −0 and subnormals are kept. Reads are positioned, into one buffer, so memory does not grow with the file.
 */
export async function* elements(file: ByteFile, run: Run, space: Workspace): AsyncGenerator<Block> {
  const { path, tensor, type } = run
  const swap = type.bytes > 1 && run.bigEndian === littleEndian()
  const widen = widener(type, space)
  const step = space.values.length
  for (let done = 0; done < run.count; done += step) {
    const n = Math.min(step, run.count - done)
    const bytes = space.raw.subarray(0, n * type.bytes)
    await readExactly(file, path, bytes, run.position + done * type.bytes)
    if (swap) swapBytes(bytes, type.bytes)
    yield { tensor, values: widen(n) }
  }
}

/** From the first n elements in the raw bytes to n float64. The raw buffer is our own, so it is aligned for any type. */
function widener(type: ElementType, { raw, values }: Workspace): (n: number) => Float64Array {
  const { buffer } = raw
  if (type.bytes === 8) return (n) => new Float64Array(buffer, 0, n)
  if (type.bytes === 4) {
    const from = new Float32Array(buffer)
    return (n) => {
      values.set(from.subarray(0, n))
      return values.subarray(0, n)
    }
  }
  const codes = type.bytes === 2 ? new Uint16Array(buffer) : new Uint8Array(buffer)
  const table = tableOf(type)
  return (n) => {
    for (let i = 0; i < n; i++) values[i] = table[codes[i] as number] as number
    return values.subarray(0, n)
  }
}

function swapBytes(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16()
  else if (width === 4) bytes.swap32()
  else bytes.swap64()
}
