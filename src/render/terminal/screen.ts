/** The whole screen of a Result: title, findings, blocks, conclusion, what to try next. */
import type { Block, Finding, Note, Result, Tone } from '../../result/result.js'
import { fill, runsTable } from '../cells.js'
import { tell } from '../words.js'
import { bitField } from './bit-field.js'
import { histogram } from './histogram.js'
import { lineChart } from './line-chart.js'
import { listing } from './listing.js'
import { numberLine } from './number-line.js'
import { scatter } from './scatter.js'
import { displayWidth, labelText, onScreen, type Style, trimmed } from './style.js'
import { tableBlock } from './table.js'
import { hang, wrap } from './wrap.js'

const toneMarks = {
  unicode: { good: '✓ ', bad: '✗ ', note: '· ' },
  ascii: { good: '+ ', bad: 'x ', note: '- ' },
} as const

const toneMark = (tone: Tone, style: Style): string => toneMarks[style.ascii ? 'ascii' : 'unicode'][tone]

/** The lines of a sentence with its mark in the colour of its tone. */
function marked(mark: string, text: string, tone: Tone, style: Style): string[] {
  return hang(mark, text, style).map((line) => style.paint.tone[tone](line))
}

/** The lines of a finding. */
export const finding = (f: Finding, style: Style): string[] =>
  marked(toneMark(f.tone, style), tell(f, style.words), f.tone, style)

/** A note is a finding in its place between the pictures; where it only tells, it has no mark. */
const note = (n: Note, style: Style): string[] =>
  n.tone === 'note' ? wrap(tell(n, style.words), style.width, style) : finding(n, style)

/** The lines of a block, its title first. */
export function block(b: Block, style: Style): string[] {
  if (b.kind === 'note') return note(b, style)
  if (b.kind === 'histogram') return histogram(b, style)
  const title = b.title ? wrap(labelText(b.title, style), style.width, style).map(style.paint.bold) : []
  if (b.kind === 'table') return [...title, ...tableBlock(b, style)]
  if (b.kind === 'line-chart') return [...title, ...lineChart(b, style)]
  if (b.kind === 'bit-field') return [...title, ...bitField(b, style)]
  if (b.kind === 'listing') return [...title, ...listing(b, style)]
  if (b.kind === 'scatter') return [...title, ...scatter(b, style)]
  return [...title, ...numberLine(b, style)]
}

/** Title on the left, subject on the right of the same line, or of the next where both do not fit. */
function head(result: Result, style: Style): string[] {
  if (!result.lesson && !result.subject) return []
  const title = onScreen(result.lesson ? fill(result.lesson.title, result.lesson, style.words) : result.scenario, style)
  const subject = result.subject ? labelText(result.subject, style) : ''
  const between = style.width - displayWidth(title, style) - displayWidth(subject, style)
  if (subject !== '' && between >= 2) return [style.paint.bold(title) + ' '.repeat(between) + style.paint.dim(subject)]
  return [
    ...wrap(title, style.width, style).map(style.paint.bold),
    ...(subject === '' ? [] : wrap(subject, style.width, style).map(style.paint.dim)),
  ]
}

/** The commands to try next, none of them broken in two where it fits a line. */
function next(commands: readonly string[], style: Style): string[] {
  if (commands.length === 0) return []
  const mark = onScreen(style.words.screen.next, style)
  const indent = displayWidth(mark, style)
  const separator = style.ascii ? '  |  ' : '  ·  '
  const lines: string[] = []
  for (const command of commands) {
    const text = onScreen(`fpsim ${command}`, style)
    const last = lines.at(-1)
    const joined = last === undefined ? undefined : `${last}${separator}${text}`
    if (joined !== undefined && displayWidth(joined, style) <= style.width - indent) lines[lines.length - 1] = joined
    else lines.push(...wrap(text, style.width - indent, style))
  }
  return lines.map((line, i) => (i === 0 ? mark : ' '.repeat(indent)) + line)
}

/** The lines of a screen, none wider than the style's width. */
export function screen(result: Result, style: Style): string[] {
  const runs = runsTable(result, style.words)
  const { lesson } = result
  const conclude = lesson?.conclude && fill(lesson.conclude, lesson, style.words)
  return [
    ...head(result, style),
    ...result.findings.flatMap((f) => finding(f, style)),
    ...result.blocks.flatMap((b) => block(b, style)),
    ...(runs ? block(runs, style) : []),
    ...(conclude ? wrap(conclude, style.width, style) : []),
    ...next(lesson?.next ?? [], style),
  ].map(trimmed)
}
