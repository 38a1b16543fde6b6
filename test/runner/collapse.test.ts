/** The critical overflow rate: its formula, and runs that know nothing of the formula. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { criticalRate, predictedDrift } from '../../src/runner/collapse.js'
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

test('the seed decides, and a rate that never occurs measures nothing', async () => {
  const one = await runScenario('scale-collapse', { runs: 2, steps: 3000, seed: 5 })
  assert.deepEqual(await runScenario('scale-collapse', { runs: 2, steps: 3000, seed: 5 }), one)
  const { metrics } = await runScenario('scale-collapse', { growthInterval: 1e6, steps: 100, runs: 1, rate: 1e-9 })
  assert.ok(Number.isNaN(metrics['measuredCriticalRate']))
  assert.equal(metrics['finalExponentPytorch'], 16)
})
