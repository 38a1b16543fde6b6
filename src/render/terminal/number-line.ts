/** Values of a format as marks on a line, with their names under them. */
import type { NumberLine, Zone } from '../../result/result.js'
import { along } from './scale.js'
import { type Dot, displayWidth, onScreen, paintRow, type Style } from './style.js'
import { hang, wrap } from './wrap.js'

const glyphs = {
  unicode: { line: '─', stem: '│', zone: { lost: '×', few: '○', all: '●', overflow: '▲' } },
  ascii: { line: '-', stem: '|', zone: { lost: 'x', few: 'o', all: '#', overflow: '^' } },
} as const

/** Names get at most this many rows; how many found no room is said below them. */
const maxRows = 6

interface Name {
  readonly text: string
  readonly column: number
  readonly start: number
  readonly end: number
  readonly row: number
}

/** The lines of a number line, without its title. */
export function numberLine(block: NumberLine, style: Style): string[] {
  const words = style.words.screen
  const glyph = glyphs[style.ascii ? 'ascii' : 'unicode']
  const width = style.width
  const points = block.points
    .filter((point) => !Number.isNaN(point.value))
    .map((point) => ({ ...point, text: onScreen(point.label, style) }))
    .sort((a, b) => a.value - b.value)
  const nan = block.points.filter((point) => Number.isNaN(point.value)).map((point) => onScreen(point.label, style))
  const finite = points.filter((point) => Number.isFinite(point.value))
  if (points.length === 0) return wrap([...nan, words.noFiniteValue].join('  '), width, style)

  // Infinities stand at the very ends, apart from the finite values.
  const left = (points[0] as { value: number }).value === -Infinity ? 8 : 2
  const right = (points.at(-1) as { value: number }).value === Infinity ? 8 : 2
  const low = finite[0]?.value ?? 0
  const high = finite.at(-1)?.value ?? 0
  const columnOf = (value: number): number => {
    if (value === -Infinity) return 1
    if (value === Infinity) return width - 2
    return left + Math.round(along(value, low, high) * (width - 1 - left - right))
  }

  const rank: readonly Zone[] = ['all', 'few', 'overflow', 'lost']
  const line: Dot[] = Array.from({ length: width }, () => ({ char: glyph.line, paint: style.paint.dim }))
  const zoneAt = new Map<number, Zone>()
  const names: Name[] = []
  const free = (row: number, start: number, end: number): boolean =>
    !names.some((name) =>
      name.row === row
        ? start < name.end + 1 && name.start < end + 1
        : // A name may not cover the stem of one below it.
          name.row > row && start <= name.column && name.column < end,
    )
  const stemFree = (row: number, column: number): boolean =>
    !names.some((name) => name.row < row && name.start <= column && column < name.end)
  let without = 0
  for (const point of points) {
    const column = columnOf(point.value)
    const there = zoneAt.get(column)
    if (!there || rank.indexOf(point.zone) < rank.indexOf(there)) zoneAt.set(column, point.zone)
    if (point.text === '') continue
    const wide = displayWidth(point.text, style)
    const start = Math.max(0, Math.min(width - wide, column - Math.floor((wide - 1) / 2)))
    const end = start + wide
    let row = 0
    while (row < maxRows && !(end <= width && free(row, start, end) && stemFree(row, column))) row++
    if (row === maxRows) without++
    else names.push({ text: point.text, column, start, end, row })
  }
  for (const [column, zone] of zoneAt) line[column] = { char: glyph.zone[zone], paint: style.paint.zone[zone] }

  const height = names.reduce((most, name) => Math.max(most, name.row + 1), 0)
  const under = Array.from({ length: height }, (_, row) => {
    const pieces = [
      ...names
        .filter((name) => name.row === row)
        .map((name) => ({ start: name.start, end: name.end, text: name.text })),
      ...[...new Set(names.filter((name) => name.row > row).map((name) => name.column))].map((column) => ({
        start: column,
        end: column + 1,
        text: style.paint.dim(glyph.stem),
      })),
    ].sort((a, b) => a.start - b.start)
    let text = ''
    let column = 0
    for (const piece of pieces) {
      if (piece.start < column) continue
      text += ' '.repeat(piece.start - column) + piece.text
      column = piece.end
    }
    return text
  })
  return [
    paintRow(line),
    ...under,
    ...(nan.length === 0 ? [] : wrap(nan.join('  '), width, style)),
    ...(without === 0 ? [] : hang('', words.labelsLeftOut(without), style).map(style.paint.dim)),
  ]
}
