/** Lines that somebody types or pipes in, one after the other. Plain prompts: nothing moves the cursor. */
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

export interface Lines {
  /** The next line; undefined at the end of input (Ctrl-D). */
  next(): Promise<string | undefined>
  /** Forgets what was typed at a terminal while nobody asked. */
  forget(): Promise<void>
  close(): void
}

/** Lines of standard input. Close them, or the process waits for more. */
export function openLines(): Lines {
  const { stdin } = process
  const waiting: ((line: string | undefined) => void)[] = []
  const typed: string[] = []
  let ended = stdin.readableEnded || stdin.destroyed
  const end = () => {
    ended = true
    for (const resolve of waiting.splice(0)) resolve(undefined)
  }
  // A closed or unreadable standard input is one without lines.
  stdin.on('error', end)
  const reader = ended
    ? undefined
    : createInterface({ input: stdin, terminal: false, crlfDelay: Number.POSITIVE_INFINITY })
  reader?.on('line', (line) => {
    const clean = line.replace(/^\uFEFF/, '')
    const resolve = waiting.shift()
    if (resolve) resolve(clean)
    else typed.push(clean)
  })
  reader?.on('close', end)
  return {
    async next() {
      const line = typed.shift()
      if (line !== undefined || ended) return line
      return new Promise((resolve) => waiting.push(resolve))
    },
    async forget() {
      if (stdin.isTTY !== true) return
      // What waits in the terminal comes in a moment.
      await setTimeout(20)
      typed.length = 0
    },
    close() {
      stdin.removeListener('error', end)
      reader?.close()
    },
  }
}
