/** Long work: a line on stderr where a terminal looks on, and pauses in which the process hears Ctrl-C. */
import { setImmediate } from 'node:timers/promises'
import { count } from '../text/numbers.js'
import type { Context } from './context.js'

/** Short work stays silent. */
const patience = 500
const interval = 100

export interface Progress {
  /** Await it: while work goes on without a pause, Node runs no signal handler. */
  update(done: number, total: number | undefined): Promise<void> | undefined
  /** Removes the line. */
  end(): void
}

export function progressLine({ look, quiet, text }: Context): Progress {
  const silent = quiet || process.stderr.isTTY !== true
  let next = Date.now() + patience
  let shown = false
  return {
    update(done, total) {
      const now = Date.now()
      if (now < next) return undefined
      next = now + interval
      if (!silent) {
        shown = true
        const written = count(done, look.lang)
        const { progress, progressOpen } = text.commands
        process.stderr.write(
          `\r${total === undefined ? progressOpen(written) : progress(written, count(total, look.lang))}\u001b[K`,
        )
      }
      return setImmediate()
    },
    end() {
      if (shown) process.stderr.write('\r\u001b[K')
    },
  }
}
