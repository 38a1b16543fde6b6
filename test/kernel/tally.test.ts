/** tallyBlock against the plain tally and extent of runner/, field by field and bit for bit. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { format } from '../../src/format/parse.js'
import { fateRounder, type Overflow } from '../../src/format/round.js'
import { canTally, tallyBlock } from '../../src/kernel/tally.js'
import { addBlock, newTally } from '../../src/runner/replay/tally.js'
import { addExtent, newExtent } from '../../src/runner/replay/window.js'
import { edges, exponentSweep, randomBits64, words } from './inputs.js'

/** Both tallies of the same blocks; how many values the kernel took itself. */
function both(blocks: readonly Float64Array[], name: string, scale: number, overflow: Overflow): number {
  const f = format(name)
  const rounded = fateRounder(f, { overflow })
  const [plain, fast] = [newTally(), newTally()]
  const [plainExtent, fastExtent] = [newExtent(), newExtent()]
  const own = { lost: 0, counted: 0 }
  let plainly = 0
  fast.tensors.set('t', own)
  for (const values of blocks) {
    addBlock(plain, { tensor: 't', values }, { f, scale, rounded })
    addExtent(plainExtent, values)
    const { lost, counted } = tallyBlock(values, {
      f,
      scale,
      overflow,
      tally: fast,
      extent: fastExtent,
      otherwise: (part) => {
        plainly += part.length
        addBlock(fast, { tensor: 't', values: part }, { f, scale, rounded })
        addExtent(fastExtent, part)
      },
    })
    own.lost += lost
    own.counted += counted
  }
  assert.deepEqual(fast, plain, `${name} ${scale} ${overflow}`)
  assert.deepEqual(fastExtent, plainExtent, `${name} ${scale} ${overflow}`)
  return blocks.reduce((sum, b) => sum + b.length, 0) - plainly
}

const formats = ['fp16', 'bf16', 'tf32', 'e4m3fn', 'e5m2', 'e4m3fnuz', 'e2m1', 'e3m2', 'fp32', 'e5m30', 'e10m40']
const scales = [1, 1024, 2 ** -20, 2 ** 40]

test('values like gradients: the same counts, sums and extent, all by the kernel', () => {
  const draw = words(99)
  const values = Float64Array.from({ length: 20_001 }, () => {
    const kind = draw() % 20
    const exponent = 2 ** ((draw() % 60) - 40)
    if (kind === 0) return draw() % 2 === 0 ? 0 : -0
    if (kind === 1) return exponent
    return Math.fround((draw() / 2 ** 31 - 1) * exponent)
  })
  for (const name of formats)
    for (const scale of scales)
      for (const overflow of ['ieee', 'saturate'] as const)
        assert.equal(both([values, values.subarray(7, 12)], name, scale, overflow), 20_006, `${name} ${scale}`)
})

test('the edges of the format, scaled back', () => {
  for (const name of formats)
    for (const scale of scales) {
      const values = edges(format(name), 300).map((x) => x / scale)
      for (const overflow of ['ieee', 'saturate'] as const) both([values], name, scale, overflow)
    }
})

test('NaN, infinities, subnormal and enormous float64 numbers go to the plain code', () => {
  const strange = Float64Array.of(...exponentSweep(5), ...randomBits64(3000, 1))
  for (const name of formats) assert.equal(both([strange], name, 1, 'ieee'), 0)
  const plain = new Float64Array(3 * 8192).fill(0.1)
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 1e-310, 1e200, 1e-200]) {
    const values = plain.slice()
    values[8192] = bad
    assert.equal(both([values], 'fp16', 1, 'ieee'), 2 * 8192, String(bad))
  }
})

test('single values, none, and all zero', () => {
  for (const values of [[], [0], [-0], [1], [-1e-8], [65520, 65519], [0, 0, 0]])
    for (const name of formats) both([Float64Array.from(values)], name, 1, 'ieee')
})

test('the blocks of a stream do not matter', () => {
  const draw = words(7)
  const values = Float64Array.from({ length: 9001 }, () => (draw() / 2 ** 31 - 1) * 2 ** (draw() % 9))
  const f = format('e4m3fn')
  const [whole, cut] = [newTally(), newTally()]
  const otherwise = () => assert.fail()
  tallyBlock(values, { f, scale: 8, tally: whole, otherwise })
  for (const [from, to] of [
    [0, 1],
    [1, 4],
    [4, 4],
    [4, 8999],
    [8999, 9001],
  ] as const)
    tallyBlock(values.subarray(from, to), { f, scale: 8, tally: cut, otherwise })
  assert.deepEqual(cut, whole)
})

test('what it cannot do it says', () => {
  assert.equal(canTally(format('fp16'), 1000), false)
  assert.equal(canTally(format('fp16'), -2), false)
  assert.equal(canTally(format('e8m0'), 1), false)
  assert.equal(canTally(format('fp64'), 1), false)
  assert.equal(canTally(format('fp16'), 2 ** 91), false)
  assert.equal(canTally(format('fp16'), 2 ** 90), true)
})
