/** What the runs of a training say, in sentences: what broke, what was lost, what is as good as FP32. */
import type { Finding } from '../../result/result.js'
import { type AlarmCode, monitorDefaults, startMonitor, watch } from '../../train/monitor.js'
import type { Measure } from '../../train/task.js'
import type { Trained } from '../../train/trainer.js'
import { type CauseCode, causeOf } from './causes.js'
import { isBehind, isIdle, type Judged, roomOf, shortName } from './run.js'

/** Of Adam's epsilon and what the optimizer's format makes of it. */
export interface Epsilon {
  readonly given: number
  readonly kept: number
}

interface Beside {
  readonly twin: Judged
  readonly measure: Measure
  /** The twin learned nothing: why another is worse than that, nobody can say. */
  readonly idle: boolean
  /** What is as good as the twin. */
  readonly same: readonly Judged[]
}

function findingOf(run: Judged, { twin, measure, idle, same }: Beside, epsilon: Epsilon | undefined): Finding {
  const { recipe, trained, lost, lostUpdates, skipped } = run
  const base = { recipe }
  if (run.verdict === 'broken') {
    if (trained.gaveUpAt !== undefined)
      return { code: 'train-gave-up', tone: 'bad', values: { ...base, step: trained.gaveUpAt } }
    const values = { ...base, step: trained.brokenAt ?? 0 }
    return epsilon && epsilon.given > 0 && epsilon.kept === 0
      ? { code: 'train-broken-epsilon', tone: 'bad', values: { ...values, epsilon: epsilon.given } }
      : { code: 'train-broken', tone: 'bad', values }
  }
  const { code: cause, like } = idle ? { code: 'none' } : causeOf(run, same)
  return {
    code: 'train-worse',
    tone: 'bad',
    values: {
      ...base,
      // A measure that hardly differs says less than the loss that does.
      ...(isBehind(trained, twin.trained, measure)
        ? { measure: measure.name, as: measure.as, value: run.measure, twin: twin.measure }
        : { measure: 'loss', as: 'number', value: run.loss, twin: twin.loss }),
      cause,
      ...(like ? { like: like.recipe, likeShare: like.share } : {}),
      lost,
      // Where chance decides what becomes of an update, nothing is counted.
      lostUpdates: Number.isNaN(lostUpdates) ? 0 : lostUpdates,
      skipped,
    },
  }
}

const isRepaired = ({ loop }: Judged): boolean => loop !== 'written'

/** Names in a row, those of faulty loops with a star. */
const namesOf = (runs: readonly Judged[]): string => runs.map(shortName).join(', ')

/** FP32 that learned nothing: as it is, or only with the techniques that it has here. */
function idleFindings(runs: readonly Judged[], twin: Judged, measure: Measure): Finding[] {
  const own = runs.find(({ loop }) => loop === 'plain') ?? twin
  const isItself = isIdle(own.measure, measure)
  if (!isItself && !isIdle(twin.measure, measure)) return []
  const naive = measure.naive ?? (measure.better === 'higher' ? 0 : Number.POSITIVE_INFINITY)
  const told = (isItself ? own : twin).measure
  const values = { measure: measure.name, as: measure.as, twin: told, naive, steps: twin.trained.steps }
  return [{ code: isItself ? 'train-twin-idle' : 'train-with-idle', tone: 'note', values }]
}

/** One sentence for each run that is worse, the worst first, and one for all that are as good as the twin. */
export function findingsOf(
  runs: readonly Judged[],
  measure: Measure,
  epsilonOf: (run: Judged) => Epsilon | undefined,
): Finding[] {
  const twin = runs.find(({ verdict }) => verdict === 'twin') as Judged
  const idle = isIdle(twin.measure, measure)
  const start = twin.trained.history.losses[0]?.[0] ?? Number.NaN
  const single = twin.trained.history.losses.length === 1
  // The loss of one batch is noisy: of a network that learned before, it may be the lowest by chance.
  const risen = single && !(twin.loss < start) && (idle || !(twin.loss < 2 * start))
  if (twin.trained.brokenAt !== undefined || risen)
    return [{ code: 'train-twin-fails', tone: 'bad', values: { start, end: twin.loss } }]
  const bad = runs.filter(({ verdict }) => verdict === 'worse' || verdict === 'broken')
  const same = runs.filter(({ verdict }) => verdict === 'same')
  const [told, written] = [bad.filter(isRepaired), bad.filter((run) => !isRepaired(run))]
  const hidden = same.filter((run) => !isRepaired(run) && run.trained.finalScale > 1)
  const measured = { measure: measure.name, as: measure.as, twin: twin.measure }
  const best = written.map((run) => run.measure).filter(Number.isFinite)
  return [
    ...idleFindings(runs, twin, measure),
    ...told.map((run) => findingOf(run, { twin, measure, idle, same: same.filter(isRepaired) }, epsilonOf(run))),
    ...(written.length > 0
      ? [
          {
            code: 'train-uncleared',
            tone: 'bad' as const,
            values: {
              ...measured,
              names: namesOf(written),
              value:
                best.length === 0 ? Number.NaN : measure.better === 'higher' ? Math.max(...best) : Math.min(...best),
            },
          },
        ]
      : []),
    ...(hidden.length > 0 && written.length > 0
      ? [
          {
            code: 'train-hidden',
            tone: 'note' as const,
            values: { names: namesOf(hidden), scale: Math.min(...hidden.map(({ trained }) => trained.finalScale)) },
          },
        ]
      : []),
    // As good as what learned nothing is nothing to praise.
    ...(same.length > 0 && !idle
      ? [
          {
            code: 'train-same',
            tone: 'good' as const,
            values: { ...measured, room: roomOf(twin.trained, measure), names: namesOf(same) },
          },
        ]
      : []),
  ]
}

export interface Told {
  readonly step: number
  readonly code: AlarmCode
}

/** What a monitor would have said of a run, step by step. */
export function alarmsOf({ history, steps, brokenAt, gaveUpAt }: Trained): Told[] {
  const told: Told[] = []
  let state = startMonitor
  const end = Math.min(steps, (brokenAt ?? steps) + 1, (gaveUpAt ?? steps) + 1)
  for (let i = 0; i < end; i++) {
    const scale = history.scale[i] as number
    const after = history.scale[i + 1] as number
    const seen = {
      loss: history.losses[0]?.[i] as number,
      norm: (history.norm[i] as number) * scale,
      scale,
      next: i + 1 < end && Number.isFinite(after) ? after : scale,
      overflow: history.overflow[i] === 1,
      lost: history.lost[i] as number,
    }
    const { state: next, alarms } = watch(state, seen, monitorDefaults)
    state = next
    for (const { code } of alarms) told.push({ step: i, code })
  }
  return told
}

/** Which alarm says the same as the sentence about a run's cause. */
const sameAs: Readonly<Partial<Record<CauseCode, readonly AlarmCode[]>>> = {
  gradients: ['gradients-lost'],
  'gradients-shared': ['gradients-lost'],
  overflow: ['scale-falls', 'norm-spike'],
  skips: ['scale-falls'],
}

/** The first alarm of a run that went wrong, where it says more than the sentence about the run. */
function alarmOf(run: Judged, same: readonly Judged[]): Told | undefined {
  const { verdict, trained } = run
  const [told] = alarmsOf(trained)
  if (verdict === 'broken') {
    // A warning is one that comes before.
    const end = trained.brokenAt ?? trained.gaveUpAt ?? trained.steps
    return told && told.step + 1 < end ? told : undefined
  }
  if (verdict !== 'worse' || run.loop === 'written') return undefined
  return told && !sameAs[causeOf(run, same).code]?.includes(told.code) ? told : undefined
}

/** The alarm that most of the runs that went wrong begin with, and which runs those are. */
export function alarmFindings(runs: readonly Judged[]): Finding[] {
  const same = runs.filter((run) => run.verdict === 'same' && isRepaired(run))
  const first = new Map<AlarmCode, { step: number; names: string[] }>()
  for (const run of runs) {
    const told = alarmOf(run, same)
    if (!told) continue
    const { step, names } = first.get(told.code) ?? { step: told.step, names: [] }
    first.set(told.code, { step: Math.min(step, told.step), names: [...names, namesOf([run])] })
  }
  const [most] = [...first].sort(([, a], [, b]) => b.names.length - a.names.length)
  if (!most) return []
  const [alarm, { step, names }] = most
  return [{ code: 'train-alarm', tone: 'note', values: { alarm, step, names: names.join(', ') } }]
}
