/** The runner of trainings: its twin, its figures, threads, recordings, recipe files, and what it refuses. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { workers } from '../../src/cli/workers.js'
import { loadProfile } from '../../src/data/profile.js'
import type { Block } from '../../src/data/source.js'
import type { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Host } from '../../src/runner/runner.js'
import { loadScenario } from '../../src/scenario/load.js'
import { type Overrides, runLoaded } from '../../src/scenario/run.js'
import { root } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-train-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const run = async (lesson: string, overrides: Overrides = {}, host: Host = {}) =>
  runLoaded(await loadScenario(lesson), { overrides, host })

const refuses = (promise: Promise<unknown>, code: string, values: Record<string, unknown> = {}) =>
  assert.rejects(promise, (error: FpsimError) => {
    assert.equal(error.code, code)
    for (const [key, value] of Object.entries(values)) assert.deepEqual(error.values[key], value, key)
    return true
  })

test('on threads and without: the same bytes', async () => {
  for (const overrides of [{ steps: 30 }, { steps: 20, recipes: 'bf16-sr,fp16-amp+bf16@10', loops: 'repaired' }]) {
    const here = await run('train-simple', overrides)
    const there = await run('train-simple', overrides, { workers })
    assert.equal(render(here, { to: 'json' }), render(there, { to: 'json' }))
  }
})

test('an error on a thread is the error of the run', async () => {
  await refuses(run('train-simple', { batch: 2000 }, { workers }), 'invalid-value', { option: 'batch', limit: 1280 })
})

test('progress goes up to the whole', async () => {
  const told: [number, number | undefined][] = []
  await run('train-simple', { steps: 10 }, { progress: (done, total) => void told.push([done, total]) })
  assert.deepEqual(told.at(-1), [60, 60])
  for (const [i, [done]] of told.entries()) assert.ok(i === 0 || done > (told[i - 1]?.[0] ?? 0))
})

test('the FP32 twin is always there, and all is compared with it', async () => {
  const { metrics, findings } = await run('train-simple', { recipes: 'pure-fp16', loops: 'repaired', steps: 60 })
  assert.ok(Number.isFinite(metrics['fp32Loss']))
  assert.ok(Number.isFinite(metrics['pureFp16Loss']))
  assert.ok(Number.isNaN(metrics['fp16AmpLoss']))
  assert.equal(metrics['runs'], 2)
  assert.ok(findings.some(({ code, values }) => code === 'train-same' && values['names'] === 'pure-fp16'))
})

test('techniques are compared with the plain run', async () => {
  const overrides = { recipes: 'fp16-amp', loops: 'repaired', steps: 40, workers: 2, compress: 'topk:0.05', clip: 1 }
  const { metrics, blocks } = await run('train-simple', overrides)
  assert.equal(metrics['runs'], 3)
  const plain = await run('train-simple', { recipes: 'fp32', loops: 'repaired', steps: 40 })
  assert.equal(metrics['plainLoss'], plain.metrics['fp32Loss'])
  assert.notEqual(metrics['fp32Loss'], plain.metrics['fp32Loss'])
  const table = blocks.find(({ kind }) => kind === 'table')
  assert.ok(table?.kind === 'table')
  assert.deepEqual(
    table.rows.map((row) => row.at(-1)),
    [0, 168, 168, null],
  )
})

test('a recording holds every gradient of the twin, and replays', async () => {
  const file = join(folder, 'mine.json')
  const saved = new Map<string, string>()
  const host: Host = { save: async (name, text) => void saved.set(name, text) }
  const { metrics } = await run(
    'train-simple',
    { steps: 20, every: 5, recipes: 'fp32', loops: 'repaired', record: file },
    host,
  )
  const text = saved.get(file)
  assert.ok(text)
  writeFileSync(file, text)
  const { steps } = JSON.parse(text) as { steps: { step: number }[] }
  assert.deepEqual(
    steps.map(({ step }) => step),
    [0, 5, 10, 15],
  )
  const source = await loadProfile(file, { kind: 'weights', seed: 1 })
  assert.equal(source.size, 4 * (metrics['parameters'] as number))
  let count = 0
  for await (const { weights, zeros = 0 } of source.blocks() as AsyncIterable<Block>)
    count += zeros + (weights ?? new Float64Array()).reduce((sum, n) => sum + n, 0)
  assert.equal(count, 4 * (metrics['parameters'] as number))
  const replayed = await run('underflow', { profile: file, kind: 'weights' })
  assert.equal(replayed.metrics['values'], 4 * (metrics['parameters'] as number))
  assert.equal(replayed.subject && 'values' in replayed.subject && replayed.subject.values?.['source'], 'mine')
  writeFileSync(file, text.slice(0, 100))
  await refuses(run('underflow', { profile: file }), 'bad-data', { file })
  await refuses(run('underflow', { profile: join(folder, 'none.json') }), 'missing-file')
})

test('recipes from a file, and where it is wrong', async () => {
  const file = join(folder, 'mine.yaml')
  const write = (text: string) => writeFileSync(file, text)
  write(
    '- name: mine\n  base: fp16-unscaled\n  scaler: static\n  scaling: { initScale: 65536 }\n- name: then\n  schedule: [{ from: 0, recipe: mine }, { from: 10, recipe: fp32 }]\n',
  )
  const { blocks } = await run('train-simple', { recipes: file, loops: 'repaired', steps: 20 })
  const table = blocks.find(({ kind }) => kind === 'table')
  assert.deepEqual(table?.kind === 'table' && table.rows.map(([name]) => name), [
    { name: 'fp32' },
    { name: 'mine' },
    { name: 'then' },
    { code: 'train-no-network' },
  ])
  const wrong = async (text: string, code: string, values: Record<string, unknown>) => {
    write(text)
    await refuses(run('train-simple', { recipes: file }), code, { file, ...values })
  }
  await wrong('name: x\nparm: fp16\n', 'unknown-key', { key: 'parm', line: 2, column: 1, suggestion: 'param' })
  await wrong('name: x\nparam: fp61\n', 'unknown-format', { line: 2, column: 8 })
  await wrong('name: x\nweights: kahn\n', 'invalid-value', { option: 'weights', line: 2, column: 10 })
  await wrong('name: x\nbase: fp16-o2\nmaster: e4m3fn\n', 'wrong-recipe', { problem: 'narrow-master', line: 3 })
  await wrong('name: x\nbase: fp17\n', 'wrong-recipe', { problem: 'unknown', line: 1 })
  await wrong('- 7\n', 'invalid-value', { problem: 'wrong-type', line: 1 })
  await wrong('name: [x\n', 'yaml', {})
  await refuses(run('train-simple', { recipes: join(folder, 'no.yaml') }), 'missing-file')
})

test('the recipe files that ship are sound', async () => {
  const files = readdirSync(join(root, 'scenarios', 'recipes'))
  assert.ok(files.length > 0)
  for (const file of files) {
    const recipes = join(root, 'scenarios', 'recipes', file)
    const { metrics } = await run('train-simple', { recipes, loops: 'repaired', steps: 5 })
    assert.ok((metrics['runs'] as number) > 1, file)
    assert.equal(metrics['broken'], 0)
  }
})

test('what is wrong is told by name', async () => {
  await refuses(run('train-image', { lr: 'NaN' }), 'invalid-value', { option: 'lr' })
  await refuses(run('train-image', { steps: 0 }), 'invalid-value', { option: 'steps' })
  await refuses(run('train-image', { batch: 5000 }), 'invalid-value', { option: 'batch', limit: 1437 })
  await refuses(run('train-image', { data: 'fashin' }), 'invalid-value', { option: 'data' })
  await refuses(run('train-image', { task: 'imag' }), 'invalid-value', { option: 'task', suggestion: 'image' })
  await refuses(run('train-image', { recipes: 'fp16-apm' }), 'wrong-recipe', { suggestion: 'fp16-amp' })
  await refuses(run('train-image', { compress: 'topp' }), 'invalid-value', { option: 'compress' })
  await refuses(run('train-image', { momentum: 0.5 }), 'wrong-usage', { option: 'momentum' })
  await refuses(run('train-image', { steps: 5, epochs: 1 }), 'conflicting-sources')
})

test('epochs are passes through the data; FP32 that does not learn is said to', async () => {
  const epochs = await run('train-simple', { epochs: 0.5, recipes: 'fp32', loops: 'repaired' })
  assert.equal(epochs.metrics['steps'], 20)
  const { findings } = await run('train-simple', { lr: 1e6, steps: 20, recipes: 'fp16-amp', loops: 'repaired' })
  assert.deepEqual(
    findings.filter(({ tone }) => tone !== 'note').map(({ code }) => code),
    ['train-twin-fails'],
  )
})

test('every screen of every form has words in both languages', async () => {
  const all = await run('train-simple', { steps: 30, every: 10, clip: 1, recipes: 'all', loops: 'all' })
  for (const lang of ['en', 'zh'] as const)
    for (const to of ['terminal', 'markdown', 'csv', 'json'] as const) {
      const text = render(all, { to, lang, width: 80 })
      assert.ok(text.length > 500)
      assert.doesNotMatch(text, /undefined|\[object|train-[a-z]+-?[a-z]*\b(?=:)/)
    }
})
