/** The words of exercises and grading. */

import { number, percent } from '../numbers.js'

type Values = Readonly<Record<string, number | string | boolean>>
type Unknown = Readonly<Record<string, unknown>>

const place = (v: Unknown): string =>
  v['line'] === undefined
    ? v['file'] === undefined
      ? ''
      : `${v['file']}: `
    : `${v['file']}:${v['line']}${v['column'] === undefined ? '' : `:${v['column']}`}${v['path'] ? ` ${v['path']}:` : ''} `

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join(', ') : String(values))

/** What is wrong with an exercise. */
const problems: Readonly<Record<string, (v: Unknown) => string>> = {
  'one-answer': (v) => `it needs exactly one of ${list(v['kinds'])}.`,
  'one-draw': () => 'it needs exactly one of from, between, powers, hex.',
  'draws-one-thing': () => 'there must be at least two different values to draw from.',
  'not-a-range': () => 'two numbers belong here, the smaller one first: [1, 9].',
  'step-or-digits': () => 'between needs either step or digits.',
  'uneven-cases': (v) => `every case must have the same names: ${v['names']}.`,
  'too-few-choices': () => 'at least two choices are needed.',
  'one-otherwise': () => 'only one choice may be without a rule (if).',
  'choice-twice': () => 'two choices have the same id.',
  'choice-id': () => 'the id of a choice must be longer than a letter: letters stand for places.',
  'no-answer': (v) =>
    `with seed "${v['seed']}" the runs give no answer${v['metric'] === undefined ? '' : `: ${v['metric']} is ${v['value']}`}${v['choices'] === undefined ? '' : `: ${list(v['choices']) || 'none'} fit`}.`,
  'unknown-name': (v) =>
    `{${v['key']}} is neither drawn nor a parameter or metric of the runs${v['suggestion'] === undefined ? '' : `; did you mean {${v['suggestion']}}?`}.`,
  'name-twice': (v) => `"${v['key']}" is also a metric of the runs; call what is drawn something else.`,
  'not-drawn': (v) => `{${v['key']}} is not drawn; only what is drawn can be a parameter.`,
  'never-used': (v) => `"${v['key']}" is drawn and never used.`,
  'same-everywhere': () => 'all variants have the same answer and the same question: draw something that matters.',
  'right-after-all': (v) => `with seed "${v['seed']}" the wrong answer ${v['answer']} is right.`,
  'not-readable': (v) => `with seed "${v['seed']}" the wrong answer ${v['answer']} cannot be read as one.`,
  'graded-wrong': (v) => `with seed "${v['seed']}" the computed answer ${v['answer']} is graded wrong.`,
  'hint-tells': (v) => `with seed "${v['seed']}" hint ${v['hint']} tells the answer, ${v['answer']}.`,
  'no-wrong': () => 'at least one wrong answer is needed, to show that the grading can tell.',
  'unknown-steps': (v) => `"${v['steps']}" are not calls of a training step.`,
  'not-in-runs': (v) => `the runs must have {${v['key']}} among their parameters: that is where the answer goes.`,
  'bad-within': (v) => `"${v['value']}" is no tolerance. Try exact, 2% or { ulp: 1, format: fp16 }.`,
  'other-slots': (v) =>
    `the slots of the two languages differ: English has ${v['en'] || 'none'}, Chinese ${v['zh'] || 'none'}.`,
}

const plural = (n: unknown, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

const fieldsOf = (n: unknown): string => plural(n, 'field')

/** What is wrong with a file of answers, or a row of it. */
const answerProblems: Readonly<Record<string, (v: Unknown) => string>> = {
  'no-header': (v) =>
    `the first row must name the columns student, exercise and answer (学号, 题号, 答案); missing: ${list(v['missing'])}.`,
  'no-rows': () => 'there are no answers in it.',
  'open-quote': () => 'a quote is opened that its field does not close.',
  'short-row': (v) => `${fieldsOf(v['found'])} where the header has ${v['wanted']}.`,
  'long-row': (v) =>
    `${fieldsOf(v['found'])} where the header has ${v['wanted']}; put a text with a separator in quotes.`,
  'no-student': () => 'no student.',
  'no-exercise': () => 'no exercise.',
  'unknown-exercise': (v) =>
    `there is no exercise "${v['value']}"${v['suggestion'] === undefined ? '' : `; did you mean ${v['suggestion']}?`}`,
  'spreadsheet-number': (v) =>
    `"${v['value']}" is a student number that a spreadsheet has shortened; format the column as text and enter it again.`,
  again: (v) =>
    `${v['student']} answers ${v['exercise']} again; the earlier answer (${v['firstFile'] === undefined ? 'line ' : `${v['firstFile']}:`}${v['first']}) counts no more.`,
  'two-spellings': (v) =>
    `${v['student']} and ${v['other']} differ in leading zeros only; they are graded as two students.`,
  'column-twice': (v) => `two columns are called ${v['name']}; rename one of them.`,
  'no-run': (v) => `its run failed: ${v['reason']}`,
  exists: () => 'it exists and may hold answers; name another file, or remove it.',
  'no-files': () => 'there is no file of answers (.csv, .tsv, .txt, .yaml) in this folder.',
  encoding: () => 'its characters are neither UTF-8 nor GB18030.',
  'no-gb18030': () => 'it is not UTF-8, and this Node.js cannot read GB18030 (small-icu). Save it as UTF-8.',
  'not-answers': () => 'a list of answers belongs here: answers: [{ student, exercise, answer }].',
  'not-a-text': (v) => `${v['key']} must be a text or a number.`,
}

/** ": 2.1 times too large"; nothing of a guess without size or of another sign. */
const timesOff = (v: Values): string =>
  Number(v['times']) < Number.POSITIVE_INFINITY
    ? `: ${number(Number(v['times']), 2)} times too ${v['side'] === 'above' ? 'large' : 'small'}`
    : ''

const told = (v: Values, name: string): string => (v[name] === true ? 'right' : 'wrong')

/** What an answer looks like. */
const forms: Readonly<Record<string, readonly [string, string]>> = {
  number: ['VALUE', '2^-24, 5.96e-8, 1/3, 3.3 % …'],
  code: ['CODE', 'hex, bits or decimal'],
  choice: ['LETTER', ''],
  order: ['CALLS', 'names or numbers, in your order'],
  predict: ['GUESS', 'near ones count too'],
  find: ['VALUE', 'try other values in the command until you have it'],
}

export const exercises = {
  errors: {
    'bad-exercise': (v: Unknown) =>
      `${place(v)}${v['id'] === undefined ? '' : `${v['id']}: `}${problems[String(v['problem'])]?.(v) ?? v['problem']}`,
    'bad-answers': (v: Unknown) => `${place(v)}${answerProblems[String(v['problem'])]?.(v) ?? v['problem']}`,
  },
  findings: {
    'exercise-text': (v: Values) => String(v['text']),
    'exercise-how': (v: Values) => {
      const [what, about] = forms[String(v['kind'])] ?? ['VALUE', '']
      return `Answer: fpsim exercise answer ${v['id']} ${what}${v['options']}${about === '' ? '' : `  (${about})`}`
    },
    'exercise-hints': (v: Values) =>
      `${plural(v['hints'], 'hint')}: fpsim exercise hint ${v['id']}${v['options']}${v['hints'] === 1 ? '' : ` [--level 1…${v['hints']}]`}`,
    'exercise-hint': (v: Values) => `Hint ${v['level']} of ${v['hints']}: ${v['text']}`,
    'exercise-counted': (v: Values) =>
      `${plural(v['exercises'], 'exercise')}${v['solved'] === 0 ? '' : `, ${v['solved']} solved`}; their numbers are drawn from --seed (your student number).`,
    'exercise-none': () => 'There are no exercises here yet.',
    'exercise-list-hint': (v: Values) =>
      `fpsim exercise CHAPTER or LESSON${v['from']} tells more, fpsim exercise show ID${v['from']} poses one. Nothing here is secret: fpsim exercise solution ID${v['from']} answers.`,
    'exercise-right': (v: Values) => `Right: ${v['answer']}`,
    'exercise-partly': (v: Values) => `Partly right, ${percent(Number(v['score']))} of the points: ${v['answer']}`,
    'exercise-wrong': (v: Values) => `Not right: ${v['answer']}`,
    'exercise-unreadable': (v: Values) => `"${v['answer']}" cannot be read as an answer.`,
    'exercise-blank': () => 'No answer.',
    'exercise-guessed': (v: Values) => `You said ${v['answer']}, it is ${v['truth']}.`,
    'exercise-check': (v: Values) => `Check: ${v['commands']}`,
    'exercise-try': (v: Values) => `Try: ${v['commands']}`,
    'exercise-solution': (v: Values) => `The answer is ${v['answer']}`,
    'exercise-no-number': () => 'A number is wanted: 65536, 2^-24, 5.96e-8, 1/3, 3.3 %.',
    'exercise-no-code': (v: Values) => `A code of ${v['format']} is wanted: hex (0x…), ${v['width']} bits, or decimal.`,
    'exercise-no-choice': (v: Values) =>
      `A letter from A to ${String.fromCharCode(64 + Number(v['choices']))} is wanted.`,
    'exercise-no-calls': () => 'The names or the numbers of the calls are wanted, in your order.',
    'exercise-near': () => 'Near, but not near enough.',
    'exercise-sign': () => 'The size is right, the sign is not.',
    'exercise-factor-of-two': () => 'It is off by a power of two.',
    'exercise-factor-of-ten': () => 'It is off by a power of ten.',
    'exercise-not-it': () => 'That is not it.',
    'exercise-guess-near': (v: Values) => `Near${timesOff(v)}.`,
    'exercise-guess-far': (v: Values) => `${Number(v['times']) < 10 ? 'Not near enough' : 'Far off'}${timesOff(v)}.`,
    'exercise-fields': (v: Values) =>
      `Field by field: sign ${told(v, 'sign')}, exponent ${told(v, 'exponent')}, fraction ${told(v, 'fraction')}.`,
    'exercise-other-calls': (v: Values) =>
      `Each of the ${v['wanted']} calls is wanted once; here ${v['given'] === 1 ? 'is' : 'are'} ${v['given']}.`,
    'exercise-order': (v: Values) =>
      v['line'] === 0
        ? 'In this order something goes wrong.'
        : `In this order something goes wrong at call ${v['line']}${v['call'] === '' ? '' : `, ${v['call']}`}.`,
    'exercise-off-grid': (v: Values) =>
      v['grid'] === 'powers'
        ? 'A power of two is wanted.'
        : v['grid'] === 'integers'
          ? 'A whole number is wanted.'
          : `A value of ${v['grid']} is wanted.`,
    'exercise-out-of-range': () => 'The command refuses this value.',
    'exercise-rule-fails': () => 'With this value it does not hold.',
    'exercise-not-smallest': () => 'With this value it holds, and with a smaller one too.',
    'exercise-not-largest': () => 'With this value it holds, and with a larger one too.',
    'grade-counted': (v: Values) =>
      `${plural(v['answers'], 'answer')} of ${plural(v['students'], 'student')} to ${plural(v['exercises'], 'exercise')}: ${percent(Number(v['share']))} of all points.`,
    'grade-problems': (v: Values) =>
      `${plural(v['rows'], 'row')} could not be graded; ${v['rows'] === 1 ? 'it is' : 'they are'} told above (on stderr).`,
    'grade-absent': (v: Values) =>
      `${plural(v['count'], 'student')} with no row that could be graded, so not below: ${v['names']}.`,
    'grade-more': (v: Values) => `${plural(v['rows'], 'more student')}: --csv or --json has them all.`,
  },
  labels: {
    'exercise-subject': (v: Values) => `${v['id']} · ${v['lesson']}${v['seed'] === '1' ? '' : ` · seed ${v['seed']}`}`,
    'exercise-kind-number': () => 'number',
    'exercise-kind-code': () => 'code',
    'exercise-kind-choice': () => 'choice',
    'exercise-kind-order': () => 'order',
    'exercise-kind-predict': () => 'guess',
    'exercise-kind-find': () => 'find',
    'exercise-id': () => 'exercise',
    'exercise-lesson': () => 'lesson',
    'exercise-kind': () => 'kind',
    'exercise-about': () => 'about',
    'grade-student': () => 'student',
    'grade-points': () => 'points',
    'grade-share': () => 'share',
    'grade-answers': () => 'answers',
    'grade-right': () => 'right',
    'grade-partly': () => 'partly',
    'grade-wrong': () => 'wrong',
    'grade-blank': () => 'blank',
    'grade-unreadable': () => 'unreadable',
    'grade-by-student': () => 'By student',
    'grade-by-exercise': () => 'By exercise',
    'sheet-title': (v: Values) => (v['students'] === 1 ? 'Exercises' : `Exercises for ${v['students']} students`),
    'sheet-student': (v: Values) => `Student ${v['name']}`,
    'sheet-answer': () => 'Answer:',
    'sheet-how': (v: Values) => `Check an answer: \`fpsim exercise answer ID VALUE --seed ${v['seed']}${v['from']}\``,
  },
  options: {
    'exercise.level': 'which hint, 1 is the smallest',
    'exercise.from': "a folder of exercises of one's own",
    'exercise.class': 'sheet: a file with the students, one a line, or a CSV with a column student',
    'exercise.answers': 'sheet: also write a CSV in which the students enter their answers',
    'grade.from': "a folder of exercises of one's own",
    'grade.details': 'with --csv: a row for each answer instead of a row for each student',
  },
}
