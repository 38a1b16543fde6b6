/** Variants of every shipped exercise: two hundred of those that only calculate, one of those that run lessons (the deep test runs all). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkExercises } from '../../src/learn/exercise/check.js'
import { variantOf } from '../../src/learn/exercise/draw.js'
import { newLab } from '../../src/learn/exercise/lab.js'
import { loadExercises } from '../../src/learn/exercise.js'
import { outlines } from '../../src/scenario/load.js'

const exercises = await loadExercises()
const lab = newLab()

for (const exercise of exercises)
  test(exercise.id, async () => {
    const cheap = exercise.runs.every(({ scenario }) => scenario === 'inspect' || scenario === 'calc')
    // Whatever needs a training, or many runs of a lesson, waits for the deep test.
    const heavy = exercise.runs.some(({ scenario }) => scenario.startsWith('train-')) || exercise.find !== undefined
    const problems = await checkExercises([exercise], { variants: cheap ? 200 : heavy ? 0 : 1, lab })
    assert.deepEqual(
      problems.map(({ code, values }) => `${code} ${JSON.stringify(values)}`),
      [],
    )
    const variants = Array.from({ length: 200 }, (_, i) => variantOf(exercise, String(i + 1)))
    const different = new Set(variants.map(({ drawn, shown }) => JSON.stringify([drawn, shown])))
    assert.ok(different.size >= 2, `${different.size} variants`)
  })

test('every core lesson has two at least', async () => {
  const few = (await outlines())
    .filter(({ level }) => level === 'core')
    .map(
      ({ name }) =>
        [name, exercises.filter(({ lesson, level }) => lesson === name && level === 'core').length] as const,
    )
    .filter(([, count]) => count < 2)
  assert.deepEqual(few, [])
})
