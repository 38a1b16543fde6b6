/** Stochastic rounding: every outcome of few updates in exact fractions, the binomial law, and the mean over seeds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { format } from '../../src/format/parse.js'
import { render } from '../../src/render/render.js'
import { edgeOf, momentsAfter, oddsIn } from '../../src/runner/stochastic-rounding/chance.js'
import { runScenario } from '../../src/scenario/library.js'

const near = (got: number | undefined, wanted: number, share: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= share * Math.abs(wanted), `${got} is not ${wanted}`)

/** A format with p bits on integers of units: what lies below x, and the step there, for 0 < x. */
function stepAt(x: bigint, p: number): bigint {
  const bits = x.toString(2).length
  return bits > p ? 1n << BigInt(bits - p) : 1n
}

/**
 * Mean and variance after n updates of `delta` on `start`, all integers of one unit: the tree of all 2^n outcomes, with
 * odds as fractions over 2^(60n). No code of fpsim in it.
 */
function enumerate(start: bigint, delta: bigint, n: number, p: number): { mean: number; variance: number } {
  let leaves = [{ w: start, top: 1n, bottom: 1n }]
  for (let i = 0; i < n; i++)
    leaves = leaves.flatMap(({ w, top, bottom }) => {
      const sum = w + delta
      const step = stepAt(sum, p)
      const low = (sum / step) * step
      const rest = sum - low
      if (rest === 0n) return [{ w: sum, top, bottom }]
      return [
        { w: low, top: top * (step - rest), bottom: bottom * step },
        { w: low + step, top: top * rest, bottom: bottom * step },
      ]
    })
  const common = leaves.reduce((most, { bottom }) => (bottom > most ? bottom : most), 1n)
  let [mass, first, second] = [0n, 0n, 0n]
  for (const { w, top, bottom } of leaves) {
    const odds = (top * common) / bottom
    mass += odds
    first += odds * w
    second += odds * w * w
  }
  assert.equal(mass, common)
  return {
    mean: Number(first) / Number(common),
    variance: Number(second * common - first * first) / Number(common) / Number(common),
  }
}

test('all outcomes of few updates, in exact fractions', () => {
  // Units of 2^-20. The third crosses 2, where steps double; the last is larger than a step.
  for (const [name, p, start, delta, n] of [
    ['bf16', 8, 1 << 20, 1 << 10, 10],
    ['fp16', 11, 3 << 19, 300, 12],
    ['bf16', 8, (2 << 20) - (1 << 13), 5000, 11],
    ['e4m3fn', 4, 1 << 20, 40_000, 12],
    ['bf16', 8, 1 << 20, 19_000, 9],
  ] as const) {
    const { mean, variance } = enumerate(BigInt(start), BigInt(delta), n, p)
    const unit = 2 ** -20
    const theory = momentsAfter(format(name), Math.fround, { weight: start * unit, update: delta * unit, updates: n })
    assert.equal(theory.length, n + 1)
    near(theory[n]?.mean, mean * unit, 1e-12)
    near(theory[n]?.mean, (start + n * delta) * unit, 1e-12)
    near(theory[n]?.spread, Math.sqrt(variance) * unit, 1e-9)
    assert.ok(variance > 0)
  }
})

test('while the step stays, the number of steps is binomial', () => {
  // 2^-10 in bf16 from 1: odds 1/8 of a step of 2^-7. 400 updates stay below 2 for all but impossible luck.
  const theory = momentsAfter(format('bf16'), Math.fround, { weight: 1, update: 2 ** -10, updates: 400 })
  for (const n of [1, 7, 100, 400]) {
    near(theory[n]?.mean, 1 + n * 2 ** -10, 1e-12)
    near(theory[n]?.spread, Math.sqrt((n * 7) / 64) * 2 ** -7, 1e-9)
  }
})

test('odds of one rounding', () => {
  const bf16 = oddsIn(format('bf16'))
  assert.deepEqual(bf16(1 + 2 ** -10), { low: 1, high: 1 + 2 ** -7, odds: 1 / 8 })
  assert.deepEqual(bf16(-1 - 2 ** -10), { low: -1, high: -1 - 2 ** -7, odds: 1 / 8 })
  assert.deepEqual(bf16(1 - 2 ** -10), { low: 1 - 2 ** -8, high: 1, odds: 3 / 4 })
  assert.equal(bf16(1).odds, 0)
  assert.deepEqual(oddsIn(format('fp16'))(2 ** -26), { low: 0, high: 2 ** -24, odds: 1 / 4 })
  assert.deepEqual(oddsIn(format('fp16'))(65504 + 8), { low: 65504, high: Infinity, odds: 1 / 4 })
})

test('the edge: right on average nowhere but below the largest value', () => {
  assert.deepEqual(edgeOf(format('fp16')), { top: 65504, part: 8, odds: 0.25, high: Infinity })
  assert.deepEqual(edgeOf(format('e4m3fn')), { top: 448, part: 8, odds: 0.25, high: Number.NaN })
  assert.equal(edgeOf(format('e2m1'))?.high, 6)
  assert.equal(edgeOf(format('fp64')), undefined)
})

test('over several seeds the mean is within 4 standard errors, the spread within 15 %', async () => {
  for (const params of [{}, { update: 1e-3 }, { format: 'fp16', update: 1e-4 }, { update: -3e-4, weight: -0.5 }])
    for (const seed of [1, 2, 3, 'four']) {
      const { metrics } = await runScenario('stochastic-rounding', { ...params, seed })
      assert.ok(Math.abs(metrics['meanOff'] as number) < 4, `${metrics['meanOff']}`)
      near(metrics['spreadRatio'], 1, 0.15)
      near(metrics['withinTwo'], 0.954, 0.04)
    }
})

test('another seed, other draws', async () => {
  const [a, b] = [
    await runScenario('stochastic-rounding', { runs: 20, seed: 1 }),
    await runScenario('stochastic-rounding', { runs: 20, seed: 2 }),
  ]
  assert.notEqual(a.metrics['mean'], b.metrics['mean'])
  assert.equal(a.metrics['theorySpread'], b.metrics['theorySpread'])
})

test('the known figures: bf16, 1000 updates of 2^-10 and of 1e-3', async () => {
  const { metrics } = await runScenario('stochastic-rounding')
  assert.deepEqual([metrics['exact'], metrics['nearest']], [1.9765625, 1])
  near(metrics['theorySpread'], 0.08, 0.05)
  // One seed of another program gave 1.859 and 1.906: within two deviations of the mean.
  assert.ok(Math.abs(1.859 - (metrics['theoryMean'] as number)) < 2 * (metrics['theorySpread'] as number))
  const { metrics: thousandth } = await runScenario('stochastic-rounding', { update: 1e-3 })
  assert.ok(Math.abs(1.906 - (thousandth['theoryMean'] as number)) < 2 * (thousandth['theorySpread'] as number))
})

test('overflow is drawn too: as often as the odds say', async () => {
  // The largest e4m3fn and a quarter of a step, once: NaN in a quarter of the runs.
  const far = { format: 'e4m3fn', weight: 448, update: 8, updates: 1, runs: 2000 }
  const { metrics, findings } = await runScenario('stochastic-rounding', far)
  assert.equal(metrics['beyondExpected'], 0.25)
  // σ of a share of 2000 draws at 1/4 is 0.0097.
  assert.ok(Math.abs((metrics['beyond'] as number) - 0.25) < 4 * 0.0097)
  assert.ok(findings.some(({ code }) => code === 'srBeyond'))
})

test('nothing is left to chance in fp32', async () => {
  const { findings, metrics } = await runScenario('stochastic-rounding', { format: 'fp32', runs: 5 })
  assert.equal(findings[1]?.code, 'srNoChance')
  assert.equal(metrics['spread'], 0)
})

test('an update that fp32 itself loses is no proof that nothing is left to chance', async () => {
  const { findings } = await runScenario('stochastic-rounding', { update: 1e-12, runs: 5, updates: 10 })
  assert.equal(Math.fround(1 + 1e-12), 1)
  assert.deepEqual([findings[1]?.code, findings[1]?.tone], ['srDrowned', 'bad'])
  // One step of bf16 above 1 is 2^-7.
  assert.equal(findings[1]?.values['odds'], Math.fround(1e-12) * 2 ** 7)
  const few = await runScenario('stochastic-rounding', { updates: 1, runs: 2 })
  assert.ok(!/NaN|\b1 updates/.test(render(few)), render(few))
})

test('nonsense is refused', async () => {
  for (const params of [{ runs: 1 }, { updates: 0 }, { runs: 1e9 }, { updates: 1e9 }, { update: 'nan' }])
    await assert.rejects(
      runScenario('stochastic-rounding', params),
      (error) => error instanceof FpsimError && error.code === 'invalid-value',
    )
})
