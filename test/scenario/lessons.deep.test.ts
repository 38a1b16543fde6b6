/** The lessons whose default run takes long hold what they say. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { checkScenario } from '../../src/scenario/check.js'

for (const lesson of ['train-text', 'train-series', 'train-gan'])
  test(lesson, async () => {
    const { problems, failures, expectations } = await checkScenario(lesson)
    assert.deepEqual([problems, failures], [[], []])
    assert.ok(expectations > 0)
  })
