/** Laws of rounding that need no table, on numbers that fast-check draws. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { exactDecimal } from '../../src/format/exact.js'
import type { Format, Rounding } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { fate, round } from '../../src/format/round.js'
import { next, previous, ulp } from '../../src/format/ulp.js'
import { bitsOf, deterministicModes, float64, inward, same } from './support.js'

const seed = 20261121
const check = (property: fc.IProperty<unknown[]> | fc.IPropertyWithHooks<unknown[]>, numRuns = 4000) =>
  fc.assert(property, { seed, numRuns })

const pool: readonly Format[] = [
  ...formats,
  ...['e2m2', 'e3m1', 'e4m7', 'e6m9', 'e5m20', 'e8m30', 'e11m1', 'e11m41'].map(format),
]
const anyFormat = fc.constantFrom(...pool)
/** |a − b| in units of 2^-1074, exact. */
function distance(a: number, b: number): bigint {
  const integer = (x: number): bigint => {
    const bits = bitsOf(Math.abs(x))
    const field = bits >> 52n
    const size = field === 0n ? bits : ((bits & (2n ** 52n - 1n)) | (1n << 52n)) << (field - 1n)
    return x < 0 ? -size : size
  }
  const d = integer(a) - integer(b)
  return d < 0n ? -d : d
}

const signedFormat = fc.constantFrom(...pool.filter((f) => f.signed))
const mode = fc.constantFrom<Rounding>(...deterministicModes)

/** A number near what a format holds: a value of it, moved by some float64 steps or to a part of the way to the next. */
const nearValue = (f: Format): fc.Arbitrary<number> =>
  fc
    .record({
      exponent: fc.integer({ min: f.emin - f.precision - 2, max: f.emax + 2 }),
      significand: fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }),
      kept: fc.integer({ min: 0, max: 52 }),
      negative: fc.boolean(),
    })
    .map(({ exponent, significand, kept, negative }) => {
      const field = BigInt(Math.min(Math.max(exponent, -1022), 1023) + 1023)
      const cut = (significand >> BigInt(52 - kept)) << BigInt(52 - kept)
      return float64((negative ? 1n << 63n : 0n) | (field << 52n) | cut)
    })
const anyNumber = (f: Format) =>
  fc.oneof(
    { arbitrary: nearValue(f), weight: 6 },
    { arbitrary: fc.double(), weight: 2 },
    { arbitrary: fc.constantFrom(0, -0, Infinity, -Infinity, Number.NaN), weight: 1 },
  )
const finiteNumber = (f: Format) =>
  fc.oneof(
    { arbitrary: nearValue(f), weight: 6 },
    { arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }), weight: 2 },
  )

const formatAndNumber = anyFormat.chain((f) => fc.tuple(fc.constant(f), anyNumber(f)))
const formatAndFinite = anyFormat.chain((f) => fc.tuple(fc.constant(f), finiteNumber(f)))
const signedAndNumber = signedFormat.chain((f) => fc.tuple(fc.constant(f), anyNumber(f)))

test('idempotent: a rounded value rounds to itself, in every mode', () => {
  check(
    fc.property(
      formatAndNumber,
      mode,
      mode,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      ([f, x], first, second, random) => {
        const value = round(x, f, { rounding: first })
        assert.ok(same(round(value, f, { rounding: second }), value))
        assert.ok(same(round(value, f, { rounding: 'stochastic', random }), value))
      },
    ),
  )
})

test('monotone: x <= y gives round(x) <= round(y)', () => {
  const pair = anyFormat.chain((f) => fc.tuple(fc.constant(f), finiteNumber(f), finiteNumber(f), fc.boolean()))
  check(
    fc.property(pair, mode, fc.constantFrom('ieee', 'saturate'), ([f, a, b, close], rounding, overflow) => {
      const other = close ? round(a, f) : b
      const [low, high] = a <= other ? [a, other] : [other, a]
      const r = round(low, f, { rounding, overflow: overflow as 'ieee' })
      const s = round(high, f, { rounding, overflow: overflow as 'ieee' })
      if (!Number.isNaN(r) && !Number.isNaN(s)) assert.ok(r <= s, `${r} > ${s}`)
    }),
  )
})

test('odd: round(−x) = −round(x) in the symmetric modes; up mirrors down', () => {
  const mirror: Readonly<Record<string, Rounding>> = { up: 'down', down: 'up' }
  check(
    fc.property(signedAndNumber, mode, fc.constantFrom('ieee', 'saturate'), ([f, x], rounding, overflow) => {
      const r = round(x, f, { rounding, overflow: overflow as 'ieee' })
      const s = round(-x, f, { rounding: mirror[rounding] ?? rounding, overflow: overflow as 'ieee' })
      if (f.negativeZero) assert.ok(same(s, -r))
      else assert.ok(same(s, r === 0 ? 0 : -r))
    }),
  )
})

test('the result is one of the two neighbours, on the side the mode says', () => {
  check(
    fc.property(formatAndFinite, mode, ([f, x], rounding) => {
      const r = round(x, f, { rounding })
      if (!Number.isFinite(r) || fate(x, f, { rounding }) === 'saturated' || (!f.signed && x < 2 ** -127)) return
      if (r === x) return
      assert.ok(r === next(x, f) || r === previous(x, f), `${x} gave ${r}`)
      if (rounding === 'up') assert.ok(r > x)
      if (rounding === 'down') assert.ok(r < x)
      if (rounding === 'toward-zero') assert.ok(Math.abs(r) < Math.abs(x))
      if (rounding === 'to-odd' && f.width <= 53) assert.equal(encode(r, f) % 2, 1)
    }),
  )
})

test('error: at most half an ulp to nearest, less than one ulp otherwise', () => {
  check(
    fc.property(formatAndFinite, mode, ([f, x], rounding) => {
      const r = round(x, f, { rounding })
      if (!Number.isFinite(r) || fate(x, f, { rounding }) === 'saturated' || (!f.signed && x < 2 ** -127)) return
      const error = distance(r, x)
      const unit = distance(ulp(x, f), 0)
      if (rounding.startsWith('nearest')) assert.ok(2n * error <= unit)
      else assert.ok(error < unit)
      // No value of the format is nearer than a nearest one.
      if (rounding === 'nearest-even')
        for (const other of [next(x, f), previous(x, f)])
          if (Number.isFinite(other)) assert.ok(error <= distance(other, x))
    }),
  )
})

test('nearest modes differ only at ties; to-odd and toward-zero agree with every mode on values', () => {
  check(
    fc.property(formatAndFinite, ([f, x]) => {
      const even = round(x, f, { rounding: 'nearest-even' })
      const away = round(x, f, { rounding: 'nearest-away' })
      if (!Number.isFinite(even) || !Number.isFinite(away) || same(even, away)) return
      assert.equal(distance(even, x), distance(away, x))
      assert.ok(Math.abs(away) > Math.abs(even) || f.width > 53)
      if (f.width <= 53) assert.equal(encode(even, f) % 2, 0)
    }),
  )
})

test('up and down enclose x, and meet only at values', () => {
  check(
    fc.property(formatAndFinite, ([f, x]) => {
      if (!f.signed && x < 2 ** -127) return
      const up = round(x, f, { rounding: 'up' })
      const down = round(x, f, { rounding: 'down' })
      if (Number.isFinite(up) && fate(x, f, { rounding: 'up' }) !== 'saturated') assert.ok(up >= x)
      if (Number.isFinite(down) && fate(x, f, { rounding: 'down' }) !== 'saturated') assert.ok(down <= x)
      const saturated = (['up', 'down'] as const).some((rounding) => fate(x, f, { rounding }) === 'saturated')
      if (up === down) assert.ok(up === x || saturated)
    }),
  )
})

test('stochastic: away from zero iff random < the exact discarded fraction', () => {
  const narrow = signedFormat.chain((f) => fc.tuple(fc.constant(f), nearValue(f)))
  let decided = 0
  check(
    fc.property(narrow, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), ([f, x], random) => {
      const low = round(x, f, { rounding: 'toward-zero' })
      if (low === x || fate(x, f, { rounding: 'toward-zero' }) === 'saturated') return
      const high = round(x, f, { rounding: x < 0 ? 'down' : 'up' })
      // Both exact: the part is below one ulp of x, the ulp a power of two.
      const fraction = Math.abs(x - low) / ulp(x, f)
      assert.ok(fraction > 0 && fraction < 1)
      const at = (draw: number) => round(x, f, { rounding: 'stochastic', random: draw })
      assert.ok(same(at(fraction), low))
      assert.ok(same(at(inward(fraction)), high))
      assert.ok(same(at(0), high))
      assert.ok(same(at(random), random < fraction ? high : low))
      decided++
    }),
  )
  assert.ok(decided > 1000, String(decided))
})

test('encode and decode: the value of the code is the rounded value, the code of the value the code', () => {
  check(
    fc.property(formatAndNumber, mode, ([f, x], rounding) => {
      const value = round(x, f, { rounding })
      if (f.width > 53 || (f.specials === 'none' && Number.isNaN(value))) return
      const code = encode(x, f, { rounding })
      assert.ok(Number.isInteger(code) && code >= 0 && code < 2 ** f.width)
      assert.ok(same(decode(code, f), value))
      assert.equal(encode(value, f), code)
    }),
  )
})

test('fate says what round did', () => {
  check(
    fc.property(formatAndNumber, mode, fc.constantFrom('ieee', 'saturate'), ([f, x], rounding, overflow) => {
      const o = { rounding, overflow: overflow as 'ieee' }
      const value = round(x, f, o)
      switch (fate(x, f, o)) {
        case 'nan':
          return assert.ok(Number.isNaN(value))
        case 'overflow':
          return assert.equal(Math.abs(value), Infinity)
        case 'saturated':
          return assert.ok(
            Math.abs(value) < Math.abs(x) &&
              same(next(Math.abs(value), f), f.specials === 'ieee' ? Infinity : Number.NaN),
          )
        case 'underflow':
          return assert.ok(x !== 0 && value === 0)
        case 'subnormal':
          return assert.ok(value !== 0 && Math.abs(value) < 2 ** f.emin)
        case 'rounded':
          return assert.ok(value !== x && Number.isFinite(value) && Math.abs(value) >= 2 ** f.emin)
        case 'exact':
          return assert.ok(value === x || x === 0)
      }
    }),
  )
})

test('next and previous undo each other on values, and no value lies between', () => {
  check(
    fc.property(formatAndFinite, ([f, x]) => {
      const value = round(x, f, { overflow: 'saturate' })
      if (Number.isNaN(value)) return
      const above = next(value, f)
      if (Number.isFinite(above)) {
        assert.ok(above > value)
        assert.ok(previous(above, f) === value)
        const middle = value + (above - value) / 2
        if (middle !== value && middle !== above) {
          assert.equal(next(middle, f), above)
          assert.ok(previous(middle, f) === value)
        }
      }
    }),
  )
})

/** The digits of a decimal as an integer over a power of ten. */
function readDecimal(text: string): [bigint, bigint] {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) as unknown as [
    string,
    string,
    string,
    string?,
  ]
  return [BigInt(sign + whole + fraction), 10n ** BigInt(fraction.length)]
}

/** A finite float64 as an integer over a power of two, from its bits. */
function readBits(x: number): [bigint, bigint] {
  const bits = bitsOf(x)
  const field = Number((bits >> 52n) & 0x7ffn)
  const significand = (bits & (2n ** 52n - 1n)) + (field > 0 ? 2n ** 52n : 0n)
  const exponent = Math.max(field, 1) - 1075
  const size: [bigint, bigint] =
    exponent >= 0 ? [significand << BigInt(exponent), 1n] : [significand, 1n << BigInt(-exponent)]
  return [bits >> 63n ? -size[0] : size[0], size[1]]
}

test('exactDecimal: the decimal, read as integers, is the float64', () => {
  check(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
      const text = exactDecimal(x)
      const [a, b] = readDecimal(text)
      const [c, d] = readBits(x)
      assert.equal(a * d, c * b, text)
      // No zeros that say nothing, and the engine reads it back.
      assert.ok(!/\.\d*0$/.test(text) && !/^-?0\d/.test(text), text)
      assert.ok(Object.is(Number(text), x))
    }),
    2000,
  )
})
