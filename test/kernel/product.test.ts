/** Products of slabs against `multiply`, which other tests hold against plain loops and exact rationals. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { format } from '../../src/format/parse.js'
import { newArena, type Slab, valuesOf } from '../../src/kernel/arena.js'
import { multiply } from '../../src/kernel/gemm.js'
import {
  type ProductOptions,
  type ProductPath,
  type ProductShape,
  product,
  productPath,
} from '../../src/kernel/matrix.js'
import { quantize } from '../../src/kernel/quantize.js'
import { sumOptionKeys, sumPlanOf } from '../../src/kernel/sum-options.js'
import { words } from './inputs.js'

const draw = words(77)
const real = (spread: number): number => (draw() / 2 ** 31 - 1) * 2 ** ((draw() % spread) - (spread >> 1))

/** The answer: every element by `multiply` of copies, added in float32 where asked. */
function expected(
  before: Float32Array,
  a: Float32Array,
  b: Float32Array,
  s: ProductShape,
  o: ProductOptions,
): Float32Array {
  const { m, k, n, transposeA = false, transposeB = false, batch = [] } = s
  const { add = false, ...sum } = o
  const none = { count: 1, a: 0, b: 0, to: 0 }
  const [outer = none, inner = none] = batch.length > 1 ? batch : [none, batch[0]]
  const out = before.slice()
  const dense = (v: Float32Array, at: number, rows: number, columns: number, stride: number) =>
    Float32Array.from(
      { length: rows * columns },
      (_, i) => v[at + Math.floor(i / columns) * stride + (i % columns)] as number,
    )
  for (let x = 0; x < outer.count; x++)
    for (let y = 0; y < inner.count; y++) {
      const [rows, columns] = transposeA ? [k, m] : [m, k]
      const [rows2, columns2] = transposeB ? [n, k] : [k, n]
      const left = dense(a, x * outer.a + y * inner.a, rows, columns, s.rowA ?? columns)
      const right = dense(b, x * outer.b + y * inner.b, rows2, columns2, s.rowB ?? columns2)
      const c = multiply({ a: left, b: right, m, k, n, transposeA, transposeB }, sum)
      for (let i = 0; i < m * n; i++) {
        const at = x * outer.to + y * inner.to + Math.floor(i / n) * (s.rowTo ?? n) + (i % n)
        out[at] = add ? (out[at] as number) + (c[i] as number) : (c[i] as number)
      }
    }
  return out
}

const bits = (v: Float32Array): Uint32Array => new Uint32Array(v.buffer, v.byteOffset, v.length)

function check(
  to: Slab,
  a: Slab,
  b: Slab,
  shape: ProductShape,
  o: ProductOptions,
  said: string,
  path?: ProductPath,
): void {
  const { add = false, ...sum } = o
  if (path) assert.equal(productPath(a, b, shape.k, sumPlanOf(sum, sumOptionKeys), add), path, said)
  const wanted = expected(valuesOf(to), valuesOf(a), valuesOf(b), shape, o)
  product(to, a, b, shape, o)
  const got = valuesOf(to)
  for (let i = 0; i < got.length; i++)
    assert.ok(Object.is(got[i], wanted[i]), `${said} at ${i}: ${got[i]}, not ${wanted[i]}`)
  for (const [i, x] of bits(got).entries()) if (Number.isNaN(got[i])) assert.equal(x, 0x7fc00000, said)
}

const shapes = [
  [1, 1, 1],
  [5, 7, 9],
  [64, 64, 64],
  [17, 300, 13],
  [66, 256, 270],
  [3, 600, 11],
  [2, 0, 3],
] as const

test('product: every shape, transposed, added, in every way it is computed', () => {
  const arena = newArena()
  for (const [m, k, n] of shapes)
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const)
      for (const o of [
        {},
        { add: true },
        { chunk: 16 },
        { chunk: 100, add: true },
        { accumulate: 'fp16' },
        { accumulate: 'bf16', add: true },
        { accumulate: 'fp16', chunk: 32 },
        { accumulate: 'e4m3fn' },
        { method: 'kahan' },
        { method: 'kahan', accumulate: 'fp16', add: true },
        { method: 'kahan', accumulate: 'bf16', chunk: 50 },
        { method: 'kahan', accumulate: 'e2m1' },
        { method: 'kahan', accumulate: 'e4m3fn' },
        { method: 'pairwise' },
      ] as ProductOptions[]) {
        if (o.method && m * n > 1000) continue
        const mark = arena.mark()
        const f = o.accumulate === undefined ? 'fp32' : 'e5m7'
        const operand = (length: number) =>
          arena.of(
            quantize(
              Float32Array.from({ length }, () => real(6)),
              f,
              { overflow: 'saturate' },
            ),
          )
        const [a, b] = [operand(m * k), operand(k * n)]
        const to = arena.of(Float32Array.from({ length: m * n }, () => real(6)))
        const path =
          k === 0 || o.method === 'pairwise'
            ? 'plain'
            : !o.accumulate && !o.chunk && !o.method && !(o.add && k > 256)
              ? 'whole'
              : 'tiled'
        check(to, a, b, { m, k, n, transposeA, transposeB }, o, `${m}x${k}x${n} ${JSON.stringify(o)}`, path)
        arena.release(mark)
      }
  arena.close()
})

test('product: heads of an attention in place, columns of wider matrices, operands shared by a batch', () => {
  const arena = newArena()
  const random = (length: number) =>
    arena.of(
      quantize(
        Float32Array.from({ length }, () => real(6)),
        'fp16',
      ),
    )
  const [images, heads, time, head] = [3, 2, 10, 5]
  const width = 3 * heads * head
  const qkv = random(images * time * width)
  for (const o of [{}, { accumulate: 'fp16' }, { add: true }, { method: 'kahan' }] as ProductOptions[]) {
    const scores = arena.zeros(images * heads * time * time)
    const batch = [
      { count: images, a: time * width, b: time * width, to: heads * time * time },
      { count: heads, a: head, b: head, to: time * time },
    ]
    const shape = { m: time, k: head, n: time, transposeB: true, rowA: width, rowB: width, batch }
    check(scores, qkv, qkv, shape, o, `scores ${JSON.stringify(o)}`)
    // Results that lie among others: nothing else may change.
    const out = random(images * time * heads * head)
    const back = [
      { count: images, a: heads * time * time, b: time * width, to: time * heads * head },
      { count: heads, a: time * time, b: head, to: head },
    ]
    quantize(valuesOf(scores), 'fp16', { inPlace: true })
    const product2 = { m: time, k: time, n: head, rowB: width, rowTo: heads * head, batch: back }
    check(out, scores, qkv, product2, o, `values ${JSON.stringify(o)}`)
  }
  const [weights, x] = [random(7 * 9), random(4 * 9 * 6)]
  const shared = { m: 7, k: 9, n: 6, batch: [{ count: 4, a: 0, b: 54, to: 42 }] }
  check(random(4 * 42), weights, x, shared, {}, 'one left side for all')
  const sharedRight = { m: 9, k: 6, n: 3, batch: [{ count: 4, a: 54, b: 0, to: 27 }] }
  check(random(4 * 27), x, random(18), sharedRight, {}, 'one right side for all')
  arena.close()
})

test('product: NaN, infinities, overflow and tiny products with every accumulator, without the slow way where it is not needed', () => {
  const arena = newArena()
  const [m, k, n] = [7, 21, 10]
  for (const accumulate of ['fp32', 'fp16', 'bf16', 'tf32', 'e4m3fn', 'e5m2', 'e2m1'])
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 57344, 2 ** 120, 2 ** -70, -0]) {
      const mark = arena.mark()
      const operand = (length: number, at: readonly number[]) => {
        const values = quantize(
          Float32Array.from({ length }, () => real(6)),
          'e4m3fn',
          { overflow: 'saturate' },
        )
        for (const [i, place] of at.entries()) values[place] = i % 2 ? -bad : bad
        return arena.of(values)
      }
      const [a, b] = [operand(m * k, [3, 4, 50, 90]), operand(k * n, [0, 33, 34, 100])]
      const path =
        accumulate === 'fp32' ? 'whole' : 'bf16 tf32'.includes(accumulate) && bad === 2 ** -70 ? 'plain' : 'tiled'
      check(arena.slab(m * n), a, b, { m, k, n }, { accumulate }, `${accumulate} ${bad}`, path)
      check(arena.slab(m * n), a, b, { m, k, n }, { accumulate, chunk: 8 }, `${accumulate} ${bad} in chunks`)
      check(arena.slab(m * n), a, b, { m, k, n }, { accumulate, method: 'kahan' }, `${accumulate} ${bad} Kahan`)
      arena.release(mark)
    }
  // A NaN whose bits would carry.
  const a = arena.of(new Float32Array(new Uint32Array([0x7fffe000, 0x3f800000]).buffer))
  const b = arena.of([1, 1])
  assert.equal(productPath(a, b, 2, { f: format('bf16'), method: 'sequential', chunk: undefined }), 'plain')
  const to = arena.slab(1)
  product(to, a, b, { m: 1, k: 2, n: 1 }, { accumulate: 'bf16' })
  assert.ok(Number.isNaN(valuesOf(to)[0]))
  arena.close()
})
