/** The header of a .safetensors file of float32 tensors, padded to a length that was reserved before they were known. */
import { FpsimError } from '../errors.js'

interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

const entryText = ({ name, shape, begin, end }: Entry): string =>
  `${JSON.stringify(name)}:{"dtype":"F32","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`

const textOf = (entries: readonly string[], about: Readonly<Record<string, string>>): string =>
  `{${[`"__metadata__":${JSON.stringify(about)}`, ...entries].join(',')}}`

const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8')

export interface LimitOptions {
  /** How often the entries come. */
  readonly times: number
  /** Of all data: no offset is larger. */
  readonly bytes: number
  readonly about: Readonly<Record<string, string>>
}

/** Bytes before the data, the eight of the length among them, if these entries come so often: enough, and a multiple of 8. */
export function safetensorsHeaderLimit(
  entries: readonly Pick<Entry, 'name' | 'shape'>[],
  { times, bytes, about }: LimitOptions,
): number {
  const each = entries.reduce(
    (sum, entry) => sum + byteLength(entryText({ ...entry, begin: bytes, end: bytes })) + 1,
    0,
  )
  return 8 * Math.ceil((8 + byteLength(textOf([], about)) + 1 + each * times) / 8)
}

/** The header in `length` bytes, filled up with blanks, as the format allows. */
export function safetensorsHeader(
  entries: readonly Entry[],
  about: Readonly<Record<string, string>>,
  length: number,
): Uint8Array {
  const text = Buffer.from(textOf(entries.map(entryText), about), 'utf8')
  if (text.length + 8 > length) throw new FpsimError('unexpected', { reason: 'header of .safetensors' })
  const header = Buffer.alloc(length, ' ')
  header.writeBigUInt64LE(BigInt(length - 8), 0)
  text.copy(header, 8)
  return header
}
