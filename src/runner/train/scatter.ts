/** Points that generators made beside the real ones, one panel a run. */
import type { Block } from '../../result/result.js'
import type { Shown } from '../../train/task.js'
import { type Judged, nameOf } from './run.js'

type Points = Extract<Shown, { readonly kind: 'points' }>

const pointsOf = ({ trained }: Judged): Points | undefined =>
  trained.shown.find((shown): shown is Points => shown.kind === 'points')

/** A bit of room around the finite values. */
function rangeOf(values: readonly number[]): { low: number; high: number } {
  const finite = values.filter(Number.isFinite)
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity)
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity)
  if (low > high) return { low: -1, high: 1 }
  const tenth = (x: number): number => Math.round(x * 10) / 10
  const room = (high - low) / 8
  return { low: tenth(low - room), high: tenth(high + room) }
}

/** The axes are those of the first set, the real points: what lies far off them is drawn at the edge. */
export function scatterBlocks(runs: readonly Judged[]): Block[] {
  const shown = runs.flatMap((run) => {
    const points = pointsOf(run)
    return points ? [{ run, points }] : []
  })
  const real = shown[0]?.points.sets[0]
  if (!real) return []
  const label = { name: '' }
  return [
    {
      kind: 'scatter',
      x: { label, ...rangeOf(real.x) },
      y: { label, ...rangeOf(real.y) },
      sets: (shown[0] as { points: Points }).points.sets.map(({ name }) => ({ code: `train-set-${name}` })),
      several: { code: 'train-set-both' },
      panels: shown.map(({ run, points }) => ({
        label: nameOf(run),
        points: points.sets.map(({ x, y }) => ({ x, y })),
      })),
    },
  ]
}
