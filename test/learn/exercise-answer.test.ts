/** Answers as people type them, against numbers worked out beside this program. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { format } from '../../src/format/parse.js'
import { plain, readCodes, readNumber, readWords } from '../../src/learn/answer.js'
import { seedText } from '../../src/learn/exercise/draw.js'

/** JavaScript's own reading of plain digits stands beside every other way to write the number. */
const numbers: readonly (readonly [string, number])[] = [
  ['5.960464477539063e-8', 2 ** -24],
  ['2^-24', 2 ** -24],
  ['2**-24', 2 ** -24],
  ['2^{-24}', 2 ** -24],
  ['2^(-24)', 2 ** -24],
  ['2⁻²⁴', 2 ** -24],
  ['２＾－２４', 2 ** -24],
  ['1/16777216', 2 ** -24],
  ['１／１６７７７２１６', 2 ** -24],
  ['1/16,777,216', 2 ** -24],
  ['1/2^24', 2 ** -24],
  ['0x1p-24', 2 ** -24],
  ['5.96e-8', 5.96e-8],
  ['5.96×10^-8', 5.96e-8],
  ['5.96×10⁻⁸', 5.96e-8],
  ['5.96 x 10^-8', 5.96e-8],
  ['5.96*10^-8', 5.96e-8],
  ['5．96ｅ－8', 5.96e-8],
  ['0x0001', 1],
  ['３。３', 3.3],
  ['3,3', 3.3],
  ['0,001', 0.001],
  ['65504。', 65504],
  ['65,504', 65504],
  ['65 504', 65504],
  ['65504.', 65504],
  ['2^16-2^5', 65504],
  ['2^16 − 32', 65504],
  ['(2-2^-10)*2^15', 65504],
  ['１６，７７７，２１６', 16777216],
  ['约 7', 7],
  ['≈7', 7],
  ['"7"', 7],
  ['1.2 万', 12000],
  ['1815.2万', 18152000],
  ['1.5亿', 150000000],
  ['-6e-8', -6e-8],
  ['－６ｅ－８', -6e-8],
  ['inf', Number.POSITIVE_INFINITY],
  ['∞', Number.POSITIVE_INFINITY],
  ['负无穷大', Number.NEGATIVE_INFINITY],
  ['sqrt(2)', Math.SQRT2],
  // ln 65504 to seventeen digits, by bc.
  ['log(65504)', 11.089866488461016],
]

const shares: readonly (readonly [string, number])[] = [
  ['3.3%', 0.033],
  ['3.3 %', 0.033],
  ['３．３％', 0.033],
  ['３。３％', 0.033],
  ['3.3 percent', 0.033],
  ['百分之3.3', 0.033],
  ['33‰', 0.033],
  ['约3.3%。', 0.033],
  ['0%', 0],
  ['1/3 %', 1 / 300],
]

describe('a number', () => {
  for (const [typed, value] of numbers)
    test(typed, () => assert.deepEqual(readNumber(typed), { value, percent: false }))

  for (const [typed, value] of shares) test(typed, () => assert.deepEqual(readNumber(typed), { value, percent: true }))

  test('is not seen in what is none, and nothing is thrown', () => {
    const none = [
      '',
      ' ',
      'banana',
      '3 4',
      '1e',
      '0x',
      '1/0',
      '%',
      '万',
      'a b c',
      '((((',
      '2^',
      '(',
      `1${'0'.repeat(600)}`,
    ]
    for (const typed of none) assert.equal(readNumber(typed), undefined, JSON.stringify(typed))
  })

  test('is read the same whatever the width of its characters', () => {
    const wide = (text: string) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0))
    for (const [typed, value] of [...numbers, ...shares])
      if (/^[ -~]+$/.test(typed)) assert.equal(readNumber(wide(typed))?.value, value, typed)
  })
})

describe('a code', () => {
  const fp16 = format('fp16')
  const one = [
    '0x3c00',
    '0X3C00',
    '3c00',
    '3C00h',
    '#3c00',
    '0b0011110000000000',
    '0011110000000000',
    '0 01111 0000000000',
    '0|01111|0000000000',
    '15360',
    '０ｘ３Ｃ００',
  ]
  for (const typed of one) test(typed, () => assert.deepEqual(readCodes(typed, fp16), [0x3c00]))

  test('of four digits may be hex and decimal', () => {
    assert.deepEqual(readCodes('1000', fp16), [0x1000, 1000])
    assert.deepEqual(readCodes('10', format('e4m3fn')), [0x10, 10])
  })

  test('fits its format, or is none', () => {
    for (const typed of ['0x10000', '-1', '1.5', 'zz', '', '2^-24', '65536', '0b1'.padEnd(20, '0')])
      assert.deepEqual(readCodes(typed, fp16), [], typed)
    assert.deepEqual(readCodes('0x7ffff', format('tf32')), [0x7ffff])
    assert.deepEqual(readCodes('0x80000', format('tf32')), [])
  })
})

test('words are parted by whatever stands between them', () => {
  const calls = ['zero_grad', 'forward', 'step']
  const typed = [
    'zero_grad forward step',
    'zero_grad, forward, step',
    'zero_grad → forward → step',
    'zero_grad -> forward=>step',
    'zero_grad；forward、step',
    ' zero_grad()\tforward();step() ',
    'ｚｅｒｏ＿ｇｒａｄ　ｆｏｒｗａｒｄ　ｓｔｅｐ',
  ]
  for (const text of typed) assert.deepEqual(readWords(text), calls, text)
})

test('a seed is the same in all the forms a student number takes', () => {
  for (const typed of ['2023001', ' 2023001 ', '２０２３００１', '002023001', '2023001.0', '2023001\u3000'])
    assert.equal(seedText(typed), '2023001')
  assert.equal(seedText('S2023-01'), seedText('s2023-01'))
  assert.notEqual(seedText('2023001'), seedText('2023010'))
  assert.equal(seedText('0'), '0')
  assert.equal(plain('张 三'), '张 三')
})
