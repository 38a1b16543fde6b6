/** Where the result goes and in which form: --json, --csv, --markdown, --output. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Result, runScenario } from '../../src/index.js'
import { fpsim, type Ran } from '../support.js'
import { writeBadFiles } from './bad-files.js'
import { batch, inFolder } from './batch.js'

const run = (line: string, cwd?: string): Ran => batch([line.split(' ')], cwd === undefined ? {} : { cwd })[0] as Ran

/** What several command lines print. */
const printed = (...lines: string[]): string[] => batch(lines.map((line) => line.split(' '))).map(({ out }) => out)

/** JSON writes NaN, ±Infinity and −0 as strings. */
const asJson = (x: number): number | string =>
  Number.isNaN(x) ? 'NaN' : Object.is(x, -0) ? '-0' : Number.isFinite(x) ? x : x > 0 ? 'Infinity' : '-Infinity'

const inJson = (metrics: Result['metrics']) =>
  Object.fromEntries(Object.entries(metrics).map(([name, x]) => [name, asJson(x)]))

describe('--json', () => {
  const lines: readonly (readonly [string, string, Record<string, string>])[] = [
    ['underflow --scale 65536', 'underflow', { scale: '65536' }],
    ['underflow --profile digits-mlp', 'underflow', { profile: 'digits-mlp' }],
    ['overflow', 'overflow', {}],
    ['rounding --seed hello', 'rounding', { seed: 'hello' }],
    ['number-line --format e3m2', 'number-line', { format: 'e3m2' }],
    [
      'underflow --distribution student-t --count 1000 --seed 7',
      'underflow',
      { distribution: 'student-t', count: '1000', seed: '7' },
    ],
  ]
  const answers = batch(lines.map(([line]) => [...line.split(' '), '--json']))
  lines.forEach(([line, name, params], i) => {
    test(`${line}: the metrics are runScenario's`, async () => {
      const { out, err, code } = answers[i] as Ran
      assert.equal(code, 0, err)
      assert.ok(out.endsWith('}\n'))
      const json = JSON.parse(out)
      const result = await runScenario(name, params)
      assert.equal(json.schema, 1)
      assert.equal(json.scenario, name)
      assert.deepEqual(json.metrics, inJson(result.metrics))
      assert.deepEqual(json.seed, result.seed)
    })
  })

  test('NaN, Inf and −0 are strings; list, formats, schema and check are JSON too', () => {
    const [inspect = '', list = '', formats = '', schema = ''] = printed(
      'inspect 1e39 -0 nan --format fp16 --json',
      'list --json',
      'formats fp16 --json',
      'schema',
    )
    const { metrics } = JSON.parse(inspect)
    assert.equal(metrics['1e39 fp16.value'], 'Infinity')
    assert.equal(metrics['-0 fp16.value'], '-0')
    assert.equal(metrics['nan fp16.value'], 'NaN')
    const { lessons } = JSON.parse(list)
    assert.ok(
      lessons.some(({ name, title }: { name: string; title: { zh: string } }) => name === 'underflow' && title.zh),
    )
    assert.equal(JSON.parse(formats).metrics['fp16.largest'], 65504)
    assert.match(JSON.parse(schema).$schema, /draft-07/)
    inFolder((cwd) => {
      writeBadFiles(cwd)
      const { out, code } = run('check good.yaml false.yaml --json', cwd)
      const { files } = JSON.parse(out)
      assert.equal(code, 1)
      assert.deepEqual(
        files.map(({ file, sound }: { file: string; sound: boolean }) => [file, sound]),
        [
          ['good.yaml', true],
          ['false.yaml', false],
        ],
      )
      assert.equal(files[1].problems[0].code, 'expectation-failed')
    })
  })
})

test('--csv holds every metric; --markdown a heading and a table', async () => {
  const [csv = '', en = '', zh = ''] = printed(
    'underflow --scale 65536 --csv',
    'underflow --scale 65536 --markdown',
    'underflow --markdown --lang zh',
  )
  const { metrics } = await runScenario('underflow', { scale: 65536 })
  const rows = csv.trimEnd().split(/\r?\n/)
  const found = new Map(rows.map((row) => row.split(',') as [string, string]))
  for (const [name, x] of Object.entries(metrics)) assert.equal(Number(found.get(name)), x, name)
  assert.match(en, /^# Gradients that vanish in FP16\n/)
  assert.match(en, /^\| .*\|\n\| [-: |]+\|\n/m)
  assert.match(zh, /^# 在 FP16 中消失的梯度\n/)
})

describe('--output', () => {
  test('the ending chooses the form; nothing on stdout; a word on stderr unless --quiet', () => {
    inFolder((cwd) => {
      const forms: readonly (readonly [string, RegExp])[] = [
        ['a.json', /^\{\n/],
        ['A.JSON', /^\{\n/],
        ['a.csv', /^metric,value\r?\n/],
        ['a.md', /^# All the numbers/],
        ['a.markdown', /^# All the numbers/],
        ['a.txt', /^All the numbers/],
        ['a.foo', /^All the numbers/],
        ['noending', /^All the numbers/],
      ]
      const answers = batch(
        forms.map(([file]) => ['number-line', '--output', file, '--color']),
        { cwd },
      )
      forms.forEach(([file, pattern], i) => {
        const { code, out, err } = answers[i] as Ran
        assert.deepEqual([code, out, err], [0, '', `wrote ${file}\n`])
        const text = readFileSync(join(cwd, file), 'utf8')
        assert.match(text, pattern)
        assert.ok(!text.includes('\u001b'), file)
      })
      assert.deepEqual(readdirSync(cwd).sort(), forms.map(([file]) => file).sort())
      const [quiet, forced] = batch(
        [
          ['number-line', '-q', '-o', 'q.json'],
          ['number-line', '--json', '-o', 'json.csv'],
        ],
        { cwd },
      )
      assert.deepEqual(quiet, { code: 0, out: '', err: '' })
      assert.equal(forced?.code, 0)
      assert.equal(readFileSync(join(cwd, 'json.csv'), 'utf8'), readFileSync(join(cwd, 'q.json'), 'utf8'))
    })
  })

  test('the file holds the bytes that stdout would; - is stdout', () => {
    inFolder((cwd) => {
      const [json, , list, , dash] = batch(
        [
          ['rounding', '--json'],
          ['rounding', '-o', 'x.json'],
          ['list'],
          ['list', '-o', 'l.txt'],
          ['list', '--output', '-'],
        ],
        { cwd },
      )
      assert.equal(readFileSync(join(cwd, 'x.json'), 'utf8'), json?.out)
      assert.equal(readFileSync(join(cwd, 'l.txt'), 'utf8'), list?.out)
      assert.deepEqual(dash, list)
    })
  })

  test('whole or not at all: a failed command leaves the old file, and a good one replaces it', () => {
    inFolder((cwd) => {
      writeFileSync(join(cwd, 'x.json'), 'old')
      const bad = batch(
        [
          ['underflow', '--scale', 'big', '-o', 'x.json'],
          ['underflow', '--input', 'absent.npy', '-o', 'x.json'],
        ],
        { cwd },
      )
      assert.deepEqual(
        bad.map(({ code }) => code),
        [2, 66],
      )
      assert.equal(readFileSync(join(cwd, 'x.json'), 'utf8'), 'old')
      const before = statSync(join(cwd, 'x.json')).ino
      run('underflow -o x.json', cwd)
      // Another file took its place: nobody saw the first half of it.
      if (process.platform !== 'win32') assert.notEqual(statSync(join(cwd, 'x.json')).ino, before)
      assert.equal(JSON.parse(readFileSync(join(cwd, 'x.json'), 'utf8')).scenario, 'underflow')
      assert.deepEqual(readdirSync(cwd), ['x.json'])
    })
  })

  test('a link stays a link, a pipe a pipe', { skip: process.platform === 'win32' && 'neither is here' }, () => {
    inFolder((cwd) => {
      mkdirSync(join(cwd, 'there'))
      writeFileSync(join(cwd, 'there', 'real.txt'), 'old')
      symlinkSync(join('there', 'real.txt'), join(cwd, 'link.txt'))
      const pipe = join(cwd, 'pipe')
      spawnSync('mkfifo', [pipe])
      // Open for both, or the writer would wait for a reader.
      const end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
      const [link, piped] = batch(
        ['link.txt', 'pipe'].map((file) => ['list', '-o', file]),
        { cwd },
      )
      assert.equal(link?.code, 0)
      assert.ok(lstatSync(join(cwd, 'link.txt')).isSymbolicLink())
      assert.match(readFileSync(join(cwd, 'there', 'real.txt'), 'utf8'), /^1 Numbers/)
      assert.deepEqual(readdirSync(join(cwd, 'there')), ['real.txt'])
      assert.equal(piped?.code, 0)
      assert.ok(statSync(pipe).isFIFO())
      const bytes = Buffer.alloc(20)
      readSync(end, bytes)
      closeSync(end)
      assert.match(bytes.toString(), /^1 Numbers/)
    })
  })
})

test('the same command prints the same bytes, and the program what its modules print', () => {
  const line = ['rounding', '--seed', 'a student', '--json']
  const [first, second, other] = batch([line, line, ['rounding', '--seed', 'another', '--json']])
  assert.deepEqual(second, first)
  assert.notEqual(other?.out, first?.out)
  assert.equal(fpsim(line).out, first?.out)
})
