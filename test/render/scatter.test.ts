/** Scatter plots: where points are drawn, on wide and narrow screens, and in Markdown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../src/render/render.js'
import { screen } from '../../src/render/terminal/document.js'
import type { Scatter } from '../../src/result/result.js'
import { empty, testStyle } from './results.js'

const corners = { x: [-1, 1, -1, 1], y: [-1, -1, 1, 1] }
const block: Scatter = {
  kind: 'scatter',
  title: { name: 'Points' },
  x: { label: { name: '' }, low: -1, high: 1 },
  y: { label: { name: '' }, low: -1, high: 1 },
  sets: [{ name: 'real' }, { name: 'made' }],
  several: { name: 'both' },
  panels: [
    { label: { name: 'A' }, points: [corners, { x: [1, 0, 9, Number.NaN], y: [1, 0, -0.5, 0] }] },
    {
      label: { name: 'B' },
      points: [
        { x: [], y: [] },
        { x: [Number.NaN], y: [Number.NaN] },
      ],
    },
  ],
}

test('corners, the middle, a shared place, a point beyond the edge; a panel without finite points says so', () => {
  assert.deepEqual(screen({ ...empty, blocks: [block] }, testStyle({ width: 50 })), [
    'Points',
    '   A                         B',
    ' 1│·                   ●   1│nothing to draw, no',
    '  │                         │finite value',
    '  │                         │',
    '  │                         │',
    '  │          ○              │',
    '  │                         │',
    '  │                         │',
    '  │                    ○    │',
    '  │                         │',
    '-1│·                   ·  -1│',
    '  └─────────────────────    └─────────────────────',
    '   -1                  1     -1                  1',
    '· real   ○ made   ● both',
  ])
})

test('on a narrow screen panels stand under each other; ASCII has its own signs', () => {
  const lines = screen({ ...empty, blocks: [block] }, testStyle({ width: 30, charset: 'ascii' }))
  assert.ok(lines.every((line) => /^[ -~]*$/.test(line) && line.length <= 30))
  const [a, b] = [lines.findIndex((line) => line.trim() === 'A'), lines.findIndex((line) => line.trim() === 'B')]
  assert.ok(a > 0 && b > a + 5)
  assert.match(lines[a + 1] as string, /^ 1\|\. +#$/)
})

test('nothing to draw draws nothing; Markdown has it as code', () => {
  assert.deepEqual(
    screen({ ...empty, blocks: [{ ...block, title: { name: '' }, panels: [] }] }, testStyle()).filter(Boolean),
    [],
  )
  assert.match(render({ ...empty, blocks: [block] }, { to: 'markdown' }), /## Points\n\n```text\n {3}A/)
})
