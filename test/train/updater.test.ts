/** Weights moved all at once against the plain optimizers and keepers, bit for bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { powerOfTwo } from '../../src/format/bits.js'
import { asFormat } from '../../src/format/parse.js'
import { newArena, valuesOf } from '../../src/kernel/arena.js'
import { moveByChance } from '../../src/kernel/optimize.js'
import { type Hyper, type OptimizerName, optimizerNames } from '../../src/train/optimizer.js'
import { type Recipe, recipeNamed, recipeNames, recipeOf } from '../../src/train/recipe.js'
import { updaterOf } from '../../src/train/training/updater.js'
import { weightKeeper } from '../../src/train/weights.js'

/** Odd, and more than two stretches of draws. */
const n = 2059
const strange = [
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e-45,
  -1e-40,
  3e38,
  -3.4028234663852886e38,
  1e-20,
  65504,
  65520,
  -65519.99609375,
  2 ** -24,
  2 ** -25,
  -6.103515625e-5,
]

/** Of all sizes, some of them exact in few bits (ties, then); some of them not even finite. */
const gradientsOf = (step: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => {
    if (i < strange.length) return strange[(i + step) % strange.length] as number
    const at = 3 * (step * n + i)
    const size = powerOfTwo(Math.floor(uniform(7, at) * 80) - 60)
    const value = (uniform(7, at + 1) - 0.5) * size
    return i % 3 === 0 ? Math.round((value / size) * 512) * (size / 512) : value
  })

const initial = Float32Array.from({ length: n }, (_, i) => {
  if (i >= n - strange.length) return strange[n - 1 - i] as number
  return (uniform(3, i) - 0.5) * powerOfTwo(3 - (i % 9) * 4)
})

const bitsOf = (values: Float64Array): BigUint64Array => {
  const canonical = values.map((x) => (Number.isNaN(x) ? Number.NaN : x))
  return new BigUint64Array(canonical.buffer)
}

function compare(recipe: Recipe, optimizer: OptimizerName, hyper: Partial<Hyper>, steps: number): number {
  const options = { recipe, optimizer, hyper, seed: 12 }
  const [bulk, plain] = [true, false].map((inBulk) => updaterOf({ ...options, inBulk }).init(initial))
  if (!bulk || !plain) throw new Error()
  let lost = 0
  for (let step = 0; step < steps; step++) {
    const what = `${recipe.name} ${optimizer} ${JSON.stringify(hyper)} step ${step}`
    const gradients = gradientsOf(step)
    const [x, y] = [bulk.next(gradients), plain.next(gradients)]
    assert.deepEqual(x, y, what)
    assert.ok(x.updates > 0, what)
    lost += x.lost
    const [a, b] = [bulk.kept(), plain.kept()]
    assert.deepEqual([a.weights.t, a.state.t], [b.weights.t, b.state.t])
    for (const [p, q, name] of [
      [a.weights.seen, b.weights.seen, 'seen'],
      [a.weights.held, b.weights.held, 'held'],
      [a.weights.rest, b.weights.rest, 'rest'],
      [a.state.slots.momentum, b.state.slots.momentum, 'momentum'],
      [a.state.slots.variance, b.state.slots.variance, 'variance'],
    ] as const) {
      assert.equal(p === undefined, q === undefined, `${what} ${name}`)
      if (!p || !q) continue
      const [u, v] = [bitsOf(p), bitsOf(q)]
      const at = u.findIndex((bits, i) => bits !== v[i])
      assert.equal(at, -1, `${what} ${name}: ${p[at]}, not ${q[at]} at ${at}`)
    }
    assert.deepEqual(Float64Array.from(bulk.seen()), a.weights.seen, what)
  }
  bulk.close()
  return lost
}

const ofName = (optimizer: OptimizerName): Partial<Hyper>[] => [
  { lr: 0.01 },
  { lr: 1e-4, weightDecay: 0.1, ...(optimizer === 'momentum' ? { dampening: 0.25 } : {}) },
]

/** What no named recipe has: other formats, states wider than the rest, masters of other kinds. */
const others: readonly Record<string, unknown>[] = [
  { name: 'e5m2', param: 'e5m2', state: 'e5m2' },
  { name: 'tf32 kahan', param: 'tf32', state: 'fp32', weights: 'kahan' },
  { name: 'fp32 kahan', weights: 'kahan' },
  { name: 'fp16 by chance', param: 'fp16', weights: 'stochastic', state: 'fp16' },
  { name: 'e4m3 by chance', param: 'e4m3', master: 'bf16', weights: 'stochastic', state: 'bf16' },
  { name: 'narrow master', param: 'e5m2', master: 'fp16', weights: 'master', state: 'bf16' },
  { name: 'fp32, states bf16', state: 'bf16' },
]

test('all at once and one by one: equal weights, states and counts', () => {
  const recipes = [...recipeNames.map(recipeNamed), ...others.map((each) => recipeOf(each))]
  const kinds = new Map(recipes.map((r) => [JSON.stringify([r.param, r.master, r.state, r.weights]), r]))
  assert.ok(kinds.size > 10)
  for (const recipe of kinds.values()) {
    let lost = 0
    for (const optimizer of optimizerNames)
      for (const hyper of ofName(optimizer)) lost += compare(recipe, optimizer, hyper, 4)
    assert.ok(recipe.weights === 'stochastic' ? Number.isNaN(lost) : lost > 0, recipe.name)
  }
})

test('a format that the kernels have not is moved one by one', () => {
  assert.ok(compare(recipeOf({ name: 'x', param: 'e4m3fn', state: 'bf16' }), 'adam', { lr: 0.1 }, 2) > 0)
})

test('what one recipe kept another takes over, however both move weights', () => {
  const options = { optimizer: 'adamw', hyper: { lr: 0.01 }, seed: 3 } as const
  const [first, second] = [recipeNamed('bf16-sr'), recipeNamed('fp16-master')]
  const ends = [true, false].map((inBulk) => {
    const before = updaterOf({ ...options, recipe: first, inBulk }).init(initial)
    for (let step = 0; step < 3; step++) before.next(gradientsOf(step))
    const after = updaterOf({ ...options, recipe: second, inBulk }).takeOver(before.kept())
    before.close()
    after.next(gradientsOf(3))
    const { weights, state } = after.kept()
    assert.equal(state.t, 4)
    const { momentum = weights.held, variance = weights.held } = state.slots
    return [weights.seen, weights.held, momentum, variance].map(bitsOf)
  })
  assert.deepEqual(ends[0], ends[1])
})

test('draws of any index, where the counter of their blocks carries too', () => {
  const arena = newArena()
  const keeper = weightKeeper('stochastic', { format: 'bf16', seed: 5 })
  const count = 1031
  const [start, change] = [1, 2].map((seed) => Float32Array.from({ length: count }, (_, i) => uniform(seed, i) - 0.5))
  if (!start || !change) throw new Error()
  for (const t of [0, 1, 7, Math.floor((4 * 4294967296) / count), Math.floor((8 * 4294967296) / count)]) {
    const seen = Float64Array.from(start)
    const wanted = keeper.next({ t, seen, held: seen }, { delta: Float64Array.from(change) }).seen
    const [weights, delta] = [arena.of(start), arena.of(change)]
    const how = { master: asFormat('fp32'), format: asFormat('bf16'), seed: 5, first: t * count }
    assert.equal(moveByChance(weights, delta, how).updates, change.filter((x) => x !== 0).length)
    assert.deepEqual(Float64Array.from(valuesOf(weights)), wanted, `${t}`)
  }
  arena.close()
})
