/** A training with known troubles, step by step: what a monitor sees of it, and what the interview document's sees. */
import type { Sample } from '../../data/gradient-stream.js'
import { blocks } from '../../data/rng.js'
import { FpsimError } from '../../errors.js'
import { powerOfTwo } from '../../format/bits.js'
import type { Format } from '../../format/format.js'
import { rounder } from '../../format/round.js'
import { exp, log } from '../../kernel/kernel.js'
import { type LossScaler, policyOf, type ScaleState } from '../../train/loss-scale.js'
import {
  type Alarm,
  interviewMonitor,
  interviewWindow,
  type MonitorConfig,
  startMonitor,
  watch,
} from '../../train/monitor.js'
import { isLost } from '../lost-updates/lost.js'
import { decimate } from '../scaling/decimate.js'
import { judgeOf } from '../scaling/race.js'
import { thresholdsOf } from '../scaling/threshold.js'

export interface Troubles {
  /** The loss of one step times this; 1: none. */
  readonly lossSpike: number
  /** The gradients of one step times this; 1: none. */
  readonly gradientSpike: number
  /** Steps whose loss and gradients are NaN, one after the other; 0: none. */
  readonly badBatches: number
  /** The share of steps that overflow whatever the scale is. */
  readonly badRate: number
}

export interface StreamOptions extends Troubles {
  readonly steps: number
  readonly seed: number
  readonly loss: number
  readonly lossFloor: number
  readonly descent: number
  readonly lossNoise: number
  readonly lr: number
  readonly weight: number
}

/** Where the troubles are put, as shares of all steps. */
const places = { lossSpike: 0.2, gradientSpike: 0.4, nanLoss: 0.6, badBatches: 0.75 } as const

export type TroubleCode = keyof typeof places

export interface Trouble {
  readonly code: TroubleCode
  readonly at: number
  /** Steps it lasts. */
  readonly length: number
  /** By how much, or how many steps. */
  readonly size: number
}

/** The troubles that were asked for, in order. */
export function troublesOf(o: Troubles & { readonly steps: number }): Trouble[] {
  const at = (share: number) => Math.floor(share * o.steps)
  const one = (code: TroubleCode, length: number, size: number): Trouble => ({
    code,
    at: at(places[code]),
    length,
    size,
  })
  return [
    ...(o.lossSpike > 1 ? [one('lossSpike', 1, o.lossSpike)] : []),
    ...(o.gradientSpike > 1 ? [one('gradientSpike', 1, o.gradientSpike)] : []),
    ...(o.badBatches > 0 ? [one('nanLoss', 1, 1), one('badBatches', o.badBatches, o.badBatches)] : []),
  ]
}

const two32 = 4294967296

/** Far behind the blocks that the sizes of the steps draw from. */
const beyond = powerOfTwo(40)

/**
 * The loss of a healthy step, and whether its batch is bad by chance: a pure function of (seed, step). Falls from `loss` to
 * `lossFloor` by e every `descent` steps; noise of a triangular distribution, a factor of at most `lossNoise` either way.
 */
export function lossOfSteps(o: StreamOptions): (step: number) => { loss: number; bad: boolean } {
  const draw = blocks(o.seed, 'uniform')
  const spread = log(o.lossNoise)
  return (step) => {
    const words = draw(beyond + step)
    const chance = (words[0] as number) / two32 + (words[1] as number) / two32 - 1
    const healthy = o.lossFloor + (o.loss - o.lossFloor) * exp(-step / o.descent)
    return { loss: healthy * exp(spread * chance), bad: (words[2] as number) < o.badRate * two32 }
  }
}

/** The first index from which `holds` is false: it is true up to there. */
function countWhile(length: number, holds: (i: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}

/** The sum of the squares of the sizes from an index on: what the norm is made of when those below became 0. */
function squaresFrom({ sizes, upTo }: Sample): Float64Array {
  const sums = new Float64Array(sizes.length + 1)
  for (let i = sizes.length - 1; i >= 0; i--) {
    const x = sizes[i] as number
    sums[i] = (sums[i + 1] as number) + x * x * ((upTo[i + 1] as number) - (upTo[i] as number))
  }
  return sums
}

/** An alarm of one of the two monitors, with its step. */
export interface Raised extends Alarm {
  readonly step: number
}

export interface Fired {
  readonly from: number
  readonly to: number
  /** How many of the steps had a warning. */
  readonly length: number
  readonly ratio: number
  readonly crashes: boolean
}

export interface StreamRun {
  readonly troubles: readonly Trouble[]
  readonly alarms: readonly Raised[]
  /** The document's monitor: stretches of warnings, and its ratio at the end of each trouble (NaN: nothing to compare). */
  readonly fired: readonly Fired[]
  readonly ratios: readonly number[]
  readonly overflows: number
  readonly skipped: number
  readonly infApplied: number
  /** Steps that applied finite gradients. */
  readonly clean: number
  /** Of each step in which a trouble began: whether the step was skipped. */
  readonly skippedAt: readonly boolean[]
  readonly lost: number
  readonly updatesLost: number
  /** The step at which the framework gave up; NaN where it did not. */
  readonly gaveUp: number
  readonly finalScale: number
  readonly lowestScale: number
  readonly growths: number
  /** The norm of the first and of the last readable step before the bad batches, unscaled and as it stands in memory. */
  readonly norms: {
    readonly first: number
    readonly last: number
    readonly firstRead: number
    readonly lastRead: number
    /** The step of the bad batches, or behind the last. */
    readonly until: number
  }
  readonly axis: readonly number[]
  readonly scales: readonly number[]
  readonly read: readonly number[]
  readonly unscaled: readonly number[]
}

/** The state after a step; undefined where the framework gives up. */
function nextOf(scaler: LossScaler, state: ScaleState, overflow: boolean): ScaleState | undefined {
  try {
    return scaler.next(state, overflow ? 'overflow' : 'finite')
  } catch (error) {
    if (error instanceof FpsimError && error.code === 'scale-at-minimum') return undefined
    throw error
  }
}

interface StreamInput {
  readonly sample: Sample
  readonly sizeOf: (step: number) => number
  readonly f: Format
  readonly scaler: LossScaler
  readonly config: MonitorConfig
  readonly progress?: ((done: number, total: number | undefined) => void | Promise<void> | undefined) | undefined
}

/**
 * Runs all steps. The norm is that of the gradients that did not become 0 (each as exact as float64: rounding to the format
 * moves it by less than half an ulp of the format). Once a step with Inf or NaN was applied the weights are broken, and every
 * loss and gradient after it is NaN.
 */
export async function runStream(o: StreamOptions, input: StreamInput): Promise<StreamRun> {
  const { sample, sizeOf, f, scaler, config, progress } = input
  const { steps } = o
  const judge = judgeOf(sample, f)
  const { kept } = thresholdsOf(f)
  const squares = squaresFrom(sample)
  const counted = sample.upTo.at(-1) as number
  const weight = rounder(f)(o.weight)
  const troubles = troublesOf(o)
  const lossOf = lossOfSteps(o)
  const blind = policyOf(scaler.policy).family === 'constant'
  const axis = decimate(steps)
  const [scales, read, unscaled] = [axis.series(), axis.series(), axis.series()]
  const [alarms, fired]: [Raised[], Fired[]] = [[], []]
  const ratios = troubles.map(() => Number.NaN)
  const skippedAt = troubles.map(() => false)
  const losses: number[] = []
  const sum = { overflows: 0, applied: 0, clean: 0, lost: 0, updatesLost: 0, growths: 0 }
  let state = scaler.init()
  let monitor = startMonitor
  let broken = false
  let gaveUp = Number.NaN
  let lowestScale = state.scale
  let lastNorm = Number.NaN
  let lastRead = Number.NaN
  const quiet = troubles.find(({ code }) => code === 'badBatches')?.at ?? steps
  const norms = { first: Number.NaN, firstRead: Number.NaN, last: Number.NaN, lastRead: Number.NaN, until: quiet }
  const within = (code: TroubleCode, t: number): Trouble | undefined =>
    troubles.find((one) => one.code === code && t >= one.at && t < one.at + one.length)

  /** Warnings less than a window apart are one, unless a trouble began between them. */
  const belongs = (before: number, t: number): boolean =>
    t - before <= interviewWindow && !troubles.some(({ at }) => at > before && at <= t)

  for (let t = 0; t < steps; t++) {
    const { scale } = state
    const { loss: healthy, bad } = lossOf(t)
    const size = sizeOf(t) * (within('gradientSpike', t)?.size ?? 1)
    const isBad = bad || broken || within('nanLoss', t) !== undefined || within('badBatches', t) !== undefined
    const overflow = isBad || judge.overflows(size, scale)
    const loss = isBad ? Number.NaN : healthy * (within('lossSpike', t)?.size ?? 1)
    const zeros = countWhile(sample.sizes.length, (i) => (sample.sizes[i] as number) * size * scale < kept)
    const norm = overflow ? Number.NaN : size * scale * Math.sqrt(squares[zeros] as number)
    const lost = counted === 0 ? 0 : (sample.upTo[zeros] as number) / counted
    const next = nextOf(scaler, state, overflow)
    if (next === undefined) {
      gaveUp = t
      break
    }
    if (overflow) {
      sum.overflows++
      if (blind) {
        sum.applied++
        broken = true
      }
    } else {
      sum.clean++
      sum.lost += lost
      const unmoved = countWhile(sample.sizes.length, (i) =>
        isLost(weight, o.lr * size * (sample.sizes[i] as number), f),
      )
      sum.updatesLost += counted === 0 ? 0 : (sample.upTo[Math.max(unmoved, zeros)] as number) / counted
      lastNorm = norm / scale
      lastRead = norm
      if (Number.isNaN(norms.first)) [norms.first, norms.firstRead] = [lastNorm, lastRead]
      if (t < quiet) [norms.last, norms.lastRead] = [lastNorm, lastRead]
    }
    if (next.scale > scale) sum.growths++
    lowestScale = Math.min(lowestScale, next.scale)
    troubles.forEach(({ at }, i) => {
      if (t === at) skippedAt[i] = overflow && !blind
    })

    const seen = watch(monitor, { loss, norm, scale, next: next.scale, overflow, lost }, config)
    monitor = seen.state
    for (const alarm of seen.alarms) alarms.push({ ...alarm, step: t })

    losses.push(loss)
    if (losses.length > interviewWindow + 1) losses.shift()
    const other = interviewMonitor(losses)
    troubles.forEach(({ at, length }, i) => {
      if (t === Math.min(steps, at + length) - 1) ratios[i] = other.ratio
    })
    if (other.says !== 'silent') {
      const open = fired.at(-1)
      const crashes = other.says === 'crashes'
      if (open && open.crashes === crashes && (t - open.to === 1 || belongs(open.to, t)))
        fired[fired.length - 1] = { ...open, to: t, length: open.length + 1, ratio: Math.max(open.ratio, other.ratio) }
      else fired.push({ from: t, to: t, length: 1, ratio: other.ratio, crashes })
    }

    scales.add(scale)
    // A skipped step has no norm: the line goes on as it was, and the skip is seen in the scale.
    read.add(lastRead)
    unscaled.add(lastNorm)
    state = next
    if ((t & 0xfff) === 0xfff) await progress?.(t + 1, steps)
  }
  return {
    troubles,
    alarms,
    fired,
    ratios,
    skippedAt,
    overflows: sum.overflows,
    skipped: blind ? 0 : sum.overflows,
    infApplied: sum.applied,
    clean: sum.clean,
    lost: sum.lost / sum.clean,
    updatesLost: sum.updatesLost / sum.clean,
    gaveUp,
    finalScale: state.scale,
    lowestScale,
    growths: sum.growths,
    norms,
    axis: axis.steps,
    scales: scales.values(),
    read: read.values(),
    unscaled: unscaled.values(),
  }
}
