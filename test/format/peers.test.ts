/** Against programs of other people: @petamoriken/float16, NumPy, and the engine's own float32 and float64. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { f16round, getFloat16, setFloat16 } from '@petamoriken/float16'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { round, rounder } from '../../src/format/round.js'
import {
  deterministicModes,
  generator,
  hexOf,
  inward,
  ofHex,
  outward,
  policies,
  randomFloat64,
  rows,
  same,
} from './support.js'

const view = new DataView(new ArrayBuffer(8))

test('fp16: all midpoints and their neighbours as f16round', () => {
  const rule = rounder('fp16')
  for (let code = 0; code < 0x7c00; code++) {
    const lower = decode(code, 'fp16')
    const upper = code === 0x7bff ? 65536 : decode(code + 1, 'fp16')
    const middle = (lower + upper) / 2
    for (const size of [lower, inward(middle), middle, outward(middle)])
      for (const x of [size, -size])
        if (!same(rule(x), f16round(x))) assert.fail(`${x}: ${rule(x)}, f16round ${f16round(x)}`)
  }
})

test('fp16: 300,000 random numbers as f16round', () => {
  const rule = rounder('fp16')
  const draw = generator(16)
  for (let i = 0; i < 300_000; i++) {
    const x = i % 8 === 0 ? randomFloat64(draw, -1022, 1023) : randomFloat64(draw, -27, 17)
    if (!same(rule(x), f16round(x))) assert.fail(`${x}: ${rule(x)}, f16round ${f16round(x)}`)
  }
  for (const x of [0, -0, Infinity, -Infinity, Number.NaN, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE])
    assert.ok(same(round(x, 'fp16'), f16round(x)), String(x))
})

test('fp16: codes as the DataView of @petamoriken/float16 reads and writes them', () => {
  for (let code = 0; code < 0x10000; code++) {
    view.setUint16(0, code)
    const value = getFloat16(view, 0)
    if (!same(decode(code, 'fp16'), value)) assert.fail(`${code}: ${decode(code, 'fp16')}, peer ${value}`)
    // NaN codes are the contract's own (contract.test.ts); the peer keeps the sign of a NaN, which JS may choose.
    if (Number.isNaN(value)) continue
    setFloat16(view, 0, value)
    if (encode(value, 'fp16') !== view.getUint16(0)) assert.fail(`${value} encodes to ${encode(value, 'fp16')}`)
  }
})

test('e5m2 is the upper byte of fp16', () => {
  for (let code = 0; code < 0x100; code++) {
    view.setUint16(0, code << 8)
    assert.ok(same(decode(code, 'e5m2'), getFloat16(view, 0)), String(code))
  }
})

test('fp16: codes of adversarial numbers as NumPy gives them', () => {
  const answers = rows('numpy-fp16.tsv.gz') as [string, string][]
  assert.ok(answers.length > 10_000)
  for (const [input, code] of answers) {
    const x = ofHex(input)
    if (encode(x, 'fp16') !== Number.parseInt(code, 16))
      assert.fail(`${x} (${input}) encodes to ${encode(x, 'fp16').toString(16)}, NumPy ${code}`)
  }
})

test('fp32: midpoints, their neighbours and random numbers as Math.fround', () => {
  const rule = rounder('fp32')
  const draw = generator(32)
  const tryOne = (x: number) => {
    if (!same(rule(x), Math.fround(x))) assert.fail(`${x}: ${rule(x)}, Math.fround ${Math.fround(x)}`)
  }
  for (let i = 0; i < 100_000; i++) {
    // The first is the largest finite value, then every fourth is among the subnormals.
    const body = i === 0 ? 0x7f7fffff : i % 4 === 0 ? draw() % 0x800000 : draw() % 0x7f7fffff
    view.setUint32(0, body)
    const lower = view.getFloat32(0)
    view.setUint32(0, body + 1)
    const upper = body === 0x7f7fffff ? 2 ** 128 : view.getFloat32(0)
    const middle = (lower + upper) / 2
    for (const size of [lower, inward(middle), middle, outward(middle)]) {
      tryOne(size)
      tryOne(-size)
    }
    tryOne(randomFloat64(draw, -151, 129))
    tryOne(randomFloat64(draw, -1022, 1023))
  }
  for (const x of [
    0,
    -0,
    Infinity,
    -Infinity,
    Number.NaN,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    2 ** -149,
    2 ** -150,
    1.5 * 2 ** -150,
  ])
    tryOne(x)
})

test('fp32, tf32, bf16: codes are the upper bits of a float32', () => {
  const draw = generator(8)
  for (let i = 0; i < 100_000; i++) {
    for (const [name, width] of [
      ['fp32', 32],
      ['tf32', 19],
      ['bf16', 16],
    ] as const) {
      const code = draw() >>> (32 - width)
      view.setUint32(0, (code << (32 - width)) >>> 0)
      const value = view.getFloat32(0)
      if (!same(decode(code, name), value)) assert.fail(`${name} ${code}: ${decode(code, name)}, float32 ${value}`)
      if (!Number.isNaN(value) && encode(value, name) !== code)
        assert.fail(`${name}: ${value} encodes to ${encode(value, name)}`)
    }
  }
})

test('e11m41: codes are the upper bits of a float64, Number.MAX_SAFE_INTEGER the last NaN', () => {
  const draw = generator(11)
  for (let i = 0; i < 50_000; i++) {
    const bits = (BigInt(draw()) << 32n) | BigInt(draw())
    const code = bits >> 11n
    view.setBigUint64(0, code << 11n)
    const value = view.getFloat64(0)
    assert.ok(same(decode(Number(code), 'e11m41'), value), String(code))
    if (!Number.isNaN(value)) assert.equal(encode(value, 'e11m41'), Number(code))
  }
  assert.ok(Number.isNaN(decode(Number.MAX_SAFE_INTEGER, 'e11m41')))
})

test('e11m10: truncation and rounding up are integer steps on the upper bits of a float64', () => {
  const draw = generator(12)
  const down = rounder('e11m10', { rounding: 'toward-zero' })
  const odd = rounder('e11m10', { rounding: 'to-odd' })
  for (let i = 0; i < 50_000; i++) {
    const x = i % 3 === 0 ? randomFloat64(draw, -1023, -1018) : randomFloat64(draw, -1023, 1023)
    const bits = BigInt(`0x${hexOf(x)}`)
    const cut = (bits >> 42n) << 42n
    assert.equal(hexOf(down(x)), cut.toString(16).padStart(16, '0'), String(x))
    // To odd is the classic OR of all discarded bits into the last kept one.
    const jammed = cut === bits ? cut : cut | (1n << 42n)
    assert.equal(hexOf(odd(x)), jammed.toString(16).padStart(16, '0'), String(x))
  }
})

test('fp64: every float64 is itself, in every mode', () => {
  const draw = generator(64)
  for (const rounding of deterministicModes)
    for (const overflow of policies) {
      const rule = rounder('fp64', { rounding, overflow })
      for (let i = 0; i < 5_000; i++) {
        const x = randomFloat64(draw, -1023, 1023)
        if (!Object.is(rule(x), x)) assert.fail(`${rounding}: ${x} became ${rule(x)}`)
      }
      for (const x of [0, -0, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN])
        assert.ok(same(rule(x), x))
      assert.equal(rule(Infinity), overflow === 'saturate' ? Number.MAX_VALUE : Infinity)
      assert.equal(rule(-Infinity), overflow === 'saturate' ? -Number.MAX_VALUE : -Infinity)
    }
})
