/** Every page of `fpsim explain`, run: its numbers are there, and it fits a screen in both languages. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shortName, termPage } from '../../src/cli/term/page.js'
import { loadClaims } from '../../src/learn/claim.js'
import { measureTerms } from '../../src/learn/term/measure.js'
import { loadTerms } from '../../src/learn/term.js'
import { render } from '../../src/render/render.js'

const terms = await loadTerms()
const pages = await measureTerms(terms, await loadClaims())

describe('every term', () => {
  for (const measured of pages)
    test(measured.term.id, () => {
      const { term, slots, claims, picture } = measured
      for (const text of [term.says, term.for, term.against, term.when])
        for (const [, name = ''] of (text?.en ?? '').matchAll(/\{(\w+)(?::%)?\}/g)) {
          const { value, as } = slots[name] ?? {}
          // NaN is an answer only of a format, as 480 in e4m3fnuz.
          assert.ok(value !== undefined && (as === 'exact' || !Number.isNaN(value)), `${name} is ${value}`)
        }
      const ascii = termPage({ ...measured, related: [] }, { lang: 'en', charset: 'ascii' })
      assert.match(render(ascii, { lang: 'en', charset: 'ascii' }), /^[ -~\n]*$/)
      for (const { claim, verdict } of claims) assert.notEqual(verdict, 'open', claim.id)
      assert.ok(term.runs.every(({ show }) => show.length === 0) || picture.length === 1)
      for (const lang of ['en', 'zh'] as const) {
        const related = terms.filter(({ id }) => term.related.includes(id)).map((one) => shortName(one, lang))
        const page = termPage({ ...measured, related }, { lang, charset: 'unicode' })
        const lines = render(page, { lang }).trimEnd().split('\n')
        assert.ok(lines.length <= 26, `${lang}: ${lines.length} lines`)
        assert.doesNotMatch(lines.join(' '), /\{[A-Za-z]|undefined/)
      }
    })
})
