/** Series in time: one number a month or a day, without gaps. */

export interface SeriesDataset {
  readonly kind: 'series'
  readonly name: string
  readonly values: Float64Array
  /** The first `train` values are for training, the others for testing. */
  readonly train: number
  readonly unit: string
  readonly step: 'month' | 'day'
  /** The time of the first value: 1964-05 or 2012-01-01. */
  readonly from: string
}

interface SeriesFacts {
  readonly unit: string
  readonly step: 'month' | 'day'
  readonly head: string
  readonly train: number
}

export const seriesFacts: Readonly<Record<'co2' | 'seattle', SeriesFacts>> = {
  // 45 of 56 years.
  co2: { unit: 'ppm', step: 'month', head: 'month,ppm', train: 540 },
  // 2012 to 2014.
  seattle: { unit: '°C', step: 'day', head: 'day,celsius', train: 1096 },
}

/** The series in the text of a .csv file; undefined for anything else. */
export function seriesDataset(name: keyof typeof seriesFacts, text: string): SeriesDataset | undefined {
  const { unit, step, head, train } = seriesFacts[name]
  const [first, ...rows] = text.trimEnd().split('\n')
  const cells = rows.map((row) => row.split(','))
  const values = Float64Array.from(cells, ([, value = 'nan']) => Number(value))
  if (first !== head || values.length <= train || !values.every(Number.isFinite)) return undefined
  return { kind: 'series', name, values, train, unit, step, from: cells[0]?.[0] ?? '' }
}
