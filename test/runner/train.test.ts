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
  // Of recipes that were not trained, and of what did not happen, nothing is said.
  for (const name of ['fp16AmpLoss', 'bf16Measure', 'fp32BrokenAt', 'plainLoss', 'fp32SkippedFirst'])
    assert.ok(!(name in metrics), name)
  assert.equal(metrics['runs'], 2)
  assert.ok(findings.some(({ code, values }) => code === 'train-same' && values['names'] === 'pure-fp16'))
})

test('techniques are compared with the plain run', async () => {
  const overrides = { recipes: 'fp16-amp', loops: 'repaired', steps: 40, workers: 2, compress: 'topk:0.05', clip: 1 }
  const { metrics, blocks, findings } = await run('train-simple', overrides)
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
  // FP32 with the techniques is what the recipes are compared with, FP32 without them what the techniques are.
  assert.deepEqual(
    table.data?.rows.map(([recipe, loop, verdict]) => [recipe, loop, verdict]),
    [
      ['fp32', 'plain', 'plain'],
      ['fp32', 'repaired', 'twin'],
      ['fp16-amp', 'repaired', 'same'],
    ],
  )
  const told = findings.find(({ code }) => code === 'train-techniques')
  assert.deepEqual(told?.values, {
    measure: 'accuracy',
    as: 'percent',
    words: 'workers 2 topk:0.05, clip 1',
    value: metrics['fp32Measure'],
    plain: metrics['plainMeasure'],
    sent: 168,
    dense: 4 * 430,
    good: false,
  })
  assert.equal(told?.tone, 'bad')
  // Each alone as if it had been asked for alone.
  const { clip, exchange } = findings.find(({ code }) => code === 'train-alone')?.values ?? {}
  const alone = async (some: Overrides) => {
    const one = await run('train-simple', { recipes: 'fp32', loops: 'repaired', steps: 40, ...some })
    return one.metrics['fp32Measure']
  }
  assert.equal(clip, await alone({ clip: 1 }))
  assert.equal(exchange, await alone({ workers: 2, compress: 'topk:0.05' }))
  assert.deepEqual([metrics['clipMeasure'], metrics['exchangeMeasure']], [clip, exchange])
})

test('a clip that never acts is said not to, and earns no praise; one that does is compared', async () => {
  const of = (some: Overrides) =>
    run('train-simple', { recipes: 'fp32', loops: 'repaired', steps: 30, lossWeight: 1e-5, ...some })
  const idle = await of({ clip: 1 })
  assert.equal(idle.metrics['plainLoss'], idle.metrics['fp32Loss'])
  const told = idle.findings.find(({ code }) => code === 'train-clip-idle')
  assert.ok(told && told.tone === 'note' && (told.values['norm'] as number) < 1)
  assert.ok(!idle.findings.some(({ code }) => code === 'train-techniques'))
  // At what it proposes about half of the steps are clipped.
  const half = await of({ clip: told.values['half'] as number })
  assert.notEqual(half.metrics['plainLoss'], half.metrics['fp32Loss'])
  assert.ok(half.findings.some(({ code }) => code === 'train-techniques'))
  assert.ok(!half.findings.some(({ code }) => code === 'train-clip-idle'))
  // Beside another technique the comparison stays.
  const both = await of({ clip: 1, accumulate: 2 })
  for (const code of ['train-techniques', 'train-alone', 'train-clip-idle'])
    assert.ok(
      both.findings.some((finding) => finding.code === code),
      code,
    )
})

test('options that a task has not are refused, and those it has are not', async () => {
  const refused = (lesson: string, overrides: Overrides, tasks: readonly string[]) =>
    refuses(run(lesson, { steps: 1, ...overrides }), 'wrong-training', { problem: 'ignored', tasks })
  await refused('train-gan', { data: 'digits' }, ['image', 'text', 'series'])
  await refused('train-gan', { variant: 'classify' }, ['text'])
  await refused('train-image', { depth: 2 }, ['simple', 'text', 'series', 'gan'])
  await run('train-simple', { steps: 1, depth: 2 })
})

test('the words of a lesson stay sentences where a recipe they name was not trained', async () => {
  const { lesson, metrics } = await run('train-simple', { recipes: 'bf16', loops: 'repaired', steps: 2 })
  assert.ok(!('fp32WrittenLoss' in metrics))
  assert.deepEqual(lesson?.slots['fp32WrittenLoss'], { value: Number.NaN, as: 'number' })
})

test('recipes of a file and schedules have figures by name, and CSV has a line for each run', async () => {
  const recipes = 'fp16-amp+bf16@2'
  const result = await run('train-simple', { recipes, loops: 'repaired', steps: 4 })
  assert.equal(typeof result.metrics['fp16AmpBf16At2Loss'], 'number')
  const late = async (at: number) =>
    (await run('train-simple', { recipes: `fp16-amp+bf16@${at}`, loops: 'repaired', steps: 4 })).findings.flatMap(
      ({ code, values }) => (code === 'train-late' ? [values['from']] : []),
    )
  assert.deepEqual([await late(3), await late(4)], [[], [4]])
  const [head = '', ...rows] = render(result, { to: 'csv' }).trimEnd().split('\n')
  assert.deepEqual(
    rows.map((row) => row.split(',')[0]),
    ['fp32', recipes],
  )
  for (const row of rows) assert.equal(row.split(',').length, head.split(',').length)
  const loss = head.split(',').indexOf('loss')
  assert.equal(Number(rows[1]?.split(',')[loss]), result.metrics['fp16AmpBf16At2Loss'])
})

test('a recording holds every gradient of the twin, and replays', async () => {
  const file = join(folder, 'mine.json')
  const saved = new Map<string, string>()
  const host: Host = {
    draft: async (name) => ({
      path: `${name}.tmp`,
      write: async (text) => void saved.set(name, text),
      commit: async () => {},
      discard: async () => {},
    }),
  }
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
  await wrong('param: fp32\nmaster: fp16\n', 'wrong-recipe', { problem: 'narrow-master', line: 2, column: 9 })
  await wrong('param: e8m0\n', 'wrong-recipe', { problem: 'no-numbers', recipe: 'mine', line: 1, column: 8 })
  await wrong('', 'wrong-recipe', { problem: 'empty', line: 1 })
  await wrong('[]', 'wrong-recipe', { problem: 'empty', line: 1 })
  await wrong('# nothing\n', 'wrong-recipe', { problem: 'empty' })
  // Without a name what else is wrong is told all the same.
  await wrong('compute: fp61\n', 'unknown-format', { line: 1, column: 10 })
  await wrong('- { from: 1, recipe: fp32 }\n', 'wrong-recipe', { problem: 'first-stage', recipe: 'mine', line: 1 })
  await wrong('name: x\nbase: fp17\n', 'wrong-recipe', { problem: 'unknown', line: 2, column: 7 })
  await wrong('- 7\n', 'invalid-value', { problem: 'wrong-type', line: 1 })
  // A recipe named fp32 would be what all others are compared with.
  await wrong('param: fp16\nname: fp32\n', 'wrong-recipe', { problem: 'taken', line: 2, column: 7 })
  await wrong('- name: x\n- name: x\n', 'wrong-recipe', { problem: 'taken', line: 2 })
  await wrong('name: "a,b"\n', 'wrong-recipe', { problem: 'name', line: 1 })
  await wrong('name: 5\n', 'invalid-value', { option: 'name', problem: 'wrong-type' })
  // What stands deeper is told where it stands.
  await wrong('name: x\nschedule: [{ from: 3, recipe: fp32 }]\n', 'wrong-recipe', { problem: 'first-stage', line: 2 })
  await wrong('name: x\nschedule: [{ from: 0, recipe: fp23 }]\n', 'wrong-recipe', { problem: 'unknown', line: 2 })
  await wrong('name: x\nbase: fp16-amp\nscaling: { initScael: 1 }\n', 'unknown-key', { key: 'initScael', line: 3 })
  await wrong('name: x\ncomm: topk:x\n', 'invalid-value', { line: 2, column: 7 })
  await wrong('name: x\naccumulate: fp99\n', 'unknown-format', { line: 2, column: 13 })
  await wrong('name: x\nscaler: dynamic\n', 'invalid-value', { value: 'dynamic', line: 2, column: 9 })
  await wrong('name: [x\n', 'yaml', {})
  await refuses(run('train-simple', { recipes: join(folder, 'no.yaml') }), 'missing-file')
})

test('a recipe, recipes and a bare schedule without names take that of their file', async () => {
  const file = join(folder, '(my) own.yaml')
  const namesIn = async (text: string) => {
    writeFileSync(file, text)
    const { blocks } = await run('train-simple', { recipes: file, loops: 'repaired', steps: 3 })
    const table = blocks.find(({ kind }) => kind === 'table')
    return table?.kind === 'table' ? table.data?.rows.map(([name]) => name) : undefined
  }
  assert.deepEqual(await namesIn('base: bf16\n'), ['fp32', 'my- own'])
  assert.deepEqual(await namesIn('- base: bf16\n- { name: b, base: my- own-1 }\n'), ['fp32', 'my- own-1', 'b'])
  assert.deepEqual(await namesIn('- { from: 0, recipe: fp16-amp }\n- { from: 2, recipe: fp32 }\n'), ['fp32', 'my- own'])
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
  await refuses(run('train-image', { format: 'bf16' }), 'wrong-usage', { option: 'format', other: 'every' })
  await refuses(run('train-image', { recipes: 'bf16', initScale: 8 }), 'wrong-usage', { option: 'initScale' })
  await refuses(run('train-image', { recipes: 'fp16-static', growthInterval: 8 }), 'wrong-usage', {
    option: 'growthInterval',
  })
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
