/** Every myth's figures, computed again: from the profile's own counts, with another FP16, and from the exact numbers of texts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { f16round } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { render } from '../../src/render/render.js'
import type { Result } from '../../src/result/result.js'
import { runScenario } from '../../src/scenario/library.js'
import { root } from '../support.js'

const names = [
  'magnitude',
  'prevention',
  'forward',
  'doubling',
  'after-backward',
  'unscale-fp16',
  'clip-first',
  'update-first',
  'fp16-loss',
  'zero',
]

const run = (params = {}): Promise<Result> => runScenario('scaling-myths', params)
const metric = async (name: string, params = {}): Promise<number> => (await run(params)).metrics[name] as number

const near = (got: number | undefined, wanted: number, share = 1e-6): void =>
  assert.ok(Math.abs((got as number) - wanted) <= share * Math.abs(wanted), `${got} is not ${wanted}`)

/** The share of recorded gradients below 2^exponent: counts of whole powers of two, nothing made up. */
function recordedBelow(profile: string, exponent: number): number {
  const text = readFileSync(join(root, 'scenarios', 'profiles', `${profile}.json`), 'utf8')
  const { tensors } = JSON.parse(text) as { tensors: { from: number; counts: number[] }[] }
  let [below, all] = [0, 0]
  for (const { from, counts } of tensors)
    counts.forEach((count, i) => {
      all += count
      if (from + i < exponent) below += count
    })
  return below / all
}

test('GradScaler stays where it is while gradients grow; delayed FP8 and LogMax move', async () => {
  for (const growth of [2, 1000, 1e6]) {
    const { metrics } = await run({ growth })
    assert.equal(metrics['gradScalerMoved'], 1)
    near(metrics['gradientsGrew'], growth)
    near(metrics['delayedMoved'], 1 / growth)
  }
  // LogMax in float64, from the sizes' own formula: mean of weight 0.99, spread of weight 0.999, 3.09 standard deviations.
  const sizes = Array.from({ length: 200 }, (_, i) => ((0.9 * 65520) / 65536) * 1000 ** ((i - 199) / 199))
  let [mean, slow, square] = [0, 0, 0]
  const scales = sizes.map((size, i) => {
    const x = Math.log2(size)
    mean = 0.99 * mean + 0.01 * x
    slow = 0.999 * slow + 0.001 * x
    square = 0.999 * square + 0.001 * x * x
    const [b1, b2] = [1 - 0.99 ** (i + 1), 1 - 0.999 ** (i + 1)]
    const spread = Math.sqrt(Math.max(0, square / b2 - (slow / b2) ** 2))
    return Math.min(2 ** 14, Math.max(1, 2 ** (16 - (mean / b1 + 3.09 * spread))))
  })
  near(await metric('logmaxMoved'), (scales.at(-1) as number) / (scales[0] as number), 1e-3)
})

test('an outlier is skipped, not prevented', async () => {
  const { metrics, blocks } = await run({ myth: 'prevention' })
  assert.deepEqual([metrics['spikeSkipped'], metrics['spikeSteps'], metrics['spikeScaleMoved']], [1, 7, 0.5])
  const table = blocks[0]
  assert.ok(table?.kind === 'table')
  // Scale, scaled gradient in FP16, weight: one step of -1 for every gradient of the usual size that is applied.
  assert.deepEqual(
    table.rows.map((row) => [row[2], row[3], row[5]]),
    [1, 2, 3, 4, 5, 6, 7, 8].map((step) => [
      step < 5 ? 65536 : 32768,
      step === 4 ? Number.POSITIVE_INFINITY : step < 5 ? 16384 : 8192,
      step < 4 ? -step : 1 - step,
    ]),
  )
})

test('with a loss of Inf the scale is 0 after as many halvings as float32 has room for', async () => {
  for (const scale of [65536, 1, 2 ** 24, 1000]) {
    let halved = Math.fround(scale)
    let steps = 0
    for (; halved > 0; steps++) halved = Math.fround(halved / 2)
    const { metrics } = await run({ scale })
    assert.equal(metrics['forwardStepsToZero'], steps)
    assert.equal(metrics['forwardStepsTaken'], 0)
  }
  assert.equal(await metric('forwardStepsToZero'), 166)
  assert.equal(f16round(66246.39), Number.POSITIVE_INFINITY)
})

test('doubling after every clean step skips half the updates, GradScaler 1 of 2001', async () => {
  const { metrics } = await run()
  assert.equal(metrics['naiveSkipped'], 1 / 2)
  near(metrics['pytorchSkipped'], 1 / 2001, 1e-12)
  // At 2^24 too, where the course notes' own ceiling would hide it.
  for (const scale of [1, 2 ** 23, 2 ** 24]) assert.equal(await metric('naiveSkipped', { scale }), 1 / 2)
})

test('what is lost is what the recording counts', async () => {
  for (const profile of ['digits-cnn', 'digits-mlp'])
    for (const k of [16, 10, 0]) {
      const { metrics } = await run({ profile, scale: 2 ** k })
      // FP16 loses what lies below 2^-25; × 2^k moves that by k powers of two.
      near(metrics['lostScaledBefore'], recordedBelow(profile, -25 - k), 1e-12)
      near(metrics['lostUnscaledFp32'], recordedBelow(profile, -25 - k), 1e-12)
      near(metrics['lostScaledAfter'], recordedBelow(profile, -25), 1e-12)
      near(metrics['lostUnscaledFp16'], recordedBelow(profile, -25), 1e-12)
      near(metrics['belowQuantum'], recordedBelow(profile, -24), 1e-12)
      near(metrics['belowQuantumLost'], recordedBelow(profile, -25) / recordedBelow(profile, -24), 1e-12)
      // The scale as an FP16 number: 65536 is Inf there, and whatever is divided by it is 0.
      near(metrics['lostByFp16Scale'], k === 16 ? 1 : recordedBelow(profile, -25), 1e-12)
    }
})

test('one gradient of 2^-27 through FP16 and back, and where 0 begins', async () => {
  assert.equal(f16round(2 ** -27 * 65536), 2 ** -11)
  assert.equal(f16round(2 ** -11 / 65536), 0)
  assert.equal(f16round(2 ** -11 / f16round(65536)), 0)
  assert.equal(Math.fround(2 ** -11 / 65536), 2 ** -27)
  const [, note] = (await run({ myth: 'unscale-fp16' })).blocks
  assert.ok(note?.kind === 'note')
  const { scaled, fp16, fp32, scaleInFp16 } = note.values
  assert.deepEqual([scaled, fp16, fp32, scaleInFp16], [2 ** -11, 0, 2 ** -27, Number.POSITIVE_INFINITY])
  const [table] = (await run({ myth: 'zero' })).blocks
  assert.ok(table?.kind === 'table')
  for (const [part, value, rounded] of table.rows) {
    assert.equal(value, (part as number) * 2 ** -24)
    assert.equal(rounded, f16round(value as number))
  }
  assert.equal(await metric('becomesZeroUpTo'), 2 ** -25)
})

test('clipping the scaled gradient makes the threshold max_norm / scale', async () => {
  for (const scale of [65536, 1024, 3]) {
    const { metrics } = await run({ scale })
    near(metrics['clipThreshold'], 1 / scale)
    near(metrics['clipRightNorm'], 0.5)
    near(metrics['clipFirstNorm'], Math.min(0.5, 1 / scale), 1e-5)
  }
  // Gradients (3e-6, 4e-6) at 65536 have norm 0.328 there: clipping first changes nothing, only above 1 / 65536 it does.
  const [chart] = (await run({ myth: 'clip-first' })).blocks
  assert.ok(chart?.kind === 'line-chart')
  const [right, first] = chart.series
  chart.x.values.forEach((norm, i) => {
    near(right?.values[i], Math.min(norm, 1), 1e-5)
    near(first?.values[i], Math.min(norm, 1 / 65536), 1e-5)
  })
})

test('an FP16 loss of 65520 / 65536 or more overflows; as one number it is FP32', async () => {
  const { metrics, blocks } = await run({ myth: 'fp16-loss' })
  assert.equal(metrics['lossLimit'], 65520 / 65536)
  assert.equal(f16round(0.99951171875 * 65536), 65504)
  assert.equal(metrics['scaledLossFp16'], Number.POSITIVE_INFINITY)
  assert.equal(metrics['scaledLossFp32'], f16round(Math.log(10)) * 65536)
  const [table] = blocks
  assert.ok(table?.kind === 'table')
  // PyTorch 1.13.1: torch.float16 numbers times torch.tensor(65536.) are float32; the vector of them is all inf.
  assert.deepEqual(
    table.rows.map((row) => [row[1], row[3]]),
    [32768, 65504, 65536, 150912, 327680].map((product) => [product, Number.POSITIVE_INFINITY]),
  )
  for (const [loss, number, product] of table.rows) {
    assert.equal(f16round(loss as number), loss)
    assert.equal(number, Math.fround((loss as number) * 65536))
    assert.equal(product, f16round((loss as number) * 65536))
  }
  // And times torch.tensor(32768.), which FP16 holds.
  const half = (await run({ myth: 'fp16-loss', scale: 32768 })).blocks[0]
  assert.ok(half?.kind === 'table')
  assert.deepEqual(
    half.rows.map((row) => row[3]),
    [16384, 32752, 32768, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  )
})

/** The verdict of every row of the table, wrong, half or true. */
async function verdicts(params = {}): Promise<string[]> {
  const [table] = (await run(params)).blocks
  assert.ok(table?.kind === 'table')
  return table.rows.map((row) => (row[3] as { code: string }).code.replace('verdict-', ''))
}

test('verdicts follow what was measured', async () => {
  assert.deepEqual(await verdicts(), [
    ...['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong'],
    ...['half', 'half'],
  ])
  // Loss × 1 is no scaling: scaling later, unscaling in FP16 and clipping first are then the same, and no loss overflows.
  const unscaled = await verdicts({ scale: 1 })
  for (const name of ['after-backward', 'unscale-fp16', 'clip-first', 'fp16-loss'])
    assert.equal(unscaled[names.indexOf(name)], 'true', name)
  assert.equal(unscaled[names.indexOf('forward')], 'wrong')
  const { metrics } = await run({ scale: 1 })
  assert.equal(metrics['statements'], names.length)
  assert.equal(metrics['wrong'], unscaled.filter((verdict) => verdict === 'wrong').length)
  assert.equal(metrics['halfTrue'], unscaled.filter((verdict) => verdict === 'half').length)
})

test('every statement opens, in both languages, at odd scales and widths', async () => {
  for (const myth of ['all', ...names])
    for (const params of [{ myth }, { myth, scale: 3.7 }, { myth, scale: 1 }, { myth, scale: 2 ** 24 }]) {
      const result = await run(params)
      assert.ok(result.blocks.length > 0)
      for (const lang of ['en', 'zh'] as const)
        for (const width of [80, 60]) {
          const screen = render(result, { lang, width })
          assert.doesNotMatch(screen, /undefined/, `${myth} ${lang}`)
          if (width === 80) assert.ok(screen.trimEnd().split('\n').length <= 26, `${myth} ${lang}\n${screen}`)
        }
    }
})

test('who updates the scale before unscaling halves the update of a growing step', async () => {
  const { metrics, blocks } = await run({ myth: 'update-first' })
  assert.deepEqual([metrics['earlyUpdateNorm'], metrics['lateUpdateNorm']], [0.5, 1])
  const [table] = blocks
  assert.ok(table?.kind === 'table')
  const halved = table.rows.filter((row) => row[3] === 0.5).map(([name]) => name)
  assert.deepEqual(halved, ['DeepSpeed'])
  assert.ok(table.rows.every((row) => row[2] === 1))
})

test('an option that a myth does not read is refused', async () => {
  for (const myth of names)
    if (myth !== 'magnitude')
      await assert.rejects(
        run({ myth, growth: 5 }),
        (error) => error instanceof FpsimError && error.code === 'wrong-usage' && error.values['option'] === 'growth',
      )
  assert.equal(await metric('gradScalerMoved', { growth: 5 }), 1)
})

test('what is not allowed is refused', async () => {
  const wrong = [
    { myth: 'magnitud' },
    { scale: 0 },
    { scale: 2 ** 25 },
    { growth: 1 },
    { profile: 'digits' },
    { scale: 'x' },
  ]
  for (const params of wrong)
    await assert.rejects(run(params), (error) => error instanceof FpsimError && error.code === 'invalid-value')
})
