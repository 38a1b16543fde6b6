/** A training and its FP32 twin: what the figures of the screen are made of. */
import type { Measure } from '../../train/task.js'
import type { Trained } from '../../train/trainer.js'

export const loops = ['repaired', 'written'] as const
export type LoopName = (typeof loops)[number]

/** What comes on top of a recipe: clipping, micro-batches, workers that exchange their gradients. */
export const techniques = ['clip', 'accumulate', 'exchange'] as const
export type Technique = (typeof techniques)[number]

/**
 * `written`: gradients are never cleared. `plain`: FP32 without the techniques that the others have; the name of one: FP32
 * with it alone.
 */
export type Way = LoopName | 'plain' | Technique

/** Whether a run has a line of its own on the screen: not so those that only tell which technique does what. */
export const isShown = ({ loop }: { readonly loop: Way }): boolean => !(techniques as readonly string[]).includes(loop)

export interface Run {
  readonly recipe: string
  readonly loop: Way
  readonly trained: Trained
  /** The format in which its updates are added to its weights, at the beginning. */
  readonly held: string
}

/** Of a run beside its twin. */
export interface Judged extends Run {
  /** The mean of the last losses. */
  readonly loss: number
  /** The first measure of the task. */
  readonly measure: number
  readonly skipped: number
  /** Of each phase. */
  readonly skippedBy: readonly number[]
  readonly overflows: number
  readonly lost: number
  readonly lostUpdates: number
  /** `same`: as good as the twin; `worse`; `broken`: a weight is not finite, or the scaler gave up. */
  readonly verdict: 'twin' | 'plain' | 'same' | 'worse' | 'broken'
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** The mean of the last twentieth of the steps, of ten at least. */
export function finalLoss({ history, steps }: Trained): number {
  const losses = history.losses[0] ?? new Float64Array(0)
  const last = losses.subarray(Math.max(0, steps - Math.max(10, Math.floor(steps / 20))))
  return last.reduce((sum, x) => sum + x, 0) / last.length
}

/** Of what the twin's loss gained, so much may be missing; of the loss itself where it gained less than that. */
const toleratedLoss = 0.05
/** Of the twin's first measure, so much; of adversaries, whose losses tell little and whose paths part, more. */
const toleratedMeasure = { alone: 0.05, several: 0.2 } as const
/** Two runs whose measures differ by fewer standard errors differ by chance as likely as not. */
const standardErrors = 2

/** By how much a measure is behind the twin's; negative: ahead of it. */
const behind = (own: number, wanted: number, { better }: Measure): number =>
  better === 'higher' ? wanted - own : own - wanted

/** How far the measure may be off by chance: `evaluate` says it under this name. */
const errorOf = ({ measures }: Trained, { name }: Measure): number => measures[`${name}Error`] ?? 0

/** How far a measure may be behind the twin's: the larger of a share of it and of what chance makes of test data this small. */
export function roomOf(twin: Trained, measure: Measure): number {
  const wanted = twin.measures[measure.name] ?? Number.NaN
  const share = twin.history.losses.length === 1 ? toleratedMeasure.alone : toleratedMeasure.several
  return Math.max(share * Math.abs(wanted), standardErrors * errorOf(twin, measure))
}

/** Whether a network with this measure is no better than what one gets without learning: nothing, where nothing is said. */
export function isIdle(own: number, { better, naive }: Measure): boolean {
  return better === 'higher' ? !(own > (naive ?? 0)) : !(own < (naive ?? Number.POSITIVE_INFINITY))
}

/** Whether a measure is behind the twin's by more than the tolerance and more than chance makes of test data this small. */
export function isBehind(trained: Trained, twin: Trained, measure: Measure): boolean {
  const [own, wanted] = [trained, twin].map(({ measures }) => measures[measure.name] ?? Number.NaN) as [number, number]
  return !(behind(own, wanted, measure) <= roomOf(twin, measure))
}

/** Whether a run is as good as the twin: by the first measure, and where there is one loss by that too. */
export function isAsGood(trained: Trained, twin: Trained, measure: Measure): boolean {
  if (isBehind(trained, twin, measure)) return false
  if (twin.history.losses.length > 1) return true
  const start = twin.history.losses[0]?.[0] ?? Number.NaN
  const [loss, wanted] = [finalLoss(trained), finalLoss(twin)]
  return loss - wanted <= toleratedLoss * Math.max(Math.abs(start - wanted), Math.abs(wanted))
}

const count = (flags: Uint8Array): number => flags.reduce((sum, x) => sum + x, 0)

/** How a run came out beside its twin; of FP32 without techniques nothing is asked, it is the yardstick of those. */
function verdictOf({ trained, loop }: Run, twin: Trained, measure: Measure): Judged['verdict'] {
  if (trained === twin) return 'twin'
  if (loop === 'plain') return 'plain'
  if (trained.brokenAt !== undefined || trained.gaveUpAt !== undefined) return 'broken'
  return isAsGood(trained, twin, measure) ? 'same' : 'worse'
}

export function judge(run: Run, twin: Trained, measure: Measure): Judged {
  const { trained } = run
  const { totals, history } = trained
  return {
    ...run,
    loss: finalLoss(trained),
    measure: trained.measures[measure.name] ?? Number.NaN,
    skipped: count(history.skipped),
    skippedBy: history.skippedBy.map(count),
    overflows: count(history.overflow),
    lost: share(totals.lost, totals.gradients),
    lostUpdates: share(totals.lostUpdates, totals.updates),
    verdict: verdictOf(run, twin, measure),
  }
}

/** The name of a run on the screen: how it was made only where that is not as usual. */
export const nameOf = ({
  recipe,
  loop,
}: Run): { readonly code: string; readonly values: { readonly recipe: string } } | { readonly name: string } =>
  loop === 'repaired' ? { name: recipe } : { code: `train-${loop}`, values: { recipe } }

/** The same without words: a star for the faulty loop; brackets for the twin without techniques. */
export const shortName = ({ recipe, loop }: Run): string =>
  loop === 'written' ? `${recipe}*` : loop === 'plain' ? `(${recipe})` : recipe
