/** Softmax, layer norm and losses over the rows of slabs, forward and backward. */

/*
 * Sums along a row: in float64, term i in lane i mod 4 in order from +0, the lanes as (l0 + l2) + (l1 + l3). Sums down the
 * columns: in float64, row after row. Each rounded to float32 once where it is used; all else is float32, one rounding an
 * operation, but exp and log, which are computed in float64 and rounded once. NaN results are the canonical NaN.
 * `columns`: the length of a row. Results may lie on their operands of the same shape.
 */
import { type Arena, integersOf, newArena, type Slab, valuesOf } from './arena.js'
import { exp, log1p } from './kernel.js'
import { machine } from './machine.js'

const { fround } = Math

/** The four-lane sum of n terms. */
function lanes(n: number, term: (i: number) => number): number {
  const l: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = 0; i < n; i++) l[(i & 3) as 0] += term(i)
  return l[0] + l[2] + (l[1] + l[3])
}

/** Made at the first call, and kept. */
let workspace: Arena | undefined

export interface SoftmaxOptions {
  /** Rows come in squares of `columns` rows (rows of one attention matrix), and row r sees columns 0 … r alone. */
  readonly causal?: boolean
}

/**
 * to = exp(a − max) / Σ exp(a − max), row by row. What causal hides is 0. A row with +Inf or NaN, or of −Inf alone, is NaN
 * (in what it sees), as in PyTorch.
 */
export const softmax = (to: Slab, a: Slab, columns: number, { causal = false }: SoftmaxOptions = {}): void =>
  machine().softmax32(to.at, a.at, a.length / columns, columns, causal)

/**
 * to = y · (gradient − Σ gradient·y), y being softmax's result. The products in the sum are rounded to float32. Where y was
 * hidden it is 0, and so is the result (NaN where the gradient is not finite).
 */
export const softmaxBackward = (to: Slab, gradient: Slab, y: Slab, columns: number): void =>
  machine().softmaxBackward32(to.at, gradient.at, y.at, y.length / columns, columns)

export interface LayerNorm {
  readonly columns: number
  /** Of `columns` values each. */
  readonly weight: Slab
  /** Two values a row: the mean and 1 / sqrt(variance + eps), rounded to float32. Written forward, read backward. */
  readonly stats: Slab
}

/**
 * to = (a − mean) · rstd · weight + bias, row by row. mean: the sum of the row / columns; variance: the sum of
 * (a − mean)² / columns with that mean, both in float64; the four operations after them in float32.
 */
export function layerNorm(
  to: Slab,
  a: Slab,
  { columns, weight, stats, bias, eps = 1e-5 }: LayerNorm & { readonly bias: Slab; readonly eps?: number },
): void {
  machine().layerNorm32(to.at, a.at, weight.at, bias.at, stats.at, a.length / columns, columns, eps)
}

/**
 * The gradients: with x̂ = (a − mean) · rstd and h = gradient · weight, each float32,
 * to = rstd · ((h − Σh / columns) − x̂ · (Σ h·x̂ / columns)), the means rounded to float32;
 * toWeight = Σ gradient · x̂ and toBias = Σ gradient over the rows (with `add`, added to what is there).
 */
export function layerNormBackward(
  to: Slab,
  gradient: Slab,
  a: Slab,
  {
    columns,
    weight,
    stats,
    toWeight,
    toBias,
    add = false,
  }: LayerNorm & { readonly toWeight: Slab; readonly toBias: Slab; readonly add?: boolean },
): void {
  // Room for sums and for a row; nothing else of an arena may be made while the kernel runs.
  const whole = Math.ceil(columns / 4) * 4
  workspace ??= newArena()
  const room = workspace
  const mark = room.mark()
  const [sums, work] = [room.slab(4 * whole), room.slab(18 * whole)]
  machine().layerNormBackward32(
    to.at,
    gradient.at,
    a.at,
    weight.at,
    stats.at,
    toWeight.at,
    toBias.at,
    a.length / columns,
    columns,
    add,
    sums.at,
    work.at,
  )
  room.release(mark)
}

/** to = (a − max) − ln Σ exp(a − max), row by row; the logarithm rounded to float32. */
export const logSoftmax = (to: Slab, a: Slab, columns: number): void =>
  machine().logSoftmax32(to.at, a.at, a.length / columns, columns)

/** The gradient of logSoftmax: to = gradient − exp(y) · Σ gradient. */
export const logSoftmaxBackward = (to: Slab, gradient: Slab, y: Slab, columns: number): void =>
  machine().logSoftmaxBackward32(to.at, gradient.at, y.at, y.length / columns, columns)

/** Σ −y[target] over the rows, in four lanes of float64: divide by the rows for the mean loss. y: logSoftmax's result; targets: int32. */
export function nllLoss(y: Slab, targets: Slab, columns: number): number {
  const [v, t] = [valuesOf(y), integersOf(targets)]
  return lanes(targets.length, (i) => -(v[i * columns + (t[i] as number)] as number))
}

/** Cross-entropy's gradient with respect to the logits: to = (exp(y) − [i = target]) · factor (the loss gradient / rows, float32). */
export const crossEntropyBackward = (to: Slab, y: Slab, targets: Slab, columns: number, factor: number): void =>
  machine().crossEntropyBackward32(to.at, y.at, targets.at, targets.length, columns, factor)

/** to = max(x, 0) − x·target + ln(1 + exp(−|x|)), in float64, rounded once. Targets in [0, 1]. */
export function bceWithLogits(to: Slab, x: Slab, targets: Slab): void {
  const [v, t, out] = [valuesOf(x), valuesOf(targets), valuesOf(to)]
  for (let i = 0; i < x.length; i++) {
    const z = v[i] as number
    out[i] = Math.max(z, 0) - z * (t[i] as number) + log1p(exp(-Math.abs(z)))
  }
}
/** to = (sigmoid(x) − target) · factor: the sigmoid rounded to float32, then two operations. */
export function bceWithLogitsBackward(to: Slab, x: Slab, targets: Slab, factor: number): void {
  const [v, t, out] = [valuesOf(x), valuesOf(targets), valuesOf(to)]
  const f = fround(factor)
  for (let i = 0; i < x.length; i++) out[i] = fround(fround(1 / (1 + exp(-(v[i] as number)))) - (t[i] as number)) * f
}

/** Σ (a − b)², differences in float32, in four lanes of float64. */
export const squaredError = (a: Slab, b: Slab): number => machine().squaredError32(a.at, b.at, a.length)
/** to = (a − b) · factor. */
export const squaredErrorBackward = (to: Slab, a: Slab, b: Slab, factor: number): void =>
  machine().subScale32(to.at, a.at, b.at, a.length, factor)
