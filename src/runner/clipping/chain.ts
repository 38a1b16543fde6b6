/** A recurrent chain: what becomes of a gradient on its way back through many equal steps. */
import { distribution } from '../../data/distributions.js'
import type { Block } from '../../data/source.js'
import type { Format } from '../../format/format.js'
import { clipByNorm } from '../../train/clip.js'
import { nearest } from '../../train/optimizer/nearest.js'

export interface ChainOptions {
  readonly radius: number
  readonly length: number
  readonly format: Format
  readonly max: number
  readonly seed: number
}

/** Figures after 0, 1, 2 … steps back. */
export interface Chain {
  readonly radius: number
  /** radius^t, in float64. */
  readonly exact: readonly number[]
  /** The norm of the gradient kept in the format; NaN once an element is not finite. */
  readonly norms: readonly number[]
  /** The norm after PyTorch's clipping of it; NaN where it was not finite. */
  readonly clipped: readonly number[]
  /** The first step back at which an element is not finite; NaN: never. */
  readonly overflowAt: number
  /** The first finite one that is farther from the exact gradient than half its size: 0 or rounding noise. NaN: never. */
  readonly lostAt: number
}

const size = 16
const f32 = Math.fround

const squareOf = (x: number): number => x * x

/** The norm in float64: squares of float32 values neither overflow nor vanish there. */
const sizeOf = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))

/** Whether row i of Sylvester's matrix has −1 in column j: an odd number of common one bits. */
function isNegative(i: number, j: number): boolean {
  let odd = false
  for (let common = i & j; common > 0; common >>>= 1) if (common & 1) odd = !odd
  return odd
}

/** A vector of length 1 in a direction of the seed's. */
function start(seed: number): Float64Array {
  const drawn = distribution({ distribution: 'normal', count: size, seed })
  const [block] = [...(drawn.blocks() as Iterable<Block>)]
  const values = Float64Array.from((block as Block).values)
  const norm = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
  return values.map((x) => x / norm)
}

/**
 * Backpropagation through time in a linear network of 16 units: δ ← Wᵀδ with W = radius · H/4, H Sylvester's Hadamard matrix.
 * H/4 is orthogonal, so every eigenvalue and singular value of W has the size `radius`, and exactly computed the norm is
 * radius^t. W and δ are of the format (fp64: float32); products and sums are float32 in index order; each element of the next
 * δ is rounded to the format once, nearest-even: a matrix product with an FP32 accumulator.
 */
export function chain({ radius, length, format, max, seed }: ChainOptions): Chain {
  const rounded = nearest(format)
  const weight = rounded(radius / 4)
  const signs = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => (isNegative(i, j) ? -weight : weight)),
  )
  const next = (delta: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> =>
    Float32Array.from(signs, (row) => rounded(row.reduce((sum, w, j) => f32(sum + f32(w * (delta[j] as number))), 0)))
  const first = start(seed)
  // H·H = 16·I: what is exact only grows, and changes between two directions.
  const turned = first.map((_, i) => first.reduce((sum, x, j) => sum + (isNegative(i, j) ? -x : x), 0) / 4)
  let delta = Float32Array.from(first, rounded)
  const exact: number[] = []
  const norms: number[] = []
  const clipped: number[] = []
  let [overflowAt, lostAt, power, powerHere] = [Number.NaN, Number.NaN, 1, 1]
  for (let t = 0; t <= length; t++) {
    if (t > 0) {
      delta = next(delta)
      power *= radius
      powerHere *= 4 * weight
    }
    const finite = delta.every(Number.isFinite)
    if (!finite && Number.isNaN(overflowAt)) overflowAt = t
    const wanted = t % 2 === 0 ? first : turned
    const off = Math.sqrt(delta.reduce((sum, x, i) => sum + squareOf(x - powerHere * (wanted[i] as number)), 0))
    if (Number.isNaN(lostAt) && finite && off > powerHere / 2) lostAt = t
    exact.push(power)
    norms.push(finite ? sizeOf(delta) : Number.NaN)
    clipped.push(finite ? sizeOf(clipByNorm([delta], { max }).gradients[0] as Float32Array) : Number.NaN)
  }
  return { radius, exact, norms, clipped, overflowAt, lostAt }
}
