/** Lines break where a reader of either language expects it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { onScreen, wrap } from '../../src/render/terminal/document.js'
import { testStyle, words } from './results.js'

const style = testStyle()

test('no line begins with a closing mark or ends with an opening one', () => {
  assert.deepEqual(wrap('半精度浮点数在训练时会把（很小的）梯度变成零，这就是下溢。', 20, style), [
    '半精度浮点数在训练时',
    '会把（很小的）梯度变',
    '成零，这就是下溢。',
  ])
  assert.deepEqual(wrap('一二三四五，六', 10, style), ['一二三四', '五，六'])
  assert.deepEqual(wrap('一二三四（六）', 10, style), ['一二三四', '（六）'])
})

test('a number keeps its per cent sign, columns of blanks stay, paragraphs stay', () => {
  assert.deepEqual(wrap('100 % of a very long sentence keeps 3.3 % in one piece', 15, style), [
    '100 % of a very',
    'long sentence',
    'keeps 3.3 % in',
    'one piece',
  ])
  assert.deepEqual(wrap('loss × 1      3.3 %\nsecond', 40, style), ['loss × 1      3.3 %', 'second'])
})

test('nothing but blanks is lost, and no line is wider than asked', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 60 }), (text, width) => {
      const one = onScreen(text, style)
      const wrapped = wrap(one, width, style)
      assert.equal(wrapped.join('').replaceAll(' ', ''), one.replaceAll(' ', ''))
      for (const line of wrapped) assert.ok(stringWidth(line) <= width, JSON.stringify(line))
    }),
    { numRuns: 500 },
  )
})

test('symbols have a spelling in ASCII', () => {
  const ascii = testStyle({ charset: 'ascii' })
  assert.equal(
    onScreen('loss × 65536 → 2⁻²⁴ ≤ ε ± ½ ulp … “µ” – aᵢ · b₀·c', ascii),
    'loss x 65536 -> 2^-24 <= eps +- 1/2 ulp ... "u" - a? - b0*c',
  )
  assert.equal(onScreen('café 梯度', ascii), 'cafe ??')
  assert.equal(onScreen('“梯度”——溢出……', testStyle({ charset: 'ascii', lang: 'zh' })), '"梯度"--溢出...')
})
