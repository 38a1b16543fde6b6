/** `fpsim explain`: pages of every kind, the list, the search, other forms, and what is refused. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { templates, titleOf } from '../../src/cli/term/findings.js'
import { wordsOf } from '../../src/render/words.js'
import type { Ran } from '../support.js'
import { batch } from './batch.js'

const flat = (text: string): string => text.replace(/\s+/g, ' ')

const lines = {
  term: ['explain', 'loss scaling'],
  chinese: ['explain', '权重备份', '--lang', 'zh'],
  number: ['explain', '65500'],
  format: ['explain', 'e3m2'],
  metric: ['explain', 'firstLostInteger'],
  finding: ['explain', 'plusOneLost'],
  claim: ['explain', 'integers-to-2048'],
  narrow: ['explain', 'ulp', '--width', '50', '--charset', 'ascii'],
  message: ['explain', 'Skipping', 'step,', 'reducing', 'loss', 'scale', 'to', '8192.0'],
  json: ['explain', 'integers', '--json'],
  termJson: ['explain', 'ulp', '--json'],
  termCsv: ['explain', 'ulp', '--csv'],
  list: ['explain'],
  listZh: ['explain', '--lang', 'zh'],
  csv: ['explain', '--csv'],
  listJson: ['explain', '--json'],
  search: ['explain', '--search', 'too late'],
  searchCsv: ['explain', '--search', '增长间隔', '--csv'],
  unknown: ['explain', 'undeflow'],
  nothing: ['explain', '--search', 'zzzz'],
  plain: ['explain', '3.14159'],
  near: ['explain', '1e-7'],
  metricOf: ['explain', 'underflow.lost'],
  metricAny: ['explain', 'lost'],
} as const
const names = Object.keys(lines) as (keyof typeof lines)[]
const ran = Object.fromEntries(batch(names.map((name) => lines[name])).map((one, i) => [names[i], one])) as Record<
  keyof typeof lines,
  Ran
>
const good = (name: keyof typeof lines): string => {
  assert.deepEqual([ran[name].code, ran[name].err], [0, ''], name)
  return ran[name].out
}

describe('a page', () => {
  test('of a technique: both names, what it is, for, against, when, picture, claims, commands', () => {
    const out = good('term')
    assert.match(out, /^loss scaling · 损失缩放（损失放大） +Loss scaling\n/)
    for (const part of [
      /✓ For: .*\d/,
      /✗ Against: .*\d/,
      /\nWhen: /,
      /loss scale +becomes 0/,
      /See also: loss-scale, /,
    ])
      assert.match(out, part)
    assert.match(flat(out), /✗ Claim scale-after-backward, wrong: /)
    assert.match(out, /\nNext: fpsim underflow --scale 65536/)
    assert.ok(out.trimEnd().split('\n').length <= 26)
  })

  test("in Chinese, under the course's word", () => {
    const out = good('chinese')
    assert.match(out, /^FP32 主权重（权重备份） · master weights/)
    for (const part of [/优点：/, /缺点：/, /适用：/, /说法 backup-to-fp16（错）：/, /参见：/, /出处：/])
      assert.match(out, part)
  })

  test('of a number: what it is in the formats, its bits', () => {
    const out = flat(good('number'))
    assert.match(out, /65504: the largest finite value of fp16\./)
    assert.match(out, /65520: from here on fp16 overflows/)
    assert.match(out, /fp16 0 11110 1111111111 0x7bff/)
  })

  test('of a format, a claim, a log line', () => {
    assert.match(good('format'), /e3m2 +OCP MX 1\.0/)
    assert.match(flat(good('claim')), /✓ True\. .*2049/)
    assert.match(flat(good('message')), /^"Gradient overflow … reducing loss scale to"/)
  })

  test('of a metric: its value from a run, how it is written, where', () => {
    const out = good('metric')
    assert.match(out, /firstLostInteger = 2049, run just now: fpsim rounding/)
    assert.match(flat(out), /rounding count rounding/)
    assert.match(flat(out), /Claim integers-to-2048, true/)
  })

  test('of a finding: the sentence, and a lesson that prints it now', () => {
    const out = good('finding')
    assert.match(out, /^plusOneLost +a finding\n/)
    assert.match(out, /Printed just now by fpsim rounding:/)
    assert.match(out, /2048 \+ 1 = 2048 in fp16/)
  })

  test('fits a narrow screen in ASCII', () => {
    for (const line of good('narrow').split('\n')) assert.match(line, /^[ -~]{0,50}$/)
  })

  test('as JSON: both languages, filled', () => {
    const { term, blocks } = JSON.parse(good('termJson')) as {
      term: { id: string; says: { en: string; zh: string }; commands: string[] }
      blocks: { kind: string }[]
    }
    assert.equal(term.id, 'ulp')
    for (const text of [term.says.en, term.says.zh]) assert.match(text, /2\^-10.*32/s)
    assert.ok(term.commands.includes('fpsim inspect 1 --format fp16'))
    assert.ok(blocks.some(({ kind }) => kind === 'number-line'))
    assert.match(good('termCsv'), /^id,ulp\n[\s\S]*\nsays,"?The distance[^\n]*相邻两个数/)
  })
})

describe('the list and the search', () => {
  test('all terms by group', () => {
    const { terms } = JSON.parse(good('listJson')) as { terms: { id: string; name: { zh: string } }[] }
    assert.ok(terms.length >= 90)
    const [list, listZh] = [flat(good('list')), flat(good('listZh'))]
    for (const { id, name } of terms) {
      if (!id.startsWith('number-')) assert.ok(list.includes(` ${id} `) || list.includes(` ${id}`), id)
      assert.ok(listZh.replaceAll(' ', '').includes(name.zh.replaceAll(' ', '')), name.zh)
    }
    assert.equal(good('csv').trim().split('\n').length, terms.length + 1)
    assert.ok(good('list').trimEnd().split('\n').length <= 32)
  })

  test('every place that has the words', () => {
    assert.match(good('search'), /finding +tooLate +Scaling after the backward pass is too late/)
    assert.match(good('searchCsv'), /^kind,name,text\nterm,/)
    assert.match(good('searchCsv'), /\nclaim,consecutive-skips,/)
  })
})

test('what is not there is refused, with the nearest name', () => {
  for (const name of ['unknown', 'nothing', 'json'] as const)
    assert.deepEqual([ran[name].code, ran[name].out], [2, ''], name)
  assert.match(ran.unknown.err, /invalid TERM: "undeflow".*--search TEXT.*did you mean underflow\?/)
  assert.match(ran.nothing.err, /"zzzz"/)
})

test('a number that is known for nothing has its bits, and the way on', () => {
  const out = good('plain')
  assert.match(out, /^3\.14159 +a number\n/)
  // np.float16(3.14159).view(np.uint16) is 0x4248.
  assert.match(out, /^fp16 +0 10000 1001001000 +0x4248$/m)
  assert.match(out, /^Next: fpsim inspect 3\.14159$/m)
  // 2^-23 is 19 % more than 1e-7: no machine epsilon.
  assert.doesNotMatch(good('near'), /epsilon/)
})

test('a metric as one lesson has it; without the lesson, where it is not 0', () => {
  assert.match(good('metricOf'), /^· lost = [1-9][\d.]* %, run just now: fpsim underflow$/m)
  assert.doesNotMatch(good('metricAny'), /^· lost = 0 %/m)
})

describe('the sentence of a finding, holes where its numbers come', () => {
  const text = (code: string, lang: 'en' | 'zh' = 'en'): string | undefined => templates(lang).get(code)?.text

  test('of every finding, in both languages', () => {
    for (const lang of ['en', 'zh'] as const) {
      assert.deepEqual([...templates(lang).keys()], Object.keys(wordsOf(lang).findings))
      for (const [code, { text: sentence }] of templates(lang))
        assert.doesNotMatch(sentence, /undefined|\[object|\{[a-z]/, code)
    }
  })

  test('a NaN that the sentence speaks of stays', () => {
    assert.equal(text('becameNaN'), '… values become NaN: … has no negative numbers.')
    assert.equal(text('becameNaN', 'zh'), '… 个值变成 NaN：… 没有负数。')
    assert.equal(text('tooLate'), 'Scaling after the backward pass is too late: 0 × … = 0.')
    assert.deepEqual(templates('en').get('tooLate')?.reads, ['scale'])
  })

  test('the title of a metric, where it has one', () => {
    assert.equal(titleOf('lostUnscaled', 'en'), 'becomes 0 at × 1')
    assert.equal(titleOf('constructor', 'en'), undefined)
  })
})
