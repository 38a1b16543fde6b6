/** Writes gradients as a training makes them: .npy, one long array, or .safetensors, a tensor for each layer and step. */
import { type FileHandle, open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FpsimError } from '../errors.js'
import { littleEndian } from './elements.js'
import { npyHeader, npyHeaderLength } from './npy-header.js'
import { safetensorsHeader, safetensorsHeaderLimit } from './safetensors-header.js'
import { TENSOR_LIMIT } from './tensor-header.js'

export const gradientKinds = ['npy', 'safetensors'] as const
export type GradientKind = (typeof gradientKinds)[number]

/** More is refused: what a training records should be looked at, not archived. */
export const GRADIENT_LIMIT = 4 * 1024 ** 3

/** The gradient of one tensor in one step. */
export interface Gradient {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export interface GradientFileOptions {
  readonly kind: GradientKind
  /** As the user calls it, for what goes wrong. */
  readonly file: string
  /** Every so many steps are recorded, from step 0 on, of so many. */
  readonly every: number
  readonly steps: number
  /** For the header of .safetensors. */
  readonly about: Readonly<Record<string, string>>
}

export interface GradientFile {
  /** The gradients of a step, in the order in which they were made. Throws 'wrong-training' where all would be too many. */
  add(step: number, gradients: readonly Gradient[]): Promise<void>
  /** Completes the header; the bytes of the whole file. */
  finish(): Promise<number>
  close(): Promise<void>
}

/** A tensor that was written: `layer@step`, and `layer@step.2` where a step has several of a name. */
export interface Written {
  readonly name: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** The values as little-endian float32, which is how they lie on most machines. Exact, NaN payloads too. */
function bytesOf(values: Float32Array): Uint8Array {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return littleEndian() ? raw : Buffer.from(raw).swap32()
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number, file: string): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  } catch (cause) {
    throw new FpsimError('cannot-write', { file, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) })
  }
}

/** Bytes that fit on the medium; Infinity where it does not say. */
async function roomFor(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(dirname(path))
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Names of a step's tensors, each once. */
function namesOf(step: number, gradients: readonly Gradient[]): string[] {
  const seen = new Map<string, number>()
  return gradients.map(({ name }) => {
    const n = (seen.get(name) ?? 0) + 1
    seen.set(name, n)
    return n === 1 ? `${name}@${step}` : `${name}@${step}.${n}`
  })
}

/** An existing file at `path` is written over. Memory is that of one step, whatever the length of the training. */
export async function gradientFile(path: string, o: GradientFileOptions): Promise<GradientFile> {
  const { kind, file, every, steps, about } = o
  const recorded = Math.ceil(steps / every)
  let handle: FileHandle
  try {
    handle = await open(path, 'w')
  } catch (cause) {
    throw new FpsimError('cannot-write', { file, reason: (cause as NodeJS.ErrnoException).code ?? String(cause) })
  }
  const written: Written[] = []
  /** Bytes kept free for the header, from the first step on. */
  let start = 0
  let size = 0

  /** What the first step says of all: the last batch of an epoch may be smaller, none is larger. */
  async function begin(gradients: readonly Gradient[]): Promise<void> {
    const perStep = gradients.reduce((sum, { values }) => sum + values.byteLength, 0)
    const bytes = perStep * recorded
    const limit = Math.min(GRADIENT_LIMIT, await roomFor(path))
    const excess = Math.max(bytes / limit, kind === 'npy' ? 0 : (gradients.length * recorded) / TENSOR_LIMIT)
    if (excess > 1)
      throw new FpsimError('wrong-training', {
        problem: 'record-large',
        file,
        bytes,
        tensors: gradients.length * recorded,
        most: TENSOR_LIMIT,
        limit,
        every: Math.ceil(every * excess * 1.01),
      })
    start =
      kind === 'npy'
        ? npyHeaderLength
        : safetensorsHeaderLimit(
            gradients.map(({ shape }, i) => ({ name: namesOf(steps, gradients)[i] as string, shape })),
            { times: recorded, bytes, about },
          )
  }

  return {
    async add(step, gradients) {
      if (start === 0) await begin(gradients)
      const names = namesOf(step, gradients)
      for (const [i, { shape, values }] of gradients.entries()) {
        await writeAt(handle, bytesOf(values), start + size, file)
        if (kind === 'safetensors')
          written.push({ name: names[i] as string, shape, begin: size, end: size + values.byteLength })
        size += values.byteLength
      }
    },
    async finish() {
      if (start === 0) await begin([])
      const header = kind === 'npy' ? npyHeader(size / 4) : safetensorsHeader(written, about, start)
      await writeAt(handle, header, 0, file)
      return start + size
    },
    close: () => handle.close(),
  }
}
