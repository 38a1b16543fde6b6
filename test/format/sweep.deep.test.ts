/** The long proof: fp16, bf16 and e6m9 in all modes and policies, five million random numbers each, against the table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round } from '@petamoriken/float16'
import type { Rounding } from '../../src/format/format.js'
import { rounder } from '../../src/format/round.js'
import { deterministicModes, generator, inward, outward, policies, randomFloat64, same } from './support.js'
import { lowerIndex, roundAt, tableOf } from './table.js'

const modes: readonly Rounding[] = [...deterministicModes, 'stochastic']

for (const name of ['fp16', 'bf16', 'e6m9']) {
  test(`${name}: values, quarters and midpoints with two float64 neighbours each, all modes and policies`, () => {
    const t = tableOf(name)
    const draw = generator(101)
    let random = 0
    for (const mode of modes)
      for (const policy of policies) {
        const rule = rounder(name, { rounding: mode, overflow: policy, random: () => random })
        for (let i = 0; i <= t.top; i++) {
          const lower = t.values[i] as number
          const upper = t.values[i + 1] as number
          const quarter = (upper - lower) / 4
          for (const at of [lower, lower + quarter, lower + 2 * quarter, lower + 3 * quarter])
            for (const size of at === lower ? [at, outward(at)] : [inward(at), at, outward(at)])
              for (const x of [size, -size]) {
                random = draw() / 2 ** 32
                const expected = roundAt(t, x, i, mode, policy, random)
                const result = rule(x)
                if (!same(result, expected))
                  assert.fail(`${mode}, ${policy}: ${x} with ${random} gave ${result}, expected ${expected}`)
              }
        }
      }
  })

  test(`${name}: five million random numbers`, () => {
    const t = tableOf(name)
    const [lowest, highest] = name === 'fp16' ? [-27, 17] : name === 'bf16' ? [-136, 129] : [-41, 33]
    const draw = generator(5)
    let random = 0
    const rules = modes.flatMap((mode) =>
      policies.map((policy) => ({
        mode,
        policy,
        rule: rounder(name, { rounding: mode, overflow: policy, random: () => random }),
      })),
    )
    for (let n = 0; n < 5_000_000; n++) {
      const x = randomFloat64(draw, lowest, highest)
      const i = lowerIndex(t, Math.abs(x))
      random = draw() / 2 ** 32
      const { mode, policy, rule } = rules[n % rules.length] as (typeof rules)[number]
      const expected = roundAt(t, x, i, mode, policy, random)
      const result = rule(x)
      if (!same(result, expected))
        assert.fail(`${mode}, ${policy}: ${x} with ${random} gave ${result}, expected ${expected}`)
    }
  })
}

test('fp16 and fp32: five million random numbers as f16round and Math.fround', () => {
  const draw = generator(77)
  const half = rounder('fp16')
  const single = rounder('fp32')
  for (let n = 0; n < 5_000_000; n++) {
    const x = randomFloat64(draw, -27, 17)
    if (!same(half(x), f16round(x))) assert.fail(`fp16: ${x} gave ${half(x)}`)
    const y = randomFloat64(draw, -152, 129)
    if (!same(single(y), Math.fround(y))) assert.fail(`fp32: ${y} gave ${single(y)}`)
  }
})
