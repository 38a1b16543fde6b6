/** Blocks by the plain code: recorded answers, the worked examples, and what can be told without any rounding. */
import assert from 'node:assert/strict'
import test from 'node:test'
import type { FpsimError } from '../../src/errors.js'
import { amaxOf, elementValue, encodeBlock, scaleExponent, tensorScaleOf } from '../../src/format/block.js'
import { bitsPerElement, blockFormat, blockFormats, scaleRules } from '../../src/format/block-catalog.js'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { answers } from './block-answers.js'

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

test('every recorded block: scale, codes, values', () => {
  let blocks = 0
  for (const { format, rule, values, scales, codes, whole } of answers()) {
    const f = blockFormat(format)
    const tensor = tensorScaleOf(amaxOf(values), f)
    if (whole !== undefined) {
      single[0] = tensor.decode
      assert.equal(bits[0], whole, `${format} the tensor's scale of ${values.join(' ')}`)
    }
    for (const [b, code] of scales.entries()) {
      const part = values.subarray(b * f.size, (b + 1) * f.size)
      const message = `${format} ${rule ?? ''} ${part.join(' ')}`
      const got = encodeBlock(part, f, { tensor, ...(rule ? { rule } : {}) })
      const scale = decode(code, f.scale)
      assert.ok(Object.is(got.scale, scale), `${message}: scale ${got.scale}, not ${scale}`)
      assert.deepEqual([...got.codes], codes.slice(b * f.size, (b + 1) * f.size), message)
      const factor = Math.fround(scale * tensor.decode)
      const stands = got.codes.map((c) => Math.fround(elementValue(c, f) * factor))
      assert.deepEqual([...got.values], stands, message)
      blocks++
    }
  }
  assert.ok(blocks > 6000, `${blocks}`)
})

test('the worked example: amax 957 in E4M3', () => {
  const f = blockFormat('mxfp8-e4m3fn')
  const seen = scaleRules.map((rule) => {
    const { scale, values } = encodeBlock([957], f, { rule })
    return [rule, scale, values[0]]
  })
  assert.deepEqual(seen, [
    ['floor', 2, 896],
    ['ceil', 4, 960],
    ['even', 2, 896],
    ['rceil', 4, 960],
  ])
})

test('even raises the exponent from 2 − 2^-(M + 1) on', () => {
  for (const [name, bump] of [
    ['mxfp4', 1.75],
    ['mxfp8-e4m3fn', 1.9375],
    ['mxfp8-e5m2', 1.875],
    ['mxint8', 1.9921875],
  ] as const) {
    const f = blockFormat(name)
    const { emax } = f.element
    assert.equal(scaleExponent(bump, f, 'even') + emax, 1, name)
    assert.equal(scaleExponent(bump - 2 ** -23, f, 'even') + emax, 0, name)
  }
})

test('rceil is a float32 product with a rounded reciprocal, not a quotient', () => {
  // For the largest elements of the MX formats the two agree, but for one float32: just above 127/64, which the product
  // takes for 1.
  const above = 127 / 64 + 2 ** -23
  assert.equal(scaleExponent(above, blockFormat('mxint8'), 'rceil'), 0)
  assert.equal(scaleExponent(above + 2 ** -23, blockFormat('mxint8'), 'rceil'), 1)
  for (const [name, top] of [
    ['mxfp8-e4m3fn', 448],
    ['mxfp8-e5m2', 57344],
    ['mxfp6-e3m2', 28],
    ['mxfp6-e2m3', 7.5],
    ['mxfp4', 6],
  ] as const) {
    const f = blockFormat(name)
    assert.equal(scaleExponent(top, f, 'rceil'), 0, name)
    assert.equal(scaleExponent(Math.fround(top * (1 + 2 ** -23)), f, 'rceil'), 1, name)
  }
})

test('every value of the element under every scale comes back as its code', () => {
  for (const f of blockFormats())
    for (const rule of f.name.startsWith('mx') ? scaleRules : (['floor'] as const)) {
      const width = f.element.width
      const top = f.integers ? 127 / 64 : encodeBlock([3e38], f, { rule: 'floor' }).values[0]
      assert.ok(top)
      for (let code = 0; code < 1 << width; code++) {
        const value = elementValue(code, f)
        if (!Number.isFinite(value) || Math.abs(value) > 6e4 || (f.integers && code === 128)) continue
        // An anchor of the largest exponent, of which floor, ceil and even make the scale 1.
        const anchor = f.name.startsWith('mx') ? 2 ** f.element.emax : 6
        if (f.name.startsWith('mx') && Math.abs(value) > anchor) continue
        const got = encodeBlock([value, anchor], f, { rule })
        if (rule !== 'rceil') assert.equal(got.scale, 1, f.name)
        assert.ok(Object.is(got.values[0], value), `${f.name} ${rule} ${code}: ${value} became ${got.values[0]}`)
        if (rule !== 'rceil') assert.equal(got.codes[0], code, `${f.name} ${code}`)
      }
    }
})

test('zeros, NaN, infinities, and sizes at both ends', () => {
  for (const f of blockFormats()) {
    const mx = f.name.startsWith('mx')
    const zeros = encodeBlock([0, -0], f)
    assert.equal(zeros.scale, mx ? 2 ** -127 : 0, f.name)
    assert.ok(Object.is(zeros.values[1], f.integers ? 0 : -0), f.name)
    const withNaN = encodeBlock([1, Number.NaN], f)
    assert.deepEqual([...withNaN.values], [Number.NaN, Number.NaN], f.name)
    assert.ok(Number.isNaN(withNaN.scale), f.name)
    const withInf = encodeBlock([1, Number.NEGATIVE_INFINITY], f)
    if (mx) assert.deepEqual([...withInf.values], [Number.NaN, Number.NaN], f.name)
    else assert.deepEqual([...withInf.values], [0, -2688], f.name)
  }
  const largest = 2 ** 128 - 2 ** 104
  assert.equal(encodeBlock([largest], blockFormat('mxfp8-e4m3fn')).values[0], 1.75 * 2 ** 127)
  // ceil makes 2^128 of it, which float32 has not.
  assert.equal(
    encodeBlock([largest], blockFormat('mxfp8-e4m3fn'), { rule: 'ceil' }).values[0],
    Number.POSITIVE_INFINITY,
  )
})

test('bits of an element with its part of the scale', () => {
  assert.deepEqual(
    blockFormats().map((f) => [f.name, bitsPerElement(f)]),
    [
      ['mxfp8-e4m3fn', 8.25],
      ['mxfp8-e5m2', 8.25],
      ['mxint8', 8.25],
      ['mxfp6-e3m2', 6.25],
      ['mxfp6-e2m3', 6.25],
      ['mxfp4', 4.25],
      ['nvfp4', 4.5],
      ['nvfp4-1', 4.5],
    ],
  )
})

test('names: aliases, several meanings, and what was meant', () => {
  for (const [name, found] of [
    ['MXFP8_E4M3', 'mxfp8-e4m3fn'],
    ['mxfp8e5m2', 'mxfp8-e5m2'],
    ['mxfp4_e2m1', 'mxfp4'],
    ['NVFP4', 'nvfp4'],
    ['nvfp4-2', 'nvfp4'],
    ['nvfp4_one_level', 'nvfp4-1'],
    ['mxfp6 e2m3', 'mxfp6-e2m3'],
  ] as const)
    assert.equal(blockFormat(name).name, found)
  const thrown = (name: string): FpsimError => {
    try {
      blockFormat(name)
    } catch (e) {
      return e as FpsimError
    }
    throw new Error(`${name} is a name`)
  }
  assert.deepEqual(thrown('mxfp8').values['candidates'], ['mxfp8-e4m3fn', 'mxfp8-e5m2'])
  assert.equal(thrown('mxfp6').code, 'ambiguous-format')
  assert.equal(thrown('mxpf4').values['suggestion'], 'mxfp4')
  assert.equal(thrown('fp16').code, 'unknown-format')
  assert.equal(thrown('constructor').code, 'unknown-format')
  for (const f of formats) assert.equal(thrown(f.name).code, 'unknown-format')
})
