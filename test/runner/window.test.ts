/** The two scales of the window against every power of two tried on every value; the tally against other block sizes. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { powerOfTwo } from '../../src/format/bits.js'
import { format } from '../../src/format/parse.js'
import { fateRounder } from '../../src/format/round.js'
import { addBlock, newTally, relativeError } from '../../src/runner/replay/tally.js'
import { addExtent, maxSafeScale, minGoodScale, newExtent } from '../../src/runner/replay/window.js'

/** By trying all 2046 scales. */
function tried(values: readonly number[], name: string): [number, number] {
  const rounded = fateRounder(name)
  let safe = Number.NaN
  let good = Number.NaN
  for (let k = -1022; k <= 1023; k++) {
    const results = values.map((x) => rounded(x * powerOfTwo(k)))
    if (!results.some(({ beyond }) => beyond)) safe = powerOfTwo(k)
    const lost = results.filter(({ value }) => value === 0).length
    if (Number.isNaN(good) && lost * 1000 < values.length) good = powerOfTwo(k)
  }
  return [safe, good]
}

function found(values: readonly number[], name: string): [number, number] {
  const extent = newExtent()
  addExtent(extent, Float64Array.from(values))
  return [maxSafeScale(extent, format(name)), minGoodScale(extent, format(name))]
}

const names = [
  'fp16',
  'bf16',
  'e4m3fn',
  'e5m2fnuz',
  'e2m1',
  'e2m3',
  'e8m0',
  'fp32',
  'fp64',
  'e8m52',
  'e11m10',
  'e11m30',
]

test('the window is what trying every scale finds, also at the ends of float64', () => {
  for (const name of names)
    for (const values of [
      [1.2],
      [-1.25, 1.5 * 2 ** -30],
      [1.6 * 2 ** -60],
      [2 ** -60],
      [5e-324],
      [-(2 ** -1073), 1e-310],
      [Number.MAX_VALUE],
      [-Number.MAX_VALUE, 3e-320],
      [-7],
      [-7, 1e-30],
    ])
      assert.deepEqual(found(values, name), tried(values, name), `${name} ${values}`)
})

test('the window of any float32 values is what trying every scale finds', () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((x) => x !== 0)
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('fp16', 'e4m3fn', 'bf16', 'e2m1'),
      (values, name) => {
        assert.deepEqual(found(values, name), tried(values, name))
      },
    ),
    { numRuns: 60, seed: 3 },
  )
})

test('a tally does not depend on how the values are cut into blocks', () => {
  const f = format('e4m3fn')
  const values = Float64Array.from({ length: 1000 }, (_, i) => ((i % 11) - 5) * 1.7 * powerOfTwo((i % 37) - 20))
  const tallied = (size: number) => {
    const tally = newTally()
    for (let i = 0; i < values.length; i += size)
      addBlock(tally, { tensor: 't', values: values.subarray(i, i + size) }, { f, scale: 3.7, rounded: fateRounder(f) })
    return tally
  }
  const whole = tallied(1000)
  for (const size of [1, 7, 64, 999]) assert.deepEqual(tallied(size), whole)
})

test('the relative error of values near 2^400 and 2^-400, where squares leave float64', () => {
  // Toward zero, 1.75 · 2^k becomes 1.5 · 2^k in a format of two significand bits: a seventh, whatever the sizes.
  const f = format('e11m1')
  for (const exponents of [
    [399, 400, 401],
    [-402, -401, -400, -399],
    [600, 3],
    [-600, -900],
    [0, -420],
  ]) {
    const tally = newTally()
    const values = Float64Array.from(exponents, (k) => 1.75 * powerOfTwo(k))
    addBlock(tally, { tensor: '', values }, { f, scale: 1, rounded: fateRounder(f, { rounding: 'toward-zero' }) })
    assert.ok(Math.abs(relativeError(tally) - 1 / 7) < 1e-15, `${exponents}: ${relativeError(tally)}`)
  }
})
