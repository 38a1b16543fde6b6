/** The proof by exhaustion: all 2^32 float32 through the kernels, and through another library, against exact boundaries. */
import { createHash } from 'node:crypto'
import { FpsimError } from '../../errors.js'
import { formats as catalog } from '../../format/catalog.js'
import type { Format } from '../../format/format.js'
import { fits } from '../../kernel/quantize.js'
import { boundariesOf } from './boundaries.js'
import type { Failure } from './evidence.js'
import type { Mismatch, Sweep, SweepJob, Swept } from './sweep.js'

/** Every float32 there is. */
export const inputs = 4294967296

/** Parts of the work, each for one thread. */
const parts = 16

/** Does the jobs on threads, in any order; a job that was never started leaves a gap. */
export type Sweepers = (
  jobs: readonly SweepJob[],
  progress: (done: number) => void | Promise<void> | undefined,
) => Promise<readonly (Sweep | undefined)[]>

export interface Proof {
  readonly format: string
  readonly swept: Swept
  readonly cases: number
  /** NaN that gave NaN. */
  readonly nan: number
  readonly wrong: number
  /** Of all codes, see `digestOf`; absent where some are missing. */
  readonly digest?: string
  readonly failure?: Failure
}

const isProvable = (f: Format): boolean => f.width <= 16 && fits(f, 'fp32')

/** Throws 'invalid-value' for a format with codes of more than 16 bits, or with values that no float32 is. */
export function checkProvable(f: Format): void {
  if (isProvable(f)) return
  const allowed = catalog.filter(isProvable).map(({ name }) => name)
  throw new FpsimError('invalid-value', { option: 'format', value: f.name, problem: 'not-allowed', allowed })
}

/**
 * SHA-256 of the codes of all float32 in the order of their bit patterns, written as runs: for every run of equal codes
 * the first pattern and the code, both as 32-bit little-endian integers (ffffffff: NaN in a format that has none). Equal
 * codes make equal runs, however the work was divided.
 */
export function digestOf(sweeps: readonly Pick<Sweep, 'starts' | 'codes'>[]): string {
  const hash = createHash('sha256')
  const bytes = new DataView(new ArrayBuffer(8))
  let last: number | undefined
  for (const { starts, codes } of sweeps)
    for (const [i, start] of starts.entries()) {
      const code = codes[i] as number
      if (code === last) continue
      last = code
      bytes.setUint32(0, start, true)
      bytes.setUint32(4, code, true)
      hash.update(new Uint8Array(bytes.buffer))
    }
  return hash.digest('hex')
}

const cell = new Uint32Array(1)
const float = new Float32Array(cell.buffer)
function float32(bits: number): number {
  cell[0] = bits
  return float[0] as number
}

const failureOf = (format: string, { input, got, wanted }: Mismatch): Failure => ({
  format,
  rounding: 'nearest-even',
  input: float32(input),
  got: float32(got),
  wanted: float32(wanted),
})

/** The sweep of one format by one of the two; it is what was done of it where the sweepers stopped. */
export async function proofOf(
  f: Format,
  swept: Swept,
  sweepers: Sweepers,
  progress: (done: number) => void | Promise<void> | undefined,
): Promise<Proof> {
  const boundaries = boundariesOf(f)
  const size = inputs / parts
  const jobs = Array.from({ length: parts }, (_, i): SweepJob => {
    return { format: f.name, swept, from: i * size, to: (i + 1) * size, boundaries }
  })
  const all = await sweepers(jobs, progress)
  const done = all.filter((sweep) => sweep !== undefined)
  const sum = (key: 'cases' | 'nan' | 'wrong') => done.reduce((total, sweep) => total + sweep[key], 0)
  const worst = done.flatMap(({ mismatch }) => mismatch ?? [])
  const size32 = ({ input }: Mismatch) => input & 0x7fffffff
  const first = worst.sort((a, b) => size32(a) - size32(b))[0]
  return {
    format: f.name,
    swept,
    cases: sum('cases'),
    nan: sum('nan'),
    wrong: sum('wrong'),
    ...(sum('cases') === inputs ? { digest: digestOf(done) } : {}),
    ...(first ? { failure: failureOf(f.name, first) } : {}),
  }
}

/** What is to be swept for the formats, in order: fp16 by the other library too. */
export const plan = (formats: readonly Format[]): { f: Format; swept: Swept }[] => [
  ...formats.map((f) => ({ f, swept: 'kernel' as const })),
  ...formats.filter(({ name }) => name === 'fp16').map((f) => ({ f, swept: 'float16' as const })),
]
