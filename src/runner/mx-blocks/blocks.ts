/** The pictures of block formats: what outliers cost, all formats side by side, one value followed. */
import { powerOfTwo } from '../../format/bits.js'
import { amaxOf, encodeBlock, tensorScaleOf } from '../../format/block.js'
import {
  type BlockFormat,
  bitsPerElement,
  isPowerScaled,
  type ScaleRule,
  scaleRules,
} from '../../format/block-catalog.js'
import { exactPower } from '../../format/exact.js'
import type { Block, Cell } from '../../result/result.js'
import type { Loss } from './measure.js'

/** A format and what it loses, by rule (floor stands for none), by the rule asked for, and beside an outlier. */
export interface Row {
  readonly f: BlockFormat
  readonly byRule: ReadonlyMap<ScaleRule, Loss>
  readonly own: Loss
  readonly beside: number
}

export const chart = (
  lines: readonly { readonly f: BlockFormat; readonly shares: readonly number[] }[],
  exponents: readonly number[],
): Block => ({
  kind: 'line-chart',
  title: { code: 'blocks-chart' },
  x: { label: { code: 'blocks-times' }, values: exponents.map((e) => powerOfTwo(e)), scale: 'log2' },
  y: { label: { name: '' }, scale: 'linear' },
  rows: 6,
  series: lines.map(({ f, shares }) => ({ label: { name: f.name }, values: shares })),
})

export function table(rows: readonly Row[], { outlier, scale }: { outlier: number; scale: ScaleRule }): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'blocks-bits' }, as: 'number' },
      { label: { code: 'blocks-error', values: { rule: scaleRules[0] } }, as: 'percent' },
      ...scaleRules.slice(1).map((rule) => ({ label: { name: rule }, as: 'percent' as const })),
      { label: { code: 'blocks-lost', values: { rule: scale } }, as: 'percent' },
      { label: { code: 'blocks-beside', values: { times: outlier } }, as: 'percent' },
    ],
    rows: rows.map(({ f, byRule, own, beside }): Cell[] => [
      f.name,
      bitsPerElement(f),
      ...scaleRules.map((rule) => byRule.get(rule)?.error ?? null),
      own.lost,
      Number.isNaN(beside) ? null : beside,
    ]),
  }
}

/** The largest value that became 0, with its block: how the scale came about, and what the value is in it. */
export function followed(list: readonly Float32Array[], f: BlockFormat, rule: ScaleRule): Block[] {
  let best: { x: number; amax: number; scale: number; factor: number } | undefined
  for (const values of list) {
    const tensor = tensorScaleOf(amaxOf(values), f)
    for (let start = 0; start < values.length; start += f.size) {
      const part = values.subarray(start, start + f.size)
      const { values: out, scale } = encodeBlock(part, f, { rule, tensor })
      for (const [i, value] of part.entries()) {
        const x = Math.abs(value)
        if (out[i] === 0 && x > (best?.x ?? 0)) best = { x, amax: amaxOf(part), scale, factor: scale * tensor.decode }
      }
    }
  }
  if (best === undefined) return []
  const { x, amax, scale, factor } = best
  return [
    {
      kind: 'note',
      code: 'blocks-follow',
      tone: 'note',
      values: {
        format: f.name,
        x,
        amax,
        power: isPowerScaled(f) ? exactPower(scale) : '',
        twoScales: f.tensorScale,
        scale,
        factor,
        quotient: x / factor,
        rule,
        smallest: f.element.emin - f.element.precision + 1,
      },
    },
  ]
}
