/** Files of answers and of students: CSV or YAML, headers in English or Chinese; what is malformed comes out with its line. */
import { FpsimError } from '../errors.js'
import { parseYaml } from '../scenario/yaml.js'
import { plain } from './answer.js'
import { type CsvRow, csvRows } from './csv-rows.js'

export interface AnswerRow {
  readonly file: string
  readonly line: number
  readonly student: string
  readonly exercise: string
  readonly answer: string
  /** The student's own text where no seed is given. */
  readonly seed: string
}

export interface AnswersFile {
  readonly rows: readonly AnswerRow[]
  readonly problems: readonly FpsimError[]
}

/** What the columns may be called, as `plain` writes it; the first that is there counts. */
const headers = {
  student: ['student', 'student id', 'student_id', 'studentid', 'student number', '学号', '学生', 'name', '姓名', 'id'],
  exercise: ['exercise', 'exercise id', 'exercise_id', 'question id', '题号', '练习', '习题', '题目编号'],
  answer: ['answer', 'value', '答案', '回答', '作答'],
  seed: ['seed', '种子', '随机种子'],
} as const

type Column = keyof typeof headers

const bad = (file: string, line: number | undefined, problem: string, values = {}): FpsimError =>
  new FpsimError('bad-answers', { file, ...(line === undefined ? {} : { line }), problem, ...values })

/** Where a header has a column; -1 where it has none. */
function columnOf(fields: readonly string[], column: Column): number {
  const names = fields.map(plain)
  const found = headers[column].find((name) => names.includes(name))
  return found === undefined ? -1 : names.indexOf(found)
}

/** 2.02300E+12: a spreadsheet has thrown digits away. */
const isShortened = (student: string): boolean => /^\d(?:\.\d+)?e\+\d+$/i.test(plain(student))

interface Raw {
  readonly line: number
  readonly student: string
  readonly exercise: string
  readonly answer: string
  readonly seed: string | undefined
}

/** A row that names a student and an exercise; an answer may be empty. */
function checked(file: string, { line, student, exercise, answer, seed }: Raw): AnswerRow | FpsimError {
  if (student === '') return bad(file, line, 'no-student')
  if (exercise === '') return bad(file, line, 'no-exercise', { student })
  if (isShortened(student)) return bad(file, line, 'spreadsheet-number', { value: student })
  return {
    file,
    line,
    student,
    exercise: plain(exercise),
    answer,
    seed: seed === undefined || seed === '' ? student : seed,
  }
}

function sorted(found: readonly (AnswerRow | FpsimError)[], more: readonly FpsimError[]): AnswersFile {
  const rows = found.filter((one): one is AnswerRow => !(one instanceof FpsimError))
  const problems = [...more, ...found.filter((one) => one instanceof FpsimError)]
  const lineOf = ({ values }: FpsimError) => Number(values['line'] ?? 0)
  return { rows, problems: problems.sort((a, b) => lineOf(a) - lineOf(b)) }
}

/** The columns: of the header, or by place where the first row is an answer already. */
function columns(first: CsvRow | undefined, isExercise: (id: string) => boolean) {
  const fields = first?.fields ?? []
  const at = {
    student: columnOf(fields, 'student'),
    exercise: columnOf(fields, 'exercise'),
    answer: columnOf(fields, 'answer'),
    seed: columnOf(fields, 'seed'),
  }
  const missing = (['student', 'exercise', 'answer'] as const).filter((name) => at[name] < 0)
  if (missing.length > 0 && isExercise(plain(fields[1] ?? '')))
    return { at: { student: 0, exercise: 1, answer: 2, seed: 3 }, skip: 0, missing: [], twice: undefined }
  const names = fields.map(plain)
  const twice = Object.values(at).find((i) => i >= 0 && names.indexOf(names[i] as string, i + 1) > i)
  return { at, skip: 1, missing, twice: twice === undefined ? undefined : fields[twice] }
}

function fromCsv(text: string, file: string, isExercise: (id: string) => boolean): AnswersFile {
  const { rows, open } = csvRows(text)
  const unclosed = open.map((line) => bad(file, line, 'open-quote'))
  const [first] = rows
  const { at, skip, missing, twice } = columns(first, isExercise)
  if (!first || missing.length > 0)
    return {
      rows: [],
      problems: [...unclosed, bad(file, first?.line ?? 1, first ? 'no-header' : 'no-rows', { missing })],
    }
  // Which of two columns holds the answers nobody can know.
  if (twice !== undefined)
    return { rows: [], problems: [...unclosed, bad(file, first.line, 'column-twice', { name: twice })] }
  const wanted = first.fields.length
  const needed = Math.max(at.student, at.exercise, at.answer) + 1
  const found = rows.slice(skip).map(({ line, fields }) => {
    const student = fields[at.student]
    const sizes = { ...(student ? { student } : {}), found: fields.length, wanted }
    if (fields.length < needed) return bad(file, line, 'short-row', sizes)
    // A spreadsheet may put empty fields behind a row.
    if (skip === 1 && fields.slice(wanted).some((field) => field !== '')) return bad(file, line, 'long-row', sizes)
    const field = (column: Column) => fields[at[column]] ?? ''
    return checked(file, {
      line,
      student: field('student'),
      exercise: field('exercise'),
      answer: field('answer'),
      seed: at.seed < 0 ? undefined : field('seed'),
    })
  })
  return sorted(found, found.length === 0 ? [...unclosed, bad(file, undefined, 'no-rows')] : unclosed)
}

/** A text or a number; of a number the digits as they stand in the file, leading zeros too. */
function written(value: unknown, source: string): string | undefined {
  if (typeof value === 'string') return value.trim()
  if (typeof value === 'number') return /^[+-]?\.?\d[\w.+-]*/.exec(source)?.[0] ?? String(value)
  return value === null || value === undefined ? '' : undefined
}

/** answers: a list of { student, exercise, answer, seed }. */
function fromYaml(text: string, file: string): AnswersFile {
  let yaml: ReturnType<typeof parseYaml>
  try {
    yaml = parseYaml(text, file)
  } catch (error) {
    if (error instanceof FpsimError) return { rows: [], problems: [error] }
    throw error
  }
  const list = (yaml.value as { answers?: unknown } | null)?.answers
  if (!Array.isArray(list)) return { rows: [], problems: [bad(file, 1, 'not-answers')] }
  const lines = text.split(/\r\n|\r|\n/)
  const sourceAt = (path: readonly PropertyKey[]): string => {
    const { line, column } = yaml.place(path)
    return lines[line - 1]?.slice(column - 1) ?? ''
  }
  const found = list.map((entry: unknown, i) => {
    const { line } = yaml.place(['answers', i])
    if (typeof entry !== 'object' || entry === null) return bad(file, line, 'not-answers')
    const names = Object.keys(entry)
    const value = (column: Column): string | undefined => {
      const key = names.find((name) => (headers[column] as readonly string[]).includes(plain(name)))
      return key === undefined ? '' : written((entry as Record<string, unknown>)[key], sourceAt(['answers', i, key]))
    }
    const fields = (['student', 'exercise', 'answer', 'seed'] as const).map((key) => [key, value(key)] as const)
    const strange = fields.find(([, field]) => field === undefined)
    const known = fields[0]?.[1]
    if (strange) return bad(file, line, 'not-a-text', { key: strange[0], ...(known ? { student: known } : {}) })
    const [student = '', exercise = '', answer = '', seed = ''] = fields.map(([, field]) => field as string)
    return checked(file, { line, student, exercise, answer, seed })
  })
  return sorted(found, found.length === 0 ? [bad(file, undefined, 'no-rows')] : [])
}

/** The answers of a file's text, and what is malformed in it. YAML where the name says so, else CSV. */
export const parseAnswers = (text: string, file: string, isExercise: (id: string) => boolean): AnswersFile =>
  /\.ya?ml$/i.test(file) ? fromYaml(text, file) : fromCsv(text, file, isExercise)

/** The students of a class: one a line, or the column of a CSV; each once, in their order. */
export function parseClass(
  text: string,
  file: string,
): { students: readonly string[]; problems: readonly FpsimError[] } {
  const { rows, open } = csvRows(text)
  const at = columnOf(rows[0]?.fields ?? [], 'student')
  const found = rows.slice(at < 0 ? 0 : 1).flatMap(({ line, fields }) => {
    const student = fields[Math.max(at, 0)] ?? ''
    return student === '' ? [] : [{ line, student }]
  })
  const shortened = found.filter(({ student }) => isShortened(student))
  return {
    students: [...new Set(found.filter(({ student }) => !isShortened(student)).map(({ student }) => student))],
    problems: [
      ...open.map((line) => bad(file, line, 'open-quote')),
      ...shortened.map(({ line, student }) => bad(file, line, 'spreadsheet-number', { value: student })),
      ...(found.length === 0 ? [bad(file, undefined, 'no-rows')] : []),
    ],
  }
}
