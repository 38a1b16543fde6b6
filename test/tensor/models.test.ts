/** Whole trainings in float32 against PyTorch 1.13.1: gradients of the first step, losses of fifty. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, ulpsOfLargest } from './draws.js'
import { answers, train } from './training.js'

const ulps = 16
const relative = 1e-4

for (const [name, { gradients, losses }] of Object.entries(answers))
  test(`${name}: gradients and ${losses.length} losses as in PyTorch`, (context) => {
    const ours = train(name, losses.length)
    let worst = 0
    for (const [key, { largest, stride, values }] of Object.entries(gradients)) {
      const own = ours.gradients.get(key)
      assert.ok(own, key)
      const sampled = own.filter((_, i) => i % stride === 0)
      const apart = ulpsOfLargest(sampled, fromHex(values), largest)
      assert.ok(apart <= ulps, `${key}: ${apart} ulps`)
      worst = Math.max(worst, apart)
    }
    let furthest = 0
    for (const [step, row] of losses.entries())
      for (const [goal, loss] of row.entries()) {
        const own = ours.losses[step]?.[goal] as number
        const apart = Math.abs(own / loss - 1)
        assert.ok(apart <= relative, `step ${step}: ${own}, not ${loss}`)
        furthest = Math.max(furthest, apart)
      }
    context.diagnostic(`gradients ${worst.toFixed(1)} ulps, losses ${furthest.toExponential(1)}`)
  })
