/** A line on stderr for work that takes long; nothing where no terminal looks on. */
import { count } from '../text/numbers.js'
import type { Context } from './context.js'

/** Short work stays silent. */
const patience = 500
const interval = 100

export interface Progress {
  update(done: number, total: number | undefined): void
  /** Removes the line. */
  end(): void
}

export function progressLine({ look, quiet, text }: Context): Progress {
  if (quiet || process.stderr.isTTY !== true) return { update: () => {}, end: () => {} }
  let next = Date.now() + patience
  let shown = false
  return {
    update(done, total) {
      const now = Date.now()
      if (now < next) return
      next = now + interval
      shown = true
      const written = count(done, look.lang)
      const { progress, progressOpen } = text.commands
      process.stderr.write(
        `\r${total === undefined ? progressOpen(written) : progress(written, count(total, look.lang))}\u001b[K`,
      )
    },
    end() {
      if (shown) process.stderr.write('\r\u001b[K')
    },
  }
}
