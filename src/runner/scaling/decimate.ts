/** Long series made short for a chart: of each stretch of steps the lowest and the highest value, in their order. */

/** A chart has fewer columns than this. */
const most = 240

export interface Decimated {
  /** The steps that stand for the stretches. */
  readonly steps: readonly number[]
  /** A series to which the value of every step is added, in order. */
  series(): { add(value: number): void; values(): number[] }
}

/** All values where they are few; else two a stretch. Exact: every value kept is one of the series. */
export function decimate(count: number): Decimated {
  if (count <= most) {
    const steps = Array.from({ length: count }, (_, t) => t)
    return {
      steps,
      series: () => {
        const all: number[] = []
        return { add: (value) => all.push(value), values: () => all }
      },
    }
  }
  const stretches = most / 2
  const startOf = (stretch: number) => Math.floor((stretch * count) / stretches)
  return {
    steps: Array.from({ length: stretches }, (_, s) => [startOf(s), startOf(s + 1) - 1]).flat(),
    series() {
      const kept: number[] = []
      let [t, stretch, end] = [0, 0, startOf(1)]
      let [low, high, lowAt, highAt] = [Number.NaN, Number.NaN, 0, 0]
      const close = () => {
        if (t > startOf(stretch)) kept.push(...(lowAt < highAt ? [low, high] : [high, low]))
      }
      return {
        add(value) {
          if (t === end) {
            close()
            stretch++
            end = startOf(stretch + 1)
            low = high = Number.NaN
          }
          if (!(value >= low)) [low, lowAt] = [value, t]
          if (!(value <= high)) [high, highAt] = [value, t]
          t++
        },
        values() {
          close()
          return kept
        },
      }
    },
  }
}
