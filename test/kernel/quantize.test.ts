/** quantize against format/'s rounder, bit for bit. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { keyOf as keyOfSeed, uniform } from '../../src/data/rng.js'
import type { Format, Rounding } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { type Overflow, rounder } from '../../src/format/round.js'
import { keyOf } from '../../src/kernel/key.js'
import { machine, views } from '../../src/kernel/machine.js'
import { fits, quantize, quantizePath } from '../../src/kernel/quantize.js'
import { all, codeOfRefusal, edges, exponentSweep, policies, randomBits32, randomBits64, roundings } from './inputs.js'

type Values = Float32Array | Float64Array

const hex = (x: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  return `${x} (${view.getBigUint64(0).toString(16)})`
}

/** Bits of the carrier, so that NaN payloads and the sign of zero count. */
const bitsOf = (values: Values): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4)

function compare(values: Values, f: Format, rounding: Rounding, overflow: Overflow): void {
  const seed = 7
  const got = quantize(values, f, { rounding, overflow, seed })
  let i = 0
  const one = rounder(f, { rounding, overflow, random: () => uniform(seed, i) })
  const wanted = values instanceof Float32Array ? new Float32Array(values.length) : new Float64Array(values.length)
  for (i = 0; i < values.length; i++) {
    const value = one(values[i] as number)
    wanted[i] = Number.isNaN(value) ? Number.NaN : value
  }
  const [a, b] = [bitsOf(got), bitsOf(wanted)]
  for (let w = 0; w < a.length; w++)
    if (a[w] !== b[w]) {
      const at = values instanceof Float32Array ? w : w >> 1
      const said = `${hex(values[at] as number)} gives ${hex(got[at] as number)}, not ${hex(wanted[at] as number)}`
      assert.fail(`${f.name} ${rounding} ${overflow} ${values.constructor.name}[${at}]: ${said}`)
    }
}

const sweep = exponentSweep(3)
const random32 = randomBits32(20_000, 5)
const random64 = randomBits64(12_000, 9)

test('every format, mode, policy and carrier: midpoints, neighbours, all exponents, random bits', () => {
  for (const f of all) {
    const near = edges(f, 96)
    const both = Float64Array.of(...near, ...sweep.filter((_, i) => i % 5 === 0), ...random64)
    const single = Float32Array.of(...Float32Array.from(near), ...sweep, ...random32)
    for (const rounding of roundings)
      for (const overflow of policies) {
        if (fits(f, 'fp64')) compare(both, f, rounding, overflow)
        if (fits(f, 'fp32')) compare(single, f, rounding, overflow)
      }
  }
})

test('nearest-even: all values and midpoints of the formats up to 16 bits', () => {
  for (const f of all) {
    if (f.width > 16) continue
    const near = edges(f, 4096)
    compare(near, f, 'nearest-even', 'ieee')
    if (fits(f, 'fp32')) compare(Float32Array.from(near), f, 'nearest-even', 'ieee')
  }
})

test('the fast kernels are the ones that run', () => {
  const paths = (name: string, rounding: Rounding) =>
    (['fp32', 'fp64'] as const).map((carrier) => quantizePath(name, carrier, { rounding }))
  for (const name of [
    'fp16',
    'e4m3fn',
    'e5m2',
    'e4m3',
    'e3m4',
    'e4m3fnuz',
    'e5m2fnuz',
    'e3m2',
    'e2m3',
    'e2m1',
    'e7m8',
  ]) {
    assert.deepEqual(paths(name, 'nearest-even'), ['nearest32', 'nearest64'], name)
    assert.equal(paths(name, 'stochastic')[0], 'stochastic32', name)
  }
  for (const name of ['bf16', 'tf32', 'e8m3']) {
    assert.deepEqual(paths(name, 'nearest-even'), ['nearestWide32', 'nearest64'], name)
    assert.equal(paths(name, 'stochastic')[0], 'stochasticWide32', name)
  }
  assert.equal(paths('e8m0', 'nearest-even')[0], 'nearestE8m0')
  assert.equal(paths('fp16', 'up')[0], 'plain32')
})

test('stochastic: value i takes the draw uniform(seed, i), over blocks and exact to the last bit of the fraction', () => {
  assert.deepEqual(keyOf(123.5), keyOfSeed(123.5))
  for (const seed of [1, 2, -0.5, 1e300]) assert.deepEqual(keyOf(seed), keyOfSeed(seed))
  // Values made so that the draw lies just at, below and above the discarded fraction, in the quanta of the format.
  for (const [name, exponent] of [
    ['fp16', -24],
    ['fp16', -10],
    ['e4m3fn', -9],
    ['bf16', -133],
    ['e2m1', -1],
    ['e7m22', -84],
  ] as const) {
    const f = format(name)
    const n = 20001
    const values = new Float32Array(n)
    const seed = 42
    for (let i = 0; i < n; i++) {
      const draw = uniform(seed, i)
      // Near 0 of a binade of quanta: draw · quantum, moved by one float32 ulp or none.
      const x = Math.fround(draw)
      const cell = new Float32Array([x])
      const bits = new Int32Array(cell.buffer)
      bits[0] = (bits[0] as number) + (i % 3) - 1
      values[i] = (i % 2 === 0 ? 1 : -1) * (cell[0] as number) * 2 ** exponent
    }
    const got = quantize(values, f, { rounding: 'stochastic', seed })
    let i = 0
    const one = rounder(f, { rounding: 'stochastic', random: () => uniform(seed, i) })
    for (; i < n; i++) assert.ok(Object.is(got[i], one(values[i] as number)), `${name} ${i}: ${values[i]}`)
  }
})

test('the draws of any index, past 2^34 where the second word of the counter begins', () => {
  const m = machine()
  const at = m.blockB.value
  for (const seed of [1, -3.5])
    for (const block of [0, 256, 2 ** 32 - 256, 2 ** 32, 5 * 2 ** 32 + 1024, 2 ** 50]) {
      const [k0, k1] = keyOf(seed)
      m.fillDraws(at, 1024, BigInt(block), k0, k1)
      const got = views().uint32.subarray(at / 4, at / 4 + 1024)
      for (let i = 0; i < 1024; i++)
        assert.equal(got[i], uniform(seed, block * 4 + i) * 2 ** 32, `${seed} ${block} ${i}`)
    }
})

test('lengths, offsets, in place and new arrays, more than one block', () => {
  const source = randomBits32(70_000, 77)
  const one = rounder('fp16')
  for (const n of [...Array(71).keys(), 4095, 4096, 4097, 16_384, 65_537]) {
    const part = source.subarray(3, 3 + n)
    const before = part.slice()
    const fresh = quantize(part, 'fp16')
    assert.ok(fresh instanceof Float32Array && fresh.length === n && fresh !== part)
    assert.deepEqual(bitsOf(part), bitsOf(before), 'the source stays as it was')
    for (let i = 0; i < n; i++) assert.ok(Object.is(fresh[i], one(part[i] as number)), `${n} ${i}`)
    const larger = source.slice(0, n + 10)
    const inner = larger.subarray(5, 5 + n)
    const wanted = quantize(inner, 'bf16')
    assert.equal(quantize(inner, 'bf16', { inPlace: true }), inner)
    assert.deepEqual(bitsOf(inner), bitsOf(wanted))
    assert.deepEqual(bitsOf(larger.subarray(0, 5)), bitsOf(source.subarray(0, 5)))
    assert.deepEqual(bitsOf(larger.subarray(5 + n)), bitsOf(source.subarray(5 + n, n + 10)))
  }
  const doubles = randomBits64(9001, 3)
  const kept = doubles.subarray(1)
  assert.equal(quantize(kept, 'e4m3fn', { inPlace: true, overflow: 'saturate' }), kept)
})

test('NaN of any sign and payload gives the canonical one, alone or beside numbers', () => {
  for (const name of ['fp16', 'bf16', 'e4m3fn', 'e2m1', 'fp32', 'e8m0'])
    for (const rounding of roundings)
      for (const at of [0, 5, 4099]) {
        const bits = new Uint32Array(5000).fill(0x3f800000)
        bits[at] = 0xff800001
        bits[at + 1] = 0x7fffffff
        const got = bitsOf(quantize(new Float32Array(bits.buffer), name, { rounding }))
        assert.deepEqual(
          [got[at], got[at + 1], got[at + 2]],
          [0x7fc00000, 0x7fc00000, 0x3f800000],
          `${name} ${rounding}`,
        )
      }
})

test('refusals', () => {
  const v = new Float32Array(1)
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp64')),
    'carrier-too-narrow',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'e9m2')),
    'carrier-too-narrow',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp61')),
    'unknown-format',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', { roundings: 'up' } as never)),
    'unknown-key',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', { rounding: 'off' } as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', { overflow: 'wrap' } as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', { seed: Number.NaN })),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', { seed: '1' } as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', { inPlace: 1 } as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize([1] as never, 'fp16')),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize(v, 'fp16', null as never)),
    'invalid-value',
  )
  assert.equal(
    codeOfRefusal(() => quantize(new Float64Array(1), 'e11m51')),
    'none',
  )
})
