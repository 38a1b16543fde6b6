/** A Result as CSV (RFC 4180, lines ending in \n): its metrics one a line, one line a run, or the rows it is about. */
import type { Cell, Label, Result, Table } from '../result/result.js'
import { shortest } from '../text/numbers.js'
import { variedParams } from './cells.js'

/** A field: numbers raw. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
function field(value: number | string | boolean | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return shortest(value)
  const text = String(value)
  const isNumber = text.trim() !== '' && !Number.isNaN(Number(text))
  const safe = /^[=+\-@\t\r]/.test(text) && !isNumber ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** One row of CSV with its line break. */
export const csvLine = (values: readonly (number | string | boolean | undefined)[]): string =>
  `${values.map(field).join(',')}\n`

const word = (label: Label): string => ('code' in label ? label.code : 'name' in label ? label.name : label.en)

const raw = (cell: Cell): number | string | undefined =>
  cell === null ? undefined : typeof cell === 'object' ? word(cell) : cell

/** What is no lesson (formats, inspect) is a table already: its first one, with those of the same columns under it. */
function tableOf(result: Result): string {
  const tables = result.blocks.filter((block): block is Table => block.kind === 'table')
  const head = (table: Table): string => csvLine(table.columns.map(({ label }) => word(label)))
  const [first] = tables
  if (!first) return ''
  const same = tables.filter((table) => head(table) === head(first))
  return head(first) + same.flatMap(({ rows }) => rows.map((row) => csvLine(row.map(raw)))).join('')
}

export function toCsv(result: Result): string {
  const isLesson = result.lesson !== undefined || !result.blocks.some(({ kind }) => kind === 'table')
  if (!isLesson) return tableOf(result)
  const data = result.blocks.flatMap((block) => (block.kind === 'table' && block.data ? [block.data] : []))[0]
  if (data && !result.runs)
    return csvLine(data.columns) + data.rows.map((row) => csvLine(row.map((cell) => cell ?? undefined))).join('')
  const runs = result.runs
  if (!runs || runs.length === 0)
    return csvLine(['metric', 'value']) + Object.entries(result.metrics).map(csvLine).join('')
  const params = variedParams(runs)
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]
  const rows = runs.map((run) =>
    csvLine([...params.map((name) => run.params[name]), ...metrics.map((name) => run.metrics[name])]),
  )
  return csvLine([...params, ...metrics]) + rows.join('')
}
