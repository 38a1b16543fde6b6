/** What the models of the runs made of their task in the end: samples of text, points, lines, as blocks. */
import type { Block, LineChart } from '../../result/result.js'
import type { Shown, Task } from '../../train/task.js'
import { type Judged, nameOf } from './run.js'
import { scatterBlocks } from './scatter.js'

type Lines = Extract<Shown, { readonly kind: 'lines' }>

const textsOf = (run: Judged): Block[] =>
  run.trained.shown.flatMap((shown): Block[] =>
    // Empty: the network was broken.
    shown.kind === 'text' && shown.text !== ''
      ? [{ kind: 'note', code: 'train-sample', tone: 'note', values: { recipe: run.recipe, text: shown.text } }]
      : [],
  )

/** Lines that all runs share under their own names; those that differ from run to run under the names of the runs. */
function linesOf(runs: readonly Judged[], { data }: Task): Block[] {
  const all = runs.flatMap((run) => {
    const lines = run.trained.shown.find((shown): shown is Lines => shown.kind === 'lines')
    return lines ? [{ run, lines }] : []
  })
  const [first] = all
  if (!first) return []
  const { x, sets } = first.lines
  const same = (a: readonly number[], b: readonly number[] = []): boolean => a.every((v, i) => Object.is(v, b[i]))
  const shared = sets.filter(({ name, values }) =>
    all.every(({ lines }) => same(values, lines.sets.find((set) => set.name === name)?.values)),
  )
  const own = sets.filter((set) => !shared.includes(set))
  const series: LineChart['series'] = [
    ...shared.map(({ name, values }) => ({ label: { code: `train-set-${name}` }, values })),
    ...own.flatMap(({ name }) =>
      all.flatMap(({ run, lines }) => {
        const found = lines.sets.find((set) => set.name === name)
        return found ? [{ label: nameOf(run), values: found.values }] : []
      }),
    ),
  ]
  return [
    {
      kind: 'line-chart',
      title: { code: 'train-forecasts' },
      x: { label: { code: 'train-time', values: { data } }, values: x, scale: 'linear' },
      y: { label: { code: 'train-y-series' }, scale: 'linear' },
      series,
    },
  ]
}

/** Of the twin, of the run that came out worst, and of the one that is as good: side by side. */
export function shownBlocks(runs: readonly Judged[], task: Task): Block[] {
  const twin = runs.find(({ verdict }) => verdict === 'twin')
  const worst = runs.find(({ verdict }) => verdict === 'worse') ?? runs.find(({ verdict }) => verdict === 'broken')
  const good = runs.findLast(({ verdict }) => verdict === 'same')
  const chosen = [twin, worst, good].filter((run) => run !== undefined)
  return [...scatterBlocks(chosen), ...linesOf(chosen, task), ...chosen.slice(0, 2).flatMap(textsOf)]
}
