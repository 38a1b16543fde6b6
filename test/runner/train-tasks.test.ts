/** The lessons train-text, train-series and train-gan, in runs shorter than theirs: what their screens show, and of whom. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../src/render/render.js'
import type { Block, LineChart, Result, Scatter } from '../../src/result/result.js'
import { runScenario } from '../../src/scenario/library.js'

const blocksOf = <Kind extends Block['kind']>({ blocks }: Result, kind: Kind) =>
  blocks.filter((block): block is Extract<Block, { kind: Kind }> => block.kind === kind)

const widths = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

test('train-gan: real and generated points in panels on shared axes; a broken generator has none', async () => {
  const result = await runScenario('train-gan', { steps: 10, units: 16, recipes: 'pure-fp16' })
  const [scatter] = blocksOf(result, 'scatter') as [Scatter]
  assert.equal(scatter.panels.length, 2)
  const [twin] = scatter.panels
  assert.deepEqual(twin?.label, { name: 'fp32' })
  const [real, made] = twin?.points ?? []
  assert.equal(real?.x.length, made?.x.length)
  // The ring has the radius 1: real points lie around it.
  for (const [i, x] of (real?.x ?? []).entries()) {
    const y = real?.y[i] as number
    assert.ok(Math.abs(Math.sqrt(x * x + y * y) - 1) < 0.35)
  }
  assert.ok(scatter.x.low < -1 && scatter.x.high > 1 && scatter.y.low < -1 && scatter.y.high > 1)
  const broken = scatter.panels.find(({ label }) => 'name' in label && label.name === 'pure-fp16')
  assert.ok(broken?.points[1]?.x.every(Number.isNaN))
  assert.equal(result.metrics['pureFp16BrokenAt'], 0)
})

test('train-gan: two optimizers skip for themselves, the scale falls once a step', async () => {
  const { metrics, findings } = await runScenario('train-gan', { steps: 40, units: 16, recipes: 'fp16-amp' })
  const [first, second, both] = [
    metrics['fp16AmpSkippedFirst'],
    metrics['fp16AmpSkippedSecond'],
    metrics['fp16AmpSkipped'],
  ] as [number, number, number]
  assert.ok(first > 0 && second > 0 && both >= Math.max(first, second) && both <= first + second)
  const told = findings.find(({ code }) => code === 'train-phases')
  assert.deepEqual(told?.values, {
    recipe: 'fp16-amp',
    skipped: both,
    discriminator: first,
    generator: second,
    from: 2 ** 32,
    to: 2 ** (32 - both),
  })
})

test('train-series: the measured values once, the forecasts of twin and worst beside them', async () => {
  const result = await runScenario('train-series', { steps: 30, units: 8, recipes: 'fp16-unscaled' })
  const chart = blocksOf(result, 'line-chart').find(
    ({ title }) => title !== undefined && 'code' in title && title.code === 'train-forecasts',
  ) as LineChart
  const names = chart.series.map(({ label }) => ('name' in label ? label.name : 'code' in label ? label.code : ''))
  assert.equal(names[0], 'train-set-measured')
  assert.deepEqual(
    names.filter((name) => name === 'fp32'),
    ['fp32'],
  )
  for (const { values } of chart.series) {
    assert.equal(values.length, chart.x.values.length)
    // Carbon dioxide in the last years of the record.
    assert.ok(values.every((value) => value > 380 && value < 440))
  }
})

test('train-text: what the network writes is told of the twin, and not of a broken one', async () => {
  const result = await runScenario('train-text', { steps: 6, units: 16, depth: 1, recipes: 'pure-fp16' })
  const samples = blocksOf(result, 'note').filter(({ code }) => code === 'train-sample')
  assert.deepEqual(
    samples.map(({ values }) => values['recipe']),
    ['fp32'],
  )
  assert.ok((result.metrics['pureFp16BrokenAt'] as number) < 6)
})

test('train-text --variant classify: BF16 loses nearly all of its updates, FP32 hardly any', async () => {
  const { metrics } = await runScenario('train-text', {
    variant: 'classify',
    steps: 15,
    units: 16,
    depth: 1,
    recipes: 'bf16',
  })
  assert.ok((metrics['bf16LostUpdates'] as number) > 0.8 && (metrics['fp32LostUpdates'] as number) < 0.02)
  assert.equal(metrics['naive'], 0.5)
})

for (const [name, params] of [
  ['train-text', { steps: 4, units: 16, depth: 1, data: 'shijing', recipes: 'pure-fp16,bf16' }],
  ['train-text', { steps: 4, units: 16, depth: 1, variant: 'classify', data: 'shijing', recipes: 'fp8-hybrid' }],
  ['train-series', { steps: 4, units: 8, depth: 2, data: 'seattle', recipes: 'pure-fp16', lossWeight: 1 }],
  [
    'train-series',
    { steps: 4, units: 8, accumulate: 2, clip: 1, compress: 'topk:0.1', workers: 2, recipes: 'fp16-amp' },
  ],
  ['train-gan', { steps: 4, units: 16, accumulate: 2, clip: 1, workers: 2, recipes: 'fp16-amp,fp16-unscaled' }],
] as const)
  test(`${name} ${JSON.stringify(params)}: fits the screens, and JSON brings it back`, async () => {
    const result = await runScenario(name, { ...params })
    for (const lang of ['en', 'zh'] as const) {
      assert.ok(widths(render(result, { lang, width: 60, charset: 'ascii', color: false })) <= 60)
      const screen = render(result, { lang, color: false })
      assert.ok(!/undefined|\bnull\b|\{/.test(screen), screen)
    }
    const back = JSON.parse(render(result, { to: 'json' })) as Result
    assert.deepEqual(Object.keys(back.metrics), Object.keys(result.metrics))
  })
