/** Talking with somebody: sentences, questions, typed lines; or sentences alone, where nobody answers. */
import { onScreen, styleOf, wrap } from '../../render/terminal/document.js'
import type { Context } from '../context.js'
import { emit } from '../output.js'
import { type Lines, openLines } from './lines.js'

export interface Talk {
  /** A paragraph; the first of its lines may be painted. */
  say(text: string, paint?: (line: string) => string): void
  /** Lines as they are, each with its line break. */
  show(lines: string): void
  /** What is typed; undefined where nobody answers. Ctrl-D at a terminal is `q`. */
  ask(prompt: string): Promise<string | undefined>
  /** Whether somebody may still answer. */
  listening(): boolean
  /** Whether somebody sits at a terminal, and may try again. */
  readonly atTerminal: boolean
  /** What was typed while nobody asked does not count. */
  forget(): Promise<void>
  /** Ends it, and writes what goes into a file. */
  end(): Promise<void>
}

/** Whether this command line can be a conversation: not one that writes a file, nor one whose questions nobody would see. */
const canAsk = ({ output }: Context): boolean =>
  output === undefined && (process.stdin.isTTY !== true || process.stdout.isTTY === true)

export function openTalk(context: Context): Talk {
  const { look, output } = context
  const style = styleOf(look)
  const atTerminal = process.stdin.isTTY === true
  let lines: Lines | undefined = canAsk(context) ? openLines() : undefined
  let held = ''
  const write = (text: string): void => {
    if (output === undefined) process.stdout.write(text)
    else held += text
  }
  const hangUp = (): void => {
    lines?.close()
    lines = undefined
  }
  return {
    atTerminal,
    listening: () => lines !== undefined,
    show: write,
    say(text, paint = (line) => line) {
      for (const line of wrap(text, look.width, style)) write(`${paint(line)}\n`)
    },
    async ask(prompt) {
      if (!lines) return undefined
      // Whether a pipe has a line at all shows when it comes: before that, a prompt would stand alone.
      if (atTerminal) write(prompt)
      const line = await lines.next()
      if (line === undefined) {
        hangUp()
        if (atTerminal) write('\n')
        return atTerminal ? 'q' : undefined
      }
      if (!atTerminal) write(`${prompt}${onScreen(line, style)}\n`)
      return line
    },
    async forget() {
      await lines?.forget()
    },
    async end() {
      hangUp()
      if (held !== '') await emit(held, context)
    },
  }
}
