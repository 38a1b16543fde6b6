/** What is shown of weights kept in several recipes: sentences, paths, a table, the first updates one by one. */
import { format } from '../../format/parse.js'
import { ulp } from '../../format/ulp.js'
import type { Block, Cell, Finding, Label, Tone } from '../../result/result.js'
import type { WeightKeeper, Weights } from '../../train/weights.js'
import { halfStep } from '../lost-updates/lost.js'
import { type Kept, keeperOf, masterOf, type Path } from './kept-weights.js'

export interface Run extends Kept {
  readonly path: Path
  /** Bytes of the weight itself, and with its gradient and Adam's two states. */
  readonly weightBytes: number
  readonly allBytes: number
}

/** Gradients are as wide as the weights the network sees; Adam's states too, but for FP32's beside a master copy. */
export function bytesOf({ format: name, keeping }: Kept, weightBytes: number): number {
  const width = format(name).width / 8
  return weightBytes + width + 2 * (keeping === 'master' ? Math.max(4, width) : width)
}

/** A word for the way where only one recipe of the chart has it: short enough to stand at its line. */
function lineName({ name, keeping }: Kept, all: readonly Kept[]): Label {
  const alone = all.filter((kept) => kept.keeping === keeping).length === 1
  return keeping !== 'plain' && alone ? { code: `keep-${keeping}` } : { name }
}

const sampled = (updates: number, stride: number): number[] =>
  Array.from({ length: Math.floor(updates / stride) + 1 }, (_, i) => i * stride)

export function paths(runs: readonly Run[], updates: number, stride: number): Block {
  return {
    kind: 'line-chart',
    title: { code: 'keepPaths' },
    rows: 9,
    x: { label: { code: 'keepUpdatesAxis' }, values: sampled(updates, stride), scale: 'linear' },
    y: { label: { name: '' }, scale: 'linear' },
    series: runs.map((run) => ({ label: lineName(run, runs), values: run.path.samples })),
  }
}

/** The paths as distances from the FP32 twin, which is not drawn. */
export function differences(runs: readonly Run[], updates: number, stride: number): Block | undefined {
  const twin = runs.find(({ name }) => name === 'fp32')
  if (!twin || runs.length < 2) return undefined
  return {
    kind: 'line-chart',
    title: { code: 'keepDifferences' },
    rows: 9,
    x: { label: { code: 'keepUpdatesAxis' }, values: sampled(updates, stride), scale: 'linear' },
    y: { label: { name: '' }, scale: 'linear' },
    series: runs
      .filter((run) => run !== twin)
      .map((run) => ({
        label: lineName(run, runs),
        values: run.path.samples.map((w, i) => w - (twin.path.samples[i] as number)),
      })),
  }
}

export function table(runs: readonly Run[], reference: number): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'keepRecipe' }, as: 'text' },
      { label: { code: 'keepEnds' }, as: 'exact' },
      { label: { code: 'keepOff' }, as: 'number' },
      { label: { code: 'keepStuck' }, as: 'count' },
      { label: { code: 'keepWeightBytes' }, as: 'number' },
      { label: { code: 'keepAllBytes' }, as: 'number' },
    ],
    rows: runs.map(({ name, path, weightBytes, allBytes }) => [
      name,
      path.last,
      path.last - reference,
      Number.isNaN(path.stuckSince) ? null : path.stuckSince,
      weightBytes,
      allBytes,
    ]),
    tones: runs.map((run) => toneOf(run, reference)),
  }
}

/** The first updates one by one: the weight alone, a master and the copy made of it, Kahan's weight and its remainder. */
export function trace(p: { format: string; weight: number; update: number; trace: number }): Block[] {
  const [plain, master, kahan] = (['plain', 'master', 'kahan'] as const).map((keeping) =>
    keeperOf({ name: '', format: p.format, keeping }, 1),
  ) as [WeightKeeper, WeightKeeper, WeightKeeper]
  const move = { delta: Float64Array.of(p.update) }
  let [alone, kept, added] = [plain, master, kahan].map((keeper) => keeper.init([p.weight])) as [
    Weights,
    Weights,
    Weights,
  ]
  const rows: Cell[][] = []
  for (let t = 0; t <= p.trace; t++) {
    const cells = [alone.seen, kept.held, kept.seen, added.seen, added.rest]
    rows.push([t, ...cells.map((values) => values?.[0] ?? null)])
    alone = plain.next(alone, move)
    kept = master.next(kept, move)
    added = kahan.next(added, move)
  }
  const values = { format: p.format, master: masterOf(format(p.format)) }
  const heads = ['keepAlone', 'keepMasterCopy', 'keepSeenCopy', 'keepKahanWeight', 'keepKahanRest']
  return [
    {
      kind: 'table',
      columns: [
        { label: { code: 'keepUpdatesAxis' }, as: 'count' },
        ...heads.map((code) => ({ label: { code, values }, as: 'exact' as const })),
      ],
      rows,
    },
    { kind: 'note', code: 'keepTrace', tone: 'note', values },
  ]
}

/** Whether a draw can change what is kept: an FP32 sum has no bits to round away in a format as precise. */
const isChance = ({ format: name, keeping }: Kept): boolean => keeping === 'stochastic' && format(name).precision < 24

/** Whether it ends within one step of its format of the FP32 twin, and not because it no longer moves. */
const follows = ({ format: name, path }: Run, reference: number): boolean =>
  path.last === reference || (Number.isNaN(path.stuckSince) && Math.abs(path.last - reference) < ulp(reference, name))

function toneOf(run: Run, reference: number): Tone {
  if (follows(run, reference)) return 'good'
  return isChance(run) && Number.isFinite(run.path.last) ? 'note' : 'bad'
}

/** A sentence for each weight that stops or goes wrong, one for those that follow, one for chance. */
export function findingsOf(runs: readonly Run[], reference: number, update: number): Finding[] {
  const wrong = runs.filter((run) => toneOf(run, reference) === 'bad')
  const good = runs.filter((run) => run.name !== 'fp32' && !isChance(run) && follows(run, reference))
  const chance = runs.filter((run) => isChance(run) && Number.isFinite(run.path.last))
  return [
    ...wrong.map(({ name, format: f, keeping, path: { last, stuckSince } }): Finding => {
      if (!Number.isFinite(last)) return { code: 'keepGone', tone: 'bad', values: { recipe: name, last } }
      if (Number.isNaN(stuckSince)) return { code: 'keepWrong', tone: 'bad', values: { recipe: name, last, reference } }
      const half = halfStep(last, format(f), update < 0)
      return {
        code: 'keepStops',
        tone: 'bad',
        values: { recipe: name, last, stuckSince, reference, half, update, keeping },
      }
    }),
    ...(good.length > 0
      ? [
          {
            code: 'keepFollows',
            tone: 'good' as const,
            values: { recipes: good.map(({ name }) => name).join(', '), many: good.length > 1, reference },
          },
        ]
      : []),
    ...chance.map(
      ({ name, path }): Finding => ({
        code: 'keepChance',
        tone: 'note',
        values: { recipe: name, last: path.last, off: path.last - reference },
      }),
    ),
  ]
}
