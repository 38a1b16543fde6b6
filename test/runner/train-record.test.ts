/** Recordings of a training: all gradients agree with the counts, on threads and without; what cannot be is told at once. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { workers } from '../../src/cli/workers.js'
import { openInput } from '../../src/data/input.js'
import type { FpsimError } from '../../src/errors.js'
import type { Host } from '../../src/runner/runner.js'
import { loadScenario } from '../../src/scenario/load.js'
import { type Overrides, runLoaded } from '../../src/scenario/run.js'
import { batch } from '../cli/batch.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-record-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Files as the command line makes them. */
const draft: NonNullable<Host['draft']> = async (file) => ({
  path: `${file}.tmp`,
  write: async (text) => writeFileSync(`${file}.tmp`, text),
  commit: async () => renameSync(`${file}.tmp`, file),
  discard: async () => rmSync(`${file}.tmp`, { force: true }),
})

const run = async (lesson: string, overrides: Overrides, host: Host = { draft }) =>
  runLoaded(await loadScenario(lesson), { overrides, host })

interface Tensor {
  readonly tensor: string
  readonly zeros: number
  readonly from: number
  readonly counts: readonly number[]
}

/** Float32 has its exponent in its bits. */
const exponentOf = (x: number): number => {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0] as number
  return ((bits >>> 23) & 255) - 127
}

/** Counts of each layer by power of two, and zeros, from all its values in a .safetensors file. */
async function counted(file: string): Promise<Map<string, Map<number | 'zero', number>>> {
  const found = new Map<string, Map<number | 'zero', number>>()
  for await (const { tensor, values } of (await openInput(file)).blocks()) {
    const layer = tensor.replace(/@.*$/, '')
    const counts = found.get(layer) ?? new Map<number | 'zero', number>()
    found.set(layer, counts)
    for (const x of values) {
      const key = Math.abs(x) < 2 ** -126 ? 'zero' : exponentOf(x)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return found
}

const small = {
  'train-simple': { steps: 90, every: 20, recipes: 'fp16-amp', loops: 'repaired' },
  // Its 45th batch is the last of the epoch, and smaller; two phases give a discriminator two gradients a step.
  'train-image': { steps: 45, every: 44, recipes: 'fp32', units: 2 },
  'train-gan': { steps: 6, every: 2, recipes: 'fp32', units: 16 },
} as const

for (const [lesson, overrides] of Object.entries(small))
  test(`${lesson}: all gradients have the exponents that the profile counts`, async () => {
    const [json, full] = [join(folder, `${lesson}.json`), join(folder, `${lesson}.safetensors`)]
    await run(lesson, { ...overrides, record: json })
    await run(lesson, { ...overrides, record: full })
    const { tensors } = JSON.parse(readFileSync(json, 'utf8')) as { tensors: Tensor[] }
    const layers = await counted(full)
    assert.deepEqual([...layers.keys()].sort(), tensors.map(({ tensor }) => tensor).sort())
    for (const { tensor, zeros, from, counts } of tensors) {
      const own = layers.get(tensor) as Map<number | 'zero', number>
      assert.equal(own.get('zero') ?? 0, zeros, tensor)
      const rest = [...own].filter(([key]) => key !== 'zero').reduce((sum, [, n]) => sum + n, 0)
      assert.equal(
        rest,
        counts.reduce((a, b) => a + b, 0),
        tensor,
      )
      for (const [i, n] of counts.entries()) assert.equal(own.get(from + i) ?? 0, n, `${tensor} 2^${from + i}`)
    }
    // As a lesson that reads them sees it.
    const [byProfile, byValues] = [
      (await run('underflow', { profile: json })).metrics,
      (await run('underflow', { input: full })).metrics,
    ]
    for (const name of ['values', 'zeros', 'lost', 'subnormal', 'overflow', 'largest', 'maxSafeScale'])
      assert.equal(byProfile[name], byValues[name], name)
  })

test('.npy holds the same bytes of data; on a thread and without, and beside other recipes, too', async () => {
  const record = (name: string) => join(folder, name)
  const { 'train-simple': overrides } = small
  await run('train-simple', { ...overrides, record: record('a.npy') })
  await run('train-simple', { ...overrides, record: record('b.npy') }, { draft, workers })
  await run('train-simple', { ...overrides, recipes: 'fp32', record: record('c.safetensors') })
  const [a, b, c] = ['a.npy', 'b.npy', 'c.safetensors'].map((name) => readFileSync(record(name))) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  assert.ok(a.equals(b))
  assert.ok(a.subarray(128).equals(c.subarray(8 + Number(c.readBigUInt64LE(0)))))
  assert.ok(!readdirSync(folder).some((name) => name.endsWith('.tmp')))
})

test('what is recorded does not depend on techniques: it is the plain run', async () => {
  const record = join(folder, 'plain.npy')
  const { 'train-simple': overrides } = small
  await run('train-simple', { ...overrides, clip: 0.1, accumulate: 2, workers: 2, record })
  assert.ok(readFileSync(record).equals(readFileSync(join(folder, 'a.npy'))))
})

const refuses = (promise: Promise<unknown>, code: string, values: Record<string, unknown>) =>
  assert.rejects(promise, (error: FpsimError) => {
    assert.equal(error.code, code)
    for (const [key, value] of Object.entries(values)) assert.deepEqual(error.values[key], value, key)
    return true
  })

test('refused before any step: an ending that says nothing, a program without files', async () => {
  let steps = 0
  const progress = () => void steps++
  await refuses(run('train-simple', { record: 'g.txt' }, { draft, progress }), 'wrong-training', {
    problem: 'record-kind',
  })
  await refuses(run('train-simple', { record: 'g.json' }, { progress }), 'wrong-training', { problem: 'record-host' })
  assert.equal(steps, 0)
})

test('a training that fails leaves nothing behind', async () => {
  const record = join(folder, 'failed.npy')
  await refuses(run('train-simple', { batch: 2000, record }), 'invalid-value', { option: 'batch' })
  await refuses(run('train-simple', { batch: 2000, record }, { draft, workers }), 'invalid-value', { option: 'batch' })
  assert.ok(!existsSync(record) && !existsSync(`${record}.tmp`))
})

test('the command line tells a wrong path first, and how large a file became', () => {
  const file = join(folder, 'told.npy')
  const quick = ['--steps', '2', '--recipes', 'fp32', '--loops', 'repaired', '--record']
  const [folderless, directory, good, quiet] = batch([
    ['train-simple', ...quick, join(folder, 'none', 'g.npy')],
    ['train-simple', ...quick, folder],
    ['train-simple', ...quick, file],
    ['train-simple', '--quiet', ...quick, file],
  ])
  assert.deepEqual([folderless?.code, folderless?.out], [73, ''])
  assert.match(folderless?.err ?? '', /no such folder/)
  assert.deepEqual([directory?.code, directory?.out], [2, ''])
  assert.deepEqual([good?.code, quiet?.code, quiet?.err], [0, 0, ''])
  assert.match(good?.err ?? '', /^wrote .*told\.npy \([\d.]+ KiB\)\n$/)
})
