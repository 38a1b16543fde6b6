/** The fine-tuning lesson against a count with other codecs, the normal distribution, and a second training loop. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { distribution } from '../../src/data/distributions.js'
import { FpsimError } from '../../src/errors.js'
import { runScenario } from '../../src/scenario/library.js'
import { bf16, fp16 } from './rounders.js'

/** Deviates 0 … count − 1, in order: weights first, then directions, then what each step adds. */
function deviates(count: number): number[] {
  const all: number[] = []
  for (const { values } of distribution({ distribution: 'normal', count, seed: 1 }).blocks() as Iterable<{
    values: Float64Array
  }>)
    all.push(...values)
  return all
}

const run = async (params: Record<string, number | string>) => (await runScenario('fine-tuning', params)).metrics

test('the first step moves every weight by lr: counted with other codecs', async () => {
  const count = 20_000
  const lr = 2e-5
  const z = deviates(3 * count)
  const metrics = await run({ count, lr, updates: 1, weightDecay: 0 })
  for (const [name, round] of [
    ['lostBf16', bf16],
    ['lostFp16', fp16],
    ['lostFp32', Math.fround],
  ] as const) {
    let lost = 0
    for (let i = 0; i < count; i++) {
      const w = round(Math.fround(0.02 * (z[i] as number)))
      const gradient = (z[count + i] as number) + (z[2 * count + i] as number)
      if (round(w - (gradient > 0 ? lr : -lr)) === w) lost++
    }
    assert.equal(metrics[name], lost / count, name)
  }
  assert.ok(Math.abs((metrics['moveOverLr'] as number) - 1) < 1e-3)
})

/** The share of a normal distribution beyond ±x standard deviations, by Simpson's rule. */
function beyond(x: number): number {
  const n = 2000
  let sum = 0
  for (let i = 0; i <= n; i++)
    sum += Math.exp(-(((x * i) / n) ** 2) / 2) * (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2)
  return 1 - ((sum * x) / n / 3) * Math.sqrt(2 / Math.PI)
}

test('equal gradients: what is swallowed is what lies above 2^-7 in bf16, above 2^-4 in fp16', async () => {
  const count = 50_000
  const metrics = await run({ count, updates: 1, scatter: 0, weightDecay: 0 })
  for (const [name, from] of [
    ['lostBf16', 2 ** -7],
    ['lostFp16', 2 ** -4],
  ] as const) {
    const wanted = beyond(from / 0.02)
    const sigma = Math.sqrt((wanted * (1 - wanted)) / count)
    // A step of the format at the edge belongs to neither side.
    const edge = name === 'lostBf16' ? 0.001 : 0.0005
    assert.ok(Math.abs((metrics[name] as number) - wanted) < 4 * sigma + edge, `${name} ${metrics[name]} ${wanted}`)
  }
  assert.equal(metrics['fullLossBf16'], 2 ** -7)
  assert.equal(metrics['fullLossFp16'], 2 ** -4)
})

test('twenty steps once more: Adam in fp32, the weights in fp32, bf16, and bf16 with Kahan', async () => {
  const [count, updates, lr] = [300, 20, 1e-4]
  const metrics = await run({ count, updates, lr, weightDecay: 0.01, scatter: 0.7 })
  const z = deviates((updates + 2) * count)
  const f = Math.fround
  const factor = f(1 - lr * 0.01)
  const sums = { bf16: 0, kahan: 0, whole: 0, lost: 0 }
  for (let i = 0; i < count; i++) {
    const start = f(0.02 * (z[i] as number))
    let [w32, w16, wk, c, m, v] = [start, bf16(start), bf16(start), 0, 0, 0]
    for (let t = 1; t <= updates; t++) {
      const g = f(1e-3 * ((z[count + i] as number) + 0.7 * (z[(t + 1) * count + i] as number)))
      m = f(f(m * f(0.9)) + f(f(1 - 0.9) * g))
      v = f(f(v * f(0.999)) + f(f(f(1 - 0.999) * g) * g))
      const below = f(f(f(Math.sqrt(v)) / f(Math.sqrt(1 - 0.999 ** t))) + f(1e-8))
      const delta = f(f(f(-(lr / (1 - 0.9 ** t))) * m) / below)
      w32 = f(f(w32 * factor) + delta)
      const before = w16
      w16 = bf16(bf16(w16 * factor) + delta)
      if (w16 === before) sums.lost++
      const old = bf16(wk * factor)
      const wanted = bf16(c + delta)
      wk = bf16(old + wanted)
      c = bf16(wanted + bf16(old - wk))
    }
    const d = w32 - start
    sums.whole += d * d
    sums.bf16 += d * (w16 - bf16(start))
    sums.kahan += d * (wk - bf16(start))
  }
  const near = (got: number | undefined, wanted: number) => assert.ok(Math.abs((got as number) - wanted) < 1e-12)
  near(metrics['wayBf16'], sums.bf16 / sums.whole)
  near(metrics['wayKahan'], sums.kahan / sums.whole)
  assert.equal(metrics['lostBf16'], sums.lost / (count * updates))
})

test('weights of a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-'))
  try {
    const file = join(folder, 'weights.txt')
    writeFileSync(file, '1\n-1.5\nnan\n1.25\n')
    const large = await run({ input: file, updates: 5 })
    assert.equal(large['weights'], 3)
    assert.equal(large['lostBf16'], 1)
    assert.equal(large['lostFp16'], 1)
    assert.equal(large['lostFp32'], 0)
    writeFileSync(file, Array.from({ length: 100 }, (_, i) => 2 ** -14 * (1 + i / 100)).join('\n'))
    const small = await run({ input: file, updates: 5, scatter: 0, count: 10 })
    assert.equal(small['weights'], 10)
    assert.equal(small['lostBf16'], 0)
    writeFileSync(file, 'nan\ninf\n')
    await assert.rejects(run({ input: file }), (error) => error instanceof FpsimError && error.code === 'bad-data')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('nonsense is refused, and nothing moves at lr 0', async () => {
  const code = (wanted: string, params: Record<string, number | string>) =>
    assert.rejects(run(params), (error) => error instanceof FpsimError && error.code === wanted)
  await code('invalid-value', { updates: 0 })
  await code('invalid-value', { count: 1.5 })
  await code('invalid-value', { beta2: 1 })
  await code('invalid-value', { states: 'e8m0' })
  await code('missing-file', { input: '/nowhere/weights.npy' })
  await code('conflicting-sources', { input: 'w.npy', std: 1 })
  await code('wrong-usage', { tensor: 'x' })
  assert.ok(Number.isNaN((await run({ lr: 0, count: 10 }))['lostBf16']))
})

test("states that underflow make Adam's steps wild, and nothing of that is called right", async () => {
  // g ~ 1e-3: (1 − 0.999)·g² ~ 1e-9 is below 2^-25, so v is 0 and the step is lr·m/ε = 2e-5 · 1e-3 / 1e-8 ~ 1.
  const { metrics, findings, blocks } = await runScenario('fine-tuning', { states: 'fp16', count: 500, updates: 20 })
  assert.ok((metrics['moveOverLr'] as number) > 1000)
  assert.deepEqual(
    findings.map(({ code, tone }) => [code, tone]),
    [
      ['tuneWild', 'bad'],
      ['tuneWildWays', 'bad'],
    ],
  )
  assert.ok((findings[0]?.values['emptied'] as number) > 0.9)
  for (const block of blocks) if (block.kind === 'table') assert.ok(block.tones?.every((tone) => tone === 'bad'))
  const kept = await runScenario('fine-tuning', { states: 'bf16', count: 500, updates: 20 })
  assert.equal(kept.findings[0]?.code, 'tuneLost')
})
