/** When scales grow, how many steps they cost, and at which rate of overflows they collapse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { powerOfTwo } from '../../src/format/bits.js'
import { lossScaler, policyNames, type ScaleState } from '../../src/train/loss-scale.js'

/** Clean steps until the scale has grown, from a state. */
function untilGrowth({ next }: ReturnType<typeof lossScaler>, from: ScaleState): { steps: number; state: ScaleState } {
  let state = from
  for (let steps = 1; steps <= 10_000; steps++) {
    const before = state.scale
    state = next(state, 'finite')
    if (state.scale > before) return { steps, state }
  }
  return { steps: Number.POSITIVE_INFINITY, state }
}

/** First growth, second, and clean steps after an overflow at the tenth step, with the frameworks' own defaults. */
const timing: readonly [policies: string, first: number, second: number, after: number][] = [
  ['pytorch pytorch-legacy apex keras2 keras3 jmp adaptive fairseq paddle mindspore', 2000, 4000, 2000],
  ['apex-legacy megatron', 1000, 2000, 1000],
  ['deepspeed-fused deepspeed-zero', 1001, 2001, 1001],
  ['flax', 2001, 4002, 2001],
  ['naive', 1, 2, 1],
]
for (const [names, first, second, after] of timing)
  for (const name of names.split(' '))
    test(`S5: ${name} grows at clean step ${first}, then at ${second}`, () => {
      const scaler = lossScaler(name)
      const one = untilGrowth(scaler, scaler.init())
      const two = untilGrowth(scaler, one.state)
      assert.deepEqual([one.steps, one.steps + two.steps], [first, second])
      let state = scaler.init()
      for (let i = 0; i < 9; i++) state = scaler.next(state, 'finite')
      assert.equal(untilGrowth(scaler, scaler.next(state, 'overflow')).steps, after)
    })

/** The share of skipped steps where gradients overflow above a fixed scale. */
function skipped(name: string, config: Record<string, unknown>, largest: number, steps: number): number {
  const { init, next } = lossScaler(name, config)
  let state = init()
  let count = 0
  for (let i = 0; i < steps; i++) {
    const overflow = state.scale > largest
    if (overflow) count++
    state = next(state, overflow ? 'overflow' : 'finite')
  }
  return count / steps
}

test('the price of probing: 1/(N+1), 2/(N+2) with hysteresis 2, one half for the naive rule', () => {
  const largest = powerOfTwo(16)
  for (const n of [10, 100, 2000]) {
    const config = { growthInterval: n }
    assert.equal(skipped('pytorch', config, largest, 50 * (n + 1)), 1 / (n + 1))
    assert.equal(skipped('megatron', { ...config, initScale: largest }, largest, 50 * (n + 2)), 2 / (n + 2))
  }
  assert.equal(skipped('naive', {}, largest, 10_000), 0.5)
})

test('calibration: Megatron needs 21 skipped steps from 2^32 down to 2^12', () => {
  const steps = 500
  assert.equal(skipped('megatron', {}, powerOfTwo(12), steps) * steps, 21)
  // floor(log2 x) + 1 with x = 2^16 · gmax / 65520: gmax = 1000 gives log2 x = 9.97
  assert.equal(skipped('pytorch', {}, 65520 / 1000, steps) * steps, 10)
})

/** log2 of the scale gained per overflow, when every step overflows with probability p whatever the scale. */
function drift(n: number, p: number, steps: number, seed: number): number {
  const { init, next } = lossScaler('fairseq', { initScale: 1, growthInterval: n, minScale: 0 })
  let state = init()
  let overflows = 0
  let gained = 0
  for (let i = 0; i < steps; i++) {
    const overflow = uniform(seed, i) < p
    if (overflow) overflows++
    const { scale } = state
    state = next(state, overflow ? 'overflow' : 'finite')
    if (state.scale !== scale) gained += state.scale > scale ? 1 : -1
    // The scale itself must not leave float64: only its moves count here.
    if (state.scale < powerOfTwo(-500) || state.scale > powerOfTwo(500)) state = { ...state, scale: 1 }
  }
  return gained / overflows
}

test('the critical overflow rate: growth balances overflow at p = 1 − 2^(−1/N)', () => {
  // Geometric number of growths per overflow: mean q/(1−q), variance q/(1−q)²; five standard deviations are allowed.
  for (const [n, p] of [
    [100, 0.004],
    [100, 0.006],
    [100, 0.0069],
    [100, 0.008],
    [100, 0.02],
    [7, 0.0943],
  ] as const) {
    const steps = 400_000
    let q = 1
    for (let i = 0; i < n; i++) q *= 1 - p
    const sd = Math.sqrt(q) / (1 - q) / Math.sqrt(steps * p)
    const measured = drift(n, p, steps, 11)
    assert.ok(Math.abs(measured - (q / (1 - q) - 1)) < 5 * sd, `N ${n}, p ${p}: ${measured}`)
  }
})

test('at 0.2 % overflows and N = 2000 PyTorch collapses, Megatron sits on its floor, consecutive hysteresis stands', () => {
  const run = (name: string, config: Record<string, unknown>): number => {
    const { init, next } = lossScaler(name, config)
    let state = init()
    for (let i = 0; i < 20_000; i++) state = next(state, uniform(3, i) < 0.002 ? 'overflow' : 'finite')
    return state.scale
  }
  const common = { initScale: 65536, growthInterval: 2000 }
  assert.ok(run('pytorch', common) < powerOfTwo(-15))
  assert.equal(run('megatron', { ...common, hysteresis: 2 }), 1)
  assert.ok(run('apex-hysteresis', { ...common, hysteresis: 2 }) >= 65536)
})

test('LogMax: one overflow, counted as 65536 instead of 16, holds the scale at 1 for about 11,600 steps', () => {
  const { init, next } = lossScaler('openseq2seq-logmax')
  const amax = (i: number) => ({ amax: powerOfTwo(-3) * (1 + uniform(5, i)) })
  let state = init()
  for (let i = 0; i < 2000; i++) state = next(state, amax(i))
  assert.ok(state.scale > 1000)
  state = next(state, 'overflow')
  let held = 0
  while (state.scale === 1 && held < 20_000) state = next(state, amax(held++))
  assert.ok(held > 11_000 && held < 12_500, String(held))
})

test('no policy is slow: 200,000 steps in less than two seconds', () => {
  for (const name of policyNames) {
    const { init, next } = lossScaler(name)
    const clean = name === 'te-delayed' || name === 'openseq2seq-logmax' ? { amax: 1 } : 'finite'
    const begin = performance.now()
    let state = init()
    for (let i = 0; i < 200_000; i++) state = next(state, clean)
    assert.ok(performance.now() - begin < 2000, name)
    assert.ok(state.scale > 0)
  }
})
