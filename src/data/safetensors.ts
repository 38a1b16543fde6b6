/** .safetensors files: named tensors of every floating-point type; integers and booleans are left out. */
import { isUtf8 } from 'node:buffer'
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { type ElementType, elements, elementTypes, workspace } from './elements.js'
import { type ByteFile, type InputFile, readExactly, sameSize, shortName } from './file.js'
import { isPlain, matches, patternsOf } from './glob.js'
import { show } from './show.js'
import type { Source } from './source.js'
import { parseTensorHeader, TENSOR_LIMIT, type TensorEntry } from './tensor-header.js'

/** The limit of the reference implementation. */
const HEADER_LIMIT = 100_000_000

/** Bytes of the element types that are not read as numbers; sizes are checked for these too. */
const otherBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  I32: 4,
  U32: 4,
  I64: 8,
  U64: 8,
  C64: 8,
}

interface Tensor {
  readonly name: string
  readonly type: ElementType
  readonly position: number
  readonly count: number
}

/** The chosen tensors of a file, in the order they lie in it. The header is read and checked here, whole. */
export async function safetensorsSource(input: InputFile, o: { tensor?: string | undefined } = {}): Promise<Source> {
  const file = await input.open()
  let size: number
  let tensors: Tensor[]
  try {
    size = file.size
    const { entries, start } = await readHeader(file, input.path)
    checkOffsets(entries, { path: input.path, data: size - start })
    tensors = choose(entries, { path: input.path, start, glob: o.tensor })
  } finally {
    await file.close()
  }
  let total = 0
  let largest = 0
  for (const { count } of tensors) {
    total += count
    largest = Math.max(largest, count)
  }
  return {
    name: shortName(input.path),
    size: total,
    async *blocks() {
      const opened = await input.open()
      try {
        sameSize(opened, input.path, size)
        const space = workspace(largest)
        for (const { name, ...tensor } of tensors)
          yield* elements(opened, { path: input.path, tensor: name, bigEndian: false, ...tensor }, space)
      } finally {
        await opened.close()
      }
    },
  }
}

async function readHeader(file: ByteFile, path: string): Promise<{ entries: TensorEntry[]; start: number }> {
  const bad = (problem: string, values: object = {}): never => {
    throw new FpsimError('bad-data', { file: path, problem, ...values })
  }
  if (file.size < 8) bad('safetensors-cut', { actual: file.size })
  const prefix = new Uint8Array(8)
  await readExactly(file, path, prefix, 0)
  const length = new DataView(prefix.buffer).getBigUint64(0, true)
  if (length > BigInt(file.size - 8)) bad('safetensors-header-cut', { length: String(length), actual: file.size })
  if (length > BigInt(HEADER_LIMIT)) bad('safetensors-header-length', { length: String(length), limit: HEADER_LIMIT })
  const bytes = new Uint8Array(Number(length))
  await readExactly(file, path, bytes, 8)
  if (!isUtf8(bytes)) bad('safetensors-utf8')
  const entries = parseTensorHeader(bytes, (problem, offset, name) =>
    bad(`safetensors-${problem}`, {
      offset: 8 + offset,
      limit: TENSOR_LIMIT,
      text: show(Buffer.from(bytes.subarray(offset, offset + 200)).toString('utf8')),
      ...(name === undefined ? {} : { tensor: show(name, 80) }),
    }),
  )
  if (entries.length === 0) bad('safetensors-no-tensors')
  return { entries, start: 8 + Number(length) }
}

/** Each tensor as long as its shape says, all inside the data, none over another, nothing between them: as specified. */
function checkOffsets(entries: TensorEntry[], { path, data }: { path: string; data: number }): void {
  const bad = (problem: string, values: object): never => {
    throw new FpsimError('bad-data', { file: path, problem, ...values })
  }
  // Empty tensors first among those of equal begin: they lie in front of the one that fills the place.
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  let last = ''
  for (const entry of entries) {
    const tensor = show(entry.name, 80)
    const at = { tensor, begin: entry.begin, end: entry.end }
    if (entry.begin > entry.end) bad('safetensors-reversed', at)
    if (entry.end > data) bad('safetensors-outside', { ...at, data })
    if (entry.begin < end) bad('safetensors-overlap', { ...at, other: show(last, 80) })
    if (entry.begin > end) bad('safetensors-hole', { begin: end, end: entry.begin })
    const bytes = elementTypes.get(entry.dtype)?.bytes ?? ownNumber(otherBytes, entry.dtype)
    const expected = bytes === undefined ? undefined : countOf(entry.shape) * bytes
    const actual = entry.end - entry.begin
    if (expected !== undefined && expected !== actual)
      bad('safetensors-length', {
        tensor,
        dtype: entry.dtype,
        shape: show(`[${entry.shape.join(', ')}]`),
        expected,
        actual,
      })
    end = entry.end
    last = entry.name
  }
  if (end < data) bad('safetensors-hole', { begin: end, end: data })
}

const ownNumber = (table: Readonly<Record<string, number>>, key: string): number | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** Inexact beyond 2^53, where it equals no length that fits in a file. */
const countOf = (shape: readonly number[]): number => (shape.includes(0) ? 0 : shape.reduce((n, size) => n * size, 1))

interface Choice {
  readonly path: string
  /** Where the data begin. */
  readonly start: number
  readonly glob: string | undefined
}

function choose(entries: readonly TensorEntry[], { path, start, glob }: Choice): Tensor[] {
  const patterns = glob === undefined ? ['*'] : patternsOf(glob)
  const chosen = new Set<TensorEntry>()
  for (const pattern of patterns.length === 0 ? [''] : patterns) {
    const found = entries.filter(({ name }) => matches(pattern, name))
    if (found.length === 0) throw noMatch(path, pattern, entries)
    for (const entry of found) {
      // Asked for by its full name, a tensor cannot be left out in silence.
      if (glob !== undefined && isPlain(pattern) && !elementTypes.has(entry.dtype))
        throw new FpsimError('bad-data', {
          file: path,
          problem: 'safetensors-dtype',
          tensor: show(entry.name, 80),
          dtype: show(entry.dtype),
        })
      chosen.add(entry)
    }
  }
  const tensors: Tensor[] = []
  for (const entry of entries) {
    const type = elementTypes.get(entry.dtype)
    if (type !== undefined && chosen.has(entry))
      tensors.push({ name: entry.name, type, position: start + entry.begin, count: countOf(entry.shape) })
  }
  if (tensors.length === 0) {
    const dtypes = [...new Set(entries.filter((entry) => chosen.has(entry)).map(({ dtype }) => dtype))]
    throw new FpsimError('bad-data', {
      file: path,
      problem: 'safetensors-no-floats',
      dtypes: show(dtypes.join(', '), 80),
    })
  }
  return tensors
}

function noMatch(path: string, pattern: string, entries: readonly TensorEntry[]): FpsimError {
  const names = entries.map(({ name }) => name)
  const suggestion = suggest(pattern, names.slice(0, 10_000))
  return new FpsimError('no-match', {
    file: path,
    glob: pattern,
    count: names.length,
    names: names.slice(0, 8).map((name) => show(name, 80)),
    ...(suggestion === undefined ? {} : { suggestion: show(suggestion, 80) }),
  })
}
