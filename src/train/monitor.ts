/** A monitor of a training in FP16: alarms from one step to the next, and beside it the one of the interview document. */
import { log2 } from '../kernel/kernel.js'

/** What one step shows to who looks on. */
export interface Seen {
  readonly loss: number
  /** The norm of the gradients as they stand in memory: times the loss scale. */
  readonly norm: number
  /** The loss scale of this step, and the one of the next. */
  readonly scale: number
  readonly next: number
  readonly overflow: boolean
  /** The share of the gradients that became 0. */
  readonly lost: number
}

export const alarmCodes = [
  'loss-not-finite',
  'loss-spike',
  'norm-spike',
  'scale-falls',
  'scale-below-one',
  'scale-at-minimum',
  'scale-never-grows',
  'gradients-lost',
] as const
export type AlarmCode = (typeof alarmCodes)[number]

export interface Alarm {
  readonly code: AlarmCode
  /** What was seen: a loss, an unscaled norm, a scale, a number of steps, a share. */
  readonly value: number
  /** How many standard deviations above the mean; only of spikes. */
  readonly sigmas?: number
}

export interface MonitorConfig {
  /** A value this many standard deviations above its mean is a spike. */
  readonly sigmas: number
  /** How much of the running mean stays at each step. */
  readonly decay: number
  /** Steps until mean and deviation are trusted. */
  readonly warmup: number
  /** Overflows one after the other that are no longer a search for the right scale. */
  readonly run: number
  /** The share of lost gradients from which on it is an alarm. */
  readonly tolerated: number
  /** Clean steps after which the scaler grows; NaN where it never does. */
  readonly interval: number
  /** The floor of the scale; 0 where there is none. */
  readonly floor: number
  /** The ceiling of the scale; Infinity where there is none. */
  readonly ceiling: number
}

export const monitorDefaults: MonitorConfig = {
  sigmas: 6,
  decay: 0.98,
  warmup: 30,
  run: 4,
  tolerated: 0.01,
  interval: Number.NaN,
  floor: 0,
  ceiling: Number.POSITIVE_INFINITY,
}

/** Running mean and squared deviation, both exponential, with what is left of their start. */
export interface Running {
  readonly n: number
  readonly mean: number
  readonly square: number
  /** decay^n: the share of the start that is still in them. */
  readonly rest: number
}

export const startRunning: Running = { n: 0, mean: 0, square: 0, rest: 1 }

/** Mean and standard deviation so far, freed of their start at 0; NaN before the first value. A few ulp. */
export function momentsOf({ mean, square, rest }: Running): { mean: number; sigma: number } {
  const weight = 1 - rest
  return { mean: mean / weight, sigma: Math.sqrt(square / weight) }
}

/** One value more: m ← β·m + (1 − β)·x, and the same for the squared distance from the mean before it. */
export function addRunning(running: Running, x: number, decay: number): Running {
  const before = running.n === 0 ? x : momentsOf(running).mean
  return {
    n: running.n + 1,
    mean: decay * running.mean + (1 - decay) * x,
    square: decay * running.square + (1 - decay) * (x - before) * (x - before),
    rest: running.rest * decay,
  }
}

export interface MonitorState {
  readonly loss: Running
  /** Of log2 of the unscaled norm: gradients vary by factors. */
  readonly norm: Running
  /** Overflows one after the other. */
  readonly run: number
  /** Before the first clean step a scaler only looks for its scale. */
  readonly opening: boolean
  readonly sinceGrowth: number
  readonly overflowsSinceGrowth: number
  /** Alarms that hold: each is told when it begins. */
  readonly active: readonly AlarmCode[]
}

export const startMonitor: MonitorState = {
  loss: startRunning,
  norm: startRunning,
  run: 0,
  opening: true,
  sinceGrowth: 0,
  overflowsSinceGrowth: 0,
  active: [],
}

/** A spread below this share of the mean is taken for it: a loss that stands still would make anything a spike. */
const leastSpread = 1e-3
/** The same for log2 of a norm. */
const leastSpreadOfLog = 0.05

/** How far x lies above the mean, in standard deviations; 0 while too few values were seen. */
function distance(running: Running, x: number, least: (mean: number) => number, warmup: number): number {
  if (running.n < warmup) return 0
  const { mean, sigma } = momentsOf(running)
  return (x - mean) / Math.max(sigma, least(mean))
}

/** A spike enters the mean cut to the limit, so that it does not hide the next one; a new level is learned in time. */
function learn(running: Running, x: number, far: number, { sigmas, decay }: MonitorConfig): Running {
  if (!(far > sigmas)) return addRunning(running, x, decay)
  const { mean } = momentsOf(running)
  return addRunning(running, mean + ((x - mean) / far) * sigmas, decay)
}

/**
 * The state after a step, and the alarms that begin with it. Pure. A loss that is NaN or Inf is an alarm by isFinite, not
 * by comparison; the norm is divided by the scale before it is judged; steps that overflowed have no norm.
 */
export function watch(
  state: MonitorState,
  seen: Seen,
  config: MonitorConfig,
): { readonly state: MonitorState; readonly alarms: readonly Alarm[] } {
  const { loss, scale, next, overflow, lost } = seen
  const holds: Alarm[] = []
  const finite = Number.isFinite(loss)
  if (!finite) holds.push({ code: 'loss-not-finite', value: loss })
  const lossFar = finite ? distance(state.loss, loss, (mean) => Math.abs(mean) * leastSpread, config.warmup) : 0
  if (lossFar > config.sigmas) holds.push({ code: 'loss-spike', value: loss, sigmas: lossFar })

  const norm = seen.norm / scale
  const readable = !overflow && norm > 0 && Number.isFinite(norm)
  const logNorm = readable ? log2(norm) : 0
  const normFar = readable ? distance(state.norm, logNorm, () => leastSpreadOfLog, config.warmup) : 0
  if (normFar > config.sigmas) holds.push({ code: 'norm-spike', value: norm, sigmas: normFar })

  const opening = state.opening && overflow
  const run = overflow ? state.run + 1 : 0
  const grew = next > scale
  const sinceGrowth = grew || next >= config.ceiling ? 0 : state.sinceGrowth + 1
  const overflowsSinceGrowth = sinceGrowth === 0 ? 0 : state.overflowsSinceGrowth + (overflow ? 1 : 0)
  if (!opening && run >= config.run && next < scale) holds.push({ code: 'scale-falls', value: next })
  if (next < 1) holds.push({ code: 'scale-below-one', value: next })
  if (overflow && next === scale && scale <= config.floor) holds.push({ code: 'scale-at-minimum', value: scale })
  if (sinceGrowth >= 4 * config.interval) holds.push({ code: 'scale-never-grows', value: sinceGrowth })
  const wasLost = state.active.includes('gradients-lost')
  // It ends well below where it began, or it would come and go with every batch.
  if (overflow ? wasLost : lost > (wasLost ? config.tolerated / 2 : config.tolerated))
    holds.push({ code: 'gradients-lost', value: lost })

  return {
    state: {
      loss: finite ? learn(state.loss, loss, lossFar, config) : state.loss,
      norm: readable ? learn(state.norm, logNorm, normFar, config) : state.norm,
      run,
      opening,
      sinceGrowth,
      overflowsSinceGrowth,
      active: holds.map(({ code }) => code),
    },
    alarms: holds.filter(({ code }) => !state.active.includes(code)),
  }
}

/** max(values) as Python has it: a later value wins only by being greater, so a NaN wins where it comes first, and never else. */
export const pythonMax = (values: readonly number[]): number =>
  values.reduce((best, x) => (x > best ? x : best), values[0] ?? Number.NaN)

/** min(values) as Python has it. */
export const pythonMin = (values: readonly number[]): number =>
  values.reduce((best, x) => (x < best ? x : best), values[0] ?? Number.NaN)

/** How many losses the document's monitor looks at, and the ratio it warns above. */
export const interviewWindow = 100
export const interviewRatio = 10

/**
 * What TrainingMonitor of the interview document says after a step, given all losses up to it or the last 101 of them:
 * `if len(history) > 100 and max(last 100) / min(last 100) > 10`. A NaN makes the comparison false, a smallest loss of 0 is
 * a ZeroDivisionError.
 */
export function interviewMonitor(losses: readonly number[]): { says: 'silent' | 'fires' | 'crashes'; ratio: number } {
  if (losses.length <= interviewWindow) return { says: 'silent', ratio: Number.NaN }
  const recent = losses.slice(-interviewWindow)
  const low = pythonMin(recent)
  if (low === 0) return { says: 'crashes', ratio: Number.NaN }
  const ratio = pythonMax(recent) / low
  return { says: ratio > interviewRatio ? 'fires' : 'silent', ratio }
}
