/** The ways to clip one step's gradients side by side: what each leaves of their size, direction and effect. */
import { sizeOfSteps } from '../../data/gradient-stream.js'
import type { Format } from '../../format/format.js'
import { type ClipFramework, type ClipMethod, clipMethods, type Gradients, totalNorm } from '../../train/clip.js'
import { nearest } from '../../train/optimizer/nearest.js'
import { degreesBetween } from './angle.js'

export type WayName = ClipMethod | 'none' | 'before' | 'percentile'

export interface Way {
  readonly name: WayName
  /** What the gradients are held below in fact; NaN for none. */
  readonly threshold: number
  readonly norm: number
  /** What every gradient was multiplied by, NaN where there is no one factor. */
  readonly factor: number
  /** By how many degrees the direction turns. */
  readonly angle: number
  /** Shares of the gradients that are not 0: those changed, and those whose update no longer changes a weight. */
  readonly cut: number
  readonly lost: number
}

export interface WaysOptions {
  readonly max: number
  readonly framework: ClipFramework
  readonly scale: number
  /** The format in which weights are kept. */
  readonly format: Format
  /** The format in which norms are summed. */
  readonly normFormat: Format
  readonly weight: number
  readonly lr: number
}

/** The share of nonzero gradients whose update lr · g leaves a weight of this size where it is. */
function lostShare(given: Gradients, clipped: Gradients, { format, weight, lr }: WaysOptions): number {
  const rounded = nearest(format)
  const w = rounded(weight)
  let [lost, all] = [0, 0]
  for (const [i, g] of given.entries()) {
    const after = clipped[i] as Float32Array
    for (let j = 0; j < g.length; j++) {
      if (g[j] === 0) continue
      all++
      if (rounded(w - lr * (after[j] as number)) === w) lost++
    }
  }
  return lost / all
}

function cutShare(given: Gradients, clipped: Gradients): number {
  let [cut, all] = [0, 0]
  for (const [i, g] of given.entries())
    for (let j = 0; j < g.length; j++) {
      if (g[j] === 0) continue
      all++
      if (!Object.is(g[j], clipped[i]?.[j])) cut++
    }
  return cut / all
}

/** One way's clipped gradients, unscaled, and the factor they share. */
function clippedBy(
  name: WayName,
  gradients: Gradients,
  { framework, scale, normFormat }: WaysOptions,
  max: number,
): { gradients: Gradients; factor: number } {
  if (name === 'none') return { gradients, factor: 1 }
  const method = name === 'before' || name === 'percentile' ? 'norm' : name
  const before = name === 'before'
  const given = before ? gradients.map((g) => g.map((x) => x * scale)) : gradients
  const options = { max, framework, format: normFormat, ...(before ? { scale, order: 'before' as const } : {}) }
  const { gradients: clipped, factors } = clipMethods[method](given, options)
  return { gradients: clipped, factor: method === 'norm' ? (factors[0] as number) : Number.NaN }
}

/** The share of updates lost when gradients are clipped in one way. */
export const lostBy = (name: WayName, gradients: Gradients, o: WaysOptions, max = o.max): number =>
  lostShare(gradients, clippedBy(name, gradients, o, max).gradients, o)

/** What one way makes of the gradients, which it gets unscaled. `max`: another threshold than that of the options. */
export function wayOf(name: WayName, gradients: Gradients, o: WaysOptions, max = o.max): Way {
  const { gradients: clipped, factor } = clippedBy(name, gradients, o, max)
  return {
    name,
    threshold: name === 'none' ? Number.NaN : name === 'before' ? max / o.scale : max,
    norm: totalNorm(clipped),
    factor,
    angle: degreesBetween(gradients, clipped),
    cut: cutShare(gradients, clipped),
    lost: lostShare(gradients, clipped, o),
  }
}

/** The steps whose norms a threshold is taken from, how much chance moves them, and how many of them spike. */
export const historySteps = 400
const history = { steps: historySteps, noise: 2, spikeRate: 0.02 }

/** The norms of earlier steps, ascending: the usual one moved by chance, now and then a spike. */
export function normHistory(usual: number, spike: number, seed: number): Float64Array {
  const sizes = sizeOfSteps({ ...history, spikeHeight: spike, seed })
  return Float64Array.from({ length: history.steps }, (_, step) => usual * sizes(step)).sort()
}

/** The smallest of the norms that is not below `percent` of them. */
export const percentileOf = (norms: Float64Array, percent: number): number =>
  norms[Math.max(0, Math.ceil((percent / 100) * norms.length) - 1)] as number

/** The share of the norms above a threshold. */
export const shareAbove = (norms: Float64Array, max: number): number =>
  norms.filter((norm) => norm > max).length / norms.length
