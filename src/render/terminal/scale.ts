/** Axes: round numbers to mark them with, and where a value stands between them. */
import { number } from '../../text/numbers.js'

export type ScaleKind = 'linear' | 'log2' | 'log10'

export interface Axis {
  readonly low: number
  readonly high: number
  /** Marks from low to high, in the units of `place`, with what is written at them. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
}

/**
 * log2 of a positive finite number for drawing only: the exponent is exact, within a binade the error stays below 0.01,
 * a tenth of a character. Math.log2 may differ between machines, and a screen has to be the same bytes everywhere.
 */
export function roughLog2(x: number): number {
  let k = 0
  let m = x
  for (; m >= 2; k++) m /= 2
  for (; m < 1; k--) m *= 2
  return k + (m - 1) + 0.344 * (m - 1) * (2 - m)
}

const log10of2 = 0.3010299956639812

/** Where a value stands on an axis of this kind; NaN where it has no place there. */
export function place(x: number, kind: ScaleKind): number {
  if (!Number.isFinite(x)) return Number.NaN
  if (kind === 'linear') return x
  if (x <= 0) return Number.NaN
  return kind === 'log2' ? roughLog2(x) : roughLog2(x) * log10of2
}

/** The decimal exponent of a positive number, by way of its digits: exact. */
const decimalExponent = (x: number): number => Number(x.toExponential().split('e')[1])

const roundSteps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10]

/** The next round number at or above a positive x. */
export function roundUp(x: number, steps: readonly number[] = roundSteps): number {
  const k = decimalExponent(x)
  for (const step of steps) {
    const round = Number(`${step}e${k}`)
    if (round >= x) return round
  }
  return Number(`10e${k}`)
}

const tickSteps = [1, 2, 5, 10]
const logSteps = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 256, 512]

/** An axis with round marks around all of low … high (both finite, in the units of `place`), at most `most` steps. */
export function axis(low: number, high: number, kind: ScaleKind, most: number): Axis {
  const raw = (): Axis => ({
    low,
    high,
    ticks: [low, high].map((at) => ({ at, text: number(at) })),
  })
  const steps = Math.max(1, most)
  let from = low
  let to = high
  if (kind === 'linear' && from === to) {
    const room = from === 0 ? 1 : Math.abs(from) / 2
    from -= room
    to += room
  }
  if (kind !== 'linear') {
    from = Math.floor(from)
    to = Math.max(Math.ceil(to), from + 1)
  }
  const log = kind !== 'linear'
  // Halved before the difference, which could be beyond the largest float64.
  let step = log ? 1 : roundUp(((to / 2 - from / 2) / steps) * 2, tickSteps)
  if (!(step > 0) || !Number.isFinite(step) || to / 2 - from / 2 > 8e307) return low === high ? widened(low) : raw()
  for (let tries = 0; tries < 20; tries++) {
    const first = Math.floor(from / step)
    const last = Math.ceil(to / step)
    if (last - first <= steps || tries === 19) {
      const base = kind === 'log2' ? '2^' : '10^'
      const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
        // Six digits drop the noise of i · step: 0.30000000000000004 is 0.3.
        const at = log ? (first + i) * step : Number(((first + i) * step).toPrecision(12))
        return { at, text: log ? (at === 0 ? '1' : `${base}${at}`) : number(at, 6) }
      })
      return { low: first * step, high: last * step, ticks }
    }
    step = log ? (logSteps.find((s) => s > step) ?? step * 2) : roundUp(step * 1.01, tickSteps)
  }
  return raw()
}

/** An axis around one value too large or too small for round steps. */
const widened = (x: number): Axis => ({
  low: x === 0 ? -1 : Math.min(x * 0.5, x * 0.75),
  high: x === 0 ? 1 : Math.max(x * 0.5, x),
  ticks: [{ at: x, text: number(x) }],
})

/** The share of the way from low to high: 0 … 1, without overflow on the way. */
export function along(x: number, low: number, high: number): number {
  const span = high / 2 - low / 2
  return span > 0 ? Math.min(1, Math.max(0, (x / 2 - low / 2) / span)) : 0.5
}
