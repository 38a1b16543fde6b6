/** --ask: the question first, the answer after Enter; the result alone on stdout. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fpsim } from '../support.js'

test('a guess through the pipe', () => {
  const plain = fpsim(['underflow']).out
  const { code, out, err } = fpsim(['underflow', '--ask'], { input: '3 %\n' })
  assert.equal(code, 0)
  assert.equal(out, plain)
  const question = err.indexOf('What share becomes')
  const answer = err.indexOf('You said 3 %, it is 3.25 %.')
  assert.ok(question >= 0 && question < answer, err)
  assert.ok(err.indexOf('2^-25') > answer, err)
})

test('percent and fraction are the same guess; what is no number is passed over; so is the end of input', () => {
  assert.match(fpsim(['underflow', '--ask'], { input: '0.03\n' }).err, /You said 3 %, it is 3\.25 %\./)
  assert.match(fpsim(['underflow', '--ask'], { input: '３％\n' }).err, /2\^-25/)
  assert.doesNotMatch(fpsim(['underflow', '--ask'], { input: 'many\n' }).err, /You said/)
  const { code, err } = fpsim(['underflow', '--ask'], { input: '' })
  assert.equal(code, 0)
  assert.match(err, /2\^-25/)
})

test('in Chinese', () => {
  const { err } = fpsim(['underflow', '--ask', '--lang', 'zh'], { input: '10%\n' })
  assert.match(err, /你猜 10 %，实际是 3\.25 %。/)
})

test('the numbers on stdin are data, not a guess', () => {
  const { code, out, err } = fpsim(['underflow', '--ask', '--input', '-'], { input: '1 2e-9\n' })
  assert.equal(code, 0)
  assert.match(out, /2 values, stdin/)
  assert.doesNotMatch(err, /You said/)
})

test('wrong options are told before anyone is asked', () => {
  const { code, out, err } = fpsim(['underflow', '--ask', '--scale', 'big'], { input: '3\n' })
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /^invalid --scale: "big" is not a number[^\n]*\n$/)
})
