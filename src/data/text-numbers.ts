/** Numbers in text: .csv, .tsv, .txt, a pipe. One number a field, whatever separates the fields. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import { BLOCK } from './elements.js'
import { looksLike } from './kind.js'
import { show } from './show.js'
import type { Block, Source } from './source.js'

/** Longest field. A number in any notation is shorter; a binary file or one endless word must not fill the memory. */
const FIELD_LIMIT = 1_000
const HEADER_LIMIT = 65_536
/** Bytes taken at a time: no more than BLOCK / 2 fields. */
const PIECE = 65_536

/** A text as a source. `open` gives its bytes from the start; called once per pass, and where it cannot, it throws. */
export function textSource(text: { name: string; path: string; open(): AsyncIterable<Uint8Array> }): Source {
  return { name: text.name, blocks: () => blocks(text.path, text.open()) }
}

async function* blocks(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Block> {
  const scanner = createScanner(path)
  let total = 0
  let first = true
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue
    let from = first ? start(path, chunk) : 0
    first = false
    for (; from < chunk.length; from += PIECE) {
      if (scanner.count() > BLOCK - PIECE / 2 - 1) {
        total += scanner.count()
        yield { tensor: '', values: scanner.take() }
      }
      const length = Math.min(PIECE, chunk.length - from)
      scanner.scan(Buffer.from(chunk.buffer, chunk.byteOffset + from, length).toString('latin1'))
    }
  }
  if (first) throw new FpsimError('bad-data', { file: path, problem: 'empty' })
  scanner.end()
  total += scanner.count()
  if (total === 0) throw new FpsimError('bad-data', { file: path, problem: 'text-no-numbers' })
  if (scanner.count() > 0) yield { tensor: '', values: scanner.take() }
}

/** Where the text begins: after a byte order mark. Throws for what is no text in UTF-8. */
function start(path: string, head: Uint8Array): number {
  const [a, b, c] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    throw new FpsimError('bad-data', { file: path, problem: 'text-utf16' })
  const looks = looksLike(head)
  if (looks !== undefined) throw new FpsimError('bad-data', { file: path, problem: 'text-binary', looks })
  return a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0
}

// What a byte is. Up to WORD it belongs to a field.
const [DIGIT, WORD, BLANK, COMMA, SEMICOLON, LINE_FEED, RETURN, HASH, QUOTE, NUL] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

function byteKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(WORD)
  const set = (characters: string, kind: number) => {
    for (const c of characters) kinds[c.charCodeAt(0)] = kind
  }
  set('0123456789+-.eE', DIGIT)
  set(' \t\v\f', BLANK)
  set(',', COMMA)
  set(';', SEMICOLON)
  set('\n', LINE_FEED)
  set('\r', RETURN)
  set('#', HASH)
  set('"', QUOTE)
  set('\0', NUL)
  return kinds
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/** Bytes as characters 0 to 255, back to the text they encode. */
const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')

/** The number a field holds. Decimals by the language's own correctly rounded conversion, the rest by parseNumber. */
function numberOf(field: string, decimal: boolean): number | undefined {
  if (decimal) {
    const value = Number(field)
    if (Number.isFinite(value)) return value
  }
  return parseNumber(utf8(field))
}

interface Scanner {
  /** Reads on. Each character stands for one byte. */
  scan(text: string): void
  /** The text is over. */
  end(): void
  /** Numbers found since the last take. */
  count(): number
  take(): Float64Array
}

/** A state machine, because a line or the whole file may be one line that never ends. Its memory is bounded. */
function createScanner(path: string): Scanner {
  const kinds = byteKinds()
  const values = new Float64Array(BLOCK)
  let count = 0

  let state: 'gap' | 'field' | 'quoted' | 'comment' | 'header' = 'gap'
  /** What came before this piece of the field or header being read. */
  let held = ''
  /** Whether the field so far has only the characters of a decimal. */
  let decimal = true
  let afterReturn = false

  let line = 1
  let firstLine = true
  /** Bytes before this piece, and before this line: for columns. */
  let before = 0
  let lineStart = 0
  /** Fields of this line so far; where the current one begins. */
  let fields = 0
  let fieldStart = 0

  // The gap in front of the next field.
  let separator = 0
  let blank = false
  // The line's separators, and whether a comma stood between two digits.
  let tight = false
  let otherThanComma = false
  let lastCode = 0
  let commaAfterDigit = false

  function bad(problem: string, values: object = {}): never {
    const column = fieldStart - lineStart + 1
    throw new FpsimError('bad-data', { file: path, problem, line, column, ...values })
  }
  const notANumber = (text: string) => bad('text-word', { field: fields, text: show(utf8(text)) })

  function finish(field: string): void {
    fields++
    if (field.length > FIELD_LIMIT)
      bad('text-long-field', { field: fields, limit: FIELD_LIMIT, text: show(utf8(field), 20) })
    const value = field === '' ? undefined : numberOf(field, decimal)
    if (value === undefined) {
      if (field === '' && !(firstLine && fields === 1)) bad('text-empty-field', { field: fields })
      if (!firstLine || fields > 1) notANumber(field)
      state = 'header'
      held = field
      return
    }
    values[count++] = value
  }

  /** A first line whose first field is no number: a header, if none of its fields looks like one. */
  function finishHeader(): void {
    const words = /[,;\t]/.test(held) ? held.split(/[,;\t]/) : held.split(/ +/)
    for (const word of words) {
      const bare = word.trim().replace(/^"(.*)"$/, '$1')
      if (bare === '') continue
      // A number, or one that went wrong: 1.5x, [1. But 0.weight and 2nd are words.
      const numeric = parseNumber(utf8(bare)) !== undefined || (/^[[({+-]*\.?\d/.test(bare) && !/[a-z]{2}/i.test(bare))
      if (numeric) notANumber(words[0] as string)
    }
    held = ''
  }

  function endLine(): void {
    if (fields > 0) firstLine = false
    line++
    fields = 0
    separator = 0
    blank = false
    tight = false
    otherThanComma = false
    commaAfterDigit = false
    state = 'gap'
  }

  /** Separators before a field that begins with the character `code`. */
  function closeGap(code: number): void {
    if (fields > 0) {
      if (separator === 0 && !blank) bad('text-quote')
      if (separator === COMMA) tight ||= commaAfterDigit && !blank && isDigit(code)
      else otherThanComma = true
      // 1,5;2,5 are two numbers with decimal commas: read as four they would be wrong in silence.
      if (tight && otherThanComma) bad('text-decimal-comma')
    }
    separator = 0
    blank = false
    commaAfterDigit = false
  }

  function scan(text: string): void {
    const length = text.length
    for (let i = 0; i < length; ) {
      const code = text.charCodeAt(i)
      const kind = kinds[code] as number
      if (afterReturn) {
        afterReturn = false
        if (kind === LINE_FEED) {
          lineStart = before + ++i
          continue
        }
      }
      if (state === 'field') {
        const from = i
        // Local: this loop sees every character of every number.
        let digits = true
        for (let k = kind; k <= WORD || k === QUOTE; k = kinds[text.charCodeAt(i)] as number) {
          if (k !== DIGIT) digits = false
          if (++i === length) break
        }
        decimal &&= digits
        held = held === '' ? text.slice(from, i) : held + text.slice(from, i)
        if (i < length || held.length > FIELD_LIMIT) {
          const field = held
          held = ''
          lastCode = field.charCodeAt(field.length - 1)
          state = 'gap'
          finish(field)
        }
        continue
      }
      if (kind === NUL) {
        fieldStart = before + i
        bad('text-nul')
      }
      if (kind === LINE_FEED || kind === RETURN) {
        if (state === 'quoted') bad('text-quote')
        if (state === 'header') finishHeader()
        endLine()
        afterReturn = kind === RETURN
        lineStart = before + ++i
        continue
      }
      if (state === 'comment') {
        while (++i < length && (kinds[text.charCodeAt(i)] as number) !== LINE_FEED && text[i] !== '\r');
        continue
      }
      if (state === 'header') {
        held += text[i++]
        if (held.length > HEADER_LIMIT) notANumber(held)
        continue
      }
      if (state === 'quoted') {
        i++
        if (kind === QUOTE) {
          const field = held.trim()
          held = ''
          lastCode = 0
          state = 'gap'
          finish(field)
        } else {
          if (kind !== DIGIT) decimal = false
          held += text[i - 1]
          if (held.length > FIELD_LIMIT) finish(held)
        }
        continue
      }
      if (kind <= WORD || kind === QUOTE) {
        fieldStart = before + i
        closeGap(code)
        decimal = true
        state = kind === QUOTE ? 'quoted' : 'field'
        if (kind === QUOTE) i++
      } else if (kind === HASH) {
        state = 'comment'
      } else if (kind === BLANK) {
        blank = true
        i++
      } else {
        fieldStart = before + i
        // The first of a line, or a second one: no number in front of it. An error, or the begin of a header.
        if (separator !== 0 || fields === 0) {
          finish('')
          continue
        }
        commaAfterDigit = kind === COMMA && !blank && isDigit(lastCode)
        separator = kind
        i++
      }
    }
    before += length
  }

  return {
    scan,
    end() {
      if (state === 'quoted') bad('text-quote')
      if (state === 'field') {
        const field = held
        held = ''
        finish(field)
      }
      // Nothing is held but in a header.
      finishHeader()
    },
    count: () => count,
    take() {
      const taken = values.subarray(0, count)
      count = 0
      return taken
    },
  }
}
