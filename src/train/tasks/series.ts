/** The task `series`: an LSTM that forecasts carbon dioxide in the air, or the temperature of Seattle. */

import type { SeriesDataset } from '../../data/dataset/series.js'
import { loadDataset } from '../../data/dataset.js'
import { valuesOf } from '../../kernel/arena.js'
import { input } from '../../tensor/leaves.js'
import { mse } from '../../tensor/losses.js'
import type { Tape } from '../../tensor/tape.js'
import { type Lstm, lstm } from '../models/lstm.js'
import type { Model, TaskKind } from '../task.js'

interface Plan {
  /** Values that are read, and values that are forecast. */
  readonly seen: number
  readonly ahead: number
  /** Values after which the series repeats itself; 0: it does not. */
  readonly season: number
  /** Values shown at the end of the picture. */
  readonly shown: number
}

const plans: Readonly<Record<'co2' | 'seattle', Plan>> = {
  co2: { seen: 24, ahead: 12, season: 12, shown: 24 },
  seattle: { seen: 28, ahead: 7, season: 0, shown: 35 },
}

const names = ['co2', 'seattle'] as const

/**
 * The forecast that costs nothing: with a season, the same month of the year before and once more what the year has
 * added; without, the last value.
 */
export function naive(values: ArrayLike<number>, at: number, { season }: Plan): (ahead: number) => number {
  const last = values[at - 1] as number
  if (season === 0) return () => last
  const grown = last - (values[at - 1 - season] as number)
  return (ahead) => (values[at + ahead - season] as number) + grown
}

/** How values become numbers near 1: less the mean of the window, over the spread of windows in the training part. */
function spreadOf({ values, train }: SeriesDataset, { seen }: Plan): number {
  let squares = 0
  let count = 0
  for (let at = seen; at <= train; at++) {
    const window = values.subarray(at - seen, at)
    const mean = meanOf(window)
    for (const value of window) {
      squares += (value - mean) * (value - mean)
      count++
    }
  }
  return Math.sqrt(squares / count)
}

const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length

interface Forecaster {
  readonly data: SeriesDataset
  readonly plan: Plan
  readonly spread: number
  readonly network: Lstm
}

/** Windows before these places, as the network reads them, and what it would have to say. */
function windows({ data: { values }, plan: { seen, ahead }, spread }: Forecaster, places: readonly number[]) {
  const means = places.map((at) => meanOf(values.subarray(at - seen, at)))
  const normal = (at: number, row: number): number => ((values[at] as number) - (means[row] as number)) / spread
  const series = Array.from({ length: seen }, (_, i) => places.map((at, row) => normal(at - seen + i, row)))
  const targets = places.flatMap((at, row) => Array.from({ length: ahead }, (_, i) => normal(at + i, row)))
  return { means, series, targets }
}

/** The places of the test part where forecasts begin, none of which overlap. */
function testPlaces({ values, train }: SeriesDataset, { ahead }: Plan): number[] {
  const count = Math.floor((values.length - train) / ahead)
  return Array.from({ length: count }, (_, i) => values.length - (count - i) * ahead)
}

function forecasts(tape: Tape, forecaster: Forecaster, places: readonly number[]): Float64Array {
  const { plan, spread, network } = forecaster
  const { means, series } = windows(forecaster, places)
  const told = valuesOf(network.forward(tape, series).slab)
  return Float64Array.from(told, (x, i) => x * spread + (means[Math.floor(i / plan.ahead)] as number))
}

/**
 * The root of the mean square of the errors, over all values forecast; and its standard error, for which a forecast is one
 * observation: errors within one go together.
 */
export function errorOf(
  { values }: SeriesDataset,
  { ahead }: Plan,
  places: readonly number[],
  told: ArrayLike<number>,
): { error: number; chance: number } {
  const means = new Float64Array(places.length)
  let squares = 0
  for (let i = 0; i < told.length; i++) {
    const row = Math.floor(i / ahead)
    const apart = (told[i] as number) - (values[(places[row] as number) + (i % ahead)] as number)
    squares += apart * apart
    means[row] = (means[row] as number) + (apart * apart) / ahead
  }
  const n = means.length
  const mean = meanOf(means)
  const spread = means.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / (n - 1)
  const error = Math.sqrt(squares / told.length)
  // d √m = d m / (2 √m)
  return { error, chance: error === 0 || n < 2 ? 0 : Math.sqrt(spread / n) / (2 * error) }
}

const naiveForecasts = (data: SeriesDataset, plan: Plan, places: readonly number[]): number[] =>
  places.flatMap((at) => Array.from({ length: plan.ahead }, (_, i) => naive(data.values, at, plan)(i)))

function modelOf(forecaster: Forecaster): Model {
  const { data, plan, network } = forecaster
  const places = testPlaces(data, plan)
  return {
    phases: [
      {
        name: '',
        parameters: network.parameters,
        loss(tape, samples) {
          const { series, targets } = windows(
            forecaster,
            samples.map((i) => i + plan.seen),
          )
          return mse(tape, network.forward(tape, series), input(tape, [samples.length, plan.ahead], targets))
        },
      },
    ],
    evaluate(tape) {
      const { error, chance } = errorOf(data, plan, places, forecasts(tape, forecaster, places))
      return { forecastError: error, forecastErrorError: chance }
    },
    show(tape) {
      const last = places.slice(-Math.ceil(plan.shown / plan.ahead))
      const first = last[0] as number
      const told = forecasts(tape, forecaster, last)
      const x = Array.from(told, (_, i) => timeOf(data, first + i))
      return [
        {
          kind: 'lines',
          x,
          sets: [
            { name: 'measured', values: [...data.values.subarray(first, first + told.length)] },
            { name: 'forecast', values: [...told] },
          ],
        },
      ]
    },
  }
}

/** The time of a value: in years where there is one a month, else the number of the day. */
function timeOf({ step, from }: SeriesDataset, at: number): number {
  const [year = '0', month = '1'] = from.split('-')
  return step === 'day' ? at : Number(year) + (Number(month) - 1 + at) / 12
}

export const series: TaskKind = {
  name: 'series',
  data: names,
  defaults: () => ({ optimizer: 'adam', lr: 0.01, batch: 32, steps: 400 }),
  async load({ data: name = 'co2', width = 24, depth = 1 }) {
    const data = await loadDataset(name as 'co2')
    const plan = plans[name as 'co2']
    const spread = spreadOf(data, plan)
    const places = testPlaces(data, plan)
    return {
      name: 'series',
      data: name,
      samples: data.train - plan.seen - plan.ahead + 1,
      measures: [
        {
          name: 'forecastError',
          better: 'lower',
          as: 'number',
          naive: errorOf(data, plan, places, naiveForecasts(data, plan, places)).error,
        },
      ],
      build: (make, seed) =>
        modelOf({ data, plan, spread, network: lstm(make, seed, { width, layers: depth, outputs: plan.ahead }) }),
    }
  },
}
