/** `--ask`: the question first; the answer after Enter, beside what was guessed. */
import { createInterface } from 'node:readline'
import { parseNumber } from '../format/literal.js'
import { fill } from '../render/cells.js'
import { styleOf, wrap } from '../render/terminal/document.js'
import type { Localized, Metrics, Result } from '../result/result.js'
import type { Scenario } from '../scenario/scenario.js'
import { number, percent, power } from '../text/numbers.js'
import type { Context } from './context.js'

/** One line from the keyboard or the pipe; undefined at its end. */
async function readLine(): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, terminal: false })
  for await (const line of lines) {
    lines.close()
    return line
  }
  return undefined
}

/** "3 %" and "0.03" are the same guess of a share. */
function guessed(text: string): number | undefined {
  const share = /^(.*?)\s*[%％]$/.exec(text.trim())
  const x = parseNumber(share ? (share[1] as string) : text)
  return x === undefined ? undefined : share ? x / 100 : x
}

const written = (x: number, as: string | undefined): string =>
  as === 'percent' ? percent(x) : as === 'power' ? power(x) : number(x)

/** Asks, waits for Enter, and tells the guess beside the answer, and why. All on stderr: stdout is for the result. */
export async function guessFirst(
  { predict, title }: Scenario,
  { metrics, lesson }: Result,
  context: Context,
  { stdinIsData }: { readonly stdinIsData: boolean },
): Promise<void> {
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
  const answer = stdinIsData ? undefined : await readLine()
  if (process.stdin.isTTY !== true) process.stderr.write('\n')
  const as = lesson.slots[predict.metric]?.as
  const guess = guessed(answer ?? '')
  if (guess !== undefined)
    write(text.commands.guess(written(guess, as), written((metrics as Metrics)[predict.metric] ?? Number.NaN, as)))
  say(predict.why)
  process.stderr.write('\n')
}
