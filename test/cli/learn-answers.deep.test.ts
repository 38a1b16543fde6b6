/** Every question of every lesson, in both languages: who reads the answer off the screen is right, who is not near is wrong. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { askedFor } from '../../src/cli/predict.js'
import { workers } from '../../src/cli/workers.js'
import { isRight, nearness, typedNumber } from '../../src/learn/quiz.js'
import { fill } from '../../src/render/cells.js'
import { wordsOf } from '../../src/render/words.js'
import { loadScenario, scenarioNames } from '../../src/scenario/load.js'
import { runLoaded } from '../../src/scenario/run.js'

const names = await scenarioNames()

describe('every question of every lesson', () => {
  for (const name of names)
    test(name, async () => {
      const scenario = await loadScenario(name)
      const result = await runLoaded(scenario, { host: { workers } })
      const { lesson } = result
      assert.ok(lesson && scenario.predict, 'a lesson asks before it shows')
      assert.ok(scenario.quiz.length > 0, 'and after it')
      const questions = [{ metric: scenario.predict.metric, within: undefined }, ...scenario.quiz.map((q) => q.answer)]
      for (const lang of ['en', 'zh'] as const) {
        const words = wordsOf(lang)
        for (const { metric, within } of questions) {
          const what = `${metric}, ${lang}`
          const asked = askedFor(metric, result, words)
          assert.ok(Number.isFinite(asked.value), what)
          const read = typedNumber(asked.written, asked)
          assert.ok(read !== undefined && isRight(read, asked, within), `${what}: ${asked.written} read as ${read}`)
          assert.equal(nearness(read, asked).grade, 'exact', what)
          for (const typed of [String(asked.value), asked.value.toExponential()]) {
            const exact = typedNumber(typed, asked)
            assert.ok(exact !== undefined && isRight(exact, asked, within), `${what}: ${typed} read as ${exact}`)
          }
          for (const wrong of [2 * asked.value + 1, asked.value / 2 - 1, -asked.value - 1])
            assert.ok(!isRight(wrong, asked, within), `${what}: ${wrong} for ${asked.value}`)
        }
        // A hint that told the answer would be none.
        for (const { answer, hint } of scenario.quiz) {
          const { written } = askedFor(answer.metric, result, words)
          const told = fill(hint, lesson, words)
          const escaped = written.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
          if (written.length > 1)
            assert.doesNotMatch(told, new RegExp(`(?<![\\d.^-])${escaped}(?![\\d.])`), answer.metric)
        }
      }
    })
})
