/** Every midpoint of every format of 16 bits or fewer, and its float64 neighbours, in every mode: against the sorted table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format } from '../../src/format/parse.js'
import { fate, fateRounder, rounder } from '../../src/format/round.js'
import { deterministicModes, inward, outward, policies, same, smallFormats } from './support.js'
import { fateAt, indexAt, roundAt, tableOf, valueAt } from './table.js'

// The step beyond e11m1's largest value is 2^1024, no float64: oracle.test.ts tries that format.
for (const name of smallFormats.filter((n) => n !== 'e11m1')) {
  const signs = name === 'e8m0' ? [1] : [1, -1]
  const small = format(name).width <= 8

  test(`${name}: midpoints and their neighbours`, () => {
    const t = tableOf(name)
    // Both policies everywhere in small formats; in the others they differ only beyond the top, which the next test tries.
    for (const mode of deterministicModes)
      for (const policy of small ? policies : (['ieee'] as const)) {
        const rule = rounder(name, { rounding: mode, overflow: policy })
        for (let i = 0; i <= t.top; i++) {
          const middle = ((t.values[i] as number) + (t.values[i + 1] as number)) / 2
          for (const size of [inward(middle), middle, outward(middle)])
            for (const sign of signs) {
              const x = sign * size
              const expected = roundAt(t, x, i, mode, policy, 0)
              const result = rule(x)
              if (!same(result, expected)) assert.fail(`${mode}, ${policy}: ${x} gave ${result}, expected ${expected}`)
            }
        }
      }
  })

  test(`${name}: both policies around the largest value and beyond`, () => {
    const t = tableOf(name)
    const largest = t.values[t.top] as number
    const after = t.values[t.top + 1] as number
    const middle = (largest + after) / 2
    const inside = [inward(largest), largest, outward(largest), inward(middle), middle, outward(middle), inward(after)]
    const beyond = [after, outward(after), 2 * after, Number.MAX_VALUE, Infinity].filter((x) => x >= after)
    for (const mode of deterministicModes)
      for (const policy of policies) {
        const rule = rounder(name, { rounding: mode, overflow: policy })
        for (const sign of signs) {
          for (const size of inside) {
            const i = size < largest ? t.top - 1 : t.top
            const expected = roundAt(t, sign * size, i, mode, policy, 0)
            assert.ok(same(rule(sign * size), expected), `${mode}, ${policy}: ${sign * size} gave ${rule(sign * size)}`)
          }
          for (const size of beyond) {
            const expected = roundAt(t, sign * size, t.top + 1, mode, policy, 0)
            assert.ok(same(rule(sign * size), expected), `${mode}, ${policy}: ${sign * size} gave ${rule(sign * size)}`)
          }
        }
      }
  })

  test(`${name}: stochastic goes away exactly below the discarded fraction`, () => {
    const t = tableOf(name)
    for (const policy of policies) {
      let random = 0
      const rule = rounder(name, { rounding: 'stochastic', overflow: policy, random: () => random })
      for (let i = 0; i <= t.top; i++) {
        const lower = t.values[i] as number
        const upper = t.values[i + 1] as number
        const parts = [0.5, 0.25, 0.625, 2 ** -30, 1 - 2 ** -30]
        for (const part of small ? parts : [parts[i % parts.length] as number]) {
          // Exact: the table's neighbours are a power of two apart.
          const size = lower + (upper - lower) * part
          const fraction = (size - lower) / (upper - lower)
          if (fraction === 0 || fraction === 1) continue
          for (const draw of [fraction, inward(fraction)])
            for (const sign of signs) {
              random = draw
              const x = sign * size
              const expected = roundAt(t, x, i, 'stochastic', policy, draw)
              const result = rule(x)
              if (!same(result, expected))
                assert.fail(`${policy}: ${x} with ${draw} gave ${result}, expected ${expected} (fraction ${fraction})`)
            }
        }
      }
    }
  })

  if (small)
    test(`${name}: fates of values, midpoints and their neighbours`, () => {
      const t = tableOf(name)
      for (const rounding of deterministicModes)
        for (const overflow of policies) {
          const rule = fateRounder(name, { rounding, overflow })
          for (let i = 0; i <= t.top; i++) {
            const lower = t.values[i] as number
            const middle = (lower + (t.values[i + 1] as number)) / 2
            for (const size of [lower, inward(middle), middle, outward(middle)])
              for (const sign of signs) {
                const x = sign * size
                const index = indexAt(t, x, i, rounding, 0)
                const value = valueAt(t, x, index, rounding, overflow)
                const expected = fateAt(t, x, index, value)
                const result = fate(x, name, { rounding, overflow })
                if (result !== expected)
                  assert.fail(`${rounding}, ${overflow}: fate of ${x} is ${result}, expected ${expected}`)
                const all = rule(x)
                if (!same(all.value, value) || all.fate !== expected || all.beyond !== index > t.top)
                  assert.fail(`${rounding}, ${overflow}: ${x} gave ${JSON.stringify(all)}`)
              }
          }
        }
    })
}
