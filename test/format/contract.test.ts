/** The public contract of formats, sentence by sentence. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import type { Format } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { fate, type RoundOptions, round } from '../../src/format/round.js'
import { next, previous, ulp } from '../../src/format/ulp.js'
import { deterministicModes, expectCode, inward, outward, same } from './support.js'

const everyMode: readonly RoundOptions[] = [
  ...deterministicModes.map((rounding) => ({ rounding })),
  { rounding: 'stochastic', random: 0 },
  { rounding: 'stochastic', random: 0.999 },
]

test('the catalog holds the sixteen formats, and each record the ten facts', () => {
  const names = formats.map((f) => f.name)
  assert.deepEqual([...names].sort(), [
    'bf16',
    'e2m1',
    'e2m3',
    'e3m2',
    'e3m4',
    'e4m3',
    'e4m3b11fnuz',
    'e4m3fn',
    'e4m3fnuz',
    'e5m2',
    'e5m2fnuz',
    'e8m0',
    'fp16',
    'fp32',
    'fp64',
    'tf32',
  ])
  for (const f of formats) {
    assert.equal(format(f.name), f)
    assert.deepEqual(
      Object.keys(f).sort(),
      ['emax', 'emin', 'name', 'negativeZero', 'precision', 'signed', 'specials', 'spec', 'subnormals', 'width'].sort(),
    )
    assert.ok(f.spec.length > 10, f.name)
  }
})

test('the facts of each format', () => {
  const facts: readonly (readonly [string, number, number, number, number, Format['specials']])[] = [
    ['fp64', 64, 53, -1022, 1023, 'ieee'],
    ['fp32', 32, 24, -126, 127, 'ieee'],
    ['tf32', 19, 11, -126, 127, 'ieee'],
    ['bf16', 16, 8, -126, 127, 'ieee'],
    ['fp16', 16, 11, -14, 15, 'ieee'],
    ['e5m2', 8, 3, -14, 15, 'ieee'],
    ['e4m3', 8, 4, -6, 7, 'ieee'],
    ['e3m4', 8, 5, -2, 3, 'ieee'],
    ['e4m3fn', 8, 4, -6, 8, 'nan-only'],
    ['e4m3fnuz', 8, 4, -7, 7, 'fnuz'],
    ['e5m2fnuz', 8, 3, -15, 15, 'fnuz'],
    ['e4m3b11fnuz', 8, 4, -10, 4, 'fnuz'],
    ['e3m2', 6, 3, -2, 4, 'none'],
    ['e2m3', 6, 4, 0, 2, 'none'],
    ['e2m1', 4, 2, 0, 2, 'none'],
    ['e8m0', 8, 1, -127, 127, 'nan-only'],
    ['e6m9', 16, 10, -30, 31, 'ieee'],
    ['e11m41', 53, 42, -1022, 1023, 'ieee'],
  ]
  for (const [name, width, precision, emin, emax, specials] of facts) {
    const f = format(name)
    assert.deepEqual([f.width, f.precision, f.emin, f.emax, f.specials], [width, precision, emin, emax, specials], name)
    assert.equal(f.signed, name !== 'e8m0', name)
    assert.equal(f.negativeZero, name !== 'e8m0' && specials !== 'fnuz', name)
  }
})

test('aliases and eXmY twins are the same record', () => {
  const aliases = {
    fp16: ['half', 'binary16', 'float16', 'FP16', 'Half', 'e5m10'],
    bf16: ['bfloat16', 'BF16', 'e8m7'],
    fp32: ['single', 'float32', 'binary32', 'e8m23'],
    fp64: ['double', 'float64', 'binary64', 'e11m52'],
    tf32: ['e8m10'],
  }
  for (const [name, others] of Object.entries(aliases))
    for (const other of others) assert.equal(format(other), format(name), other)
  assert.equal(format('e6m9'), format('e6m9'))
})

test('catalog names win over the IEEE reading of eXmY; e4m3 is the IEEE type with maximum 240', () => {
  assert.equal(format('e2m1').specials, 'none')
  assert.equal(format('e2m3').specials, 'none')
  assert.equal(format('e3m2').specials, 'none')
  assert.equal(decode(0x77, 'e4m3'), 240)
  assert.equal(decode(0x78, 'e4m3'), Infinity)
  assert.equal(decode(0x7e, 'e4m3fn'), 448)
})

test("eXmY: X 2..11, Y 1..52; anything else is 'unknown-format'", () => {
  for (let x = 2; x <= 11; x++)
    for (const y of [1, 2, 5, 23, 51, 52]) {
      const f = format(`e${x}m${y}`)
      assert.equal(f.precision, y + 1)
      assert.equal(f.width, f.name === 'e2m1' ? 4 : 1 + x + y)
    }
  for (const name of [
    'e1m5',
    'e12m5',
    'e5m0',
    'e5m53',
    'e0m3',
    'e05m10',
    'e5m010',
    'em',
    'e5',
    'e5m2x',
    'xe5m2',
    'fp61',
    '',
    ' ',
    'constructor',
    '__proto__',
    'toString',
  ])
    expectCode('unknown-format', () => format(name))
})

test('what is no format throws at once', () => {
  for (const bad of [undefined, null, 16, {}, [], { name: 'fp16' }] as unknown as string[])
    for (const run of [() => round(1, bad), () => encode(1, bad), () => decode(1, bad), () => fate(1, bad)])
      assert.throws(run, FpsimError, JSON.stringify(bad))
})

test("'ambiguous-format' lists the exact names", () => {
  for (const name of ['fp8', 'FP8']) {
    const listed = JSON.stringify(expectCode('ambiguous-format', () => format(name)).values)
    for (const exact of ['"e4m3fn"', '"e5m2"']) assert.ok(listed.includes(exact), listed)
  }
  expectCode('ambiguous-format', () => round(1, 'fp8'))
})

test('NaN encodes as quiet with sign 0', () => {
  for (const [name, code] of [
    ['fp16', 0x7e00],
    ['bf16', 0x7fc0],
    ['tf32', 0x3fe00],
    ['fp32', 0x7fc00000],
    ['e5m2', 0x7e],
    ['e4m3', 0x7c],
    ['e3m4', 0x78],
    ['e4m3fn', 0x7f],
    ['e4m3fnuz', 0x80],
    ['e5m2fnuz', 0x80],
    ['e4m3b11fnuz', 0x80],
    ['e8m0', 0xff],
    ['e3m1', 0x0f],
    ['e6m9', 0x7f00],
  ] as const)
    for (const o of [{}, { overflow: 'saturate' } as const, ...everyMode]) {
      assert.equal(encode(Number.NaN, name, o), code, name)
      assert.ok(Number.isNaN(round(Number.NaN, name, o)))
      assert.equal(fate(Number.NaN, name, o), 'nan')
    }
  // The same pattern, right-aligned: tf32 is the upper 19 bits of fp32's.
  assert.equal(0x3fe00, 0x7fc00000 / 2 ** 13)
})

test("into a format without NaN: round gives NaN, encode throws 'no-nan-code'", () => {
  for (const name of ['e3m2', 'e2m3', 'e2m1'])
    for (const o of [{}, { overflow: 'saturate' } as const, ...everyMode]) {
      assert.ok(Number.isNaN(round(Number.NaN, name, o)))
      assert.equal(fate(Number.NaN, name, o), 'nan')
      expectCode('no-nan-code', () => encode(Number.NaN, name, o))
    }
})

test('-0 stays where the format has one, and becomes +0 where it has none', () => {
  for (const f of formats) {
    if (f.name === 'e8m0') continue
    for (const o of everyMode) {
      assert.ok(Object.is(round(-0, f, o), f.name.includes('fnuz') ? 0 : -0), f.name)
      assert.ok(Object.is(round(0, f, o), 0), f.name)
      assert.equal(fate(-0, f, o), 'exact')
    }
    if (f.width <= 53) {
      assert.equal(encode(0, f), 0)
      assert.equal(encode(-0, f), f.name.includes('fnuz') ? 0 : 2 ** (f.width - 1))
    }
  }
})

test("formats wider than 53 bits throw 'code-too-wide' in encode and decode, and round all the same", () => {
  for (const name of ['fp64', 'e11m42', 'e11m51', 'e2m52', 'e8m45']) {
    expectCode('code-too-wide', () => encode(1, name))
    expectCode('code-too-wide', () => decode(0, name))
    assert.equal(round(1.5, name), 1.5)
  }
  assert.equal(encode(1, 'e11m41'), 1023 * 2 ** 41)
  assert.equal(decode(1023 * 2 ** 41, 'e11m41'), 1)
  assert.equal(encode(-Infinity, 'e11m41'), 2 ** 52 + 2047 * 2 ** 41)
  assert.equal(encode(1, 'e8m44'), 127 * 2 ** 44)
})

test("decode throws 'invalid-code' outside 0 … 2^width − 1", () => {
  for (const [code, name] of [
    [-1, 'fp16'],
    [0x10000, 'fp16'],
    [256, 'e5m2'],
    [64, 'e3m2'],
    [16, 'e2m1'],
    [256, 'e8m0'],
    [2 ** 19, 'tf32'],
    [2 ** 53, 'e11m41'],
    [1.5, 'fp16'],
    [Number.NaN, 'fp16'],
    [Infinity, 'fp16'],
  ] as const)
    expectCode('invalid-code', () => decode(code, name))
  expectCode('invalid-code', () => decode('1' as unknown as number, 'fp16'))
})

test('overflow ieee: nearest and outward give Inf, NaN without Inf, the largest finite with neither', () => {
  for (const [name, result, largest] of [
    ['fp16', Infinity, 65504],
    ['e5m2', Infinity, 57344],
    ['e4m3fn', Number.NaN, 448],
    ['e4m3fnuz', Number.NaN, 240],
    ['e2m1', 6, 6],
    ['e3m2', 28, 28],
  ] as const) {
    const x = 1e9
    const outcome = (value: number, rounding: (typeof deterministicModes)[number], o: RoundOptions = {}) =>
      round(value, name, { ...o, rounding })
    for (const rounding of ['nearest-even', 'nearest-away', 'up'] as const)
      assert.ok(same(outcome(x, rounding), result))
    for (const rounding of ['nearest-even', 'nearest-away', 'down'] as const)
      assert.ok(same(outcome(-x, rounding), -result))
    for (const rounding of ['toward-zero', 'to-odd', 'down'] as const) assert.equal(outcome(x, rounding), largest)
    for (const rounding of ['toward-zero', 'to-odd', 'up'] as const) assert.equal(outcome(-x, rounding), -largest)
    for (const o of everyMode) {
      assert.ok(same(round(Infinity, name, o), result), 'Inf in every mode')
      assert.ok(same(round(-Infinity, name, o), -result))
      for (const y of [x, Infinity]) {
        assert.equal(round(y, name, { ...o, overflow: 'saturate' }), largest)
        assert.equal(round(-y, name, { ...o, overflow: 'saturate' }), -largest)
      }
    }
  }
})

test('e4m3fn nearest-even: 464 gives 448, the next float64 NaN', () => {
  assert.equal(round(464, 'e4m3fn'), 448)
  assert.ok(Number.isNaN(round(outward(464), 'e4m3fn')))
  assert.ok(Number.isNaN(round(464, 'e4m3fn', { rounding: 'nearest-away' })))
  assert.equal(round(inward(464), 'e4m3fn', { rounding: 'nearest-away' }), 448)
  assert.ok(Number.isNaN(round(449, 'e4m3fn', { rounding: 'up' })))
  assert.equal(encode(465, 'e4m3fn'), 0x7f)
  assert.equal(encode(-465, 'e4m3fn'), 0x7f)
})

test('e8m0: 0 and everything positive below 2^-127 give 2^-127', () => {
  for (const o of [...everyMode, { overflow: 'saturate' } as const])
    for (const x of [0, -0, 5e-324, 2 ** -1000, inward(2 ** -127), 2 ** -127]) {
      assert.equal(round(x, 'e8m0', o), 2 ** -127)
      assert.equal(encode(x, 'e8m0', o), 0)
    }
})

test('e8m0: negative, NaN and Inf give NaN; Inf gives 2^127 when saturating', () => {
  for (const o of everyMode) {
    for (const x of [-1, -5e-324, -1e300, -Infinity, Infinity, Number.NaN]) {
      assert.ok(Number.isNaN(round(x, 'e8m0', o)), String(x))
      assert.equal(encode(x, 'e8m0', o), 0xff)
      assert.equal(fate(x, 'e8m0', o), 'nan')
    }
    const saturating = { ...o, overflow: 'saturate' } as const
    assert.equal(round(Infinity, 'e8m0', saturating), 2 ** 127)
    assert.equal(round(1e300, 'e8m0', saturating), 2 ** 127)
    for (const x of [-1, -Infinity, Number.NaN]) assert.ok(Number.isNaN(round(x, 'e8m0', saturating)), String(x))
  }
  assert.equal(round(1.5 * 2 ** 127, 'e8m0'), 2 ** 127)
  assert.ok(Number.isNaN(round(outward(1.5 * 2 ** 127), 'e8m0')))
})

test("stochastic: 'missing-random' at once, also where nothing would be rounded", () => {
  for (const x of [0.1, 1, 0, Number.NaN, Infinity]) {
    expectCode('missing-random', () => round(x, 'fp16', { rounding: 'stochastic' }))
    expectCode('missing-random', () => fate(x, 'fp16', { rounding: 'stochastic' }))
    expectCode('missing-random', () => encode(x, 'fp16', { rounding: 'stochastic' }))
  }
})

test('stochastic: a function is called once per rounding', () => {
  for (const run of [round, encode, fate])
    for (const x of [0.1, -0.1, 1, 0, 1e-9, 1e9, 65510, Infinity, Number.NaN]) {
      let calls = 0
      const random = () => {
        calls++
        return 0.25
      }
      run(x, 'fp16', { rounding: 'stochastic', random })
      assert.equal(calls, 1, `${run.name}(${x})`)
    }
})

test('the other modes take no random number', () => {
  for (const rounding of deterministicModes)
    assert.doesNotThrow(() => round(0.1, 'fp16', { rounding, random: () => assert.fail('drawn') }))
})

test('bad options throw at once', () => {
  const bad: readonly unknown[] = [
    { rounding: 'nearest' },
    { rounding: 'toString' },
    { rounding: 1 },
    { overflow: 'wrap' },
    { overflow: true },
    { rounding: 'stochastic', random: 1 },
    { rounding: 'stochastic', random: -0.1 },
    { rounding: 'stochastic', random: Number.NaN },
    { rounding: 'stochastic', random: '0.5' },
    { rounding: 'stochastic', random: () => 1 },
  ]
  for (const o of bad) {
    expectCode('invalid-value', () => round(0.1, 'fp16', o as RoundOptions))
    expectCode('invalid-value', () => fate(0.1, 'fp16', o as RoundOptions))
    expectCode('invalid-value', () => encode(0.1, 'fp16', o as RoundOptions))
  }
  for (const x of ['0.1', undefined, null, 1n]) expectCode('invalid-value', () => round(x as unknown as number, 'fp16'))
})

test('fate: the first that holds of nan, overflow or saturated, underflow, subnormal, rounded, exact', () => {
  const cases: readonly (readonly [number, string, RoundOptions, string])[] = [
    [Number.NaN, 'fp16', {}, 'nan'],
    [Infinity, 'fp16', {}, 'overflow'],
    [65520, 'fp16', {}, 'overflow'],
    [65519, 'fp16', {}, 'rounded'],
    [65520, 'fp16', { rounding: 'toward-zero' }, 'rounded'],
    [65536, 'fp16', { rounding: 'toward-zero' }, 'saturated'],
    [65536, 'fp16', { overflow: 'saturate' }, 'saturated'],
    [65536, 'e4m3fn', {}, 'nan'],
    [65536, 'e2m1', {}, 'saturated'],
    [1e-9, 'fp16', {}, 'underflow'],
    [1e-9, 'fp16', { rounding: 'up' }, 'subnormal'],
    [2 ** -24, 'fp16', {}, 'subnormal'],
    [0.1, 'fp16', {}, 'rounded'],
    [0.5, 'fp16', {}, 'exact'],
    [65504, 'fp16', { overflow: 'saturate' }, 'exact'],
    [0, 'fp16', {}, 'exact'],
    [-0, 'e4m3fnuz', {}, 'exact'],
    [0, 'e8m0', {}, 'exact'],
    [2 ** -130, 'e8m0', {}, 'rounded'],
    [5e-324, 'fp64', {}, 'subnormal'],
  ]
  for (const [x, name, o, expected] of cases)
    assert.equal(fate(x, name, o), expected, `${x} ${name} ${JSON.stringify(o)}`)
})

test('a format may be given as a record, also one that is not in the catalog', () => {
  const half = format('fp16')
  assert.equal(round(0.1, half), round(0.1, 'fp16'))
  assert.equal(encode(0.1, half), 0x2e66)
  assert.equal(decode(0x2e66, half), 0.0999755859375)
  // The tensor core's 22-bit accumulator, under its own name.
  const fp22: Format = { ...format('e8m13'), name: 'fp22', spec: 'test' }
  assert.equal(round(1 + 2 ** -13, fp22), 1 + 2 ** -13)
  assert.equal(round(1e39, fp22, { rounding: 'toward-zero' }), 16383 * 2 ** 114)
})

test('ulp and the neighbours of any float64', () => {
  assert.equal(ulp(1, 'fp16'), 2 ** -10)
  assert.equal(ulp(-1, 'fp16'), 2 ** -10)
  assert.equal(ulp(inward(1), 'fp16'), 2 ** -11)
  assert.equal(ulp(2049, 'fp16'), 2)
  assert.equal(ulp(0, 'fp16'), 2 ** -24)
  assert.equal(ulp(65504, 'fp16'), 32)
  assert.equal(ulp(1e9, 'fp16'), 32)
  assert.equal(ulp(-1e9, 'e2m1'), 2)
  assert.equal(ulp(5e-324, 'fp16'), 2 ** -24)
  assert.equal(ulp(Infinity, 'fp16'), Number.NaN)
  assert.equal(ulp(Number.NaN, 'fp16'), Number.NaN)
  assert.equal(next(65504, 'fp16'), Infinity)
  assert.equal(next(65510, 'fp16'), Infinity)
  assert.equal(next(448, 'e4m3fn'), Number.NaN)
  assert.equal(next(6, 'e2m1'), Number.NaN)
  assert.equal(next(240, 'e4m3fnuz'), Number.NaN)
  assert.equal(previous(-65504, 'fp16'), -Infinity)
  assert.equal(previous(Infinity, 'fp16'), 65504)
  assert.equal(next(-Infinity, 'fp16'), -65504)
  assert.equal(next(-1e9, 'fp16'), -65504)
  assert.equal(previous(1e9, 'fp16'), 65504)
  assert.equal(next(-Infinity, 'e2m1'), -6)
  assert.equal(previous(100, 'e2m1'), 6)
  assert.equal(next(0, 'fp16'), 2 ** -24)
  assert.equal(next(-0, 'fp16'), 2 ** -24)
  assert.equal(previous(0, 'fp16'), -(2 ** -24))
  assert.equal(next(5e-324, 'fp16'), 2 ** -24)
  assert.equal(previous(-5e-324, 'fp16'), -(2 ** -24))
  assert.equal(next(1, 'fp16'), 1 + 2 ** -10)
  assert.equal(previous(1, 'fp16'), 1 - 2 ** -11)
  assert.equal(next(-1, 'fp16'), -1 + 2 ** -11)
  assert.equal(next(0.1, 'fp64'), outward(0.1))
  assert.equal(previous(0.1, 'fp64'), inward(0.1))
  assert.equal(next(Number.NaN, 'fp16'), Number.NaN)
  assert.equal(next(0, 'e8m0'), 2 ** -127)
  assert.equal(next(-5, 'e8m0'), 2 ** -127)
  assert.equal(next(2 ** -127, 'e8m0'), 2 ** -126)
  assert.equal(next(2 ** 127, 'e8m0'), Number.NaN)
  assert.equal(previous(3, 'e8m0'), 2)
  assert.equal(previous(2, 'e8m0'), 1)
  assert.equal(previous(2 ** -127, 'e8m0'), Number.NaN)
  assert.equal(previous(1e300, 'e8m0'), 2 ** 127)
})
