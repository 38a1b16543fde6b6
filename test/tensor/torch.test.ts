/** Results and gradients of every operation in float32 against PyTorch 1.13.1. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, ulpsOfLargest } from './draws.js'
import { cases, evaluate, titleOf } from './evaluate.js'

/** In units of the last place of a tensor's largest; the largest measured is 3.8 (a sigmoid). */
const allowed = 6

for (const [number, given] of cases.entries())
  test(`${titleOf(given)}: result and gradients as in PyTorch`, () => {
    const { shape, result, gradients } = evaluate(number, given)
    assert.deepEqual(shape, given.shape)
    const worst = [ulpsOfLargest(result, fromHex(given.result))]
    for (const [i, wanted] of given.gradients.entries()) worst.push(ulpsOfLargest(gradients[i] ?? [], fromHex(wanted)))
    for (const ulps of worst) assert.ok(ulps <= allowed, `${worst}`)
  })
