/** What holds for every screen of every Result: no line too wide, ASCII where promised, colour that changes no letter. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { toJson } from '../../src/render/json.js'
import { screen } from '../../src/render/terminal/document.js'
import type { Block, Result } from '../../src/result/result.js'
import { blocks, resultOf, testStyle } from './results.js'

const width = fc.oneof(fc.constantFrom(40, 60, 80, 120), fc.integer({ min: 40, max: 200 }))
const lang = fc.constantFrom('en' as const, 'zh' as const)

function holds(result: Result, columns: number, language: 'en' | 'zh'): void {
  const say = (lines: readonly string[]): string => lines.join('\n')
  const narrow = screen(result, testStyle({ lang: language, width: columns }))
  for (const line of narrow) {
    assert.ok(stringWidth(line) <= columns, `narrow ${columns} < ${stringWidth(line)}: ${JSON.stringify(line)}`)
    assert.ok(!/\s$/.test(line) && !/\p{Cc}/u.test(line), JSON.stringify(line))
  }
  const colored = screen(result, testStyle({ lang: language, width: columns, color: 1 }))
  assert.equal(stripVTControlCharacters(say(colored)), say(narrow))

  const wide = screen(result, testStyle({ lang: language, width: columns, ambiguous: 'wide' }))
  for (const line of wide) {
    assert.equal(stringWidth(line), stringWidth(line, { ambiguousIsNarrow: false }), JSON.stringify(line))
    assert.ok(stringWidth(line) <= columns, `wide ${columns} < ${stringWidth(line)}: ${JSON.stringify(line)}`)
  }
  const ascii = say(screen(result, testStyle({ lang: language, width: columns, charset: 'ascii' })))
  if (language === 'en') assert.match(ascii, /^[\n -~]*$/)
  else for (const line of ascii.split('\n')) assert.ok(stringWidth(line, { ambiguousIsNarrow: false }) <= columns)
}

for (const [kind, block] of Object.entries(blocks))
  test(`every ${kind} fits every screen`, () => {
    fc.assert(
      fc.property(block, width, lang, (b, columns, language) => {
        holds(
          { scenario: 's', runner: 'r', schema: 1, params: {}, seed: 1, metrics: {}, findings: [], blocks: [b] },
          columns,
          language,
        )
      }),
      { numRuns: 100 },
    )
  })

test('every whole Result fits every screen', () => {
  const some = fc.array(fc.oneof(...Object.values(blocks)), { maxLength: 3 }) as fc.Arbitrary<Block[]>
  fc.assert(
    fc.property(resultOf(some), width, lang, (result, columns, language) => holds(result, columns, language)),
    // Shrinking a whole Result takes minutes; the tests above find the block.
    { numRuns: 60, endOnFailure: true },
  )
})

test('JSON brings back every number of a Result', () => {
  const numbers: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 }
  const metric = fc.oneof(fc.double(), fc.constantFrom(...Object.values(numbers)))
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), metric), (metrics) => {
      const result = {
        schema: 1,
        scenario: 's',
        runner: 'r',
        params: {},
        seed: 1,
        metrics,
        findings: [],
        blocks: [],
      } as const
      const text = toJson(result)
      assert.ok(text.endsWith('}\n'))
      const read = JSON.parse(text) as { metrics: Record<string, number | string> }
      const back = Object.entries(read.metrics).map(([k, v]) => [k, typeof v === 'string' ? numbers[v] : v] as const)
      assert.deepEqual(
        back.map(([k]) => k),
        Object.keys(metrics),
      )
      for (const [k, v] of back) assert.ok(Object.is(v, metrics[k]), `${k}: ${v} is not ${metrics[k]}`)
    }),
    { numRuns: 300 },
  )
})
