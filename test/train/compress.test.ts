/** Every compression method against an independent program in NumPy: bit for bit, with the bytes it sends. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { FpsimError } from '../../src/errors.js'
import { type CompressOptions, compressor, familyNames, parseCompression } from '../../src/train/compress.js'
import { root } from '../support.js'

interface Answers {
  readonly gradients: Record<string, string[][]>
  readonly cases: {
    readonly spec: string
    readonly data: string
    readonly options: Partial<CompressOptions>
    readonly steps: { mean: string; transfers: [string, number][] }[]
    readonly residuals: string[]
  }[]
}

const file = join(root, 'test', 'vectors', 'compress', 'answers.json.gz')
const answers = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Answers

function floats(hex: string): Float32Array {
  const bytes = Buffer.from(hex, 'hex')
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatBE(4 * i))
}

/** NaN payloads are not a method's business; everything else, the sign of 0 too, is. */
const same = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]))

/** Zeros of either sign are one value to an optimizer; the programs need not agree on the sign of a product with 0. */
const withoutSignOfZero = (v: Float32Array): Float32Array => v.map((x) => x + 0)

for (const { spec, data, options, steps, residuals } of answers.cases)
  test(`${spec} on ${data} gradients`, () => {
    const all = (answers.gradients[data] as string[][]).map((step) => step.map(floats))
    const [first] = all[0] as Float32Array[]
    const method = compressor(spec, { workers: all[0]?.length ?? 0, length: first?.length ?? 0, ...options })
    let state = method.init()
    steps.forEach((wanted, t) => {
      const got = method.exchange(state, all[t] as Float32Array[])
      state = got.state
      assert.ok(same(withoutSignOfZero(got.mean), withoutSignOfZero(floats(wanted.mean))), `step ${t}`)
      assert.deepEqual(
        got.transfers.map(({ collective, bytes }) => [collective, bytes]),
        wanted.transfers,
      )
    })
    assert.equal(state.step, steps.length)
    assert.ok(state.residuals.every((e) => e.every(Number.isFinite)))
    residuals.forEach((hex, w) => {
      const residual = withoutSignOfZero(state.residuals[w] as Float32Array)
      assert.ok(same(residual, withoutSignOfZero(floats(hex))), `worker ${w}`)
    })
  })

test('the cases cover every family', () => {
  const covered = new Set(answers.cases.map(({ spec }) => parseCompression(spec).family))
  assert.deepEqual([...covered].sort(), [...familyNames].sort())
})

/** Eight equal gradients, one step. */
const meanOf = (spec: string, value: number): number => {
  const method = compressor(spec, { workers: 8, length: 1 })
  return method.exchange(method.init(), Array(8).fill(Float32Array.of(value))).mean[0] as number
}

test('the orders of division fail in opposite ways', () => {
  assert.equal(meanOf('fp16:post', 1e4), Infinity)
  // 1250 eight times, each sum rounded: 6250 ties to 6248.
  assert.equal(meanOf('fp16:pre', 1e4), 9992)
  assert.equal(meanOf('fp16:pre', 2 ** -24), 0)
  assert.equal(meanOf('fp16:post', 2 ** -24), 2 ** -24)
  assert.equal(meanOf('fp16:post', 8191), Infinity)
  assert.equal(meanOf('bf16:post', 1e4), 9984)
  assert.equal(meanOf('bf16:pre', 2 ** -24), 2 ** -24)
})

test('names: canonical, aliases, feedback', () => {
  const canonical = (text: string): string => parseCompression(text).name
  for (const [text, name] of [
    ['topk', 'topk:0.01'],
    ['Top-K:1e-2', 'topk:0.01'],
    ['topk:64', 'topk:64'],
    ['topk:0.05-ef', 'topk:0.05-ef'],
    ['topk:0.05+ef', 'topk:0.05'],
    ['randk:1/8', 'randomk:0.125'],
    ['random-k:0.1+ef', 'randomk:0.1+ef'],
    ['fp32', 'none'],
    ['half', 'fp16:pre'],
    ['fp16:post', 'fp16:post'],
    ['signSGD', 'sign'],
    ['EF-signSGD', 'efsign'],
    ['power-sgd:2', 'powersgd:2'],
    ['dgc+ef', 'dgc:0.001'],
    ['qsgd', 'qsgd:4'],
    ['terngrad:0', 'terngrad:0'],
  ] as const)
    assert.equal(canonical(text), name, text)
  for (const name of familyNames) assert.equal(canonical(canonical(name)), canonical(name))
})

test('a share is rounded down to values, but to one at least; a tie of signs is +', () => {
  const sent = (spec: string, length: number): number => {
    const method = compressor(spec, { workers: 1, length })
    const { mean, transfers } = method.exchange(method.init(), [new Float32Array(length).fill(3)])
    assert.equal(transfers[0]?.bytes, 8 * mean.filter((x) => x !== 0).length)
    return mean.filter((x) => x !== 0).length
  }
  assert.equal(sent('topk:0.19', 10), 1)
  assert.equal(sent('topk:0.29', 10), 2)
  assert.equal(sent('topk:0.01', 10), 1)
  assert.equal(sent('topk:1', 10), 1)
  assert.equal(sent('topk:10', 10), 10)
  const vote = compressor('sign', { workers: 2, length: 3 })
  const { mean } = vote.exchange(vote.init(), [Float32Array.of(-1, -5, 0), Float32Array.of(2, -1, -1)])
  assert.deepEqual([...mean], [1, -1, 1])
})

const refusal = (work: () => unknown): Record<string, unknown> => {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof FpsimError, String(error))
    assert.equal(error.code, 'invalid-value')
    return error.values
  }
  return assert.fail('nothing was refused')
}

test('what does not exist is refused, with the nearest name', () => {
  const of = (text: string) => refusal(() => parseCompression(text))
  assert.equal(of('topkk:0.1')['suggestion'], 'topk')
  assert.equal(of('powersdg')['suggestion'], 'powersgd')
  assert.equal(of('qsdg:4')['suggestion'], 'qsgd')
  assert.equal(of('fp16:prre')['suggestion'], 'pre')
  assert.equal(of('')['problem'], 'not-allowed')
  assert.equal(of('toString')['problem'], 'not-allowed')
  assert.equal(of('powersgd:0')['problem'], 'below-minimum')
  assert.equal(of('powersgd:1.5')['problem'], 'not-an-integer')
  assert.equal(of('qsgd:0')['problem'], 'below-minimum')
  assert.equal(of('qsgd:1e6')['problem'], 'above-maximum')
  assert.equal(of('topk:0')['problem'], 'not-above')
  assert.equal(of('topk:-1')['problem'], 'not-above')
  assert.equal(of('topk:1.5')['problem'], 'not-an-integer')
  assert.equal(of('topk:many')['problem'], 'not-a-number')
  assert.equal(of('topk:inf')['problem'], 'not-finite')
  assert.equal(of('topk:nan')['problem'], 'not-finite')
  assert.equal(of('threshold:0')['problem'], 'not-above')
  assert.equal(of('dgc:2')['problem'], 'above-maximum')
  assert.equal(of('int8:4')['problem'], 'not-allowed')
  assert.deepEqual(of('sign+ef')['allowed'], ['sign', 'efsign'])
  assert.deepEqual(of('dgc-ef')['allowed'], ['dgc'])
})

test('gradients and workers that do not fit are refused', () => {
  const make = (spec: string, o: Partial<CompressOptions>) => () => compressor(spec, { workers: 2, length: 8, ...o })
  assert.equal(refusal(make('topk:9', {}))['limit'], 8)
  assert.equal(refusal(make('randomk:100', {}))['limit'], 8)
  assert.equal(refusal(make('none', { workers: 0 }))['option'], 'workers')
  assert.equal(refusal(make('none', { workers: 1.5 }))['option'], 'workers')
  assert.equal(refusal(make('none', { workers: Number.NaN }))['option'], 'workers')
  assert.equal(refusal(make('none', { length: 0 }))['option'], 'length')
  assert.equal(refusal(make('powersgd:1', { shape: [3, 3] }))['option'], 'shape')
  assert.equal(refusal(make('dgc:0.1', { clip: 0 }))['option'], 'clip')
  assert.equal(refusal(make('dgc:0.1', { momentum: 1 }))['option'], 'momentum')
  assert.equal(refusal(make('powersgd:1', { start: -1 }))['option'], 'start')
  const method = compressor('topk:8', { workers: 2, length: 8 })
  assert.equal(refusal(() => method.exchange(method.init(), [new Float32Array(8)]))['option'], 'gradients')
  const short = [new Float32Array(8), new Float32Array(7)]
  assert.equal(refusal(() => method.exchange(method.init(), short))['option'], 'length')
})

const everyName = [
  ...familyNames,
  'topk:3-ef',
  'randomk:3+ef',
  'int8+ef',
  'qsgd:4+ef',
  'terngrad+ef',
  'fp16:post+ef',
  'powersgd:2-ef',
]

test('NaN and Inf never get into the memory, and the step is not finite', () => {
  for (const name of everyName)
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const method = compressor(name, { workers: 2, length: 36, start: 0 })
      const clean = [0, 1].map((w) => Float32Array.from({ length: 36 }, (_, i) => ((i * 7 + w) % 11) - 5))
      const before = method.exchange(method.init(), clean)
      assert.ok(before.finite, name)
      const broken = clean.map((g, w) => g.map((x, i) => (w === 1 && i === 4 ? bad : x)))
      const after = method.exchange(before.state, broken)
      assert.equal(after.finite, false, name)
      assert.ok(!after.mean.every(Number.isFinite), name)
      assert.deepEqual(after.state, { ...before.state, step: 2 }, name)
      assert.ok(method.exchange(after.state, clean).finite, name)
    }
})

test('zeros stay zeros, and a single value and a single worker work', () => {
  for (const name of everyName.filter((name) => name !== 'sign' && !name.includes(':3'))) {
    const zero = compressor(name, { workers: 2, length: 36, start: 0 })
    const { mean, finite } = zero.exchange(zero.init(), [new Float32Array(36), new Float32Array(36)])
    assert.ok(finite && mean.every((x) => x === 0), name)
    const one = compressor(name, { workers: 1, length: 1, start: 0 })
    const alone = one.exchange(one.init(), [Float32Array.of(0.5)])
    assert.ok(alone.finite && Math.abs(alone.mean[0] as number) <= 0.5, name)
  }
})

test('a state is never changed, and the same state gives the same step', () => {
  for (const name of everyName) {
    const method = compressor(name, { workers: 2, length: 36, start: 0, seed: 9 })
    const gradients = [3, 5].map((k) => Float32Array.from({ length: 36 }, (_, i) => ((i * k) % 13) / 7 - 0.8))
    const frozen = gradients.map((g) => g.slice())
    const { state } = method.exchange(method.init(), gradients)
    const copy = structuredClone(state)
    const first = method.exchange(state, gradients)
    const second = method.exchange(state, gradients)
    assert.deepEqual(state, copy, name)
    assert.deepEqual(gradients, frozen, name)
    assert.deepEqual(first, second, name)
  }
})
