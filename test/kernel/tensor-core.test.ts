/** dot and gemm with hardware: the bulk kernel against the exact model, element by element, and the contract's refusals. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { FpsimError } from '../../src/errors.js'
import { gpus, instructions, outputs, type TensorCoreOptions, tensorCore } from '../../src/format/tensor-core.js'
import { newArena, valuesOf } from '../../src/kernel/arena.js'
import { type DotOptions, dot } from '../../src/kernel/dot.js'
import { gemm, gemmPath, multiply } from '../../src/kernel/gemm.js'
import { product, productPath } from '../../src/kernel/matrix.js'
import { type SumOptions, sumOptionKeys, sumPlanOf } from '../../src/kernel/sum-options.js'
import { root } from '../support.js'
import { codeOfRefusal, words } from './inputs.js'

const draw = words(4711)
/** Some are 0 and some are not values of any input; `special` of 1000 are NaN, ±Inf or −0. */
function matrix(length: number, [low, high]: readonly [number, number], special = 0): Float32Array {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]
  return Float32Array.from({ length }, () => {
    if (draw() % 1000 < special) return odd[draw() % 4] as number
    if (draw() % 30 === 0) return 0
    return (draw() / 2 ** 31 - 1) * 2 ** (low + (draw() % (high - low + 1)))
  })
}

/** Everything that a GPU has. */
const all: readonly TensorCoreOptions[] = gpus.flatMap((hardware) =>
  ['fp16', 'bf16', 'tf32', 'e4m3fn', 'e5m2'].flatMap((input) =>
    outputs.flatMap((output) =>
      instructions
        .map((instruction) => ({ hardware, input, output, instruction }))
        .filter((o) => codeOfRefusal(() => tensorCore(o)) === 'none'),
    ),
  ),
)

function transposed(a: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(a.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j] as number
  return out
}

/** Every element (or `some` of them) is what dot gives, NaN canonical; so are those of transposed operands. */
function check(a: Float32Array, b: Float32Array, [m, k, n]: readonly number[], o: SumOptions, some = 1e9): void {
  const [rows, depth, columns] = [m, k, n] as [number, number, number]
  const got = gemm(a, b, rows, depth, columns, o)
  const bt = transposed(b, depth, columns)
  for (let t = 0; t < Math.min(some, rows * columns); t++) {
    const at = some < rows * columns ? draw() % (rows * columns) : t
    const [i, j] = [Math.floor(at / columns), at % columns]
    const wanted = dot(a.subarray(i * depth, (i + 1) * depth), bt.subarray(j * depth, (j + 1) * depth), o as DotOptions)
    assert.ok(Object.is(got[at], wanted), `${JSON.stringify(o)} ${[m, k, n]} [${i}, ${j}]: ${got[at]}, not ${wanted}`)
  }
  for (const [at, bits] of new Uint32Array(got.buffer).entries())
    if (Number.isNaN(got[at])) assert.equal(bits, 0x7fc00000)
  const product = { a, b, m: rows, k: depth, n: columns }
  const at = transposed(a, rows, depth)
  for (const other of [
    multiply({ ...product, a: at, transposeA: true }, o),
    multiply({ ...product, b: bt, transposeB: true }, o),
  ])
    assert.deepEqual(new Uint32Array(other.buffer), new Uint32Array(got.buffer))
}

test('there is something to try', () => assert.ok(all.length > 60, `${all.length}`))

test('gemm is dot, in every unit of every GPU: usual, wide, lowest, highest and special numbers', () => {
  for (const o of all) {
    // Products around fp32's, or the FP8 and fp16 formats', ends: bf16 and tf32 reach far beyond them.
    const far = o.input === 'bf16' || o.input === 'tf32'
    const ranges: readonly (readonly [number, number])[] = [
      [-4, 2],
      far ? [-140, 100] : [-20, 15],
      far ? [-80, -60] : [-25, -8],
      far ? [60, 66] : [5, 8],
      [-3, 16],
    ]
    for (const [i, range] of ranges.entries()) {
      const [m, k, n] = [3, 1 + (draw() % 90), 5]
      check(matrix(m * k, range, i === 0 ? 15 : 0), matrix(k * n, range, i === 0 ? 15 : 0), [m, k, n], o)
    }
  }
})

test('gemm over tiles, rows, columns and depths of every kind', () => {
  for (const o of [
    { hardware: 'h100' },
    { hardware: 'a100', input: 'tf32' },
    { hardware: 'v100', output: 'fp16' },
    { hardware: 'h100', input: 'e4m3fn' },
    { hardware: 'h200', input: 'e5m2', instruction: 'mma' },
  ] as const)
    for (const shape of [
      [1, 1, 1],
      [16, 256, 64],
      [17, 257, 65],
      [40, 600, 130],
      [1, 1000, 3],
      [70, 20, 1],
      [2, 0, 3],
    ]) {
      const [m, k, n] = shape as [number, number, number]
      const [a, b] = [matrix(m * k, [-6, 3]), matrix(k * n, [-6, 3])]
      a[draw() % (m * k + 1)] = Number.NaN
      b[draw() % (k * n + 1)] = Number.NEGATIVE_INFINITY
      check(a, b, shape, o, 60)
    }
})

test('gemm and dot with c = 0 of the operands of the exact answers', () => {
  const text = gunzipSync(readFileSync(join(root, 'test', 'vectors', 'tensor-core', 'answers.tsv.gz'))).toString()
  const cell = new Uint32Array(1)
  const read = (list: string): Float32Array =>
    Float32Array.from(list === '' ? [] : list.split(' '), (hex) => {
      cell[0] = Number.parseInt(hex, 16)
      return new Float32Array(cell.buffer)[0] as number
    })
  let compared = 0
  for (const line of text.trimEnd().split('\n')) {
    const [hardware, input, output, instruction, c, a = '', b = '', d = ''] = line.split('\t')
    if (c === 'none') continue
    const o = { hardware, input, output, ...(instruction === '-' ? {} : { instruction }) } as SumOptions
    const [x, y] = [read(a), read(b)]
    const got = gemm(x, y, 1, x.length, 1, o)[0]
    assert.ok(Object.is(got, dot(x, y, o as DotOptions)), line)
    if (c !== '00000000' || x.length === 0) continue
    compared++
    assert.ok(Object.is(got, d === 'nan' ? Number.NaN : read(d)[0]), line)
  }
  assert.ok(compared > 200, `${compared}`)
})

test('slabs: product is gemm, added where asked', () => {
  const arena = newArena()
  const [m, k, n] = [5, 70, 9]
  const o = { hardware: 'h100', input: 'e4m3fn' } as const
  const [a, b, to] = [arena.of(matrix(m * k, [-4, 2])), arena.of(matrix(k * n, [-4, 2])), arena.zeros(m * n)]
  assert.equal(productPath(a, b, k, sumPlanOf(o, sumOptionKeys)), 'plain')
  const wanted = gemm(valuesOf(a).slice(), valuesOf(b).slice(), m, k, n, o)
  product(to, a, b, { m, k, n }, o)
  assert.deepEqual(valuesOf(to).slice(), wanted)
  product(to, a, b, { m, k, n }, { ...o, add: true })
  assert.deepEqual(
    valuesOf(to).slice(),
    wanted.map((x) => 2 * x),
  )
  arena.close()
})

test('dot rounds c to the output; a and b may be any lists', () => {
  assert.equal(dot([], [], { hardware: 'h100', c: 1 + 2 ** -40 }), 1)
  assert.equal(dot([], [], { hardware: 'h100', output: 'fp16', c: 2049 }), 2048)
  assert.equal(dot([1], [1 + 2 ** -20], { hardware: 'h100', c: 0.5 }), 1.5)
  assert.equal(dot(Float64Array.of(3), [5], { hardware: 'b200', input: 'fp8_e5m2' }), 15)
})

test('the operands are left as they were', () => {
  const a = Float32Array.of(1 + 2 ** -20, Number.NaN, 3, 4)
  const kept = a.slice()
  gemm(a, a, 2, 2, 2, { hardware: 'a100' })
  assert.deepEqual(a, kept)
})

test('which way', () => {
  const a = new Float32Array(4)
  assert.equal(gemmPath({ a, b: a, m: 2, k: 2, n: 2 }, sumPlanOf({ hardware: 'h100' }, sumOptionKeys)), 'tensorCore')
})

test('a name that means another format is asked about; what a GPU has is told', () => {
  const values = (o: DotOptions) => {
    try {
      dot([1], [1], o)
    } catch (error) {
      return error instanceof FpsimError ? error.values : {}
    }
    return {}
  }
  assert.equal(values({ hardware: 'h100', input: 'e4m3' })['suggestion'], 'e4m3fn')
  assert.deepEqual(values({ hardware: 'v100', input: 'bf16' })['allowed'], ['fp16'])
  assert.deepEqual(values({ hardware: 'a100', input: 'e4m3fn' })['allowed'], ['fp16', 'bf16', 'tf32'])
})

test('refusals', () => {
  const run = (o: Record<string, unknown>) => codeOfRefusal(() => dot([1], [1], o as DotOptions))
  assert.equal(run({ hardware: 'h100', accumulate: 'fp32' }), 'unsupported-combination')
  assert.equal(run({ hardware: 'h100', method: 'sequential' }), 'unsupported-combination')
  assert.equal(run({ hardware: 'h100', chunk: 128 }), 'unsupported-combination')
  assert.equal(run({ hardware: 'v100', input: 'bf16' }), 'unsupported-combination')
  assert.equal(run({ hardware: 'a100', input: 'e4m3fn' }), 'unsupported-combination')
  assert.equal(run({ input: 'fp16' }), 'unsupported-combination')
  assert.equal(run({ hardware: 'h101' }), 'invalid-value')
  assert.equal(run({ hardware: 'h100', output: 'fp8' }), 'invalid-value')
  assert.equal(run({ hardwares: 'h100' }), 'unknown-key')
  assert.equal(run({ hardware: undefined, accumulate: 'fp16' }), 'none')
  assert.equal(run({ hardware: 'h100', accumulate: undefined }), 'none')
  const v = new Float32Array(4)
  assert.equal(
    codeOfRefusal(() => gemm(v, v, 2, 2, 2, { hardware: 'h100', c: 1 } as never)),
    'unknown-key',
  )
})
