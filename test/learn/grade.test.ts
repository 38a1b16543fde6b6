/** Files of answers, and the book that comes of them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAnswers, parseClass } from '../../src/learn/answers-file.js'
import { csvRows } from '../../src/learn/csv-rows.js'
import { typedAnswer } from '../../src/learn/exercise/check.js'
import { variantOf } from '../../src/learn/exercise/draw.js'
import { newLab } from '../../src/learn/exercise/lab.js'
import { solve } from '../../src/learn/exercise/solve.js'
import { loadExercises } from '../../src/learn/exercise.js'
import { absentees, gradeBook } from '../../src/learn/grade-book.js'

const exercises = await loadExercises()
const isExercise = (id: string): boolean => exercises.some((one) => one.id === id)
const fields = (text: string): string[][] => csvRows(text).rows.map((row) => [...row.fields])
const parse = (text: string, file = 'a.csv') => parseAnswers(text, file, isExercise)
const told = ({ problems }: ReturnType<typeof parse>) =>
  problems.map(({ values }) => [values['line'], values['problem']])

describe('rows of CSV', () => {
  test('as RFC 4180 has them', () => {
    assert.deepEqual(fields('a,b,c\n1,2,3\n'), [
      ['a', 'b', 'c'],
      ['1', '2', '3'],
    ])
    assert.deepEqual(fields('a,b\r\n"x, y","say ""hi"""\r\n'), [
      ['a', 'b'],
      ['x, y', 'say "hi"'],
    ])
    assert.deepEqual(fields('a,b\n"two\nlines",2'), [
      ['a', 'b'],
      ['two\nlines', '2'],
    ])
    assert.deepEqual(fields('a,b\r1,2\r'), [
      ['a', 'b'],
      ['1', '2'],
    ])
    assert.deepEqual(fields('a,b\n,\n\n1,\n'), [
      ['a', 'b'],
      ['1', ''],
    ])
    assert.deepEqual(fields(''), [])
    assert.deepEqual(fields('a"b,c'), [['a"b', 'c']])
  })

  test('with the lines on which they begin', () => {
    const { rows } = csvRows('a,b\n"x\ny\nz",2\n\n3,4\r\n5,6')
    assert.deepEqual(
      rows.map(({ line }) => line),
      [1, 2, 6, 7],
    )
  })

  test('a quote that its field does not close costs its line and no other', () => {
    const { rows, open } = csvRows('a,b\n"x,1\ny,2\nz,3\n')
    assert.deepEqual(open, [2])
    assert.deepEqual(
      rows.map((row) => row.fields[0]),
      ['a', 'y', 'z'],
    )
    const next = csvRows('a,b\n"x,1\n"y",2\nz,3\n')
    assert.deepEqual(next.open, [2])
    assert.deepEqual(
      next.rows.map((row) => row.fields[0]),
      ['a', 'y', 'z'],
    )
  })

  test('come back as they were written, whatever stands in them', () => {
    const alphabet = ['a', '"', ',', ';', '\n', ' ', '学', '']
    for (let i = 0; i < 400; i++) {
      const cell = (k: number): string =>
        Array.from({ length: 4 }, (_, j) => alphabet[(i * 7 + k * 13 + j * (i + 3)) % 8])
          .join('')
          .trim()
      const row = [`x${cell(1)}`, `y${cell(2)}`, `z${cell(3)}`]
      const text = `h1,h2,h3\n${row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')}\n`
      assert.deepEqual(fields(text)[1], row)
    }
  })
})

describe('a file of answers', () => {
  test('headers in English and Chinese, in any order, among other columns', () => {
    const row = { file: 'a.csv', line: 2, student: 's', exercise: 'fp16-code-of', answer: '0x3c00', seed: 's' }
    const texts = [
      'student,exercise,answer\ns,fp16-code-of,0x3c00',
      '学号,姓名,题号,答案\ns,张三,fp16-code-of,0x3c00',
      'Answer;Student ID;Exercise ID\n0x3c00;s;fp16-code-of',
      '答案\t题号\t学号\t备注\n0x3c00\tfp16-code-of\ts\t',
      'student,exercise,answer,,\ns,fp16-code-of,0x3c00,,',
    ]
    for (const text of texts) assert.deepEqual(parse(text), { rows: [row], problems: [] }, text)
    const [own] = parse('student,exercise,answer,seed\ns,fp16-code-of,1,2023').rows
    assert.equal(own?.seed, '2023')
    const [bare] = parse('s,fp16-code-of,0x3c00\n').rows
    assert.deepEqual(bare, { ...row, line: 1 })
  })

  test('what is malformed is told by its line, in order', () => {
    assert.deepEqual(told(parse('student,answer\ns,1')), [[1, 'no-header']])
    assert.deepEqual(told(parse('')), [[1, 'no-rows']])
    assert.deepEqual(told(parse('student,exercise,answer\n')), [[undefined, 'no-rows']])
    assert.deepEqual(
      told(
        parse(
          'student,exercise,answer\n,fp16-code-of,1\ns,,1\ns\ns,fp16-code-of,1,2,3\n1.5E+11,fp16-code-of,1\ns,fp16-code-of,1\n',
        ),
      ),
      [
        [2, 'no-student'],
        [3, 'no-exercise'],
        [4, 'short-row'],
        [5, 'long-row'],
        [6, 'spreadsheet-number'],
      ],
    )
    assert.deepEqual(told(parse('answers: 5', 'a.yaml')), [[1, 'not-answers']])
    assert.deepEqual(
      told(
        parse(
          'answers:\n  - 7\n  - { student: s, exercise: e, answer: [1] }\n  - { student: s, answer: 1 }\n',
          'a.yaml',
        ),
      ),
      [
        [2, 'not-answers'],
        [3, 'not-a-text'],
        [4, 'no-exercise'],
      ],
    )
    assert.equal(parse('answers: [', 'a.yml').problems[0]?.code, 'yaml')
  })

  test('a class is a list or a column, each student once', () => {
    assert.deepEqual(parseClass('2023001\n2023002\n\n2023001\n', 'c').students, ['2023001', '2023002'])
    assert.deepEqual(parseClass('姓名,学号\n张三,2023001\n李四,\n', 'c').students, ['2023001'])
    assert.deepEqual(
      parseClass('2.1E+11\nx\n', 'c').problems.map(({ values }) => values['line']),
      [1],
    )
    assert.equal(parseClass('', 'c').problems[0]?.values['problem'], 'no-rows')
  })
})

describe('a grade book', () => {
  test('the computed answers of a class get all points; one changed answer costs its own', async () => {
    const lab = newLab()
    const ids = ['fp16-code-of', 'fate-of-a-gradient', 'smallest-lost-weight', 'order-of-a-step']
    const chosen = exercises.filter(({ id }) => ids.includes(id))
    assert.equal(chosen.length, 4)
    const students = ['2023001', '２０２３００２', '张三', 's-4']
    const answers = await Promise.all(
      students.flatMap((student) =>
        chosen.map(
          async (exercise) =>
            [student, exercise.id, typedAnswer(exercise, await solve(variantOf(exercise, student), lab))] as const,
        ),
      ),
    )
    const csv = (rows: readonly (readonly string[])[]) =>
      `student,exercise,answer\n${rows.map((row) => row.join(',')).join('\n')}`
    const book = await gradeBook(parse(csv(answers)).rows, exercises, { lab })
    assert.deepEqual(book.problems, [])
    assert.deepEqual(
      book.students.map(({ name, points }) => [name, points]),
      students.map((name) => [name, 4]),
    )
    assert.deepEqual(
      book.exercises.map(({ name, marks }) => [name, marks.right]).sort(),
      ids.map((id) => [id, 4]).sort(),
    )
    const changed = answers.map((row, i) => (i === 0 ? [row[0], row[1], '0x0000'] : row))
    const other = await gradeBook(parse(csv(changed)).rows, exercises, { lab })
    assert.deepEqual(
      other.students.map(({ points }) => points),
      [3, 4, 4, 4],
    )
  })

  test('the same file gives the same book, and the order of its rows changes no mark', async () => {
    const rows = Array.from(
      { length: 60 },
      (_, i) =>
        `s${i % 20},${['fp16-code-of', 'fate-of-a-gradient', 'smallest-lost-weight'][i % 3]},${['0x3c00', 'B', '2^-3'][i % 3]}`,
    )
    const marks = async (list: readonly string[]) => {
      const { graded } = await gradeBook(parse(`student,exercise,answer\n${list.join('\n')}`).rows, exercises)
      return graded.map(({ row, grade }) => `${row.student} ${row.exercise} ${grade.mark} ${grade.score}`).sort()
    }
    const first = await marks(rows)
    assert.deepEqual(await marks(rows), first)
    assert.deepEqual(await marks([...rows].reverse()), first)
    assert.ok(new Set(first.map((one) => one.split(' ')[2])).size > 1)
  })

  test('an answer given again replaces the first, an empty one nothing; a failing exercise is told', async () => {
    const text =
      'student,exercise,answer\n1,fp16-code-of,banana\n1.0,fp16-code-of,0x0000\n１,fp16-code-of,\n2,no-such,1\n'
    const book = await gradeBook(parse(text).rows, exercises)
    assert.deepEqual(
      book.graded.map(({ row, grade }) => [row.line, grade.mark]),
      [[3, 'wrong']],
    )
    assert.equal(book.students.length, 1)
    assert.deepEqual(
      book.problems.map(({ values }) => [values['line'], values['problem'], values['student']]),
      [[5, 'unknown-exercise', '2']],
    )
    assert.deepEqual(
      book.remarks.map(({ values }) => [values['line'], values['first']]),
      [[3, 2]],
    )
    assert.deepEqual(absentees(book, book.problems), ['2'])
  })

  test('0123 and 123 are two students with the same numbers, and that is said; in YAML the digits stay', async () => {
    const csv = 'student,exercise,answer\n02023001,fp16-code-of,banana\n2023001,fp16-code-of,0x25ea\n'
    const yaml =
      'answers:\n  - { student: 02023001, exercise: fp16-code-of, answer: banana }\n  - student: 2023001 # a remark\n    exercise: fp16-code-of\n    answer: 0x25ea\n'
    for (const [text, file] of [
      [csv, 'a.csv'],
      [yaml, 'a.yaml'],
    ] as const) {
      const { students, remarks } = await gradeBook(parse(text, file).rows, exercises)
      assert.deepEqual(
        students.map(({ name, points }) => [name, points]),
        [
          ['02023001', 0],
          ['2023001', 1],
        ],
        file,
      )
      assert.deepEqual(
        remarks.map(({ values }) => [values['problem'], values['student'], values['other']]),
        [['two-spellings', '2023001', '02023001']],
      )
    }
  })

  test('two columns of one name are refused; who has malformed rows only is named', async () => {
    assert.deepEqual(told(parse('student,exercise,answer,Answer\ns,fp16-code-of,1,2\n')), [[1, 'column-twice']])
    const file = parse('student,exercise,answer\na,fp16-code-of,0x25ea\nb,fp16-code-of\na,,1\nc,,1\nb\n')
    const book = await gradeBook(file.rows, exercises)
    assert.deepEqual(absentees(book, file.problems), ['b', 'c'])
  })
})
