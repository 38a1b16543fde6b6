/** Table cells as text, the same on the screen and in Markdown; and the table that compares runs. */
import type { Cell, Column, Lesson, Localized, NumberStyle, Params, Result, Table } from '../result/result.js'
import { count, number, percent, power, shortest } from '../text/numbers.js'
import { say, type Words } from './words.js'

function writeNumber(x: number, as: NumberStyle, words: Words): string {
  if (as === 'percent') return percent(x)
  if (as === 'count') return count(x, words.lang)
  if (as === 'power') return power(x)
  if (as === 'exact') return shortest(x)
  if ((as === 'hex' || as === 'bits') && Number.isInteger(x) && x >= 0)
    return as === 'hex' ? `0x${x.toString(16)}` : x.toString(2)
  return number(x)
}

/** An author's words with their slots filled: `{lost}` as its metric is usually written, `{lost:%}` as a percentage. */
export const fill = (text: Localized, lesson: Lesson, words: Words): string =>
  text[words.lang].replace(/\{([A-Za-z]\w*)(:%)?\}/g, (whole, name: string, asPercent?: string) => {
    const slot = Object.hasOwn(lesson.slots, name) ? lesson.slots[name] : undefined
    if (!slot) return whole
    if (typeof slot.value !== 'number') return String(slot.value)
    return writeNumber(slot.value, asPercent ? 'percent' : slot.as, words)
  })

/** The text of a cell of this column; null is an empty cell. */
export function writeCell(cell: Cell | undefined, column: Column, words: Words): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'number') return writeNumber(cell, column.as, words)
  return typeof cell === 'string' ? cell : say(cell, words)
}

/** Names and bits are read from the left, numbers compared from the right. */
export const alignment = (column: Column): 'left' | 'right' =>
  column.as === 'text' || column.as === 'bits' ? 'left' : 'right'

type Runs = NonNullable<Result['runs']>

/** The params that differ between the runs; all of them where none does. */
export function variedParams(runs: Runs): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.params)))]
  const varied = names.filter((name) => runs.some((run) => !Object.is(run.params[name], runs[0]?.params[name])))
  return varied.length > 0 ? varied : names
}

const asCell = (value: Params[string] | undefined): Cell =>
  value === undefined ? null : typeof value === 'boolean' ? String(value) : value

/** The runs of a `vary` side by side: varied params, then up to six metrics. Undefined where a block does it already. */
export function runsTable(result: Result, words: Words): Table | undefined {
  const runs = result.runs
  if (!runs || runs.length === 0) return undefined
  const params = variedParams(runs)
  const compares = (table: Table): boolean =>
    table.rows.length === runs.length &&
    params.some((name) => table.rows.every((row, i) => Object.is(row[0], asCell(runs[i]?.params[name]))))
  if (result.blocks.some((block) => block.kind === 'table' && compares(block))) return undefined
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]
  const moving = names.filter((name) => runs.some((run) => !Object.is(run.metrics[name], runs[0]?.metrics[name])))
  const metrics = (moving.length > 0 ? moving : names).slice(0, 6)
  const column = (name: string, as: NumberStyle): Column => ({
    label: Object.hasOwn(words.labels, name) ? { code: name } : { name },
    as,
  })
  const styleOf = (name: string, otherwise: NumberStyle): NumberStyle => result.lesson?.slots[name]?.as ?? otherwise
  const isNumber = (name: string): boolean => runs.every((run) => typeof run.params[name] === 'number')
  return {
    kind: 'table',
    title: { name: words.screen.compared },
    columns: [
      ...params.map((name) => column(name, isNumber(name) ? styleOf(name, 'power') : 'text')),
      ...metrics.map((name) => column(name, styleOf(name, 'number'))),
    ],
    rows: runs.map((run) => [
      ...params.map((name) => asCell(run.params[name])),
      ...metrics.map((name) => run.metrics[name] ?? null),
    ]),
  }
}
