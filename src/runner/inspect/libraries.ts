/** One value as other libraries convert it, side by side: what each gives, why, and how that is known. */
import {
  type Answer,
  converted,
  formatOf,
  type Library,
  reasonFor,
  type Semantics,
  semantics,
} from '../../data/libraries.js'
import { FpsimError } from '../../errors.js'
import { type Format, largest } from '../../format/format.js'
import { parseLiteral } from '../../format/literal.js'
import { format } from '../../format/parse.js'
import { round } from '../../format/round.js'
import type { Block, Cell, Finding, Result } from '../../result/result.js'

/** Shown where no format is named. */
const usual = ['fp16', 'bf16', 'e4m3fn', 'e5m2']

/** People say E4M3 and mean several types: they stand together. */
const familyOf = ({ name }: Format): string => (name === 'e4m3' ? 'e4m3fn' : name)

export interface LibrariesRequest {
  readonly values: readonly string[]
  readonly formats: readonly Format[] | 'usual' | 'all'
  readonly libraries: readonly Library[]
}

/** A row of the table carried out. */
interface Line {
  readonly row: Semantics
  readonly answer: Answer
}

const written = (answer: Answer): Cell =>
  typeof answer === 'number'
    ? answer
    : answer === 'unverified'
      ? { code: 'librariesUnverified' }
      : { name: answer.or.map(String).join(' / ') }

function why({ row, answer }: Line, value: number): Cell {
  const reason = reasonFor(row, value, answer)
  if (reason === 'unverified') return null
  if (reason === 'nan') return { code: `librariesWhy-${row.nan === undefined ? 'nan' : 'nan-less'}` }
  const limit = reason === 'beyond' || reason === 'saturates' || reason === 'range'
  return { code: `librariesWhy-${reason}`, ...(limit ? { values: { top: largest(formatOf(row)) } } : {}) }
}

/** What fpsim itself gives, rounding once and to nearest. */
const ownAnswer = (family: string, value: number): number => round(value, format(family))

/** One format: every row with its type and how it is known, and fpsim's own answer. */
function typesTable(lines: readonly Line[], value: number, family: string): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'librariesLibrary' }, as: 'text' },
      { label: { code: 'librariesType' }, as: 'text' },
      { label: { code: 'librariesGives' }, as: 'exact' },
      { label: { code: 'librariesWhy' }, as: 'text' },
      { label: { code: 'librariesKnown' }, as: 'text' },
    ],
    rows: [
      ...lines.map((line): Cell[] => [
        line.row.library,
        line.row.type,
        written(line.answer),
        why(line, value),
        line.answer === 'unverified' ? null : { code: `librariesKnown-${line.row.known}` },
      ]),
      ['fpsim', family, ownAnswer(family, value), null, null],
    ],
  }
}

/** The libraries of some rows of one family: with the type where another type of the library gives another answer. */
function namesOf(group: readonly Line[], lines: readonly Line[]): string {
  const names = group.map(({ row }) => {
    const all = lines.filter((line) => line.row.family === row.family && line.row.library === row.library)
    return all.every((line) => group.includes(line)) ? row.library : `${row.library} ${row.type}`
  })
  return [...new Set(names)].join(', ')
}

/** Several formats: a line for each answer, with all who give it for the same reason; fpsim stands where its answer does. */
function answersTable(lines: readonly Line[], value: number): Block {
  const keyOf = (line: Line) =>
    JSON.stringify([line.row.family, String(line.answer), written(line.answer), why(line, value)])
  const groups = [...new Set(lines.map(keyOf))].map((key) => lines.filter((line) => keyOf(line) === key))
  return {
    kind: 'table',
    columns: [
      { label: { code: 'librariesFormat' }, as: 'text' },
      { label: { code: 'librariesGives' }, as: 'exact' },
      { label: { code: 'librariesWhy' }, as: 'text' },
      { label: { code: 'librariesWho' }, as: 'text' },
    ],
    rows: [...new Set(lines.map(({ row }) => row.family))].flatMap((family) => {
      const own = ownAnswer(family, value)
      const ofFamily = groups.filter(([first]) => first?.row.family === family)
      const home = ofFamily.find(([first]) => Object.is(first?.answer, own))
      const rows = ofFamily.map((group): Cell[] => {
        const [first] = group as [Line]
        const names = namesOf(group, lines)
        return [family, written(first.answer), why(first, value), group === home ? `fpsim, ${names}` : names]
      })
      return home ? rows : [...rows, [family, own, null, 'fpsim']]
    }),
  }
}

/** Where the rows of one family come from, each source once. */
function sources(lines: readonly Line[]): Block[] {
  const seen = new Map<string, Semantics>()
  for (const { row, answer } of lines) if (answer !== 'unverified') seen.set(row.source, row)
  return [...seen.values()].map(({ library, known, source }) => ({
    kind: 'note',
    code: 'librariesSource',
    tone: 'note',
    values: { library, known, source },
  }))
}

/** How many different answers each family gives that gives more than one, unverified ones aside. One alone agrees with nobody. */
function finding(lines: readonly Line[], families: readonly string[], text: string): Finding {
  const counts = families.map((family) => {
    const known = lines.filter(({ row, answer }) => row.family === family && answer !== 'unverified')
    return {
      family,
      types: known.length,
      answers: new Set(known.map(({ answer }) => JSON.stringify(written(answer)) + String(answer))).size,
    }
  })
  const split = counts.filter(({ answers }) => answers > 1)
  const compared = counts.some(({ types }) => types > 1)
  return {
    code: split.length > 0 ? 'librariesDiffer' : compared ? 'librariesAgree' : 'librariesAlone',
    tone: split.length > 0 ? 'bad' : compared ? 'good' : 'note',
    values: {
      value: text,
      families: split.map(({ family, answers }) => `${family} ${answers}`).join(', '),
      types: lines.filter(({ answer }) => answer !== 'unverified').length,
    },
  }
}

/** The families asked for, each once. Throws 'invalid-value' for a format that none of the libraries has. */
function familiesOf({ formats, libraries }: LibrariesRequest): string[] {
  const has = (family: string) => semantics.some((row) => row.family === family && libraries.includes(row.library))
  const all = [...new Set(semantics.map(({ family }) => family))].filter(has)
  if (formats === 'all') return all
  if (formats === 'usual') return usual.filter(has)
  const asked = [...new Set(formats.map(familyOf))]
  const missing = asked.find((family) => !has(family))
  if (missing !== undefined)
    throw new FpsimError('invalid-value', { option: 'format', value: missing, problem: 'not-allowed', allowed: all })
  return asked
}

/** The values as the libraries convert them. Throws 'invalid-value'. */
export function inspectLibraries(request: LibrariesRequest): Result {
  const { values, libraries } = request
  const families = familiesOf(request)
  const single = families.length === 1
  const looks = values.map((text) => {
    // A library is given a float64: the number as written, rounded to one.
    const value = parseLiteral(text)?.value
    if (value === undefined) throw new FpsimError('invalid-value', { value: text, problem: 'not-a-number' })
    const all = families.flatMap((family) =>
      semantics
        .filter((row) => row.family === family && libraries.includes(row.library))
        .map((row): Line => ({ row, answer: converted(row, value) })),
    )
    // What nobody has checked is named in the table of one format, and below that of several.
    const open = all.filter(({ answer }) => answer === 'unverified').map(({ row }) => `${row.library} ${row.type}`)
    const lines = single ? all : all.filter(({ answer }) => answer !== 'unverified')
    const blocks: Block[] = [
      ...(values.length > 1
        ? [{ kind: 'note', code: 'librariesValue', tone: 'note', values: { value: text } } as const]
        : []),
      single ? typesTable(lines, value, families[0] as string) : answersTable(lines, value),
      ...(single ? sources(all) : []),
      ...(!single && open.length > 0
        ? [{ kind: 'note', code: 'librariesOpen', tone: 'note', values: { types: open.join(', ') } } as const]
        : []),
    ]
    const name = (row: Semantics) => `${values.length > 1 ? `${text} ` : ''}${row.library}.${row.type}`
    const metrics = all.flatMap(({ row, answer }): [string, number][] =>
      typeof answer === 'number' ? [[name(row), answer]] : [],
    )
    return { finding: finding(all, families, text), blocks, metrics }
  })
  return {
    schema: 1,
    scenario: 'inspect',
    runner: 'inspect',
    params: {
      values: values.join(' '),
      formats: families.join(' '),
      as: libraries.join(' '),
    },
    seed: 1,
    metrics: Object.fromEntries(looks.flatMap(({ metrics }) => metrics)),
    findings: looks.map((look) => look.finding),
    blocks: looks.flatMap(({ blocks }) => blocks),
  }
}
