/** Labels set in rows of characters without touching each other. */
import { displayWidth, type Style } from './style.js'

/** A row of fixed width that knows which of its columns are taken. */
export interface LabelRow {
  /** Sets a text with its first column at `start`; false where it does not fit with `gap` free columns beside it. */
  set(text: string, start: number, gap?: number): boolean
  toString(): string
}

export function labelRow(width: number, style: Style): LabelRow {
  const placed: { start: number; end: number; text: string }[] = []
  return {
    set(text, start, gap = 2) {
      const end = start + displayWidth(text, style)
      if (start < 0 || end > width) return false
      if (placed.some((other) => start < other.end + gap && other.start < end + gap)) return false
      placed.push({ start, end, text })
      return true
    },
    toString() {
      let line = ''
      let column = 0
      for (const { start, end, text } of placed.sort((a, b) => a.start - b.start)) {
        line += ' '.repeat(start - column) + text
        column = end
      }
      return line
    },
  }
}
