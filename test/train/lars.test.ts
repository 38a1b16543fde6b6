/** The linear rule by hand; LARS's norms with other codecs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { linearRate, trustOf } from '../../src/train/lars.js'

test('the linear rule and its warm-up', () => {
  const plain = { base: 0.125, times: 8, warmup: 0 }
  assert.deepEqual(
    [0, 1, 100].map((t) => linearRate(plain, t)),
    [1, 1, 1],
  )
  const warm = { base: 0.125, times: 9, warmup: 4 }
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((t) => linearRate(warm, t)),
    [0.125, 0.375, 0.625, 0.875, 1.125, 1.125],
  )
  assert.equal(linearRate({ base: 0.3, times: 1, warmup: 5 }, 2), 0.3)
})

/** One sum in fp16, each operation rounded. */
function norm16(values: readonly number[]): number {
  let sum = 0
  for (const x of values) sum = f16round(sum + f16round(f16round(x) * f16round(x)))
  return f16round(Math.sqrt(sum))
}

const norm64 = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))

const near = (got: number, wanted: number): void =>
  assert.ok(Math.abs(got - wanted) <= 1e-6 * Math.abs(wanted), `${got} is not ${wanted}`)

test('the trust ratio in fp32 and in fp16', () => {
  const w = Array.from({ length: 500 }, (_, i) => Math.fround(0.05 * (((i * 37) % 41) / 20 - 1)))
  const g = Array.from({ length: 500 }, (_, i) => Math.fround(0.01 * (((i * 53) % 29) / 14 - 1)))
  const wide = trustOf(w, g, { trust: 0.001, decay: 0.01 })
  near(wide.weights, norm64(w))
  near(wide.gradient, norm64(g))
  near(wide.ratio, norm64(w) / norm64(g))
  near(wide.local, (0.001 * norm64(w)) / (norm64(g) + 0.01 * norm64(w)))
  const narrow = trustOf(w, g, { format: 'fp16' })
  assert.equal(narrow.weights, norm16(w))
  assert.equal(narrow.gradient, norm16(g))
  assert.equal(narrow.ratio, norm16(w) / norm16(g))
})

test('fp16 norms: 256² is Inf, small squares are 0, and the ratio says so', () => {
  const ratio = (w: number, g: number): number => trustOf([w], [g], { format: 'fp16' }).ratio
  assert.equal(ratio(1, 256), 0)
  assert.equal(ratio(256, 1), Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(ratio(256, 256)))
  assert.equal(ratio(1, 2 ** -13), Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(ratio(0, 2 ** -13)))
  // 2^-12 squares to the smallest subnormal: kept.
  assert.equal(ratio(1, 2 ** -12), 2 ** 12)
  assert.equal(trustOf([256], [256]).ratio, 1)
  assert.equal(trustOf([1], [2 ** -13]).ratio, 8192)
})
