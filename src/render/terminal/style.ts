/** How a screen is to look: language, width, colour, character set; and the measuring that follows from it. */
import { eastAsianWidth } from 'get-east-asian-width'
import type { Label } from '../../result/result.js'
import type { Lang } from '../../text/text.js'
import { say, type Words, wordsOf } from '../words.js'
import { type ColorLevel, type Paint, type Palette, palette } from './palette.js'
import { clean, spellOut } from './symbols.js'

export interface Style {
  readonly words: Words
  readonly lang: Lang
  readonly width: number
  readonly paint: Palette
  /** Frames, bars and symbols in ASCII: asked for, or because the terminal draws the others two columns wide. */
  readonly ascii: boolean
  /** Whether Chinese letters may stay where `ascii` holds: everywhere but on an English ASCII screen. */
  readonly keepWide: boolean
  readonly ambiguous: 'narrow' | 'wide'
}

export interface StyleOptions {
  readonly lang?: Lang
  readonly width?: number
  readonly color?: boolean | ColorLevel
  readonly charset?: 'unicode' | 'ascii'
  readonly ambiguous?: 'narrow' | 'wide'
}

export function styleOf(o: StyleOptions = {}): Style {
  const { lang = 'en', width = 80, color = 0, charset = 'unicode', ambiguous = 'narrow' } = o
  return {
    words: wordsOf(lang),
    lang,
    width,
    paint: palette(Number(color) as ColorLevel),
    ascii: charset === 'ascii' || ambiguous === 'wide',
    keepWide: charset === 'unicode' || lang === 'zh',
    ambiguous,
  }
}

/**
 * Columns that clean text (see onScreen) takes on the screen; escape codes take none. Clean text has no combining marks
 * and no emoji, so the width of each character settles it, without the 60 ms that loading string-width takes.
 */
export function displayWidth(text: string, { ambiguous }: Pick<Style, 'ambiguous'>): number {
  const plain = text.replace(/\p{Cc}\[[0-9;]*m/gu, '')
  if (/^[ -~]*$/.test(plain)) return plain.length
  let width = 0
  for (const char of plain)
    width += eastAsianWidth(char.codePointAt(0) as number, { ambiguousAsWide: ambiguous === 'wide' })
  return width
}

/** One line of text as it may stand on this screen. */
export const onScreen = (text: string, style: Style): string =>
  style.ascii ? spellOut(text, style.keepWide) : clean(text)

/** The words of a label as they may stand on this screen. */
export const labelText = (label: Label, style: Style): string => onScreen(say(label, style.words), style)

/** A text filled up with blanks to a width. */
export function pad(text: string, width: number, style: Style, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text, style)))
  return align === 'left' ? text + blanks : blanks + text
}

/** A line without its blanks at the end, also where escape codes stand between them. */
export const trimmed = (line: string): string =>
  line.replace(/(?: |\p{Cc}\[[0-9;]*m)+$/u, (tail) => tail.replaceAll(' ', ''))

/** A row of single characters, each with its paint; neighbours of one paint share one escape code. */
export interface Dot {
  readonly char: string
  readonly paint?: Paint | undefined
}

export function paintRow(dots: readonly Dot[]): string {
  let out = ''
  let run = ''
  let paint: Paint | undefined
  const flush = (): void => {
    out += paint && run !== '' ? paint(run) : run
    run = ''
  }
  for (const dot of dots) {
    if (dot.paint !== paint) {
      flush()
      paint = dot.paint
    }
    run += dot.char
  }
  flush()
  return out
}
