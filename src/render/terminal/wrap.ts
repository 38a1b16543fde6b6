/** Text broken into lines by display width, also between Chinese letters. */
import { displayWidth, onScreen, type Style } from './style.js'
import { isWide } from './symbols.js'

// Our own: wrap-ansi cannot count ambiguous characters as wide, and breaks before 。 and after （.
const closing = /[，。、；：？！）】》」』〉”’％…—,.;:!?)\]}%]/u
const opening = /[（【《「『〈“‘([{]/u

/** A piece that no line breaks inside, and the blanks before it. */
interface Atom {
  gap: number
  text: string
}

function atoms(text: string): Atom[] {
  const list: Atom[] = []
  let gap = 0
  let before = ''
  for (const char of text) {
    if (char === ' ') {
      gap++
      continue
    }
    const last = list.at(-1)
    const touching = gap === 0 && ((!isWide(char) && !isWide(before)) || closing.test(char) || opening.test(before))
    // "3.3 %" is one thing.
    if (last && (touching || (gap === 1 && char === '%'))) last.text += ' '.repeat(gap) + char
    else list.push({ gap, text: char })
    gap = 0
    before = char
  }
  return list
}

/** The widest piece of a text that cannot be broken at a fair place. */
export const longestAtom = (text: string, style: Style): number =>
  atoms(text).reduce((widest, atom) => Math.max(widest, displayWidth(atom.text, style)), 0)

function wrapParagraph(text: string, width: number, style: Style): string[] {
  const lines: string[] = []
  let line = ''
  for (const atom of atoms(text)) {
    const joined = line + ' '.repeat(line === '' ? 0 : atom.gap) + atom.text
    if (displayWidth(joined, style) <= width) {
      line = joined
      continue
    }
    if (line !== '') lines.push(line)
    line = ''
    // What is wider than a whole line is cut where it must be.
    for (const char of atom.text) {
      if (line !== '' && displayWidth(line + char, style) > width) {
        lines.push(line.trimEnd())
        line = char.trimStart()
      } else line += char
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line)
  return lines
}

/** The lines of a text; its own line breaks stay. Runs of blanks stay too, except at a break. */
export const wrap = (text: string, width: number, style: Style): string[] =>
  text.split(/\r?\n/).flatMap((paragraph) => wrapParagraph(onScreen(paragraph, style), Math.max(2, width), style))

/** The lines of a text behind a mark, the later ones indented to where the first begins. */
export function hang(mark: string, text: string, style: Style, width = style.width): string[] {
  const indent = displayWidth(mark, style)
  return wrap(text, width - indent, style).map((line, i) => (i === 0 ? mark : ' '.repeat(indent)) + line)
}
