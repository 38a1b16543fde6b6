/** Files damaged at random: none may do more than an FpsimError. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fileSource } from '../../src/data/input.js'
import { checkedProblem, memoryFile, vectors } from './memory.js'

interface Seed {
  path: string
  bytes: Buffer
}

function seeds(): Seed[] {
  const found: Seed[] = []
  for (const { file } of vectors<{ file: string }>('npy.json'))
    found.push({ path: 'x.npy', bytes: Buffer.from(file, 'base64') })
  for (const { file } of vectors<{ file: string }>('npy-refused.json'))
    found.push({ path: 'x.npy', bytes: Buffer.from(file, 'base64') })
  const tensors =
    '{"__metadata__":{"k":"v"},"a.b":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"c":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},"d":{"dtype":"I8","shape":[],"data_offsets":[14,15]},"e":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[15,16]}}'
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(tensors.length))
  const small = Buffer.concat([prefix, Buffer.from(tensors), Buffer.from('0123456789abcdef')])
  for (let i = 0; i < 60; i++) found.push({ path: 'x.safetensors', bytes: small })
  for (const { file } of vectors<{ file: string }>('safetensors.json'))
    found.push({ path: 'x.safetensors', bytes: Buffer.from(file, 'base64') })
  for (const { text } of vectors<{ text: string }>('text.json'))
    for (const path of ['x.csv', 'x', 'x.txt']) found.push({ path, bytes: Buffer.from(text).subarray(0, 400) })
  return found
}

type Edit = { at: number; kind: 'flip' | 'set' | 'cut' | 'drop' | 'insert' | 'repeat' | 'number'; value: number }

/** Pieces that mean something to one of the readers. */
const words = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  '"',
  "'",
  ',',
  ';',
  ':',
  '\\',
  '\0',
  '\n',
  '\r\n',
  '#',
  '""',
  '-',
  'L',
  'nan',
  '1e999',
  '18446744073709551616',
  '9007199254740993',
  '0x1p',
  '2^',
  '1/0',
  '2^99999999999',
  '-1',
  '1.5',
  '\xff\xfe',
  '\xef\xbb\xbf',
  '|O',
  '>f8',
  '<f2',
  "'descr'",
  'True',
  'None',
  'F64',
  'BF16',
  'F8_E5M2',
  '"shape"',
  '__metadata__',
  '\\u0061',
  '\\ud800',
]

function apply(bytes: Buffer, { at, kind, value }: Edit): Buffer {
  const i = bytes.length === 0 ? 0 : at % bytes.length
  const word = Buffer.from(words[value % words.length] as string, 'latin1')
  const [head, tail] = [bytes.subarray(0, i), bytes.subarray(i)]
  if (kind === 'cut') return Buffer.from(head)
  if (kind === 'drop') return Buffer.concat([head, tail.subarray(1 + (value % 8))])
  if (kind === 'insert') return Buffer.concat([head, word, tail])
  if (kind === 'repeat') return Buffer.concat([head, tail.subarray(0, value % 40), tail])
  const copy = Buffer.from(bytes)
  if (kind === 'flip' && copy.length > 0) copy[i] = (copy[i] as number) ^ (1 << (value & 7))
  if (kind === 'set') word.copy(copy, i)
  // A length or size of the header, or anything else, as a number of its own.
  if (kind === 'number')
    copy.writeUInt32LE(value >>> 0, Math.min(i, Math.max(0, copy.length - 4)) * (copy.length >= 4 ? 1 : 0))
  return copy
}

/** Reads `runs` damaged files. How many of them could still be read, and how many problems were met. */
export async function readMutants(o: {
  runs: number
  seed: number
}): Promise<{ whole: number; problems: Set<string> }> {
  const all = seeds()
  const problems = new Set<string>()
  let whole = 0
  // Most damage where the headers are.
  const place = fc.oneof(fc.nat(16), fc.nat(130), fc.nat(20_000))
  const edit = fc.record({
    at: place,
    kind: fc.constantFrom<Edit['kind']>('flip', 'set', 'cut', 'drop', 'insert', 'repeat', 'number'),
    value: fc.integer({ min: 0, max: 0xffffffff }),
  })
  const property = fc.asyncProperty(
    fc.nat(all.length - 1),
    fc.array(edit, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(1, 7, 1 << 20),
    async (index, edits, step) => {
      const { path, bytes } = all[index] as Seed
      const damaged = edits.reduce((b, e) => (b.length < 4 && e.kind === 'number' ? b : apply(b, e)), bytes)
      try {
        const source = await fileSource(memoryFile(path, damaged, { step }))
        let count = 0
        for await (const { values } of source.blocks()) count += values.length
        whole++
        // What can be read is complete: no more numbers than bytes, and as many as promised.
        assert.ok(count <= damaged.length)
        if (source.size !== undefined) assert.equal(count, source.size)
      } catch (error) {
        problems.add(checkedProblem(error))
      }
    },
  )
  await fc.assert(property, { numRuns: o.runs, seed: o.seed })
  return { whole, problems }
}
