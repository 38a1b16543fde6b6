/** Help for the tests of the readers: files in memory, and all values of a source. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { InputFile } from '../../src/data/file.js'
import type { Source } from '../../src/data/source.js'
import { FpsimError } from '../../src/errors.js'
import { en } from '../../src/text/en/index.js'
import { zh } from '../../src/text/zh/index.js'

/** `shown` bytes are said to be there, `bytes` are. At most `step` bytes come at a time. */
export function memoryFile(path: string, bytes: Uint8Array, o: { shown?: number; step?: number } = {}): InputFile {
  return {
    path,
    open: async () => ({
      size: o.shown ?? bytes.length,
      async read(target, position) {
        const n = Math.max(0, Math.min(target.length, bytes.length - position, o.step ?? bytes.length))
        target.set(bytes.subarray(position, position + n))
        return n
      },
      close: async () => {},
    }),
  }
}

/** All values of each tensor. */
export async function collect(source: Source): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>()
  for await (const { tensor, values } of source.blocks()) {
    assert.ok(values.length > 0 && values.length <= 65_536)
    const list = found.get(tensor) ?? []
    for (const x of values) list.push(x)
    found.set(tensor, list)
  }
  return found
}

export const numbers = async (source: Source): Promise<number[]> => (await collect(source)).get('') ?? []

export function hex64(x: number): string {
  if (Number.isNaN(x)) return '7ff8000000000000'
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(x)
  return bytes.toString('hex')
}

export const vectors = <T>(name: string): T[] => JSON.parse(readFileSync(`test/vectors/data/${name}`, 'utf8')) as T[]

/** The problem that reading this file to its end throws, and that both languages have a whole sentence for it. */
export async function problemOf(read: () => Promise<unknown>): Promise<string> {
  try {
    await read()
  } catch (error) {
    return checkedProblem(error)
  }
  return 'none'
}

export function checkedProblem(error: unknown): string {
  if (!(error instanceof FpsimError)) throw error
  if (error.code !== 'bad-data') return error.code
  const problem = String(error.values['problem'])
  for (const { badData } of [en, zh]) {
    const sentence = (badData as Record<string, ((v: object) => string) | undefined>)[problem]
    assert.ok(sentence, `no sentence for ${problem}`)
    const text = sentence(error.values)
    assert.doesNotMatch(text, /undefined|\[object|[\n\r\0]/, text)
    if (problem !== 'no-stdin' && error.values['file'] !== '-')
      assert.ok(text.startsWith(String(error.values['file'])), text)
  }
  return problem
}
