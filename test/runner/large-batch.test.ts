/** Large batches: closed forms of plain descent, the noise it hovers at in theory, LARS's thresholds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import { runScenario } from '../../src/scenario/library.js'

type Params = Record<string, number | string | boolean>

const metricsOf = async (params: Params = {}): Promise<Record<string, number>> => ({
  ...(await runScenario('large-batch', params)).metrics,
})

const near = (got: number | undefined, wanted: number, within: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= within * Math.abs(wanted), `${got} is not ${wanted}`)

const times = (factor: number, n: number): number => Array.from({ length: n }).reduce((x: number) => x * factor, 1)

test('without noise every step multiplies the distance by 1 − rate', async () => {
  const plain = { noise: 0, steep: 0, condition: 1, updates: 64, times: 8, lr: 0.0625, warmup: 4 }
  const m = await metricsOf(plain)
  near(m['small'], times(1 - 0.0625, 64), 1e-12)
  near(m['sameRate'], times(1 - 0.0625, 8), 1e-12)
  near(m['linear'], times(1 - 0.5, 8), 1e-12)
  const rates = [0, 1, 2, 3].map((t) => 0.0625 * (1 + (7 * t) / 4))
  near(m['warmUp'], rates.reduce((left, rate) => left * (1 - rate), 1) * times(0.5, 4), 1e-12)
  assert.deepEqual([m['rate'], m['largeUpdates']], [0.5, 8])
})

test('with noise both hover where theory says: E w² = lr·σ²/(batch·λ·(2 − lr·λ))', async () => {
  const m = await metricsOf({ noise: 4, steep: 0, condition: 1, dimension: 1024, updates: 4000, times: 8, warmup: 0 })
  const size = Math.sqrt(1024)
  const floor = (lr: number, batch: number): number => Math.sqrt((1024 * lr * 16) / (batch * (2 - lr))) / size
  // ‖start‖ of 1024 normal draws is √1024 to a few per cent.
  near(m['floorSmall'], floor(0.05, 32), 0.07)
  near(m['floorLarge'], floor(0.4, 256), 0.07)
  // The root of a mean of 1024 squares: 2.2 % is one standard deviation.
  near(m['small'], m['floorSmall'] as number, 0.09)
  near(m['linear'], m['floorLarge'] as number, 0.09)
  assert.ok((m['sameRate'] as number) < (m['small'] as number) / 2, 'eight times less noise at the same rate')
})

test('the lesson: slow at the old rate, divergent without warm-up, right with it, whatever the seed', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { metrics } = await runScenario('large-batch', { seed } as Params)
    const m = metrics as Record<string, number>
    assert.ok((m['sameRate'] as number) > 2 * (m['small'] as number))
    assert.ok(Number.isNaN(m['linear']))
    assert.ok((m['warmUp'] as number) < 1.2 * (m['small'] as number))
  }
})

test('a rate above 2 / λ diverges with warm-up too', async () => {
  const m = await metricsOf({ steep: 0, lr: 0.2 })
  assert.ok(Number.isNaN(m['linear']) && Number.isNaN(m['warmUp']))
  assert.ok((m['small'] as number) < 0.1)
})

test('where squares vanish and overflow in fp16, with another codec', async () => {
  const { squareVanishes: low, squareOverflows: high } = (await metricsOf()) as Record<string, number>
  const square = (x: number): number => f16round(f16round(x) * f16round(x))
  assert.ok(square(low as number) > 0 && square((low as number) * (1 - 2 ** -50)) === 0)
  assert.equal(square(high as number), Number.POSITIVE_INFINITY)
  assert.ok(Number.isFinite(square((high as number) * (1 - 2 ** -50))))
})

test('LARS with fp16 norms: 0, Inf, NaN, stalled; in fp32 none is wrong', async () => {
  const m = await metricsOf()
  assert.equal(m['trustOverflowed'], 0)
  assert.equal(m['trustVanished'], Number.POSITIVE_INFINITY)
  assert.ok(Number.isNaN(m['trustBias']))
  assert.equal(m['layersWrong'], 4)
  assert.equal((await metricsOf({ format: 'fp32' }))['layersWrong'], 0)
})

test('a norm that overflowed is told apart from 0/0, and NaN from Inf', async () => {
  const shown = async (params: Params) => {
    const { blocks, findings } = await runScenario('large-batch', params)
    const table = blocks.filter((block) => block.kind === 'table').at(-1)
    const rows = table?.rows ?? []
    const cause = Object.fromEntries(rows.map((row) => [row[0], (row.at(-1) as { code: string }).code.slice(11)]))
    return { cause, rows, norms: findings.find(({ code }) => code === 'largeNorms')?.values }
  }
  const e4m3 = await shown({ format: 'e4m3fn' })
  assert.deepEqual(
    [e4m3.cause['fc.weight'], e4m3.cause['fc.bias'], e4m3.norms?.['beyond']],
    ['overflowed', 'nan', 'NaN'],
  )
  const half = await shown({})
  assert.deepEqual([half.cause['fc.weight'], half.norms?.['beyond']], ['overflowed', 'Inf'])
  const scaled = await shown({ scale: 65536 })
  // |w| and |g| are both a quarter off: their ratio is near, neither norm is right.
  assert.notEqual(scaled.cause['layer4.conv'], 'right')
  for (const [, , w, , g, , ratio] of half.rows)
    if (Number.isFinite(ratio)) near(ratio as number, (w as number) / (g as number), 1e-5)
})

test('of two options the one that was given is to blame', async () => {
  for (const [params, option] of [
    [{ updates: 10 }, 'updates'],
    [{ times: 4096 }, 'times'],
    [{ times: 64, updates: 10 }, 'times'],
  ] as [Params, string][])
    await assert.rejects(
      runScenario('large-batch', params),
      (error) => error instanceof FpsimError && error.values['option'] === option,
    )
})

test('screens', async () => {
  for (const params of [{}, { format: 'bf16' }, { format: 'e4m3fn', scale: 65536 }, { times: 1, warmup: 0 }])
    for (const lang of ['en', 'zh'] as const) {
      const screen = render(await runScenario('large-batch', params as Params), { lang, width: 80 })
      assert.ok(!/undefined|large(Cause|Line|Run)-/.test(screen), screen)
      if (Object.keys(params).length === 0) assert.ok(screen.trimEnd().split('\n').length <= 26, screen)
    }
})

test('nonsense is refused', async () => {
  for (const params of [
    { times: 0 },
    { times: 4096 },
    { lr: 0 },
    { warmup: -1 },
    { updates: 100_000, dimension: 1024 },
    { noise: Number.NaN },
    { condition: 0.5 },
    { scale: 0 },
  ] as Params[])
    await assert.rejects(
      runScenario('large-batch', params),
      (error) => error instanceof FpsimError && error.code === 'invalid-value',
      JSON.stringify(params),
    )
})
