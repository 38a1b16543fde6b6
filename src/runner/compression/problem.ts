/** A problem whose optimum is known: a quadratic split among workers whose own optima differ. */
import { normals } from '../../data/normals.js'
import { exp, log } from '../../kernel/kernel.js'

export interface ProblemOptions {
  readonly workers: number
  readonly dimension: number
  /** The largest curvature over the smallest. */
  readonly condition: number
  /** Standard deviation of the workers' gradients at the common optimum. */
  readonly spread: number
  readonly seed: number
}

export interface Problem {
  /** Where the mean of all workers' losses is least; the start is 0. */
  readonly optimum: Float64Array
  /** Curvature of each coordinate, from 1 down to 1 / condition. */
  readonly curvature: Float64Array
  /** What each worker's gradient has besides; over the workers they sum to 0, up to one float64 rounding each. */
  readonly offsets: readonly Float64Array[]
}

/** Draws of the offsets are rounded to this, so that sums of them are exact in float64. */
const grid = 4096

/** Worker i's loss is ½ Σ λⱼ (wⱼ − w*ⱼ)² + bᵢ·w with Σ bᵢ = 0: the mean of all has its minimum at w*. */
export function problemOf({ workers, dimension, condition, spread, seed }: ProblemOptions): Problem {
  const draws = (what: string): Float64Array => normals(dimension, `compression ${what}`, seed)
  const order = draws('order')
  const rank = Array.from(order.keys()).sort((a, b) => (order[a] as number) - (order[b] as number) || a - b)
  const curvature = new Float64Array(dimension)
  const fall = dimension > 1 ? log(condition) / (dimension - 1) : 0
  rank.forEach((j, i) => {
    curvature[j] = exp(-fall * i)
  })
  const drawn = Array.from({ length: workers }, (_, w) => draws(`offset ${w}`).map((x) => Math.round(x * grid)))
  const sums = drawn.reduce((sum, v) => sum.map((x, j) => x + (v[j] as number)), new Float64Array(dimension))
  // Integers that sum to exactly 0, each then multiplied by the factor: one rounding of float64 each.
  const factor = spread / (grid * workers)
  return {
    optimum: draws('optimum'),
    curvature,
    offsets: drawn.map((v) => v.map((x, j) => (x * workers - (sums[j] as number)) * factor)),
  }
}

/** ‖w − w*‖ / ‖w*‖: 1 at the start. */
export function distanceLeft({ optimum }: Problem, w: Float64Array): number {
  let [off, whole] = [0, 0]
  for (let j = 0; j < w.length; j++) {
    const x = optimum[j] as number
    off += ((w[j] as number) - x) * ((w[j] as number) - x)
    whole += x * x
  }
  return Math.sqrt(off / whole)
}

/** Worker i's gradient at w, times `size`, rounded once to float32 each. */
export function gradientsAt({ optimum, curvature, offsets }: Problem, w: Float64Array, size: number): Float32Array[] {
  const slope = w.map((x, j) => (curvature[j] as number) * (x - (optimum[j] as number)))
  return offsets.map((b) => {
    const out = new Float32Array(b.length)
    for (let j = 0; j < out.length; j++) out[j] = ((slope[j] as number) + (b[j] as number)) * size
    return out
  })
}
