/** The same dot products on every GPU: what each gives, and how far that is from the exact sum. */

import { normals } from '../../data/normals.js'
import { seedFrom, uniform } from '../../data/rng.js'
import type { Format } from '../../format/format.js'
import { rounder } from '../../format/round.js'
import type { Gpu, TensorCore } from '../../format/tensor-core.js'
import { ulp } from '../../format/ulp.js'
import { dot } from '../../kernel/dot.js'
import { gemm } from '../../kernel/gemm.js'
import { quantize } from '../../kernel/quantize.js'

/** Rows and columns of numbers: the first `count` of their dot products, row by row, are looked at. */
export interface Operands {
  readonly rows: readonly Float32Array[]
  readonly columns: readonly Float32Array[]
  readonly count: number
}

/** Numbers as they are drawn, in float32: from 0 to 1, or normal. */
export function drawn(count: number, values: 'positive' | 'mixed', use: string, seed: number): Float32Array {
  if (values === 'mixed') return Float32Array.from(normals(count, use, seed))
  const own = seedFrom(`${use} ${seed}`)
  return Float32Array.from({ length: count }, (_, i) => uniform(own, i))
}

const pieces = (all: Float32Array, length: number): Float32Array[] =>
  Array.from({ length: all.length / length }, (_, i) => all.subarray(i * length, (i + 1) * length))

/** Operands of `length` numbers, values of the input. */
export function operandsOf(
  { count, length, values, input }: { count: number; length: number; values: 'positive' | 'mixed'; input: Format },
  seed: number,
): Operands {
  const n = Math.ceil(Math.sqrt(count))
  const m = Math.ceil(count / n)
  const of = (lines: number, use: string) =>
    pieces(quantize(drawn(lines * length, values, use, seed), input, { inPlace: true }), length)
  return { rows: of(m, 'tensor-core a'), columns: of(n, 'tensor-core b'), count }
}

/** GPUs whose dot product is the same. */
export interface Group {
  readonly gpus: readonly Gpu[]
  readonly core: TensorCore
  /** Those of the GPUs whose own results nobody recorded for this kind of product. */
  readonly modelled: readonly Gpu[]
}

/** What makes a dot product what it is. */
const facts = ({ block, kept, least, sum, pairs }: TensorCore): string =>
  [block, kept, least, sum.name, pairs].join(' ')

/** GPUs by what they compute, in their order. */
export function grouped(cores: readonly TensorCore[]): Group[] {
  const keys = [...new Set(cores.map(facts))]
  return keys.map((key) => {
    const same = cores.filter((core) => facts(core) === key)
    return {
      gpus: same.map(({ gpu }) => gpu),
      core: same[0] as TensorCore,
      modelled: same.filter(({ recorded }) => !recorded).map(({ gpu }) => gpu),
    }
  })
}

/** All dot products in one way, row by row. */
export interface Way {
  readonly results: Float32Array
  /** The share that is not the output's value nearest to the exact sum. */
  readonly wrong: number
  /** The mean error, positive away from zero, and the largest: in ulps of the sum of the magnitudes. */
  readonly bias: number
  readonly worst: number
}

/** What the sums should be, and the sums of the products' magnitudes. */
export interface Exact {
  /** The exact sums, rounded to float64: an error of less than 2^-28 ulp of the outputs. */
  readonly sums: Float64Array
  readonly sizes: Float64Array
}

export function exactly({ rows, columns, count }: Operands): Exact {
  const [sums, sizes] = [new Float64Array(count), new Float64Array(count)]
  for (let i = 0; i < count; i++) {
    const a = rows[Math.floor(i / columns.length)] as Float32Array
    const b = columns[i % columns.length] as Float32Array
    sums[i] = dot(a, b, { method: 'exact', accumulate: 'fp64' })
    sizes[i] = sizeOf(a, b)
  }
  return { sums, sizes }
}

/** The sum of the products' magnitudes, in float64. */
export function sizeOf(a: Float32Array, b: Float32Array): number {
  let size = 0
  for (let k = 0; k < a.length; k++) size += Math.abs((a[k] as number) * (b[k] as number))
  return size
}

function judged(results: Float32Array, { sums, sizes }: Exact, output: Format): Way {
  const nearest = rounder(output)
  let [wrong, sum, worst] = [0, 0, 0]
  for (const [i, result] of results.entries()) {
    const wanted = sums[i] as number
    if (result !== nearest(wanted)) wrong++
    const error = ((result - wanted) / ulp(sizes[i] as number, output)) * (wanted < 0 ? -1 : 1)
    sum += error
    worst = Math.max(worst, Math.abs(error))
  }
  return { results, wrong: wrong / results.length, bias: sum / results.length, worst }
}

/** Rows one below the other; or columns beside each other. */
function matrixOf(lines: readonly Float32Array[], beside: boolean): Float32Array {
  const length = lines[0]?.length ?? 0
  const out = new Float32Array(lines.length * length)
  for (const [i, line] of lines.entries())
    if (beside) for (let k = 0; k < length; k++) out[k * lines.length + i] = line[k] as number
    else out.set(line, i * length)
  return out
}

/** On tensor cores, or without: one by one in fp32, each sum rounded to nearest, and the last to the output. */
export function resultsOf(
  { rows, columns, count }: Operands,
  exact: Exact,
  core: TensorCore | undefined,
  output: Format,
): Way {
  const length = rows[0]?.length ?? 0
  const [a, b] = [matrixOf(rows, false), matrixOf(columns, true)]
  const options = core && {
    hardware: core.gpu,
    input: core.input,
    output: core.output.name as 'fp32' | 'fp16',
    instruction: core.instruction,
  }
  const results = gemm(a, b, rows.length, length, columns.length, options ?? {}).subarray(0, count)
  return judged(core ? results : quantize(results, output, { inPlace: true }), exact, output)
}
