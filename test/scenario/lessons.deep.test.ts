/** The lessons whose default run takes long hold what they say, on a screen that fits without scrolling. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { render } from '../../src/render/render.js'
import { checkScenario } from '../../src/scenario/check.js'
import { runScenario } from '../../src/scenario/library.js'

const long = ['train-text', 'train-series', 'train-gan']

for (const lesson of long)
  test(lesson, async () => {
    const { problems, failures, expectations } = await checkScenario(lesson)
    assert.deepEqual([problems, failures], [[], []])
    assert.ok(expectations > 0)
  })

for (const lesson of ['train-simple', 'train-image', ...long])
  test(`${lesson} is 26 lines high at most`, async () => {
    const result = await runScenario(lesson)
    for (const lang of ['en', 'zh'] as const) {
      const lines = render(result, { lang }).trimEnd().split('\n')
      assert.ok(lines.length <= 26, `${lang}: ${lines.length}\n${lines.join('\n')}`)
    }
  })
