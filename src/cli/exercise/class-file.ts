/** Text files as classrooms have them: UTF-8 with or without a byte order mark, UTF-16, GB18030. */
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FpsimError } from '../../errors.js'

/** 10,000 answers are half a megabyte. */
const maxBytes = 1 << 24

async function bytesOf(stream: AsyncIterable<Uint8Array>, file: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes) throw new FpsimError('too-large', { file, size, limit: maxBytes })
  }
  return Buffer.concat(chunks)
}

/** Throws 'missing-file', 'is-a-directory', 'unreadable-file', 'too-large'. */
async function read(file: string): Promise<Buffer> {
  if (file === '-') return bytesOf(process.stdin, file)
  try {
    const handle = await open(file)
    try {
      return await bytesOf(handle.createReadStream({ autoClose: false }), file)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof FpsimError) throw error
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === 'ENOENT' || reason === 'ENOTDIR') throw new FpsimError('missing-file', { file })
    if (reason === 'EISDIR') throw new FpsimError('is-a-directory', { file })
    throw new FpsimError('unreadable-file', { file, reason })
  }
}

/** A text that is wholly in an encoding, or undefined. A Node.js built without it throws 'bad-answers'. */
function decoded(bytes: Buffer, encoding: string, file: string): string | undefined {
  let decoder: { decode(bytes: Uint8Array): string }
  try {
    decoder = new TextDecoder(encoding, { fatal: true })
  } catch {
    throw new FpsimError('bad-answers', { file, problem: 'no-gb18030' })
  }
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The text of bytes. Throws 'bad-answers'. */
export function textOf(bytes: Buffer, file: string): string {
  const [a, b] = bytes
  const marked = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : undefined
  const found = marked
    ? decoded(bytes, marked, file)
    : (decoded(bytes, 'utf-8', file) ?? decoded(bytes, 'gb18030', file))
  // No text has NULs; Office files and pictures have.
  if (found === undefined || found.includes('\0')) throw new FpsimError('bad-answers', { file, problem: 'encoding' })
  return found
}

/** Throws 'missing-file', 'is-a-directory', 'unreadable-file', 'too-large' and 'bad-answers'. */
export const readClassFile = async (file: string): Promise<string> => textOf(await read(file), file)

/** A folder stands for the files of answers in it, in the order of their names. Throws 'missing-file'. */
export async function filesOf(file: string): Promise<readonly string[]> {
  const found = file === '-' ? undefined : await stat(file).catch(() => undefined)
  if (!found?.isDirectory()) return [file]
  const files = (await readdir(file)).filter((name) => /\.(csv|tsv|txt|ya?ml)$/i.test(name)).sort()
  if (files.length === 0) throw new FpsimError('bad-answers', { file, problem: 'no-files' })
  return files.map((name) => join(file, name))
}
