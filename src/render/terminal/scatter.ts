/** Points in a plane: panels beside each other, on shared axes. */
import type { Label, Scatter } from '../../result/result.js'
import { number } from '../../text/numbers.js'
import type { Paint } from './palette.js'
import { along } from './scale.js'
import { type Dot, displayWidth, labelText, pad, paintRow, type Style } from './style.js'
import { wrap } from './wrap.js'

/** A sign for each set, told apart without colour, and one for a place that several sets share. */
const signs = {
  unicode: { sets: ['·', '○', '+', '△'], several: '●' },
  ascii: { sets: ['.', 'o', '+', '^'], several: '#' },
} as const

const frames = {
  unicode: { side: '│', corner: '└', line: '─' },
  ascii: { side: '|', corner: '+', line: '-' },
} as const

/** Columns of a panel's plane: as wide as fits, within these. A character is about twice as high as wide. */
const narrowest = 18
const widest = 26
const gap = 2

interface Plane {
  readonly width: number
  readonly rows: number
}

/** The plane of one panel, row by row from the top. */
function plane(panel: Scatter['panels'][number], { x, y }: Scatter, { width, rows }: Plane, style: Style): Dot[][] {
  const sign = signs[style.ascii ? 'ascii' : 'unicode']
  const cells = Array.from({ length: rows }, () => new Array<number>(width).fill(-1))
  const shared = panel.points.length
  for (const [set, points] of panel.points.entries())
    for (const [i, px] of points.x.entries()) {
      const right = along(px, x.low, x.high)
      const up = along(points.y[i] ?? Number.NaN, y.low, y.high)
      if (Number.isNaN(right) || Number.isNaN(up)) continue
      const row = cells[rows - 1 - Math.round(up * (rows - 1))] as number[]
      const column = Math.round(right * (width - 1))
      const there = row[column] as number
      row[column] = there === -1 || there === set ? set : shared
    }
  const paintOf = (set: number): Paint =>
    set === shared ? style.paint.tone.good : set === 0 ? style.paint.dim : style.paint.zone.few
  return cells.map((row) =>
    row.map((set): Dot => {
      if (set === -1) return { char: ' ' }
      const char = set === shared ? sign.several : (sign.sets[set % sign.sets.length] as string)
      return { char, paint: paintOf(set) }
    }),
  )
}

/** A panel with its name and its frame; all its lines are as wide as the margin and the plane. */
function panelLines(block: Scatter, at: number, { width, rows }: Plane, margin: number, style: Style): string[] {
  const panel = block.panels[at] as Scatter['panels'][number]
  const frame = frames[style.ascii ? 'ascii' : 'unicode']
  const edge = (text: string): string => style.paint.dim(`${pad(text, margin - 1, style, 'right')}${frame.side}`)
  const drawn = plane(panel, block, { width, rows }, style)
  const isEmpty = drawn.every((row) => row.every(({ char }) => char === ' '))
  const words = isEmpty ? wrap(style.words.screen.noFiniteValue, width, style).slice(0, rows) : []
  const [low, high] = [number(block.x.low), number(block.x.high)]
  const between = Math.max(1, width - low.length - high.length)
  return [
    ...wrap(labelText(panel.label, style), width, style).map((line) => ' '.repeat(margin) + pad(line, width, style)),
    ...drawn.map((row, i) => {
      const text = i === 0 ? number(block.y.high) : i === rows - 1 ? number(block.y.low) : ''
      const told = words[i]
      return edge(text) + (told === undefined ? paintRow(row) : pad(told, width, style))
    }),
    style.paint.dim(`${' '.repeat(margin - 1)}${frame.corner}${frame.line.repeat(width)}`),
    style.paint.dim(pad(`${' '.repeat(margin)}${low}${' '.repeat(between)}${high}`, margin + width, style)),
  ]
}

/** The lines of a scatter plot, without its title. */
export function scatter(block: Scatter, style: Style): string[] {
  const { panels, x, y } = block
  if (panels.length === 0) return []
  const sign = signs[style.ascii ? 'ascii' : 'unicode']
  const margin = Math.max(number(y.low).length, number(y.high).length) + 1
  const room = number(x.low).length + number(x.high).length + 1
  const least = margin + Math.max(narrowest, room)
  const beside = Math.max(1, Math.min(panels.length, Math.floor((style.width + gap) / (least + gap))))
  const width = Math.max(1, Math.min(widest, Math.floor((style.width + gap) / beside) - gap - margin))
  const shape: Plane = { width, rows: Math.max(3, Math.round(width / 2) - 1) }
  const out: string[] = []
  for (let from = 0; from < panels.length; from += beside) {
    const some = panels.slice(from, from + beside).map((_, i) => panelLines(block, from + i, shape, margin, style))
    const height = Math.max(...some.map((lines) => lines.length))
    const blank = ' '.repeat(margin + width)
    // Names of more lines stand higher: the planes are level.
    const level = some.map((lines) => [...new Array<string>(height - lines.length).fill(blank), ...lines])
    for (let row = 0; row < height; row++) out.push(level.map((lines) => lines[row]).join(' '.repeat(gap)))
  }
  const named = (char: string, label: Label): string => `${char} ${labelText(label, style)}`
  const axes = [x.label, y.label].map((label) => labelText(label, style)).filter((text) => text !== '')
  const legend = [
    ...block.sets.map((label, i) => named(sign.sets[i % sign.sets.length] as string, label)),
    ...(block.sets.length > 1 ? [named(sign.several, block.several)] : []),
    ...(axes.length > 0 ? [axes.join(', ')] : []),
  ].join('   ')
  return [...out, ...(legend === '' ? [] : wrapLegend(legend, style))]
}

/** Already on the screen's own characters: broken where it is too long. */
const wrapLegend = (text: string, style: Style): string[] =>
  displayWidth(text, style) <= style.width ? [text] : wrap(text, style.width, style)
