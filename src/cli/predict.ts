/** A guess beside what a run gave: `--ask` of any lesson, and the first step of `fpsim learn`. */

import { isPowerOfTwo } from '../format/bits.js'
import { readNumber } from '../learn/answer.js'
import { nearness, type Truth, typedNumber } from '../learn/quiz.js'
import { fill, writeCell } from '../render/cells.js'
import { styleOf, wrap } from '../render/terminal/document.js'
import type { Words } from '../render/words.js'
import type { Localized, NumberStyle, Result } from '../result/result.js'
import type { Scenario } from '../scenario/scenario.js'
import { number, percent, power } from '../text/numbers.js'
import type { Context } from './context.js'
import { openLines } from './learn/lines.js'
import { sentence } from './sentence.js'

/** A metric that somebody is asked for: its value, and how the screens of its lesson write such numbers. */
export interface Asked extends Truth {
  readonly written: string
  write(x: number): string
}

/** Numbers that are written with all their digits; of counts those on one's fingers and powers of two, where a neighbour is the mistake. */
const isExact = (as: NumberStyle, value: number): boolean =>
  ['exact', 'power', 'hex', 'bits'].includes(as) || (as === 'count' && (Math.abs(value) <= 20 || isPowerOfTwo(value)))

export function askedFor(metric: string, { metrics, lesson }: Result, words: Words): Asked {
  const value = metrics[metric] ?? Number.NaN
  const as: NumberStyle = lesson?.slots[metric]?.as ?? 'number'
  // A table's "<0.01 %" would tell nobody how near a guess was.
  const tiny = (x: number) => as === 'percent' && x !== 0 && Math.abs(x) < 5e-5
  const write = (x: number) =>
    tiny(x) ? `${number(100 * x, 2)} %` : writeCell(x, { label: { name: metric }, as }, words)
  const written = write(value)
  const shown = readNumber(written)?.value ?? value
  return { value, percent: as === 'percent', exact: isExact(as, value), shown, written, write }
}

/** "You said 10 %, it is 3.25 %. The right order of magnitude: 3.1 times too large." And its error, for the records. */
export function guessTold(guess: number, asked: Asked, { text, look }: Context): { told: string; error: number } {
  const { grade, side, measure, by, error } = nearness(guess, asked)
  const small = measure === 'factor' && by < 2
  const distance = small ? percent(side === 'above' ? by - 1 : 1 - 1 / by) : undefined
  const factor = power(by).includes('^') ? power(by) : number(by, 2)
  const values = {
    grade,
    side,
    measure: small ? 'share' : measure,
    by: distance ?? (measure === 'factor' ? factor : measure === 'points' ? number(100 * by, 2) : asked.write(by)),
  }
  const near = sentence('learnNear', values, styleOf(look))
  const said = text.commands.guess(asked.write(guess), asked.written)
  return { told: look.lang === 'zh' ? `${said}${near}` : `${said} ${near}`, error }
}

/** Asks, waits for Enter, and tells the guess beside the answer, and why. All on stderr: stdout is for the result. */
export async function guessFirst(
  { predict, title }: Scenario,
  result: Result,
  context: Context,
  { stdinIsData }: { readonly stdinIsData: boolean },
): Promise<void> {
  const { lesson } = result
  if (!predict || !lesson) return
  const { look, text } = context
  const style = styleOf(look)
  const write = (line: string) => {
    for (const part of wrap(line, look.width, style)) process.stderr.write(`${part}\n`)
  }
  const say = (words: Localized) => write(fill(words, lesson, style.words))
  say(title)
  say(predict.ask)
  process.stderr.write(`${text.commands.predict} `)
  const lines = stdinIsData ? undefined : openLines()
  const typed = await lines?.next()
  lines?.close()
  if (process.stdin.isTTY !== true) process.stderr.write('\n')
  const asked = askedFor(predict.metric, result, style.words)
  const guess = typedNumber(typed ?? '', asked)
  if (guess !== undefined) write(guessTold(guess, asked, context).told)
  say(predict.why)
  process.stderr.write('\n')
}
