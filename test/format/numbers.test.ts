/** Bits, exact texts and number literals against BigInt readings and the engine's own parser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exponentOf, isNegative, isPowerOfTwo, powerOfTwo, scaleByPowerOfTwo } from '../../src/format/bits.js'
import { divide, exactDecimal, exactPower, float64Of, hexFloat, rationalOf, subtract } from '../../src/format/exact.js'
import { parseLiteral, parseNumber } from '../../src/format/literal.js'
import { round } from '../../src/format/round.js'
import { bitsOf, float64, generator, randomFloat64 } from './support.js'

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })

test('powerOfTwo: every power of two of float64, from its bits', () => {
  for (let k = -1022; k <= 1023; k++) assert.equal(bitsOf(powerOfTwo(k)), BigInt(k + 1023) << 52n)
  for (let k = -1074; k < -1022; k++) assert.equal(bitsOf(powerOfTwo(k)), 1n << BigInt(k + 1074))
  for (const k of [-1075, -2000, -100000]) assert.equal(powerOfTwo(k), 0)
  for (const k of [1024, 2000, 100000]) assert.equal(powerOfTwo(k), Infinity)
})

test('exponentOf: floor(log2 |x|), among subnormals too', () => {
  const draw = generator(1)
  for (let i = 0; i < 20_000; i++) {
    const x = randomFloat64(draw, -1023, i % 2 === 0 ? -1021 : 1023)
    if (x === 0) continue
    const bits = bitsOf(Math.abs(x))
    // The length of the significand decides among subnormals, the field elsewhere.
    const expected = bits >> 52n ? Number(bits >> 52n) - 1023 : bits.toString(2).length - 1 - 1074
    assert.equal(exponentOf(x), expected)
  }
  assert.equal(exponentOf(5e-324), -1074)
  assert.equal(exponentOf(2 ** -1042), -1042)
  assert.equal(exponentOf(2 ** -1043), -1043)
  assert.equal(exponentOf(-Number.MAX_VALUE), 1023)
})

test('scaleByPowerOfTwo: one rounding at most, over the whole range', () => {
  fc.assert(
    fc.property(finite, fc.integer({ min: -2200, max: 2200 }), (x, k) => {
      const scaled = scaleByPowerOfTwo(x, k)
      if (x === 0) return assert.ok(Object.is(scaled, x))
      // The exact product, rounded once by BigInt arithmetic.
      const { numerator, denominator } = rationalOfBits(x)
      const expected =
        k >= 0 ? nearest(numerator << BigInt(k), denominator) : nearest(numerator, denominator << BigInt(-k))
      assert.equal(scaled, x < 0 && expected === 0 ? -0 : expected)
    }),
    { seed: 3, numRuns: 3000 },
  )
  assert.equal(scaleByPowerOfTwo(5e-324, 2097), 2 ** 1023)
  assert.equal(scaleByPowerOfTwo(2 ** 1023, -2097), 5e-324)
  assert.equal(scaleByPowerOfTwo(3 * 2 ** -1074, -1), 2 ** -1073)
})

test('isNegative and isPowerOfTwo', () => {
  for (const x of [-1, -0, -Infinity, -5e-324]) assert.ok(isNegative(x))
  for (const x of [1, 0, Infinity, 5e-324, Number.NaN]) assert.ok(!isNegative(x))
  for (const x of [1, -2, 0.5, 5e-324, 2 ** 1023, 2 ** -1050]) assert.ok(isPowerOfTwo(x), String(x))
  for (const x of [0, 3, 1.5, Infinity, Number.NaN, 3 * 2 ** -1074, Number.MAX_VALUE])
    assert.ok(!isPowerOfTwo(x), String(x))
})

/** A finite float64 as a fraction, from its bits. */
function rationalOfBits(x: number): { numerator: bigint; denominator: bigint } {
  const bits = bitsOf(Math.abs(x))
  const field = Number(bits >> 52n)
  const size = (bits & (2n ** 52n - 1n)) + (field > 0 ? 2n ** 52n : 0n)
  const exponent = Math.max(field, 1) - 1075
  const signed = x < 0 ? -size : size
  return exponent >= 0
    ? { numerator: signed << BigInt(exponent), denominator: 1n }
    : { numerator: signed, denominator: 1n << BigInt(-exponent) }
}

/** The float64 nearest to a fraction, by bisection over the bits: slow and of another kind than the code under test. */
function nearest(numerator: bigint, denominator: bigint): number {
  if (numerator < 0n) return -nearest(-numerator, denominator)
  const compare = (bits: bigint) => {
    const v = rationalOfBits(float64(bits))
    const left = v.numerator * denominator
    const right = numerator * v.denominator
    return left < right ? -1 : left > right ? 1 : 0
  }
  let low = 0n
  let high = 0x7fefffffffffffffn
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (compare(middle) <= 0) low = middle
    else high = middle - 1n
  }
  // The distance to low against the distance to its successor; beyond the largest, where that would be.
  const below = rationalOfBits(float64(low))
  const after =
    low === 0x7fefffffffffffffn ? { numerator: 1n << 1024n, denominator: 1n } : rationalOfBits(float64(low + 1n))
  const twice = 2n * numerator * below.denominator * after.denominator
  const middle = denominator * (below.numerator * after.denominator + after.numerator * below.denominator)
  const up = twice > middle || (twice === middle && low % 2n === 1n)
  return float64(up ? low + 1n : low)
}

const fraction = fc
  .tuple(
    fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n }),
    fc.bigInt({ min: 1n, max: 2n ** 120n }),
    fc.integer({ min: -1150, max: 1050 }),
  )
  .map(([a, b, k]) => ({ numerator: k > 0 ? a << BigInt(k) : a, denominator: k < 0 ? b << BigInt(-k) : b }))

test('float64Of: the nearest float64 of a fraction, and the odd one that keeps a second rounding right', () => {
  fc.assert(
    fc.property(fraction, (q) => {
      const value = float64Of(q)
      assert.equal(value + 0, nearest(q.numerator, q.denominator) + 0)
      const odd = float64Of(q, 'to-odd')
      if (Math.abs(odd) === Number.MAX_VALUE) return
      const back = rationalOfBits(odd)
      const exact = back.numerator * q.denominator === q.numerator * back.denominator
      if (!exact) assert.equal(bitsOf(odd) & 1n, 1n)
      else assert.equal(value, odd)
    }),
    { seed: 4, numRuns: 2000 },
  )
  // Midpoints, where a sticky bit decides, subnormal results and both ends of the range.
  for (const [q, expected] of [
    [{ numerator: (1n << 53n) + 1n, denominator: 1n }, 2 ** 53],
    [{ numerator: (1n << 53n) + 3n, denominator: 1n }, 2 ** 53 + 4],
    [{ numerator: (1n << 54n) + 3n, denominator: 1n }, 2 ** 54 + 4],
    [{ numerator: 1n, denominator: 1n << 1075n }, 0],
    [{ numerator: 3n, denominator: 1n << 1076n }, 5e-324],
    [{ numerator: (1n << 1024n) - (1n << 970n), denominator: 1n }, Infinity],
    [{ numerator: (1n << 1024n) - (1n << 970n) - 1n, denominator: 1n }, Number.MAX_VALUE],
    [{ numerator: -(1n << 2000n), denominator: 1n }, -Infinity],
    [{ numerator: 1n, denominator: 3n }, 1 / 3],
  ] as const)
    assert.equal(float64Of(q), expected)
  assert.equal(float64Of({ numerator: 1n << 2000n, denominator: 1n }, 'to-odd'), Number.MAX_VALUE)
  assert.equal(float64Of({ numerator: 1n, denominator: 1n << 2000n }, 'to-odd'), 5e-324)
})

test('rationalOf, subtract, divide: exact', () => {
  fc.assert(
    fc.property(finite, finite, (x, y) => {
      const a = rationalOf(x)
      const b = rationalOf(y)
      const p = rationalOfBits(x)
      const q = rationalOfBits(y)
      assert.ok(a.denominator > 0n)
      assert.equal(a.numerator * p.denominator, p.numerator * a.denominator)
      const difference = subtract(a, b)
      assert.equal(
        difference.numerator * p.denominator * q.denominator,
        (p.numerator * q.denominator - q.numerator * p.denominator) * difference.denominator,
      )
      if (y === 0) return
      const quotient = divide(a, b)
      assert.ok(quotient.denominator > 0n)
      assert.equal(quotient.numerator * q.numerator * p.denominator, p.numerator * q.denominator * quotient.denominator)
    }),
    { seed: 5, numRuns: 500 },
  )
})

test('exactDecimal: known expansions', () => {
  for (const [x, text] of [
    [0.1, '0.1000000000000000055511151231257827021181583404541015625'],
    [2 ** -24, '0.000000059604644775390625'],
    [65504, '65504'],
    [-0.5, '-0.5'],
    [1e23, '99999999999999991611392'],
    [0, '0'],
    [-0, '-0'],
    [Infinity, 'Inf'],
    [-Infinity, '-Inf'],
    [Number.NaN, 'NaN'],
  ] as const)
    assert.equal(exactDecimal(x), text)
  assert.equal(exactDecimal(5e-324).length, 2 + 1074)
  assert.equal(exactDecimal(Number.MAX_VALUE), String(BigInt(Number.MAX_VALUE)))
})

test('exactPower: an odd integer times a power of two', () => {
  assert.equal(exactPower(1639 * 2 ** -14), '1639*2^-14')
  assert.equal(exactPower(2 ** -24), '2^-24')
  assert.equal(exactPower(-(2 ** -24)), '-2^-24')
  assert.equal(exactPower(3), '3')
  assert.equal(exactPower(0.75), '3*2^-2')
  assert.equal(exactPower(-0), '-0')
  fc.assert(
    fc.property(finite, (x) => {
      const text = exactPower(x)
      const [, factor, exponent = '0'] = /^(-?\d+)(?:\*2\^(-?\d+))?$/.exec(
        text.replace(/^(-?)2\^/, '$11*2^'),
      ) as unknown as string[]
      const { numerator, denominator } = rationalOfBits(x)
      const k = BigInt(exponent)
      const [top, bottom] = k >= 0n ? [BigInt(factor as string) << k, 1n] : [BigInt(factor as string), 1n << -k]
      assert.equal(top * denominator, numerator * bottom, text)
      if (text.includes('*')) assert.equal(BigInt(factor as string) % 2n !== 0n, true)
      assert.ok(Object.is(parseNumber(text), x), `${text} reads back`)
    }),
    { seed: 6, numRuns: 2000 },
  )
})

test('hexFloat: as C writes it, and read back', () => {
  for (const [x, text] of [
    [0.1, '0x1.999999999999ap-4'],
    [1, '0x1p0'],
    [-2, '-0x1p1'],
    [1.5, '0x1.8p0'],
    [Number.MAX_VALUE, '0x1.fffffffffffffp1023'],
    [2 ** -1022, '0x1p-1022'],
    [5e-324, '0x0.0000000000001p-1022'],
    [-0, '-0'],
  ] as const)
    assert.equal(hexFloat(x), text)
  fc.assert(
    fc.property(finite, (x) => assert.ok(Object.is(parseNumber(hexFloat(x)), x), hexFloat(x))),
    { seed: 7, numRuns: 2000 },
  )
})

test('parseNumber: every way to write a number', () => {
  for (const [text, value] of [
    ['65536', 65536],
    ['-6e-8', -6e-8],
    ['+1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1E3', 1000],
    ['2^16', 65536],
    ['2^-24', 2 ** -24],
    ['-2^-24', -(2 ** -24)],
    ['3*2^-24', 3 * 2 ** -24],
    ['2^-1074', 5e-324],
    ['2^-1075', 0],
    ['2^1024', Infinity],
    ['10^23', 1e23],
    ['0x1p-24', 2 ** -24],
    ['0x1.8p1', 3],
    ['-0X1P4', -16],
    ['0x.8p0', 0.5],
    ['0x1f', 31],
    ['0b101', 5],
    ['0o17', 15],
    ['1/3', 1 / 3],
    ['-1/10', -0.1],
    ['1_000', 1000],
    ['1_000.5', 1000.5],
    ['nan', Number.NaN],
    ['NaN', Number.NaN],
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['Infinity', Infinity],
    ['-0', -0],
    ['-0.0', -0],
    ['0', 0],
    [' 1.5 ', 1.5],
    ['\u22121.5', -1.5],
    ['1e400', Infinity],
    ['-1e400', -Infinity],
    ['1e-400', 0],
    ['-1e-400', -0],
    ['1e999999999', Infinity],
    ['1e-999999999', 0],
    ['2^999999999', Infinity],
    ['-2^-999999999', -0],
    ['0x1p-999999999', 0],
  ] as const)
    assert.ok(Object.is(parseNumber(text), value), `${text} gave ${parseNumber(text)}`)
})

test('parseNumber: what is no number is undefined', () => {
  for (const text of [
    '',
    ' ',
    '-',
    '+',
    '.',
    'e5',
    '1e',
    '1e+',
    '--1',
    '1-',
    '1 2',
    '1,5',
    '0x',
    '0xg',
    '0b2',
    '0b',
    '0x1p',
    '0xp3',
    '2^',
    '^2',
    '2^^3',
    '2^1.5',
    '1/0',
    '1/',
    '/2',
    'two',
    'big',
    'infinite',
    'nano',
    '1_',
    '_1',
    '1__0',
    '1e5_',
    '0^-1',
    '3*',
    '1;2',
    '1n',
    'null',
    '[1]',
    '1e5e5',
    '0x1.p',
    '٣',
  ])
    assert.equal(parseNumber(text), undefined, JSON.stringify(text))
  for (const text of ['x'.repeat(100_000), '1/'.repeat(50_000), `${'9'.repeat(5000)}^${'9'.repeat(5000)}`])
    assert.equal(parseNumber(text), undefined)
})

test('parseNumber: zero times anything is zero', () => {
  for (const text of ['0*2^24', '0*2^99999', '0*2^-99999', '0.0*10^400', '0/7', '0e99999', '0x0p99999'])
    assert.ok(Object.is(parseNumber(text), 0), `${text} gave ${parseNumber(text)}`)
})

test('parseNumber: no text makes it throw or think for long', () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    '9',
    '99999',
    '.',
    'e',
    '-',
    '+',
    '^',
    '*',
    '/',
    'x',
    '0x',
    'p',
    '0b',
    '_',
    ' ',
    'nan',
    'inf',
    'a',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 14 }).map((p) => p.join('')),
      ),
      (text) => {
        const value = parseNumber(text)
        assert.ok(value === undefined || typeof value === 'number')
        // What the engine reads as a plain decimal is read, and equal.
        if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) assert.ok(Object.is(value, Number(text)), text)
      },
    ),
    { seed: 10, numRuns: 5000 },
  )
})

test('parseNumber reads every float64 as the engine writes it', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (x) => {
      assert.ok(Object.is(parseNumber(Object.is(x, -0) ? '-0' : String(x).replace('Infinity', 'inf')), x))
      if (!Number.isFinite(x) || x === 0) return
      // The exact reader, too: the same digits through BigInt.
      assert.ok(Object.is(parseLiteral(x.toExponential())?.value, x))
      assert.ok(Object.is(parseLiteral(x.toPrecision(30))?.value, x))
    }),
    { seed: 8, numRuns: 1500 },
  )
})

test('parseLiteral: decimals near float64 midpoints, as the engine reads them', () => {
  const draw = generator(9)
  for (let i = 0; i < 1500; i++) {
    const x = Math.abs(randomFloat64(draw, i % 3 === 0 ? -1023 : -60, i % 3 === 0 ? -1000 : 60))
    // The exact midpoint after x, written out, and a hair above and below it.
    const bits = bitsOf(x)
    const middle = exactMiddle(bits)
    for (const text of [middle, `${middle}0000001`, `${middle.slice(0, -1)}4999`])
      assert.ok(Object.is(parseLiteral(text)?.value, Number(text)), text)
  }
})

/** The decimal halfway between a float64 and the next. */
function exactMiddle(bits: bigint): string {
  const a = rationalOfBits(float64(bits))
  const b = rationalOfBits(float64(bits + 1n))
  const numerator = a.numerator * b.denominator + b.numerator * a.denominator
  let denominator = 2n * a.denominator * b.denominator
  let top = numerator
  let places = 0
  // The denominator is a power of two: multiply by five for each of its bits.
  while (denominator % 2n === 0n && top % 2n === 0n) {
    top /= 2n
    denominator /= 2n
  }
  while (denominator > 1n) {
    top *= 5n
    denominator /= 2n
    places++
  }
  const digits = top.toString().padStart(places + 1, '0')
  return `${digits.slice(0, digits.length - places)}.${digits.slice(digits.length - places) || '0'}`
}

test('parseLiteral: the number as written reaches a narrow format in one rounding', () => {
  // Just above a tie of fp16, by less than float64 can hold: the nearest float64 is the tie itself.
  const above = parseLiteral('1.00048828125000000000000000000001')
  assert.equal(above?.value, 1.00048828125)
  assert.equal(round(above?.value as number, 'fp16'), 1)
  assert.equal(round(above?.odd as number, 'fp16'), 1.0009765625)
  const below = parseLiteral('1.00146484374999999999999999999999')
  assert.equal(round(below?.value as number, 'fp16'), 1.001953125)
  assert.equal(round(below?.odd as number, 'fp16'), 1.0009765625)
  assert.equal(parseLiteral('nan')?.exact, undefined)
  assert.equal(parseLiteral('1/3')?.exact?.denominator, 3n)
})
