/** The picture, the table and the sentences of a watched training. */
import type { Block, Cell, Finding, Label, Tone } from '../../result/result.js'
import { interviewRatio } from '../../train/monitor.js'
import type { Fired, Raised, StreamRun, Trouble } from './stream.js'

/** How long after a trouble an alarm still belongs to it: as long as a loss stays among the last 100. */
const aftermath = 100

/** The trouble that something at this step belongs to: the last that had begun. Broken weights show a step later. */
const ownerOf = (troubles: readonly Trouble[], step: number): Trouble | undefined =>
  troubles.findLast(({ at, length }) => step >= at && step <= at + length)

/** Whether something at this step comes from one of the troubles; what the bad batches leave behind lasts to the end. */
const isExplained = (troubles: readonly Trouble[], step: number): boolean =>
  troubles.some((one) => step >= one.at && (one.code === 'badBatches' || step <= one.at + one.length + aftermath))

export interface Verdict {
  readonly trouble: Trouble
  readonly alarms: readonly Raised[]
  /** Steps until the first alarm; NaN where there was none. */
  readonly delay: number
  readonly noticed: boolean
  /** No alarm, and none needed: the scaler skipped the step. */
  readonly skipped: boolean
  readonly fired: Fired | undefined
  readonly ratio: number
}

/** What each of the two made of each trouble. */
export const verdictsOf = ({ troubles, alarms, fired, ratios, skippedAt }: StreamRun): Verdict[] =>
  troubles.map((trouble, i) => {
    const own = alarms.filter(({ step }) => ownerOf(troubles, step) === trouble)
    const noticed = own.length > 0
    return {
      trouble,
      alarms: own,
      delay: (own[0]?.step ?? Number.NaN) - trouble.at,
      noticed,
      skipped: !noticed && trouble.code === 'gradientSpike' && skippedAt[i] === true,
      fired: fired.find(({ from }) => ownerOf(troubles, from) === trouble),
      ratio: ratios[i] as number,
    }
  })

/** Of a scale this low, or where no step is taken, an alarm is never false. */
const isTrue = ({ code }: Raised, { clean }: StreamRun): boolean =>
  clean === 0 || code === 'scale-below-one' || code === 'scale-at-minimum'

export const falseAlarms = (run: StreamRun): Raised[] =>
  run.alarms.filter((alarm) => !isExplained(run.troubles, alarm.step) && !isTrue(alarm, run))

export const falseFired = ({ troubles, fired }: StreamRun): Fired[] =>
  fired.filter(({ from }) => !isExplained(troubles, from))

/** The scale, and the norm with it and without it. */
export function streamChart(run: StreamRun): Block {
  return {
    kind: 'line-chart',
    x: { label: { code: 'step' }, values: run.axis, scale: 'linear' },
    y: { label: { name: '' }, scale: 'log2' },
    series: [
      { label: { code: 'monitor-norm' }, values: run.unscaled },
      { label: { code: 'monitor-norm-read' }, values: run.read },
      { label: { code: 'lossScale' }, values: run.scales },
    ],
    ...(run.alarms.length > 0
      ? { marks: { label: { code: 'monitor-alarms' }, at: run.alarms.map(({ step }) => step) } }
      : {}),
  }
}

const nothing: Cell = { name: '–' }

/** What the document's monitor says, as a cell. */
const saying = ({ ratio, crashes }: Pick<Fired, 'ratio' | 'crashes'>, length: number): Label =>
  crashes ? { code: 'monitor-crashes' } : { code: 'monitor-fires', values: { ratio, length } }

/** One row a trouble or an alarm, in the order of the steps; warnings of the document's monitor without one: the finding. */
export function alarmTable(run: StreamRun, { badRate }: { readonly badRate: number }): Block {
  const verdicts = verdictsOf(run)
  const alarmCells = ({ code, value, sigmas }: Raised): [Cell, Cell] => [
    { code: `monitor-alarm-${code}` },
    { code: `monitor-value-${code}`, values: { value, sigmas: sigmas ?? 0 } },
  ]
  interface Row {
    readonly step: number
    readonly cells: readonly Cell[]
    readonly tone: Tone | null
  }
  const rows: Row[] = verdicts.flatMap(({ trouble, alarms, fired, ratio, skipped, noticed }): Row[] => {
    const what: Cell = { code: `monitor-trouble-${trouble.code}`, values: { size: trouble.size } }
    const first = alarms[0]
    // A scale that falls below 1 has fallen.
    const isLast = ({ code }: Raised): boolean =>
      code !== 'scale-falls' || !alarms.some((other) => other.code === 'scale-below-one')
    const other: Cell = fired
      ? saying(fired, fired.length)
      : { code: ratio > interviewRatio ? 'monitor-warns-already' : 'monitor-silent', values: { ratio } }
    const own: [Cell, Cell] = first
      ? alarmCells(first)
      : [{ code: skipped ? 'monitor-skipped-by-scaler' : 'monitor-missed' }, nothing]
    return [
      { step: trouble.at, cells: [what, ...own, other], tone: noticed || skipped ? 'good' : 'bad' },
      ...alarms
        .slice(1)
        .filter(isLast)
        .map((alarm) => ({ step: alarm.step, cells: ['', ...alarmCells(alarm), ''], tone: null })),
    ]
  })
  const told = new Set(verdicts.flatMap(({ alarms }) => alarms))
  const rest = run.alarms.filter((alarm) => !told.has(alarm))
  // The first of each kind.
  const others = rest.filter((alarm, i) => rest.findIndex(({ code }) => code === alarm.code) === i)
  const explained = (alarm: Raised): Cell => {
    if (isTrue(alarm, run)) return run.clean === 0 ? { code: 'monitor-always-overflow' } : ''
    if (isExplained(run.troubles, alarm.step)) return ''
    return badRate > 0 ? { code: 'monitor-by-chance' } : { code: 'monitor-no-trouble' }
  }
  for (const alarm of others)
    rows.push({ step: alarm.step, cells: [explained(alarm), ...alarmCells(alarm), ''], tone: null })
  rows.sort((a, b) => a.step - b.step)
  return {
    kind: 'table',
    columns: [
      { label: { code: 'step' }, as: 'count' },
      { label: { code: 'monitor-what' }, as: 'text' },
      { label: { code: 'monitor-alarm' }, as: 'text' },
      { label: { code: 'monitor-value' }, as: 'text' },
      { label: { code: 'monitor-interview' }, as: 'text' },
    ],
    rows: rows.map(({ step, cells }) => [step, ...cells]),
    tones: rows.map(({ tone }) => tone),
  }
}

export function streamFindings(run: StreamRun, { badRate }: { readonly badRate: number }): Finding[] {
  const verdicts = verdictsOf(run)
  const noticed = verdicts.filter((one) => one.noticed)
  const others = verdicts.filter(({ fired }) => fired)
  const wrong = falseAlarms(run)
  const wrongFired = falseFired(run).filter(({ crashes }) => !crashes)
  const { norms } = run
  const findings: Finding[] = [
    // Nothing else matters where no step is taken.
    run.clean === 0
      ? {
          code: 'monitorNoStep',
          tone: 'bad',
          values: { steps: run.overflows, final: run.finalScale, first: run.alarms[0]?.step ?? Number.NaN },
        }
      : {
          code: 'monitorNoticed',
          tone: verdicts.every((one) => one.noticed || one.skipped) ? 'good' : 'bad',
          values: {
            noticed: noticed.length,
            skipped: verdicts.filter(({ skipped }) => skipped).length,
            troubles: verdicts.length,
            delay: Math.max(0, ...noticed.map(({ delay }) => (Number.isNaN(delay) ? 0 : delay))),
            alarms: run.alarms.length,
            wrong: badRate > 0 ? Number.NaN : wrong.length,
          },
        },
    {
      code: 'monitorInterview',
      tone: others.length === verdicts.length && wrongFired.length === 0 ? 'note' : 'bad',
      values: {
        noticed: others.length,
        troubles: verdicts.length,
        wrong: badRate > 0 ? 0 : wrongFired.length,
        from: wrongFired[0]?.from ?? Number.NaN,
        to: wrongFired[0]?.to ?? Number.NaN,
        crash: run.fired.find(({ crashes }) => crashes)?.from ?? Number.NaN,
      },
    },
  ]
  if (norms.first > 0 && norms.last > 0)
    findings.push({
      code: 'monitorNormHides',
      tone: 'note',
      values: {
        read: norms.lastRead / norms.firstRead,
        change: norms.last / norms.first,
        until: norms.until,
      },
    })
  if (run.infApplied > 0) findings.push({ code: 'monitorBroken', tone: 'bad', values: { applied: run.infApplied } })
  if (!Number.isNaN(run.gaveUp)) findings.push({ code: 'monitorGaveUp', tone: 'bad', values: { step: run.gaveUp } })
  return findings
}

/** What is watched besides: steps skipped, gradients and updates lost. */
export const lossesNote = (
  run: StreamRun,
  values: { format: string; weight: number; lr: number; steps: number },
): Block => ({
  kind: 'note',
  code: 'monitorLosses',
  tone: 'note',
  values: {
    ...values,
    skipped: run.skipped,
    share: run.skipped / values.steps,
    lost: run.lost,
    updates: run.updatesLost,
  },
})
