/** Policies on a stream: against a plain loop over every value of every step, and against what arithmetic says. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { f16round } from '@petamoriken/float16'
import { sizeOfSteps } from '../../src/data/gradient-stream.js'
import { loadScaleLog, parseScaleLog, scaleLogNames } from '../../src/data/scale-log.js'
import { FpsimError } from '../../src/errors.js'
import type { Result, Table } from '../../src/result/result.js'
import { decimate } from '../../src/runner/scaling/decimate.js'
import { checkScenario } from '../../src/scenario/check.js'
import { runScenario } from '../../src/scenario/library.js'
import { needsAmax, policyNames, policyOf } from '../../src/train/loss-scale.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-scaling-'))
test.after(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const values = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1.9 ** (i - 50) * (1 + (i % 5) / 7))
const input = file('values.txt', values.join('\n'))

/** A state machine of the test's own: scale before a step, and what follows. */
interface Plain {
  scale: number
  after(overflow: boolean): void
}

function pytorch(interval: number): Plain {
  let clean = 0
  const plain: Plain = {
    scale: 65536,
    after(overflow) {
      if (overflow) {
        plain.scale *= 0.5
        clean = 0
      } else if (++clean === interval) {
        plain.scale *= 2
        clean = 0
      }
    },
  }
  return plain
}

function naive(): Plain {
  const plain: Plain = {
    scale: 65536,
    after(overflow) {
      plain.scale = overflow ? Math.max(1, plain.scale / 2) : Math.min(2 ** 24, plain.scale * 2)
    },
  }
  return plain
}

const fixed = (scale: number): Plain => ({ scale, after: () => {} })

/** Every value of every step, rounded by another codec. */
function bruteForce(plain: Plain, sizeOf: (step: number) => number, steps: number) {
  const sum = { overflows: 0, first: Number.NaN, lost: 0, clean: 0, ups: 0, downs: 0, lowest: plain.scale, highest: 0 }
  for (let t = 0; t < steps; t++) {
    const { scale } = plain
    const rounded = values.map((x) => f16round(x * sizeOf(t) * scale))
    const overflow = rounded.some((y) => !Number.isFinite(y))
    if (overflow) {
      if (sum.overflows === 0) sum.first = t
      sum.overflows++
    } else {
      sum.clean++
      sum.lost += rounded.filter((y) => y === 0).length
    }
    plain.after(overflow)
    if (plain.scale > scale) sum.ups++
    if (plain.scale < scale) sum.downs++
    sum.lowest = Math.min(sum.lowest, plain.scale)
    sum.highest = Math.max(sum.highest, plain.scale, scale)
  }
  return { ...sum, share: sum.lost / sum.clean / values.length, final: plain.scale }
}

const stream = { size: 4, drift: 2 ** -10, noise: 2, spikeRate: 0.03, spikeHeight: 300 }

for (const { policy, plain, more } of [
  { policy: 'pytorch', plain: () => pytorch(20), more: { growthInterval: 20 } },
  { policy: 'naive', plain: naive, more: {} },
  { policy: 'static', plain: () => fixed(2 ** 13), more: { staticScale: 2 ** 13 } },
  { policy: 'none', plain: () => fixed(1), more: {} },
])
  test(`${policy}: every value of every step`, async () => {
    // The lesson's own growth interval means nothing to those that have none.
    const run = { input, steps: 700, policies: policy, ...stream, seed: 5, ...more }
    const { metrics } = await runScenario('dynamic-scaling', run)
    const wanted = bruteForce(plain(), sizeOfSteps({ ...stream, steps: 700, seed: 5 }), 700)
    const blind = policy === 'static' || policy === 'none'
    assert.equal(metrics['overflows'], wanted.overflows)
    assert.equal(metrics['skipped'], blind ? 0 : wanted.overflows)
    assert.equal(metrics['infApplied'], blind ? wanted.overflows : 0)
    assert.equal(metrics['firstOverflowStep'], wanted.first)
    assert.ok(Math.abs((metrics['lostShare'] as number) - wanted.share) < 1e-12)
    assert.equal(metrics['finalScale'], wanted.final)
    assert.equal(metrics['growths'], wanted.ups)
    assert.equal(metrics['backoffs'], wanted.downs)
    assert.equal(metrics['lowestScale'], wanted.lowest)
    assert.equal(metrics['highestScale'], wanted.highest)
    assert.ok(policy === 'none' || wanted.overflows > 0, 'the stream overflows')
    assert.ok(wanted.lost > 0, 'the stream loses')
  })

/** A lesson with one policy and nothing said about its configuration. */
const lesson = (policies: string, params = ''): string => `runner: scaling
chapter: 3
title: { en: A, zh: 甲 }
ask: { en: A?, zh: 甲？ }
params: { policies: "${policies}"${params} }
expect: { overflows: { above: -1 } }
`

test('a steady stream: the price of looking for the limit', async () => {
  // 0.487 · 2^17 is the last that fits: from there N clean steps, one overflow, and so on.
  const steady = { drift: 1, noise: 1, spikeRate: 0, initScale: 2 ** 17, growthInterval: 50 }
  const one = (await runScenario('dynamic-scaling', { ...steady, policies: 'pytorch', steps: 51 * 20 })).metrics
  assert.equal(one['skippedShare'], 1 / 51)
  const two = (await runScenario('dynamic-scaling', { ...steady, policies: 'megatron', steps: 52 * 20 })).metrics
  assert.equal(two['skippedShare'], 2 / 52)
  const half = await runScenario(file('naive2.yaml', lesson('naive', ', initScale: 131072')), { steps: 1000 })
  assert.equal(half.metrics['skippedShare'], 1 / 2)
})

test('the first steps bring a scale that is too large down', async () => {
  const large = { drift: 1, noise: 1, spikeRate: 0, initScale: 2 ** 32, growthInterval: 2000, steps: 1000 }
  const { metrics } = await runScenario('dynamic-scaling', { ...large, policies: 'pytorch' })
  // floor(log2(2^32 · 0.48651… / 65520)) + 1
  const x = (2 ** 32 * 0.4865191578865051) / 65520
  assert.equal(metrics['overflows'], Math.floor(Math.log2(x)) + 1)
  assert.equal(metrics['finalScale'], 2 ** 17)
  const patient = (await runScenario('dynamic-scaling', { ...large, policies: 'megatron' })).metrics
  assert.equal(patient['overflows'], Math.floor(Math.log2(x)) + 2)
})

test('gradients that grow a thousandfold without overflow do not move the scale', async () => {
  const growing = { drift: 1000, noise: 1, spikeRate: 0, initScale: 4, growthInterval: 2000, steps: 1500 }
  const { metrics } = await runScenario('dynamic-scaling', { ...growing, policies: 'pytorch' })
  assert.deepEqual([metrics['overflows'], metrics['growths'], metrics['finalScale']], [0, 0, 4])
})

test('NaN in the stream counts as overflow', async () => {
  const nan = file('nan.txt', '1e-3\nnan\n2e-3\n')
  const result = await runScenario('dynamic-scaling', { input: nan, steps: 50, policies: 'pytorch' })
  assert.equal(result.metrics['skipped'], 50)
  assert.ok(result.findings.some(({ code }) => code === 'scalingNaNStream'))
})

test('a format with room to spare asks for no more than float32 holds', async () => {
  const { metrics } = await runScenario('dynamic-scaling', { format: 'e11m30', steps: 20 })
  assert.equal(metrics['staticStart'], 2 ** 127)
  assert.equal(metrics['overflows'], 0)
})

test('DeepSpeed gives up at its minimum', async () => {
  const huge = file('huge.txt', '1e30\n')
  const run = { input: huge, steps: 100, policies: 'deepspeed-zero', initScale: 4, growthInterval: 1000 }
  const { metrics, findings } = await runScenario('dynamic-scaling', run)
  // Hysteresis 2: 4, 4, 2, 1, and the fourth overflow raises.
  assert.equal(metrics['gaveUpStep'], 3)
  assert.equal(metrics['steps'], 4)
  assert.ok(findings.some(({ code }) => code === 'scalingGaveUp'))
})

test('nothing but zeros is told, not drawn', async () => {
  const { findings, blocks } = await runScenario('dynamic-scaling', { input: file('zeros.txt', '0\n0\n'), steps: 5 })
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['nothingToReplay'],
  )
  assert.deepEqual(blocks, [])
})

test('the seed decides the stream, and nothing else does', async () => {
  const one = await runScenario('dynamic-scaling', { steps: 400, seed: 3 })
  assert.deepEqual(await runScenario('dynamic-scaling', { steps: 400, seed: 3 }), one)
  const other = await runScenario('dynamic-scaling', { steps: 400, seed: 4 })
  assert.notDeepEqual(other.blocks, one.blocks)
})

const codeOf = async (running: Promise<unknown>): Promise<unknown[]> => {
  try {
    await running
  } catch (error) {
    if (error instanceof FpsimError) return [error.code, error.values['option'] ?? error.values['key']]
    throw error
  }
  return []
}

test('synonyms of the frameworks, as options, in YAML and in a program', async () => {
  const plain = (await runScenario('dynamic-scaling', { steps: 300, growthInterval: 30, initScale: 1024 })).metrics
  for (const names of [{ scaleWindow: 30 }, { scale_window: 30 }, { loss_scale_window: '30' }])
    assert.deepEqual((await runScenario('dynamic-scaling', { steps: 300, init_scale: 1024, ...names })).metrics, plain)
  const both = runScenario('dynamic-scaling', { growthInterval: 30, scaleWindow: 30 })
  await assert.rejects(both, (error: unknown) => error instanceof FpsimError && error.code === 'conflicting-sources')
  const own = file('window.yaml', lesson('pytorch', ', scale_window: 30, initScale: 1024, steps: 300'))
  assert.deepEqual((await checkScenario(own)).problems, [])
  assert.equal((await runScenario(own)).params['growthInterval'], 30)
  assert.equal((await runScenario(own, { growthInterval: 40 })).params['growthInterval'], 40)
  const twice = await checkScenario(file('twice.yaml', lesson('pytorch', ', scale_window: 30, growthInterval: 30')))
  assert.deepEqual(
    twice.problems.map(({ code, values: { line } }) => [code, line]),
    [['conflicting-sources', 5]],
  )
  const wrong = await checkScenario(file('wrong.yaml', lesson('pytorch', ', scale_window: many')))
  assert.deepEqual(
    wrong.problems.map(({ code, values: { path } }) => [code, path]),
    [['invalid-value', 'params.scale_window']],
  )
})

test('a key goes to the policies that have it; one that none has is refused', async () => {
  const keys = { growthInterval: 10, steps: 200 }
  const { metrics } = await runScenario('dynamic-scaling', { ...keys, policies: 'naive,pytorch' })
  assert.notEqual(metrics['skippedShareNaive'], metrics['skippedSharePytorch'])
  assert.deepEqual(await codeOf(runScenario('dynamic-scaling', { ...keys, policies: 'pytorch', hysteresis: 2 })), [
    'unknown-key',
    'hysteresis',
  ])
  assert.deepEqual(await codeOf(runScenario('dynamic-scaling', { policies: 'pytroch' })), ['invalid-value', 'policies'])
  for (const [option, value] of [
    ['growthFactor', 1],
    ['growthInterval', 0],
    ['initScale', -1],
    ['steps', 0],
    ['steps', 1.5],
    ['spikeRate', 2],
    ['noise', 0.5],
    ['drift', 0],
    ['backoffFactor', 1],
  ] as const)
    assert.deepEqual(await codeOf(runScenario('dynamic-scaling', { policies: 'pytorch', [option]: value })), [
      'invalid-value',
      option,
    ])
})

test("a lesson's own values go to the policies that have such a key; the user's must be of use", async () => {
  const short = { steps: 60, runs: 2 }
  for (const name of policyNames) {
    await runScenario('dynamic-scaling', { policies: name, steps: 60 })
    await runScenario('scaling-strategies', { policies: name, steps: 60 })
    if (!needsAmax(policyOf(name))) await runScenario('scale-collapse', { ...short, policies: name, steps: 100 })
  }
  const all = await runScenario('dynamic-scaling', { policies: 'all', steps: 60 })
  const chart = all.blocks.find((block) => block.kind === 'line-chart')
  assert.ok(chart?.kind === 'line-chart')
  assert.equal(chart.series.length, 22)
  for (const [lesson, params, wanted] of [
    ['dynamic-scaling', { policies: 'static', growthInterval: 10 }, ['unknown-key', 'growthInterval']],
    ['dynamic-scaling', { policies: 'none', initScale: 4 }, ['invalid-value', 'initScale']],
    ['dynamic-scaling', { policies: 'naive', growthInterval: 10 }, ['invalid-value', 'growthInterval']],
    ['scale-collapse', { policies: 'naive', growthInterval: 10 }, ['invalid-value', 'growthInterval']],
    ['dynamic-scaling', { tolerance: 0.1 }, ['unknown-key', 'tolerance']],
    ['dynamic-scaling', { policies: 'pytorch', minScale: 1 }, ['unknown-key', 'minScale']],
    ['dynamic-scaling', { policies: 'pytorch', staticScale: 4 }, ['wrong-usage', 'staticScale']],
    ['scaler-frameworks', { policies: 'te-delayed' }, ['invalid-value', 'policies']],
  ] as const)
    assert.deepEqual(await codeOf(runScenario(lesson, params)), wanted)
  // What a framework fixes may be said.
  await runScenario('dynamic-scaling', { policies: 'naive', growthInterval: 1, steps: 60 })
  // A lesson whose own policies do not have its own key is wrong.
  const own = file('odd.yaml', lesson('pytorch', ', hysteresis: 2, steps: 60'))
  assert.deepEqual(await codeOf(runScenario(own)), ['unknown-key', 'hysteresis'])
})

test('an exponent is a name of the first scale, on the command line and in YAML', async () => {
  const plain = (await runScenario('dynamic-scaling', { steps: 60, initScale: 1024 })).metrics
  for (const names of [{ initial_scale_power: 10 }, { initialScalePower: '10' }])
    assert.deepEqual((await runScenario('dynamic-scaling', { steps: 60, ...names })).metrics, plain)
  const own = file('power.yaml', lesson('pytorch', ', initial_scale_power: 10, steps: 60'))
  assert.deepEqual((await checkScenario(own)).problems, [])
  assert.equal((await runScenario(own)).params['initScale'], 1024)
  for (const power of [200, 1.5, 'big'])
    assert.deepEqual(await codeOf(runScenario('dynamic-scaling', { initial_scale_power: power })), [
      'invalid-value',
      'initial_scale_power',
    ])
  const wrong = await checkScenario(file('power2.yaml', lesson('pytorch', ', initial_scale_power: 200')))
  assert.deepEqual(
    wrong.problems.map(({ code, values: { line } }) => [code, line]),
    [['invalid-value', 5]],
  )
})

test('delayed scaling follows amax, saturates and skips nothing', async () => {
  const run = { policies: 'te-delayed', format: 'e4m3fn', steps: 300, drift: 2 ** -6, noise: 1, spikeRate: 0, seed: 5 }
  const { metrics } = await runScenario('dynamic-scaling', { ...run, input })
  const largest = Math.max(...values.map(Math.abs))
  // 448 over the largest seen so far: the stream shrinks and the history of 1024 remembers the first step.
  assert.equal(metrics['finalScale'], Math.fround(448 / Math.fround(largest)))
  assert.equal(metrics['skipped'], 0)
  const spiked = (await runScenario('dynamic-scaling', { ...run, input, spikeRate: 0.02, spikeHeight: 1000 })).metrics
  assert.ok((spiked['overflows'] as number) > 0)
  assert.equal(spiked['skipped'], 0)
})

test('who gives up is told, whichever place it has, and its last step is not called skipped', async () => {
  const run = { policies: 'pytorch,deepspeed-zero', initScale: 1, spikeRate: 1, spikeHeight: 1e6, growthInterval: 100 }
  const { findings } = await runScenario('scaling-strategies', run)
  const raised = findings.find(({ code }) => code === 'scalingGaveUp')
  assert.deepEqual([raised?.values['step'], raised?.values['skipped'], raised?.tone], [1, 1, 'bad'])
})

test('a long series keeps its extremes', () => {
  const series = Array.from({ length: 10_007 }, (_, t) => Math.sin(t * t) + (t === 6543 ? 9 : 0) - (t === 17 ? 9 : 0))
  const { steps, series: open } = decimate(series.length)
  const kept = open()
  for (const value of series) kept.add(value)
  const out = kept.values()
  assert.equal(out.length, steps.length)
  assert.deepEqual([Math.min(...out), Math.max(...out)], [Math.min(...series), Math.max(...series)])
  for (const value of out) assert.ok(series.includes(value))
  assert.ok(steps.every((t, i) => i === 0 || t > (steps[i - 1] as number)))
  assert.deepEqual([steps[0], steps.at(-1)], [0, 10_006])
  const short = decimate(3).series()
  for (const value of [5, 1, 2]) short.add(value)
  assert.deepEqual(short.values(), [5, 1, 2])
})

const tableOf = ({ blocks }: Result): Table => {
  const table = blocks.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  return table
}

/** log2 of the scales of a row, by the policy's name. */
const rowOf = (table: Table, policy: string): string | undefined =>
  table.rows
    .find(([head]) => typeof head === 'object' && head !== null && 'name' in head && head.name === policy)
    ?.filter((cell) => typeof cell === 'number')
    .join(' ')

test('a pattern: the scales of the frameworks, worked out elsewhere', async () => {
  const pattern = '...X....XX..X.......X.X......'
  const policies = 'pytorch,keras2,jmp,apex-hysteresis,deepspeed-fused,deepspeed-zero,megatron,flax,naive'
  const result = await runScenario('scaler-frameworks', { pattern, policies })
  const same = '16 16 17 16 16 16 17 17 16 15 15 15 14 14 14 15 15 15 16 16 15 15 14 14 14 15 15 15 16'
  const wanted: Readonly<Record<string, string>> = {
    pytorch: same,
    keras2: same,
    jmp: same,
    'apex-hysteresis': '16 16 17 17 17 17 18 18 18 17 17 17 17 17 17 18 18 18 19 19 19 19 19 19 19 20 20 20 21',
    'deepspeed-fused': '16 16 16 15 15 15 15 16 15 14 14 14 13 13 13 13 14 14 14 15 14 14 13 13 13 13 14 14 14',
    'deepspeed-zero': '16 16 16 16 16 16 16 17 17 16 16 16 15 15 15 15 16 16 16 17 17 17 16 16 16 16 17 17 17',
    megatron: '16 16 17 17 17 17 18 18 18 17 17 17 16 16 16 17 17 17 18 18 18 18 17 17 17 18 18 18 19',
    flax: '16 16 16 15 15 15 15 16 15 14 14 14 13 13 13 13 14 14 14 14 13 13 12 12 12 12 13 13 13',
    naive: '17 18 19 18 19 20 21 22 21 20 21 22 21 22 23 24 24 24 24 24 23 24 23 24 24 24 24 24 24',
  }
  for (const [policy, scales] of Object.entries(wanted)) assert.equal(rowOf(tableOf(result), policy), scales, policy)
  assert.ok(Number.isNaN(result.metrics['matching']))
})

test('who gives up in a pattern is told; defaults say whose they are', async () => {
  const run = { pattern: 'XXXXX', initScale: 4, policies: 'fairseq,deepspeed-zero,openseq2seq-backoff,jmp' }
  const { findings, blocks } = await runScenario('scaler-frameworks', run)
  const raised = findings.filter(({ code }) => code === 'scalingRaises')
  // Hysteresis 2: 4, 2, 1, and the fourth overflow finds 1.
  assert.deepEqual(
    raised.map(({ values }) => [values['policy'], values['at'], values['scale']]),
    [['deepspeed-zero', 4, 1]],
  )
  const [, defaults] = blocks.filter((block) => block.kind === 'table') as Table[]
  assert.deepEqual(
    defaults?.rows.map(([, first, grows]) => [(first as { code: string }).code, grows]),
    [
      ['scalingPower', 2000],
      ['scalingPower', 1001],
      ['scalingPower', 2000],
      ['scalingCallers', 2000],
    ],
  )
  const line = blocks.find((block) => block.kind === 'note' && block.code === 'scalingCommandLine')
  assert.ok(line?.kind === 'note')
  assert.deepEqual([line.values['exponent'], line.values['window']], [7, 2 ** 14])
})

test('the log of BigScience 104B: who reproduces it', async () => {
  const { metrics, blocks } = await runScenario('scaler-frameworks')
  assert.equal(metrics['matching'], 2)
  assert.deepEqual([metrics['matchDeepspeedZero'], metrics['matchMegatron']], [1, 1])
  assert.equal(metrics['differsPytorch'], 17062)
  assert.equal(metrics['differsApexHysteresis'], 17067)
  const consecutive = await runScenario('scaler-frameworks', {
    policies: 'deepspeed-zero',
    consecutiveHysteresis: 'yes',
  })
  assert.equal(consecutive.metrics['matching'], 0)
  assert.equal(rowOf(tableOf(consecutive), 'deepspeed-zero'), '20 20 20 19 18 17 17 17 16')
  const defaults = blocks.filter((block) => block.kind === 'table')[1] as Table
  const grows = Object.fromEntries(defaults.rows.map(([head, , first]) => [(head as { name: string }).name, first]))
  // Clean steps until the first growth, by default.
  assert.deepEqual(grows, {
    pytorch: 2000,
    'apex-hysteresis': 2000,
    'deepspeed-fused': 1001,
    'deepspeed-zero': 1001,
    megatron: 1000,
    flax: 2001,
    naive: 1,
  })
})

test('patterns and logs that are none', async () => {
  for (const pattern of ['..q', '', ' ', 'X'.repeat(1001)])
    assert.deepEqual(await codeOf(runScenario('scaler-frameworks', { pattern })), ['invalid-value', 'pattern'])
  assert.equal((await runScenario('scaler-frameworks', { steps: '. . x X' })).metrics['overflows'], 2)
  assert.deepEqual(await codeOf(runScenario('scaler-frameworks', { log: 'bigscience' })), ['invalid-value', 'log'])
  assert.equal(
    (await codeOf(runScenario('scaler-frameworks', { log: 'bigscience-13b', pattern: 'X' })))[0],
    'conflicting-sources',
  )
  assert.deepEqual(await scaleLogNames(), ['bigscience-104b', 'bigscience-13b'])
  assert.equal((await loadScaleLog('bigscience-13b')).overflow, undefined)
  for (const text of [
    '{',
    '[]',
    'null',
    '{"schema":1}',
    '{"schema":1,"first":0,"every":1,"scales":[1],"loss":[1],"overflow":"..","config":{}}',
  ])
    assert.throws(
      () => parseScaleLog(text, 'x.json'),
      (error: unknown) => error instanceof FpsimError && error.code === 'bad-data',
    )
})
