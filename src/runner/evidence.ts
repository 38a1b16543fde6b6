/** What was published: results of mixed precision beside FP32, and reports in words, each with its source and status. */
import * as z from 'zod/mini'
import {
  type Comparison,
  change,
  comparisons,
  type EvidenceTask,
  evidenceTasks,
  references,
  reports,
} from '../data/evidence.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { choice } from './params.js'
import { defineRunner } from './runner.js'

const params = { task: z._default(choice([...evidenceTasks, 'all']), 'image') }

const metrics = {
  results: 'count',
  asGood: 'count',
  largestGain: 'number',
  largestLoss: 'number',
  diverged: 'count',
  reports: 'count',
  sources: 'count',
} as const

/** A difference of decimals as written, without the noise of binary fractions: two digits behind the point. */
const twoDigits = (x: number): number => Math.round(x * 100) / 100

/** A value that was not published is empty; NaN stands for a training that diverged. */
const published = (x: number | undefined): Cell =>
  x === undefined ? null : Number.isNaN(x) ? { code: 'costDiverges' } : String(x)

function resultTable(list: readonly Comparison[], number: (id: string) => string): Block {
  const unscaled = list.some((c) => c.unscaled !== undefined)
  const scaled = list.some((c) => c.scaled !== undefined)
  return {
    kind: 'table',
    columns: [
      { label: { code: 'costNetwork' }, as: 'text' },
      { label: { code: 'costMeasure' }, as: 'text' },
      { label: { code: 'costBaseline' }, as: 'text' },
      ...(unscaled ? [{ label: { code: 'costUnscaled' }, as: 'text' as const }] : []),
      ...(scaled ? [{ label: { code: 'costScaled' }, as: 'text' as const }] : []),
      { label: { code: 'costBetterBy' }, as: 'text' },
      { label: { name: '' }, as: 'text' },
    ],
    rows: list.map((c): Cell[] => [
      c.network,
      c.measure,
      `${c.from} ${c.baseline}`,
      ...(unscaled ? [published(c.unscaled)] : []),
      ...(scaled ? [published(c.scaled)] : []),
      { code: 'costSigned', values: { value: twoDigits(change(c)) } },
      number(c.reference),
    ]),
    tones: list.map((c) => (change(c) >= 0 ? 'good' : 'bad')),
  }
}

export const evidence = defineRunner({
  name: 'evidence',
  params,
  positionals: ['task'],
  exclusive: [],
  metrics,
  parts: ['results', 'reports', 'sources', 'try'],
  async run(p, { show }) {
    const of = <T extends { readonly task: EvidenceTask }>(list: readonly T[]): T[] =>
      list.filter(({ task }) => p.task === 'all' || task === p.task)
    const [results, told] = [of(comparisons), of(reports)]
    // In the order in which they are named.
    const ids = [...new Set([...results, ...told].map(({ reference }) => reference))]
    const used = ids.flatMap((id) => references.filter((r) => r.id === id))
    const number = (id: string): string => `[${used.findIndex((r) => r.id === id) + 1}]`
    const changes = results.map((c) => twoDigits(change(c)))
    const asGood = changes.filter((x) => x >= 0).length
    // Points of one measure are not compared with those of another.
    const measures = [...new Set(results.map(({ measure }) => measure))]
    const worst = measures.flatMap((measure) => {
      const own = results.filter((c) => c.measure === measure)
      const least = own.reduce((a, b) => (change(b) < change(a) ? b : a))
      return twoDigits(change(least)) < 0 ? [least] : []
    })
    const oneMeasure = measures.length === 1
    const baselines = [...new Set(results.map(({ from }) => from))]
    const diverged = results.filter((c) => Number.isNaN(c.unscaled))
    const findings: Finding[] = [
      ...(results.length > 0
        ? [
            {
              code: 'costAsGood',
              tone: asGood === results.length ? ('good' as const) : ('note' as const),
              values: {
                asGood,
                count: results.length,
                worst: worst.map((c) => `${-twoDigits(change(c))} ${c.measure} (${c.network})`).join(', '),
                from: baselines.length === 1 ? (baselines[0] as string) : '',
              },
            },
          ]
        : []),
      ...diverged.map((c): Finding => ({ code: 'costDiverged', tone: 'bad', values: { network: c.network } })),
      ...(results.some(({ task }) => task === 'fp8')
        ? [{ code: 'costFp8Inference', tone: 'note' as const, values: {} }]
        : []),
      ...(results.length + told.length === 0
        ? [{ code: 'costNoEvidence', tone: 'note' as const, values: { task: p.task } }]
        : [{ code: 'costTheirs', tone: 'note' as const, values: {} }]),
    ]
    const draw: Record<string, () => Block[]> = {
      try: () => [{ kind: 'note', code: 'costTryEvidence', tone: 'note', values: {} }],
      results: () => (results.length > 0 ? [resultTable(results, number)] : []),
      reports: () =>
        told.length === 0
          ? []
          : [
              {
                kind: 'table',
                columns: [
                  { label: { code: 'costReported' }, as: 'text' },
                  { label: { name: '' }, as: 'text' },
                ],
                rows: told.map((r) => [{ code: r.code, values: r.values }, number(r.reference)]),
              },
            ],
      sources: () =>
        used.length === 0
          ? []
          : [
              {
                kind: 'table',
                columns: [
                  { label: { name: '' }, as: 'text' },
                  { label: { code: 'costSource' }, as: 'text' },
                  { label: { code: 'costChecked' }, as: 'text' },
                ],
                rows: used.map((r) => [number(r.id), r.text, { code: `costStatus-${r.status}` }]),
              },
            ],
    }
    return {
      subject: { code: 'costTask', values: { task: p.task, results: results.length, reports: told.length } },
      metrics: {
        results: results.length,
        asGood,
        largestGain: oneMeasure ? Math.max(...changes) : Number.NaN,
        largestLoss: oneMeasure ? Math.max(0, -Math.min(...changes)) : Number.NaN,
        diverged: diverged.length,
        reports: told.length,
        sources: used.length,
      },
      findings,
      blocks: (show.length > 0 ? show : ['results', 'reports', 'sources', 'try']).flatMap(
        (part) => draw[part]?.() ?? [],
      ),
    }
  },
})
