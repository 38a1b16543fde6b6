/** Gradient accumulation: who divides, what the sum is kept in, and what that does to three small cases. */
import { accumulations } from '../../data/frameworks.js'
import { rounder } from '../../format/round.js'
import { column, type Topic, text } from './topic.js'

/** Sum of n equal micro-gradients in a format, rounded after every addition. */
function sumIn(keeps: string, value: number, n: number): number {
  const round = rounder(keeps)
  let sum = 0
  for (let i = 0; i < n; i++) sum = round(sum + round(value))
  return sum
}

/** Micro-batches of 3 and 1 examples with gradients 1 and 5: the mean over all four is 2. */
const uneven = { sizes: [3, 1], means: [1, 5] } as const

export function accumulation(): Topic {
  const [n, value] = [1024, 1e-3]
  const examples = uneven.sizes.reduce<number>((sum, size) => sum + size, 0)
  const trueMean = uneven.sizes.reduce<number>((sum, size, i) => sum + size * (uneven.means[i] as number), 0) / examples
  const rows = accumulations.map((row) => {
    const meanOfMeans = uneven.means.reduce<number>((sum, mean) => sum + mean, 0) / uneven.means.length
    // Each micro-batch contributes its mean (loss, sum) or its sum (sum-by-size).
    const got = row.divides === 'sum-by-size' ? trueMean : meanOfMeans
    const exact = n * value
    const error = Math.abs(sumIn(row.keeps, value, n) - exact) / exact
    // Gradients near FP16's largest: divided first they fit, added first they do not.
    const large = sumIn(row.keeps, row.divides === 'loss' ? 32768 / 4 : 32768, 4)
    return { row, got, error, large }
  })
  const wrong = rows.filter(({ got }) => got !== trueMean)
  return {
    metrics: { rows: rows.length, unevenWrong: wrong.length },
    findings: [
      {
        code: 'frameworksUneven',
        tone: 'bad',
        values: {
          wrong: wrong.length,
          count: rows.length,
          got: wrong[0]?.got ?? Number.NaN,
          exact: trueMean,
          right: rows
            .filter(({ got }) => got === trueMean)
            .map(({ row }) => row.framework)
            .join(', '),
        },
      },
      { code: 'frameworksBoundary', tone: 'note', values: {} },
    ],
    blocks: [
      {
        kind: 'table',
        columns: [
          text('frameworksName'),
          text('frameworksDivides'),
          text('frameworksKeeps'),
          column('frameworksUnevenMean', 'number'),
          column('frameworksSumError', 'percent'),
          column('frameworksLargeSum', 'number'),
          text('costChecked'),
        ],
        rows: rows.map(({ row, got, error, large }) => [
          row.framework,
          { code: `frameworksDivides-${row.divides}`, values: { user: row.divider === 'user' } },
          row.keeps,
          got,
          error,
          large,
          { code: `costStatus-${row.status}` },
        ]),
        tones: rows.map(({ got, large }) => (got === trueMean && Number.isFinite(large) ? 'good' : null)),
      },
      {
        kind: 'table',
        columns: [text('frameworksName'), text('frameworksKnob'), text('costSource')],
        rows: accumulations.map(({ framework, knob, source }) => [framework, knob, source.replace(':', ': ')]),
      },
    ],
    // The second table names them beside the option.
    sources: [],
  }
}
