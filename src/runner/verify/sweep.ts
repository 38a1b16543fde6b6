/** A part of all float32 through the kernel, or another library, each result compared with its run: the work of one thread. */
import { f16round } from '@petamoriken/float16'
import { decode } from '../../format/decode.js'
import { encode } from '../../format/encode.js'
import { type Format, hasNaN } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { rounder } from '../../format/round.js'
import { encodeAll } from '../../kernel/codes.js'
import { quantize } from '../../kernel/quantize.js'
import { type Boundaries, noCode } from './boundaries.js'

/**
 * kernel: quantize on every input, and encodeAll on the first and the last input of each run in each block: it rounds by the
 * same kernel. float16: f16round of @petamoriken/float16, for fp16 alone.
 */
export type Swept = 'kernel' | 'float16'

export interface SweepJob {
  readonly format: string
  readonly swept: Swept
  /** Bit patterns, in whole blocks. */
  readonly from: number
  readonly to: number
  readonly boundaries: Boundaries
  /** Shared by all threads: once it is not 0, a sweep ends with what it has done. */
  readonly stop?: Int32Array
}

/** What went wrong first, as float32 bits. */
export interface Mismatch {
  readonly input: number
  readonly got: number
  readonly wanted: number
}

export interface Sweep {
  /** Inputs, and those of them that are NaN and gave NaN. */
  readonly cases: number
  readonly nan: number
  readonly wrong: number
  /** That with the smallest magnitude. */
  readonly mismatch?: Mismatch
  /** The codes as they came out: where each run of equal ones begins. */
  readonly starts: Uint32Array
  readonly codes: Uint32Array
}

/** Inputs at a time. */
export const blockLength = 65_536

const magnitude = (bits: number): number => bits & 0x7fffffff
const cell = new Float32Array(1)
const float32Bits = (x: number): number => {
  cell[0] = x
  return new Uint32Array(cell.buffer)[0] as number
}
const isNaN32 = (bits: number): boolean => magnitude(bits) > 0x7f800000

/** Growing lists of runs. */
interface Runs {
  readonly starts: number[]
  readonly codes: number[]
}

function add({ starts, codes }: Runs, start: number, code: number): void {
  if (codes.at(-1) === code) return
  starts.push(start)
  codes.push(code)
}

const bytesOf = (all: Uint32Array): Uint8Array => new Uint8Array(all.buffer)

/** The code of a result that should have been another. */
const codeOf = (x: number, f: Format): number => (Number.isNaN(x) && !hasNaN(f) ? noCode : encode(rounder(f)(x), f))

/** The bit patterns of a block; in the 32-bit integers that engines are quick with. */
function count(patterns: Int32Array, base: number): void {
  const first = base | 0
  for (let i = 0; i < patterns.length; i++) patterns[i] = (first + i) | 0
}

/** A block rounded by the other library. */
function byFloat16(floats: Float32Array): void {
  for (let i = 0; i < floats.length; i++) floats[i] = f16round(floats[i] as number)
}

/** The runs of one block: the first of them and what lies behind the last. */
interface Part {
  readonly at: number
  readonly end: number
  readonly run: number
}

/** What the encoder gives for the first and the last input of each part of a block. */
function endsOf(f: Format): (base: number, parts: readonly Part[]) => { input: number; got: number; run: number }[] {
  const words = new Uint32Array(2 * blockLength)
  const floats = new Float32Array(words.buffer)
  return (base, parts) => {
    // The encoder refuses NaN where the format has no code for it.
    const inputs = parts
      .flatMap(({ at, end, run }) => [
        { input: base + at, run },
        { input: base + end - 1, run },
      ])
      .filter(({ input }) => hasNaN(f) || !isNaN32(input))
    for (const [i, { input }] of inputs.entries()) words[i] = input
    const got = encodeAll(floats.subarray(0, inputs.length), f)
    return inputs.map((o, i) => ({ ...o, got: got[i] as number }))
  }
}

/** Never throws for a wrong result: it is counted. `done` is told the inputs done now and then. */
export function sweep(job: SweepJob, done: (inputs: number) => void): Sweep {
  const f = format(job.format)
  const { starts, values, codes } = job.boundaries
  const kernel = job.swept === 'kernel'
  const words = new Uint32Array(blockLength)
  const floats = new Float32Array(words.buffer)
  const patterns = new Int32Array(words.buffer)
  const wantedWords = new Uint32Array(blockLength)
  const runs: Runs = { starts: [], codes: [] }
  const ends = endsOf(f)
  let [nan, wrong] = [0, 0]
  let mismatch: Mismatch | undefined
  const note = (at: number, got: number, wanted: number): void => {
    wrong++
    if (!mismatch || magnitude(at) < magnitude(mismatch.input)) mismatch = { input: at, got, wanted }
  }
  /** One by one, where something differs. Another library's NaN may have any sign and payload. */
  const compare = (base: number, { at, end, run }: Part): void => {
    const wanted = values[run] as number
    for (let i = at; i < end; i++) {
      const got = words[i] as number
      const same = got === wanted || (!kernel && isNaN32(got) && isNaN32(wanted))
      if (!same) note(base + i, got, wanted)
      add(runs, base + i, same ? (codes[run] as number) : codeOf(floats[i] as number, f))
    }
  }
  let run = 0
  while (run + 1 < starts.length && (starts[run + 1] as number) <= job.from) run++
  let alike = -1
  let base = job.from
  for (; base < job.to && !(job.stop && Atomics.load(job.stop, 0) !== 0); base += blockLength) {
    const parts: Part[] = []
    for (let at = 0; at < blockLength; ) {
      const next = run + 1 < starts.length ? (starts[run + 1] as number) - base : blockLength + 1
      const end = Math.min(next, blockLength)
      parts.push({ at, end, run })
      at = end
      if (next <= blockLength) run++
    }
    // A block of one run like the block before needs no new answers.
    if (parts.length > 1 || parts[0]?.run !== alike)
      for (const part of parts) wantedWords.fill(values[part.run] as number, part.at, part.end)
    alike = parts.length === 1 ? (parts[0] as Part).run : -1
    count(patterns, base)
    if (kernel) quantize(floats, f, { inPlace: true })
    else byFloat16(floats)
    const right = Buffer.compare(bytesOf(words), bytesOf(wantedWords)) === 0
    // The codes that came out, also where they are wrong.
    const other = new Map<number, number>()
    if (kernel)
      for (const { input, got, run } of ends(base, parts))
        if (got !== codes[run]) {
          other.set(run, got)
          note(input, float32Bits(decode(got, f)), values[run] as number)
        }
    for (const part of parts)
      if (right) add(runs, base + part.at, other.get(part.run) ?? (codes[part.run] as number))
      else compare(base, part)
    if (isNaN32(base + 1))
      for (let i = 0; i < blockLength; i++) if (isNaN32(base + i) && isNaN32(words[i] as number)) nan++
    if ((base / blockLength) % 64 === 63) done(base + blockLength - job.from)
  }
  return {
    cases: base - job.from,
    nan,
    wrong,
    ...(mismatch ? { mismatch } : {}),
    starts: Uint32Array.from(runs.starts),
    codes: Uint32Array.from(runs.codes),
  }
}
