/** quantizeBlocks and the slab rounder: recorded answers, and the plain code of format/block.ts bit for bit. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { uniform } from '../../src/data/rng.js'
import type { FpsimError } from '../../src/errors.js'
import { amaxOf, elementValue, encodeBlock, noTensorScale, tensorScaleOf } from '../../src/format/block.js'
import {
  type BlockFormat,
  blockFormat,
  blockFormats,
  isPowerScaled,
  scaleRules,
} from '../../src/format/block-catalog.js'
import { decode } from '../../src/format/decode.js'
import * as library from '../../src/index.js'
import { newArena, valuesOf } from '../../src/kernel/arena.js'
import { slabBlockRounder } from '../../src/kernel/blocks.js'
import { type QuantizeBlocksOptions, quantizeBlocks } from '../../src/kernel/quantize-blocks.js'
import { answers } from '../format/block-answers.js'
import { words } from './inputs.js'

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length)

/** The plain code on a whole array. */
function plainly(values: Float32Array, f: BlockFormat, o: QuantizeBlocksOptions = {}) {
  const { columns = values.length, seed = 1, rounding, scale = 'floor' } = o
  const out = new Float32Array(values.length)
  const codes = new Uint8Array(values.length)
  const scales: number[] = []
  const tensor = f.tensorScale ? tensorScaleOf(amaxOf(values), f) : noTensorScale
  for (let row = 0; row < values.length; row += columns)
    for (let i = 0; i < columns; i += f.size) {
      const start = row + i
      const part = values.subarray(start, start + Math.min(f.size, columns - i))
      const random = (j: number): number => uniform(seed, start + j)
      const block = encodeBlock(part, f, { rule: scale, tensor, ...(rounding === 'stochastic' ? { random } : {}) })
      // Canonical: a NaN of the plain code may have any sign.
      out.set(
        block.values.map((x) => (Number.isNaN(x) ? Number.NaN : x)),
        start,
      )
      codes.set(block.codes, start)
      scales.push(block.scale)
    }
  return { values: out, scales: Float32Array.from(scales), codes, tensorScale: tensor.decode }
}

function same(values: Float32Array, f: BlockFormat, o: QuantizeBlocksOptions, what: string): void {
  const fast = quantizeBlocks(values, f.name, o)
  const plain = plainly(values, f, o)
  const message = `${f.name} ${JSON.stringify(o)} ${what}`
  assert.deepEqual(bitsOf(fast.values), bitsOf(plain.values), message)
  assert.deepEqual(bitsOf(fast.scales), bitsOf(plain.scales), message)
  assert.deepEqual(fast.codes, plain.codes, message)
  assert.ok(Object.is(fast.tensorScale, plain.tensorScale), message)
}

/** The options that a format can have, nearest-even. */
const rulesOf = (f: BlockFormat): QuantizeBlocksOptions[] =>
  isPowerScaled(f) ? scaleRules.map((scale) => ({ scale })) : [{}]

test('every recorded block by the kernel', () => {
  let blocks = 0
  for (const { format, rule, values, scales, codes } of answers()) {
    const f = blockFormat(format)
    const got = quantizeBlocks(values, format, rule ? { scale: rule } : {})
    assert.deepEqual(
      [...got.scales],
      scales.map((code) => decode(code, f.scale)),
      format,
    )
    assert.deepEqual([...got.codes], codes, `${format} ${rule} ${values.join(' ')}`)
    const stands = codes.map((c, i) => {
      const factor = Math.fround((got.scales[Math.floor(i / f.size)] as number) * got.tensorScale)
      return Math.fround(elementValue(c, f) * factor)
    })
    assert.deepEqual(bitsOf(got.values), bitsOf(Float32Array.from(stands)), `${format} ${rule} ${values.join(' ')}`)
    blocks += scales.length
  }
  assert.ok(blocks > 6000)
})

/** Values of all kinds: bits at random, and gradients with outliers, zeros, subnormals. */
function mixture(n: number, seed: number): Float32Array {
  const draw = words(seed)
  const out = new Float32Array(n)
  const raw = bitsOf(out)
  for (let i = 0; i < n; i++) {
    const kind = draw() % 100
    if (kind < 10) raw[i] = draw() & 0xbfffffff
    else if (kind < 12) raw[i] = (draw() & 0x80ffffff) >>> 0
    else if (kind < 15) out[i] = kind === 12 ? 0 : -0
    else out[i] = (draw() / 2 ** 31 - 1) * 2 ** (((Math.floor(i / 64) * 7) % 61) - 30 - (draw() % 9))
  }
  return out
}

test('the kernel is the plain code: lengths, rows, every rule', () => {
  for (const f of blockFormats())
    for (const o of rulesOf(f)) {
      for (const n of [0, 1, 15, 16, 17, 31, 32, 33, 100]) same(mixture(n, n + 7), f, o, `${n}`)
      same(mixture(4200, 5), f, o, 'more than one piece')
      for (const columns of [1, 5, 16, 32, 33, 50]) same(mixture(columns * 11, columns), f, { ...o, columns }, 'rows')
    }
  const f = blockFormat('mxfp4')
  same(mixture(3 * 4150, 9), f, { columns: 4150 }, 'rows of more than one piece')
  same(mixture(9000, 11).subarray(3), f, {}, 'a part of an array')
})

test('largest sizes at every power of two and beside it, every rule', () => {
  // 4 sizes around 2^k and around 1.5, 1.75 … of it, each a block of its own.
  const list: number[] = []
  for (let field = 0; field < 255; field++)
    for (const fraction of [0, 0x400000, 0x600000, 0x700000, 0x780000, 0x7e0000, 0x7f0000])
      for (const step of [-1, 0, 1]) {
        const code = field * 2 ** 23 + fraction + step
        if (code >= 0) list.push(code)
      }
  const values = new Float32Array(list.length * 3)
  const raw = bitsOf(values)
  for (const [i, code] of list.entries()) {
    raw[3 * i] = code
    raw[3 * i + 1] = 0x80000000 + (code >>> 1)
    raw[3 * i + 2] = Math.max(0, code - 3 * 2 ** 23 - 0x123456)
  }
  for (const f of blockFormats()) for (const o of rulesOf(f)) same(values, f, { ...o, columns: 3 }, 'sizes')
})

test('NaN and infinities: their block alone, or all of nvfp4', () => {
  const values = mixture(100, 3).map((x) => Math.fround(Math.max(-1e6, Math.min(1e6, x))))
  for (const strange of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const f of blockFormats()) {
      const input = values.slice()
      input[40] = strange
      bitsOf(input)[41] = 0xffc12345
      for (const o of [...rulesOf(f), { rounding: 'stochastic' } as const]) same(input, f, o, `${strange}`)
      input[41] = 1
      for (const o of [...rulesOf(f), { rounding: 'stochastic' } as const]) same(input, f, o, `${strange}`)
      const nan = [...quantizeBlocks(input, f.name).values].filter((x) => Number.isNaN(x)).length
      const inBlock = f.size
      const whole = f.name === 'nvfp4' ? 100 : inBlock
      assert.equal(nan, Number.isNaN(strange) ? whole : isPowerScaled(f) ? inBlock : 0, `${f.name} ${strange}`)
    }
})

test('stochastic: the draw of each index, whatever the rows and pieces', () => {
  for (const f of blockFormats()) {
    same(mixture(700, 21), f, { rounding: 'stochastic' }, '')
    same(mixture(7 * 61, 22), f, { rounding: 'stochastic', seed: 5, columns: 61 }, 'rows')
  }
  same(mixture(9001, 23), blockFormat('mxfp8-e4m3fn'), { rounding: 'stochastic', scale: 'rceil', seed: -2.5 }, 'pieces')
  same(mixture(9001, 24), blockFormat('nvfp4'), { rounding: 'stochastic', seed: 9 }, 'pieces')
  same(mixture(3 * 1037, 25), blockFormat('nvfp4'), { rounding: 'stochastic', columns: 1037 }, 'rows of 1037')
})

test('stochastic: between the two neighbours, away with the discarded fraction', () => {
  // 2.3125 between 2 and 3, of E2M1 with scale 1: away for draws below 0.3125. 0.125 between 0 and 0.5: below 0.25.
  const values = new Float32Array(32 * 64).fill(2.3125)
  for (let i = 0; i < values.length; i += 32) values[i] = 4
  for (let i = 1; i < values.length; i += 2) values[i] = -0.125
  const got = quantizeBlocks(values, 'mxfp4', { rounding: 'stochastic', seed: 3 }).values
  let away = 0
  for (const [i, x] of got.entries()) {
    const draw = uniform(3, i)
    if (values[i] === 4) assert.equal(x, 4)
    else if (i % 2 === 0) assert.equal(x, draw < 0.3125 ? 3 : 2)
    else assert.ok(Object.is(x, draw < 0.25 ? -0.5 : -0), `${i}`)
    if (x === 3) away++
  }
  assert.ok(away > 250 && away < 370, `${away}`)
})

test('a draw of 0 raises what is nonzero, however small beside its block', () => {
  // The product with the block's factor is 0 in float32 here; the exact one is not. A draw of 0 was searched for.
  const [seed, zero] = [8, 1278320457]
  assert.equal(uniform(seed, zero), 0)
  const values = new Float32Array(64).fill(-(2 ** -149))
  for (const i of [0, 32]) values[i] = 2 ** 120
  values[3] = 0
  const arena = newArena()
  for (const name of ['mxfp8-e4m3fn', 'mxint8', 'mxfp4'])
    for (const place of [40, 3]) {
      const f = blockFormat(name)
      const first = zero - place
      const slab = arena.of(values)
      slabBlockRounder(name, { rounding: 'stochastic', seed })(slab, { first })
      const [raised, zeros] = [valuesOf(slab)[place] as number, valuesOf(slab).filter((x) => x === 0).length]
      const { scale } = encodeBlock([2 ** 120], f)
      assert.equal(raised, place === 3 ? 0 : -(scale * 2 ** (f.element.emin - f.element.precision + 1)), name)
      assert.equal(zeros, place === 3 ? 62 : 61, name)
    }
  arena.close()
})

test('slabs: in place, from another, parts of a slab, rows', () => {
  const arena = newArena()
  for (const f of blockFormats())
    for (const o of [...rulesOf(f), { rounding: 'stochastic', seed: 4 } as const]) {
      const values = mixture(37 * 21, 31)
      const slab = arena.of(values)
      const guard = arena.of([1, 2, 3])
      const expected = quantizeBlocks(values, f.name, { ...o, columns: 37 }).values
      const round = slabBlockRounder(f.name, o)
      const other = arena.zeros(values.length)
      const behind = arena.of([4, 5, 6])
      round(other, { from: slab, columns: 37 })
      assert.deepEqual(bitsOf(valuesOf(other)), bitsOf(expected), f.name)
      assert.deepEqual(valuesOf(slab), values)
      round(slab, { columns: 37 })
      assert.deepEqual(bitsOf(valuesOf(slab)), bitsOf(expected), f.name)
      assert.deepEqual([...valuesOf(guard), ...valuesOf(behind)], [1, 2, 3, 4, 5, 6])
    }
  // Draws from another index on: those of a part of a longer slab.
  const values = mixture(320, 33)
  const o = { rounding: 'stochastic', seed: 8, scale: 'even' } as const
  const whole = quantizeBlocks(values, 'mxfp6-e2m3', o).values
  const part = arena.of(values.subarray(96))
  slabBlockRounder('mxfp6-e2m3', o)(part, { first: 96 })
  assert.deepEqual(bitsOf(valuesOf(part)), bitsOf(whole.slice(96)))
  arena.close()
})

test('draws across the upper half of their counters', () => {
  const arena = newArena()
  const first = 2 ** 34 - 70
  const values = mixture(160, 35)
  const slab = arena.of(values)
  slabBlockRounder('mxfp4', { rounding: 'stochastic', seed: 8 })(slab, { first })
  const f = blockFormat('mxfp4')
  for (let i = 0; i < 160; i += 32) {
    const block = encodeBlock(values.subarray(i, i + 32), f, { random: (j) => uniform(8, first + i + j) })
    assert.deepEqual(bitsOf(valuesOf(slab)).slice(i, i + 32), bitsOf(Float32Array.from(block.values)))
  }
  arena.close()
})

test('what is refused', () => {
  const values = Float32Array.of(1, 2, 3)
  const code = (work: () => unknown): string => {
    try {
      work()
    } catch (e) {
      return (e as FpsimError).code
    }
    return 'nothing'
  }
  const any = (o: object): QuantizeBlocksOptions => o as QuantizeBlocksOptions
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp9')),
    'unknown-format',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'fp16')),
    'unknown-format',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp8')),
    'ambiguous-format',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', any({ scale: 'up' }))),
    'invalid-value',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', any({ scales: 'floor' }))),
    'unknown-key',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', any({ rounding: 'up' }))),
    'invalid-value',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', { columns: 2 })),
    'invalid-value',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', { columns: 0 })),
    'invalid-value',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', { seed: Number.NaN })),
    'invalid-value',
  )
  for (const o of [{ seed: 2 }, { seed: 2, rounding: 'nearest-even' as const }])
    assert.equal(
      code(() => quantizeBlocks(values, 'mxfp4', o)),
      'unsupported-combination',
    )
  assert.equal(
    code(() => quantizeBlocks(values, 'nvfp4', { scale: 'floor' })),
    'unsupported-combination',
  )
  assert.equal(
    code(() => quantizeBlocks([1] as unknown as Float32Array, 'mxfp4')),
    'invalid-value',
  )
  assert.equal(
    code(() => quantizeBlocks(values, 'mxfp4', null as unknown as object)),
    'invalid-value',
  )
  assert.deepEqual([...values], [1, 2, 3])
})

test('the library gives it', () => {
  const { values, scales, codes, tensorScale } = library.quantizeBlocks(Float32Array.of(957), 'mxfp8-e4m3', {
    scale: 'rceil',
  })
  assert.deepEqual([values[0], scales[0], codes[0], tensorScale], [960, 4, 0x77, 1])
})
