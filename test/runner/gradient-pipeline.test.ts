/** The gradient pipeline: closed forms, what each problem does to it, and the log of its events. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { normals } from '../../src/data/normals.js'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Result, Table } from '../../src/result/result.js'
import { runScenario } from '../../src/scenario/library.js'

type Params = Record<string, number | string | boolean>

const metricsOf = async (params: Params = {}): Promise<Record<string, number>> => ({
  ...(await runScenario('gradient-pipeline', params)).metrics,
})

const near = (got: number | undefined, wanted: number, within: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= within * Math.abs(wanted), `${got} is not ${wanted}`)

const tableOf = (result: Result): Table => {
  const table = result.blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  return table
}

/** One weight, one worker, no noise: the distance is a product. */
const bare = { dimension: 1, workers: 1, micro: 1, noise: 0, spike: 1, steps: 40, maxNorm: 1e30, keep: 0.5 }

const product = (lr: number, steps: number, from = 0): number =>
  Array.from({ length: steps - from }, (_, i) => 1 - lr * (1 - (i + from) / steps)).reduce((left, x) => left * x, 1)

test('one weight: the distance left is the product of 1 − rate', async () => {
  const m = await metricsOf({ ...bare, scale: 1024 })
  near(m['leftPlain'], product(0.2, 40), 1e-5)
  // In fp16 every gradient is right to 2^-11, and all is sent.
  near(m['left'], product(0.2, 40), 40 * 0.2 * 2 ** -11 * 2)
  assert.equal(m['skipped'], 0)
})

test('a gradient of 1: scales of 2^16 and more overflow fp16, each costs one step', async () => {
  const m = await metricsOf({ ...bare, scale: 2 ** 21 })
  assert.equal(m['skipped'], 6)
  near(m['left'], product(0.2, 40, 6), 0.01)
  assert.equal((await metricsOf({ ...bare, scale: 2 ** 21, format: 'bf16' }))['skipped'], 0)
})

/** The whole pipeline again in plain code: fp16 by another codec, PyTorch's clipping, top-k by sorting, error feedback. */
function replica(o: { workers: number; micro: number; dimension: number; steps: number; scale: number }): number {
  const { workers, micro, dimension, steps } = o
  const raw = [...normals(dimension, 'pipeline optimum', 1)]
  const size = Math.hypot(...raw)
  const optimum = raw.map((x) => x / size)
  const curvature = raw.map((_, j) => 0.1 ** (j / (dimension - 1)))
  const w = raw.map(() => 0)
  const rest = Array.from({ length: workers }, () => raw.map(() => 0))
  const k = Math.max(1, Math.floor(dimension * 0.05))
  let scale = o.scale
  for (let t = 1; t <= steps; t++) {
    const draws = normals(workers * micro * dimension, `pipeline noise ${t}`, 1)
    const large = t === Math.ceil(steps / 2) ? 10 : 1
    const sums = rest.map((_, i) =>
      raw.map((_, j) => {
        let sum = 0
        for (let m = 0; m < micro; m++) {
          const slope = (curvature[j] as number) * ((w[j] as number) - (optimum[j] as number))
          const noise = (0.1 / Math.sqrt(dimension)) * (draws[(i * micro + m) * dimension + j] as number)
          sum = Math.fround(sum + f16round(Math.fround((((slope + noise) * large) / micro) * scale)))
        }
        return sum
      }),
    )
    if (sums.flat().some((x) => !Number.isFinite(x))) {
      scale /= 2
      continue
    }
    const mean = raw.map(() => 0)
    sums.forEach((sum, i) => {
      const gradient = sum.map((x) => x / scale)
      const factor = Math.min(1, 0.3 / (Math.hypot(...gradient) + 1e-6))
      const wanted = gradient.map((x, j) => x * factor + (rest[i]?.[j] as number))
      const order = wanted
        .map((_, j) => j)
        .sort((a, b) => Math.abs(wanted[b] as number) - Math.abs(wanted[a] as number))
      const sent = new Set(order.slice(0, k))
      rest[i] = wanted.map((x, j) => (sent.has(j) ? 0 : x))
      for (const j of sent) mean[j] = (mean[j] as number) + (wanted[j] as number) / workers
    })
    const rate = 0.2 * (1 - (t - 1) / steps)
    for (let j = 0; j < dimension; j++) w[j] = (w[j] as number) - rate * (mean[j] as number)
  }
  return Math.hypot(...w.map((x, j) => x - (optimum[j] as number)))
}

test('the whole pipeline, recomputed in plain code', async () => {
  const o = { workers: 3, micro: 2, dimension: 50, steps: 60, scale: 2 ** 20 }
  near((await metricsOf(o))['left'], replica(o), 1e-4)
})

test('the lesson: little is lost on the way; each problem loses much', async () => {
  const m = await metricsOf()
  assert.ok((m['left'] as number) < 2 * (m['leftPlain'] as number))
  assert.ok((m['leftForgotten'] as number) > 10 * (m['left'] as number))
  // 12 of 256 values of 8 bytes, against 256 of 4.
  assert.equal(m['bytes'], 96)
  assert.equal(m['byteShare'], 96 / 1024)
})

test('clipped before unscale_: a step is no longer than rate × max_norm / scale', async () => {
  const m = await metricsOf({ problem: 'clipped' })
  assert.equal(m['threshold'], 0.3 / 2 ** 20)
  const way = 200 * 0.2 * (0.3 / 2 ** 19)
  assert.ok((m['leftClippedScaled'] as number) >= 1 - way)
  // Without a scale there is nothing to unscale, and the order does not matter.
  const plain = await metricsOf({ problem: 'clipped', scale: 1 })
  assert.equal(plain['leftClippedScaled'], plain['left'])
})

test('a threshold far too small crushes the right order too; one never reached clips nothing', async () => {
  assert.ok(((await metricsOf({ maxNorm: 1e-4 }))['left'] as number) > 0.99)
  const never = await metricsOf({ maxNorm: 1e30 })
  assert.deepEqual([never['clippedSteps'], never['hardestClip']], [0, 1])
})

test('message bytes and what a ring of 4 passes on: 3 · 96 against 1.5 · 1024', async () => {
  assert.equal((await metricsOf({}))['trafficShare'], (3 * 96) / (1.5 * 1024))
})

test('where weights and states alone are too much, no smaller batch is advised', async () => {
  const about = async (params: Params) =>
    (await runScenario('gradient-pipeline', { problem: 'memory', ...params })).findings[1]?.values['hopeless']
  assert.equal(await about({ model: '175b', capacity: 80 }), true)
  assert.equal(await about({ capacity: 2.2 }), false)
  const screen = render(await runScenario('gradient-pipeline', { problem: 'memory', model: '175b' }), {
    lang: 'en',
    width: 300,
  })
  assert.match(screen, /Micro-batch 1 of 4 does not fit/)
  assert.ok(!/fewer samples/.test(screen))
})

test("memory: GPT-2's graphs of 4 samples, by Korthikanti's formula", async () => {
  const [fixed, graph] = [18 * 124_439_808, 4 * 12 * 1024 * 768 * (34 + (5 * 12 * 1024) / 768)]
  const gib = 2 ** 30
  const m = await metricsOf({ problem: 'memory' })
  near(m['peakKept'], (fixed + 4 * graph) / gib, 1e-12)
  near(m['peakFreed'], (fixed + graph) / gib, 1e-12)
  assert.equal(m['fullAt'], Math.floor((16 * gib - fixed) / graph) + 1)
  assert.equal((await metricsOf({ problem: 'memory', capacity: 80 }))['fullAt'], 0)
})

test('the log: every event in order, a skipped step never reaches the wire', async () => {
  const result = await runScenario('gradient-pipeline')
  const rows = tableOf(result).rows
  const events = rows.map(([, event]) => event)
  assert.deepEqual(events.slice(0, 4), ['accumulate', 'unscale', 'step', 'update'])
  assert.deepEqual(events.slice(4, 10), ['accumulate', 'unscale', 'clip', 'compress', 'step', 'update'])
  assert.equal(rows[3]?.[4], 2 ** 20)
  const clipped = tableOf(await runScenario('gradient-pipeline', { problem: 'clipped' })).rows
  assert.deepEqual(
    clipped.map(([, event]) => event),
    ['accumulate', 'clip', 'unscale', 'compress', 'step'],
  )
})

test('the same seed, the same run; another one, another', async () => {
  const a = await runScenario('gradient-pipeline', { steps: 20 })
  assert.deepEqual(await runScenario('gradient-pipeline', { steps: 20 }), a)
})

test('screens', async () => {
  for (const problem of ['none', 'clipped', 'memory', 'precision'])
    for (const params of [{}, { steps: 1 }, { steps: 20, format: 'e8m0' }, { steps: 20, format: 'fp64' }])
      for (const lang of ['en', 'zh'] as const) {
        const screen = render(await runScenario('gradient-pipeline', { problem, ...params } as Params), {
          lang,
          width: 80,
        })
        assert.ok(!/undefined|pipe[A-Z]/.test(screen), screen)
        assert.ok(screen.trimEnd().split('\n').length <= 28, screen)
      }
})

test('nonsense is refused', async () => {
  for (const params of [
    { problem: 'clip' },
    { workers: 0 },
    { micro: 0 },
    { steps: 0 },
    { keep: 0 },
    { keep: 1 },
    { maxNorm: 0 },
    { capacity: 0 },
    { workers: 64, micro: 256, dimension: 4096 },
    { steps: 10_000 },
    { model: 'gpt5' },
  ] as Params[])
    await assert.rejects(
      runScenario('gradient-pipeline', params),
      (error) => error instanceof FpsimError && error.code === 'invalid-value',
      JSON.stringify(params),
    )
})
