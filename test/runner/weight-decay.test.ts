/** The lesson on weight decay once more with other codecs, and its closed forms. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distribution } from '../../src/data/distributions.js'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import { runScenario } from '../../src/scenario/library.js'
import { bf16, fp16 } from './rounders.js'

const run = async (params: Record<string, number | string>) => (await runScenario('weight-decay', params)).metrics

const f = Math.fround
type Round = (x: number) => number

/** Mean |w| after n steps of each way over that before, in the order of the lesson's table. */
function again(start: readonly number[], n: number, decay: number, round: Round) {
  const kept = (advance: (w: number) => number, begin: Round) => {
    let [first, last] = [0, 0]
    for (const w0 of start) {
      let w = begin(w0)
      first += Math.abs(w)
      for (let t = 0; t < n; t++) w = advance(w)
      last += Math.abs(w)
    }
    return last / first
  }
  const inFormat = round(1 - decay)
  const inFp32 = f(1 - decay)
  const rate = round(-decay)
  const kahan = (): number => {
    let [first, last] = [0, 0]
    for (const w0 of start) {
      let [w, c] = [round(w0), 0]
      first += Math.abs(w)
      for (let t = 0; t < n; t++) {
        const wanted = round(c + round(rate * w))
        const next = round(w + wanted)
        c = round(wanted + round(w - next))
        w = next
      }
      last += Math.abs(w)
    }
    return last / first
  }
  const masters = (): number => {
    let [first, last] = [0, 0]
    for (const w0 of start) {
      let w = w0
      first += Math.abs(round(w))
      for (let t = 0; t < n; t++) w = f(w * inFp32)
      last += Math.abs(round(w))
    }
    return last / first
  }
  return {
    leftFp32: kept((w) => f(w * inFp32), f),
    left: kept((w) => round(w * inFormat), round),
    leftFp32Factor: kept((w) => round(w * inFp32), round),
    leftSubtracted: kept((w) => round(w + round(rate * w)), round),
    leftKahan: kept((w) => round(w * inFp32), round),
    leftKahanSum: kahan(),
    leftMaster: masters(),
  }
}

for (const [format, round] of [
  ['bf16', bf16],
  ['fp16', fp16],
] as const)
  for (const [lr, weightDecay] of [
    [1e-3, 0.1],
    [0.05, 0.1],
    [0.03, 0.5],
  ] as const)
    test(`${format}, lr ${lr}, weight decay ${weightDecay}`, async () => {
      const [count, updates] = [50, 300]
      const [{ values } = { values: new Float64Array() }] = distribution({
        distribution: 'normal',
        std: 0.02,
        count,
        seed: 1,
      }).blocks() as Iterable<{ values: Float64Array }>
      const start = Array.from(values, f)
      const metrics = await run({ format, lr, weightDecay, count, updates })
      const wanted = again(start, updates, lr * weightDecay, round)
      for (const [name, left] of Object.entries(wanted)) assert.equal(metrics[name], left, name)
      assert.equal(metrics['factor'], round(1 - lr * weightDecay))
      // Unbiased: as far as fp32, up to chance.
      assert.ok(Math.abs((metrics['leftStochastic'] as number) - wanted.leftFp32) < 0.08)
    })

test('the largest decay that is lost, and the next', async () => {
  for (const [format, limit] of [
    ['bf16', 2 ** -9],
    ['fp16', 2 ** -12],
    ['fp32', 2 ** -25],
  ] as const) {
    const at = await run({ format, lr: 1, weightDecay: limit, updates: 3 })
    assert.equal(at['largestLostDecay'], limit)
    assert.equal(at['factor'], 1)
    assert.equal(at['left'], 1)
    const above = await run({ format, lr: 1, weightDecay: limit * (1 + 2 ** -20), updates: 3 })
    assert.equal(above['factor'], 1 - 2 * limit)
    assert.ok((above['left'] as number) < 1)
  }
})

test('fp32 has no twin beside itself', async () => {
  const result = await runScenario('weight-decay', { format: 'fp32', count: 4, updates: 5 })
  const [table] = result.blocks.filter((block) => block.kind === 'table')
  assert.equal(table?.rows.length, 6)
  assert.ok(!/fp32, in fp32|fp32 = fp32/.test(render(result).replace(/\s+/g, ' ')), render(result))
})

test('nonsense is refused', async () => {
  const code = (params: Record<string, number | string>) =>
    assert.rejects(run(params), (error) => error instanceof FpsimError && error.code === 'invalid-value')
  await code({ lr: 2 })
  await code({ weightDecay: -1 })
  await code({ updates: 0 })
  await code({ updates: 1e9 })
  await code({ count: 0 })
})
