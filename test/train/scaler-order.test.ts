/** What the order of operations does to an update: DeepSpeed's half-size step on growth, and the others' right ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { lossScaler, policyNames } from '../../src/train/loss-scale.js'
import { runOrder } from '../../src/train/run-order.js'
import { orders, updatesBeforeUnscale } from '../../src/train/scaler-order.js'

const named = (name: string) => orders.find((order) => order.name === name) as (typeof orders)[number]
const gradient = Float32Array.of(3e-5, -4e-5, 0.25)
const patient = { initScale: 1024, growthInterval: 3 }

/** The updates of a framework over clean iterations, and the scale each iteration began with. */
function updates(name: string, count: number, maxNorm?: number) {
  const order = named(name)
  const scaler = lossScaler(order.policy, patient)
  let state = scaler.init()
  return Array.from({ length: count }, () => {
    const { scale } = state
    const outcome = runOrder(order, { gradient, scaler, state, ...(maxNorm === undefined ? {} : { maxNorm }) })
    state = outcome.state
    return { scale, after: state.scale, update: outcome.update as Float32Array }
  })
}

/** The same in plain arithmetic, for a scale that is a power of two: fp16 of the scaled gradient, divided. */
const right = (scale: number): Float32Array => gradient.map((g) => f16round(g * scale) / scale)

const sizeOf = (v: Float32Array | undefined): number =>
  Math.sqrt(Array.from(v ?? []).reduce((sum, x) => sum + x * x, 0))

test('nine frameworks; only DeepSpeed moves its scale before it unscales', () => {
  assert.equal(orders.length, 9)
  assert.deepEqual(
    orders.filter(updatesBeforeUnscale).map(({ name }) => name),
    ['DeepSpeed'],
  )
  for (const { name, policy, steps } of orders) {
    assert.ok(policyNames.includes(policy), name)
    assert.deepEqual(
      [...steps].sort(),
      ['backward', 'check', 'clip', 'scale', 'skip', 'step', 'unscale', 'update'],
      name,
    )
  }
})

test('DeepSpeed: the step at which the scale grows gets half the gradient, every other the whole', () => {
  const seen = updates('DeepSpeed', 12)
  const grown = seen.map(({ scale, after }) => after > scale)
  assert.deepEqual(grown.map(Number), [0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
  for (const [i, { scale, update }] of seen.entries())
    assert.deepEqual(update, grown[i] ? right(scale).map((g) => g / 2) : right(scale), `step ${i}`)
})

for (const { name } of orders.filter((order) => order.name !== 'DeepSpeed'))
  test(`${name}: the step at which the scale grows gets the whole gradient`, () => {
    const seen = updates(name, 9)
    assert.ok(seen.filter(({ scale, after }) => after > scale).length >= 2)
    for (const { scale, update } of seen) assert.deepEqual(update, right(scale))
  })

test('DeepSpeed clips by half the norm on that step', () => {
  // The norm is 0.25; a threshold of 0.2 clips it, but not half of it.
  const [, , , growing] = updates('DeepSpeed', 4, 0.2)
  const [first] = updates('DeepSpeed', 1, 0.2)
  assert.ok(Math.abs(sizeOf(first?.update) - 0.2) < 1e-6)
  assert.ok(Math.abs(sizeOf(growing?.update) - 0.125) < 1e-6)
  assert.ok(Math.abs(sizeOf(updates('Megatron-LM', 3, 0.2)[2]?.update) - 0.2) < 1e-6)
})

for (const order of orders)
  test(`${order.name}: an overflow skips the step and lowers the scale, with every clip`, () => {
    const config =
      order.policy === 'megatron' || order.policy === 'deepspeed-zero' ? { ...patient, hysteresis: 1 } : patient
    const scaler = lossScaler(order.policy, config)
    for (const maxNorm of [undefined, 1e-3]) {
      const outcome = runOrder(order, {
        gradient: Float32Array.of(1e-3, 70000),
        scaler,
        state: scaler.init(),
        ...(maxNorm === undefined ? {} : { maxNorm }),
      })
      assert.equal(outcome.overflow, true)
      assert.equal(outcome.update, undefined)
      assert.equal(outcome.state.scale, 512)
      assert.ok(!outcome.rows.some(({ step }) => step === 'step'))
    }
  })

test('clipping comes after unscaling everywhere: the threshold means the true norm', () => {
  for (const { name, steps } of orders) {
    const norm = sizeOf(updates(name, 1, 0.1)[0]?.update)
    assert.ok(Math.abs(norm - 0.1) < 2e-6, `${name}: ${norm} ${steps.join(' ')}`)
  }
})

test('a scale that is no power of two: multiplying by its inverse and dividing differ', () => {
  const one = (name: string) => {
    const order = named(name)
    const scaler = lossScaler(order.policy, { initScale: 1000 })
    return runOrder(order, { gradient: Float32Array.of(0.005), scaler, state: scaler.init() }).update?.[0]
  }
  assert.equal(one('PyTorch'), Math.fround(5 * Math.fround(1 / 1000)))
  assert.equal(one('Keras 3'), Math.fround(5 / 1000))
})
