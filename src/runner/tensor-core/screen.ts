/** What the comparison of tensor cores looks like: one dot product in bits, the GPUs, FP8 by length, and the findings. */
import { fieldsOfValue } from '../../format/encode.js'
import { format } from '../../format/parse.js'
import { rounder } from '../../format/round.js'
import type { Gpu } from '../../format/tensor-core.js'
import { ulp } from '../../format/ulp.js'
import type { Block, Cell, Finding, Label } from '../../result/result.js'
import { bitsOf } from '../bits.js'
import type { Group, Way } from './compare.js'
import { type Promotion, type WayName, ways } from './promotion.js'

/** What was asked for. */
interface Asked {
  readonly gpu: string
  readonly input: string
  readonly result: 'fp32' | 'fp16'
  readonly length: number
  readonly count: number
  readonly values: 'positive' | 'mixed'
  readonly promote: number
  readonly fp8Length: number
}

/** a100 a2*: the star stands for a published model instead of recorded results. */
export const written = ({ gpus: all, modelled }: Group): string =>
  all.map((gpu) => (modelled.includes(gpu) ? `${gpu}*` : gpu)).join(' ')

export interface Line {
  readonly label: Label
  readonly group: Group | undefined
  readonly way: Way
}

/** The first dot product for which the GPUs give the most different results, and how many those are. */
export function mostDifferent(lines: readonly Line[]): { at: number; kinds: number; differ: number } {
  const cores = lines.filter(({ group }) => group)
  const count = cores[0]?.way.results.length ?? 0
  let [at, kinds, differ] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const seen = new Set(cores.map(({ way }) => way.results[i])).size
    if (seen > 1) differ++
    if (seen > kinds) [at, kinds] = [i, seen]
  }
  return { at, kinds, differ: differ / count }
}

/** One dot product, bit by bit. */
export function bitsBlock(
  lines: readonly Line[],
  exact: number,
  p: Asked,
  { at, kinds }: { at: number; kinds: number },
): Block {
  const f = format(p.result)
  const step = ulp(exact, f)
  const row = (label: Label, x: number, off: number | undefined) => ({
    label,
    ...bitsOf(fieldsOfValue(x, f), f),
    notes: [
      off === undefined
        ? { code: 'tensorCoreNearest' }
        : { code: 'tensorCoreOff', values: { off, mixed: p.values === 'mixed' } },
    ],
  })
  return {
    kind: 'bit-field',
    title: { code: 'tensorCoreBits', values: { number: at + 1, kinds } },
    rows: [
      row({ code: 'tensorCoreExact' }, rounder(f)(exact), undefined),
      ...lines.map(({ label, way }) => {
        const x = way.results[at] as number
        return row(label, x, (x - exact) / step)
      }),
    ],
  }
}

export function gpusTable(lines: readonly Line[], p: Asked): Block {
  const mixed = p.values === 'mixed'
  return {
    kind: 'table',
    columns: [
      { label: { code: 'tensorCoreGpu' }, as: 'text' },
      { label: { code: 'tensorCoreBlock' }, as: 'count' },
      { label: { code: 'tensorCoreKept' }, as: 'count' },
      { label: { code: 'tensorCoreWrong' }, as: 'percent' },
      { label: { code: 'tensorCoreMean', values: { mixed } }, as: 'number' },
      { label: { code: 'tensorCoreWorst', values: { mixed } }, as: 'number' },
    ],
    rows: lines.map(({ label, group, way }): Cell[] => [
      label,
      group ? group.core.block : 1,
      group ? group.core.kept : null,
      way.wrong,
      way.bias,
      way.worst,
    ]),
    tones: lines.map(({ way }) => (way.bias < -0.5 ? 'bad' : null)),
  }
}

/** The FP8 sums by length: the longest, and a quarter of it, and so on. */
export function fp8Table({ lengths, errors }: Promotion, input: string, every: number): Block {
  const last = lengths.length - 1
  const shown = [last - 6, last - 4, last - 2, last].filter((i) => i >= 0)
  return {
    kind: 'table',
    title: { code: 'tensorCoreFp8', values: { input } },
    columns: [
      { label: { code: 'tensorCoreWay' }, as: 'text' },
      ...shown.map((i) => ({
        label: { code: 'tensorCoreLength', values: { length: lengths[i] as number } },
        as: 'percent' as const,
      })),
    ],
    rows: ways.map((way): Cell[] => [
      { code: `tensorCore-${way}`, values: { every } },
      ...shown.map((i) => errors[way][i] as number),
    ]),
    tones: ways.map((way) => ((errors[way][last] as number) > 0.01 ? 'bad' : 'good')),
  }
}

export function findingsOf(
  p: Asked,
  lines: readonly Line[],
  { kinds, differ }: { kinds: number; differ: number },
  { fp8, last }: { fp8: string; last: Readonly<Record<WayName, number>> },
): Finding[] {
  const cores = lines.filter(({ group }) => group)
  const worst = cores.reduce((x, y) => (y.way.bias < x.way.bias ? y : x))
  const plain = lines.find(({ group }) => !group)
  const shown = cores.flatMap(({ group }) => (group as Group).gpus)
  const modelled = cores.flatMap(({ group }) => (group as Group).modelled)
  return [
    {
      code: 'tensorCoreDiffer',
      tone: differ > 0 ? 'bad' : 'note',
      values: {
        count: p.count,
        gpus: shown.length,
        models: cores.length,
        input: p.input,
        length: p.length,
        differ,
        kinds,
        without: p.gpu
          .split(',')
          .filter((gpu) => !shown.includes(gpu as Gpu))
          .join(', '),
      },
    },
    {
      code: 'tensorCoreBias',
      tone: worst.way.bias < -0.5 ? 'bad' : 'note',
      values: {
        gpu: (worst.group as Group).gpus.join(' '),
        result: p.result,
        mixed: p.values === 'mixed',
        bias: worst.way.bias,
        plain: plain?.way.bias ?? Number.NaN,
      },
    },
    {
      code: 'tensorCorePromote',
      tone: last.promoted < last.hopper ? 'good' : 'note',
      values: { input: fp8, length: p.fp8Length, every: p.promote, ...last },
    },
    ...(modelled.length > 0
      ? [{ code: 'tensorCoreModel', tone: 'note' as const, values: { gpus: modelled.join(', '), input: p.input } }]
      : []),
  ]
}
