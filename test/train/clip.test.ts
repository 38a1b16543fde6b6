/** Gradient clipping against PyTorch bit for bit, and what clipping must and must not change. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { FpsimError } from '../../src/errors.js'
import {
  type ClipFramework,
  type ClipMethod,
  clipByNorm,
  clipByValue,
  clipFrameworks,
  clipMethods,
  clipPerTensor,
  clipRule,
  normOf,
  totalNorm,
} from '../../src/train/clip.js'
import { root } from '../support.js'

interface Case {
  readonly name: string
  readonly max: number
  readonly gradients: readonly string[]
  readonly norm: string
  readonly clipped: readonly string[]
  readonly framework: ClipFramework
  readonly method: ClipMethod
  readonly scale?: number
  readonly order?: 'before'
}

const file = join(root, 'test', 'vectors', 'clip', 'answers.json.gz')
const answers = JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
  readonly cases: readonly Case[]
  readonly half: readonly { readonly values: string; readonly norm: string }[]
}

function floats(hex: string): Float32Array {
  const bytes = Buffer.from(hex, 'hex')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatBE(4 * i))
}

const f32 = Math.fround
const of = (...values: number[]): Float32Array => Float32Array.from(values)

/** As numbers: NaNs of typed arrays are compared by their payloads, which nobody means. */
const listed = (gradients: readonly Float32Array[]): number[][] => gradients.map((g) => [...g])

for (const name of new Set(answers.cases.map((one) => one.name)))
  test(`as PyTorch computes it: ${name}`, () => {
    const cases = answers.cases.filter((one) => one.name === name)
    assert.ok(cases.length >= 40, `${cases.length} cases`)
    let cut = 0
    for (const { gradients, clipped, norm, method, ...options } of cases) {
      const given = gradients.map(floats)
      const got = clipMethods[method](given, options)
      // What DeepSpeed compares is a float64, of which the answer has the float32.
      assert.deepEqual(f32(got.norm), floats(norm)[0], `${options.max}, ${gradients}`)
      assert.deepEqual(listed(got.gradients), listed(clipped.map(floats)), `${options.max}, ${gradients}`)
      if (got.gradients.some((g, i) => g.some((x, j) => x !== given[i]?.[j]))) cut++
    }
    assert.ok(cut > 5, `only ${cut} of ${cases.length} change anything`)
  })

test('norms of FP16 tensors as PyTorch sums them: squares and sums in FP16', () => {
  for (const { values, norm } of answers.half)
    assert.equal(normOf(floats(values), 'fp16'), floats(norm)[0], `${values.length / 8} values`)
  // 256² is beyond 65504, 255² is not; counting stalls at 2048; 1e-4² is lost.
  assert.equal(normOf([255], 'fp16'), 255)
  assert.equal(normOf([256], 'fp16'), Infinity)
  assert.equal(normOf(new Float32Array(5000).fill(1), 'fp16'), 45.25)
  assert.equal(normOf(new Float32Array(100).fill(1e-4), 'fp16'), 0)
  assert.equal(normOf([256], 'bf16'), 256)
})

test('a norm of exactly the threshold: PyTorch and Megatron shrink it, the others do not', () => {
  const factors = clipFrameworks.map((name) => clipRule(name).factor(5, 5, 1))
  // In units of 2^-24: 1e-6 in 5 is 3.4; PyTorch's division rounds twice and ends at 4.
  const by = (units: number): number => 1 - units * 2 ** -24
  assert.deepEqual(factors, [by(4), 1, by(3), by(3), 1])
  assert.deepEqual(clipByNorm([of(3, 4)], { max: 5 }).gradients, [of(3 * by(4), 4 * by(4))])
  assert.deepEqual(clipByNorm([of(3, 4)], { max: 5, framework: 'keras' }).gradients, [of(3, 4)])
})

test('what is not finite, by framework', () => {
  const after = (framework: ClipFramework, ...values: number[]): number[] => [
    ...(clipByNorm([of(...values)], { max: 1, framework }).gradients[0] as Float32Array),
  ]
  const [inf, nan] = [Infinity, NaN]
  assert.deepEqual(after('pytorch', 1, inf), [0, nan])
  assert.deepEqual(after('keras', 1, inf), [nan, nan])
  assert.deepEqual(after('megatron', 1, inf), [0, nan])
  assert.deepEqual(after('deepspeed', 1, inf), [0, nan])
  assert.deepEqual(after('fairseq', 1, inf), [0, nan])
  assert.deepEqual(after('pytorch', 8, nan), [nan, nan])
  assert.deepEqual(after('keras', 8, nan), [nan, nan])
  for (const framework of ['megatron', 'deepspeed', 'fairseq'] as const)
    assert.deepEqual(after(framework, 8, nan), [8, nan], framework)
  assert.deepEqual(listed(clipByValue([of(8, -inf, nan, -0.5)], { max: 1 }).gradients), [[1, -1, nan, -0.5]])
  for (const bad of [inf, nan])
    assert.throws(
      () => clipByNorm([of(1, bad)], { max: 1, errorIfNonfinite: true }),
      (error) => error instanceof FpsimError && error.values['problem'] === 'not-finite',
    )
})

test('before unscale_ the threshold is max / S', () => {
  // The two gradients of the reference: their scaled norm is 0.328, below 1.
  const scaled = (S: number, ...values: number[]) => [of(...values).map((x) => x * S)]
  const small = clipByNorm(scaled(65536, 3e-6, 4e-6), { max: 1, scale: 65536, order: 'before' })
  assert.ok(Math.abs(small.norm - 0.32768) < 1e-6)
  assert.deepEqual(small.gradients, [of(3e-6, 4e-6)])
  const crushed = clipByNorm(scaled(65536, 0.3, 0.4), { max: 1, scale: 65536, order: 'before' })
  assert.ok(Math.abs(totalNorm(crushed.gradients) * 65536 - 1) < 1e-6)
  const right = clipByNorm(scaled(65536, 0.3, 0.4), { max: 1, scale: 65536 })
  assert.deepEqual(right.gradients, [of(0.3, 0.4)])
})

/** Gradients of a few tensors, of sizes whose squares stay far from the ends of float32. */
const drawn = fc.array(
  fc
    .array(
      fc
        .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -20, max: 20 }))
        .map(([x, k]) => x * 2 ** k),
      { minLength: 1, maxLength: 40 },
    )
    .map((values) => Float32Array.from(values)),
  { minLength: 1, maxLength: 4 },
)
const limits = fc.integer({ min: -24, max: 24 }).map((k) => 1.37 * 2 ** k)

const exactNorm = (gradients: readonly Float32Array[]): number =>
  Math.sqrt(gradients.reduce((sum, g) => g.reduce((own, x) => own + x * x, sum), 0))

test('no norm is farther from the exact one than its roundings allow', () => {
  fc.assert(
    fc.property(drawn, (gradients) => {
      const exact = exactNorm(gradients)
      const n = Math.max(...gradients.map(({ length }) => length)) + gradients.length
      assert.ok(Math.abs(totalNorm(gradients) - exact) <= (n + 4) * 2 ** -24 * exact + 1e-22)
    }),
  )
})

test('every framework ends at the threshold or leaves the norm as it was', () => {
  fc.assert(
    fc.property(drawn, limits, fc.constantFrom(...clipFrameworks), (gradients, max, framework) => {
      const before = exactNorm(gradients)
      const after = exactNorm(clipByNorm(gradients, { max, framework }).gradients)
      const wanted = Math.min(before, max)
      // 1e-6 beside the norm, some float32 roundings, and the subnormals.
      assert.ok(
        after <= wanted * (1 + 1e-5) && after >= wanted * (1 - 1e-5) - (1.1e-6 * max) / Math.max(before, max) - 1e-22,
        `${after}, not ${wanted}`,
      )
    }),
  )
})

test('each tensor by its own norm, each element by its own size', () => {
  fc.assert(
    fc.property(drawn, limits, (gradients, max) => {
      const { gradients: tensors } = clipPerTensor(gradients, { max })
      for (const [i, g] of gradients.entries()) assert.deepEqual(tensors[i], clipByNorm([g], { max }).gradients[0])
      const { gradients: elements } = clipByValue(gradients, { max })
      for (const [i, g] of gradients.entries())
        for (const [j, x] of g.entries())
          assert.equal(elements[i]?.[j], Math.sign(x) * Math.min(Math.abs(x), f32(max)) || x)
    }),
  )
})

test('the arguments stay as they were; nonsense is refused', () => {
  const g = of(3, 4)
  for (const clip of Object.values(clipMethods)) clip([g], { max: 1, scale: 8 })
  assert.deepEqual(g, of(3, 4))
  for (const bad of [0, -1, NaN]) {
    assert.throws(() => clipByNorm([g], { max: bad }), /max|invalid/)
    assert.throws(() => clipByValue([g], { max: 1, scale: bad }), /scale|invalid/)
  }
  assert.throws(
    () => clipRule('pytorsh'),
    (error) => error instanceof FpsimError && error.values['suggestion'] === 'pytorch',
  )
  assert.deepEqual(clipByNorm([], { max: 1 }), { norm: 0, factors: [1], gradients: [] })
})
