/** The critical overflow rate: its formula, and runs that know nothing of the formula. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { blocks } from '../../src/data/rng.js'
import { criticalRate, predictedDrift } from '../../src/runner/scale-collapse.js'
import { runScenario } from '../../src/scenario/library.js'

const plain = (interval: number) => ({ interval, up: 1, down: -1 })

const near = (got: number | undefined, wanted: number, relative: number): void =>
  assert.ok(Math.abs((got as number) - wanted) <= relative * Math.abs(wanted), `${got}, wanted ${wanted}`)

test('the critical rate is 1 − 2^(−1/N)', () => {
  near(criticalRate(plain(2000)), 3.465e-4, 1e-3)
  near(criticalRate(plain(1000)), 6.93e-4, 1e-3)
  for (const n of [1, 3, 50, 2000, 1e6]) near(criticalRate(plain(n)), 1 - 2 ** (-1 / n), 1e-9)
  // Backing off to a quarter needs twice as many growths: q / (1 − q) = 2.
  near(criticalRate({ interval: 100, up: 1, down: -2 }), 1 - (2 / 3) ** (1 / 100), 1e-12)
})

test('at the critical rate the drift is 0, below up, above down', () => {
  for (const n of [10, 2000]) {
    const critical = criticalRate(plain(n))
    assert.ok(Math.abs(predictedDrift(critical, plain(n))) < 1e-12 * critical * n)
    assert.ok(predictedDrift(critical / 1.01, plain(n)) > 0)
    assert.ok(predictedDrift(critical * 1.01, plain(n)) < 0)
  }
})

/** PyTorch's rule in whole numbers, on chance from another generator (xorshift32). */
function drift(interval: number, rate: number, steps: number): number {
  let [state, clean, exponent] = [2463534242, 0, 0]
  for (let t = 0; t < steps; t++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    if ((state >>> 0) / 2 ** 32 < rate) {
      exponent--
      clean = 0
    } else if (++clean === interval) {
      exponent++
      clean = 0
    }
  }
  return exponent / steps
}

for (const { interval, rate } of [
  { interval: 20, rate: 0.01 },
  { interval: 20, rate: 0.05 },
  { interval: 200, rate: 0.008 },
])
  test(`predicted drift, N = ${interval}, p = ${rate}: simulated elsewhere`, () => {
    near(predictedDrift(rate, plain(interval)), drift(interval, rate, 4_000_000), 0.03)
  })

test('the lesson measures what is predicted', async () => {
  const { metrics } = await runScenario('scale-collapse')
  near(metrics['criticalRate'], 1 - 2 ** (-1 / 2000), 1e-9)
  near(metrics['measuredCriticalRate'], metrics['criticalRate'] as number, 0.15)
  near(metrics['measuredDrift'], metrics['predictedDrift'] as number, 0.1)
  // Megatron ends on its floor; a hysteresis refilled by clean steps forgives.
  assert.equal(metrics['finalExponentMegatron'], 0)
  assert.ok((metrics['finalExponentApexHysteresis'] as number) >= 16)
})

test('a short interval is measured closely', async () => {
  const { metrics } = await runScenario('scale-collapse', {
    ...{ growthInterval: 50, rate: 0.02, steps: 40_000, runs: 20, policies: 'pytorch', seed: 9 },
  })
  near(metrics['measuredCriticalRate'], 1 - 2 ** (-1 / 50), 0.05)
  near(metrics['measuredDrift'], metrics['predictedDrift'] as number, 0.1)
})

/** DeepSpeed ZeRO in exponents: hysteresis 2, refilled by growth; growth one step late after an overflow. */
function raisesAt(overflows: readonly boolean[], interval: number): number {
  let [exponent, clean, left] = [16, -1, 2]
  for (const [t, overflow] of overflows.entries()) {
    if (overflow) {
      clean = -1
      if (left > 1) left--
      else if (exponent === 0) return t
      else exponent--
    } else if (++clean === interval) {
      exponent++
      clean = 0
      left = 2
    }
  }
  return Number.NaN
}

test('a framework that gives up is told so, with the steps at which it does', async () => {
  const [steps, runs, rate] = [20_000, 10, 0.002]
  const draw = blocks(1, 'uniform')
  // The lesson's own draws: the rate asked for is the fourteenth, each run has its own.
  const wanted = Array.from({ length: runs }, (_, run) =>
    raisesAt(
      Array.from({ length: steps }, (_, t) => {
        const words = draw((13 * runs + run) * (steps / 4) + Math.floor(t / 4))
        return (words[t % 4] as number) < rate * 2 ** 32
      }),
      2000,
    ),
  ).filter((t) => !Number.isNaN(t))
  const { metrics, findings } = await runScenario('scale-collapse', { policies: 'deepspeed-zero' })
  assert.ok(wanted.length > 5)
  assert.deepEqual([metrics['runsRaised'], metrics['firstRaise']], [wanted.length, Math.min(...wanted)])
  const raised = findings.find(({ code }) => code === 'collapseRaises')
  assert.deepEqual([raised?.tone, raised?.values['last']], ['bad', Math.max(...wanted)])
  assert.ok(findings.every(({ tone }) => tone !== 'good'))
  // As another's, too.
  const all = await runScenario('scale-collapse', { policies: 'pytorch,deepspeed-zero,fairseq', runs: 3 })
  assert.deepEqual(
    all.findings.filter(({ code }) => code === 'collapseRaises').map(({ values }) => values['policy']),
    ['deepspeed-zero', 'fairseq'],
  )
})

test('the prediction is that of the first policy that moves, with its own interval', async () => {
  const small = { steps: 2000, runs: 2 }
  const naive = await runScenario('scale-collapse', { ...small, policies: 'naive,adaptive' })
  assert.deepEqual([naive.metrics['criticalRate'], naive.metrics['stepsPerOverflow']], [0.5, 2])
  assert.equal(naive.findings[0]?.values['interval'], 1)
  const second = await runScenario('scale-collapse', { ...small, policies: 'static,pytorch' })
  assert.equal(second.findings[0]?.values['policy'], 'pytorch')
  for (const policies of ['static', 'none']) {
    const { metrics, findings } = await runScenario('scale-collapse', { ...small, policies })
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['collapseStays'],
    )
    assert.ok(Number.isNaN(metrics['criticalRate']))
  }
})

test('the critical rate has a drift of exactly 0, whatever the factors', () => {
  for (const up of [1, 2, 0.137503523749935]) {
    const moves = { interval: 2000, up, down: -1 }
    assert.equal(predictedDrift(criticalRate(moves), moves), 0)
  }
})

test('no rate is listed twice', async () => {
  const { blocks: drawn } = await runScenario('scale-collapse', { backoffFactor: 0.9, runs: 1, steps: 500 })
  const table = drawn.find((block) => block.kind === 'table')
  assert.ok(table?.kind === 'table')
  const rates = table.rows.map(([rate]) => rate as number)
  assert.ok(
    rates.every((rate, i) => i === 0 || rate > 1.2 * (rates[i - 1] as number)),
    rates.join(' '),
  )
})

test('the seed decides, and a rate that never occurs measures nothing', async () => {
  const one = await runScenario('scale-collapse', { runs: 2, steps: 3000, seed: 5 })
  assert.deepEqual(await runScenario('scale-collapse', { runs: 2, steps: 3000, seed: 5 }), one)
  const { metrics } = await runScenario('scale-collapse', { growthInterval: 1e6, steps: 100, runs: 1, rate: 1e-9 })
  assert.ok(Number.isNaN(metrics['measuredCriticalRate']))
  assert.equal(metrics['finalExponentPytorch'], 16)
})
