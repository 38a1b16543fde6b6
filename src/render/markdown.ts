/** A Result as Markdown: text as text, tables as tables, pictures as drawn on the screen, in code blocks. */
import type { Block, Finding, Result, Table } from '../result/result.js'
import type { Lang } from '../text/text.js'
import { alignment, fill, runsTable, writeCell } from './cells.js'
import { block as drawn, type Style, styleOf } from './terminal/document.js'
import { trimmed } from './terminal/style.js'
import { clean } from './terminal/symbols.js'
import { say, tell, type Words } from './words.js'

/** A text on one line, with the characters that Markdown or HTML would act on escaped. */
const inline = (text: string): string =>
  clean(text.replace(/\s+/g, ' '))
    .trim()
    .replace(/[\\`*_[\]<>|#~]/g, (char) => `\\${char}`)

function tableLines(table: Table, words: Words): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    row(table.columns.map((column) => inline(say(column.label, words)))),
    row(table.columns.map((column) => (alignment(column) === 'right' ? '---:' : '---'))),
    ...table.rows.map((cells) => row(table.columns.map((column, c) => inline(writeCell(cells[c], column, words))))),
  ]
}

function blockLines(block: Block, style: Style): string[] {
  if (block.kind === 'note') return [inline(tell(block, style.words))]
  const title = block.title ? [`## ${inline(say(block.title, style.words))}`, ''] : []
  if (block.kind === 'table') return block.columns.length === 0 ? title : [...title, ...tableLines(block, style.words)]
  const { title: _, ...untitled } = block
  return [...title, '```text', ...drawn(untitled, style).map(trimmed), '```']
}

export function toMarkdown(result: Result, o: { lang: Lang; width: number; charset: 'unicode' | 'ascii' }): string {
  const style = styleOf({ lang: o.lang, width: o.width, charset: o.charset })
  const { words } = style
  const { lesson } = result
  const marks = o.charset === 'ascii' ? { good: '+ ', bad: 'x ', note: '' } : { good: '✓ ', bad: '✗ ', note: '' }
  const findingLine = (f: Finding): string => `- ${marks[f.tone]}${inline(tell(f, words))}`
  const runs = runsTable(result, words)
  const parts: string[][] = [
    [`# ${inline(lesson ? fill(lesson.title, lesson, words) : result.scenario)}`],
    result.subject ? [inline(say(result.subject, words))] : [],
    result.findings.map(findingLine),
    ...result.blocks.map((block) => blockLines(block, style)),
    runs ? blockLines(runs, style) : [],
    lesson?.conclude ? [inline(fill(lesson.conclude, lesson, words))] : [],
    lesson && lesson.next.length > 0
      ? [`${words.screen.next}${lesson.next.map((name) => `\`fpsim ${name.replaceAll('`', '')}\``).join(' · ')}`]
      : [],
    lesson && lesson.see.length > 0
      ? [`## ${words.screen.see}`, '', ...lesson.see.map((item) => `- ${inline(item)}`)]
      : [],
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}
