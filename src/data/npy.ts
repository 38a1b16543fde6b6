/** NumPy's .npy files: one array of float16, float32 or float64. */
import { FpsimError } from '../errors.js'
import { type ElementType, elements, elementTypes, littleEndian, workspace } from './elements.js'
import { type ByteFile, type InputFile, readExactly, sameSize, shortName } from './file.js'
import { type Literal, parseLiteral } from './python-literal.js'
import { show } from './show.js'
import type { Source } from './source.js'

/** NumPy itself never writes more than some kilobytes without a structured type. */
const HEADER_LIMIT = 1_000_000

interface Layout {
  readonly type: ElementType
  readonly bigEndian: boolean
  readonly count: number
  /** Where the data begin. */
  readonly position: number
  readonly size: number
}

/** An array as a source. The header is read and checked here, the values in each pass. Fortran order is read as it lies. */
export async function npySource(input: InputFile): Promise<Source> {
  const file = await input.open()
  let layout: Layout
  try {
    layout = await readLayout(file, input.path)
  } finally {
    await file.close()
  }
  return {
    name: shortName(input.path),
    size: layout.count,
    async *blocks() {
      const opened = await input.open()
      try {
        sameSize(opened, input.path, layout.size)
        yield* elements(opened, { path: input.path, tensor: '', ...layout }, workspace(layout.count))
      } finally {
        await opened.close()
      }
    },
  }
}

async function readLayout(file: ByteFile, path: string): Promise<Layout> {
  const bad = (problem: string, values: object = {}): never => {
    throw new FpsimError('bad-data', { file: path, problem, ...values })
  }
  const start = new Uint8Array(Math.min(12, file.size))
  await readExactly(file, path, start, 0)
  if (start.length < 6 || !isNpy(start)) bad('npy-magic')
  const [major = 0, minor = 0] = start.subarray(6, 8)
  const lengthBytes = major === 1 ? 2 : 4
  if (start.length < 8 + lengthBytes) bad('npy-header-cut', { expected: 8 + lengthBytes, actual: file.size })
  if (minor !== 0 || major < 1 || major > 3) bad('npy-version', { version: `${major}.${minor}` })
  const view = new DataView(start.buffer)
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const position = 8 + lengthBytes + length
  if (length > HEADER_LIMIT) bad('npy-header-length', { length, limit: HEADER_LIMIT })
  if (position > file.size) bad('npy-header-cut', { expected: position, actual: file.size })

  const bytes = Buffer.alloc(length)
  await readExactly(file, path, bytes, 8 + lengthBytes)
  const text = bytes.toString(major === 3 ? 'utf8' : 'latin1')
  const header = parseLiteral(text, (offset) =>
    bad('npy-header', { offset: 8 + lengthBytes + offset, text: show(text.slice(offset).trimEnd()) }),
  )
  if (header === null || typeof header !== 'object' || !('dict' in header)) return bad('npy-header-keys', { keys: '' })
  const { dict } = header
  const [descr, fortran, shape] = [dict.get('descr'), dict.get('fortran_order'), dict.get('shape')]
  if (dict.size !== 3 || descr === undefined || typeof fortran !== 'boolean' || shape === undefined)
    return bad('npy-header-keys', { keys: show([...dict.keys()].join(', ')) })

  const { type, bigEndian } = elementType(descr, bad)
  const count = countOf(shape, bad)
  const expected = position + count * type.bytes
  if (count * type.bytes > Number.MAX_SAFE_INTEGER || file.size < expected)
    bad('npy-cut', { expected, actual: file.size, count, dtype: descr })
  if (file.size > expected) bad('npy-trailing', { extra: file.size - expected, offset: expected })
  return { type, bigEndian, count, position, size: file.size }
}

type Bad = (problem: string, values?: object) => never

/** Whether the bytes begin as a .npy file does. */
export const isNpy = (head: Uint8Array): boolean =>
  head.length >= 6 && head[0] === 0x93 && Buffer.from(head.subarray(1, 6)).toString('latin1') === 'NUMPY'

const npyTypes: Readonly<Record<string, string>> = { f2: 'F16', f4: 'F32', f8: 'F64' }

function elementType(descr: Literal, bad: Bad): { type: ElementType; bigEndian: boolean } {
  if (typeof descr !== 'string') return bad('npy-structured')
  const [, order = '', kind = ''] = /^([<>=|]?)(.*)$/s.exec(descr) as RegExpExecArray
  if (kind.startsWith('O')) bad('npy-object')
  const type = Object.hasOwn(npyTypes, kind) ? elementTypes.get(npyTypes[kind] as string) : undefined
  if (type === undefined) return bad('npy-dtype', { dtype: show(descr) })
  // '=', '|' and no sign mean the byte order of the machine, as NumPy takes them.
  return { type, bigEndian: order === '>' || (order !== '<' && !littleEndian()) }
}

/** How many elements a shape has; 1 for the empty shape of a single number. */
function countOf(shape: Literal, bad: Bad): number {
  const sizes = shape !== null && typeof shape === 'object' && 'tuple' in shape ? shape.tuple : undefined
  if (sizes === undefined) return bad('npy-shape')
  let count = 1
  let empty = false
  for (const size of sizes) {
    if (typeof size !== 'number' || !(size >= 0)) return bad('npy-shape')
    if (size === 0) empty = true
    else count *= size
  }
  if (empty) return 0
  return count <= Number.MAX_SAFE_INTEGER ? count : bad('npy-shape-large', { shape: show(`(${sizes.join(', ')})`) })
}
