/** A series of unknown length made short for a chart: of each stretch the lowest and the highest point, in their order. */

interface Spot {
  readonly index: number
  readonly at: number
  readonly value: number
}

interface Stretch {
  count: number
  low: Spot
  high: Spot
  mark: Spot | undefined
}

export interface Envelope {
  /** x of every point: where it was, if that only goes up, else how many came before it. */
  readonly x: readonly number[]
  readonly values: readonly number[]
  /** x of the points that were marked, one a stretch. */
  readonly marks: readonly number[]
  /** Whether x is what was given. */
  readonly placed: boolean
}

/** At most `most` stretches are kept; when they are full, two become one. Exact: every value kept is one of the series. */
export function envelope(most = 100) {
  let stretches: Stretch[] = []
  let [width, index, before, placed] = [1, 0, Number.NEGATIVE_INFINITY, true]
  const merged = (a: Stretch, b: Stretch | undefined): Stretch =>
    b === undefined
      ? a
      : {
          count: a.count + b.count,
          low: b.low.value < a.low.value ? b.low : a.low,
          high: b.high.value > a.high.value ? b.high : a.high,
          mark: a.mark ?? b.mark,
        }
  return {
    add(at: number, value: number, isMarked: boolean): void {
      if (!(at > before)) placed = false
      before = at
      const spot: Spot = { index: index++, at, value }
      const last = stretches.at(-1)
      if (last && last.count < width) {
        last.count++
        if (value < last.low.value) last.low = spot
        if (value > last.high.value) last.high = spot
        if (isMarked) last.mark ??= spot
        return
      }
      if (stretches.length === most) {
        stretches = stretches.flatMap((one, i) => (i % 2 === 0 ? [merged(one, stretches[i + 1])] : []))
        width *= 2
      }
      stretches.push({ count: 1, low: spot, high: spot, mark: isMarked ? spot : undefined })
    },
    end(): Envelope {
      const spots = stretches.flatMap(({ low, high }) =>
        low.index === high.index ? [low] : low.index < high.index ? [low, high] : [high, low],
      )
      const x = ({ at, index: i }: Spot) => (placed ? at : i)
      return {
        x: spots.map(x),
        values: spots.map(({ value }) => value),
        marks: stretches.flatMap(({ mark }) => (mark ? [x(mark)] : [])),
        placed,
      }
    },
  }
}
