/** dot and gemm against plain loops with format/'s rounder, and against exact rationals. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { rationalOf } from '../../src/format/exact.js'
import { format } from '../../src/format/parse.js'
import { rounder } from '../../src/format/round.js'
import { type DotOptions, dot } from '../../src/kernel/dot.js'
import { type GemmPath, gemm, gemmPath, multiply } from '../../src/kernel/gemm.js'
import { quantize } from '../../src/kernel/quantize.js'
import { codeOfRefusal, randomBits64, words } from './inputs.js'

const draw = words(2024)
const real = (spread: number): number => (draw() / 2 ** 31 - 1) * 2 ** ((draw() % spread) - (spread >> 1))
const matrix = (length: number, spread: number): Float32Array => Float32Array.from({ length }, () => real(spread))

function transposed(a: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(a.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j] as number
  return out
}

/** The contract in so many words, for accumulators of precision up to 24: float64 then one rounding is enough. */
function plain(a: ArrayLike<number>, b: ArrayLike<number>, accumulate: string, chunk?: number): number {
  const r = rounder(accumulate)
  let s = r(0)
  let total = 0
  for (let i = 0; i < a.length; i++) {
    s = r(s + r((a[i] as number) * (b[i] as number)))
    if (chunk !== undefined && ((i + 1) % chunk === 0 || i + 1 === a.length)) {
      total = Math.fround(total + s)
      s = 0
    }
  }
  return chunk === undefined ? s : total
}

const shapes = [
  [1, 1, 1],
  [5, 7, 9],
  [64, 256, 256],
  [70, 300, 270],
  [3, 600, 11],
  [66, 64, 8],
  [2, 0, 3],
] as const

test('gemm: every element in the order of the contract, any side and depth, transposed too', () => {
  const expected: Record<string, GemmPath> = { fp32: 'gemm32', e6m13: 'plain' }
  for (const [m, k, n] of shapes)
    for (const accumulate of ['fp32', 'fp16', 'bf16', 'tf32', 'e4m3fn', 'e5m2', 'e2m1', 'e4m3fnuz', 'e6m13'])
      for (const chunk of [undefined, 1, 16, 100, 300])
        for (const spread of [4, 30]) {
          if (accumulate === 'e6m13' && m * n > 1000) continue
          // Large ones are there for the edges of tiles, which neither the spread nor most chunks change.
          if (m * k * n > 1e6 && (spread > 4 || chunk === 1 || chunk === 16)) continue
          const input =
            accumulate === 'fp32' || accumulate === 'e6m13' ? 'fp32' : accumulate === 'tf32' ? 'tf32' : 'e5m7'
          const a = quantize(matrix(m * k, spread), input, { inPlace: true, overflow: 'saturate' })
          const b = quantize(matrix(k * n, spread), input, { inPlace: true, overflow: 'saturate' })
          const o = { accumulate, ...(chunk === undefined ? {} : { chunk }) }
          const product = { a, b, m, k, n }
          const path = gemmPath(product, { f: format(accumulate), method: 'sequential', chunk })
          assert.equal(path, expected[accumulate] ?? 'gemmRounded')
          const got = gemm(a, b, m, k, n, o)
          const [at, bt] = [transposed(a, m, k), transposed(b, k, n)]
          for (const other of [
            multiply({ ...product, a: at, transposeA: true }, o),
            multiply({ ...product, b: bt, transposeB: true }, o),
            multiply({ ...product, a: at, b: bt, transposeA: true, transposeB: true }, o),
          ])
            assert.deepEqual(new Uint32Array(other.buffer), new Uint32Array(got.buffer))
          for (let t = 0; t < 60; t++) {
            const [i, j] = [draw() % m, draw() % n]
            const row = a.subarray(i * k, i * k + k)
            const column = bt.subarray(j * k, j * k + k)
            const wanted = plain(row, column, accumulate, chunk)
            const said = `${accumulate} ${m}x${k}x${n} chunk ${chunk} [${i}, ${j}]`
            assert.ok(Object.is(got[i * n + j], wanted), `${said}: ${got[i * n + j]}, not ${wanted}`)
            if (t < 3) assert.ok(Object.is(dot(row, column, o), wanted), `dot ${said}`)
          }
        }
})

test('gemm: overflow, infinities and NaN, stalled sums, operands with too many bits', () => {
  const ones = new Float32Array(5000).fill(1)
  assert.equal(gemm(ones, ones, 1, 5000, 1, { accumulate: 'fp16' })[0], 2048)
  assert.equal(gemm(ones, ones, 1, 5000, 1, { accumulate: 'bf16' })[0], 256)
  assert.equal(gemm(ones, ones, 1, 5000, 1, { accumulate: 'fp16', chunk: 1000 })[0], 5000)
  const large = new Float32Array(300).fill(200)
  assert.equal(gemm(large, large, 1, 300, 1, { accumulate: 'fp16' })[0], Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(gemm(large, large, 1, 300, 1, { accumulate: 'e4m3fn' })[0]))
  assert.equal(gemm(large, large, 1, 300, 1, { accumulate: 'e2m1' })[0], 6)
  for (const accumulate of ['fp32', 'fp16', 'bf16', 'e4m3fn'])
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 0.1, 3e38, 1e-40]) {
      const a = matrix(6 * 20, 6).map((x) => Math.round(x * 8) / 8)
      const b = matrix(20 * 9, 6).map((x) => Math.round(x * 8) / 8)
      a[27] = bad
      b[5] = bad
      b[40] = -bad
      const got = gemm(a, b, 6, 20, 9, { accumulate })
      const bits = new Uint32Array(got.buffer)
      for (let i = 0; i < 6; i++)
        for (let j = 0; j < 9; j++) {
          const column = Float32Array.from({ length: 20 }, (_, t) => b[t * 9 + j] as number)
          const wanted = plain(a.subarray(i * 20, i * 20 + 20), column, accumulate)
          assert.ok(Object.is(got[i * 9 + j], wanted), `${accumulate} ${bad}: ${got[i * 9 + j]}, not ${wanted}`)
          if (Number.isNaN(wanted)) assert.equal(bits[i * 9 + j], 0x7fc00000)
        }
    }
})

test('gemm: operands of 12 significant bits are the most that the fast kernel takes', () => {
  const path = (x: number, accumulate: string) => {
    const values = Float32Array.of(1, 0, x, 2)
    const product = { a: values, b: values, m: 2, k: 2, n: 2 }
    return gemmPath(product, { f: format(accumulate), method: 'sequential', chunk: undefined })
  }
  for (const accumulate of ['fp16', 'bf16', 'e4m3fn']) {
    assert.equal(path(1 + 2 ** -11, accumulate), 'gemmRounded')
    assert.equal(path(1 + 2 ** -12, accumulate), 'plain')
    assert.equal(path(Number.NaN, accumulate), 'plain')
    assert.equal(path(Number.POSITIVE_INFINITY, accumulate), 'plain')
  }
  assert.equal(path(2 ** -64, 'bf16'), 'plain')
  assert.equal(path(2 ** -63, 'bf16'), 'gemmRounded')
  assert.equal(path(2 ** -64, 'fp16'), 'gemmRounded')
})

test('gemm: tiny products of bf16 are rounded once', () => {
  const a = quantize(matrix(12 * 40, 8), 'bf16').map((x) => x * 2 ** -70)
  const b = quantize(matrix(40 * 8, 8), 'bf16').map((x) => x * 2 ** -62)
  const got = gemm(a, b, 12, 40, 8, { accumulate: 'bf16' })
  for (let i = 0; i < 12; i++)
    for (let j = 0; j < 8; j++) {
      const column = Float32Array.from({ length: 40 }, (_, t) => b[t * 8 + j] as number)
      assert.ok(Object.is(got[i * 8 + j], plain(a.subarray(i * 40, i * 40 + 40), column, 'bf16')))
    }
})

/** Sums and products rounded once, from rationals: independent of scalar.ts and of float64's own arithmetic. */
function roundedRational(numerator: bigint, denominator: bigint, name: string): number {
  const f = format(name)
  if (numerator === 0n) return 0
  const negative = numerator < 0n
  const size = negative ? -numerator : numerator
  let e = size.toString(2).length - denominator.toString(2).length
  const atLeast = (k: number) => (k >= 0 ? size >= denominator << BigInt(k) : size << BigInt(-k) >= denominator)
  if (!atLeast(e)) e--
  const quantum = Math.max(e, f.emin) - f.precision + 1
  const [top, bottom] = quantum >= 0 ? [size, denominator << BigInt(quantum)] : [size << BigInt(-quantum), denominator]
  let lower = top / bottom
  const twice = 2n * (top - lower * bottom)
  if (twice > bottom || (twice === bottom && lower % 2n === 1n)) lower++
  if (lower.toString(2).length + quantum > f.emax + 1)
    return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  let value = Number(lower)
  for (let q = quantum; q !== 0; ) {
    const step = Math.max(-1000, Math.min(1000, q))
    value *= 2 ** step
    q -= step
  }
  return negative ? -value : value
}
const product = (x: number, y: number) => {
  const [a, b] = [rationalOf(x), rationalOf(y)]
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator }
}

/** Pairs whose products and sums lie on or beside midpoints, in all ranges of float64. */
function* pairs(): Generator<[number, number]> {
  const wild = randomBits64(600, 31).filter(Number.isFinite)
  for (let i = 1; i < wild.length; i++) yield [wild[i - 1] as number, wild[i] as number]
  for (let i = 0; i < 1500; i++) {
    const spread = i % 2 === 0 ? 10 : 60
    const short = (bits: number) => Math.round(real(2) * 2 ** bits) * 2 ** ((draw() % spread) - 30)
    yield [short(1 + (draw() % 52)), short(1 + (draw() % 52))]
    const x = real(8)
    yield [x * 2 ** -520, real(8) * 2 ** -520]
    yield [1 + 2 ** -(1 + (draw() % 52)), 1 + 2 ** -(1 + (draw() % 52))]
    yield [x, x * 2 ** -(20 + (draw() % 40))]
  }
}

test('dot of one and two terms is rounded once, in formats of every precision', () => {
  for (const [x, y] of pairs())
    for (const name of ['fp16', 'bf16', 'fp32', 'e10m40', 'e11m50', 'e11m51', 'e10m51', 'e10m52', 'fp64', 'e11m3']) {
      const p = product(x, y)
      const wanted = roundedRational(p.numerator, p.denominator, name)
      const got = dot([x], [y], { accumulate: name })
      assert.ok(got === wanted || (got === 0 && wanted === 0), `${name}: ${x} * ${y} gives ${got}, not ${wanted}`)
      const exact = dot([x, y], [y, x], { accumulate: name, method: 'exact' })
      const doubled = roundedRational(2n * p.numerator, p.denominator, name)
      assert.ok(exact === doubled || (exact === 0 && doubled === 0), `${name}: exact 2 * ${x} * ${y} gives ${exact}`)
      // A sum of two values of the format.
      const r = rounder(name)
      const [u, v] = [r(x), r(y)]
      if (!Number.isFinite(u) || !Number.isFinite(v)) continue
      const [ru, rv] = [rationalOf(u), rationalOf(v)]
      const sum = roundedRational(
        ru.numerator * rv.denominator + rv.numerator * ru.denominator,
        ru.denominator * rv.denominator,
        name,
      )
      const added = dot([v], [1], { c: u, accumulate: name })
      assert.ok(added === sum || (added === 0 && sum === 0), `${name}: ${u} + ${v} gives ${added}, not ${sum}`)
    }
})

test('the exact method: long sums against rationals, cancellation, infinities, signs of zero', () => {
  for (const name of ['fp16', 'bf16', 'fp32', 'fp64', 'e11m51'])
    for (let round = 0; round < 40; round++) {
      const n = 1 + (draw() % 60)
      const a = Array.from({ length: n }, () => real(round < 20 ? 20 : 400))
      const b = Array.from({ length: n }, () => real(20))
      if (n > 4) {
        a[n - 1] = -(a[0] as number)
        b[n - 1] = b[0] as number
      }
      const c = real(30)
      let { numerator, denominator } = rationalOf(c)
      for (let i = 0; i < n; i++) {
        const p = product(a[i] as number, b[i] as number)
        numerator = numerator * p.denominator + p.numerator * denominator
        denominator *= p.denominator
      }
      const wanted = roundedRational(numerator, denominator, name)
      assert.equal(dot(a, b, { c, accumulate: name, method: 'exact' }) + 0, wanted + 0)
    }
  const exact = (a: number[], b: number[], c?: number) =>
    dot(a, b, { method: 'exact', ...(c === undefined ? {} : { c }) })
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number
  assert.equal(exact([1e300, 1, -1e300], [1e300, 1, 1e300]), 1)
  assert.ok(Object.is(exact([1, -1], [1, 1]), 0))
  assert.ok(Object.is(exact([-1], [0]), 0))
  assert.ok(Object.is(exact([-1], [0], -0), -0))
  assert.equal(exact([inf, 1], [1, 1e300]), inf)
  assert.equal(exact([1e300], [1e300]), inf)
  assert.ok(Number.isNaN(exact([inf, inf], [1, -1])))
  assert.ok(Number.isNaN(exact([inf], [0])))
  assert.ok(Number.isNaN(exact([1, nan], [1, 1])))
  assert.equal(exact([1], [1], -inf), -inf)
})

test('pairwise, Kahan and chunks in the orders that dot states', () => {
  for (const name of ['fp16', 'bf16', 'fp32'])
    for (let round = 0; round < 60; round++) {
      const n = draw() % 40
      const a = Array.from({ length: n }, () => real(12))
      const b = Array.from({ length: n }, () => real(12))
      const r = rounder(name)
      const p = a.map((x, i) => r(Math.fround(x) * Math.fround(b[i] as number)))
      const c = real(6)
      const half = (values: number[]): number => {
        if (values.length === 1) return values[0] as number
        const middle = values.length >> 1
        return r(half(values.slice(0, middle)) + half(values.slice(middle)))
      }
      const kahan = (start: number, values: number[]): number => {
        let [s, lost] = [start, 0]
        for (const x of values) {
          const y = r(x - lost)
          const t = r(s + y)
          lost = r(r(t - s) - y)
          s = t
        }
        return s
      }
      const single = (values: number[]) => values.map(Math.fround)
      const run = (o: DotOptions) => dot(single(a), single(b), { c, accumulate: name, ...o })
      assert.equal(run({ method: 'pairwise' }), n === 0 ? r(c) : r(r(c) + half(p)))
      assert.equal(run({ method: 'kahan' }), kahan(r(c), p))
      let total = Math.fround(c)
      for (let i = 0; i < n; i += 7) total = Math.fround(total + kahan(0, p.slice(i, i + 7)))
      assert.equal(run({ method: 'kahan', chunk: 7 }), total)
    }
  const [a, b] = [matrix(6, 4), matrix(6, 4)]
  for (const method of ['pairwise', 'kahan', 'exact'] as const)
    assert.equal(gemm(a, b, 1, 6, 1, { method })[0], dot(a, b, { method }))
})

test('signs of zero and empty sums', () => {
  assert.ok(Object.is(dot([], []), 0))
  assert.ok(Object.is(dot([], [], { c: -0 }), -0))
  assert.ok(Object.is(dot([-0], [1], { c: -0 }), -0))
  assert.ok(Object.is(dot([-0], [1]), 0))
  assert.ok(Object.is(dot([-1e-300], [1], { c: -0, accumulate: 'fp16' }), -0))
})

test('refusals', () => {
  const v = new Float32Array(4)
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { hardware: 'h100', accumulate: 'fp16' })),
    'unsupported-combination',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { method: 'exact', chunk: 2 })),
    'unsupported-combination',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { methods: 'exact' } as never)),
    'unknown-key',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { method: 'fast' } as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1, 2])),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { chunk: 0 })),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { c: '1' } as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => dot([1], [1], { accumulate: 'fp61' })),
    'unknown-format',
  )
  assert.equal(
    codeOfRefusal(() => gemm(v, v, 2, 2, 2, { c: 1 } as never)),
    'unknown-key',
  )
  assert.equal(
    codeOfRefusal(() => gemm(v, v, 2, 3, 2)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => gemm(v, v, -2, -2, 2)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => gemm([1] as never, v, 1, 1, 4)),
    'invalid-value',
  )
})
