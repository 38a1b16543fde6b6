/** Two hundred variants of every shipped exercise: each has an answer that is graded right, each wrong answer is graded wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkExercises } from '../../src/learn/exercise/check.js'
import { newLab } from '../../src/learn/exercise/lab.js'
import { loadExercises } from '../../src/learn/exercise.js'

const lab = newLab()

for (const exercise of await loadExercises())
  test(exercise.id, async () => {
    const problems = await checkExercises([exercise], { variants: 200, lab })
    assert.deepEqual(
      problems.map(({ code, values }) => `${code} ${JSON.stringify(values)}`),
      [],
    )
  })
