/** Gradient accumulation: sums by big integers and another codec, loops by hand, memory by the formulas of the papers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import { seedFrom, uniform } from '../../src/data/rng.js'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import { runScenario } from '../../src/scenario/library.js'

type Params = Record<string, number | string | boolean>

const metricsOf = async (params: Params = {}): Promise<Record<string, number>> => ({
  ...(await runScenario('gradient-accumulation', params)).metrics,
})

const near = (got: number | undefined, wanted: number, within: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= within * Math.abs(wanted), `${got} is not ${wanted}`)

/** The micro-gradients of the lesson, rounded with another codec. */
const termsOf = (gradient: number, spread: number, count: number): number[] => {
  const seed = seedFrom('accumulation micro 1')
  return Array.from({ length: count }, (_, i) => f16round(gradient * (1 + spread * (2 * uniform(seed, i) - 1))))
}

/** The exact sum of fp16 values, as a whole number of 2^-24. */
const exactSum = (terms: readonly number[]): number =>
  Number(terms.reduce((sum, x) => sum + BigInt(x * 2 ** 24), 0n)) / 2 ** 24

test('1024 micro-gradients: fp16, fp32, and back to fp16', async () => {
  const terms = termsOf(1e-3, 0.5, 1024)
  const exact = exactSum(terms)
  const low = terms.reduce((sum, x) => f16round(sum + x), 0)
  const wide = terms.reduce((sum, x) => Math.fround(sum + x), 0)
  const m = await metricsOf()
  assert.equal(m['terms'], 1024)
  assert.equal(m['exactSum'], exact)
  assert.equal(m['lowSum'], low)
  near(m['lowError'], Math.abs(low - exact) / exact, 1e-12)
  assert.equal(m['wideError'], Math.abs(wide - exact) / exact)
  near(m['backError'], Math.abs(f16round(wide) - exact) / exact, 1e-12)
})

test('the known sums: 1024 × 0.001 in fp16, 4 × 2^15', async () => {
  const m = await metricsOf({ spread: 0 })
  assert.equal(m['lowSum'], 1.001953125)
  assert.equal(m['exactSum'], 1024 * f16round(1e-3))
  assert.equal(m['kahanError'], 0)
  assert.deepEqual(
    [m['largeLow'], m['largeWide'], m['largeBack']],
    [Number.POSITIVE_INFINITY, 131072, Number.POSITIVE_INFINITY],
  )
  // Under the usual loss scale the fp16 buffer overflows.
  assert.equal((await metricsOf({ scale: 65536 }))['lowSum'], Number.POSITIVE_INFINITY)
})

test('each buffer has its own verdict, and 4 × 2^127 is 2^129', async () => {
  const { findings } = await runScenario('gradient-accumulation', {})
  assert.deepEqual(
    findings.slice(0, 3).map(({ code, tone }) => [code, tone]),
    [
      ['accSumLow', 'bad'],
      ['accSumOther', 'bad'],
      ['accSumWide', 'good'],
    ],
  )
  assert.equal(findings[1]?.values['other'], 'bf16')
  const written = async (format: string) =>
    render(await runScenario('gradient-accumulation', { format }), { lang: 'en', width: 200 })
  assert.match(await written('bf16'), /4 × 2\^127 \(2\^129\): Inf/)
  assert.match(await written('fp16'), /4 × 2\^15 \(131072\): Inf/)
})

test('what nothing is wrong with is not called wrong', async () => {
  const why = async (params: Params): Promise<unknown[]> => {
    const { blocks } = await runScenario('gradient-accumulation', { about: 'mistakes', ...params })
    const table = blocks.find((block) => block.kind === 'table')
    return table?.rows.map((row) => (row[3] as { code: string }).code) ?? []
  }
  assert.deepEqual(await why({ micro: 1 }), [
    'accWhy-right',
    ...Array.from({ length: 7 }, () => 'accWhy-one'),
    'accWhy-overflow',
  ])
  assert.equal((await why({ micro: 4, lastSamples: 8 }))[7], 'accWhy-same-size')
  assert.equal((await why({ micro: 4 }))[7], 'accWhy-means')
})

test('loops with equal micro-gradients, by hand', async () => {
  for (const micro of [4, 8]) {
    const m = await metricsOf({ about: 'mistakes', micro, spread: 0, gradient: 2 ** -10 })
    assert.equal(m['right'], 1)
    assert.equal(m['notDivided'], micro)
    assert.equal(m['zeroedInside'], 1 / micro)
    // Half of them were scaled by half of what all are divided by.
    assert.equal(m['ownScaler'], 0.75)
    assert.equal(m['overflowed'], 0)
    assert.equal(m['scaleAfterOverflow'], 32768)
    assert.ok((m['meanOfMeans'] as number) < 2 ** -50)
    assert.ok(Number.isNaN(m['unscaleInside']), 'unscale_ twice is refused')
    // Unscaled again and again: the last one whole, the one before divided by 65536 once more, and so on.
    near(m['updateInside'], (1 + 2 ** -16) / micro, 2 ** -23)
  }
  // With two micro-batches PyTorch refuses nothing: a true gradient and a scaled one are added up.
  const two = await metricsOf({ about: 'mistakes', micro: 2, spread: 0, gradient: 2 ** -10 })
  assert.equal(two['unscaleInside'], (65536 + 1) / 2)
  const one = await metricsOf({ about: 'mistakes', micro: 1 })
  for (const name of ['notDivided', 'zeroedInside', 'updateInside', 'unscaleInside', 'ownScaler'])
    assert.equal(one[name], one['right'])
})

test('mean of means over 8, 8, 8 and 2 samples', async () => {
  const seed = seedFrom('accumulation samples 1')
  const samples = Array.from({ length: 26 }, (_, i) => 1 + 0.5 * (2 * uniform(seed, i) - 1))
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length
  const parts = [0, 8, 16, 24].map((first) => mean(samples.slice(first, first + 8)))
  const m = await metricsOf({ format: 'fp32' })
  near(m['meanOfMeans'], Math.abs(mean(parts) / mean(samples) - 1), 1e-4)
  assert.equal(m['lastWeight'], 4)
})

test('the same bits where sums are exact, and only there', async () => {
  for (const micro of [2, 4, 16]) {
    const m = await metricsOf({ about: 'equal', micro })
    assert.equal(m['equalFewBits'], 1)
    assert.ok((m['equalThirds'] as number) < 1 && (m['equalFp32'] as number) < 1 && (m['equalNarrow'] as number) < 1)
  }
  const one = await metricsOf({ about: 'equal', micro: 1 })
  assert.deepEqual([one['equalFewBits'], one['equalFp32'], one['equalNarrow'], one['batchNorm']], [1, 1, 1, 1])
  // On average the variance within a micro-batch lacks 1/8 of that of all.
  near((await metricsOf({ about: 'equal', micro: 4096 }))['batchNorm'], 7 / 8, 0.01)
})

test("memory: 18 bytes a parameter and Korthikanti's activations", async () => {
  const parameters = 124_439_808
  const one = 12 * 1024 * 768 * (34 + (5 * 12 * 1024) / 768)
  const gib = 2 ** 30
  const m = await metricsOf({ about: 'memory' })
  near(m['memoryFixed'], (18 * parameters) / gib, 1e-12)
  near(m['memoryWhole'], (18 * parameters + 32 * one) / gib, 1e-12)
  near(m['memoryAccumulated'], (18 * parameters + one) / gib, 1e-12)
})

test('every view in every width, language and format', async () => {
  for (const about of ['sums', 'mistakes', 'equal', 'memory'])
    for (const format of ['fp16', 'bf16', 'fp32', 'fp64', 'e4m3fn', 'e8m0', 'e2m1']) {
      const result = await runScenario('gradient-accumulation', { about, format, micro: 7 })
      for (const lang of ['en', 'zh'] as const) {
        const screen = render(result, { lang, width: 80 })
        assert.ok(!/undefined|accLoop-|accWhy-|accCase-/.test(screen), screen)
        assert.ok(screen.trimEnd().split('\n').length <= 29, screen)
      }
    }
})

test('nonsense is refused', async () => {
  for (const [params, code] of [
    [{ micro: 0 }, 'invalid-value'],
    [{ micro: 2.5 }, 'invalid-value'],
    [{ micro: 1e9 }, 'invalid-value'],
    [{ gradient: 0 }, 'invalid-value'],
    [{ spread: 2 }, 'invalid-value'],
    [{ scale: 0 }, 'invalid-value'],
    [{ overflowRate: 1.5 }, 'invalid-value'],
    [{ model: 'gpt5' }, 'invalid-value'],
    [{ batch: 0 }, 'invalid-value'],
    [{ about: 'sum' }, 'invalid-value'],
    [{ format: 'fp61' }, 'unknown-format'],
  ] as [Params, string][])
    await assert.rejects(
      runScenario('gradient-accumulation', params),
      (error) => error instanceof FpsimError && error.code === code,
      JSON.stringify(params),
    )
})
