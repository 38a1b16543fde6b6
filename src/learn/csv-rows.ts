/** CSV as people and spreadsheets write it: any separator, quotes, line breaks in quotes; every row with its line. */

export interface CsvRow {
  /** Where it begins. */
  readonly line: number
  readonly fields: readonly string[]
}

export interface Csv {
  readonly rows: readonly CsvRow[]
  /** Lines on which a quote is opened that its field does not close; the rows after them are read. */
  readonly open: readonly number[]
}

const separators = [',', ';', '\t', '，', '；'] as const

/** The separator that the first line has most of, outside quotes; a first line `sep=;` says it. */
function separatorOf(text: string): string {
  const [first = ''] = text.split(/\r\n|\r|\n/, 1)
  const said = /^sep=(.)$/i.exec(first.trim())?.[1]
  if (said !== undefined) return said
  const bare = first.replace(/"[^"]*"/g, '')
  const counts = separators.map((one) => bare.split(one).length)
  return separators[counts.indexOf(Math.max(...counts))] as string
}

/** Reads fields up to the end of a row; `end` is where the next row begins. Undefined: a quote is not closed as it should. */
function rowAt(text: string, from: number, separator: string): { fields: string[]; end: number } | undefined {
  const fields: string[] = []
  let at = from
  for (;;) {
    let field = ''
    // A quote opens a field only where the field begins; elsewhere it is a character like any other.
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (at >= text.length) return undefined
        if (text[at] !== '"') field += text[at]
        else if (text[at + 1] === '"') field += text[++at]
        else break
      }
      at++
      // Behind the closing quote the field ends: else it was another one that closed it.
      while (text[at] === ' ') at++
      if (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') return undefined
    }
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') field += text[at++]
    fields.push(field)
    if (text[at] === separator) at++
    else return { fields, end: text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1 }
  }
}

/** The row without the meaning of quotes: what is left where one is never closed. */
function lineEnd(text: string, from: number): number {
  const rest = /\r\n|\r|\n/g
  rest.lastIndex = from
  const found = rest.exec(text)
  return found ? rest.lastIndex : text.length
}

const breaks = (text: string): number => text.match(/\r\n|\r|\n/g)?.length ?? 0

/** All rows that are not empty, the header among them. */
export function csvRows(text: string): Csv {
  const separator = separatorOf(text)
  const rows: CsvRow[] = []
  const open: number[] = []
  let line = 1
  for (let at = 0; at < text.length; ) {
    const row = rowAt(text, at, separator)
    const end = row?.end ?? lineEnd(text, at)
    if (!row) open.push(line)
    else if (
      row.fields.some((field) => field.trim() !== '') &&
      !(line === 1 && /^sep=.$/i.test(row.fields.join(separator)))
    )
      rows.push({ line, fields: row.fields.map((field) => field.trim()) })
    line += breaks(text.slice(at, end))
    at = end
  }
  return { rows, open }
}
