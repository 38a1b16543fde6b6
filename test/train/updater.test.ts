/** Updates in one loop against the plain optimizers and keepers, bit for bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { powerOfTwo } from '../../src/format/bits.js'
import { optimizerNames } from '../../src/train/optimizer.js'
import { recipeNamed } from '../../src/train/recipe.js'
import { updaterOf } from '../../src/train/training/updater.js'

const n = 500
const strange = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, -1e-40, 3e38, 1e-20]

/** Of all sizes; some of them not even finite. */
const gradientsOf = (step: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => {
    if (i < strange.length) return strange[(i + step) % strange.length] as number
    const size = powerOfTwo(Math.floor(uniform(7, 3 * (step * n + i)) * 60) - 50)
    return (uniform(7, 3 * (step * n + i) + 1) - 0.5) * size
  })

test('in bulk and plain: equal weights, states and counts', () => {
  const initial = Float32Array.from({ length: n }, (_, i) => (uniform(3, i) - 0.5) * 2)
  for (const name of ['fp32', 'fp16-amp', 'fp16-master'])
    for (const optimizer of optimizerNames)
      for (const hyper of [
        { lr: 0.01 },
        { lr: 1e-4, weightDecay: 0.1, ...(optimizer === 'momentum' ? { dampening: 0.25 } : {}) },
      ]) {
        const options = { recipe: recipeNamed(name), optimizer, hyper, seed: 1 }
        const [bulk, plain] = [updaterOf({ ...options, inBulk: true }), updaterOf({ ...options, inBulk: false })]
        let [a, b] = [bulk.init(initial), plain.init(initial)]
        for (let step = 0; step < 6; step++) {
          const gradients = gradientsOf(step)
          const [x, y] = [bulk.next(a, gradients), plain.next(b, gradients)]
          a = x.kept
          b = y.kept
          const what = `${name} ${optimizer} ${JSON.stringify(hyper)} step ${step}`
          assert.deepEqual(a, b, what)
          assert.deepEqual([x.updates, x.lost], [y.updates, y.lost], what)
          assert.ok(x.updates > 0)
        }
      }
})
