/** Counts by power of two over the zones of a format: bars above and below one shared axis. */
import type { Histogram, Zone } from '../../result/result.js'
import { number } from '../../text/numbers.js'
import { labelRow } from './labels.js'
import { roundUp } from './scale.js'
import { type Dot, displayWidth, labelText, onScreen, pad, paintRow, type Style } from './style.js'
import { hang, wrap } from './wrap.js'

/** One column of the picture: bins from … to (the last included). */
interface Span {
  readonly from: number
  readonly to: number
}

interface Grid {
  readonly columns: readonly Span[]
  readonly powers: number
  /** Whether the first / last column holds the tail of everything beyond it. */
  readonly foldLeft: boolean
  readonly foldRight: boolean
}

/** The share of each bin in the sum of its panel; undefined where nothing was counted. */
function shares(counts: readonly number[], bins: number): number[] | undefined {
  const sane = Array.from({ length: bins }, (_, i) => {
    const count = counts[i] ?? 0
    return count > 0 && count < Infinity ? count : 0
  })
  const most = sane.reduce((a, b) => Math.max(a, b), 0)
  if (most === 0) return undefined
  // Against the largest first: the plain sum of huge counts could overflow.
  const total = sane.reduce((sum, count) => sum + count / most, 0)
  return sane.map((count) => count / most / total)
}

const sumOver = (values: readonly number[], from: number, to: number): number => {
  let sum = 0
  for (let i = from; i <= to; i++) sum += values[i] ?? 0
  return sum
}

/** Bins in groups of k, the groups laid so that as many zone boundaries as possible fall between two groups. */
function grouped(bins: number, k: number, boundaries: readonly number[]): Span[] {
  let offset = 0
  let best = -1
  for (let o = 0; o < k; o++) {
    const hits = boundaries.filter((b) => (b - o) % k === 0).length
    if (hits > best) {
      best = hits
      offset = o
    }
  }
  const spans: Span[] = []
  for (let from = offset === 0 ? 0 : offset - k; from < bins; from += k)
    spans.push({ from: Math.max(0, from), to: Math.min(bins - 1, from + k - 1) })
  return spans
}

/** At most this share of the values may stand in a folded tail; a larger part deserves its shape. */
const foldable = 0.02

/** How the bins fit into `width` columns: one each, else with the far tails folded, else several in a column. */
function fit(bins: number, width: number, zones: readonly Zone[], panels: readonly number[][]): Grid {
  const boundaries = zones.flatMap((zone, i) => (i > 0 && zone !== zones[i - 1] ? [i] : []))
  for (let powers = 1; ; powers++) {
    const spans = grouped(bins, powers, boundaries)
    if (spans.length <= width) return { columns: spans, powers, foldLeft: false, foldRight: false }
    const edges = boundaries.map((b) => spans.findIndex((span) => b <= span.to))
    const firstEdge = edges[0] ?? spans.length
    const lastEdge = edges.at(-1) ?? 0
    // Both outer zones stay wide enough for a word, as far as they reach at all.
    const room = Math.min(5, spans.length - lastEdge)
    let best: { start: number; folded: number } | undefined
    for (let start = 0; start + width <= spans.length; start++) {
      const end = start + width - 1
      if (edges.length > 0 && (firstEdge <= start || lastEdge > end - room + 1)) continue
      const left = (spans[start] as Span).from - 1
      const right = (spans[end] as Span).to + 1
      const folded = panels.reduce(
        (most, panel) => Math.max(most, sumOver(panel, 0, left) + sumOver(panel, right, bins - 1)),
        0,
      )
      if (!best || folded < best.folded) best = { start, folded }
    }
    if (!best || best.folded > foldable) continue
    const { start } = best
    const columns = spans.slice(start, start + width)
    const foldLeft = start > 0
    const foldRight = start + width < spans.length
    if (foldLeft) columns[0] = { from: 0, to: (columns[0] as Span).to }
    if (foldRight) columns[width - 1] = { from: (columns[width - 1] as Span).from, to: bins - 1 }
    return { columns, powers, foldLeft, foldRight }
  }
}

/** The zone that most bins of a column lie in. A folded tail lies in one zone by construction. */
function zoneOf(span: Span, zones: readonly Zone[]): Zone {
  const tally = new Map<Zone, number>()
  for (let i = span.from; i <= span.to; i++) {
    const zone = zones[i] as Zone
    tally.set(zone, (tally.get(zone) ?? 0) + 1)
  }
  return [...tally].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
}

const marks = {
  unicode: { bars: '▁▂▃▄▅▆▇█', axis: '│', top: '┤', fill: { lost: '░', few: '▒', all: '█', overflow: '╳' } },
  ascii: { bars: '.:-=+**#', axis: '|', top: '+', fill: { lost: '.', few: '-', all: '=', overflow: 'X' } },
} as const

/** The bars of one panel, top row first. */
function bars(heights: readonly number[], max: number, rows: number, zones: readonly Zone[], style: Style): Dot[][] {
  const { bars: glyphs } = marks[style.ascii ? 'ascii' : 'unicode']
  const levels = heights.map((height) => Math.round(Math.min(1, height / max) * rows * 8))
  return Array.from({ length: rows }, (_, row) =>
    levels.map((level, c): Dot => {
      const here = level - (rows - 1 - row) * 8
      const paint = style.paint.zone[zones[c] as Zone]
      if (here > 0) return { char: glyphs[Math.min(here, 8) - 1] as string, paint }
      // Never nothing for something: the smallest count still shows a dot.
      return row === rows - 1 && (heights[c] as number) > 0 ? { char: '.', paint } : { char: ' ' }
    }),
  )
}

/** Writes a label into the largest free space of the upper rows; false where there is none. */
function writeInside(label: string, grid: Dot[][], style: Style): boolean {
  const width = displayWidth(label, style)
  let best: { row: number; start: number; length: number } | undefined
  for (const row of [1, 0, 2].filter((r) => r < grid.length - 1)) {
    const dots = grid[row] as Dot[]
    for (let start = 0; start < dots.length; start++) {
      let end = start
      while (end < dots.length && (dots[end] as Dot).char === ' ') end++
      if (end - start >= width + 4 && (!best || end - start > best.length)) best = { row, start, length: end - start }
      start = Math.max(start, end)
    }
  }
  if (!best) return false
  const at = best.start + Math.floor((best.length - width) / 2)
  // One dot may hold several columns: the others it covers become empty.
  const covered = Array.from({ length: width }, (_, i): Dot => ({ char: i === 0 ? label : '' }))
  ;(grid[best.row] as Dot[]).splice(at, width, ...covered)
  return true
}

/** The bar of zones with their names in it; the zones whose name had no room are added to `unnamed`. */
function zoneBar(zones: readonly Zone[], grid: Grid, block: Histogram, style: Style, unnamed: Set<Zone>): Dot[] {
  const { fill } = marks[style.ascii ? 'ascii' : 'unicode']
  const words = style.words.screen
  const names: Record<Zone, readonly string[]> = {
    lost: words.lost,
    few: words.few,
    all: words.all(block.precision),
    overflow: block.overflowTo ? [...words.overflow.slice(0, 1), block.overflowTo] : words.overflow,
  }
  const dots: Dot[] = []
  for (let start = 0; start < zones.length; ) {
    const zone = zones[start] as Zone
    let end = start
    while (end < zones.length && zones[end] === zone) end++
    const left = start === 0 && grid.foldLeft ? 1 : 0
    const right = end === zones.length && grid.foldRight ? 1 : 0
    const room = end - start - left - right
    // Its name between two marks of the zone; only the last zone, without a neighbour to its right, may do with less.
    const fitting = (spare: number): string | undefined =>
      names[zone].map((n) => onScreen(n, style)).find((n) => displayWidth(n, style) + spare <= room)
    const name = fitting(2) ?? (end === zones.length ? fitting(0) : undefined)
    const width = name ? displayWidth(name, style) : 0
    const blanks = name && width + 3 <= room ? ' ' : ''
    const middle = name ? `${blanks}${name}${blanks}` : ''
    const rest = room - displayWidth(middle, style)
    const before = end === zones.length ? Math.ceil(rest / 2) : Math.floor(rest / 2)
    if (!name) unnamed.add(zone)
    const paint = style.paint.zone[zone]
    const text =
      '<'.repeat(left) + fill[zone].repeat(before) + middle + fill[zone].repeat(rest - before) + '>'.repeat(right)
    dots.push({ char: text, paint })
    start = end
  }
  return dots
}

const powerText = (k: number): string => (k === 0 ? '1' : `2^${k}`)

/** The exponents under the columns: the boundaries of the zones first, then round ones where there is room. */
function tickLine(block: Histogram, zones: readonly Zone[], grid: Grid, bins: readonly Zone[], style: Style): string {
  const row = labelRow(grid.columns.length, style)
  const columnOf = (bin: number): number => grid.columns.findIndex((span) => bin >= span.from && bin <= span.to)
  const visible = (bin: number): boolean => {
    const c = columnOf(bin)
    return c >= 0 && !(c === 0 && grid.foldLeft) && !(c === zones.length - 1 && grid.foldRight)
  }
  const set = (bin: number): void => {
    if (!visible(bin)) return
    const text = powerText(block.first + bin)
    const at = columnOf(bin)
    // At the right edge a label may end at its column instead of beginning there.
    if (!row.set(text, at)) {
      const last = grid.columns.length - text.length
      if (at > last) row.set(text, last)
    }
  }
  bins.forEach((zone, i) => {
    if (i > 0 && zone !== bins[i - 1]) set(i)
  })
  const step = [8, 16, 32, 64, 128, 256, 512].find((s) => s >= 7 * grid.powers) ?? 1024
  for (const every of [step, step / 2, 1])
    for (let k = Math.ceil(block.first / every) * every; k < block.first + bins.length; k += every) {
      if (every > 1 || grid.columns.length < 12) set(k - block.first)
    }
  return row.toString()
}

/** The lines of a histogram. */
export function histogram(block: Histogram, style: Style): string[] {
  const words = style.words.screen
  const screen = marks[style.ascii ? 'ascii' : 'unicode']
  const given = block.panels.reduce((most, panel) => Math.max(most, panel.counts.length), block.zones.length)
  // Overflow goes on upwards: a zone that begins at the end of the axis is drawn wide enough for a word.
  const lastZone = block.zones.at(-1)
  const over = given - 1 - block.zones.findLastIndex((zone) => zone !== lastZone)
  const bins = given + (lastZone === 'overflow' && given === block.zones.length ? Math.max(0, 5 - over) : 0)
  const title = block.title ? wrap(labelText(block.title, style), style.width, style).map(style.paint.bold) : []
  const panels = block.panels.map((panel) => ({
    label: labelText(panel.label, style),
    shares: shares(panel.counts, bins),
  }))
  const full = panels.flatMap((panel) => (panel.shares ? [panel.shares] : []))
  const empty = (label: string): string[] => wrap(words.nothingToDraw(label), style.width, style)
  if (full.length === 0) return [...title, ...(panels.length === 0 ? empty('') : panels.flatMap((p) => empty(p.label)))]

  const binZones = Array.from({ length: bins }, (_, i): Zone => block.zones[i] ?? block.zones.at(-1) ?? 'all')
  const format = onScreen(
    block.format.replace(/^(fp|bf|tf)(?=\d)/, (prefix) => prefix.toUpperCase()),
    style,
  )
  // The margin holds "100 %" and, where it is not too long, the name of the format.
  const name = displayWidth(format, style) <= 12 ? format : ''
  const margin = Math.max(7, displayWidth(name, style) + 2)
  const grid = fit(bins, style.width - margin, binZones, full)
  const zones = grid.columns.map((span) => zoneOf(span, binZones))
  const heights = panels.map(
    (panel) => panel.shares && grid.columns.map(({ from, to }) => sumOver(panel.shares ?? [], from, to)),
  )
  const tallest = heights.reduce((most, h) => (h ?? []).reduce((a, b) => Math.max(a, b), most), 0)
  const top = roundUp(tallest * 100)
  const rows = panels.length > 1 ? 4 : 6

  const draw = (index: number): string[] => {
    const { label } = panels[index] as { label: string }
    const own = heights[index]
    if (!own) return empty(label)
    const dots = bars(own, top / 100, rows, zones, style)
    const inside = label === '' || writeInside(label, dots, style)
    return [
      ...(inside ? [] : hang(' '.repeat(margin), label, style)),
      ...dots.map((row, i) => {
        const mark =
          i === 0
            ? `${`${number(top)} % `.padStart(margin - 1)}${screen.top}`
            : `${' '.repeat(margin - 1)}${screen.axis}`
        return style.paint.dim(mark) + paintRow(row)
      }),
    ]
  }

  const unnamed = new Set<Zone>()
  const bar = paintRow(zoneBar(zones, grid, block, style, unnamed))
  const ticks = tickLine(block, zones, grid, binZones, style)
  const legend = [...unnamed].map((zone) => {
    const long = zone === 'all' ? words.all(block.precision)[0] : words[zone][0]
    return `${screen.fill[zone]} ${long}`
  })
  const edge = (k: number): string => powerText(block.first + k)
  const caption = [
    words.columns(grid.powers),
    words.height,
    ...(grid.foldLeft ? [`< ${words.below(edge((grid.columns[0] as Span).to + 1))}`] : []),
    ...(grid.foldRight ? [`> ${words.above(edge((grid.columns.at(-1) as Span).from))}`] : []),
    ...legend,
  ].join(style.lang === 'zh' ? '；' : '; ')
  return [
    ...title,
    ...draw(0),
    `${pad(name, margin - 1, style, 'right')} ${bar}`,
    style.paint.dim(' '.repeat(margin) + ticks),
    ...panels.slice(1).flatMap((_, i) => draw(i + 1)),
    ...wrap(caption, style.width, style).map(style.paint.dim),
  ]
}
