/** encodeAll and decodeAll against format/'s encode and decode. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { uniform } from '../../src/data/rng.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { hasNaN } from '../../src/format/format.js'
import { decodeAll, encodeAll } from '../../src/kernel/codes.js'
import { fits } from '../../src/kernel/quantize.js'
import { all, codeOfRefusal, edges, exponentSweep, randomBits32 } from './inputs.js'

const small = all.filter((f) => f.width <= 16)

test('every code of every format up to 16 bits decodes, and its value encodes', () => {
  for (const f of small) {
    const n = 2 ** f.width
    const values = Float64Array.from({ length: n }, (_, code) => decode(code, f))
    const codes = f.width <= 8 ? new Uint8Array(n) : new Uint16Array(n)
    for (let code = 0; code < n; code++) codes[code] = code
    const carriers: (Float32Array | Float64Array)[] = [values]
    if (fits(f, 'fp32')) {
      const got = decodeAll(codes, f)
      for (let code = 0; code < n; code++) assert.ok(Object.is(got[code], values[code]), `${f.name} ${code}`)
      carriers.push(Float32Array.from(values))
    } else assert.throws(() => decodeAll(codes, f), { code: 'carrier-too-narrow' })
    for (const carrier of carriers) {
      const got = encodeAll(carrier, f)
      assert.ok(f.width <= 8 ? got instanceof Uint8Array : got instanceof Uint16Array)
      for (let code = 0; code < n; code++)
        assert.equal(got[code], encode(carrier[code] as number, f), `${f.name} ${carrier[code]}`)
    }
  }
})

test('values between the codes are rounded first, in any mode', () => {
  const sweep = exponentSweep(11)
  for (const f of small) {
    const near = Float64Array.of(...edges(f, 64), ...sweep, ...randomBits32(2000, 3))
    const values = hasNaN(f) ? near : near.filter((x) => !Number.isNaN(x))
    for (const rounding of ['nearest-even', 'down', 'stochastic'] as const)
      for (const carrier of fits(f, 'fp32') ? [values, Float32Array.from(values)] : [values]) {
        const got = encodeAll(carrier, f, { rounding, seed: 3 })
        for (let i = 0; i < carrier.length; i++) {
          const wanted = encode(carrier[i] as number, f, { rounding, random: uniform(3, i) })
          if (got[i] !== wanted) assert.fail(`${f.name} ${rounding}: ${carrier[i]} gives ${got[i]}, not ${wanted}`)
        }
      }
  }
})

test('refusals', () => {
  assert.equal(
    codeOfRefusal(() => encodeAll(new Float32Array([1, Number.NaN]), 'e2m1')),
    'no-nan-code',
  )
  assert.equal(
    codeOfRefusal(() => encodeAll(new Float32Array(1), 'tf32')),
    'code-too-wide',
  )
  assert.equal(
    codeOfRefusal(() => decodeAll(new Uint8Array([15, 16]), 'e2m1')),
    'invalid-code',
  )
  assert.equal(
    codeOfRefusal(() => decodeAll([1] as never, 'e2m1')),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => encodeAll([1] as never, 'e2m1')),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => encodeAll(new Float32Array(1), 'fp16', { seeds: 1 } as never)),
    'unknown-key',
  )
})
