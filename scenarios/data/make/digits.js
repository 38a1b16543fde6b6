/** Makes the digits: `node scenarios/data/make/digits.js FOLDER`, the folder that holds digits.csv.gz. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { idx, writes } from './write.js'

/** All 1,797 rows in their order: 64 pixels of 0 … 16 and the digit. */
export function digits(folder) {
  const text = gunzipSync(readFileSync(join(folder, 'digits.csv.gz'))).toString('ascii')
  const rows = text
    .trim()
    .split('\n')
    .map((row) => row.split(',').map(Number))
  return {
    'digits-images.idx3-ubyte': idx(
      [rows.length, 8, 8],
      rows.flatMap((row) => row.slice(0, 64)),
    ),
    'digits-labels.idx1-ubyte': idx(
      [rows.length],
      rows.map((row) => row[64]),
    ),
  }
}

writes(import.meta.url, digits)
