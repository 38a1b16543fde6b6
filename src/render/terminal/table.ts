/** Tables without frames, laid out by cli-table3 from cells that are already wrapped and filled to their width. */
import CliTable from 'cli-table3'
import type { Table, Tone } from '../../result/result.js'
import { alignment, writeCell } from '../cells.js'
import type { Paint } from './palette.js'
import { displayWidth, labelText, onScreen, pad, type Style, trimmed } from './style.js'
import { longestAtom, wrap } from './wrap.js'

export interface PlainTable {
  readonly columns: readonly { readonly label: string; readonly align?: 'left' | 'right' }[]
  readonly rows: readonly (readonly string[])[]
  readonly tones?: readonly (Tone | null)[]
}

const gap = 2

/** A column of text is not wrapped to less than this, nor a word of a head broken that is no longer. */
const readable = 24

interface Layout {
  readonly columns: readonly number[]
  readonly widths: readonly number[]
}

/** cli-table3 slows down with the square of the rows, so it gets them in pages; equal widths make the seams invisible. */
const page = 200

const bare = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) => [
    [side, ''],
    ...['-mid', '-left', '-right'].map((end) => [side + end, '']),
  ]),
)

function draw(rows: readonly (readonly string[])[]): string[] {
  const lines: string[] = []
  for (let first = 0; first < rows.length; first += page) {
    const table = new CliTable({
      chars: { ...bare, middle: ' '.repeat(gap) },
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    })
    table.push(...rows.slice(first, first + page).map((row) => [...row]))
    lines.push(...table.toString().split('\n'))
  }
  return lines
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** One table, or several that repeat the first column where the columns do not fit side by side. */
function layouts(natural: readonly number[], least: readonly number[], width: number): Layout[] {
  const takes = (columns: readonly number[], of: readonly number[]): number =>
    sum(columns.map((c) => of[c] as number)) + gap * (columns.length - 1)
  const groups: number[][] = []
  for (let c = 0; c < natural.length; c++) {
    const group = groups.at(-1)
    if (group && takes([...group, c], least) <= width) group.push(c)
    else groups.push(groups.length === 0 ? [c] : [0, c])
  }
  return groups.map((columns) => {
    const widths = columns.map((c) => natural[c] as number)
    const floor = columns.map((c) => least[c] as number)
    // The widest column gives way first; below its least only where nothing else can.
    while (sum(widths) + gap * (widths.length - 1) > width) {
      const slack = widths.map((w, i) => (w > (floor[i] as number) ? w : 0))
      const from = Math.max(...slack) > 0 ? slack : widths
      const widest = from.indexOf(Math.max(...from))
      widths[widest] = (widths[widest] as number) - 1
    }
    return { columns, widths }
  })
}

/** The lines of a table. Strings are taken as they are: names and numbers in their final form. */
export function table(data: PlainTable, style: Style): string[] {
  const n = data.columns.length
  if (n === 0) return []
  const heads = data.columns.map((column) => onScreen(column.label, style))
  const rows = data.rows.map((row) => heads.map((_, c) => onScreen(row[c] ?? '', style)))
  const widest = (c: number, measure: (text: string) => number): number =>
    rows.reduce((most, row) => Math.max(most, measure(row[c] as string)), 0)
  const wide = (text: string): number => displayWidth(text, style)
  const natural = heads.map((head, c) => Math.max(1, wide(head), widest(c, wide)))
  const least = heads.map((head, c) => {
    const whole = widest(c, wide)
    const content = data.columns[c]?.align === 'right' ? whole : Math.min(whole, readable)
    return Math.min(natural[c] as number, Math.max(2, content, Math.min(readable, longestAtom(head, style))))
  })
  const align = (c: number): 'left' | 'right' => data.columns[c]?.align ?? 'left'
  const blocks = layouts(natural, least, style.width).map(({ columns, widths }) => {
    // Every wrapped line becomes a row of its own: cli-table3 measures a cell again for each line that it draws of it.
    const physical = (texts: readonly string[], paint: Paint, from: 'top' | 'bottom'): string[][] => {
      const cells = columns.map((c, i) => wrap(texts[c] as string, widths[i] as number, style))
      const height = cells.reduce((most, lines) => Math.max(most, lines.length), 0)
      return Array.from({ length: height }, (_, row) =>
        cells.map((lines, i) => {
          const line = lines[from === 'top' ? row : row - (height - lines.length)] ?? ''
          return paint(pad(line, widths[i] as number, style, align(columns[i] as number)))
        }),
      )
    }
    const head = heads.some((text) => text !== '') ? physical(heads, style.paint.dim, 'bottom') : []
    const body = rows.flatMap((row, r) => physical(row, style.paint.tone[data.tones?.[r] ?? 'note'], 'top'))
    return draw([...head, ...body]).map(trimmed)
  })
  return blocks.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
}

/** The lines of a table block. */
export const tableBlock = (block: Table, style: Style): string[] =>
  table(
    {
      columns: block.columns.map((column) => ({ label: labelText(column.label, style), align: alignment(column) })),
      rows: block.rows.map((row) => block.columns.map((column, c) => writeCell(row[c], column, style.words))),
      ...(block.tones ? { tones: block.tones } : {}),
    },
    style,
  )
