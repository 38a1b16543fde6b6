/** Files by position, and what can go wrong in opening one, as FpsimErrors. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'

/** An open file. Small, so that a test can hand in bytes from memory. */
export interface ByteFile {
  /** Bytes in the file when it was opened. */
  readonly size: number
  /** Fills `target` from `position` on with what there is; the number of bytes read, 0 only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** A file that can be opened again for each pass. */
export interface InputFile {
  /** As the user gave it. */
  readonly path: string
  open(): Promise<ByteFile>
}

/** The last part of a path: the short name for people. */
export const shortName = (path: string): string => basename(path) || path

/** The error that a failed system call on a file the user named turns into. */
export function fileError(path: string, cause: unknown): FpsimError {
  if (cause instanceof FpsimError) return cause
  const reason = (cause as { code?: unknown } | undefined)?.code
  // A path with a NUL byte in it cannot exist; Node says so by a code of its own.
  if (reason === 'ENOENT' || reason === 'ENOTDIR' || reason === 'ERR_INVALID_ARG_VALUE')
    return new FpsimError('missing-file', { file: path })
  if (reason === 'EISDIR') return new FpsimError('is-a-directory', { file: path })
  return new FpsimError('unreadable-file', { file: path, reason: typeof reason === 'string' ? reason : 'unknown' })
}

/** Whether the path can be read by position (a regular file) or only from start to end (a pipe, a device). */
export async function kindOfFile(path: string): Promise<'regular' | 'stream'> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw new FpsimError('is-a-directory', { file: path })
    return found.isFile() ? 'regular' : 'stream'
  } catch (cause) {
    const error = fileError(path, cause)
    if (error.code !== 'missing-file') throw error
    const suggestion = await neighbour(path)
    throw suggestion === undefined ? error : new FpsimError('missing-file', { file: path, suggestion })
  }
}

/** A file of nearly the same name in the same folder. */
async function neighbour(path: string): Promise<string | undefined> {
  try {
    const folder = dirname(path)
    // Only a help: a folder of more files than this is not searched.
    const names = (await readdir(folder)).slice(0, 10_000)
    const name = suggest(basename(path), names)
    return name === undefined ? undefined : folder === '.' && !path.startsWith('.') ? name : join(folder, name)
  } catch {
    return undefined
  }
}

/** A regular file of the file system. */
export function diskFile(path: string): InputFile {
  return {
    path,
    async open() {
      let handle: FileHandle | undefined
      try {
        handle = await open(path, 'r')
        const { size } = await handle.stat()
        return byteFile(path, handle, size)
      } catch (cause) {
        await handle?.close()
        throw fileError(path, cause)
      }
    },
  }
}

function byteFile(path: string, handle: FileHandle, size: number): ByteFile {
  return {
    size,
    async read(target, position) {
      try {
        return (await handle.read(target, 0, target.length, position)).bytesRead
      } catch (cause) {
        throw fileError(path, cause)
      }
    },
    close: () => handle.close(),
  }
}

/** Fills all of `target`. The caller has checked the size, so an early end means that the file shrank meanwhile. */
export async function readExactly(file: ByteFile, path: string, target: Uint8Array, position: number): Promise<void> {
  let done = await file.read(target, position)
  while (done < target.length) {
    const more = await file.read(target.subarray(done), position + done)
    if (more === 0) throw changed(path)
    done += more
  }
}

/** Throws unless the file still has the size it had when its header was read. */
export function sameSize(file: ByteFile, path: string, size: number): void {
  if (file.size !== size) throw changed(path)
}

const changed = (path: string): FpsimError => new FpsimError('bad-data', { file: path, problem: 'changed' })

const CHUNK = 65_536

/** The bytes of a file from start to end, in one reused buffer. */
export async function* fileChunks(input: InputFile): AsyncGenerator<Uint8Array> {
  const file = await input.open()
  try {
    const buffer = new Uint8Array(Math.min(CHUNK, Math.max(file.size, 1)))
    let position = 0
    for (;;) {
      const n = await file.read(buffer, position)
      if (n === 0) break
      position += n
      yield buffer.subarray(0, n)
    }
    // A file that grew is read to its new end; one that shrank has lost numbers.
    if (position < file.size) throw changed(input.path)
  } finally {
    await file.close()
  }
}

/** The first bytes of a file, fewer where it is shorter. */
export async function fileHead(input: InputFile, length: number): Promise<{ head: Uint8Array; size: number }> {
  const file = await input.open()
  try {
    const head = new Uint8Array(Math.min(length, file.size))
    await readExactly(file, input.path, head, 0)
    return { head, size: file.size }
  } finally {
    await file.close()
  }
}
