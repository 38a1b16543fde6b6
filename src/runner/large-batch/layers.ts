/** LARS layer by layer: the trust ratio with norms summed in FP32 and in a narrow format. */

import { normals } from '../../data/normals.js'
import { format } from '../../format/parse.js'
import { rounder } from '../../format/round.js'
import type { Block, Cell, Tone } from '../../result/result.js'
import { type Trust, trustOf } from '../../train/lars.js'
import { smallestThat } from '../scaling/threshold.js'

interface Layer {
  /** Its name in code; text/ says what is special about it. */
  readonly name: string
  readonly count: number
  /** Size of the weights (their mean for a norm's gains) and of the gradients. */
  readonly weights: number
  readonly gradients: number
  readonly constant?: true
  /** The first gradient is so many times larger than the others. */
  readonly outlier?: number
}

/** One layer for each way in which a norm fails, made up to show it; the sizes are those of ResNet-50's layers or less. */
export const layers: readonly Layer[] = [
  { name: 'bn1.weight', count: 64, weights: 1, gradients: 0.01, constant: true },
  { name: 'layer1.conv', count: 36864, weights: 0.1, gradients: 0.02, outlier: 300 },
  { name: 'layer4.conv', count: 20000, weights: 0.02, gradients: 2e-5 },
  { name: 'fc.weight', count: 2048, weights: 0.03, gradients: 300 },
  { name: 'fc.bias', count: 1000, weights: 0, gradients: 2e-5 },
]

export interface LayerTrust {
  readonly name: string
  readonly wide: Trust
  readonly narrow: Trust
}

/** `scale` is still on the gradients when the norm is taken; the ratio is that of the unscaled ones. */
export const layerTrusts = (narrow: string, scale: number, seed: number): LayerTrust[] =>
  layers.map(({ name, count, weights, gradients, constant, outlier = 1 }) => {
    const draws = normals(2 * count, `large-batch layer ${name}`, seed)
    const w = Float32Array.from({ length: count }, (_, i) => (constant ? weights : weights * (draws[i] as number)))
    const g = Float32Array.from(
      { length: count },
      (_, i) => gradients * scale * (i === 0 && outlier > 1 ? outlier : (draws[count + i] as number)),
    )
    const unscaled = (t: Trust): Trust => ({ ...t, ratio: t.ratio * scale, local: t.local * scale })
    return { name, wide: unscaled(trustOf(w, g)), narrow: unscaled(trustOf(w, g, { format: narrow })) }
  })

/** Sizes of elements between which a square neither vanishes nor overflows, and what it is beyond: Inf or NaN. Exact: found with the codec. */
export function squareRange(name: string): { low: number; high: number; beyond: number } {
  const round = rounder(format(name))
  const square = (x: number): number => round(round(x) * round(x))
  const high = smallestThat((x) => !Number.isFinite(square(x)))
  return { low: smallestThat((x) => square(x) !== 0), high, beyond: square(high) }
}

/** Right to one part in a hundred; 0 for 0 is right too. */
const isNear = (narrow: number, wide: number): boolean => narrow === wide || Math.abs(narrow / wide - 1) < 0.01

/** Two norms equally far off may leave a right ratio: both must be right, and their ratio. */
const isRight = ({ wide, narrow }: LayerTrust): boolean =>
  (['weights', 'gradient', 'ratio'] as const).every((key) => isNear(narrow[key], wide[key]))

export const wrongLayers = (trusts: readonly LayerTrust[]): number => trusts.filter((one) => !isRight(one)).length

/** What became of the norms, as a word for text/. */
function causeOf(trust: LayerTrust): string {
  const { wide, narrow } = trust
  if (isRight(trust)) return 'right'
  // Where the format has no Inf, a norm that overflowed is NaN.
  const [tooLarge, tooLargeWeights] = [!Number.isFinite(narrow.gradient), !Number.isFinite(narrow.weights)]
  if (tooLarge) return tooLargeWeights ? 'both' : 'overflowed'
  if (tooLargeWeights) return 'weights'
  const [gone, goneWeights] = [narrow.gradient === 0 && wide.gradient > 0, narrow.weights === 0 && wide.weights > 0]
  if (gone) return goneWeights ? 'vanished-both' : wide.weights === 0 ? 'nan' : 'vanished'
  if (goneWeights) return 'weights-vanished'
  return narrow.weights < wide.weights || narrow.gradient < wide.gradient ? 'stalled' : 'rounded'
}

export function layersTable(trusts: readonly LayerTrust[], narrow: string): Block {
  const wideHead = (code: string) => ({ label: { code }, as: 'number' as const })
  const narrowHead = (code: string) => ({
    label: { code: `${code}In`, values: { format: narrow } },
    as: 'number' as const,
  })
  return {
    kind: 'table',
    columns: [
      { label: { code: 'largeLayer' }, as: 'text' },
      wideHead('largeWeights'),
      narrowHead('largeWeights'),
      wideHead('largeGradient'),
      narrowHead('largeGradient'),
      wideHead('largeRatio'),
      narrowHead('largeRatio'),
      { label: { code: 'largeCause' }, as: 'text' },
    ],
    rows: trusts.map((trust): Cell[] => [
      trust.name,
      trust.wide.weights,
      trust.narrow.weights,
      trust.wide.gradient,
      trust.narrow.gradient,
      trust.wide.ratio,
      trust.narrow.ratio,
      { code: `largeCause-${causeOf(trust)}` },
    ]),
    tones: trusts.map((trust): Tone => (isRight(trust) ? 'good' : 'bad')),
  }
}
