/** Room for tensors in the kernels' own memory: slabs of float32 that no call has to copy in or out. */
import { FpsimError } from '../errors.js'
import { machine, views } from './machine.js'

/** `length` values of 32 bits from byte address `at` on. Float32 where nothing else is said; indices are int32. */
export interface Slab {
  readonly at: number
  readonly length: number
}

/** A height of an arena's stack. */
export interface Mark {
  readonly region: number
  readonly used: number
}

/** A stack of slabs. Arenas share the memory, but no bytes: two may be used in turn. */
export interface Arena {
  /** New room on top of the stack, 64-byte aligned. What it holds is what was there before. */
  slab(length: number): Slab
  /** The same, all +0. */
  zeros(length: number): Slab
  /** The same, with these values. */
  of(values: ArrayLike<number>): Slab
  mark(): Mark
  /** Gives back all slabs made since the mark: a step's temporaries, say; what was made before it lasts. */
  release(mark: Mark): void
  /** Gives back everything. The arena can be used again. */
  close(): void
}

interface Region {
  readonly at: number
  readonly bytes: number
}

const page = 65536
const alignment = 64
/** The least that an arena takes at a time. */
const least = 16 * page
/** What a kernel may read beyond the last value: groups are loaded whole. */
const slack = 256

/** Regions that closed arenas gave back. */
const free: Region[] = []

/** A region of at least so many bytes: one given back, or new memory. */
function take(bytes: number): Region {
  const found = free.findIndex((region) => region.bytes >= bytes)
  if (found >= 0) return free.splice(found, 1)[0] as Region
  const pages = Math.ceil(Math.max(bytes, least) / page)
  const { memory } = machine()
  const at = memory.buffer.byteLength
  try {
    memory.grow(pages)
  } catch {
    throw new FpsimError('out-of-memory', { bytes: pages * page, used: at })
  }
  return { at, bytes: pages * page }
}

export function newArena(): Arena {
  const regions: Region[] = []
  // The region at work, and the bytes of it in use. Those after it are empty.
  let current = 0
  let used = 0

  const slab = (length: number): Slab => {
    const bytes = Math.max(1, Math.ceil((length * 4) / alignment)) * alignment
    let region = regions[current]
    while (region !== undefined && used + bytes + slack > region.bytes) {
      region = regions[++current]
      used = 0
    }
    if (region === undefined) {
      region = take(bytes + slack)
      regions.push(region)
    }
    const at = region.at + used
    used += bytes
    return { at, length }
  }

  return {
    slab,
    zeros(length) {
      const out = slab(length)
      valuesOf(out).fill(0)
      return out
    },
    of(values) {
      const out = slab(values.length)
      valuesOf(out).set(values)
      return out
    },
    mark: () => ({ region: current, used }),
    release(mark) {
      current = mark.region
      used = mark.used
    },
    close() {
      free.push(...regions.splice(0))
      current = 0
      used = 0
    },
  }
}

/** The values themselves, to read or to write. Good until the next slab is made: memory that grows moves. */
export const valuesOf = ({ at, length }: Slab): Float32Array => views().float32.subarray(at / 4, at / 4 + length)

/** The same bits as integers: indices, targets. */
export const integersOf = ({ at, length }: Slab): Int32Array => new Int32Array(views().buffer, at, length)

/** A part of a slab, the same memory: values `from` to `from + length`. */
export const partOf = ({ at }: Slab, from: number, length: number): Slab => ({ at: at + from * 4, length })
