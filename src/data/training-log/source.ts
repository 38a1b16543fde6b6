/** The lines of one writer about one scaler, each event once, however many processes wrote it down. */
import type { LogLine } from './lines.js'

/** Runs of equal lines looked at before it is settled how many processes write. */
const LOOK = 256
/** Lines kept back at most until then. */
const KEPT = 4096

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

interface Run {
  readonly line: LogLine
  readonly number: number
  readonly key: string | undefined
  length: number
}

/** Lines that are equal for one event seen by several processes; undefined for those that are told once. */
const keyOf = ({ kind, from, to, iteration }: LogLine): string | undefined =>
  kind === 'lowered' || kind === 'held' ? `${kind} ${from} ${to} ${iteration}` : undefined

export interface SourceEnd {
  /** How many processes wrote each event, as far as the lines show it. */
  readonly copies: number
  /** Lines of other ranks, and second ones about the same step. */
  readonly dropped: number
}

/**
 * Gives each event to `emit` once, in order. Where lines name their rank only the first rank counts; where they do not, and
 * the lengths of the runs of equal lines have a common divisor, that many processes wrote (a scale cannot be lowered twice
 * from the same value without growing in between). Growth that is written down settles it without counting.
 */
export function logSource(emit: (line: LogLine, number: number) => void) {
  let rank: string | undefined
  let ranked = false
  let copies = 0
  let runs: Run[] = []
  let open: Run | undefined
  let countedRuns = 0
  let divisor = 0
  let scale: number | undefined
  let iteration: number | undefined
  let dropped = 0

  const emitRun = ({ line, number, length }: Run): void => {
    const times = Math.max(1, Math.round(length / copies))
    dropped += length - times
    for (let i = 0; i < times; i++) emit(line, number)
  }
  const settle = (): void => {
    // One run alone may be a scale that comes back to the same limit again and again.
    copies = ranked || countedRuns < 2 ? 1 : Math.max(1, divisor)
    for (const run of runs) emitRun(run)
    runs = []
  }
  const close = (): void => {
    if (!open) return
    if (open.key !== undefined && copies === 0) {
      countedRuns++
      divisor = gcd(divisor, open.length)
    }
    if (copies > 0) emitRun(open)
    else runs.push(open)
    open = undefined
    if (copies === 0 && (countedRuns >= LOOK || runs.length >= KEPT)) settle()
  }

  return {
    push(line: LogLine, number: number): void {
      if (line.rank !== undefined) {
        ranked = true
        rank ??= line.rank
        if (line.rank !== rank) {
          dropped++
          return
        }
      }
      if (line.verbose && scale === line.to && line.from !== line.to) {
        dropped++
        return
      }
      if (line.kind === 'sample' && line.iteration !== undefined && line.iteration === iteration && line.to === scale) {
        dropped++
        return
      }
      scale = line.to ?? scale
      iteration = line.iteration ?? iteration
      const key = line.verbose ? undefined : keyOf(line)
      if (open && key !== undefined && open.key === key) {
        open.length++
        return
      }
      close()
      open = { line, number, key, length: 1 }
    },
    end(): SourceEnd {
      close()
      if (copies === 0) settle()
      return { copies, dropped }
    },
  }
}
