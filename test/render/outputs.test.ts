/** The outputs for programs and documents, and the options of render. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FpsimError } from '../../src/errors.js'
import { type RenderOptions, render } from '../../src/render/render.js'
import type { Result } from '../../src/result/result.js'
import { count } from '../../src/text/numbers.js'
import { empty } from './results.js'

test('JSON: keys in the order of a Result, special numbers as strings', () => {
  const mixed = {
    blocks: [],
    metrics: { b: -0, a: Number.NaN, c: -Infinity },
    findings: [],
    seed: 1,
    params: { scale: Infinity },
  }
  const result = { ...mixed, schema: 1, runner: 'replay', scenario: 'underflow' } as Result
  assert.equal(
    render(result, { to: 'json' }),
    `{
  "schema": 1,
  "scenario": "underflow",
  "runner": "replay",
  "params": {
    "scale": "Infinity"
  },
  "seed": 1,
  "metrics": {
    "b": "-0",
    "a": "NaN",
    "c": "-Infinity"
  },
  "findings": [],
  "blocks": []
}
`,
  )
})

test('CSV: raw numbers, quotes where needed, no formula', () => {
  const metrics = { lost: 0.1 + 0.2, 'a,"b"': -0, '=1+1': Number.NaN, '-x': 1e21, '-1': 5e-324 }
  assert.equal(
    render({ ...empty, metrics }, { to: 'csv' }),
    ['metric,value', 'lost,0.30000000000000004', '"a,""b""",-0', "'=1+1,NaN", "'-x,1e21", '-1,5e-324', ''].join('\n'),
  )
})

test('CSV of runs: one line a run, its varied params first', () => {
  const run = (scale: number, lost: number) => ({ params: { format: 'fp16', scale }, metrics: { lost } })
  assert.equal(
    render({ ...empty, runs: [run(1, 0.5), run(2, -Infinity)] }, { to: 'csv' }),
    'scale,lost\n1,0.5\n2,-Inf\n',
  )
})

test('Markdown: text escaped, tables as tables, pictures as drawn', () => {
  const result: Result = {
    ...empty,
    subject: { name: 'a|b *c* <d>' },
    blocks: [
      {
        kind: 'table',
        title: { name: 'T' },
        columns: [
          { label: { name: 'x|y' }, as: 'percent' },
          { label: { name: 'n' }, as: 'text' },
        ],
        rows: [[0.5, 'p|q']],
      },
      { kind: 'number-line', points: [] },
    ],
    lesson: {
      title: { en: 'Title', zh: '题' },
      ask: { en: '', zh: '' },
      slots: {},
      next: ['list'],
      see: ['A paper, 2018'],
    },
  }
  assert.equal(
    render(result, { to: 'markdown' }),
    `# Title

a\\|b \\*c\\* \\<d\\>

## T

| x\\|y | n |
| ---: | --- |
| 50 % | p\\|q |

\`\`\`text
nothing to draw, no finite value
\`\`\`

Next: \`fpsim list\`

## See

- A paper, 2018
`,
  )
})

test('every output ends with one line break, whatever the options', () => {
  for (const to of ['terminal', 'json', 'csv', 'markdown'] as const)
    for (const lang of ['en', 'zh'] as const)
      assert.match(render({ ...empty, subject: { name: 'x' } }, { to, lang, color: true }), /[^\n]\n$/)
})

test('options that do not exist are errors', () => {
  const code = (o: unknown): string => {
    try {
      render({ ...empty, subject: { name: 'x' } }, o as RenderOptions)
    } catch (error) {
      assert.ok(error instanceof FpsimError)
      return `${error.code} ${String(error.values['option'] ?? error.values['suggestion'])}`
    }
    return 'fine'
  }
  assert.equal(code({ to: 'html' }), 'invalid-value to')
  assert.equal(code({ lang: 'fr' }), 'invalid-value lang')
  assert.equal(code({ width: 39 }), 'invalid-value width')
  assert.equal(code({ width: 80.5 }), 'invalid-value width')
  assert.equal(code({ width: '80' }), 'invalid-value width')
  assert.equal(code({ color: 4 }), 'invalid-value color')
  assert.equal(code({ charset: 'utf8' }), 'invalid-value charset')
  assert.equal(code({ ambiguous: 'auto' }), 'invalid-value ambiguous')
  assert.equal(code({ widht: 80 }), 'unknown-key width')
  assert.equal(code({ to: undefined, width: undefined }), 'fine')
})

test('a code without words is an error, not a blank', () => {
  const result: Result = { ...empty, findings: [{ code: 'constructor', tone: 'bad', values: {} }] }
  assert.throws(
    () => render(result),
    (error) => error instanceof FpsimError && error.code === 'unexpected',
  )
})

test('counts: every digit below 100,000, then the units of the language', () => {
  const cases: [number, string, string][] = [
    [0, '0', '0'],
    [99_999, '99999', '99999'],
    [100_000, '100 k', '10 万'],
    [999_999, '1 M', '100 万'],
    [12_463_883, '12.5 M', '1246.4 万'],
    [99_999_999, '100 M', '1 亿'],
    [1_234_567_890, '1.23 G', '12.35 亿'],
    [-12_463_883, '-12.5 M', '-1246.4 万'],
    [3e12, '3 T', '3 万亿'],
    [2.5, '2.5', '2.5'],
    [Number.NaN, 'NaN', 'NaN'],
    [-0, '-0', '-0'],
    [1e300, '1e300', '1e300'],
  ]
  for (const [x, en, zh] of cases) assert.deepEqual([count(x, 'en'), count(x, 'zh')], [en, zh])
})
