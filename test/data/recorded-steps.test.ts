/** The steps of a recording: their counts and largest as written, and what is refused; what they do to a loss scale. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { type Sample, sampleOf } from '../../src/data/gradient-stream.js'
import { loadSteps, parseProfile } from '../../src/data/profile.js'
import { FpsimError } from '../../src/errors.js'
import { runScenario } from '../../src/scenario/library.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-steps-'))
test.after(() => rmSync(folder, { recursive: true }))

const hex = (x: number): string => {
  const bytes = new DataView(new ArrayBuffer(4))
  bytes.setFloat32(0, x)
  return bytes.getUint32(0).toString(16).padStart(8, '0')
}

/** Step t: the largest weight gradient, and counts of 2^-30, 2^-29 … ; a second tensor that is all zero. */
const tops = [2 ** -3 * 1.25, 2 ** -4 * 1.5, 2 ** -2 * 1.75, 2 ** -9, 2 ** -3 * 1.9375] as const
const binOf = (x: number): number => Math.floor(Math.log2(x))
const countsOf = (t: number): number[] =>
  Array.from({ length: binOf(tops[t] as number) + 31 }, (_, i) => ((i * 7 + t * 3) % 11) + 1)
const stepOf = (t: number) => ({
  step: t * 10,
  largest: { weights: hex(tops[t] as number) },
  tensors: [
    { kind: 'weights', tensor: 'w', zeros: t, from: -30, counts: countsOf(t) },
    { kind: 'activations', tensor: 'a', zeros: 9, from: 0, counts: [] },
  ],
})
const steps = tops.map((_, t) => stepOf(t))
const length = Math.max(...steps.map(({ tensors: [w] }) => w?.counts.length ?? 0))
const total = Array.from({ length }, (_, i) => steps.reduce((n, { tensors: [w] }) => n + (w?.counts[i] ?? 0), 0))
const recording = {
  schema: 1,
  name: 'made',
  largest: { weights: hex(Math.max(...tops)) },
  tensors: [{ kind: 'weights', tensor: 'w', zeros: 10, from: -30, counts: total }],
  steps,
}

const path = join(folder, 'made.json')
writeFileSync(path, JSON.stringify(recording))

test('every step has the counts and the largest that were recorded', async () => {
  const all = await loadSteps(path, { seed: 3 })
  assert.equal(all?.length, tops.length)
  for (const [t, source] of (all ?? []).entries()) {
    const sample = (await sampleOf(source)) as Sample
    assert.equal(source.step, t * 10)
    assert.equal(sample.sizes.at(-1), tops[t])
    assert.equal(sample.zeros, t)
    for (const [i, wanted] of countsOf(t).entries()) {
      const below = (x: number) => sample.upTo[sample.sizes.filter((size) => size < x).length] as number
      assert.equal(below(2 ** (i - 29)) - below(2 ** (i - 30)), wanted)
    }
  }
  assert.equal(await loadSteps('digits-cnn', { seed: 1 }), undefined)
})

test('a loss scale on recorded steps: overflows and zeros as counted by hand', async () => {
  for (const scale of [1, 2 ** 10, 2 ** 18, 2 ** 19]) {
    const { metrics, params, findings } = await runScenario('dynamic-scaling', {
      profile: path,
      policies: 'static',
      staticScale: scale,
    })
    assert.equal(metrics['steps'], tops.length)
    assert.deepEqual([params['steps'], params['drift'], params['noise'], params['spikeRate']], [tops.length, 1, 1, 0])
    const over = tops.map((x) => x * scale >= 65520)
    assert.equal(metrics['overflows'], over.filter(Boolean).length)
    const clean = tops.map((_, t) => t).filter((t) => !over[t])
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0)
    // Below 2^-25 everything becomes 0, above nothing does: bins are whole powers of two.
    const lost = sum(clean.map((t) => sum(countsOf(t).filter((_, i) => 2 ** (i - 30) * scale < 2 ** -25))))
    const share = lost / sum(clean.map((t) => sum(countsOf(t))))
    assert.ok(Number.isNaN(share) || Math.abs((metrics['lostShare'] as number) - share) < 1e-12)
    assert.ok(findings.some(({ code }) => code === 'scalingReplayed'))
    assert.ok(!findings.some(({ code }) => code === 'scalingInvented'))
  }
})

test('fewer steps may be asked for, more may not; what is made up is told', async () => {
  const run = { profile: path, policies: 'none' }
  const some = await runScenario('dynamic-scaling', { ...run, steps: 2, drift: 0.5 })
  assert.equal(some.metrics['steps'], 2)
  const told = some.findings.find(({ code }) => code === 'scalingInvented')
  assert.deepEqual([told?.values['drift'], told?.values['noise'], told?.values['spikeRate']], [0.5, 1, 0])
  await assert.rejects(
    runScenario('dynamic-scaling', { ...run, steps: 6 }),
    (e: unknown) => e instanceof FpsimError && e.values['option'] === 'steps' && e.values['limit'] === tops.length,
  )
  const { steps: _, ...sums } = recording
  const plain = join(folder, 'sums.json')
  writeFileSync(plain, JSON.stringify(sums))
  const { metrics, findings } = await runScenario('dynamic-scaling', { profile: plain })
  assert.equal(metrics['steps'], 3000)
  assert.equal(findings.find(({ code }) => code === 'scalingInvented')?.values['drift'], 2 ** -12)
  // Of the lesson's own profile the lesson tells it.
  const own = await runScenario('dynamic-scaling')
  assert.ok(!own.findings.some(({ code }) => code === 'scalingInvented'))
})

test('steps that are none are refused', () => {
  parseProfile(JSON.stringify(recording), 'x')
  const [first, second] = steps
  for (const wrong of [
    [],
    7,
    [null],
    [second, first],
    [first, first],
    [{ ...first, step: 0.5 }],
    [{ ...first, tensors: 3 }],
    [{ ...first, largest: {} }],
    [{ ...first, largest: { weights: hex(1) } }],
    [{ ...first, tensors: [{ ...first?.tensors[0], counts: [-1] }] }],
  ])
    assert.throws(
      () => parseProfile(JSON.stringify({ ...recording, steps: wrong }), 'x'),
      (e: unknown) => e instanceof FpsimError && e.code === 'bad-data',
      JSON.stringify(wrong),
    )
})

test('a file of numbers is not a profile, and the error says where it belongs', async () => {
  for (const [profile, numbers] of [
    ['rec.npy', true],
    ['digits-cn', false],
  ] as const)
    await assert.rejects(
      loadSteps(profile, { seed: 1 }),
      (e: unknown) =>
        e instanceof FpsimError && e.values['problem'] === 'no-profile' && e.values['numbers'] === numbers,
    )
})
