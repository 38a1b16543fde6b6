/** A training and its FP32 twin: what the figures of the screen are made of. */
import type { Measure } from '../../train/task.js'
import type { Trained } from '../../train/trainer.js'

export const loops = ['repaired', 'written'] as const
export type LoopName = (typeof loops)[number]

/** `written`: gradients are never cleared. `plain`: the FP32 twin without the techniques that the others have. */
export type Way = LoopName | 'plain'

export interface Run {
  readonly recipe: string
  readonly loop: Way
  readonly trained: Trained
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
  readonly verdict: 'twin' | 'same' | 'worse' | 'broken'
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** The mean of the last twentieth of the steps, of ten at least. */
export function finalLoss({ history, steps }: Trained): number {
  const losses = history.losses[0] ?? new Float64Array(0)
  const last = losses.subarray(Math.max(0, steps - Math.max(10, Math.floor(steps / 20))))
  return last.reduce((sum, x) => sum + x, 0) / last.length
}

/** Of what the twin's loss gained, so much may be missing. */
const toleratedLoss = 0.05
/** Of the twin's first measure, so much; of adversaries, whose losses tell little and whose paths part, a little more. */
const toleratedMeasure = { alone: 0.1, several: 0.2 } as const

/** Whether a run is as good as the twin: by the first measure, and where there is one loss by that too. */
function isAsGood(trained: Trained, twin: Trained, { name, better }: Measure): boolean {
  const [own, wanted] = [trained, twin].map(({ measures }) => measures[name] ?? Number.NaN) as [number, number]
  const single = twin.history.losses.length === 1
  const behind = better === 'higher' ? wanted - own : own - wanted
  const near = behind <= (single ? toleratedMeasure.alone : toleratedMeasure.several) * Math.abs(wanted)
  if (!single) return near
  const start = twin.history.losses[0]?.[0] ?? Number.NaN
  const [loss, wantedLoss] = [finalLoss(trained), finalLoss(twin)]
  return near && loss - wantedLoss <= toleratedLoss * Math.abs(start - wantedLoss)
}

const count = (flags: Uint8Array): number => flags.reduce((sum, x) => sum + x, 0)

export function judge(run: Run, twin: Trained, measure: Measure): Judged {
  const { trained } = run
  const { totals, history } = trained
  const dead = trained.brokenAt !== undefined || trained.gaveUpAt !== undefined
  return {
    ...run,
    loss: finalLoss(trained),
    measure: trained.measures[measure.name] ?? Number.NaN,
    skipped: count(history.skipped),
    skippedBy: history.skippedBy.map(count),
    overflows: count(history.overflow),
    lost: share(totals.lost, totals.gradients),
    lostUpdates: share(totals.lostUpdates, totals.updates),
    verdict: trained === twin ? 'twin' : dead ? 'broken' : isAsGood(trained, twin, measure) ? 'same' : 'worse',
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
