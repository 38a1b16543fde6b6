/** What became of a loss scale over a training, and the name of the pattern: from events, one at a time. */
import { exponentOf } from '../../format/bits.js'

export interface ScaleEvent {
  /** As in the lines of a log: an overflow that lowered the scale or left it, growth, the scale of some step, the end, a scale that is NaN or Inf. */
  readonly kind: 'lowered' | 'held' | 'raised' | 'sample' | 'stopped' | 'dead'
  /** The iteration; NaN where it is not known. */
  readonly at: number
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Steps skipped since the event before, where that is said. */
  readonly skipped?: number | undefined
  /** Where it stands. */
  readonly line: number
}

/** A scale, and where it was seen. */
export interface Point {
  readonly scale: number
  readonly at: number
  readonly line: number
}

export interface ScaleHistory {
  readonly events: number
  readonly first: Point
  readonly last: Point
  readonly highest: Point
  readonly lowest: Point
  /** Overflows before the first sign of a clean step, and what the scale was after them. */
  readonly opening: { readonly overflows: number; readonly over: boolean; readonly end: Point }
  /** The highest scale after the opening, and what happened since it was left. */
  readonly peak: Point & { readonly growths: number; readonly backoffs: number }
  readonly overflows: number
  /** Halvings and doublings; a fall by 8 is three of them. */
  readonly backoffs: number
  readonly growths: number
  /** Overflows at the end of the log that left the scale where it was. */
  readonly heldAtEnd: number
  readonly stopped: boolean
  /** The first place where the scale was 0, NaN or Inf to the end; a scale of NaN and line 0 where it was not. */
  readonly dead: Point
  /** Entries at the end, one after the other, that show the same scale. */
  readonly flat: number
  /** Iterations since the opening; NaN where none is known. */
  readonly afterOpening: number
  /** First and last iteration; NaN where none is known. */
  readonly from: number
  readonly to: number
  /** The iteration went back: the training was started again. */
  readonly restarts: number
  /** Iterations since the scale last grew, or since the opening. */
  readonly withoutGrowth: number
}

/** How many halvings lie between two scales, at least one where they differ. 0 counts as the value below the smallest. */
function halvings(high: number, low: number): number {
  if (high === low || high === 0) return 0
  return Math.max(1, exponentOf(high) - (low === 0 ? -1075 : exponentOf(low)))
}

/** Lines between two overflows that can be a sign of clean steps. */
const leastGap = 50

/** A history to which events are added in order. Its memory does not grow. */
export function scaleHistory() {
  const nowhere: Point = { scale: Number.NaN, at: Number.NaN, line: 0 }
  let [events, overflows, backoffs, growths, held, restarts] = [0, 0, 0, 0, 0, 0]
  let [first, last, highest, lowest, openingEnd, peak] = [nowhere, nowhere, nowhere, nowhere, nowhere, nowhere]
  let [peakGrowths, peakBackoffs, openingOverflows] = [0, 0, 0]
  let [from, to, grownAt] = [Number.NaN, Number.NaN, Number.NaN]
  let [over, stopped] = [false, false]
  let dead = nowhere
  let [flat, passed, passedBefore, openingLine, widest] = [0, Number.NaN, 0, 0, 0]
  /** The first entry shows a scale, not that its step was clean: the next one tells. */
  let pending = false

  const see = (scale: number, at: number, line: number): void => {
    const point = { scale, at, line }
    if (events === 0) first = highest = lowest = peak = openingEnd = point
    if (scale > highest.scale) highest = point
    if (scale < lowest.scale) lowest = point
    if (scale >= peak.scale) {
      peak = point
      peakGrowths = peakBackoffs = 0
    }
    flat = events > 0 && scale === last.scale ? flat + 1 : 1
    if (scale > 0) dead = nowhere
    else if (dead.line === 0) dead = point
    last = point
    events++
  }
  /** A step was clean: what comes now is no longer the search for the first scale. */
  const calm = (): void => {
    pending = false
    if (over) return
    over = true
    passedBefore = passed
    openingOverflows = overflows
    openingEnd = peak = last
    peakGrowths = peakBackoffs = 0
    grownAt = last.at
  }
  const rise = (by: number, at: number): void => {
    growths += by
    peakGrowths += by
    grownAt = at
    held = 0
  }

  return {
    add({ kind, at, from: before, to: after, skipped, line }: ScaleEvent): void {
      if (Number.isFinite(at)) {
        if (Number.isNaN(from)) from = at
        if (at < to) restarts++
        passed = Number.isNaN(to) ? 0 : passed + Math.max(0, at - to)
        to = at
      }
      if (kind === 'stopped') {
        stopped = true
        return
      }
      if (kind === 'dead') {
        if (dead.line === 0) dead = { scale: after ?? Number.NaN, at, line }
        return
      }
      const known = events > 0
      const previous = last.scale
      if (kind === 'sample') {
        if (after === undefined) {
          // An iteration went by: at the very begin it may be the one that overflowed.
          if (known && skipped === undefined && at > last.at) calm()
          return
        }
        const fell = known && after < previous
        const count = skipped ?? (fell ? halvings(previous, after) : 0)
        if (known && after > previous) {
          calm()
          rise(halvings(after, previous), at)
        }
        if (fell) {
          backoffs += halvings(previous, after)
          peakBackoffs += halvings(previous, after)
        }
        // Fewer halvings than steps: one of them was clean.
        if (pending && !(fell && !(at - last.at > count))) calm()
        pending = false
        overflows += count
        held = count > 0 && known && after === previous ? held + count : count > 0 || fell ? 0 : held
        see(after, at, line)
        if (count === 0 && !fell) {
          if (!known && skipped === undefined) pending = true
          else calm()
          held = 0
        }
        return
      }
      if (kind === 'raised') {
        const [low, high] = [before ?? previous, after ?? Number.NaN]
        if (!known) see(low, at, line)
        calm()
        rise(halvings(high, low), at)
        see(high, at, line)
        return
      }
      const scale = before ?? previous
      // Where nothing else is told, many more lines than between the overflows before are clean steps.
      if (known && !over && openingLine > 0) {
        const gap = line - openingLine
        if (gap >= leastGap && gap > 8 * widest && widest > 0) calm()
        else widest = Math.max(widest, gap)
      }
      openingLine = line
      pending = false
      // The log does not tell of growth: it shows when the next overflow was at a higher scale.
      if (known && scale > previous) {
        calm()
        rise(halvings(scale, previous), at)
      }
      if (!known || scale !== previous) see(scale, at, line)
      overflows++
      if (kind === 'held' || after === undefined || after >= scale) held++
      else {
        held = 0
        backoffs += halvings(scale, after)
        peakBackoffs += halvings(scale, after)
        see(after, at, line)
      }
    },
    end(): ScaleHistory {
      return {
        events,
        first,
        last,
        highest,
        lowest,
        opening: over ? { overflows: openingOverflows, over, end: openingEnd } : { overflows, over, end: last },
        peak: { ...peak, growths: peakGrowths, backoffs: peakBackoffs },
        overflows,
        backoffs,
        growths,
        heldAtEnd: held,
        stopped,
        dead,
        flat,
        afterOpening: over ? passed - passedBefore : 0,
        from,
        to,
        restarts,
        withoutGrowth: to - (Number.isFinite(grownAt) ? grownAt : from),
      }
    },
  }
}

export const patterns = [
  'probing',
  'healthy',
  'collapse',
  'stuck-at-minimum',
  'never-grows',
  'unscaled',
  'dead',
  'too-many-overflows',
] as const
export type Pattern = (typeof patterns)[number]

/** A fall by 2^4 that is not made good again: more than a batch or two. */
const deepFall = 4
/** A first scale below this was not found but run through. */
const leastFound = 16
/** Entries that show the same lowest scale: it stays there. */
const longFlat = 10
/** Overflows from which on they have a rate. */
const leastRated = 4

/** Overflows after the opening, and how many iterations there are for each; NaN where that is not known. */
export function rateOf({ overflows, opening, afterOpening }: ScaleHistory): { count: number; oneIn: number } {
  const count = overflows - opening.overflows
  return { count, oneIn: count > 0 && afterOpening > 0 ? afterOpening / count : Number.NaN }
}

/**
 * The name of a history. `interval`: clean steps until the scaler grows; `floor`: the scale it does not go below, NaN where
 * it has none or none is known; `critical`: how many iterations there must be for each overflow for the scale to hold.
 * The rules, in this order: 0, NaN or Inf at the end: dead. The framework gave up, or overflows at the floor: stuck. Always 1
 * and no overflow: unscaled. Below 1/16 of the highest scale since the opening, and at least four more halvings than three
 * times the doublings, or below 1: collapse. Overflows at the very begin alone: probing, if the scale they ended at is 16 or
 * more or clean steps followed, else collapse. No growth in two intervals: never grows. Fallen to 1 or the floor by four halvings or more, and still
 * there ten entries later: stuck, before any collapse. Overflows more often than growth is due, or than the scale can bear
 * and halvings ahead of doublings: too many. Else healthy.
 */
export function patternOf(
  h: ScaleHistory,
  { interval, floor, critical = Number.NaN }: { interval: number; floor: number; critical?: number },
): Pattern {
  const { first, last, opening, peak, overflows, growths } = h
  if (h.dead.line > 0) return 'dead'
  if (h.stopped || (h.heldAtEnd >= 2 && last.scale <= floor)) return 'stuck-at-minimum'
  if (overflows === 0 && growths === 0 && first.scale === last.scale && last.scale === 1) return 'unscaled'
  const isFloor = last.scale === floor || last.scale === 1
  if (isFloor && h.flat >= longFlat && halvings(h.highest.scale, last.scale) >= deepFall) return 'stuck-at-minimum'
  if (!opening.over && overflows > 0) {
    if (last.scale >= leastFound || opening.overflows < deepFall) return 'probing'
    return 'collapse'
  }
  const fall = halvings(peak.scale, last.scale)
  if (fall >= deepFall && peak.backoffs >= deepFall + 3 * peak.growths) return 'collapse'
  if (last.scale < 1 && first.scale >= 1) return 'collapse'
  if (overflows > 0 && overflows === opening.overflows && growths === 0 && !(h.withoutGrowth >= 2 * interval))
    return 'probing'
  const rate = rateOf(h)
  if (rate.count >= leastRated) {
    if (rate.oneIn < 0.8 * interval) return 'too-many-overflows'
    if (rate.oneIn < critical && h.backoffs - opening.overflows >= growths + 2) return 'too-many-overflows'
  }
  if (h.withoutGrowth >= 2 * interval) return 'never-grows'
  return overflows > 0 && overflows === opening.overflows ? 'probing' : 'healthy'
}
