/** The lesson on compression against closed forms and a training written out here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { gradientsAt, problemOf } from '../../src/runner/compression/problem.js'
import { runScenario } from '../../src/scenario/library.js'

const terms = { workers: 4, updates: 200, dimension: 64, condition: 20, spread: 0.5 }
const run = async (params: Record<string, string | number>) =>
  (await runScenario('compression', { ...terms, ...params })).metrics as Record<string, number>
const problem = problemOf({ ...terms, seed: 1 })

const distance = (w: ArrayLike<number>): number => {
  const off = problem.optimum.reduce((sum, x, j) => sum + (x - (w[j] as number)) ** 2, 0)
  return Math.sqrt(off / problem.optimum.reduce((sum, x) => sum + x * x, 0))
}

const near = (got: number | undefined, wanted: number, share: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= share * Math.abs(wanted), `${got} is not ${wanted}`)

test('the problem: curvatures from 1 down to 1 / condition, offsets that sum to 0, gradients 0 at the optimum', () => {
  const curvatures = [...problem.curvature].sort((a, b) => b - a)
  assert.equal(curvatures[0], 1)
  near(curvatures.at(-1), 1 / 20, 1e-12)
  for (const [i, x] of curvatures.entries()) near(x, 20 ** (-i / 63), 1e-12)
  problem.optimum.forEach((_, j) => {
    const sum = problem.offsets.reduce((total, b) => total + (b[j] as number), 0)
    assert.ok(Math.abs(sum) < 1e-14, `offset ${j}: ${sum}`)
  })
  const all = problem.offsets.flatMap((b) => [...b])
  near(Math.sqrt(all.reduce((sum, x) => sum + x * x, 0) / all.length), 0.5 * Math.sqrt(3 / 4), 0.15)
  const gradients = gradientsAt(problem, problem.optimum, 1)
  problem.optimum.forEach((_, j) => {
    assert.ok(Math.abs(gradients.reduce((sum, g) => sum + (g[j] as number), 0)) < 1e-6)
  })
  assert.notDeepEqual(problemOf({ ...terms, seed: 2 }).optimum, problem.optimum)
})

/** What plain gradient descent leaves, in closed form: each coordinate shrinks by 1 − rate · curvature. */
function shrunk(rate: number): number {
  const w = problem.optimum.map((x, j) => {
    let error = x
    for (let t = 0; t < 200; t++) error *= 1 - rate * (1 - t / 200) * (problem.curvature[j] as number)
    return x - error
  })
  return distance(w)
}

test('uncompressed, and whatever sends every value, is gradient descent in closed form', async () => {
  near((await run({ methods: 'none' }))['baseline'], shrunk(0.1), 1e-5)
  near((await run({ methods: 'topk:64' }))['withoutFeedback'], shrunk(0.1), 1e-5)
  near((await run({ methods: 'topk:64' }))['withFeedback'], shrunk(0.1), 1e-5)
  // DGC masks the momentum of what it sends: with one value all of it, of curvature 1. Its rate is a tenth.
  let error = 1
  for (let t = 0; t < 200; t++) error *= 1 - 0.01 * (1 - t / 200)
  near((await run({ methods: 'dgc:0.5', dimension: 1 }))['withFeedback'], error, 1e-5)
})

test('signs have no size: neither the gradients nor the loss scale change where they go', async () => {
  const one = await run({ methods: 'sign' })
  const two = await run({ methods: 'sign', magnitude: 2 ** -10, scale: 2 ** 20 })
  assert.equal(two['withoutFeedback'], one['withoutFeedback'])
  assert.ok(Number.isNaN(one['withFeedback']))
  assert.equal(one['bytes'], 8)
})

test("TernGrad's scale is all-reduced, its codes are gathered: 31 workers for 16 values", async () => {
  // 4 (n − 1) + 2(n − 1)/n · 4 > 2(n − 1)/n · 64 from n = 31 on.
  assert.equal((await run({ methods: 'terngrad', dimension: 16 }))['breakEven'], 31)
})

/** Top-k with its memory, or without, in plain numbers. */
function trained(k: number, memory: boolean): number {
  const w = new Float64Array(64)
  const kept = problem.offsets.map(() => new Array<number>(64).fill(0))
  for (let t = 0; t < 200; t++) {
    const total = new Array<number>(64).fill(0)
    gradientsAt(problem, w, 1).forEach((g, worker) => {
      const own = kept[worker] as number[]
      const p = [...g].map((x, j) => Math.fround(x + (memory ? (own[j] as number) : 0)))
      const order = p.map((_, j) => j).sort((a, b) => Math.abs(p[b] as number) - Math.abs(p[a] as number) || a - b)
      order.forEach((j, place) => {
        const sent = place < k
        if (sent) total[j] = Math.fround((total[j] as number) + (p[j] as number))
        own[j] = sent ? 0 : (p[j] as number)
      })
    })
    for (let j = 0; j < 64; j++) w[j] = (w[j] as number) - 0.1 * (1 - t / 200) * Math.fround((total[j] as number) / 4)
  }
  return distance(w)
}

test('top-k with and without error feedback is the training written out here', async () => {
  const metrics = await run({ methods: 'topk:0.1' })
  near(metrics['withFeedback'], trained(6, true), 1e-12)
  near(metrics['withoutFeedback'], trained(6, false), 1e-12)
  assert.equal(metrics['bytes'], 48)
  assert.equal(metrics['rawBytes'], 256)
  near(metrics['ratio'], 256 / 48, 1e-15)
  // 2 · 256 / 48 = 10.7.
  assert.equal(metrics['breakEven'], 11)
})

test("DGC's warm-up sends 16, 5 and then 1 of 64 values", async () => {
  const dgc = { methods: 'dgc:0.001', updates: 200 }
  const [cold, warm] = [await run(dgc), await run({ ...dgc, dgcWarmup: 20 })]
  assert.equal(cold['bytes'], 8)
  // Shares 0.25, 0.063 and, rounded up, three times one value.
  near(warm['bytes'], (8 * (20 * 16 + 20 * 5 + 160 * 1)) / 200, 1e-12)
})

test('the ring by hand: latency and bandwidth', async () => {
  const { rawTime, time } = await run({ methods: 'topk:0.1', parameters: 64e6, latency: 5, bandwidth: 8 })
  // 256 MB at 1 GB/s: 2 · 3/4 of them, and 6 messages; top-k: 6.4 million entries of 8 B, three times, and 3 messages.
  near(rawTime, 1e3 * (6 * 5e-6 + (6 / 4) * 0.256), 1e-12)
  near(time, 1e3 * (3 * 5e-6 + 3 * 0.0512), 1e-12)
})

test('the time for more parameters is that of the messages at that length, not a stretched share', async () => {
  const ms = async (methods: string): Promise<number> =>
    (await run({ methods, workers: 8, dimension: 256, updates: 20 }))['time'] as number
  // 10 Gbit/s and 10 µs: seven messages gathered, or 2 · 7 of an eighth reduced.
  const gathered = (bytes: number): number => 1e3 * (7 * 1e-5 + (7 * bytes) / 1.25e9)
  const reduced = (bytes: number): number => 1e3 * (14 * 1e-5 + (14 * bytes) / 8 / 1.25e9)
  near(await ms('efsign'), gathered(3_200_004), 1e-12)
  near(await ms('int8'), gathered(25_600_004), 1e-12)
  near(await ms('qsgd:4'), gathered(25_600_004), 1e-12)
  near(await ms('terngrad'), reduced(4) + gathered(6_400_000), 1e-12)
  // Two factors of 2 · √25.6e6 float32 values.
  near(await ms('powersgd:2'), 2 * reduced(8 * Math.sqrt(25.6e6)), 1e-12)
  assert.equal((await ms('powersgd:2')).toPrecision(2), '0.39')
  near(await ms('dgc:0.001'), gathered(8 * 25_600), 1e-12)
  near(await ms('topk:100'), gathered(800), 1e-12)
})

test('at the length that ran, the formulas are what was sent', async () => {
  const { transfersOf } = await import('../../src/train/compress/size.js')
  const { compressor, familyNames } = await import('../../src/train/compress.js')
  const length = 1024
  const gradients = [1, 2].map((seed) => Float32Array.from({ length }, (_, i) => Math.sin(seed + i)))
  for (const name of familyNames) {
    const method = compressor(name, { workers: 2, length, start: 0 })
    const { transfers } = method.exchange(method.init(), gradients)
    const bytes = transfers.reduce((sum, t) => sum + t.bytes, 0)
    const o = { length, share: bytes / (8 * length), warmup: 0, updates: 1 }
    assert.deepEqual(transfersOf(method.spec, o), transfers, name)
  }
})

test('small gradients vanish on an FP16 wire, and a loss scale of 2^16 brings them back', async () => {
  const small = { methods: 'fp16:pre', magnitude: 1e-6, updates: 800 }
  const plain = await run(small)
  const scaled = await run({ ...small, scale: 65536 })
  assert.ok((plain['vanished'] as number) > 0.1)
  assert.ok((scaled['vanished'] as number) < 0.001)
  const lost = (await runScenario('compression', { ...terms, ...small })).findings
  assert.deepEqual(
    lost.map(({ code, tone }) => [code, tone]),
    [
      ['compressOnly', 'bad'],
      ['compressVanished', 'bad'],
      ['compressOrder', 'note'],
    ],
  )
  const saved = (await runScenario('compression', { ...terms, ...small, scale: 65536 })).findings
  assert.equal(saved[0]?.tone, 'good')
  const exact = await run({ methods: 'none' })
  near(
    (await run({ methods: 'none', magnitude: 2 ** -20, scale: 1024 }))['baseline'],
    exact['baseline'] as number,
    1e-4,
  )
})

test('both orders of division, as many workers as there are', async () => {
  const eight = await run({ methods: 'none', workers: 8 })
  assert.deepEqual(
    [eight['preSmall'], eight['postSmall'], eight['preLarge'], eight['postLarge']],
    [0, 2 ** -24, 9992, Infinity],
  )
  const scaled = await run({ methods: 'none', workers: 8, scale: 2 ** -4 })
  // 2^-28 is 0 before anything is divided. 8 × 625 fits, but by ties to even: 3124, 3748, 4372, 4996; an eighth is 624.5.
  assert.deepEqual([scaled['preSmall'], scaled['postSmall'], scaled['postLarge']], [0, 0, 9992])
})

test('overflowing gradients are skipped steps, and nothing moves', async () => {
  const { skipped, baseline, vanished } = await run({ methods: 'fp16:post,topk:0.1', magnitude: 1e30, scale: 1e30 })
  assert.equal(skipped, 200)
  assert.equal(baseline, 1)
  assert.ok((vanished as number) >= 0)
})

test('QSGD with few levels is no contraction: its error feedback diverges, with many it does not', async () => {
  const final = async (methods: string) => {
    const { blocks } = await runScenario('compression', { ...terms, dimension: 256, methods })
    const table = blocks.find((block) => block.kind === 'table')
    assert.ok(table?.kind === 'table')
    return table.rows[0]?.[4]
  }
  assert.deepEqual(await final('qsgd:2+ef'), { code: 'compressDiverges' })
  near(
    (await final('qsgd:127+ef')) as number,
    (await run({ dimension: 256, methods: 'none' }))['baseline'] as number,
    0.05,
  )
})

test('one row a method, whichever way it is listed; the same seed gives the same result', async () => {
  const twice = await runScenario('compression', { ...terms, methods: 'topk:0.1-ef, topk:0.1, none,none' })
  const table = twice.blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  assert.deepEqual(
    table.rows.map((row) => row[0]),
    ['topk:0.1', 'none'],
  )
  const again = await runScenario('compression', { ...terms, methods: 'topk:0.1-ef,topk:0.1,none' })
  assert.deepEqual(again.metrics, twice.metrics)
  assert.equal(again.params['methods'], 'topk:0.1-ef,topk:0.1,none')
})

test('every family runs', async () => {
  const { blocks } = await runScenario('compression', { ...terms, updates: 20, methods: 'all' })
  const table = blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table' && table.rows.length === 13)
  const chart = blocks.find((block) => block.kind === 'line-chart')
  assert.ok(chart?.kind === 'line-chart' && chart.series.length === 6)
  for (const { values } of chart.series) assert.equal(values.length, chart.x.values.length)
})

test('what cannot be is refused, under the option it concerns', async () => {
  for (const [params, option] of [
    [{ methods: 'topkk:0.1' }, 'methods'],
    [{ methods: '' }, 'methods'],
    [{ methods: 'topk:65' }, 'methods'],
    [{ methods: 'powersgd:0' }, 'methods'],
    [{ methods: Array.from({ length: 13 }, (_, i) => `topk:${i + 1}`).join() }, 'methods'],
    [{ workers: 0 }, 'workers'],
    [{ workers: 65, dimension: 4096, updates: 10_000 }, 'workers'],
    [{ workers: 64, dimension: 4096, updates: 10_000 }, 'updates'],
    [{ scale: 0 }, 'scale'],
    [{ bandwidth: 0 }, 'bandwidth'],
    [{ parameters: 'many' }, 'parameters'],
  ] as const)
    await assert.rejects(
      runScenario('compression', { ...terms, ...params }),
      (error) => error instanceof FpsimError && error.code === 'invalid-value' && error.values['option'] === option,
      JSON.stringify(params),
    )
})
