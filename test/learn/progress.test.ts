/** Progress as data: what is better stays, what is damaged is told, what is newer is left alone. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { progressText, storedProgress } from '../../src/learn/progress/json.js'
import {
  cardGrade,
  exerciseScore,
  lessonProgress,
  noProgress,
  type Progress,
  withCard,
  withExercise,
  withLesson,
} from '../../src/learn/progress.js'

describe('what has been done', () => {
  test('done stays done, the nearest guess and the most right answers stay', () => {
    const steps = [
      { state: 'begun', guessError: 0.5 },
      { state: 'done', guessError: 0.7, right: 1, all: 2 },
      { state: 'begun', guessError: 0.2 },
      { state: 'done', right: 0, all: 2 },
    ] as const
    const all = steps.reduce((p: Progress, step) => withLesson(p, 'underflow', step), noProgress)
    assert.deepEqual(all.lessons, { underflow: { state: 'done', guessError: 0.2, right: 1, all: 2 } })
    assert.equal(all.last, 'underflow')
    assert.deepEqual(withLesson(all, 'underflow', { state: 'done', right: 2, all: 2 }).lessons['underflow'], {
      state: 'done',
      guessError: 0.2,
      right: 2,
      all: 2,
    })
    assert.equal(lessonProgress(all, 'overflow'), undefined)
    assert.deepEqual(noProgress, { version: 1, lessons: {}, exercises: {}, cards: {} })
  })

  test('the best score of each variant, the last grade of each card', () => {
    const scores: [string, number][] = [
      ['1', 0.5],
      ['2', 0],
      ['1', 0.25],
    ]
    const p = scores.reduce((q: Progress, [seed, score]) => withExercise(q, 'ulp-1', seed, score), noProgress)
    assert.equal(exerciseScore(p, 'ulp-1', '1'), 0.5)
    assert.equal(exerciseScore(p, 'ulp-1', '2'), 0)
    assert.equal(exerciseScore(p, 'ulp-1', '3'), undefined)
    assert.equal(exerciseScore(p, 'ulp-1'), 0.5)
    assert.equal(exerciseScore(p, 'ulp-2'), undefined)
    const graded = withCard(withCard(p, 'bf16', 3), 'bf16', 1)
    assert.equal(cardGrade(graded, 'bf16'), 1)
    assert.equal(cardGrade(graded, 'fp16'), undefined)
  })

  test('a name is a name: __proto__, constructor, 学号 1', () => {
    for (const name of ['__proto__', 'constructor', 'toString', '学号 1', '']) {
      assert.equal(lessonProgress(noProgress, name), undefined)
      assert.equal(exerciseScore(noProgress, name), undefined)
      assert.equal(cardGrade(noProgress, name), undefined)
      const p = withExercise(withCard(withLesson(noProgress, name, { state: 'begun' }), name, 2), name, name, 1)
      const read = storedProgress(progressText(p))
      assert.ok('progress' in read && !read.damaged)
      assert.deepEqual(lessonProgress(read.progress, name), { state: 'begun' })
      assert.equal(exerciseScore(read.progress, name, name), 1)
      assert.equal(cardGrade(read.progress, name), 2)
    }
  })
})

describe('what is stored', () => {
  const full = withExercise(
    withCard(withLesson(noProgress, 'a', { state: 'done', right: 1, all: 2 }), 'c', 0),
    'e',
    's',
    1,
  )

  test('comes back as it was, with a byte order mark before it too, and with what it does not know', () => {
    assert.deepEqual(storedProgress(progressText(full)), { progress: full, damaged: false })
    assert.deepEqual(storedProgress(`\uFEFF${progressText(full)}`), { progress: full, damaged: false })
    const more = { ...full, notes: ['mine'] } as Progress
    assert.deepEqual(storedProgress(progressText(more)), { progress: more, damaged: false })
    assert.ok(progressText(withCard(more, 'x', 1)).includes('mine'))
  })

  test('the sound part of a damaged one counts', () => {
    const damaged: [string, Progress][] = [
      ['', noProgress],
      ['{"version": 1, "lessons": {', noProgress],
      ['[]', noProgress],
      ['null', noProgress],
      ['{}', noProgress],
      ['{"version": "1"}', noProgress],
      ['{"version": 0}', noProgress],
      ['{"version": 1, "lessons": 5}', noProgress],
      ['{"version": 1, "last": 5}', noProgress],
      [
        '{"version": 1, "lessons": {"a": {"state": "done"}, "b": {"state": "x"}, "c": 1, "d": {"state": "done", "right": 3, "all": 2}}}',
        withLesson(noProgress, 'a', { state: 'done' }),
      ],
      ['{"version": 1, "cards": {"a": 4, "b": 2, "c": 1.5}}', withCard(noProgress, 'b', 2)],
      ['{"version": 1, "exercises": {"a": {"1": 2}, "b": {"1": 0.5}}}', withExercise(noProgress, 'b', '1', 0.5)],
    ]
    for (const [text, { last: _, ...rest }] of damaged)
      assert.deepEqual(storedProgress(text), { progress: rest, damaged: true }, text)
  })

  test('a later version is named and not read', () => {
    assert.deepEqual(storedProgress('{"version": 2, "lessons": 5}'), { newer: 2 })
  })

  test('a part that is missing is empty, not damaged', () => {
    assert.deepEqual(storedProgress('{"version": 1}'), { progress: noProgress, damaged: false })
  })
})
