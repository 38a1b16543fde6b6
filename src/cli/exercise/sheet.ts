/** A sheet of exercises for a class: Markdown with every student's own numbers, and a file for the answers. */
import { access } from 'node:fs/promises'
import { FpsimError } from '../../errors.js'
import { parseClass } from '../../learn/answers-file.js'
import { type Variant, variantOf } from '../../learn/exercise/draw.js'
import { type Lab, newLab } from '../../learn/exercise/lab.js'
import type { Slots } from '../../learn/exercise/solve.js'
import { csvLine } from '../../render/csv.js'
import { say, tell, type Words, wordsOf } from '../../render/words.js'
import type { Context } from '../context.js'
import { emit } from '../output.js'
import { progressLine } from '../progress.js'
import { sentenceOf } from '../report.js'
import { readClassFile } from './class-file.js'
import { byteOrderMark } from './grade-report.js'
import type { Listed } from './list.js'
import { asArgument, askSlots, fromOption, shownItems, told, tryIt } from './page.js'
import { selected } from './select.js'

/** An exercise as one student gets it. */
interface Posed {
  readonly variant: Variant
  readonly slots: Slots
  readonly ask: string
  readonly items: readonly { readonly mark: string; readonly text: string }[]
}

async function pose(one: Listed, seed: string, lab: Lab, words: Words): Promise<Posed> {
  const variant = variantOf(one.exercise, seed)
  const slots = await askSlots(variant, lab)
  return { variant, slots, ask: told(one.exercise.ask, slots, words), items: shownItems(variant, slots, words) }
}

/** The students of --class, else the one of --seed. Lines that cannot be read are said on stderr. */
async function studentsOf({ values, text }: Context): Promise<readonly string[]> {
  const file = values['class']
  if (file === undefined) return [values['seed'] ?? '1']
  const { students, problems } = parseClass(await readClassFile(file), file)
  if (students.length === 0 && problems[0]) throw problems[0]
  for (const problem of problems) process.stderr.write(`${sentenceOf(problem, text)}\n`)
  return students
}

const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, '\\$&')

function markdown(student: string, posed: readonly Posed[], from: string, words: Words): string {
  const label = (code: string, values: Record<string, string | number> = {}) => say({ code, values }, words)
  const questions = posed.map(({ variant, ask, items, slots }, i) =>
    [
      `### ${i + 1}. ${told(variant.exercise.title, slots, words)} (\`${variant.exercise.id}\`)`,
      '',
      ask,
      ...(items.length > 0 ? ['', ...items.map(({ mark, text }) => `- **${mark}** ${text}`)] : []),
      '',
      ...tryIt(variant).flatMap((line) => (line.kind === 'note' ? [tell(line, words), ''] : [])),
      `${label('sheet-answer')} ____________________`,
      '',
    ].join('\n'),
  )
  const seed = asArgument(student)
  return [
    `## ${label('sheet-student', { name: escaped(student) })}`,
    '',
    label('sheet-how', { seed, from }),
    '',
    ...questions,
  ].join('\n')
}

/** Everyone's questions with a column for the answer, in the form that `fpsim grade` reads. */
const template = (sheets: readonly { student: string; posed: readonly Posed[] }[], { lang }: Words): string => {
  const head = lang === 'zh' ? ['学号', '题号', '题目', '答案'] : ['student', 'exercise', 'question', 'answer']
  const rows = sheets.flatMap(({ student, posed }) =>
    posed.map(({ variant, ask, items }) => {
      const choices = items.map(({ mark, text }) => `${mark} ${text}`).join('  ')
      return csvLine([student, variant.exercise.id, choices === '' ? ask : `${ask}  ${choices}`, ''])
    }),
  )
  return byteOrderMark + csvLine(head) + rows.join('')
}

/** A file of answers is never overwritten: it may hold a week's work. Throws 'bad-answers'. */
async function mustBeNew(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (exists) throw new FpsimError('bad-answers', { file, problem: 'exists' })
}

/** `fpsim exercise sheet ID… --class FILE --answers FILE`. */
export async function sheet(asked: readonly string[], all: readonly Listed[], context: Context): Promise<number> {
  const { values, to, look } = context
  const answers = values['answers']
  if (asked.length === 0)
    throw new FpsimError('wrong-usage', {
      problem: 'missing-argument',
      command: 'fpsim exercise sheet',
      argument: 'ID',
      example: 'fpsim exercise sheet 1 underflow --class class.csv --output sheet.md --answers answers.csv',
    })
  if (answers !== undefined) await mustBeNew(answers)
  const chosen = all.filter((one) => asked.some((word) => selected(word, all, context).includes(one)))
  const students = await studentsOf(context)
  const words = wordsOf(look.lang)
  const line = progressLine(context)
  const lab = newLab({ host: { progress: (done, total) => line.update(done, total) } })
  const sheets: { student: string; posed: Posed[] }[] = []
  try {
    for (const student of students) {
      await line.update(sheets.length, students.length)
      const posed: Posed[] = []
      for (const one of chosen) posed.push(await pose(one, student, lab, words))
      sheets.push({ student, posed })
    }
  } finally {
    line.end()
  }
  if (answers !== undefined) await emit(template(sheets, words), { ...context, output: answers })
  if (to === 'json') {
    const data = sheets.map(({ student, posed }) => ({
      student,
      exercises: posed.map(({ variant, ask, items }) => ({
        id: variant.exercise.id,
        drawn: variant.drawn,
        ask,
        ...(items.length > 0 ? { items } : {}),
      })),
    }))
    await emit(`${JSON.stringify({ schema: 1, sheets: data }, null, 2)}\n`, context)
  } else if (to === 'csv') await emit(template(sheets, words), context)
  else {
    const title = `# ${say({ code: 'sheet-title', values: { students: students.length } }, words)}`
    const pages = sheets.map(({ student, posed }) => markdown(student, posed, fromOption(context), words))
    await emit(`${title}\n\n${pages.join('\n')}`, context)
  }
  return 0
}
