/** Every code of every format of 16 bits or fewer: its value, its place in the order, its round trip, its neighbours. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import {
  bias,
  exponentBits,
  fractionBits,
  hasInfinity,
  hasNaN,
  hasZero,
  largest,
  machineEpsilon,
  smallest,
  smallestNormal,
} from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { rounder } from '../../src/format/round.js'
import { next, previous, ulp } from '../../src/format/ulp.js'
import { deterministicModes, hexOf, ofHex, policies, rows, same, smallFormats } from './support.js'

interface Facts {
  readonly bits: number
  readonly max: number
  readonly maxCode: number
  readonly minNormal: number
  /** The smallest positive value. */
  readonly min: number
  readonly epsilon: number
  /** Code of +Inf, or none. */
  readonly infinity?: number
  readonly nans: number
  readonly nanCode?: number
  readonly negativeZero: boolean
  readonly signed: boolean
}

const ieee = { negativeZero: true, signed: true }
const fnuz = { negativeZero: false, signed: true, nans: 1, nanCode: 0x80 }

/** The published parameters (OCP OFP8 1.0 and MX 1.0, IEEE 754, ml_dtypes' finfo), typed in as literals. */
const facts: Readonly<Record<string, Facts>> = {
  tf32: {
    bits: 19,
    max: 3.4011621342146535e38,
    maxCode: 0x3fbff,
    minNormal: 2 ** -126,
    min: 2 ** -136,
    epsilon: 2 ** -10,
    infinity: 0x3fc00,
    nans: 2046,
    nanCode: 0x3fe00,
    ...ieee,
  },
  bf16: {
    bits: 16,
    max: 3.3895313892515355e38,
    maxCode: 0x7f7f,
    minNormal: 2 ** -126,
    min: 2 ** -133,
    epsilon: 2 ** -7,
    infinity: 0x7f80,
    nans: 254,
    nanCode: 0x7fc0,
    ...ieee,
  },
  fp16: {
    bits: 16,
    max: 65504,
    maxCode: 0x7bff,
    minNormal: 6.103515625e-5,
    min: 2 ** -24,
    epsilon: 2 ** -10,
    infinity: 0x7c00,
    nans: 2046,
    nanCode: 0x7e00,
    ...ieee,
  },
  e5m2: {
    bits: 8,
    max: 57344,
    maxCode: 0x7b,
    minNormal: 2 ** -14,
    min: 2 ** -16,
    epsilon: 0.25,
    infinity: 0x7c,
    nans: 6,
    nanCode: 0x7e,
    ...ieee,
  },
  e4m3: {
    bits: 8,
    max: 240,
    maxCode: 0x77,
    minNormal: 2 ** -6,
    min: 2 ** -9,
    epsilon: 0.125,
    infinity: 0x78,
    nans: 14,
    nanCode: 0x7c,
    ...ieee,
  },
  e3m4: {
    bits: 8,
    max: 15.5,
    maxCode: 0x6f,
    minNormal: 0.25,
    min: 2 ** -6,
    epsilon: 2 ** -4,
    infinity: 0x70,
    nans: 30,
    nanCode: 0x78,
    ...ieee,
  },
  e4m3fn: {
    bits: 8,
    max: 448,
    maxCode: 0x7e,
    minNormal: 2 ** -6,
    min: 2 ** -9,
    epsilon: 0.125,
    nans: 2,
    nanCode: 0x7f,
    ...ieee,
  },
  e4m3fnuz: { bits: 8, max: 240, maxCode: 0x7f, minNormal: 2 ** -7, min: 2 ** -10, epsilon: 0.125, ...fnuz },
  e5m2fnuz: { bits: 8, max: 57344, maxCode: 0x7f, minNormal: 2 ** -15, min: 2 ** -17, epsilon: 0.25, ...fnuz },
  e4m3b11fnuz: { bits: 8, max: 30, maxCode: 0x7f, minNormal: 2 ** -10, min: 2 ** -13, epsilon: 0.125, ...fnuz },
  e3m2: { bits: 6, max: 28, maxCode: 0x1f, minNormal: 0.25, min: 2 ** -4, epsilon: 0.25, nans: 0, ...ieee },
  e2m3: { bits: 6, max: 7.5, maxCode: 0x1f, minNormal: 1, min: 0.125, epsilon: 0.125, nans: 0, ...ieee },
  e2m1: { bits: 4, max: 6, maxCode: 7, minNormal: 1, min: 0.5, epsilon: 0.5, nans: 0, ...ieee },
  e8m0: {
    bits: 8,
    max: 2 ** 127,
    maxCode: 0xfe,
    minNormal: 2 ** -127,
    min: 2 ** -127,
    epsilon: 1,
    nans: 1,
    nanCode: 0xff,
    negativeZero: false,
    signed: false,
  },
  e2m2: {
    bits: 5,
    max: 3.5,
    maxCode: 0x0b,
    minNormal: 1,
    min: 0.25,
    epsilon: 0.25,
    infinity: 0x0c,
    nans: 6,
    nanCode: 0x0e,
    ...ieee,
  },
  e3m1: {
    bits: 5,
    max: 12,
    maxCode: 0x0d,
    minNormal: 0.25,
    min: 0.125,
    epsilon: 0.5,
    infinity: 0x0e,
    nans: 2,
    nanCode: 0x0f,
    ...ieee,
  },
}

/** The code of −0, or of NaN where there is no −0. */
const signBit = (f: Facts): number => 2 ** (f.bits - 1)

for (const [name, f] of Object.entries(facts)) {
  test(`${name}: the published limits, counted over all codes`, () => {
    assert.equal(format(name).width, f.bits)
    const values = Array.from({ length: 2 ** f.bits }, (_, code) => decode(code, name))
    const finite = values.filter(Number.isFinite)
    assert.equal(
      Math.max(
        ...finite.slice(0, 1),
        finite.reduce((a, b) => Math.max(a, b), 0),
      ),
      f.max,
    )
    assert.equal(values.indexOf(f.max), f.maxCode)
    assert.equal(
      finite.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), f.max),
      f.min,
    )
    assert.equal(values.filter(Number.isNaN).length, f.nans)
    const infinities = values.filter((v) => v === Infinity || v === -Infinity).length
    assert.equal(infinities, f.infinity === undefined ? 0 : 2)
    if (f.infinity !== undefined) {
      assert.equal(values[f.infinity], Infinity)
      assert.equal(values[f.infinity + signBit(f)], -Infinity)
    }
    assert.equal(values.filter((v) => Object.is(v, -0)).length, f.negativeZero ? 1 : 0)
    if (f.negativeZero) assert.ok(Object.is(values[signBit(f)], -0))
    assert.equal(values.filter((v) => Object.is(v, 0)).length, f.signed ? 1 : 0)
    if (f.nanCode !== undefined) {
      assert.ok(Number.isNaN(values[f.nanCode]))
      assert.equal(encode(Number.NaN, name), f.nanCode)
    }
    // The step above 1 is epsilon; the smallest normal number has that many steps less to zero.
    assert.equal((next(1, name) as number) - 1, f.epsilon)
    if (f.signed) assert.equal(f.min / f.minNormal, f.epsilon)
    assert.equal(ulp(f.minNormal, name), f.signed ? f.min : f.minNormal)
    // The derived facts of the record say the same.
    const record = format(name)
    assert.equal(largest(record), f.max)
    assert.equal(smallest(record), f.min)
    assert.equal(smallestNormal(record), f.minNormal)
    assert.equal(machineEpsilon(record), f.epsilon)
    assert.equal(hasInfinity(record), f.infinity !== undefined)
    assert.equal(hasNaN(record), f.nans > 0)
    assert.equal(hasZero(record), f.signed)
    assert.equal(f.signed ? 1 + exponentBits(record) + fractionBits(record) : exponentBits(record), f.bits)
    assert.equal(encode(1, name), bias(record) * 2 ** fractionBits(record))
  })
}

test('e2m1: all sixteen values', () => {
  const values = Array.from({ length: 16 }, (_, code) => decode(code, 'e2m1'))
  assert.deepEqual(values, [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6])
})

test('fp16: 31743 positive finite values, 1023 of them subnormal', () => {
  const positive = Array.from({ length: 0x8000 }, (_, code) => decode(code, 'fp16')).filter(
    (v) => v > 0 && v < Infinity,
  )
  assert.equal(positive.length, 31743)
  assert.equal(positive.filter((v) => v < 2 ** -14).length, 1023)
})

/** SHA-256 over the float64 of every code: a difference in any single bit of any code shows. */
function digest(name: string): string {
  const count = 2 ** format(name).width
  const bytes = Buffer.alloc(8 * count)
  for (let code = 0; code < count; code++) {
    const value = decode(code, name)
    if (Number.isNaN(value)) bytes.writeUInt32BE(0x7ff80000, 8 * code)
    else bytes.writeDoubleBE(value, 8 * code)
  }
  return createHash('sha256').update(bytes).digest('hex')
}

const answers = rows('decode.tsv')

for (const name of new Set(answers.map((row) => row[0] as string))) {
  test(`${name}: decode against the exact oracle in Python`, () => {
    let tried = 0
    for (const [, code, answer] of answers.filter((row) => row[0] === name)) {
      if (code === 'all') continue
      const value = decode(Number.parseInt(code as string, 16), name)
      const expected = ofHex(answer as string)
      assert.ok(same(value, expected), `code ${code}: ${value} (${hexOf(value)}), expected ${expected} (${answer})`)
      tried++
    }
    assert.ok(tried >= 16)
    const all = answers.find((row) => row[0] === name && row[1] === 'all')
    if (all) assert.equal(digest(name), all[2])
    else assert.ok(format(name).width > 19)
  })
}

test('the oracle knows every code of every format of 16 bits or fewer', () => {
  const known = new Set(answers.filter((row) => row[1] === 'all').map((row) => row[0]))
  for (const name of [...smallFormats, ...formats.filter((f) => f.width <= 16).map((f) => f.name)])
    assert.ok(known.has(name), name)
})

for (const [name, expected] of rows('numpy-decode.tsv') as [string, string][]) {
  test(`${name}: every code decoded as NumPy does`, () => {
    assert.equal(digest(name), expected)
  })
}

for (const name of smallFormats) {
  const { width } = format(name)
  const signed = name !== 'e8m0'
  const half = signed ? 2 ** (width - 1) : 2 ** width

  test(`${name}: codes are in the order of their values, and the sign bit negates`, () => {
    let last = Number.NEGATIVE_INFINITY
    let ended = false
    for (let code = 0; code < half; code++) {
      const value = decode(code, name)
      if (Number.isNaN(value)) ended = true
      else {
        assert.ok(!ended, `code ${code} is a number after a NaN code`)
        assert.ok(value > last, `code ${code}: ${value} is not above ${last}`)
        last = value
      }
      if (!signed) continue
      const mirrored = decode(code + half, name)
      const expected = name.includes('fnuz') && code === 0 ? Number.NaN : -value
      assert.ok(same(mirrored, expected), `code ${code + half}: ${mirrored}`)
    }
  })

  test(`${name}: encode(decode(code)) is the code, every NaN the canonical one`, () => {
    for (let code = 0; code < 2 ** width; code++) {
      const value = decode(code, name)
      const expected = Number.isNaN(value) ? encode(Number.NaN, name) : code
      const again = encode(value, name)
      if (again !== expected) assert.fail(`code ${code} (${value}) encodes to ${again}`)
    }
  })

  test(`${name}: a value of the format is its own rounding, in every mode`, () => {
    for (const rounding of deterministicModes)
      for (const overflow of policies) {
        const rule = rounder(name, { rounding, overflow })
        for (let code = 0; code < 2 ** width; code++) {
          const value = decode(code, name)
          if (overflow === 'saturate' && !Number.isFinite(value)) continue
          const result = rule(value)
          if (!same(result, value)) assert.fail(`${rounding}, ${overflow}: ${value} became ${result}`)
        }
      }
  })

  test(`${name}: next and previous are the values of the neighbouring codes`, () => {
    const positive = Array.from({ length: half }, (_, code) => decode(code, name)).filter((v) => !Number.isNaN(v))
    const line = signed
      ? [
          ...positive
            .slice(1)
            .map((v) => -v)
            .reverse(),
          ...positive,
        ]
      : positive
    const beyond = line.at(-1) === Infinity
    for (let i = 0; i < line.length; i++) {
      const value = line[i] as number
      const above = line[i + 1] ?? Number.NaN
      const below = line[i - 1] ?? Number.NaN
      const up = next(value, name)
      const down = previous(value, name)
      // The sign of a zero is not the point here.
      if (!same(up + 0, above + 0)) assert.fail(`next(${value}) is ${up}, expected ${above}`)
      if (!same(down + 0, below + 0)) assert.fail(`previous(${value}) is ${down}, expected ${below}`)
      // The ulp of a finite value is its distance to the neighbour farther from zero (the top one has no such neighbour).
      const away = value < 0 ? below : above
      if (Number.isFinite(away) && Number.isFinite(value)) assert.equal(ulp(value, name), Math.abs(away - value))
    }
    assert.equal(beyond, line[0] === Number.NEGATIVE_INFINITY)
  })

  test(`${name}: next and previous of numbers between the values`, () => {
    const values = Array.from({ length: half }, (_, code) => decode(code, name)).filter(Number.isFinite)
    for (let i = 0; i + 1 < values.length; i++) {
      const lower = values[i] as number
      const upper = values[i + 1] as number
      const between = lower + (upper - lower) * 0.375
      if (next(between, name) !== upper) assert.fail(`next(${between}) is ${next(between, name)}`)
      if (previous(between, name) !== lower) assert.fail(`previous(${between}) is ${previous(between, name)}`)
      if (!signed) continue
      if (next(-between, name) !== -lower) assert.fail(`next(${-between}) is ${next(-between, name)}`)
      if (previous(-between, name) !== -upper) assert.fail(`previous(${-between}) is ${previous(-between, name)}`)
    }
  })
}
