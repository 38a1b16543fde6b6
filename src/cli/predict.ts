/** `--ask`: the question first; the answer after Enter, beside what was guessed. */
import { createInterface } from 'node:readline'
import { parseNumber } from '../format/literal.js'
import { displayWidth, styleOf, wrap } from '../render/terminal/document.js'
import type { Metrics, Result } from '../result/result.js'
import type { Scenario } from '../scenario/scenario.js'
import { number, percent, power } from '../text/numbers.js'
import type { Context } from './context.js'

export interface Guess {
  /** Prints the guess beside the answer, and why. */
  reveal(result: Result): void
}

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

/** Asks on stderr's side of the screen, so that stdout stays the result alone. */
export async function predictFirst(
  scenario: Scenario,
  context: Context,
  stdinIsData: boolean,
): Promise<Guess | undefined> {
  const { predict } = scenario
  if (!predict) return undefined
  const { look, text } = context
  const style = styleOf(look)
  const say = (line: string) => {
    for (const part of wrap(line, look.width, style)) process.stderr.write(`${part}\n`)
  }
  say(scenario.title[look.lang])
  say(predict.ask[look.lang])
  const prompt = text.commands.predict
  process.stderr.write(`${prompt}${' '.repeat(displayWidth(prompt, style) > 0 ? 1 : 0)}`)
  const answer = stdinIsData ? undefined : await readLine()
  if (process.stdin.isTTY !== true) process.stderr.write('\n')
  return {
    reveal(result) {
      const as = result.lesson?.slots[predict.metric]?.as
      const actual = (result.metrics as Metrics)[predict.metric] ?? Number.NaN
      const guess = answer === undefined || answer.trim() === '' ? undefined : guessed(answer)
      if (guess !== undefined) say(text.commands.guess(written(guess, as), written(actual, as)))
      say(predict.why[look.lang])
      process.stderr.write('\n')
    },
  }
}
