/** Many small updates: the known figures, and every recipe again with other codecs or exact fractions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { uniform } from '../../src/data/rng.js'
import { FpsimError } from '../../src/errors.js'
import { runScenario } from '../../src/scenario/library.js'

const float = new Float32Array(1)
const words = new Uint32Array(float.buffer)

/** bf16 of a float32 by integer arithmetic on its bits: nearest, ties to even. */
function bf16round(x: number): number {
  float[0] = x
  const bits = words[0] as number
  words[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000
  return float[0] as number
}

/** torchao's: the float32 bits plus a random 16-bit integer, the lower half cut off. */
function bf16stochastic(x: number, draw: number): number {
  float[0] = x
  words[0] = ((words[0] as number) + 65535 - Math.floor(draw * 65536)) & 0xffff0000
  return float[0] as number
}

type Round = (x: number) => number

function plain(w: number, delta: number, n: number, r: Round): number {
  for (let i = 0; i < n; i++) w = r(w + delta)
  return w
}

function kahan(w: number, delta: number, n: number, r: Round): number {
  let c = 0
  for (let i = 0; i < n; i++) {
    c = r(c + delta)
    const old = w
    w = r(w + c)
    c = r(c + r(old - w))
  }
  return w
}

/** Once in the 16-bit format and once in fp32, whose sum both stochastic rounding and the master copy use. */
const master = (w: number, delta: number, n: number, r: Round): number => r(plain(w, delta, n, Math.fround))

function stochastic(w: number, delta: number, n: number): number {
  for (let i = 0; i < n; i++) w = bf16stochastic(Math.fround(w + delta), uniform(7, i))
  return w
}

for (const [weight, update, updates] of [
  [1, 2 ** -10, 1000],
  [1, 2 ** -10, 2048],
  [1, 1e-3, 1000],
  [-0.5, -3e-4, 3000],
  [0.3, 1e-5, 700],
  [100, -0.07, 2500],
] as const)
  test(`${updates} updates of ${update} on ${weight}`, async () => {
    const { metrics } = await runScenario('master-weights', { recipes: 'all', weight, update, updates, seed: 7 })
    const delta = Math.fround(update)
    const f16 = f16round as Round
    assert.equal(metrics['fp32'], plain(Math.fround(weight), delta, updates, Math.fround))
    for (const [name, r] of [
      ['fp16', f16],
      ['bf16', bf16round],
    ] as const) {
      // float64 sums reach bf16round through float32: exact for these sizes, but for a double rounding that would show.
      assert.equal(metrics[name], plain(r(weight), delta, updates, r), name)
      assert.equal(metrics[`${name}Kahan`], kahan(r(weight), delta, updates, r), `${name}Kahan`)
      assert.equal(metrics[`${name}Master`], master(Math.fround(weight), delta, updates, r), `${name}Master`)
    }
    assert.equal(metrics['bf16Sr'], stochastic(bf16round(weight), delta, updates))
  })

test('the known figures: 1000 updates of 2^-10 and of 1e-3', async () => {
  const { metrics: power } = await runScenario('master-weights', { updates: 1000 })
  assert.equal(power['bf16'], 1)
  assert.equal(power['bf16Kahan'], 1.9765625)
  assert.equal(power['fp32'], 1.9765625)
  assert.equal(power['exact'], 1.9765625)
  const { metrics: thousandth } = await runScenario('master-weights', { update: 1e-3, updates: 1000 })
  assert.equal(thousandth['bf16'], 1)
  assert.equal(thousandth['bf16Kahan'], 2)
  assert.equal(thousandth['fp32'], 2.000046730041504)
  assert.equal(thousandth['fp16'], 1 + 1000 * 2 ** -10)
})

test('a weight stops where half a step passes the update, and after as many updates', async () => {
  const { metrics, findings } = await runScenario('master-weights')
  assert.deepEqual([metrics['fp16'], metrics['fp16StuckSince']], [2, 1024])
  assert.deepEqual([metrics['bf16'], metrics['bf16StuckSince']], [1, 0])
  assert.deepEqual(
    findings.map(({ code, tone }) => [code, tone]),
    [
      ['keepStops', 'bad'],
      ['keepStops', 'bad'],
      ['keepFollows', 'good'],
      ['keepChance', 'note'],
    ],
  )
})

test("Kahan's remainder has a limit of its own", async () => {
  // From 2^-11 on a remainder in bf16 has steps of 2^-18: 1e-6 is less than half of one.
  const { metrics, findings } = await runScenario('master-weights', { update: 1e-6, updates: 20_000 })
  assert.equal(metrics['bf16Kahan'], 1)
  assert.ok(findings.some(({ code, values }) => code === 'keepStops' && values['recipe'] === 'bf16-kahan'))
})

test('bytes a parameter: 16 in fp32 and with a master copy, 8 pure, 10 with Kahan', async () => {
  const { blocks } = await runScenario('master-weights', { recipes: 'all' })
  const table = blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  const bytes = Object.fromEntries(table.rows.map((row) => [row[0], [row[4], row[5]]]))
  assert.deepEqual(bytes, {
    fp32: [4, 16],
    fp16: [2, 8],
    'fp16-master': [6, 16],
    'fp16-sr': [2, 8],
    'fp16-kahan': [4, 10],
    bf16: [2, 8],
    'bf16-master': [6, 16],
    'bf16-sr': [2, 8],
    'bf16-kahan': [4, 10],
  })
})

test('a weight that stands still within one step of fp32 does not follow it', async () => {
  const { findings } = await runScenario('master-weights', {
    update: 1e-6,
    updates: 5000,
    recipes: 'fp32,bf16,bf16-kahan',
  })
  assert.deepEqual(
    findings.map(({ code, values }) => [code, values['recipe'], values['stuckSince']]),
    [
      ['keepStops', 'bf16', 0],
      ['keepStops', 'bf16-kahan', 383],
    ],
  )
})

test('one format in every way; a weight beyond its range is told', async () => {
  const { metrics } = await runScenario('master-weights', { format: 'e5m2' })
  assert.deepEqual([metrics['plain'], metrics['master']], [1, 3])
  const { findings } = await runScenario('master-weights', {
    weight: 30_000,
    update: 100,
    updates: 1000,
    recipes: 'fp16',
  })
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['keepGone'],
  )
})

test('a trace: the master moves, its copy is made anew, Kahan keeps what it could not place', async () => {
  const { blocks } = await runScenario('master-weights', { trace: 6 })
  const table = blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  const unit = 2 ** -10
  // The copy and Kahan's weight pass to the next bf16, 8 units up, after half of it, 4: the tie stays at the even 1.
  assert.deepEqual(table.rows, [
    [0, 1, 1, 1, 1, 0],
    [1, 1, 1 + unit, 1, 1, unit],
    [2, 1, 1 + 2 * unit, 1, 1, 2 * unit],
    [3, 1, 1 + 3 * unit, 1, 1, 3 * unit],
    [4, 1, 1 + 4 * unit, 1, 1, 4 * unit],
    [5, 1, 1 + 5 * unit, 1 + 8 * unit, 1 + 8 * unit, -3 * unit],
    [6, 1, 1 + 6 * unit, 1 + 8 * unit, 1 + 8 * unit, -2 * unit],
  ])
})

test('nonsense is refused', async () => {
  for (const params of [{ recipes: 'bf61' }, { updates: 0 }, { updates: 1e9 }, { weight: 1e9 }, { update: 'x' }])
    await assert.rejects(
      runScenario('master-weights', params),
      (error) => error instanceof FpsimError && error.code === 'invalid-value',
    )
})
