/** What is counted and done with gradients, against the same said plainly. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valuesOf } from '../../src/kernel/arena.js'
import {
  countExponents,
  gradientNorm,
  gradientsInOne,
  newExponents,
  nonfiniteGradients,
  scaleGradients,
} from '../../src/tensor/gradients.js'
import { gradientOf, parameter } from '../../src/tensor/leaves.js'
import { closeTape, newTape } from '../../src/tensor/tape.js'
import { floats } from './draws.js'

test('exponents: every field, subnormals of float32, zeros of both signs, NaN and infinities', () => {
  const counts = newExponents()
  const values = Float32Array.of(
    0,
    -0,
    1,
    -1.5,
    2,
    2 ** -126,
    2 ** -127,
    -(2 ** -149),
    3 * 2 ** -149,
    Number.NaN,
    -1 / 0,
    3e38,
  )
  countExponents(counts, values)
  assert.equal(counts.zeros, 2)
  const named = [...counts.fields.entries()].filter(([, count]) => count > 0)
  assert.deepEqual(named, [
    [0, 3],
    [1, 1],
    [127, 2],
    [128, 1],
    [254, 1],
    [255, 2],
  ])
  assert.deepEqual(
    [...counts.subnormals.entries()].filter(([, count]) => count > 0),
    [
      [0, 1],
      [1, 1],
      [22, 1],
    ],
  )
  const many = floats(5, 1000, 8)
  const more = newExponents()
  countExponents(more, many)
  for (const [field, count] of more.fields.entries())
    assert.equal(count, many.filter((x) => x !== 0 && Math.floor(Math.log2(Math.abs(x))) + 127 === field).length)
})

test('norm, scale and what is not finite, over several parameters', () => {
  const tape = newTape({ precisions: () => ({}) })
  const [a, b] = [parameter(tape, 'a', [3], [0, 0, 0]), parameter(tape, 'b', [2], [0, 0])]
  valuesOf(a.total).set([3, -6, 2])
  valuesOf(b.total).set([0, 24])
  assert.equal(gradientNorm([a, b]), 25)
  assert.equal(nonfiniteGradients([a, b]), 0)
  scaleGradients([a, b], 0.1)
  assert.deepEqual(
    [...gradientsInOne([a, b])],
    [3, -6, 2, 0, 24].map((x) => Math.fround(x * Math.fround(0.1))),
  )
  valuesOf(b.total).set([Number.NaN, Number.NEGATIVE_INFINITY])
  assert.equal(nonfiniteGradients([a, b]), 2)
  assert.ok(Number.isNaN(gradientNorm([a, b])))
  assert.equal(gradientNorm([a]) > 0, true)
  assert.ok(Number.isNaN(gradientOf(b)[0]))
  closeTape(tape)
})
