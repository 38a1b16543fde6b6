/** The sums of the lesson, recomputed with other codecs, one addition at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { runScenario } from '../../src/scenario/library.js'

/** bf16 by integer arithmetic on float32 bits: nearest, ties to even. */
function bf16round(x: number): number {
  const float = new Float32Array([x])
  const words = new Uint32Array(float.buffer)
  const bits = words[0] as number
  words[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000
  return float[0] as number
}

type Round = (x: number) => number

const oneByOne = (terms: readonly number[], round: Round): number => terms.reduce((sum, x) => round(sum + x), 0)

function kahan(terms: readonly number[], round: Round): number {
  let sum = 0
  let lost = 0
  for (const x of terms) {
    const y = round(x - lost)
    const t = round(sum + y)
    lost = round(round(t - sum) - y)
    sum = t
  }
  return sum
}

function chunks(terms: readonly number[], size: number, round: Round): number {
  let total = 0
  for (let i = 0; i < terms.length; i += size) total = Math.fround(total + oneByOne(terms.slice(i, i + size), round))
  return total
}

const error = (sum: number, exact: number): number => Math.abs(sum - exact) / exact
const near = (got: number | undefined, wanted: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= 1e-12 * Math.max(1, wanted), `${got} is not ${wanted}`)

for (const { format, round, value, count } of [
  { format: 'fp16', round: f16round as Round, value: 1e-4, count: 20_000 },
  { format: 'fp16', round: f16round as Round, value: 0.3, count: 777 },
  { format: 'bf16', round: bf16round, value: 1, count: 1000 },
])
  test(`${count} × ${value} in ${format}`, async () => {
    const { metrics } = await runScenario('summation', { format, value, count, chunk: 64 })
    const x = round(value)
    const terms = Array.from({ length: count }, () => x)
    const exact = x * count
    near(metrics['exactSum'], exact)
    assert.equal(metrics['sequential'], oneByOne(terms, round))
    near(metrics['sequentialError'], error(oneByOne(terms, round), exact))
    near(metrics['kahanError'], error(kahan(terms, round), exact))
    near(metrics['chunkedError'], error(chunks(terms, 64, round), exact))
    near(metrics['fp32Error'], error(oneByOne(terms, Math.fround), exact))
  })

test('ones stall at 2048 in fp16 and at 256 in bf16', async () => {
  assert.equal((await runScenario('summation', { format: 'fp16' })).metrics['onesStallAt'], 2048)
  assert.equal((await runScenario('summation', { format: 'bf16' })).metrics['onesStallAt'], 256)
})

test('no error is larger than its bound', async () => {
  const { blocks } = await runScenario('summation', { count: 3000 })
  const table = blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  for (const [, , measured, allowed] of table.rows)
    if (typeof allowed === 'object' && allowed !== null && 'values' in allowed)
      assert.ok((measured as number) <= Number(allowed.values?.['share']))
})
