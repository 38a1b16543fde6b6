/** What the lesson of gradient accumulation says, view by view. */
import { asFormat } from '../../format/parse.js'
import type { Finding } from '../../result/result.js'
import type { AccumulationParams, Computed, Values } from './compute.js'
import { wideOf } from './sums.js'

export const views = ['sums', 'mistakes', 'equal', 'memory'] as const
export type View = (typeof views)[number]

const gib = 1 << 30

/** A buffer that is off by more than this is wrong: one part in a thousand. */
const tolerable = 0.001

export function findingsOf(c: Computed, m: Values, p: AccumulationParams): Readonly<Record<View, readonly Finding[]>> {
  const [low, , other] = c.sums.buffers
  const wide = wideOf(c.sums.buffers)
  const isGood = (error: number): boolean => error < tolerable
  const N = c.batch.micro
  return {
    sums: [
      {
        code: 'accSumLow',
        tone: isGood(m.lowError) ? 'good' : 'bad',
        values: { count: m.terms, gradient: p.gradient, format: low?.name ?? '', sum: m.lowSum, exact: m.exactSum },
      },
      {
        code: 'accSumOther',
        tone: isGood(m.otherError) ? 'good' : 'bad',
        values: { other: other?.name ?? '', error: m.otherError },
      },
      {
        code: 'accSumWide',
        tone: isGood(m.wideError) ? 'good' : 'bad',
        values: { wide: wide.name, error: m.wideError },
      },
      // Into a format as wide nothing is converted back.
      ...(asFormat(p.format).precision < asFormat('fp32').precision
        ? [
            {
              code: 'accBackAgain',
              tone: m.backError <= m.wideError ? ('note' as const) : ('bad' as const),
              values: {
                format: p.format,
                wide: wide.name,
                error: m.wideError,
                back: m.backError,
                top: c.sums.top,
                exponent: asFormat(p.format).emax + 2,
                largeBack: m.largeBack,
              },
            },
          ]
        : []),
    ],
    mistakes: [
      {
        code: 'accNotDivided',
        tone: N === 1 ? 'note' : 'bad',
        values: { micro: N, factor: m.notDivided },
      },
      {
        code: 'accMeanOfMeans',
        tone: p.samples === p.lastSamples || N === 1 ? 'note' : 'bad',
        values: {
          off: m.meanOfMeans,
          weight: m.lastWeight,
          last: p.lastSamples,
          even: p.samples === p.lastSamples || N === 1,
        },
      },
      {
        code: 'accLostBatch',
        tone: 'note',
        values: { micro: N, rate: p.overflowRate, lost: m.updatesLost, skipped: m.overflowed === 0 },
      },
    ],
    equal: [
      {
        code: 'accEqualExact',
        tone: m.equalFewBits === 1 ? 'good' : 'bad',
        values: { share: m.equalFewBits },
      },
      {
        code: 'accEqualRounded',
        tone: m.equalFp32 === 1 ? 'good' : 'note',
        values: { share: m.equalFp32, format: c.equalities.at(-1)?.buffer ?? '', narrow: m.equalNarrow },
      },
    ],
    memory: [
      {
        code: 'accMemorySaved',
        tone: m.memoryAccumulated < m.memoryWhole ? 'good' : 'note',
        values: {
          model: p.model,
          batch: p.batch,
          before: m.memoryWhole * gib,
          after: m.memoryAccumulated * gib,
          micro: c.memory.points.at(-1)?.micro ?? 1,
        },
      },
      {
        code: 'accMemoryFloor',
        tone: 'note',
        values: { fixed: c.memory.fixed, gradients: c.memory.gradients },
      },
    ],
  }
}
