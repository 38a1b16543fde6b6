/** Lines of code with their numbers, a mark in the margin and a remark beside or under them. */
import type { Listing } from '../../result/result.js'
import { displayWidth, labelText, onScreen, pad, type Style } from './style.js'
import { wrap } from './wrap.js'

const marks = {
  unicode: { good: '✓', bad: '✗', note: '·' },
  ascii: { good: '+', bad: 'x', note: '-' },
} as const

/** Blanks between code and remark, at least. */
const gap = 2

/** Blanks that code keeps at its front on a narrow screen. */
const deepest = 8

interface Piece {
  readonly margin: string
  readonly code: readonly string[]
  readonly remark: string
}

/** The lines of a listing, none wider than the style's width. */
export function listing(block: Listing, style: Style): string[] {
  const signs = marks[style.ascii ? 'ascii' : 'unicode']
  const numbers = block.lines.map(({ number }) => (number === null ? '' : String(number)))
  const digits = Math.min(6, Math.max(1, ...numbers.map((text) => text.length)))
  const pieces = block.lines.map(({ text, tone, remark }, i): Piece => {
    const mark = tone === null ? ' ' : signs[tone]
    const margin = `${mark} ${pad((numbers[i] as string).slice(0, digits), digits, style, 'right')}  `
    const shown = onScreen(text, style)
    const indent = ' '.repeat(Math.min(deepest, shown.length - shown.trimStart().length))
    const room = style.width - displayWidth(margin, style)
    // Code that goes on is set in, so that it does not look like a line of its own.
    const code = wrap(shown.trimStart(), room - indent.length - 2, style).map(
      (line, part) => indent + (part === 0 ? '' : '  ') + line,
    )
    return { margin, code, remark: remark ? labelText(remark, style) : '' }
  })
  const start = displayWidth(pieces[0]?.margin ?? '', style)
  /** Where remarks begin: behind the longest code that leaves its own remark room. */
  const fits = ({ code, remark }: Piece): boolean =>
    code.length === 1 &&
    start + displayWidth(code[0] as string, style) + gap + displayWidth(remark, style) <= style.width
  const beside = pieces.filter((piece) => piece.remark !== '' && fits(piece))
  const widestRemark = Math.max(0, ...beside.map(({ remark }) => displayWidth(remark, style)))
  const column = Math.min(
    Math.max(0, ...beside.map(({ code }) => displayWidth(code[0] as string, style))) + gap,
    style.width - start - widestRemark,
  )
  return pieces.flatMap((piece, i) => {
    const { margin, code, remark } = piece
    const tone = block.lines[i]?.tone ?? null
    const paint = tone === null ? style.paint.plain : style.paint.tone[tone]
    const head = code.map((line, part) => (part === 0 ? margin : ' '.repeat(start)) + line)
    if (remark === '') return head.map(paint)
    if (fits(piece)) {
      const width = Math.max(column, displayWidth(code[0] as string, style) + gap)
      return [paint(margin + pad(code[0] as string, width, style) + remark)]
    }
    const under = wrap(remark, style.width - start - gap, style).map((line) => ' '.repeat(start + gap) + line)
    return [...head, ...under].map(paint)
  })
}
