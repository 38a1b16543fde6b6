/** Small screens to the letter, and what a reader relies on in each picture. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { type StyleOptions, screen } from '../../src/render/terminal/document.js'
import type { Block, Histogram, LineChart, Result, Table, Zone } from '../../src/result/result.js'
import { empty, testStyle } from './results.js'

const lines = (result: Partial<Result>, o: StyleOptions = {}): string[] => screen({ ...empty, ...result }, testStyle(o))
const drawn = (block: Block, o: StyleOptions = {}): string => lines({ blocks: [block] }, o).join('\n')
const name = (text: string) => ({ name: text })
const zones = (...runs: [Zone, number][]): Zone[] => runs.flatMap(([zone, n]) => new Array<Zone>(n).fill(zone))

/** Bins 2^-20 … 2^19; 2^k values in the bins from 2^-15 to 2^4, and one at 2^10: a total of 2^20. */
const doubling: Histogram = {
  kind: 'histogram',
  first: -20,
  format: 'e4m3fn',
  precision: 4,
  overflowTo: 'NaN',
  zones: zones(['lost', 12], ['few', 10], ['all', 13], ['overflow', 5]),
  panels: [
    {
      label: name('g'),
      counts: Array.from({ length: 40 }, (_, i) => (i >= 5 && i < 25 ? 2 ** (i - 5) : i === 30 ? 1 : 0)),
    },
  ],
}

test('a histogram: height, dots for the smallest, zones with their names, exponents at the boundaries', () => {
  assert.equal(
    drawn(doubling, { width: 60 }),
    [
      '  50 % ┤                        █',
      '       │           g            █',
      '       │                        █',
      '       │                       ██',
      '       │                      ▄██',
      '       │     .............▁▂▃▆███     .',
      ' e4m3fn  becomes 0 ░▒few bits▒ all 4 bits █╳NaN╳',
      '            2^-16   2^-8      2^2   2^8    2^15',
      'one column = one power of two; height = share of values',
    ].join('\n'),
  )
})

test('a histogram in ASCII, with Chinese names', () => {
  assert.equal(
    drawn(doubling, { width: 60, lang: 'zh', charset: 'ascii' }),
    [
      '  50 % +                        #',
      '       |           g            #',
      '       |                        #',
      '       |                       ##',
      '       |                      =##',
      '       |     ..............:-*###     .',
      ' e4m3fn . 下溢归零 .-位数不足- 4 位全保留 =XNaNX',
      '            2^-16   2^-8      2^2   2^8    2^15',
      '一列 = 一个二的幂；高度 = 占数值的比例',
    ].join('\n'),
  )
})

test('a histogram without a nonzero value says so', () => {
  const none = { ...doubling, panels: [{ label: name('loss × 1'), counts: [0, 0] }] }
  assert.equal(drawn(none), 'loss × 1: nothing to draw, no nonzero value')
})

test('a tail beyond the screen is folded into a marked column, never dropped', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 40, max: 70 }), (at, width) => {
      // One value far to the left of a million others.
      const counts = new Array<number>(150).fill(0)
      counts[at] = 1
      for (let i = 100; i < 120; i++) counts[i] = 50_000
      const block: Histogram = {
        kind: 'histogram',
        first: -100,
        format: 'fp16',
        precision: 11,
        zones: zones(['lost', 90], ['few', 10], ['all', 40], ['overflow', 10]),
        panels: [{ label: name(''), counts }],
      }
      const picture = drawn(block, { width }).split('\n')
      const bottom = (picture[5] as string).slice(7)
      const bar = (picture[6] as string).slice(7)
      const powers = /one column = (one|\d+) power/.exec(drawn(block, { width: 200 }))
      assert.equal(powers?.[1], 'one')
      assert.equal([...bottom].filter((char) => char === '.').length, 1, picture.join('\n'))
      if (bottom.startsWith('.') && at > 0) assert.ok(bar.startsWith('<'), picture.join('\n'))
    }),
    { numRuns: 100 },
  )
})

const table: Table = {
  kind: 'table',
  title: { en: 'What became', zh: '结果' },
  columns: [
    { label: { en: 'loss scale', zh: '损失缩放系数' }, as: 'power' },
    { label: { en: 'lost', zh: '归零' }, as: 'percent' },
    { label: { en: 'worst', zh: '最差' }, as: 'text' },
  ],
  rows: [
    [1, 0.0325, 'fc.out'],
    [65536, 0.00028, { en: 'none', zh: '没有' }],
    [2, Number.NaN, null],
  ],
}

test('a table: numbers to the right, names to the left', () => {
  assert.deepEqual(lines({ blocks: [table] }), [
    'What became',
    'loss scale    lost  worst',
    '         1  3.25 %  fc.out',
    '      2^16  0.03 %  none',
    '         2     NaN',
  ])
})

test('a Chinese table: a letter takes two columns', () => {
  assert.deepEqual(lines({ blocks: [table] }, { lang: 'zh' }), [
    '结果',
    '损失缩放系数    归零  最差',
    '           1  3.25 %  fc.out',
    '        2^16  0.03 %  没有',
    '           2     NaN',
  ])
})

test('no letter of a Chinese cell is lost in wrapping', () => {
  const text = '半精度浮点数能表示的最小正数是二的负二十四次方比它的一半还小的梯度会下溢归零'
  const narrow = lines({ blocks: [{ ...table, rows: [[1, 0.5, text]] }] }, { lang: 'zh', width: 40 })
  const letters = narrow
    .slice(narrow.findIndex((line) => line.includes('半')))
    .join('')
    .replace(/[^\u4e00-\u9fff]/g, '')
  assert.equal(letters, text)
})

test('a table too wide for the screen comes in parts that repeat the first column', () => {
  const wide: Table = {
    kind: 'table',
    columns: ['scale', 'first', 'second', 'third', 'fourth'].map((label) => ({ label: name(label), as: 'exact' })),
    rows: [[1, 0.123456789012, 0.223456789012, 0.323456789012, 0.423456789012]],
  }
  assert.deepEqual(lines({ blocks: [wide] }, { width: 40 }), [
    'scale           first          second',
    '    1  0.123456789012  0.223456789012',
    '',
    'scale           third          fourth',
    '    1  0.323456789012  0.423456789012',
  ])
})

const chart: LineChart = {
  kind: 'line-chart',
  x: { label: name('step'), values: [0, 1, 2, 3, 4, 5, 6, 7, 8], scale: 'linear' },
  y: { label: name('scale'), scale: 'log2' },
  series: [
    { label: name('a'), values: [1, 1, 2, 4, Number.NaN, 4, 4, 0, 8] },
    { label: name('b'), values: [1, 1, 2, 4, Number.NaN, 4, 4, 0, 8] },
    { label: name('c'), values: [8, 8, 8, 8, 8, 8, 8, 8, 8] },
  ],
}

test('a chart: equal lines merged, gaps marked on the axis, each line named at its end', () => {
  assert.deepEqual(lines({ blocks: [chart] }, { width: 50 }), [
    'scale',
    ' 2^3 ┤═══════════════════════════════════─ ─ a = b',
    '     │                                     ═ c',
    '     │',
    ' 2^2 ┤            ╭─        ─────',
    '     │          ╭─╯',
    '     │         ╭╯',
    ' 2^1 ┤        ╭╯',
    '     │      ╭─╯',
    '     │    ╭─╯',
    '   1 ┤────╯',
    '     └┬─────────────────×───┬────────0────',
    '      0                     5  step',
    '× not finite   0 zero or negative',
  ])
})

test('a spike of one sample among thousands stays on the chart', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4999 }), fc.integer({ min: 40, max: 120 }), (at, width) => {
      const values = Array.from({ length: 5000 }, (_, i) => (i === at ? 100 : 0))
      const x = { label: name(''), values: values.map((_, i) => i), scale: 'linear' } as const
      const picture = lines(
        {
          blocks: [
            { kind: 'line-chart', x, y: { label: name(''), scale: 'linear' }, series: [{ label: name(''), values }] },
          ],
        },
        { width },
      )
      assert.match(picture[0] as string, /^ +100 ┤.*[─╭╮╰╯]/, picture.join('\n'))
    }),
    { numRuns: 60 },
  )
})

test('a chart without a finite value says so', () => {
  const nan = { ...chart, series: [{ label: name('a'), values: [Number.NaN, Infinity] }] }
  assert.deepEqual(lines({ blocks: [nan] }), ['a; nothing to draw, no finite value'])
})

test('bits in three fields, with what is known of them in columns', () => {
  const block: Block = {
    kind: 'bit-field',
    rows: [
      { label: name('fp16'), sign: '0', exponent: '01011', fraction: '1001100110', notes: ['0x2e66', '-2.4e-5'] },
      { label: name('e8m0'), sign: '', exponent: '01111011', fraction: '', notes: ['0x7b', '9.8e-5'] },
    ],
  }
  assert.equal(
    drawn(block),
    ['fp16  0 01011 1001100110  0x2e66  -2.4e-5', 'e8m0  01111011            0x7b    9.8e-5'].join('\n'),
  )
  // Too wide: what is known stands under the bits.
  assert.equal(
    drawn({ ...block, rows: block.rows.slice(0, 1) }, { width: 40 }),
    ['fp16  0 01011 1001100110', '  0x2e66  -2.4e-5'].join('\n'),
  )
})

test('a number line: a mark a value, names that do not touch', () => {
  const points = [-2, -1, -0.5, 0, 0.5, 1, 2].map((value) => ({
    value,
    label: String(value),
    zone: Math.abs(value) === 0.5 ? ('few' as const) : ('all' as const),
  }))
  const picture = drawn({ kind: 'number-line', points }, { width: 41 }).split('\n')
  assert.equal(picture[0], '──●────────●────○───●────○───●────────●──')
  assert.equal(picture[1]?.replace(/ +/g, ' ').trim(), '-2 -1 -0.5 0 0.5 1 2')
})

test('title and subject share a line where they fit', () => {
  const result = { ...empty, subject: name('12.5 M gradients') }
  assert.equal(screen(result, testStyle({ width: 40 }))[0], 'underflow               12.5 M gradients')
  const long = { ...result, subject: name('12,463,883 gradients of digits-cnn') }
  assert.deepEqual(screen(long, testStyle({ width: 40 })), ['underflow', '12,463,883 gradients of digits-cnn'])
})

test('findings carry their tone as a mark, and wrap behind it', () => {
  const findings = (['bad', 'good', 'note'] as const).map((tone) => ({
    code: 'said',
    tone,
    values: { text: 'ten words '.repeat(5).trim() },
  }))
  assert.deepEqual(lines({ findings }, { width: 40 }), [
    '✗ ten words ten words ten words ten',
    '  words ten words',
    '✓ ten words ten words ten words ten',
    '  words ten words',
    '· ten words ten words ten words ten',
    '  words ten words',
  ])
})

test('slots of the author are filled as their metrics are written; next commands stay whole', () => {
  const lesson = {
    title: { en: 'Scale {scale}', zh: '' },
    ask: { en: '', zh: '' },
    conclude: { en: '{lost} or {lost:%} is lost, {unknown} stays.', zh: '' },
    slots: { scale: { value: 65536, as: 'power' }, lost: { value: 0.25, as: 'number' } },
    next: ['underflow --scale 2^18', 'static-scaling'],
    see: [],
  } as const
  assert.deepEqual(screen({ ...empty, lesson }, testStyle({ width: 40 })), [
    'Scale 2^16',
    '0.25 or 25 % is lost, {unknown} stays.',
    'Next: fpsim underflow --scale 2^18',
    '      fpsim static-scaling',
  ])
})

test('runs are compared by what varies and what it changes, unless a table does so already', () => {
  const run = (scale: number, lost: number) => ({ params: { scale, format: 'fp16' }, metrics: { lost, values: 7 } })
  const runs = [run(1, 0.25), run(65536, 0)]
  assert.deepEqual(lines({ runs }), ['Side by side', 'scale  lost', '    1  0.25', ' 2^16     0'])
  const compared: Table = { kind: 'table', columns: [{ label: name('scale'), as: 'power' }], rows: [[1], [65536]] }
  assert.deepEqual(lines({ runs, blocks: [compared] }), ['scale', '    1', ' 2^16'])
})

test('symbols that libraries measure differently do not bend a column', () => {
  const odd: Table = {
    kind: 'table',
    columns: [name('a'), name('b')].map((label) => ({ label, as: 'text' })),
    rows: ['™', '↔', '☺', '👩‍👩‍👧', '🇨🇳', 'ⅷ', '▶', 'é', '\u001b[31m'].map((symbol) => [symbol, '|']),
  }
  // The widest cell is what is left of the escape code: "?[31m".
  for (const line of lines({ blocks: [odd] }).slice(1))
    assert.equal(stringWidth(line.slice(0, line.indexOf('|'))), 7, line)
})

const level = (label: string, value: number) => ({ label: name(label), values: [value, value] })
const levels = (...series: ReturnType<typeof level>[]): LineChart => ({
  kind: 'line-chart',
  x: { label: name('step'), values: [0, 1], scale: 'linear' },
  y: { label: name(''), scale: 'linear' },
  series,
})

test('an entry of a legend stays together with its sign', () => {
  const words = ['a long name of a line', 'another name that is long', 'and one more line of them']
  const shown = drawn(levels(...words.map(level)), { width: 60 }).split('\n')
  for (const word of words)
    assert.ok(
      shown.some((line) => new RegExp(`\\S ${word}( {3}|$)`).test(line)),
      shown.join('\n'),
    )
})

test('no line of an ASCII chart is drawn with the mark of what is right', () => {
  const chart = levels(...['a', 'b', 'c', 'd', 'e', 'f'].map(level))
  const ends = drawn(chart, { charset: 'ascii' })
    .split('\n')
    .flatMap((line) => / (\S) [a-f]$/.exec(line)?.[1] ?? [])
  assert.equal(new Set(ends).size, 6)
  for (const sign of ['+', '=', 'x']) assert.ok(!ends.includes(sign), ends.join(' '))
})

test('a chart that is asked to be lower is', () => {
  const high = (block: LineChart) => drawn(block).split('\n').length
  const chart = levels(level('a', 0), level('b', 1))
  assert.equal(high(chart) - high({ ...chart, rows: 8 }), 2)
})
