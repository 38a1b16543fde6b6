/** The kernels' speed beside their rivals', interleaved; nothing is timed before it has agreed on the very data timed. */
import { f16round } from '@petamoriken/float16'
import { uniform } from '../../src/data/rng.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { format } from '../../src/format/parse.js'
import { fateRounder, rounder } from '../../src/format/round.js'
import { decodeAll, encodeAll } from '../../src/kernel/codes.js'
import { gemm, multiply } from '../../src/kernel/gemm.js'
import { quantize } from '../../src/kernel/quantize.js'
import { tallyBlock } from '../../src/kernel/tally.js'
import { addBlock, newTally } from '../../src/runner/replay/tally.js'
import { addExtent, newExtent } from '../../src/runner/replay/window.js'

interface Row {
  readonly name: string
  /** Not timed. */
  readonly prepare?: () => void
  readonly run: () => unknown
  /** Work of one run: values, or operations. */
  readonly work: number
  /** Nanoseconds a value at most, or operations a nanosecond at least. */
  readonly unit: 'ns' | 'G/s'
  readonly target?: number
}

const values = 1 << 18
const rounds = 15

/** Numbers of both signs from 2^-40 to 2^20: normal, subnormal, lost and beyond the range of the small formats. */
function mixed(n: number): Float32Array {
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) out[i] = (uniform(5, 2 * i) * 2 - 1) * 2 ** (Math.floor(uniform(5, 2 * i + 1) * 60) - 40)
  return out
}

function agree(name: string, got: ArrayLike<number>, wanted: (i: number) => number): void {
  for (let i = 0; i < got.length; i++)
    if (!Object.is(got[i], wanted(i))) throw new Error(`${name} disagrees at ${i}: ${got[i]}, not ${wanted(i)}`)
}

const same = (a: unknown, b: unknown, name: string): void => {
  const text = (x: unknown) => JSON.stringify(x, (_, v) => (ArrayBuffer.isView(v) ? [...(v as Float64Array)] : v))
  if (text(a) !== text(b)) throw new Error(`${name} disagrees`)
}

function quantizeRows(data: Float32Array): Row[] {
  const rows: Row[] = []
  const wide = Float64Array.from(data)
  const out = new Float32Array(values)
  agree('f16round', data.map(f16round), (i) => rounder('fp16')(data[i] as number))
  rows.push({
    name: '@petamoriken f16round, float32 -> fp16',
    run: () => {
      for (let i = 0; i < values; i++) out[i] = f16round(data[i] as number)
    },
    work: values,
    unit: 'ns',
  })
  const add = (
    f: string,
    source: Float32Array | Float64Array,
    rounding: 'nearest-even' | 'stochastic',
    target: number,
  ): void => {
    let i = 0
    const one = rounder(f, { rounding, random: () => uniform(1, i) })
    const name = `${rounding}, ${source instanceof Float32Array ? 'float32' : 'float64'} -> ${f}`
    agree(name, quantize(source, f, { rounding }), (at) => {
      i = at
      return one(source[at] as number)
    })
    const work = source.slice()
    rows.push({
      name,
      prepare: () => work.set(source),
      run: () => quantize(work, f, { rounding, inPlace: true }),
      work: values,
      unit: 'ns',
      target,
    })
  }
  for (const f of ['fp16', 'bf16', 'e4m3fn', 'e5m2', 'e4m3fnuz', 'e3m2', 'e2m1', 'e7m8', 'e8m0', 'tf32'])
    add(f, data, 'nearest-even', 0.6)
  for (const f of ['fp16', 'bf16', 'e4m3fn', 'e5m2', 'fp32']) add(f, wide, 'nearest-even', 1.5)
  add('fp16', data, 'stochastic', 2.5)
  add('bf16', data, 'stochastic', 1.5)
  add('e4m3fn', data, 'stochastic', 2.5)
  return rows
}

function codeRows(data: Float32Array): Row[] {
  const rows: Row[] = []
  const out = new Float32Array(values)
  for (const f of ['fp16', 'bf16', 'e4m3fn']) {
    const codes = encodeAll(data, f)
    const into = codes.slice()
    agree(`encode ${f}`, codes, (i) => encode(data[i] as number, f))
    agree(`decode ${f}`, decodeAll(codes, f), (i) => decode(codes[i] as number, f))
    rows.push({
      name: `round and encode ${f}`,
      run: () => encodeAll(data, f, { into }),
      work: values,
      unit: 'ns',
      target: 1,
    })
    rows.push({
      name: `decode ${f}`,
      run: () => decodeAll(codes, f, { into: out }),
      work: values,
      unit: 'ns',
      target: 1,
    })
  }
  return rows
}

function tallyRows(data: Float32Array): Row[] {
  const source = Float64Array.from(data)
  const f = format('fp16')
  const run = () => {
    const [tally, extent] = [newTally(), newExtent()]
    tallyBlock(source, { f, scale: 1024, tally, extent, otherwise: () => assertNever() })
    return { tally, extent }
  }
  const [tally, extent] = [newTally(), newExtent()]
  addBlock(tally, { tensor: 't', values: source }, { f, scale: 1024, rounded: fateRounder(f) })
  addExtent(extent, source)
  same(run(), { tally, extent }, 'tally')
  return [{ name: 'fates, histograms, max, two sums of squares', run, work: values, unit: 'ns', target: 1.5 }]
}

const assertNever = (): never => {
  throw new Error('the kernel gave a block back')
}

function gemmRows(): Row[] {
  const n = 256
  const square = (f: string, seed: number) =>
    quantize(
      Float32Array.from({ length: n * n }, (_, i) => (uniform(seed, i) * 2 - 1) / 4),
      f,
    )
  const rows: Row[] = []
  for (const [f, target] of [
    ['fp32', 30],
    ['fp16', 2],
    ['bf16', 2],
  ] as const) {
    const [a, b] = [square(f, 1), square(f, 2)]
    const r = rounder(f)
    const got = gemm(a, b, n, n, n, { accumulate: f })
    for (let t = 0; t < 2000; t++) {
      const [i, j] = [(t * 37) % n, (t * 101) % n]
      let s = 0
      for (let k = 0; k < n; k++) s = r(s + r((a[i * n + k] as number) * (b[k * n + j] as number)))
      if (!Object.is(got[i * n + j], s)) throw new Error(`gemm ${f} disagrees at ${i}, ${j}`)
    }
    // A multiplication and an addition are two operations of float32, and one multiply-add of an accumulator.
    const per = f === 'fp32' ? 2 : 1
    const add = (name: string, run: () => unknown, k = n) =>
      rows.push({ name: `gemm ${name}`, run, work: per * n * n * k, unit: 'G/s', target })
    add(`accumulating in ${f}, 256^3`, () => gemm(a, b, n, n, n, { accumulate: f }))
    if (f !== 'fp32') continue
    add('fp32, a transposed', () => multiply({ a, b, m: n, k: n, n, transposeA: true }))
    add('fp32, b transposed', () => multiply({ a, b, m: n, k: n, n, transposeB: true }))
    const [thin, flat] = [a.subarray(0, 64 * n), b.subarray(0, 64 * n)]
    add('fp32, K = 64', () => gemm(thin, flat, n, 64, n), 64)
  }
  return rows
}

export async function kernelBench(): Promise<void> {
  const data = mixed(values)
  const rows = [...quantizeRows(data), ...codeRows(data), ...tallyRows(data), ...gemmRows()]
  const times = rows.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [i, { prepare, run, work }] of rows.entries()) {
      run()
      prepare?.()
      const start = process.hrtime.bigint()
      run()
      times[i]?.push(Number(process.hrtime.bigint() - start) / work)
    }
  console.log(`\nKernels: ${rounds} runs in turn, agreed on the data first; median (best) of ${values} values or 256^3`)
  for (const [i, { name, unit, target }] of rows.entries()) {
    const sorted = (times[i] as number[]).sort((a, b) => a - b)
    const show = (ns: number) => (unit === 'ns' ? ns : 1 / ns).toFixed(2)
    const figure = `${show(sorted[rounds >> 1] as number)} (${show(sorted[0] as number)}) ${unit}`
    const goal = target === undefined ? '' : `target ${unit === 'ns' ? '<=' : '>='} ${target}`
    console.log(`  ${name.padEnd(48)}${figure.padStart(22)}   ${goal}`)
  }
}
