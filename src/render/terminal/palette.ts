/** The colours of the screen, by what they mean. The level is decided by the caller, never by chalk (it ignores NO_COLOR). */
import { Chalk } from 'chalk'
import type { Tone, Zone } from '../../result/result.js'

export type Paint = (text: string) => string
export type ColorLevel = 0 | 1 | 2 | 3

export interface Palette {
  readonly plain: Paint
  readonly bold: Paint
  readonly dim: Paint
  readonly zone: Readonly<Record<Zone, Paint>>
  readonly tone: Readonly<Record<Tone, Paint>>
  readonly bits: { readonly sign: Paint; readonly exponent: Paint; readonly fraction: Paint }
  /** Lines of a chart, by their order. */
  readonly lines: readonly Paint[]
}

export function palette(level: ColorLevel): Palette {
  const chalk = new Chalk({ level })
  // One argument each: chalk joins all it gets, so a bare chalk.bold in lines.map() would print the index too.
  const paint =
    (color: (text: string) => string): Paint =>
    (text) =>
      color(text)
  const plain: Paint = (text) => text
  const [red, green, yellow, blue, magenta, cyan] = [
    paint(chalk.red),
    paint(chalk.green),
    paint(chalk.yellow),
    paint(chalk.blue),
    paint(chalk.magenta),
    paint(chalk.cyan),
  ]
  return {
    plain,
    bold: paint(chalk.bold),
    dim: paint(chalk.dim),
    zone: { lost: red, few: yellow, all: green, overflow: magenta },
    tone: { good: green, bad: red, note: plain },
    bits: { sign: red, exponent: yellow, fraction: cyan },
    lines: [cyan, yellow, magenta, green, blue, red],
  }
}
