/** The user's own numbers: a file of any kind that fpsim reads, or standard input, as a Source. */
import { createReadStream } from 'node:fs'
import { FpsimError } from '../errors.js'
import { diskFile, fileChunks, fileHead, type InputFile, kindOfFile, shortName } from './file.js'
import { HEAD, isReadable, type Kind, kindOfEnding, looksLike } from './kind.js'
import { npySource } from './npy.js'
import { safetensorsSource } from './safetensors.js'
import type { Source } from './source.js'
import { replayable } from './stream.js'
import { textSource } from './text-numbers.js'

export interface InputOptions {
  /** Names of the tensors wanted: `*`, `?`, several separated by commas. Only .safetensors files have names. */
  readonly tensor?: string | undefined
  /** What '-' reads. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined
}

/**
 * Opens a file by what its ending says, or its first bytes where that is unknown. Headers are read and checked at once;
 * numbers in each pass of `blocks()`, in blocks of at most 65,536, whose array is used again for the next block.
 * '-', pipes and devices are text and flow once: a second pass over more than 64 MiB of them throws 'stream-once'.
 * All errors are FpsimErrors: 'missing-file', 'is-a-directory', 'unreadable-file', 'no-match' and 'bad-data'.
 */
export async function openInput(path: string, o: InputOptions = {}): Promise<Source> {
  if (path === '-') {
    if (o.stdin === undefined) throw new FpsimError('bad-data', { file: path, problem: 'no-stdin' })
    return streamSource(path, o.stdin, o.tensor)
  }
  if ((await kindOfFile(path)) === 'regular') return fileSource(diskFile(path), o)
  // Opened only when it is read.
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield* createReadStream(path)
  }
  return streamSource(path, open(), o.tensor)
}

/** A file that can be read by position as a source. */
export async function fileSource(input: InputFile, o: { tensor?: string | undefined } = {}): Promise<Source> {
  const { path } = input
  const kind = await kindOf(input)
  if (kind === 'safetensors') return safetensorsSource(input, { tensor: o.tensor })
  noNames(path, o.tensor)
  if (kind === 'npy') return npySource(input)
  return textSource({ name: shortName(path), path, open: () => fileChunks(input) })
}

async function kindOf(input: InputFile): Promise<Kind> {
  const { path } = input
  const byEnding = kindOfEnding(path)
  if (byEnding !== undefined && !isReadable(byEnding))
    throw new FpsimError('bad-data', { file: path, problem: 'unsupported', kind: byEnding })
  const { head, size } = await fileHead(input, HEAD)
  if (size === 0) throw new FpsimError('bad-data', { file: path, problem: 'empty' })
  if (byEnding !== undefined) return byEnding
  const found = looksLike(head)
  return found === 'npy' || found === 'safetensors' ? found : 'text'
}

function streamSource(path: string, stream: AsyncIterable<Uint8Array>, tensor: string | undefined): Source {
  noNames(path, tensor)
  return textSource({ name: path === '-' ? 'stdin' : shortName(path), path, open: replayable(stream, { path }) })
}

function noNames(path: string, tensor: string | undefined): void {
  if (tensor !== undefined) throw new FpsimError('bad-data', { file: path, problem: 'no-names', tensor })
}
