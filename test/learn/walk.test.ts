/** The way through the lessons, and what a guess or an answer is worth. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { noProgress, type Progress, withLesson } from '../../src/learn/progress.js'
import { commandOf, isRight, nearness, type Truth, typedNumber } from '../../src/learn/quiz.js'
import { core, counted, course, following, type Stop, whereLeft } from '../../src/learn/walk.js'
import { outlines } from '../../src/scenario/load.js'

const stop = (name: string, chapter: number, needs: string[] = [], level: Stop['level'] = 'core'): Stop => ({
  name,
  chapter,
  level,
  needs,
})
const did = (states: Readonly<Record<string, 'begun' | 'done'>>, last?: string): Progress => {
  const all = Object.entries(states).reduce(
    (p, [name, state]) => withLesson(p, name, { state }),
    noProgress as Progress,
  )
  return last === undefined ? all : { ...all, last }
}
const names = (stops: readonly Stop[]): string[] => stops.map(({ name }) => name)

describe('the course', () => {
  test('by chapter; what a lesson needs comes before it, loops and strangers do no harm', () => {
    const lessons = [
      stop('a', 2, ['b', 'nowhere']),
      stop('b', 2, ['c']),
      stop('c', 1, ['a']),
      stop('d', 1),
      stop('e', 2, ['e']),
    ]
    assert.deepEqual(names(course(lessons)), ['c', 'd', 'b', 'a', 'e'])
  })

  test('of the shipped lessons: every one once, chapters in order, needs first within a chapter', async () => {
    const way = course(await outlines())
    assert.deepEqual(names(way).sort(), (await outlines()).map(({ name }) => name).sort())
    const at = new Map(way.map(({ name }, i) => [name, i]))
    way.forEach((lesson, i) => {
      assert.ok(i === 0 || (way[i - 1]?.chapter ?? 9) <= lesson.chapter, lesson.name)
      for (const need of lesson.needs)
        if (way.find(({ name }) => name === need)?.chapter === lesson.chapter)
          assert.ok((at.get(need) ?? 99) < i, `${need} before ${lesson.name}`)
    })
    assert.ok(core(way).length < way.length)
  })

  const way = ['a', 'b', 'c', 'd'].map((name) => stop(name, 1))
  test('where one left off', () => {
    const cases: [Progress, string | undefined][] = [
      [noProgress, 'a'],
      [did({ a: 'done' }), 'b'],
      [did({ a: 'done', b: 'begun' }), 'b'],
      [did({ c: 'begun' }), 'c'],
      [did({ c: 'done' }), 'd'],
      [did({ d: 'done' }), 'a'],
      [did({ a: 'done', d: 'done' }, 'd'), 'b'],
      [did({ b: 'begun', c: 'done' }, 'c'), 'd'],
      [did({ a: 'done', b: 'done', c: 'done', d: 'begun' }), 'd'],
      [did({ a: 'done', b: 'done', c: 'done', d: 'done' }), undefined],
      // The last lesson was an advanced one, which is not on this way.
      [did({ a: 'done', x: 'done' }), 'b'],
    ]
    for (const [progress, expected] of cases)
      assert.equal(whereLeft(way, progress)?.name, expected, JSON.stringify(progress))
  })

  test('what follows: the next that is not done, from the start again after the last', () => {
    assert.equal(following(way, noProgress, 'a')?.name, 'b')
    assert.equal(following(way, did({ b: 'done' }), 'a')?.name, 'c')
    assert.equal(following(way, did({ d: 'done' }), 'd')?.name, 'a')
    assert.equal(following(way, did({ a: 'done', b: 'done', d: 'done' }), 'c'), undefined)
    assert.equal(following(way, did({ a: 'begun' }), 'd')?.name, 'a')
    assert.deepEqual(counted(way, did({ a: 'done', b: 'begun', x: 'done' })), { done: 1, begun: 1, all: 4 })
  })
})

const truth = (value: number, o: Partial<Truth> = {}): Truth => ({ value, percent: false, shown: value, ...o })

describe('what was typed', () => {
  test('a share: 3 %, ３．３％ and 0.03; a bare 55 is 55 %, but not where the answer is above 1', () => {
    const share = truth(0.55, { percent: true })
    const typed: [string, number][] = [
      ['55%', 0.55],
      ['55', 0.55],
      ['５５', 0.55],
      ['0.55', 0.55],
      ['３．３％', 0.033],
      ['1', 1],
      ['1 %', 0.01],
      ['100', 1],
      ['150', 150],
    ]
    for (const [text, value] of typed) assert.equal(typedNumber(text, share), value, text)
    assert.equal(typedNumber('5', truth(7.1, { percent: true })), 5)
    assert.equal(typedNumber('5', truth(0.5)), 5)
  })

  test('numbers as people write them', () => {
    const typed: [string, number | undefined][] = [
      ['2^-24', 1 / 16777216],
      ['1/16777216', 1 / 16777216],
      ['65,504', 65504],
      ['5.96e-8', 5.96e-8],
      ['２^１１', 2048],
      ['0x0001', 1],
      ['-0', -0],
      ['many', undefined],
      ['', undefined],
      ['??', undefined],
    ]
    for (const [text, value] of typed) assert.ok(Object.is(typedNumber(text, truth(1)), value), text)
  })

  test('words that are commands, in both languages and widths', () => {
    const lines: [string, ReturnType<typeof commandOf>][] = [
      ['', 'enter'],
      ['  ', 'enter'],
      ['?', 'hint'],
      ['？', 'hint'],
      ['提示', 'hint'],
      ['S', 'skip'],
      ['ｓ', 'skip'],
      ['跳过', 'skip'],
      ['q', 'quit'],
      ['Quit', 'quit'],
      ['退出', 'quit'],
      ['3 %', undefined],
      ['constructor', undefined],
    ]
    for (const [line, command] of lines) assert.equal(commandOf(line), command, line)
  })
})

describe('what it is worth', () => {
  test('right: exactly, within the tolerance, or as the screen shows it', () => {
    const share = truth(0.5506625, { percent: true, shown: 0.551 })
    assert.ok(isRight(0.551, share))
    assert.ok(!isRight(0.55, share))
    assert.ok(isRight(0.55, share, '5%'))
    assert.ok(isRight(0.5506625 * 1.0499, share, '5%'))
    assert.ok(!isRight(0.5506625 * 1.0501, share, '5%'))
    assert.ok(isRight(2048, truth(2048)))
    assert.ok(!isRight(2047, truth(2048)))
    assert.ok(isRight(-0, truth(0)))
    assert.ok(isRight(Number.NaN, truth(Number.NaN)))
    assert.ok(!isRight(0, truth(Number.NaN)))
    assert.ok(isRight(Number.POSITIVE_INFINITY, truth(Number.POSITIVE_INFINITY)))
  })

  test('near: by factors, of large shares by points', () => {
    const cases: [number, Truth, ReturnType<typeof nearness>['grade'], string, string, number][] = [
      [2048, truth(2048), 'exact', 'none', 'difference', 0],
      [1100, truth(1000), 'close', 'above', 'factor', 1.1],
      [500, truth(1000), 'near', 'below', 'factor', 2],
      [8000, truth(1000), 'order', 'above', 'factor', 8],
      [-8000, truth(-1000), 'order', 'below', 'factor', 8],
      [1, truth(1024), 'far', 'below', 'factor', 1024],
      [0, truth(5), 'far', 'below', 'difference', 5],
      [5, truth(0), 'far', 'above', 'difference', 5],
      [-3, truth(3), 'far', 'below', 'difference', 6],
      [Number.POSITIVE_INFINITY, truth(3), 'far', 'above', 'difference', Number.POSITIVE_INFINITY],
      [3, truth(Number.NaN), 'far', 'none', 'difference', Number.POSITIVE_INFINITY],
      [0.5, truth(0.99, { percent: true }), 'far', 'below', 'points', 0.49],
      [0.91, truth(0.99, { percent: true }), 'near', 'below', 'points', 0.08],
      [0.98, truth(0.99, { percent: true }), 'close', 'below', 'points', 0.01],
      [0.04, truth(0.01, { percent: true }), 'order', 'above', 'factor', 4],
    ]
    for (const [guess, about, grade, side, measure, by] of cases) {
      const found = nearness(guess, about)
      const what = `${guess} for ${about.value}`
      assert.deepEqual([found.grade, found.side, found.measure], [grade, side, measure], what)
      assert.ok(Object.is(found.by, by) || Math.abs(found.by - by) < 1e-12, `${what}: ${found.by}`)
    }
  })

  test('what is exact in kind has nothing near it: 2049 is not 2048', () => {
    const exact = truth(2048, { exact: true })
    assert.equal(nearness(2048, exact).grade, 'exact')
    assert.deepEqual(nearness(2049, exact), { grade: 'beside', side: 'above', measure: 'difference', by: 1, error: 1 })
    assert.deepEqual([nearness(4096, exact).grade, nearness(4096, exact).error], ['near', 1])
    assert.equal(nearness(-2048, exact).error, 2)
    assert.equal(nearness(2049, truth(2048)).grade, 'close')
  })

  test('its error is a share that a progress file takes, whatever the numbers', () => {
    const numbers = [
      0,
      -0,
      1,
      -1,
      5e-324,
      1.7976931348623157e308,
      -1.7976931348623157e308,
      Infinity,
      -Infinity,
      Number.NaN,
    ]
    for (const guess of numbers)
      for (const value of numbers) {
        const { error } = nearness(guess, truth(value))
        assert.ok(error >= 0 && error <= 2, `${guess} for ${value}: ${error}`)
      }
    assert.equal(nearness(10, truth(1)).error, nearness(1, truth(10)).error)
    assert.equal(nearness(-2, truth(2)).error, 2)
  })
})
