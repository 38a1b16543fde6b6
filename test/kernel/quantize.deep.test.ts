/** quantize against format/'s rounder on everything that is near a value of a 16-bit format, and on millions of patterns. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { rounder } from '../../src/format/round.js'
import { fits, quantize } from '../../src/kernel/quantize.js'
import { all, edges, policies, randomBits32, roundings } from './inputs.js'

test('all midpoints and neighbours of the formats up to 16 bits, every mode and policy', () => {
  for (const f of all) {
    if (f.width > 16) continue
    const near = edges(f, 65_536)
    for (const values of fits(f, 'fp32') ? [near, Float32Array.from(near)] : [near])
      for (const rounding of roundings)
        for (const overflow of policies) {
          const got = quantize(values as Float64Array, f, { rounding, overflow })
          let i = 0
          const one = rounder(f, { rounding, overflow, random: () => uniform(1, i) })
          for (; i < values.length; i++)
            if (!Object.is(got[i], one(values[i] as number)))
              assert.fail(`${f.name} ${rounding} ${overflow}: ${values[i]} gives ${got[i]}`)
        }
  }
})

test('two million random float32 patterns, every format', () => {
  const values = randomBits32(2_000_000, 1234567)
  for (const f of all)
    if (fits(f, 'fp32'))
      for (const rounding of ['nearest-even', 'stochastic'] as const) {
        const got = quantize(values, f, { rounding })
        let i = 0
        const one = rounder(f, { rounding, random: () => uniform(1, i) })
        for (; i < values.length; i++)
          if (!Object.is(got[i], one(values[i] as number))) assert.fail(`${f.name} ${rounding}: ${values[i]}`)
      }
})
