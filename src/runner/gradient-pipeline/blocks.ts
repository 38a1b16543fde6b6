/** The screen of the gradient pipeline: its log, the distance to the optimum, the memory. */
import type { Block, Cell, Tone } from '../../result/result.js'
import type { Graphs } from './memory.js'
import { type Event, type EventName, eventNames, spikeStep, type Training } from './train.js'

const bad: readonly string[] = ['pipeAddedInf', 'pipeFoundInf', 'pipeSkipped', 'pipeClippedScaled', 'pipeSentForgot']

/** The first step that is taken; the last one where all are skipped. */
export function takenStep({ skipped }: Training, steps: number): number {
  let taken = 1
  while (taken < steps && skipped.includes(taken)) taken++
  return taken
}

/** The steps worth a look: the first one, the first that is taken, and the one with the outliers. */
export const shownSteps = (training: Training, steps: number): number[] =>
  [...new Set([1, takenStep(training, steps), spikeStep({ steps })])].sort((a, b) => a - b)

export function logTable(
  { events }: Training,
  steps: readonly number[],
  shown: readonly EventName[] = eventNames,
): Block {
  const rows = events.filter(({ step, event }) => steps.includes(step) && shown.includes(event))
  let last = 0
  return {
    kind: 'table',
    columns: [
      { label: { code: 'step' }, as: 'count' },
      { label: { code: 'pipeEvent' }, as: 'text' },
      { label: { code: 'pipeHappened' }, as: 'text' },
      { label: { code: 'pipeNorm' }, as: 'number' },
      { label: { code: 'lossScale' }, as: 'power' },
    ],
    rows: rows.map(({ step, event, code, values, norm, scale }: Event): Cell[] => {
      const first = step !== last
      last = step
      return [first ? step : null, event, { code, values }, norm, scale]
    }),
    tones: rows.map(({ code }): Tone | null =>
      bad.includes(code) ? 'bad' : code === 'pipeClipped' || code === 'pipeStepped' ? 'good' : null,
    ),
  }
}

/** Steps of the picture: at most about 120 of them, both ends too. */
const samplesOf = (steps: number): number[] => {
  const count = Math.min(steps, 120)
  return Array.from({ length: count + 1 }, (_, i) => Math.round((i * steps) / count))
}

export function distanceChart(runs: readonly { readonly name: string; readonly training: Training }[]): Block {
  const steps = (runs[0]?.training.distances.length ?? 1) - 1
  const at = samplesOf(steps)
  return {
    kind: 'line-chart',
    title: { code: 'pipeDistances' },
    rows: 8,
    x: { label: { code: 'step' }, values: at, scale: 'linear' },
    y: { label: { code: 'largeDistance' }, scale: 'log10' },
    series: runs.map(({ name, training }) => ({
      label: { code: `pipeRun-${name}` },
      values: at.map((i) => training.distances[i] ?? Number.NaN),
    })),
    marks: { label: { code: 'skipped' }, at: runs[0]?.training.skipped ?? [] },
  }
}

const gib = 1 << 30
const size = (bytes: number): Cell => ({ code: 'costSize', values: { bytes } })

export const memoryChart = ({ kept, freed }: Graphs, capacity: number): Block => ({
  kind: 'line-chart',
  title: { code: 'pipeMemoryChart' },
  x: { label: { code: 'accMicroAxis' }, values: kept.map((_, i) => i + 1), scale: 'linear' },
  y: { label: { name: 'GiB' }, scale: 'linear' },
  series: [
    { label: { code: 'pipeKept' }, values: kept.map((x) => x / gib) },
    { label: { code: 'pipeFreed' }, values: freed.map((x) => x / gib) },
    { label: { code: 'pipeCapacity' }, values: kept.map(() => capacity / gib), tone: 'note' },
  ],
})

/** As many rows as a screen takes: the first ones, and those about the full memory. */
const mostRows = 8

export function memoryTable({ kept, freed, fullAt }: Graphs): Block {
  const all = kept.map((_, i) => i)
  const from = kept.length <= mostRows || fullAt <= mostRows ? 0 : fullAt - mostRows
  const rows = all.slice(from, from + mostRows)
  return {
    kind: 'table',
    columns: [
      { label: { code: 'pipeMicro' }, as: 'count' },
      { label: { code: 'pipeEvent' }, as: 'text' },
      { label: { code: 'pipeKept' }, as: 'text' },
      { label: { code: 'pipeHappened' }, as: 'text' },
      { label: { code: 'pipeFreed' }, as: 'text' },
    ],
    rows: rows.map((i): Cell[] => {
      const full = fullAt > 0 && i + 1 >= fullAt
      const happened = full ? (i + 1 === fullAt ? 'pipeOutOfMemory' : 'pipeNotReached') : 'pipeGraphs'
      return [
        i + 1,
        'accumulate',
        size(kept[i] as number),
        { code: happened, values: { graphs: i + 1 } },
        size(freed[i] as number),
      ]
    }),
    tones: rows.map((i): Tone => (fullAt > 0 && i + 1 >= fullAt ? 'bad' : 'good')),
  }
}
