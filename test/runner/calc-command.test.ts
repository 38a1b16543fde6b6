/** `fpsim calc` as a command: arguments, files, stdin, outputs, languages, exit codes. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { fpsim } from '../support.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-calc-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('a screen of 80 columns in both languages, on paper too', () => {
  for (const lang of ['en', 'zh'])
    for (const format of ['fp16', 'e4m3fn', 'bf16']) {
      const { code, out, err } = fpsim(['calc', '(1 + 2^-11) * 3 - 0.1', '--format', format, '--steps', '--lang', lang])
      assert.deepEqual([code, err], [0, ''])
      assert.ok(out.includes('2.90146484375'))
      for (const line of out.split('\n')) {
        const columns = [...line].reduce((sum, char) => sum + (/[\u3000-\u9fff\uff00-\uff60]/.test(char) ? 2 : 1), 0)
        assert.ok(columns <= 80, line)
      }
    }
})

test('expressions that begin with a minus are no options', () => {
  for (const [text, value] of [
    ['-sqrt(4)', -2],
    ['-(1 + 2)', -3],
    ['-0.5 * 2', -1],
    ['-2^-3', -0.125],
    ['- 1', -1],
  ] as const) {
    const { code, out } = fpsim(['calc', text, '--json'])
    assert.equal(code, 0, text)
    assert.equal(JSON.parse(out).metrics.value, value)
  }
})

test('a file: one expression a line, comments, blank lines; stdin the same', () => {
  const text = '\ufeff# a comment\n1 + 1\r\n\n2 * 3 # six\n'
  for (const { code, out } of [
    fpsim(['calc', '--input', file('good.txt', text), '--json']),
    fpsim(['calc', '-', '--json'], { input: text }),
    fpsim(['calc', '--input', '-', '--json'], { input: text }),
  ]) {
    assert.equal(code, 0)
    const { metrics, scenario } = JSON.parse(out)
    assert.deepEqual([scenario, metrics['2.value'], metrics['4.value']], ['calc', 2, 6])
  }
})

test('bad input: one line on stderr, nothing on stdout, its exit code', () => {
  const bad = file('bad.txt', '1 + 1\n\n2 * foo(3)\n')
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['--input', bad], 65, /bad\.txt:3:5: unknown "foo"/],
    [['--input', file('empty.txt', '# nothing\n')], 65, /empty\.txt:1:1: /],
    [['--input', join(folder, 'none.txt')], 66, /no such file/],
    [['--input', folder], 66, /is a directory/],
    [['--input', file('long.txt', '1\n'.repeat(1001))], 65, /long\.txt:1001:1: more than 1000 expressions/],
    [['--input', file('huge.txt', ' '.repeat(1 << 21))], 65, /more than/],
    [[], 2, /needs EXPRESSION/],
    [['sqr(2)'], 2, /column 1: unknown "sqr"; did you mean sqrt\?/],
    [['1 +'], 2, /column 4/],
    [['('.repeat(4000)], 2, /more than 100 parentheses/],
    [['1', '--format', 'fp64'], 2, /--format: "fp64" has 53 bits/],
    [['1', '--format', 'fp61'], 2, /unknown format "fp61"/],
    [['1', '--rounding', 'nearst-even'], 2, /--rounding: .*did you mean nearest-even\?/],
    [['1', '--overflow', 'wrap'], 2, /--overflow: "wrap"/],
    [['1 + 1', '--input', bad], 2, /unexpected "1 \+ 1"/],
  ]
  for (const [args, exit, sentence] of cases) {
    const { code, out, err } = fpsim(['calc', ...args])
    const what = args.join(' ').slice(0, 60)
    assert.equal(code, exit, `${what}: ${err}`)
    assert.equal(out, '', what)
    assert.match(err, sentence, what)
    assert.equal(err.trimEnd().split('\n').length, 1, what)
  }
})

test('JSON, CSV, Markdown, help; the same seed gives the same bytes', () => {
  const json = JSON.parse(fpsim(['calc', '1/0', '--json']).out)
  assert.deepEqual([json.metrics.value, json.metrics.code, json.metrics.exactError], ['Infinity', 0x7c00, 'NaN'])
  assert.match(fpsim(['calc', '1/3', '--csv']).out, /1\/3/)
  assert.match(fpsim(['calc', '1/3', '--markdown']).out, /^# calc/)
  assert.match(fpsim(['calc', '--help']).out, /fma\(7, 37, -2\^-100\)/)
  assert.match(fpsim(['calc', '--help', '--lang', 'zh']).out, /表达式/)
  const seeded = (seed: string) =>
    fpsim(['calc', '1/3 + 0.1', '--rounding', 'stochastic', '--seed', seed, '--steps']).out
  assert.equal(seeded('7'), seeded('7'))
  const target = join(folder, 'out.json')
  assert.equal(fpsim(['calc', '1 + 1', '--output', target]).code, 0)
  assert.equal(JSON.parse(readFileSync(target, 'utf8')).metrics.value, 2)
})
