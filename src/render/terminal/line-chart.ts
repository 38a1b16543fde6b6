/** Lines over a shared x axis: resampled to the width, with gaps where a value is not finite, named at their ends. */
import type { LineChart } from '../../result/result.js'
import { number } from '../../text/numbers.js'
import { type Glyphs, plotRun } from './asciichart.js'
import { labelRow } from './labels.js'
import type { Paint } from './palette.js'
import { type Axis, along, axis, place, type ScaleKind } from './scale.js'
import { type Dot, displayWidth, labelText, onScreen, pad, paintRow, type Style } from './style.js'
import { wrap } from './wrap.js'

/** One look a line, so that lines differ without colour. */
const looks: Readonly<Record<'unicode' | 'ascii', readonly Glyphs[]>> = {
  unicode: [
    ['─', '╰', '╭', '╯', '╮', '│'],
    ['═', '╚', '╔', '╝', '╗', '║'],
    ['┄', '┄', '┄', '┄', '┄', '┆'],
    ['*', '*', '*', '*', '*', '*'],
    ['o', 'o', 'o', 'o', 'o', 'o'],
    ['+', '+', '+', '+', '+', '+'],
  ],
  // No +, which marks what is right, and no =, which joins the names of equal lines.
  ascii: [
    ['-', "'", '.', "'", '.', '|'],
    ['*', '*', '*', '*', '*', '*'],
    ['o', 'o', 'o', 'o', 'o', 'o'],
    ['~', '~', '~', '~', '~', '~'],
    [':', ':', ':', ':', ':', ':'],
    ['#', '#', '#', '#', '#', '#'],
  ],
}

const frames = {
  unicode: { axis: '│', tick: '┤', line: '─', corner: '└', mark: '┬', bad: '×', event: '▲' },
  ascii: { axis: '|', tick: '+', line: '-', corner: '+', mark: '+', bad: 'x', event: '^' },
} as const

/** Zero and below have no place on a logarithmic axis; they are marked on the x axis instead. */
const belowLog = '0'

interface Line {
  readonly name: string
  readonly values: readonly number[]
  readonly paint: Paint
  readonly glyphs: Glyphs
}

/** Equal lines become one, named "a = b". */
function merged(block: LineChart, style: Style): Line[] {
  const groups: { names: string[]; values: readonly number[]; tone: 'good' | 'bad' | 'note' | undefined }[] = []
  for (const series of block.series) {
    const name = labelText(series.label, style)
    const same = groups.find(
      (group) =>
        group.values.length === series.values.length && group.values.every((v, i) => Object.is(v, series.values[i])),
    )
    if (same) same.names.push(name)
    else groups.push({ names: [name], values: series.values, tone: series.tone })
  }
  const glyphs = looks[style.ascii ? 'ascii' : 'unicode']
  return groups.map(({ names, values, tone }, i) => ({
    name: names.filter((name) => name !== '').join(' = '),
    values,
    paint:
      tone && tone !== 'note' ? style.paint.tone[tone] : (style.paint.lines[i % style.paint.lines.length] as Paint),
    glyphs: glyphs[i % glyphs.length] as Glyphs,
  }))
}

/** The column of every sample, left to right; by its index where the x values do not go up. */
function columnsOf(block: LineChart, samples: number, width: number): { columns: number[]; x: Axis | undefined } {
  const at = Array.from({ length: samples }, (_, i) => place(block.x.values[i] ?? Number.NaN, block.x.scale))
  const rising = at.every((v, i) => Number.isFinite(v) && (i === 0 || v > (at[i - 1] as number)))
  const [low, high] =
    rising && samples > 1 ? [at[0] as number, at[samples - 1] as number] : [0, Math.max(1, samples - 1)]
  const columns = Array.from({ length: samples }, (_, i) =>
    Math.round(along(rising && samples > 1 ? (at[i] as number) : i, low, high) * (width - 1)),
  )
  if (!rising) return { columns, x: undefined }
  if (samples === 1)
    return { columns, x: { low: 0, high: 1, ticks: [{ at: 0, text: number(block.x.values[0] as number) }] } }
  const round = axis(low, high, block.x.scale, Math.max(2, Math.floor(width / 12)))
  return { columns, x: { low, high, ticks: round.ticks.filter((tick) => tick.at >= low && tick.at <= high) } }
}

/**
 * One height a column, NaN where nothing is drawn. Where several samples share a column, two columns share theirs and
 * show the lowest and the highest in the order they came, so that a spike of one sample stays. Between samples that are
 * further apart the line is straight.
 */
function resample(heights: readonly number[], columns: readonly number[], width: number): number[] {
  const dense = columns.some((c, i) => i > 0 && c === columns[i - 1])
  const size = dense && width > 1 ? 2 : 1
  const out = new Array<number>(width).fill(Number.NaN)
  const buckets = new Map<number, number[]>()
  heights.forEach((h, i) => {
    const bucket = Math.min(Math.floor((columns[i] as number) / size), Math.max(0, Math.floor(width / size) - 1))
    const list = buckets.get(bucket)
    if (list) list.push(h)
    else buckets.set(bucket, [h])
  })
  let before: { column: number; height: number } | undefined
  for (const [bucket, all] of [...buckets].sort((a, b) => a[0] - b[0])) {
    const finite = all.filter((h) => !Number.isNaN(h))
    const start = bucket * size
    if (finite.length > 0) {
      let low = 0
      let high = 0
      finite.forEach((h, i) => {
        if (h < (finite[low] as number)) low = i
        if (h > (finite[high] as number)) high = i
      })
      out[start] = finite[Math.min(low, high)] as number
      if (size === 2) out[start + 1] = finite[Math.max(low, high)] as number
      // Straight on from the sample before, unless something not finite lies between.
      if (before && !Number.isNaN(all[0] as number)) {
        const gap = start - before.column
        for (let c = 1; c < gap; c++)
          out[before.column + c] = before.height + (((out[start] as number) - before.height) * c) / gap
      }
    }
    const end = start + size - 1
    before = Number.isNaN(all.at(-1) as number) ? undefined : { column: end, height: out[end] as number }
  }
  return out
}

/** Draws a line into the grid, run by run, and gives the row where it ends; undefined where it is nowhere drawn. */
function drawLine(line: Line, heights: readonly number[], grid: Dot[][]): number | undefined {
  const rows = grid.length
  let last: number | undefined
  for (let start = 0; start < heights.length; start++) {
    if (Number.isNaN(heights[start] as number)) continue
    let end = start
    while (end < heights.length && !Number.isNaN(heights[end] as number)) end++
    const run = heights.slice(start, end).map((h) => Math.round(h * (rows - 1)))
    plotRun(run, rows, line.glyphs).forEach((text, row) => {
      for (let c = 0; c < text.length; c++) {
        const char = text[c] as string
        if (char !== ' ') (grid[row] as Dot[])[start + c] = { char, paint: line.paint }
      }
    })
    last = rows - 1 - (run.at(-1) as number)
    start = end
  }
  return last
}

/** Rows for the names at the right: each where its line ends, or as near as the others let it. */
function spread(wanted: readonly number[], rows: number): number[] {
  const order = wanted.map((row, i) => ({ row, i })).sort((a, b) => a.row - b.row || a.i - b.i)
  const placed: number[] = []
  order.forEach(({ row }, n) => {
    placed.push(n === 0 ? row : Math.max(row, (placed[n - 1] as number) + 1))
  })
  for (let n = placed.length - 1, limit = rows - 1; n >= 0; n--, limit--) {
    placed[n] = Math.min(placed[n] as number, limit)
    limit = placed[n] as number
  }
  const out: number[] = []
  order.forEach(({ i }, n) => {
    out[i] = placed[n] as number
  })
  return out
}

/** Entries of a legend on as few lines as hold them, none of them torn apart. */
function packed(entries: readonly string[], style: Style): string[] {
  const out: string[] = []
  for (const entry of entries.map((text) => onScreen(text, style))) {
    const joined = out.length === 0 ? entry : `${out.at(-1)}   ${entry}`
    if (out.length > 0 && displayWidth(joined, style) <= style.width) out[out.length - 1] = joined
    else out.push(...wrap(entry, style.width, style))
  }
  return out
}

/** The lines of a chart, without its title. */
export function lineChart(block: LineChart, style: Style): string[] {
  const words = style.words.screen
  const frame = frames[style.ascii ? 'ascii' : 'unicode']
  const lines = merged(block, style)
  const samples = lines.reduce((most, line) => Math.max(most, line.values.length), 0)
  const kind: ScaleKind = block.y.scale
  const placed = lines.map((line) => line.values.map((v) => place(v, kind)))
  let low = Infinity
  let high = -Infinity
  for (const v of placed.flat()) {
    if (v < low) low = v
    if (v > high) high = v
  }
  const yLabel = labelText(block.y.label, style)
  if (low > high) {
    const names = lines.map((line) => line.name).filter((name) => name !== '')
    return wrap([...names, words.noFiniteValue].join(style.lang === 'zh' ? '；' : '; '), style.width, style)
  }

  const about = block.rows ?? 10
  const y = axis(low, high, kind, Math.min(5, Math.floor(about / 2)))
  const steps = y.ticks.length - 1
  const rows = Math.max(1, steps < 1 ? about : Math.floor(about / steps)) * Math.max(1, steps) + (steps < 1 ? 0 : 1)
  const tickTexts = y.ticks.map((tick) => ({
    row: rows - 1 - Math.round(along(tick.at, y.low, y.high) * (rows - 1)),
    text: tick.text,
  }))
  const margin = tickTexts.reduce((most, tick) => Math.max(most, tick.text.length), 4) + 2

  // Names stand at the right end of their lines; where they are too long or too many, under the chart.
  const named = lines.filter((line) => line.name !== '')
  const nameWidth = named.reduce((most, line) => Math.max(most, displayWidth(line.name, style)), 0) + 3
  const atEnd = named.length > 0 && nameWidth <= Math.floor(style.width / 3) && named.length <= rows
  const width = style.width - margin - (atEnd ? nameWidth : 0)

  const { columns, x } = columnsOf(block, samples, width)
  const grid = Array.from({ length: rows }, () => Array.from({ length: width }, (): Dot => ({ char: ' ' })))
  const ends: (number | undefined)[] = []
  // Last to first: where lines meet, the one named first is on top.
  for (let i = lines.length - 1; i >= 0; i--) {
    const heights = (placed[i] as number[]).map((v) => (Number.isNaN(v) ? v : along(v, y.low, y.high)))
    ends[i] = drawLine(lines[i] as Line, resample(heights, columns, width), grid)
  }

  // The x axis, with a mark where a value had no place in the picture.
  const rule: Dot[] = Array.from({ length: width }, () => ({ char: frame.line, paint: style.paint.dim }))
  const ticks = labelRow(width, style)
  const set = (column: number, text: string): void => {
    const wide = displayWidth(text, style)
    const start = Math.max(0, Math.min(width - wide, column - Math.floor(wide / 2)))
    if (ticks.set(text, start)) rule[column] = { char: frame.mark, paint: style.paint.dim }
  }
  if (x) for (const tick of x.ticks) set(Math.round(along(tick.at, x.low, x.high) * (width - 1)), tick.text)
  else
    for (const i of [0, samples - 1, Math.floor(samples / 2)])
      if (samples > 0) set(columns[i] as number, number(block.x.values[i] ?? i))
  let notFinite = false
  let notPositive = false
  for (const line of lines)
    line.values.forEach((v, i) => {
      if (!Number.isNaN(place(v, kind))) return
      const finite = Number.isFinite(v)
      if (finite) notPositive = true
      else notFinite = true
      const column = columns[i] as number
      if (finite && rule[column]?.char === frame.bad) return
      rule[column] = { char: finite ? belowLog : frame.bad, paint: style.paint.tone.bad }
    })

  for (const at of x ? (block.marks?.at ?? []) : []) {
    const { low: left, high: right } = x as Axis
    const spot = place(at, block.x.scale)
    if (spot >= left && spot <= right)
      rule[Math.round(along(spot, left, right) * (width - 1))] = { char: frame.event, paint: style.paint.tone.bad }
  }

  const nameRows = spread(
    lines.flatMap((line, i) => (line.name === '' ? [] : [ends[i] ?? rows - 1])),
    rows,
  )
  const nameAt = new Map(named.map((line, i) => [nameRows[i] as number, line]))
  const sample = (line: Line): string => `${line.glyphs[0]} ${line.name}`
  const xLabel = labelText(block.x.label, style)
  const legend = [
    ...(atEnd ? [] : named.map(sample)),
    ...(notFinite ? [`${frame.bad} ${words.notFinite}`] : []),
    ...(notPositive ? [`${belowLog} ${words.notPositive}`] : []),
    ...(block.marks && block.marks.at.length > 0 ? [`${frame.event} ${labelText(block.marks.label, style)}`] : []),
  ]
  const under = ticks.toString()
  const xFits = margin + displayWidth(under, style) + 2 + displayWidth(xLabel, style) <= style.width
  return [
    ...(yLabel === '' ? [] : wrap(yLabel, style.width, style).map(style.paint.dim)),
    ...grid.map((row, r) => {
      const tick = tickTexts.find((t) => t.row === r)
      const left = tick ? `${tick.text.padStart(margin - 2)} ${frame.tick}` : `${' '.repeat(margin - 1)}${frame.axis}`
      const name = atEnd ? nameAt.get(r) : undefined
      return style.paint.dim(left) + paintRow(row) + (name ? ` ${name.paint(sample(name))}` : '')
    }),
    style.paint.dim(`${' '.repeat(margin - 1)}${frame.corner}`) + paintRow(rule),
    style.paint.dim(
      `${' '.repeat(margin)}${xFits && xLabel !== '' ? `${pad(under, displayWidth(under, style), style)}  ${xLabel}` : under}`,
    ),
    ...(xFits || xLabel === '' ? [] : wrap(xLabel, style.width, style).map(style.paint.dim)),
    ...packed(legend, style),
  ]
}
