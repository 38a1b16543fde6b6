/** The sweep of static scales: against replay scale by scale, against another FP16 codec value by value. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import type { LineChart, Result } from '../../src/result/result.js'
import { smallestThat } from '../../src/runner/scaling/threshold.js'
import { runScenario } from '../../src/scenario/library.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-sweep-'))
test.after(() => rmSync(folder, { recursive: true }))

function file(name: string, values: readonly number[]): string {
  const path = join(folder, name)
  writeFileSync(path, values.map(String).join('\n'))
  return path
}

const chartOf = ({ blocks }: Result): LineChart => {
  const chart = blocks.find((block) => block.kind === 'line-chart')
  assert.ok(chart?.kind === 'line-chart')
  return chart
}

/** 800 values over many binades, of both signs. */
const spread = Array.from(
  { length: 800 },
  (_, i) => (i % 3 === 0 ? -1 : 1) * 1.0173 ** i * 2 ** -30 * (1 + (i % 7) / 9),
)

test('the thresholds of FP16 are 2^-25 and 65520', () => {
  // The smallest float64 above 2^-25, where another codec gives something else than 0.
  assert.equal(
    smallestThat((x) => f16round(x) !== 0),
    2 ** -25 * (1 + 2 ** -52),
  )
  assert.equal(
    smallestThat((x) => f16round(x) === Number.POSITIVE_INFINITY),
    65520,
  )
  assert.equal(
    smallestThat(() => false),
    Number.POSITIVE_INFINITY,
  )
  assert.equal(
    smallestThat(() => true),
    Number.MIN_VALUE,
  )
})

test('every scale of the sweep, value by value', async () => {
  const result = await runScenario('static-scaling', { input: file('spread.txt', spread), from: -3, to: 24 })
  const [lost, overflow] = chartOf(result).series
  for (let k = -3; k <= 24; k++) {
    const scaled = spread.map((x) => f16round(x * 2 ** k))
    assert.equal(lost?.values[k + 3], scaled.filter((y) => y === 0).length / 800, `lost at 2^${k}`)
    assert.equal(overflow?.values[k + 3], scaled.filter((y) => !Number.isFinite(y)).length / 800, `overflow at 2^${k}`)
  }
  assert.deepEqual(chartOf(result).x.values.slice(0, 4), [0.125, 0.25, 0.5, 1])
})

for (const { profile, format, scale } of [
  { profile: 'digits-cnn', format: 'fp16', scale: 2 ** 11 },
  { profile: 'digits-cnn', format: 'fp16', scale: 2 ** 18 },
  { profile: 'digits-cnn', format: 'fp16', scale: 1000 },
  { profile: 'digits-mlp', format: 'e4m3fn', scale: 2 ** 9 },
  { profile: 'digits-mlp', format: 'e5m2', scale: 3 ** 9 },
  { profile: 'digits-mlp', format: 'e2m1', scale: 16 },
  { profile: 'digits-mlp', format: 'e8m0', scale: 2 },
])
  test(`${profile} in ${format} × ${scale}: what replay counts`, async () => {
    const swept = (await runScenario('static-scaling', { profile, format, scale })).metrics
    const replayed = (await runScenario('underflow', { profile, format, scale })).metrics
    assert.equal(swept['lostAtScale'], replayed['lost'])
    const counted = (replayed['values'] as number) - (replayed['zeros'] as number)
    assert.equal(swept['overflowAtScale'], Math.round((replayed['overflow'] as number) * counted))
    for (const name of ['values', 'lostUnscaled', 'minGoodScale', 'maxSafeScale', 'largest'])
      assert.equal(swept[name], replayed[name], name)
  })

test('the safe window is bounded by what the sweep itself counts', async () => {
  const result = await runScenario('static-scaling')
  const [lost, overflow] = chartOf(result).series
  const good = Array.from({ length: 25 }, (_, k) => (lost?.values[k] as number) < 0.001 && overflow?.values[k] === 0)
  assert.deepEqual(
    good.flatMap((isGood, k) => (isGood ? [k] : [])),
    [11, 12, 13, 14, 15, 16, 17],
  )
  assert.equal(result.metrics['goodScales'], 7)
})

test('a scale of 1000 rounds again, 1024 does not', async () => {
  // Every significand of FP16; they stay normal at 1000 and at 1024.
  const values = Array.from({ length: 1024 }, (_, i) => (1 + i / 1024) * 2 ** -10)
  const { metrics } = await runScenario('static-scaling', { input: file('significands.txt', values), scale: 1000 })
  const back = values.map((x) => Math.fround(f16round(x * 1000) * Math.fround(1 / 1000)))
  const changed = back.filter((y, i) => y !== values[i])
  assert.equal(metrics['changed'], changed.length / 1024)
  // Known from elsewhere, of random values: some 0.2 % unchanged, error at most 4.9e-4.
  assert.equal(1024 - changed.length, 3)
  const worst = Math.max(...back.map((y, i) => Math.abs(y - (values[i] as number)) / (values[i] as number)))
  assert.equal(metrics['worstChange'], worst)
  assert.ok(worst > 4e-4 && worst < 4.9e-4)
  assert.equal(metrics['changedByPower'], 0)
})

test('a recorded profile is judged by all significands of the format, not by values made up for it', async () => {
  // A profile knows binades. By another codec 3 of FP16's 1024 significands survive × 1000, ÷ 1000.
  for (const profile of ['digits-cnn', 'digits-mlp']) {
    const { metrics, blocks } = await runScenario('static-scaling', { profile })
    assert.ok(Math.abs((metrics['changed'] as number) - 1021 / 1024) < 1e-4, profile)
    const note = blocks.find((block) => block.kind === 'note')
    assert.ok(note?.kind === 'note')
    assert.deepEqual([note.values['significands'], note.values['drawn'], note.values['format']], [1024, 0, 'fp16'])
  }
  // × 3 keeps the significands whose third of a step fits: counted by another codec.
  const kept = Array.from({ length: 1024 }, (_, i) => 1 + i / 1024).filter(
    (x) => Math.fround(f16round(x * 3) * Math.fround(1 / 3)) === x,
  ).length
  const { metrics } = await runScenario('static-scaling', { scale: 3 })
  // Not quite equal: of the lowest normal binade those that × 3 leaves subnormal do not count.
  assert.ok(Math.abs((metrics['changed'] as number) - (1 - kept / 1024)) < 0.02)
  // A format with more significands than can be tried: some are drawn, the seed decides which.
  const wide = await runScenario('static-scaling', { format: 'fp32', scale: 3 })
  assert.ok(
    wide.metrics['changed'] !==
      (await runScenario('static-scaling', { format: 'fp32', scale: 3, seed: 2 })).metrics['changed'],
  )
})

test('nothing lost and nothing beyond the range: no chart', async () => {
  const { blocks } = await runScenario('static-scaling', { format: 'bf16' })
  assert.ok(blocks.every(({ kind }) => kind !== 'line-chart'))
})

test('values without a safe scale, with NaN, and none at all', async () => {
  const wide = (await runScenario('static-scaling', { input: file('wide.txt', [1e-30, 1, 1e30]) })).metrics
  assert.ok((wide['minGoodScale'] as number) > (wide['maxSafeScale'] as number))
  assert.equal(wide['goodScales'], 0)
  const nan = await runScenario('static-scaling', { input: file('nan.txt', [Number.NaN, 1, 2]) })
  assert.equal(nan.metrics['nonfinite'], 1)
  // One NaN is enough: no scale is called safe.
  assert.deepEqual(
    nan.findings.map(({ code, tone }) => [code, tone]),
    [['scalingNaNStream', 'bad']],
  )
  for (const block of nan.blocks) if (block.kind === 'table') assert.ok(block.tones?.every((tone) => tone === 'bad'))
  const zeros = await runScenario('static-scaling', { input: file('zeros.txt', [0, 0]) })
  assert.deepEqual(
    zeros.findings.map(({ code }) => code),
    ['nothingToReplay'],
  )
  assert.deepEqual(zeros.blocks, [])
})

test('a sweep that ends before it begins', async () => {
  await assert.rejects(
    runScenario('static-scaling', { from: 5, to: 4 }),
    (error: unknown) =>
      error instanceof FpsimError && error.code === 'invalid-value' && error.values['option'] === 'from',
  )
})
