/** Bits in their three fields, one row a value, with what is known of it behind. */
import type { BitField } from '../../result/result.js'
import { type Dot, displayWidth, labelText, onScreen, pad, paintRow, type Style } from './style.js'
import { wrap } from './wrap.js'

const gap = 2

/** The three fields with a blank between, so that they are told apart without colour. */
function bits(row: BitField['rows'][number], style: Style): Dot[] {
  const { sign, exponent, fraction } = style.paint.bits
  const fields = [
    { text: row.sign, paint: sign },
    { text: row.exponent, paint: exponent },
    { text: row.fraction, paint: fraction },
  ].filter((field) => field.text !== '')
  return fields.flatMap(({ text, paint }, i) => [
    ...(i === 0 ? [] : [{ char: ' ' }]),
    ...[...onScreen(text, style)].map((char) => ({ char, paint })),
  ])
}

/** The lines of a bit field, without its title. */
export function bitField(block: BitField, style: Style): string[] {
  const rows = block.rows.map((row) => ({
    label: labelText(row.label, style),
    dots: bits(row, style),
    notes: row.notes.map((note) => (typeof note === 'string' ? onScreen(note, style) : labelText(note, style))),
  }))
  const widest = (widths: readonly number[]): number => widths.reduce((a, b) => Math.max(a, b), 0)
  const wide = (text: string): number => displayWidth(text, style)
  const labelWidth = Math.min(widest(rows.map((row) => wide(row.label))), Math.floor(style.width / 3))
  const left = labelWidth === 0 ? 0 : labelWidth + gap
  const room = style.width - left
  const noteCount = widest(rows.map((row) => row.notes.length))
  const noteWidths = Array.from({ length: noteCount }, (_, i) => widest(rows.map((row) => wide(row.notes[i] ?? ''))))
  const notesTake = noteWidths.reduce((total, w) => total + gap + w, 0)
  // Notes stand in columns behind the bits; those of a row too long for that stand under it.
  const fits = (dots: readonly Dot[]): boolean => dots.length + notesTake <= room
  const bitWidth = widest(rows.map(({ dots }) => (fits(dots) ? dots.length : 0)))
  return rows.flatMap(({ label, dots, notes }) => {
    const labels = wrap(label, Math.max(2, labelWidth), style)
    const chunks: Dot[][] = []
    for (let i = 0; i < dots.length; i += room) chunks.push(dots.slice(i, i + room))
    const joined = notes.filter((note) => note !== '').join(' '.repeat(gap))
    const beside = fits(dots)
      ? notes.map((note, i) => pad(note, noteWidths[i] as number, style)).join(' '.repeat(gap))
      : ''
    const under = fits(dots) || joined === '' ? [] : wrap(joined, style.width - gap, style)
    const height = Math.max(1, labels.length, chunks.length)
    const lines = Array.from({ length: height }, (_, i) => {
      const dotsHere = chunks[i] ?? []
      const head = left === 0 ? '' : pad(labels[i] ?? '', left, style)
      const text = i === 0 ? beside : ''
      const fill = text === '' ? '' : ' '.repeat(bitWidth - dotsHere.length + gap)
      return head + paintRow(dotsHere) + fill + text
    })
    return [...lines, ...under.map((line) => ' '.repeat(gap) + line)]
  })
}
