/** A bar for work of known length on stderr, where a terminal looks on: how much is done, how fast, how long it still takes. */
import type { Context } from './context.js'

const interval = 100
/** Cells of the bar; a narrow terminal has room for the words only. */
const cells = 24

export interface Bar {
  update(done: number): void
  /** Removes the line. */
  end(): void
}

export function progressBar({ look, quiet, text }: Context, total: number, name: string): Bar {
  const silent = quiet || process.stderr.isTTY !== true
  const start = performance.now()
  let next = start + interval
  let shown = false
  return {
    update(done) {
      const now = performance.now()
      if (silent || now < next || done === 0) return
      next = now + interval
      shown = true
      const share = Math.min(1, done / total)
      const full = Math.round(share * cells)
      const [on, off] = look.charset === 'ascii' ? ['#', '.'] : ['█', '░']
      const rate = done / ((now - start) / 1000)
      const words = text.labels.proofBar({ name, share, rate, left: Math.ceil((total - done) / rate) })
      const bar = look.width < 76 ? '' : `${on.repeat(full)}${off.repeat(cells - full)} `
      process.stderr.write(`\r${bar}${words}\u001b[K`)
    },
    end() {
      if (shown) process.stderr.write('\r\u001b[K')
    },
  }
}
