/** round, fate and encode against the slow exact implementation in Python (test/vectors/format/oracle.py). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formats } from '../../src/format/catalog.js'
import { encode } from '../../src/format/encode.js'
import type { Fate, Rounding } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { fate, round } from '../../src/format/round.js'
import { deterministicModes, expectCode, hexOf, ofHex, policies, rows } from './support.js'

const modes: readonly Rounding[] = [...deterministicModes, 'stochastic']
const fateOfLetter: Readonly<Record<string, Fate>> = {
  e: 'exact',
  r: 'rounded',
  s: 'subnormal',
  u: 'underflow',
  o: 'overflow',
  t: 'saturated',
  n: 'nan',
}
const custom = ['e2m2', 'e2m5', 'e3m1', 'e4m7', 'e6m9', 'e5m20', 'e8m30', 'e11m1', 'e11m10', 'e11m41']

for (const name of [...formats.map((f) => f.name), ...custom]) {
  test(`${name}: every mode and policy as the exact oracle says`, () => {
    const f = format(name)
    const answers = rows(`oracle/${name}.tsv.gz`)
    assert.ok(answers.length > 300)
    for (const [input, draw, results, codes, which, fates] of answers as [
      string,
      string,
      string,
      string,
      string,
      string,
    ][]) {
      const x = ofHex(input)
      const random = ofHex(draw)
      const values = results.split(',')
      const codeOf = codes.split(',')
      let column = 0
      for (const rounding of modes)
        for (const overflow of policies) {
          const o = rounding === 'stochastic' ? { rounding, overflow, random } : { rounding, overflow }
          const at = Number(which[column])
          const here = () => `${name}, ${rounding}, ${overflow}: ${x} (${input}), random ${random}`
          const value = round(x, f, o)
          const bits = Number.isNaN(value) ? '7ff8000000000000' : hexOf(value)
          if (bits !== values[at]) assert.fail(`${here()} gave ${value}, expected ${ofHex(values[at] as string)}`)
          const became = fate(x, f, o)
          const expected = fateOfLetter[fates[column] as string]
          if (became !== expected) assert.fail(`${here()} is ${became}, expected ${expected}`)
          const code = codeOf[at]
          if (code === '-') expectCode(f.width > 53 ? 'code-too-wide' : 'no-nan-code', () => encode(x, f, o))
          else if (encode(x, f, o) !== Number.parseInt(code as string, 16))
            assert.fail(`${here()} encodes to ${encode(x, f, o).toString(16)}, expected ${code}`)
          column++
        }
    }
  })
}
