/** The known traps of format conversion, each with the value that catches it. The numbers are those of the project's list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exponentOf } from '../../src/format/bits.js'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { float64Of } from '../../src/format/exact.js'
import { smallest, smallestNormal } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { fate, round } from '../../src/format/round.js'
import { ulp } from '../../src/format/ulp.js'
import { expectCode, float64, inward, outward } from './support.js'

const ofFloat32 = (bits: number): number => {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits)
  return view.getFloat32(0)
}

test('trap 1: double rounding through float32', () => {
  // Just below a tie of fp16; float32 would move it onto the tie.
  assert.equal(round(8.940696716308592e-8, 'fp16'), 2 ** -24)
  assert.equal(round(Math.fround(8.940696716308592e-8), 'fp16'), 1.1920928955078125e-7)
  assert.equal(round(1.0004882812500002, 'fp16'), 1.0009765625)
  assert.equal(round(1 + 2 ** -8 + 2 ** -40, 'bf16'), 1.0078125)
  assert.equal(round(-431.99999999999994, 'e4m3fn'), -416)
  // Integers: one below and one above a tie between multiples of 2^17.
  assert.equal(round(16973823, 'bf16'), 129 * 2 ** 17)
  assert.equal(round(16973824, 'bf16'), 130 * 2 ** 17)
  assert.equal(round(0x1010000, 'bf16'), 128 * 2 ** 17)
  assert.equal(round(0x1010001, 'bf16'), 129 * 2 ** 17)
  assert.equal(round(0x1010011, 'bf16'), 129 * 2 ** 17)
})

test('trap 1: one float64 step off an fp16 midpoint, on the side away from even, everywhere', () => {
  let wrongThroughFloat32 = 0
  let tried = 0
  for (let code = 0; code < 0x7bff; code += 7) {
    const lower = decode(code, 'fp16')
    const upper = decode(code + 1, 'fp16')
    const middle = (lower + upper) / 2
    const [x, expected] = code % 2 === 0 ? [outward(middle), upper] : [inward(middle), lower]
    assert.equal(round(x, 'fp16'), expected)
    if (round(Math.fround(x), 'fp16') !== expected) wrongThroughFloat32++
    tried++
  }
  assert.equal(wrongThroughFloat32, tried)
})

test('trap 2: a value wider than float64 needs an intermediate rounded to odd', () => {
  // fma(7, 37, -2^-100) = 259 - 2^-100, just below the bf16 tie between 258 and 260.
  const exact = { numerator: 259n * 2n ** 100n - 1n, denominator: 2n ** 100n }
  assert.equal(round(float64Of(exact, 'to-odd'), 'bf16'), 258)
  assert.equal(round(float64Of(exact, 'nearest-even'), 'bf16'), 260)
})

test('trap 4: the overflow tie belongs to the even neighbour, which is Inf', () => {
  assert.equal(round(65519.99, 'fp16'), 65504)
  assert.equal(round(inward(65520), 'fp16'), 65504)
  assert.equal(round(65520, 'fp16'), Infinity)
  assert.equal(encode(ofFloat32(0x7f7f7fff), 'bf16'), 0x7f7f)
  assert.equal(encode(ofFloat32(0x7f7f8000), 'bf16'), 0x7f80)
  assert.equal(round(511 * 2 ** 119, 'bf16'), Infinity)
  assert.equal(round(3.4028235677973366e38, 'fp32'), Infinity)
  assert.equal(round(inward(3.4028235677973366e38), 'fp32'), 3.4028234663852886e38)
  assert.equal(round(3.401992901712019e38, 'tf32'), Infinity)
  assert.equal(round(inward(3.401992901712019e38), 'tf32'), 3.4011621342146535e38)
  for (const [name, tie, largest] of [
    ['e5m2', 61440, 57344],
    ['e4m3', 248, 240],
    ['e3m4', 15.75, 15.5],
  ] as const) {
    assert.equal(round(tie, name), Infinity)
    assert.equal(round(inward(tie), name), largest)
  }
})

test('trap 5: ties among the subnormals, and the carry into the smallest normal number', () => {
  assert.ok(Object.is(round(2 ** -25, 'fp16'), 0))
  assert.equal(round(outward(2 ** -25), 'fp16'), 2 ** -24)
  assert.equal(round(3 * 2 ** -25, 'fp16'), 2 ** -23)
  // Largest subnormal + half a quantum: its code is odd, so the tie carries.
  assert.equal(encode(2 ** -14 - 2 ** -25, 'fp16'), 0x0400)
  assert.equal(fate(2 ** -14 - 2 ** -25, 'fp16'), 'rounded')
  assert.equal(encode(inward(2 ** -14 - 2 ** -25), 'fp16'), 0x03ff)
  assert.equal(round(5e-324, 'fp16'), 0)
})

test('trap 6: no bf16 NaN becomes Inf or -0 on its way through 16 bits', () => {
  for (const bits of [0x7f800001, 0x7fffffff, 0xff800001, 0xffffffff, 0x7fc00000])
    assert.equal(encode(ofFloat32(bits), 'bf16'), 0x7fc0)
  for (const code of [0x7f81, 0x7fff, 0xff81, 0xffff]) {
    assert.ok(Number.isNaN(decode(code, 'bf16')))
    assert.equal(encode(decode(code, 'bf16'), 'bf16'), 0x7fc0)
  }
  assert.equal(decode(0x7f80, 'bf16'), Infinity)
})

test('trap 7: NaN is decided on codes: each format has exactly its NaN codes, and one canonical', () => {
  const canonical = {
    fp32: 0x7fc00000,
    tf32: 0x3fe00,
    bf16: 0x7fc0,
    fp16: 0x7e00,
    e4m3fn: 0x7f,
    e5m2: 0x7e,
    e4m3: 0x7c,
    e3m4: 0x78,
    e4m3fnuz: 0x80,
    e5m2fnuz: 0x80,
    e4m3b11fnuz: 0x80,
    e8m0: 0xff,
  }
  // Quiet and signalling float64 NaNs of either sign, with any payload, are one NaN.
  const patterns = [
    0x7ff8000000000000n,
    0x7ff0000000000001n,
    0xfff8000000000000n,
    0xfff0000000000001n,
    0x7fffffffffffffffn,
  ]
  for (const [name, code] of Object.entries(canonical))
    for (const bits of patterns) {
      assert.equal(encode(float64(bits), name), code, name)
      assert.ok(Number.isNaN(decode(code, name)))
    }
  // The signalling NaN of float32 has a code of its own, and it is no number.
  assert.ok(Number.isNaN(decode(0x7f800001, 'fp32')))
  assert.equal(decode(0x7f800000, 'fp32'), Infinity)
})

test('trap 8: e4m3fn overflows to NaN, or saturates; rounding comes before the comparison with the maximum', () => {
  assert.equal(round(464, 'e4m3fn'), 448)
  assert.ok(Number.isNaN(round(outward(464), 'e4m3fn')))
  assert.ok(Number.isNaN(round(465, 'e4m3fn')))
  assert.ok(Number.isNaN(round(480, 'e4m3fn')))
  assert.ok(Number.isNaN(round(Infinity, 'e4m3fn')))
  for (const x of [464, 465, 480, 1e300, Infinity]) assert.equal(round(x, 'e4m3fn', { overflow: 'saturate' }), 448)
  for (const x of [-465, -Infinity]) assert.equal(round(x, 'e4m3fn', { overflow: 'saturate' }), -448)
  assert.ok(Number.isNaN(round(Number.NaN, 'e4m3fn', { overflow: 'saturate' })))
  assert.equal(fate(465, 'e4m3fn', { overflow: 'saturate' }), 'saturated')
  assert.equal(fate(464, 'e4m3fn', { overflow: 'saturate' }), 'rounded')
})

test('trap 9: ties of precision 1 go to the even code', () => {
  assert.equal(round(1.5, 'e8m0'), 2)
  assert.equal(round(3, 'e8m0'), 2)
  assert.equal(round(6, 'e8m0'), 8)
  assert.equal(round(12, 'e8m0'), 8)
  // Nearer to 2^-127 than to 2^-126.
  assert.equal(round(5.9e-39, 'e8m0'), 2 ** -127)
  assert.equal(encode(Number.NaN, 'e8m0'), 0xff)
})

test('trap 10: fnuz has one NaN and no -0, and a bias one higher', () => {
  for (const name of ['e4m3fnuz', 'e5m2fnuz', 'e4m3b11fnuz']) {
    assert.ok(Number.isNaN(decode(0x80, name)))
    assert.equal(encode(-0, name), 0)
    assert.equal(encode(-1e-30, name), 0)
    assert.ok(Object.is(round(-0, name), 0))
    for (const rounding of ['nearest-even', 'toward-zero', 'up'] as const)
      assert.ok(Object.is(round(-1e-30, name, { rounding }), 0), rounding)
    assert.equal(encode(round(-0, name), name), 0)
    assert.equal(encode(Infinity, name), 0x80)
  }
  for (let code = 1; code < 0x78; code++) {
    assert.equal(decode(code, 'e4m3fnuz'), decode(code, 'e4m3fn') / 2)
    if (code < 0x78) assert.equal(decode(code, 'e5m2fnuz'), decode(code, 'e5m2') / 2)
  }
  assert.ok(Number.isNaN(round(248, 'e4m3fnuz')))
  assert.equal(round(inward(248), 'e4m3fnuz'), 240)
  assert.ok(Number.isNaN(round(61440, 'e5m2fnuz')))
  assert.ok(Number.isNaN(round(31, 'e4m3b11fnuz')))
  assert.equal(round(inward(31), 'e4m3b11fnuz'), 30)
})

test('trap 11: fp4 and fp6 have no NaN and no Inf: refuse the one, saturate the other', () => {
  for (const [name, largest, tie] of [
    ['e2m1', 6, 7],
    ['e2m3', 7.5, 7.75],
    ['e3m2', 28, 30],
  ] as const) {
    assert.ok(Number.isNaN(round(Number.NaN, name)))
    expectCode('no-nan-code', () => encode(Number.NaN, name))
    for (const x of [tie, 1e10, Infinity]) {
      assert.equal(round(x, name), largest)
      assert.equal(round(-x, name), -largest)
      assert.equal(fate(x, name), 'saturated')
    }
  }
})

test('e2m1: the thresholds of nearest-even', () => {
  const thresholds = [0.25, 0, 0.75, 1, 1.25, 1, 1.75, 2, 2.5, 2, 3.5, 4, 5, 4]
  for (let i = 0; i < thresholds.length; i += 2) assert.equal(round(thresholds[i] as number, 'e2m1'), thresholds[i + 1])
})

test('trap 12: directed modes overflow outward only, and an infinite input stays infinite', () => {
  const at = (x: number, rounding: 'toward-zero' | 'up' | 'down' | 'to-odd') => round(x, 'fp16', { rounding })
  assert.equal(at(1e6, 'toward-zero'), 65504)
  assert.equal(at(-1e6, 'toward-zero'), -65504)
  assert.equal(at(65505, 'up'), Infinity)
  assert.equal(at(65505, 'down'), 65504)
  assert.equal(at(-65505, 'up'), -65504)
  assert.equal(at(-65505, 'down'), -Infinity)
  assert.equal(at(1e6, 'to-odd'), 65504)
  for (const rounding of ['toward-zero', 'up', 'down', 'to-odd'] as const) {
    assert.equal(at(Infinity, rounding), Infinity)
    assert.equal(at(-Infinity, rounding), -Infinity)
    assert.equal(round(1e6, 'fp16', { rounding, overflow: 'saturate' }), 65504)
  }
  // To-odd where the largest value has an even code: 448 is 7e, the odd neighbour does not exist.
  assert.equal(round(460, 'e4m3fn', { rounding: 'to-odd' }), 448)
  assert.equal(fate(460, 'e4m3fn', { rounding: 'to-odd' }), 'saturated')
})

test('trap 13: a negative number that rounds to zero gives -0', () => {
  assert.ok(Object.is(round(-1e-9, 'fp16', { rounding: 'up' }), -0))
  assert.ok(Object.is(round(-1e-9, 'fp16'), -0))
  assert.ok(Object.is(round(-1e-9, 'fp16', { rounding: 'toward-zero' }), -0))
  assert.equal(encode(-1e-9, 'fp16'), 0x8000)
  assert.ok(Object.is(round(1e-9, 'fp16', { rounding: 'down' }), 0))
  assert.equal(round(-1e-9, 'fp16', { rounding: 'down' }), -(2 ** -24))
})

test('trap 14: stochastic rounding near the maximum and near zero has its exact probability', () => {
  const at = (x: number, random: number) => round(x, 'fp16', { rounding: 'stochastic', random })
  assert.equal(at(65510, 6 / 32), 65504)
  assert.equal(at(65510, inward(6 / 32)), Infinity)
  assert.equal(at(65530, inward(26 / 32)), Infinity)
  assert.equal(at(65530, 26 / 32), 65504)
  assert.equal(at(2 ** -25, 0.5), 0)
  assert.equal(at(2 ** -25, inward(0.5)), 2 ** -24)
  assert.equal(at(2 ** -30, 2 ** -6), 0)
  assert.equal(at(2 ** -30, inward(2 ** -6)), 2 ** -24)
  // Beyond both neighbours of the maximum every outcome overflows.
  for (const random of [0, 0.5, inward(1)]) assert.equal(at(70000, random), Infinity)
})

test('trap 15: stochastic rounding sees all discarded bits, across the subnormal boundary and below powers of two', () => {
  const at = (x: number, random: number, name = 'fp16') => round(x, name, { rounding: 'stochastic', random })
  // One float64 step above 1: the discarded fraction is 2^-42 of an fp16 ulp.
  assert.equal(at(outward(1), 2 ** -42), 1)
  assert.equal(at(outward(1), inward(2 ** -42)), 1 + 2 ** -10)
  assert.equal(at(outward(1), 0), 1 + 2 ** -10)
  // Below 1 the ulp is half as wide.
  assert.equal(at(1 - 2 ** -13, 0.75), 1 - 2 ** -11)
  assert.equal(at(1 - 2 ** -13, inward(0.75)), 1)
  // Between the largest subnormal and the smallest normal number.
  assert.equal(at(2 ** -14 - 2 ** -26, 0.75), 2 ** -14 - 2 ** -24)
  assert.equal(at(2 ** -14 - 2 ** -26, inward(0.75)), 2 ** -14)
  // The smallest float64 is not nothing: 2^-1074 of 2^-24.
  assert.equal(at(5e-324, 0), 2 ** -24)
  assert.equal(at(5e-324, 2 ** -1050), 0)
  assert.equal(at(5e-324, inward(2 ** -1050)), 2 ** -24)
})

test('trap 16: ties away is another mode than ties to even, and tf32 has three conversions', () => {
  assert.equal(round(1.00048828125, 'fp16'), 1)
  assert.equal(round(1.00048828125, 'fp16', { rounding: 'nearest-away' }), 1.0009765625)
  assert.equal(round(1.00048828125, 'tf32'), 1)
  assert.equal(round(1.00048828125, 'tf32', { rounding: 'nearest-away' }), 1.0009765625)
  assert.equal(round(1.0009, 'tf32', { rounding: 'toward-zero' }), 1)
})

test('trap 17: the exponent just below every power of two comes from the bits', () => {
  let wrongLog2 = 0
  for (let k = -1021; k <= 1023; k++) {
    assert.equal(exponentOf(inward(2 ** k)), k - 1)
    assert.equal(exponentOf(2 ** k), k)
    assert.equal(exponentOf(-outward(2 ** k)), k)
    if (Math.floor(Math.log2(inward(2 ** k))) !== k - 1) wrongLog2++
  }
  assert.ok(wrongLog2 > 1000)
  // So a value just below 1 is rounded in its own, finer binade.
  assert.equal(round(inward(1) - 2 ** -11, 'fp16', { rounding: 'toward-zero' }), 1 - 2 ** -10)
})

test('trap 18: the smallest normal number is not the smallest number', () => {
  assert.equal(smallestNormal(format('e4m3fn')), 2 ** -6)
  assert.equal(smallest(format('e4m3fn')), 2 ** -9)
  assert.equal(smallestNormal(format('fp16')), 2 ** -14)
  assert.equal(smallest(format('fp16')), 2 ** -24)
  assert.equal(ulp(1, 'fp16'), 2 ** -10)
})

test('trap 19: subnormals are rounded, not flushed', () => {
  assert.equal(round(3e-5, 'fp16'), 503 * 2 ** -24)
  assert.equal(fate(3e-5, 'fp16'), 'subnormal')
  assert.equal(fate(2 ** -24, 'fp16'), 'subnormal')
  assert.equal(fate(2 ** -25, 'fp16'), 'underflow')
  assert.equal(round(2 ** -14 - 2 ** -24, 'fp16'), 2 ** -14 - 2 ** -24)
})

test('trap 20: the default lets a big gradient become Inf; saturation hides it but fate tells', () => {
  assert.equal(round(1e5, 'fp16'), Infinity)
  assert.equal(fate(1e5, 'fp16'), 'overflow')
  assert.equal(round(1e5, 'fp16', { overflow: 'saturate' }), 65504)
  assert.equal(fate(1e5, 'fp16', { overflow: 'saturate' }), 'saturated')
  assert.equal(fate(Infinity, 'fp16'), 'overflow')
  assert.equal(fate(Infinity, 'fp16', { overflow: 'saturate' }), 'saturated')
})

test('trap 21: bf16 has subnormals here', () => {
  assert.equal(round(2 ** -133, 'bf16'), 2 ** -133)
  assert.equal(encode(2 ** -133, 'bf16'), 1)
  assert.equal(decode(0x007f, 'bf16'), 127 * 2 ** -133)
  for (const f of formats) assert.equal(f.subnormals, f.name !== 'e8m0')
})
