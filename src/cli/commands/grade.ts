/** `fpsim grade FILE…`: the answers of a whole class, each to the variant of its student. */
import { FpsimError } from '../../errors.js'
import { type AnswerRow, parseAnswers } from '../../learn/answers-file.js'
import { newLab } from '../../learn/exercise/lab.js'
import { loadExercises } from '../../learn/exercise.js'
import { absentees, gradeBook } from '../../learn/grade-book.js'
import { wordsOf } from '../../render/words.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { filesOf, readClassFile } from '../exercise/class-file.js'
import { bookCsv, bookData, bookResult, detailsCsv } from '../exercise/grade-report.js'
import { emit, emitResult } from '../output.js'
import { progressLine } from '../progress.js'
import { sentenceOf } from '../report.js'

const options = [
  { key: 'from', kind: 'value', takes: 'FOLDER', runner: 'grade' },
  { key: 'details', kind: 'flag', runner: 'grade' },
] as const

interface Collected {
  readonly rows: readonly AnswerRow[]
  readonly problems: readonly FpsimError[]
}

/** All rows of all files. A file that cannot be read is one problem among others where there are several. */
async function collected(files: readonly string[], isExercise: (id: string) => boolean): Promise<Collected> {
  const rows: AnswerRow[] = []
  const problems: FpsimError[] = []
  for (const file of files) {
    try {
      const found = parseAnswers(await readClassFile(file), file, isExercise)
      rows.push(...found.rows)
      problems.push(...found.problems)
    } catch (error) {
      if (!(error instanceof FpsimError) || files.length === 1) throw error
      problems.push(error)
    }
  }
  return { rows, problems }
}

/** By file and line. */
const inOrder = (problems: readonly FpsimError[], files: readonly string[]): FpsimError[] => {
  const place = ({ values }: FpsimError): readonly [number, number] => [
    files.indexOf(String(values['file'])),
    Number(values['line'] ?? 0),
  ]
  return [...problems].sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1])
}

/** Rows that are malformed are said on stderr, whatever goes to stdout. */
function complain(problems: readonly FpsimError[], { text }: Context): void {
  for (const problem of problems) process.stderr.write(`${sentenceOf(problem, text)}\n`)
}

export const grade: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries, gradeAbout } = text.commands
    return { usage: usages.grade, about: [summaries.grade, gradeAbout], options, examples: examples.grade }
  },
  async run(context) {
    const { positionals, values, flags, to, look, text } = context
    if (positionals.length === 0)
      throw new FpsimError('wrong-usage', {
        problem: 'missing-argument',
        command: 'fpsim grade',
        argument: 'FILE',
        example: 'fpsim grade answers.csv',
      })
    const exercises = await loadExercises(values['from'])
    const files = (await Promise.all(positionals.map(filesOf))).flat()
    const { rows, problems } = await collected(files, (id) => exercises.some((one) => one.id === id))
    if (rows.length === 0 && problems[0]) {
      complain(problems.slice(1), context)
      throw problems[0]
    }
    const line = progressLine({
      ...context,
      text: { ...text, commands: { ...text.commands, progress: text.commands.progressAnswers } },
    })
    try {
      let state: readonly [number, number] = [0, rows.length]
      const lab = newLab({ host: { progress: () => line.update(...state) } })
      const book = await gradeBook(rows, exercises, {
        lab,
        progress: (done, total) => {
          state = [done, total]
          return line.update(done, total)
        },
      })
      line.end()
      const all = inOrder([...problems, ...book.problems], files)
      const said = inOrder([...all, ...book.remarks], files)
      const absent = absentees(book, all)
      complain(said, context)
      const words = wordsOf(look.lang)
      if (to === 'json') await emit(`${JSON.stringify(bookData(book, said, absent, words, text), null, 2)}\n`, context)
      else if (to === 'csv') await emit(flags.has('details') ? detailsCsv(book, words) : bookCsv(book), context)
      else await emitResult(bookResult(book, all.length, absent), context)
      return all.length > 0 ? 65 : 0
    } finally {
      line.end()
    }
  },
}
