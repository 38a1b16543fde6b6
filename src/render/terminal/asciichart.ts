/** asciichart behind an adapter: it draws one finite run of values in whole rows; everything else is done around it. */
import { plot } from 'asciichart'

/** asciichart's ten symbols; the first three belong to its axis, which is not used. */
export type Glyphs = readonly [flat: string, up: string, down: string, upEnd: string, downEnd: string, vertical: string]

/**
 * The characters of a line through `rows` (one finite row number a column, 0 at the bottom), top row first, blanks
 * between. Its NaN crash, its height without bound, its y axis with two decimals never come up: values arrive as
 * rows of a fixed grid, and its axis columns are cut off.
 */
export function plotRun(rows: readonly number[], height: number, glyphs: Glyphs): string[] {
  const [flat, up, down, upEnd, downEnd, vertical] = glyphs
  // It draws the steps between values, one fewer than columns: the last value is given twice.
  const values = [...rows, rows.at(-1) as number]
  const drawing = plot(values, {
    min: 0,
    max: height - 1,
    height: height - 1,
    offset: 2,
    format: () => ' ',
    symbols: [' ', ' ', ' ', ' ', flat, up, down, downEnd, upEnd, vertical],
  })
  return drawing.split('\n').map((line) => line.slice(2))
}
