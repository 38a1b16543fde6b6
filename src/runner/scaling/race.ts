/** Loss-scale policies run against one stream of gradients: what each skips, loses and does to its scale. */
import type { Sample } from '../../data/gradient-stream.js'
import { FpsimError } from '../../errors.js'
import type { Format } from '../../format/format.js'
import { type LossScaler, needsAmax, policyOf } from '../../train/loss-scale.js'
import { decimate } from './decimate.js'
import { thresholdsOf } from './threshold.js'

/** What one step looked like to a policy. */
export interface StepRow {
  readonly step: number
  readonly scale: number
  /** The largest gradient, scaled. */
  readonly top: number
  readonly overflow: boolean
  /** After the step. */
  readonly tracker: number
  readonly left: number | undefined
  readonly next: number
}

export interface Ran {
  readonly scaler: LossScaler
  /** Nothing checks for Inf: the step is applied all the same. */
  readonly blind: boolean
  /** What is too large becomes the largest value: the step is applied and breaks nothing. */
  readonly saturates: boolean
  /** Steps run: all of them, unless the framework gave up. */
  readonly steps: number
  readonly overflows: number
  /** Steps whose update was left out. */
  readonly skipped: number
  readonly firstOverflow: number
  readonly growths: number
  readonly backoffs: number
  /** The share of the gradients that became 0, over the steps applied whole; and over those of the last tenth. */
  readonly lost: number
  readonly lostAtEnd: number
  readonly lowest: number
  readonly highest: number
  readonly final: number
  readonly gaveUp: FpsimError | undefined
  /** The scale over the steps of the chart. */
  readonly scales: readonly number[]
  /** Steps that overflowed, thinned for the chart. */
  readonly marks: readonly number[]
  /** The steps around the first overflow; where there is none around the first growth, else the first steps. */
  readonly around: readonly StepRow[]
}

export interface Race {
  readonly runners: readonly Ran[]
  readonly steps: readonly number[]
  /** The scale from which a step overflows, over the steps of the chart. */
  readonly limit: readonly number[]
}

export interface RaceOptions {
  /** The gradients of every step, up to its size; or of each on its own. */
  readonly sample: Sample | ((step: number) => Promise<Sample>)
  readonly sizeOf: (step: number) => number
  readonly steps: number
  readonly f: Format
  readonly scalers: readonly LossScaler[]
  readonly progress?: ((done: number, total: number | undefined) => void | Promise<void> | undefined) | undefined
}

/** Judges a step: whether it overflows, and how many elements become 0. Each element is (x · size) · scale in float64. */
export function judgeOf(sample: Sample, f: Format) {
  const { sizes, upTo } = sample
  const { kept, overflow } = thresholdsOf(f)
  const limit = f.specials === 'none' ? Number.POSITIVE_INFINITY : overflow
  const always = sample.nonfinite > 0 || (sample.negative && !f.signed)
  const largest = sizes.length === 0 ? 0 : (sizes[sizes.length - 1] as number)
  return {
    largest,
    limit,
    /** Elements that are neither 0 nor beyond all numbers. */
    counted: upTo.at(-1) as number,
    /** Every step overflows, whatever the scale. */
    always,
    /** NaN in a stream counts as overflow. */
    overflows: (size: number, scale: number): boolean => always || !(largest * size * scale < limit),
    lost(size: number, scale: number): number {
      let [low, high] = [0, sizes.length]
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((sizes[middle] as number) * size * scale < kept) low = middle + 1
        else high = middle
      }
      return upTo[low] as number
    },
  }
}

type Judge = ReturnType<typeof judgeOf>

/** Steps of the chart's axis that overflowed; the first of each stretch is enough. */
const thinned = (steps: number): number => Math.max(1, Math.floor(steps / 240))

/** One policy on its way through the steps. */
function started(scaler: LossScaler, steps: number) {
  const policy = policyOf(scaler.policy)
  const withAmax = needsAmax(policy)
  const blind = policy.family === 'constant'
  const saturates = policy.family === 'delayed'
  const scales = decimate(steps)
  const series = scales.series()
  const lastTenth = steps - Math.ceil(steps / 10)
  const marks: number[] = []
  let recent: StepRow[] = []
  let state = scaler.init()
  let gaveUp: FpsimError | undefined
  let around: StepRow[] = []
  let [event, after, settled] = [0, 0, false]
  const sum = {
    steps: 0,
    overflows: 0,
    first: Number.NaN,
    growths: 0,
    backoffs: 0,
    clean: 0,
    counted: 0,
    lost: 0,
    endClean: 0,
    endCounted: 0,
    endLost: 0,
  }
  const range = { lowest: state.scale, highest: state.scale }
  let ignored = 0
  /** Keeps two steps before the event, itself and one after it; a first overflow takes the place of a first growth. */
  const note = (row: StepRow): void => {
    const found = row.overflow ? 2 : row.next > row.scale ? 1 : 0
    if (found > event) {
      event = found
      around = [...recent, row]
      after = 1
    } else if (after > 0) {
      around.push(row)
      after--
      settled = event === 2
    } else if (event === 0 && around.length < 4) around.push(row)
    recent = [...recent.slice(-1), row]
  }
  return {
    step(t: number, size: number, judge: Judge): void {
      const { scale } = state
      series.add(gaveUp ? Number.NaN : scale)
      if (gaveUp) return
      const overflow = judge.overflows(size, scale)
      const whole = !overflow || saturates
      const amax = judge.largest * size
      sum.steps++
      try {
        // Transformer Engine measures amax before it casts: what saturates is known all the same.
        const measured = saturates && !judge.always
        state = scaler.next(state, overflow && !measured ? 'overflow' : withAmax ? { amax } : 'finite')
      } catch (error) {
        if (!(error instanceof FpsimError) || error.code !== 'scale-at-minimum') throw error
        gaveUp = error
      }
      if (overflow) {
        sum.overflows++
        if (sum.overflows === 1) sum.first = t
        if (t >= ignored) {
          marks.push(t)
          ignored = t + thinned(steps)
        }
      }
      if (whole) {
        const lost = judge.lost(size, scale)
        sum.clean++
        sum.counted += judge.counted
        sum.lost += lost
        if (t >= lastTenth) {
          sum.endClean++
          sum.endCounted += judge.counted
          sum.endLost += lost
        }
      }
      if (state.scale > scale) sum.growths++
      else if (state.scale < scale) sum.backoffs++
      if (state.scale < range.lowest) range.lowest = state.scale
      if (state.scale > range.highest) range.highest = state.scale
      if (!settled)
        note({
          step: t,
          scale,
          top: amax * scale,
          overflow,
          tracker: state.tracker,
          left: state.left,
          next: state.scale,
        })
    },
    end(): Ran {
      return {
        scaler,
        blind,
        saturates,
        steps: sum.steps,
        overflows: sum.overflows,
        // The step at which the framework gives up is not skipped: it ends the training.
        skipped: blind || saturates ? 0 : sum.overflows - (gaveUp ? 1 : 0),
        firstOverflow: sum.first,
        growths: sum.growths,
        backoffs: sum.backoffs,
        lost: sum.lost / sum.clean / (sum.counted / sum.clean),
        lostAtEnd: sum.endLost / sum.endClean / (sum.endCounted / sum.endClean),
        ...range,
        final: state.scale,
        gaveUp,
        scales: series.values(),
        marks,
        around,
      }
    },
  }
}

/** Runs every policy over the same steps. Exact: what the codec would say of every value at every step. */
export async function race({ sample, sizeOf, steps, f, scalers, progress }: RaceOptions): Promise<Race> {
  const same = typeof sample === 'function' ? undefined : judgeOf(sample, f)
  const running = scalers.map((scaler) => started(scaler, steps))
  const axis = decimate(steps)
  const limit = axis.series()
  for (let t = 0; t < steps; t++) {
    const size = sizeOf(t)
    const judge = same ?? judgeOf(await (sample as (step: number) => Promise<Sample>)(t), f)
    limit.add(judge.limit / (judge.largest * size))
    for (const one of running) one.step(t, size, judge)
    if (!same || (t & 0xffff) === 0xffff) await progress?.(t + 1, steps)
  }
  return { runners: running.map((one) => one.end()), steps: axis.steps, limit: limit.values() }
}
