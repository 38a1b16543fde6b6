/** The lessons on cost: their numbers recomputed by hand, odd input, and that no figure stands without a status. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { corrections } from '../../src/data/citations.js'
import { devices } from '../../src/data/devices.js'
import { comparisons, evidenceTasks, references, reports } from '../../src/data/evidence.js'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Result, Table } from '../../src/result/result.js'
import { parseCount } from '../../src/runner/cost-params.js'
import { frameworkTopics } from '../../src/runner/frameworks.js'
import { sourcesResult } from '../../src/runner/sources.js'
import { runScenario } from '../../src/scenario/library.js'
import { scenarioNames } from '../../src/scenario/load.js'
import { policyOf } from '../../src/train/loss-scale.js'

const lessons = ['memory', 'hardware', 'speed', 'evidence', 'frameworks']

const near = (got: number | undefined, wanted: number, share = 1e-12): void =>
  assert.ok(Math.abs((got as number) / wanted - 1) <= share, `${got} is not ${wanted}`)

const tables = (result: Result): Table[] => result.blocks.filter((block): block is Table => block.kind === 'table')

test('counts as people write them', () => {
  for (const [text, count] of Object.entries({
    '7B': 7e9,
    '175b': 175e9,
    '350M': 350e6,
    '1.5e9': 1.5e9,
    '1.3B': 1.3e9,
    '2^30': 2 ** 30,
    '124M': 124e6,
    '70亿': 7e9,
    '70 亿': 7e9,
    '3万': 3e4,
    '0x1b': 27,
  }))
    assert.equal(parseCount(text), count, text)
  for (const text of ['', 'B', '7Q', 'seven', 'M7', '--']) assert.equal(parseCount(text), undefined, text)
})

test('memory of gpt2-xl, by hand', async () => {
  const { metrics } = await runScenario('memory')
  const n = 48 * (12 * 1600 ** 2 + 13 * 1600) + (50257 + 1024) * 1600 + 2 * 1600
  assert.equal(metrics['parameters'], n)
  near(metrics['modelFp32'], (16 * n) / 2 ** 30)
  near(metrics['modelMixed'], (18 * n) / 2 ** 30)
  const [b, s, h, a] = [8, 1024, 1600, 25]
  const half = 48 * s * b * h * (34 + (5 * a * s) / h)
  const full = 48 * s * b * h * (66 + (9 * a * s) / h)
  near(metrics['activationShare'], half / full)
  near(metrics['saved'], 1 - (18 * n + half) / (16 * n + full))
  near(metrics['perRank'], (2 * n) / 2 ** 30)
})

test('a shape of one’s own is the preset with the same numbers', async () => {
  const own = await runScenario('memory', { layers: 24, hidden: 1024, heads: 16, vocabulary: 50257, positions: 1024 })
  const preset = await runScenario('memory', { model: 'GPT2-Medium' })
  assert.deepEqual(own.metrics, preset.metrics)
  const count = await runScenario('memory', { params: 354_823_168 })
  assert.equal(count.metrics['modelFp32'], preset.metrics['modelFp32'])
  assert.ok(Number.isNaN(count.metrics['activationsFp32']))
})

test('speed: the two lines of the interview document from the same numbers', async () => {
  const result = await runScenario('speed', { model: 'resnet50', device: 'v100', batch: 64 })
  const { metrics } = result
  near(metrics['gain'], (metrics['timeFp32'] as number) / (metrics['timeMixed'] as number))
  near(metrics['memorySaved'], 1 - (metrics['memoryMixed'] as number) / (metrics['memoryFp32'] as number))
  near(metrics['energyFp32'], 300 * (metrics['timeFp32'] as number))
  near(metrics['throughputMixed'], 64 / (metrics['timeMixed'] as number))
  const gain = (metrics['gain'] as number).toFixed(2)
  const saved = (100 * (metrics['memorySaved'] as number)).toFixed(1)
  assert.match(render(result, { lang: 'zh' }), new RegExp(`时间提升: ${gain}x[\\s\\S]*内存节省: ${saved}%`))
  assert.match(render(result, { lang: 'en' }), new RegExp(`Time improvement: ${gain}x[\\s\\S]*Memory saved: ${saved}%`))
})

test('the small network on the RTX 3090 is bound by launches and gets slower', async () => {
  const { metrics, findings } = await runScenario('speed', { model: 'mlp', device: '3090', batch: 32 })
  assert.equal(metrics['launchShare'], 1)
  near(metrics['timeFp32'], 13 * 5e-6)
  near(metrics['timeMixed'], 24 * 5e-6)
  assert.ok((metrics['gain'] as number) < 1)
  const codes = findings.map(({ code }) => code)
  assert.ok(codes.includes('costLaunchBound') && codes.includes('costOddSizes'), codes.join())
})

test('no mixed step is faster than the peaks promise, nor than the launches alone', async () => {
  for (const device of ['v100', 't4', 'a100', 'rtx3090', 'h100', 'b200', 'mi300x'])
    for (const model of ['gpt2', 'resnet50', 'mlp']) {
      const { metrics } = await runScenario('speed', { model, device, batch: 2, sequence: 128 })
      assert.ok((metrics['gain'] as number) <= (metrics['peakRatio'] as number), `${model} on ${device}`)
      assert.ok((metrics['timeMixed'] as number) >= (metrics['launchesMixed'] as number) * 5e-6 * (1 - 1e-12))
    }
})

test('a device without the figures gets no time', async () => {
  for (const device of ['tpuv4', 'ascend']) {
    const result = await runScenario('speed', { device })
    assert.ok(Number.isNaN(result.metrics['timeMixed']))
    assert.equal(result.findings[0]?.code, 'costNoPeaks')
    assert.equal(tables(result).length, 0)
  }
})

test('sixteen times: one device', async () => {
  const { metrics, findings } = await runScenario('hardware')
  assert.equal(metrics['asClaimed'], 1)
  assert.equal(findings[0]?.values['right'], 'a100')
  assert.equal((await runScenario('hardware', { times: 8 })).findings[0]?.values['right'], 'v100, t4, mi300x')
  assert.equal((await runScenario('hardware', { times: 3 })).findings[0]?.values['count'], 0)
})

test('every device shows every figure with its status', async () => {
  for (const device of devices) {
    const result = await runScenario('hardware', { device: device.name })
    const figures = [
      ...Object.values(device.peak),
      device.fp16Accumulate,
      device.memory,
      device.bandwidth,
      device.power,
    ]
    const wanted = figures.filter((f) => f !== undefined)
    const rows = tables(result).flatMap(({ columns, rows: all }) => (columns.length === 4 ? all : []))
    assert.ok(rows.length >= wanted.length, device.name)
    for (const row of rows) assert.match(JSON.stringify(row[3]), /costStatus-(read|quoted|computed|unverified)/)
    assert.ok(
      tables(result)
        .at(-1)
        ?.rows.some((row) => row[1] === device.source),
    )
  }
})

test('examples longer than the positions of the network are said to be', async () => {
  const said = async (name: string, params: Record<string, string | number>) =>
    (await runScenario(name, params)).findings.find(({ code }) => code === 'costTooLong')?.values['positions']
  assert.equal(await said('speed', { model: 'bert-base', device: 'h100' }), 512)
  assert.equal(await said('memory', { model: 'gpt2', sequence: 4096 }), 1024)
  assert.equal(await said('memory', { model: 'gpt2', sequence: 1024 }), undefined)
  assert.equal(await said('memory', { model: 'resnet50', sequence: 4096 }), undefined)
})

test('figures that no text was found for are unverified', () => {
  const of = (name: string) => devices.find((device) => device.name === name)
  const [a100, rtx3090] = [of('a100'), of('rtx3090')]
  for (const f of [a100?.bandwidth, rtx3090?.fp16Accumulate, rtx3090?.memory, rtx3090?.bandwidth, rtx3090?.peak.fp16])
    assert.equal(f?.status, 'unverified')
  for (const f of [a100?.peak.fp16, a100?.memory]) assert.equal(f?.status, 'read')
  assert.equal(rtx3090?.peak.fp32?.status, 'quoted')
})

test('evidence: the tables add up, every row has its source, every source is used', async () => {
  const all = await runScenario('evidence', { task: 'all' })
  assert.equal(all.metrics['results'], comparisons.length)
  assert.equal(all.metrics['reports'], reports.length)
  const ids = references.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const { reference } of [...comparisons, ...reports]) assert.ok(ids.includes(reference), reference)
  assert.equal(all.metrics['sources'], references.length)
  // Table 1 of the paper: gains of 0.16, 0.03, 0.10, -0.01, 0.28 and 0.12 points.
  const image = await runScenario('evidence')
  assert.deepEqual(
    tables(image)[0]?.rows.map((row) => (row[4] as unknown as { values: { value: number } }).values.value),
    [0.16, 0.03, 0.1, -0.01, 0.28, 0.12],
  )
  const detection = await runScenario('evidence', { task: 'detection' })
  assert.equal(detection.metrics['diverged'], 1)
  // Points of top-1 and of perplexity have no common largest.
  assert.ok(Number.isNaN(all.metrics['largestLoss']))
  assert.equal(all.findings[0]?.values['worst'], '0.01 top-1 % (Inception v2), 0.25 perplexity (GEMM + residual)')
  const fp8 = await runScenario('evidence', { task: 'fp8' })
  assert.ok(fp8.findings.some(({ code }) => code === 'costFp8Inference'))
  assert.ok(!image.findings.some(({ code }) => code === 'costFp8Inference'))
  // 12.59 without scaling was published for the products alone.
  assert.deepEqual(
    tables(fp8)[0]?.rows.map((row) => row[3]),
    ['12.59', null],
  )
})

test('frameworks: growth as in the traces of the frameworks', async () => {
  const result = await runScenario('frameworks')
  const rows = new Map(tables(result)[0]?.rows.map((row) => [row[0], row]))
  const growth: Readonly<Record<string, number>> = {
    pytorch: 2000,
    apex: 2000,
    keras2: 2000,
    keras3: 2000,
    jmp: 2000,
    adaptive: 2000,
    'apex-legacy': 1000,
    megatron: 1000,
    'deepspeed-zero': 1001,
    'deepspeed-fused': 1001,
    flax: 2001,
    naive: 1,
  }
  for (const [name, step] of Object.entries(growth)) assert.equal(rows.get(name)?.[2], step, name)
  for (const [name, overflows] of Object.entries({
    pytorch: 1,
    megatron: 2,
    'deepspeed-zero': 2,
    'deepspeed-fused': 1,
  }))
    assert.equal(rows.get(name)?.[3], overflows, name)
  for (const name of rows.keys()) assert.ok(policyOf(String(name)).source.length > 0)
})

test('frameworks: clipping and accumulation', async () => {
  const clipping = tables(await runScenario('frameworks', { topic: 'clipping' }))[0]
  for (const row of clipping?.rows ?? []) {
    assert.equal(row[5], row[0] === 'DeepSpeed' ? 2.5 : 5, String(row[0]))
    // PyTorch's 1e-6: 5 / (5 + 1e-6).
    assert.equal(row[4], row[3] === 0 ? 1 : Math.round((5 / (5 + 1e-6)) * 1e7) / 1e7, String(row[0]))
  }
  const sums = tables(await runScenario('frameworks', { topic: 'accumulation' }))[0]
  const of = (name: string) => sums?.rows.find((row) => row[0] === name)
  // 1024 × 1e-3 in FP16 gives 1.001953125, NumPy's answer; exact is 1.024.
  near(of('DeepSpeed')?.[4] as number, (1.024 - 1.001953125) / 1.024)
  assert.equal(of('fairseq')?.[5], Number.POSITIVE_INFINITY)
  assert.equal(of('fairseq')?.[3], 2)
  assert.equal(of('PyTorch')?.[3], 3)
})

test('sources: every reference once, with all its lessons', () => {
  const { blocks, metrics, findings } = sourcesResult([
    { lesson: 'b', see: ['X 2018', 'y'] },
    { lesson: 'c', see: ['X 2018'] },
    { lesson: 'd', see: [] },
  ])
  assert.deepEqual((blocks[0] as Table).rows, [
    ['X 2018', 'b, c'],
    ['y', 'b'],
  ])
  assert.deepEqual([metrics['sources'], metrics['lessons'], metrics['silent']], [2, 3, 1])
  assert.equal(findings.at(-1)?.values['lessons'], 'd')
  assert.ok(corrections.some(({ cited }) => cited.includes('1904.09794')))
})

test('every screen of every choice has words and numbers only, in both languages and without Unicode', async () => {
  const choices: [string, Record<string, string | number>][] = [
    ...lessons.map((name): [string, Record<string, string>] => [name, {}]),
    ...evidenceTasks.map((task): [string, Record<string, string>] => ['evidence', { task }]),
    ['evidence', { task: 'all' }],
    ...frameworkTopics.map((topic): [string, Record<string, string>] => ['frameworks', { topic }]),
    ...devices.map(({ name }): [string, Record<string, string>] => ['hardware', { device: name }]),
    ['memory', { params: '7B', optimizer: 'sgd' }],
    ['memory', { model: 'resnet50', recompute: 'full', recipe: 'bf16', ranks: 1 }],
    ['memory', { layers: 1e5, hidden: 1e6, heads: 1, batch: 1e7, sequence: 1e7, ranks: 1e6 }],
    ['speed', { model: '175b', device: 'h100' }],
    ['speed', { model: 'mlp', device: 'rtx3090', launch: 0 }],
  ]
  for (const [name, params] of choices) {
    const result = await runScenario(name, params)
    for (const lang of ['en', 'zh'] as const)
      for (const charset of ['unicode', 'ascii'] as const) {
        // One sentence speaks of NaN.
        const screen = render(result, { lang, width: 60, charset }).replace(/NaN\s+(becomes|变成)/g, '')
        assert.doesNotMatch(screen, /undefined|\[object|\bNaN\b/, `${name} ${JSON.stringify(params)}\n${screen}`)
      }
  }
})

test('what is wrong is told by name', async () => {
  const wrong: [string, Record<string, string | number>, string, string?][] = [
    ['memory', { model: 'gtp2' }, 'invalid-value', 'gpt2'],
    ['memory', { params: '7Q' }, 'invalid-value'],
    ['memory', { params: 0 }, 'invalid-value'],
    ['memory', { params: 1.5 }, 'invalid-value'],
    ['memory', { params: '1e400' }, 'invalid-value'],
    ['memory', { params: '7B', model: 'gpt2' }, 'conflicting-sources'],
    ['memory', { hidden: 768 }, 'wrong-usage'],
    ['memory', { layers: 2, hidden: 10, heads: 3 }, 'invalid-value'],
    ['memory', { recipe: 'autocats' }, 'invalid-value', 'autocast'],
    ['memory', { ranks: 0 }, 'invalid-value'],
    ['memory', { batch: 1e30 }, 'invalid-value'],
    ['speed', { device: 'h10' }, 'invalid-value', 'h100'],
    ['speed', { params: '7B' }, 'unknown-key'],
    ['speed', { launch: -1 }, 'invalid-value'],
    ['hardware', { device: 'a10' }, 'invalid-value', 'a100'],
    ['hardware', { times: 0 }, 'invalid-value'],
    ['evidence', { task: 'imge' }, 'invalid-value', 'image'],
    ['frameworks', { topic: 'cliping' }, 'invalid-value', 'clipping'],
  ]
  for (const [name, params, code, suggestion] of wrong)
    await assert.rejects(runScenario(name, params), (error) => {
      assert.ok(error instanceof FpsimError, String(error))
      assert.equal(error.code, code, JSON.stringify(params))
      if (suggestion !== undefined) assert.equal(error.values['suggestion'], suggestion)
      return true
    })
})

test('all lessons on cost are shipped', async () => {
  const names = await scenarioNames()
  for (const name of lessons) assert.ok(names.includes(name), name)
})
