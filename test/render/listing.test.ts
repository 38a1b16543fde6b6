/** Listings: code with numbers, marks and remarks, on wide and narrow screens and in Markdown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../src/render/render.js'
import { screen } from '../../src/render/terminal/document.js'
import type { Listing } from '../../src/result/result.js'
import { empty, testStyle } from './results.js'

const block: Listing = {
  kind: 'listing',
  title: { name: 'Loop' },
  lines: [
    { number: 1, text: 'for batch in loader:', tone: null },
    { number: null, text: '    optimizer.zero_grad()', tone: 'good', remark: { name: 'w.grad = None' } },
    { number: 2, text: '    loss.backward()', tone: 'bad', remark: { name: 'w.grad = Inf' } },
    { number: 3, text: '    optimizer.step()', tone: null, remark: { name: 'w = 1' } },
  ],
}

test('numbers and marks in the margin, remarks in one column', () => {
  assert.deepEqual(screen({ ...empty, blocks: [block] }, testStyle({ width: 60 })), [
    'Loop',
    '  1  for batch in loader:',
    '✓        optimizer.zero_grad()  w.grad = None',
    '✗ 2      loss.backward()        w.grad = Inf',
    '  3      optimizer.step()       w = 1',
  ])
})

test('where a remark does not fit beside its code it goes under it; long code goes on set in', () => {
  const long: Listing = {
    kind: 'listing',
    lines: [
      {
        number: 9,
        text: '    loss = criterion(model(inputs), labels) + penalty',
        tone: 'bad',
        remark: { name: 'loss = 0.5' },
      },
      { number: 10, text: 'step()', tone: null, remark: { name: 'w = 1' } },
    ],
  }
  assert.deepEqual(screen({ ...empty, blocks: [long] }, testStyle({ width: 40, charset: 'ascii' })), [
    'x  9      loss =',
    '            criterion(model(inputs),',
    '            labels) + penalty',
    '        loss = 0.5',
    '  10  step()  w = 1',
  ])
})

test('an empty listing draws nothing; Markdown has it as code', () => {
  assert.deepEqual(screen({ ...empty, blocks: [{ kind: 'listing', lines: [] }] }, testStyle()), [])
  assert.match(
    render({ ...empty, blocks: [block] }, { to: 'markdown' }),
    /## Loop\n\n```text\n {2}1 {2}for batch in loader:\n✓/,
  )
})
