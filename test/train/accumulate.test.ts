/** Buffers of micro-gradients against PyTorch's .grad and against other codecs; shares and lost batches against fractions. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { f16round } from '@petamoriken/float16'
import { type Accumulator, accumulator, lostBatches, microSizes, shares } from '../../src/train/accumulate.js'
import { root } from '../support.js'

interface Case {
  readonly name: string
  readonly terms: readonly number[]
  readonly sums: Record<'float16' | 'bfloat16' | 'float32', string[]>
}

const file = join(root, 'test', 'vectors', 'accumulation', 'answers.json.gz')
const { cases } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { cases: Case[] }

const dtypes = { float16: 'fp16', bfloat16: 'bf16', float32: 'fp32' } as const

/** The buffer after every `each` terms. */
function sums(buffer: Accumulator, terms: readonly number[], each = 1): number[] {
  const out: number[] = []
  let state = buffer.init(1)
  terms.forEach((term, i) => {
    state = buffer.add(state, [term])
    if ((i + 1) % each === 0) out.push(state.sum[0] as number)
  })
  return out
}

const last = (buffer: Accumulator, terms: readonly number[]): number => sums(buffer, terms).at(-1) as number

const repeat = (x: number, n: number): number[] => Array.from({ length: n }, () => x)

test('the cases are there', () => assert.equal(cases.length, 7))

for (const { name, terms, sums: wanted } of cases)
  for (const [dtype, format] of Object.entries(dtypes))
    test(`${name} in ${format} as PyTorch's .grad`, () => {
      assert.deepEqual(sums(accumulator(format), terms, 64), wanted[dtype as keyof typeof dtypes].map(Number))
    })

test('known sums', () => {
  assert.equal(last(accumulator('fp16'), repeat(f16round(1e-3), 1024)), 1.001953125)
  assert.equal(last(accumulator('fp16'), repeat(32768, 4)), Number.POSITIVE_INFINITY)
  assert.equal(last(accumulator('fp32'), repeat(32768, 4)), 131072)
  assert.equal(last(accumulator('fp16'), repeat(1, 5000)), 2048)
  assert.equal(last(accumulator('bf16'), repeat(1, 5000)), 256)
  assert.equal(last(accumulator('fp16'), repeat(1e-4, 20_000)), 0.25)
  assert.equal(last(accumulator('bf16'), repeat(1e-4, 20_000)), 0.03125)
})

test('Kahan in fp16, with another codec', () => {
  const terms = Array.from({ length: 3000 }, (_, i) => f16round(1e-3 * (1 + ((i * 7919) % 101) / 101)))
  let [sum, over] = [0, 0]
  const wanted = terms.map((x) => {
    const y = f16round(x - over)
    const t = f16round(sum + y)
    over = f16round(f16round(t - sum) - y)
    sum = t
    return sum
  })
  assert.deepEqual(sums(accumulator('fp16', { kahan: true }), terms), wanted)
  const exact = terms.reduce((total, x) => total + x, 0)
  assert.ok(Math.abs((wanted.at(-1) as number) - exact) <= exact * 2 ** -10)
  assert.notEqual(last(accumulator('fp16'), terms), wanted.at(-1))
})

test('NaN and Inf stay; a state is not changed by what comes after it', () => {
  const buffer = accumulator('fp32')
  const first = buffer.add(buffer.init(3), [1, Number.POSITIVE_INFINITY, Number.NaN])
  const second = buffer.add(first, [1, 1, 1])
  assert.deepEqual([...first.sum], [1, Number.POSITIVE_INFINITY, Number.NaN])
  assert.deepEqual([...second.sum], [2, Number.POSITIVE_INFINITY, Number.NaN])
  assert.deepEqual([...buffer.add(second, [0, Number.NEGATIVE_INFINITY, 0]).sum].slice(1), [Number.NaN, Number.NaN])
})

test('bytes', () => {
  const bytes = (f: string, kahan = false): number => accumulator(f, { kahan }).bytes
  assert.deepEqual([bytes('fp16'), bytes('fp16', true), bytes('fp32'), bytes('e5m2')], [2, 4, 4, 1])
})

test('shares: by samples the mean of all, by batches the mean of means', () => {
  const sizes = microSizes(4, 8, 2)
  assert.deepEqual(sizes, [8, 8, 8, 2])
  assert.deepEqual(shares(sizes, 'samples'), [8 / 26, 8 / 26, 8 / 26, 2 / 26])
  assert.deepEqual(shares(sizes, 'batches'), [0.25, 0.25, 0.25, 0.25])
  assert.deepEqual(microSizes(1, 8, 2), [2])
  // Every sample's weight: equal by samples, four times as much for the last ones by batches.
  const perSample = (by: 'samples' | 'batches') => shares(sizes, by).map((share, i) => share / (sizes[i] as number))
  assert.equal(new Set(perSample('samples')).size, 1)
  assert.equal((perSample('batches')[3] as number) / (perSample('batches')[0] as number), 4)
})

test('lost batches: 1 − (1 − p)^n by exact fractions', () => {
  for (const [k, n] of [
    [10, 4],
    [10, 64],
    [3, 17],
    [20, 1000],
    [1, 1],
  ] as const) {
    const whole = 2n ** BigInt(k * n)
    const kept = (2n ** BigInt(k) - 1n) ** BigInt(n)
    const wanted = Number(((whole - kept) << 80n) / whole) / 2 ** 80
    assert.ok(Math.abs(lostBatches(2 ** -k, n) - wanted) <= 2 ** -50, `${k} ${n}`)
  }
  assert.equal(lostBatches(0, 9), 0)
  assert.equal(lostBatches(1, 9), 1)
})
