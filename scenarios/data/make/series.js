/** Makes both series: `node scenarios/data/make/series.js FOLDER`, the unpacked vega-datasets. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writes } from './write.js'

const rows = (folder, name) =>
  readFileSync(join(folder, 'data', name), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((row) => row.split(','))

/** CO₂: the months since the last gap of the record, 1964-02 to 1964-04. Seattle: each day's highest temperature. */
export function series(folder) {
  const co2 = rows(folder, 'co2-concentration.csv').filter(([date]) => date >= '1964-05')
  const seattle = rows(folder, 'seattle-weather.csv')
  return {
    'co2.csv': `month,ppm\n${co2.map(([date, value]) => `${date.slice(0, 7)},${value}\n`).join('')}`,
    'seattle.csv': `day,celsius\n${seattle.map(([date, , highest]) => `${date},${highest}\n`).join('')}`,
  }
}

writes(import.meta.url, series)
