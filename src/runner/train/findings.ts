/** What the runs of a training say, in sentences: what broke, what was lost, what is as good as FP32. */
import type { Finding } from '../../result/result.js'
import { type AlarmCode, monitorDefaults, startMonitor, watch } from '../../train/monitor.js'
import type { Measure } from '../../train/task.js'
import type { Trained } from '../../train/trainer.js'
import { type Judged, shortName } from './run.js'

/** A share of gradients or updates that explains a run that ends worse than its twin. */
const noticed = 0.005

/** So little of the twin's measure is no difference to speak of. */
const hardly = 0.02

/** What most likely made a run worse: the larger of the two losses. */
function cause({ lost, lostUpdates, overflows }: Judged): string {
  const updates = Number.isNaN(lostUpdates) ? 0 : lostUpdates
  if (overflows > 0 && lost < noticed) return 'overflow'
  if (lost < noticed && updates < noticed) return 'none'
  return lost >= updates ? 'gradients' : 'updates'
}

/** Of Adam's epsilon and what the optimizer's format makes of it. */
export interface Epsilon {
  readonly given: number
  readonly kept: number
}

function findingOf(run: Judged, twin: Judged, measure: Measure, epsilon: Epsilon | undefined): Finding {
  const { recipe, trained, lost, lostUpdates } = run
  const base = { recipe }
  if (run.verdict === 'broken') {
    if (trained.gaveUpAt !== undefined)
      return { code: 'train-gave-up', tone: 'bad', values: { ...base, step: trained.gaveUpAt } }
    const values = { ...base, step: trained.brokenAt ?? 0 }
    return epsilon && epsilon.given > 0 && epsilon.kept === 0
      ? { code: 'train-broken-epsilon', tone: 'bad', values: { ...values, epsilon: epsilon.given } }
      : { code: 'train-broken', tone: 'bad', values }
  }
  return {
    code: 'train-worse',
    tone: 'bad',
    values: {
      ...base,
      // A measure that hardly differs says less than the loss that does.
      ...(Math.abs(run.measure - twin.measure) <= hardly * Math.abs(twin.measure)
        ? { measure: 'loss', as: 'number', value: run.loss, twin: twin.loss }
        : { measure: measure.name, as: measure.as, value: run.measure, twin: twin.measure }),
      cause: cause(run),
      lost,
      lostUpdates,
    },
  }
}

const isRepaired = ({ loop }: Judged): boolean => loop !== 'written'

/** Names in a row, those of faulty loops with a star. */
const namesOf = (runs: readonly Judged[]): string => runs.map(shortName).join(', ')

/** One sentence for each run that is worse, the worst first, and one for all that are as good as the twin. */
export function findingsOf(
  runs: readonly Judged[],
  measure: Measure,
  epsilonOf: (run: Judged) => Epsilon | undefined,
): Finding[] {
  const twin = runs.find(({ verdict }) => verdict === 'twin') as Judged
  const start = twin.trained.history.losses[0]?.[0] ?? Number.NaN
  if (twin.trained.brokenAt !== undefined || (twin.trained.history.losses.length === 1 && !(twin.loss < start)))
    return [{ code: 'train-twin-fails', tone: 'bad', values: { start, end: twin.loss } }]
  const bad = runs.filter(({ verdict }) => verdict === 'worse' || verdict === 'broken')
  const same = runs.filter(({ verdict }) => verdict === 'same')
  const [told, written] = [bad.filter(isRepaired), bad.filter((run) => !isRepaired(run))]
  const hidden = same.filter((run) => !isRepaired(run) && run.trained.finalScale > 1)
  const measured = { measure: measure.name, as: measure.as, twin: twin.measure }
  const best = written.map((run) => run.measure).filter(Number.isFinite)
  return [
    ...told.map((run) => findingOf(run, twin, measure, epsilonOf(run))),
    ...(written.length > 0
      ? [
          {
            code: 'train-uncleared',
            tone: 'bad' as const,
            values: {
              ...measured,
              names: namesOf(written),
              value: measure.better === 'higher' ? Math.max(...best) : Math.min(...best),
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
    ...(same.length > 0
      ? [{ code: 'train-same', tone: 'good' as const, values: { ...measured, names: namesOf(same) } }]
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

/** The alarm that most runs begin with, and which runs those are; the other runs' are in their histories. */
export function alarmFindings(runs: readonly Judged[]): Finding[] {
  const first = new Map<AlarmCode, { step: number; names: string[] }>()
  for (const run of runs) {
    const [told] = alarmsOf(run.trained)
    if (!told) continue
    const group = first.get(told.code) ?? { step: told.step, names: [] }
    group.names.push(namesOf([run]))
    first.set(told.code, { ...group, step: Math.min(group.step, told.step) })
  }
  const [most] = [...first].sort(([, a], [, b]) => b.names.length - a.names.length)
  if (!most) return []
  const [alarm, { step, names }] = most
  return [{ code: 'train-alarm', tone: 'note', values: { alarm, step, names: names.join(', ') } }]
}
