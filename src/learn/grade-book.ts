/** The grade book of a class: every answer graded, totals by student and by exercise. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { plain } from './answer.js'
import type { AnswerRow } from './answers-file.js'
import { seedText, variantOf } from './exercise/draw.js'
import { type Grade, grade, type Mark } from './exercise/grade.js'
import { type Lab, newLab } from './exercise/lab.js'
import type { Exercise } from './exercise.js'

export interface Graded {
  readonly row: AnswerRow
  readonly grade: Grade
}

/** Answers added up, of a student or to an exercise. */
export interface Tally {
  readonly name: string
  readonly graded: readonly Graded[]
  readonly points: number
  readonly marks: Readonly<Record<Mark, number>>
}

export interface GradeBook {
  readonly graded: readonly Graded[]
  /** In the order of their first answers. */
  readonly students: readonly Tally[]
  /** In the order of the course. */
  readonly exercises: readonly Tally[]
  readonly problems: readonly FpsimError[]
  /** What is graded all the same and should be known: answers that a later one replaced, students who may be one. */
  readonly remarks: readonly FpsimError[]
}

export interface GradeOptions {
  readonly lab?: Lab
  /** Answers done and to do; awaited. */
  readonly progress?: (done: number, total: number) => void | Promise<void> | undefined
}

/** Points are sums of hundredths: no 0.1 + 0.2. */
const sum = (graded: readonly Graded[]): number =>
  Math.round(graded.reduce((total, { grade: { score } }) => total + score, 0) * 100) / 100

function tally(name: string, graded: readonly Graded[]): Tally {
  const count = (mark: Mark) => graded.filter(({ grade: { mark: own } }) => own === mark).length
  const marks = {
    right: count('right'),
    partly: count('partly'),
    wrong: count('wrong'),
    unreadable: count('unreadable'),
    blank: count('blank'),
  }
  return { name, graded, points: sum(graded), marks }
}

const bad = ({ file, line, student }: AnswerRow, problem: string, values = {}): FpsimError =>
  new FpsimError('bad-answers', { file, line, student, problem, ...values })

/** Who somebody is: as written, whatever the width of the characters. Of 0123 and 123 each is a person of their own. */
const personOf = (student: string): string =>
  plain(student)
    .replace(/\s+/g, ' ')
    .replace(/^(\d+)\.0*$/, '$1')

/** Who differs from somebody else in leading zeros only: likely a spreadsheet took them away. */
function withoutZeros(rows: readonly AnswerRow[]): readonly FpsimError[] {
  const people = new Map(rows.map((row) => [personOf(row.student), row]))
  const first = new Map<string, AnswerRow>()
  return [...people.values()].flatMap((row) => {
    const seed = seedText(row.student)
    const other = first.get(seed)
    if (!other) first.set(seed, row)
    return other ? [bad(row, 'two-spellings', { other: other.student })] : []
  })
}

/** Who has no answer that could be graded, though a row is theirs. In the order of their rows. */
export function absentees({ students }: GradeBook, problems: readonly FpsimError[]): readonly string[] {
  const there = new Set(students.map(({ name }) => personOf(name)))
  const rows = problems.flatMap(({ values: { student } }) => (typeof student === 'string' ? [student] : []))
  const absent = new Map(rows.map((student) => [personOf(student), student]))
  return [...absent].flatMap(([person, student]) => (there.has(person) ? [] : [student]))
}

/** Groups in the order of their first members. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/** Of answers of a student to the same exercise the last one; one that is left empty replaces nothing. */
function lastOnes(rows: readonly AnswerRow[]): { rows: readonly AnswerRow[]; replaced: readonly FpsimError[] } {
  const last = new Map<string, AnswerRow>()
  const replaced: FpsimError[] = []
  for (const row of rows) {
    const key = `${personOf(row.student)}\n${row.exercise}`
    const before = last.get(key)
    if (before && row.answer === '') continue
    if (before && before.answer !== '') {
      const elsewhere = before.file === row.file ? {} : { firstFile: before.file }
      replaced.push(bad(row, 'again', { exercise: row.exercise, first: before.line, ...elsewhere }))
    }
    last.set(key, row)
  }
  return { rows: [...last.values()], replaced }
}

/** Every answer graded. Rows of exercises that do not exist, or whose runs fail, are problems; the others are graded. Deterministic. */
export async function gradeBook(
  all: readonly AnswerRow[],
  exercises: readonly Exercise[],
  { lab = newLab(), progress }: GradeOptions = {},
): Promise<GradeBook> {
  const byId = new Map(exercises.map((exercise) => [exercise.id, exercise]))
  const { rows, replaced } = lastOnes(all)
  const graded: Graded[] = []
  const problems: FpsimError[] = []
  for (const [i, row] of rows.entries()) {
    await progress?.(i, rows.length)
    const exercise = byId.get(row.exercise)
    if (!exercise) {
      problems.push(
        bad(row, 'unknown-exercise', { value: row.exercise, suggestion: suggest(row.exercise, byId.keys()) }),
      )
      continue
    }
    try {
      graded.push({ row, grade: await grade(row.answer, variantOf(exercise, row.seed), lab) })
    } catch (error) {
      if (!(error instanceof FpsimError)) throw error
      problems.push(bad(row, 'no-run', { reason: error.code }))
    }
  }
  const students = grouped(graded, ({ row }) => personOf(row.student))
  const answered = grouped(graded, ({ row }) => row.exercise)
  return {
    graded,
    students: [...students.values()].map((own) => tally(own[0]?.row.student ?? '', own)),
    exercises: exercises.flatMap(({ id }) => (answered.has(id) ? [tally(id, answered.get(id) ?? [])] : [])),
    problems,
    remarks: [...replaced, ...withoutZeros(rows)],
  }
}
