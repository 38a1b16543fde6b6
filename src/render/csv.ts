/** The metrics of a Result as CSV (RFC 4180, lines ending in \n): one a line, or one line a run. */
import type { Result } from '../result/result.js'
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

const line = (values: readonly (number | string | boolean | undefined)[]): string => `${values.map(field).join(',')}\n`

export function toCsv(result: Result): string {
  const runs = result.runs
  if (!runs || runs.length === 0) return line(['metric', 'value']) + Object.entries(result.metrics).map(line).join('')
  const params = variedParams(runs)
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))]
  const rows = runs.map((run) =>
    line([...params.map((name) => run.params[name]), ...metrics.map((name) => run.metrics[name])]),
  )
  return line([...params, ...metrics]) + rows.join('')
}
