/** A grade book on the screen, as rows for a spreadsheet, as a record for programs. */
import type { FpsimError } from '../../errors.js'
import { seedText } from '../../learn/exercise/draw.js'
import type { GradeBook, Graded, Tally } from '../../learn/grade-book.js'
import { csvLine } from '../../render/csv.js'
import type { Words } from '../../render/words.js'
import type { Block, Cell, Column, Result, Values } from '../../result/result.js'
import type { Text } from '../../text/text.js'
import { sentenceOf } from '../report.js'
import { remarkText } from './page.js'

/** More lines are no help on a screen. */
const most = 60

/** A share of the points, 0 where there are none. */
const share = (points: number, of: number): number => (of === 0 ? 0 : points / of)

export const counts = ({ graded, students, exercises }: GradeBook): Record<string, number> => ({
  answers: graded.length,
  students: students.length,
  exercises: exercises.length,
  points: Math.round(students.reduce((total, { points }) => total + points, 0) * 100) / 100,
  share: share(
    students.reduce((total, { points }) => total + points, 0),
    students.length * exercises.length,
  ),
})

const scoreOf = ({ graded }: Tally, id: string): number | null => {
  const found = graded.find(({ row }) => row.exercise === id)
  return found ? found.grade.score : null
}

const column = (code: string, as: Column['as']): Column => ({ label: { code }, as })
const named = (name: string, as: Column['as']): Column => ({ label: { name }, as })

function byExercise({ exercises }: GradeBook): Block {
  return {
    kind: 'table',
    title: { code: 'grade-by-exercise' },
    columns: [
      column('exercise-id', 'text'),
      column('grade-answers', 'count'),
      ...(['right', 'partly', 'wrong', 'unreadable', 'blank'] as const).map((mark) => column(`grade-${mark}`, 'count')),
      column('grade-share', 'percent'),
    ],
    rows: exercises.map(({ name, graded, marks, points }): Cell[] => [
      name,
      graded.length,
      marks.right,
      marks.partly,
      marks.wrong,
      marks.unreadable,
      marks.blank,
      share(points, graded.length),
    ]),
  }
}

/** Exercises side by side only where their numbers are few enough to be read: 1, 2, 3 … in the order of the other table. */
function byStudent({ students, exercises }: GradeBook): Block {
  const shown = exercises.length <= 12 ? exercises : []
  return {
    kind: 'table',
    title: { code: 'grade-by-student' },
    columns: [
      column('grade-student', 'text'),
      column('grade-points', 'number'),
      column('grade-share', 'percent'),
      ...shown.map((_, i) => named(String(i + 1), 'number')),
    ],
    rows: students
      .slice(0, most)
      .map((one): Cell[] => [
        one.name,
        one.points,
        share(one.points, exercises.length),
        ...shown.map(({ name }) => scoreOf(one, name)),
      ]),
  }
}

export function bookResult(book: GradeBook, badRows: number, absent: readonly string[]): Result {
  const values: Values = counts(book)
  const more = book.students.length - most
  return {
    schema: 1,
    scenario: 'grade',
    runner: 'grade',
    params: {},
    seed: 1,
    metrics: counts(book),
    findings: [
      { code: 'grade-counted', tone: 'note', values },
      ...(badRows > 0 ? [{ code: 'grade-problems', tone: 'bad' as const, values: { rows: badRows } }] : []),
      ...(absent.length > 0
        ? [{ code: 'grade-absent', tone: 'bad' as const, values: { count: absent.length, names: absent.join(', ') } }]
        : []),
    ],
    blocks: [
      byExercise(book),
      byStudent(book),
      ...(more > 0 ? [{ kind: 'note', code: 'grade-more', tone: 'note', values: { rows: more } } as const] : []),
    ],
  }
}

/** What spreadsheets need to see that a file is UTF-8. */
export const byteOrderMark = '\ufeff'

/** A row a student: the score of each exercise (empty: not answered), points, of how many, share. */
export function bookCsv({ students, exercises }: GradeBook): string {
  const ids = exercises.map(({ name }) => name)
  const head = csvLine(['student', ...ids, 'points', 'of', 'share'])
  const rows = students.map((one) => {
    const scores = ids.map((id) => scoreOf(one, id) ?? undefined)
    return csvLine([
      one.name,
      ...scores,
      one.points,
      ids.length,
      Math.round(share(one.points, ids.length) * 10_000) / 10_000,
    ])
  })
  return byteOrderMark + head + rows.join('')
}

/** A row an answer. */
export function detailsCsv({ graded }: GradeBook, words: Words): string {
  const head = csvLine(['file', 'line', 'student', 'exercise', 'seed', 'answer', 'mark', 'score', 'remark'])
  const rows = graded.map(({ row, grade }) =>
    csvLine([
      row.file,
      row.line,
      row.student,
      row.exercise,
      row.seed,
      row.answer,
      grade.mark,
      grade.score,
      remarkText(grade, words),
    ]),
  )
  return byteOrderMark + head + rows.join('')
}

const answerData = ({ row, grade }: Graded, words: Words) => ({
  exercise: row.exercise,
  answer: row.answer,
  ...(seedText(row.seed) === seedText(row.student) ? {} : { seed: row.seed }),
  mark: grade.mark,
  score: grade.score,
  read: grade.read,
  ...(grade.remark ? { remark: remarkText(grade, words) } : {}),
  file: row.file,
  line: row.line,
})

const tallyData = ({ name, graded, points, marks }: Tally, of: number) => ({
  name,
  answers: graded.length,
  points,
  of,
  share: share(points, of),
  ...marks,
})

export function bookData(
  book: GradeBook,
  problems: readonly FpsimError[],
  absent: readonly string[],
  words: Words,
  text: Text,
) {
  return {
    schema: 1,
    ...counts(book),
    byStudent: book.students.map((one) => ({
      ...tallyData(one, book.exercises.length),
      graded: one.graded.map((graded) => answerData(graded, words)),
    })),
    byExercise: book.exercises.map((one) => tallyData(one, one.graded.length)),
    absent,
    problems: problems.map((problem) => ({
      code: problem.code,
      ...problem.values,
      sentence: sentenceOf(problem, text),
    })),
  }
}
