/** What holds of every card with its runs made; shared by the quick test and by the deep one, which makes the slow runs too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answer, aside, page, question, told } from '../../src/cli/card/page.js'
import type { MeasuredCard } from '../../src/learn/card/measure.js'
import { type Card, loadCards, runsOf, sections, textsOf } from '../../src/learn/card.js'
import { loadClaims, verdicts } from '../../src/learn/claim.js'
import type { Measured } from '../../src/learn/claims.js'
import { wordsOf } from '../../src/render/words.js'
import { slotsOf } from '../../src/scenario/slots.js'

const langs = ['en', 'zh'] as const
const look = (lang: 'en' | 'zh') => ({ lang, width: 80, color: 0, charset: 'unicode', ambiguous: 'narrow' }) as const

const allClaims = await loadClaims()
const deck = await loadCards()
/** The claims of a card as if judged: with every verdict, so that their words take the most room. */
const judged = ({ claims }: Card): Measured[] =>
  claims.flatMap((id, i) => {
    const claim = allClaims.find((one) => one.id === id)
    const verdict = verdicts[i % verdicts.length]
    return claim && verdict ? [{ claim, verdict, metrics: {}, slots: {} }] : []
  })

/** Lessons that take more than a third of a second: trainings, and what repeats many steps. */
const slow =
  /^(train-\w+|cures|gradient-pipeline|fine-tuning|fp8-scaling|scale-collapse|compression|weight-decay|monitor)$/

export const isSlow = (card: Card): boolean => runsOf(card).some(({ scenario }) => slow.test(scenario))

export function proofTests(measured: readonly MeasuredCard[]): void {
  for (const one of measured) {
    const { card, proof, slots } = one
    test(`${card.id}: its proof has findings, its slots are numbers, it fits a screen and a minute`, () => {
      assert.ok(proof.findings.length > 0)
      const used = textsOf(card).flatMap(({ text }) => langs.flatMap((lang) => slotsOf(text[lang])))
      assert.ok(used.length > 1)
      for (const { name } of used) {
        const { value } = slots[name] ?? {}
        assert.ok(value !== undefined && !Number.isNaN(value), `${name} is ${value}`)
      }
      for (const lang of langs) {
        const lines = [...question(card, aside(card, look(lang)), look(lang)), ...answer(one, look(lang))]
        assert.ok(lines.length > 10 && lines.length <= 26, `${lines.length} lines in ${lang}`)
        assert.doesNotMatch(lines.join('\n'), /[{}]|undefined/)
        const whole = page(one, judged(card), look(lang), deck[deck.findIndex(({ id }) => id === card.id) + 1])
        assert.ok(whole.length <= 28, `${whole.length} lines with its proof in ${lang}`)
        assert.equal(whole.filter((line) => line.includes(card.claims[0] ?? card.id)).length > 0, true)
      }
      // Counted another way than the linter does: between blanks, and every character.
      const text = (lang: 'en' | 'zh'): string =>
        sections.map((name) => told(card.answer[name], one, wordsOf(lang))).join('\n')
      const english = text('en').split(/\s+/).length
      assert.ok(english >= 95 && english <= 185, `${english} words`)
      const chinese = text('zh').replace(/\s/g, '').length
      assert.ok(chinese >= 210 && chinese <= 420, `${chinese} characters`)
    })
  }
}
