/** The plain twins of kernel/normalize.ts, sums in the order stated there. */

/*
 * Sums along a row: in float64, term i in lane i mod 4 in order from +0, the lanes as (l0 + l2) + (l1 + l3). Sums down the
 * columns: in float64, row after row. Each rounded to float32 once where it is used; all else is float32, one rounding an
 * operation, but exp and log, which are computed in float64 and rounded once. NaN results are the canonical NaN.
 * `columns`: the length of a row. Results may lie on their operands of the same shape.
 */
import { integersOf, type Slab, valuesOf } from '../../src/kernel/arena.js'
import { log } from '../../src/kernel/kernel.js'
import { exp as exp64 } from './plain-elementwise.js'

const { fround } = Math
const exp = (x: number): number => exp64(Number.isNaN(x) ? x : Math.min(Math.max(x, -200), 200))

/** The four-lane sum of n terms. */
function lanes(n: number, term: (i: number) => number): number {
  const l: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = 0; i < n; i++) l[(i & 3) as 0] += term(i)
  return l[0] + l[2] + (l[1] + l[3])
}

export interface SoftmaxOptions {
  /** Rows come in squares of `columns` rows (rows of one attention matrix), and row r sees columns 0 … r alone. */
  readonly causal?: boolean
}

/** The largest of a row's first n values; NaN where one is. */
function largestOf(x: Float32Array, at: number, n: number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < n; i++) {
    const v = x[at + i] as number
    if (Number.isNaN(v)) return v
    if (v > most) most = v
  }
  return most
}

/**
 * to = exp(a − max) / Σ exp(a − max), row by row. What causal hides is 0. A row with +Inf or NaN, or of −Inf alone, is NaN
 * (in what it sees), as in PyTorch.
 */
export function softmax(to: Slab, a: Slab, columns: number, { causal = false }: SoftmaxOptions = {}): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  for (let at = 0, row = 0; at < a.length; at += columns, row++) {
    const n = causal ? (row % columns) + 1 : columns
    const most = largestOf(x, at, n)
    for (let i = 0; i < n; i++) y[at + i] = exp(fround((x[at + i] as number) - most))
    const total = fround(lanes(n, (i) => y[at + i] as number))
    for (let i = 0; i < n; i++) y[at + i] = (y[at + i] as number) / total
    for (let i = n; i < columns; i++) y[at + i] = 0
  }
}

/**
 * to = y · (gradient − Σ gradient·y), y being softmax's result. The products in the sum are rounded to float32. Where y was
 * hidden it is 0, and so is the result (NaN where the gradient is not finite).
 */
export function softmaxBackward(to: Slab, gradient: Slab, y: Slab, columns: number): void {
  const [g, v, out] = [valuesOf(gradient), valuesOf(y), valuesOf(to)]
  for (let at = 0; at < y.length; at += columns) {
    const inner = fround(lanes(columns, (i) => fround((g[at + i] as number) * (v[at + i] as number))))
    for (let i = 0; i < columns; i++) out[at + i] = (v[at + i] as number) * fround((g[at + i] as number) - inner)
  }
}

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
  const [x, y, w, b, s] = [valuesOf(a), valuesOf(to), valuesOf(weight), valuesOf(bias), valuesOf(stats)]
  for (let at = 0, row = 0; at < a.length; at += columns, row++) {
    const mean = lanes(columns, (i) => x[at + i] as number) / columns
    const square = (d: number): number => d * d
    const variance = lanes(columns, (i) => square((x[at + i] as number) - mean)) / columns
    const [m, r] = [fround(mean), fround(1 / Math.sqrt(variance + eps))]
    s[2 * row] = m
    s[2 * row + 1] = r
    for (let i = 0; i < columns; i++)
      y[at + i] = fround(fround(fround((x[at + i] as number) - m) * r) * (w[i] as number)) + (b[i] as number)
  }
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
  const [out, g, x, w, s] = [valuesOf(to), valuesOf(gradient), valuesOf(a), valuesOf(weight), valuesOf(stats)]
  const [tw, tb] = [valuesOf(toWeight), valuesOf(toBias)]
  const weights = new Float64Array(columns)
  const biases = new Float64Array(columns)
  const [h, n] = [new Float32Array(columns), new Float32Array(columns)]
  for (let at = 0, row = 0; at < a.length; at += columns, row++) {
    const [m, r] = [s[2 * row] as number, s[2 * row + 1] as number]
    for (let i = 0; i < columns; i++) {
      const gi = g[at + i] as number
      n[i] = fround((x[at + i] as number) - m) * r
      h[i] = gi * (w[i] as number)
      weights[i] = (weights[i] as number) + fround(gi * (n[i] as number))
      biases[i] = (biases[i] as number) + gi
    }
    const mean = fround(lanes(columns, (i) => h[i] as number) / columns)
    const slope = fround(lanes(columns, (i) => fround((h[i] as number) * (n[i] as number))) / columns)
    for (let i = 0; i < columns; i++)
      out[at + i] = r * fround(fround((h[i] as number) - mean) - fround((n[i] as number) * slope))
  }
  for (let i = 0; i < columns; i++) {
    tw[i] = add ? (tw[i] as number) + fround(weights[i] as number) : (weights[i] as number)
    tb[i] = add ? (tb[i] as number) + fround(biases[i] as number) : (biases[i] as number)
  }
}

/** to = (a − max) − ln Σ exp(a − max), row by row; the logarithm rounded to float32. */
export function logSoftmax(to: Slab, a: Slab, columns: number): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  for (let at = 0; at < a.length; at += columns) {
    const most = largestOf(x, at, columns)
    const total = fround(log(lanes(columns, (i) => fround(exp(fround((x[at + i] as number) - most))))))
    for (let i = 0; i < columns; i++) y[at + i] = fround((x[at + i] as number) - most) - total
  }
}

/** The gradient of logSoftmax: to = gradient − exp(y) · Σ gradient. */
export function logSoftmaxBackward(to: Slab, gradient: Slab, y: Slab, columns: number): void {
  const [g, v, out] = [valuesOf(gradient), valuesOf(y), valuesOf(to)]
  for (let at = 0; at < y.length; at += columns) {
    const total = fround(lanes(columns, (i) => g[at + i] as number))
    for (let i = 0; i < columns; i++)
      out[at + i] = (g[at + i] as number) - fround(fround(exp(v[at + i] as number)) * total)
  }
}

/** Σ −y[target] over the rows, in four lanes of float64: divide by the rows for the mean loss. y: logSoftmax's result; targets: int32. */
export function nllLoss(y: Slab, targets: Slab, columns: number): number {
  const [v, t] = [valuesOf(y), integersOf(targets)]
  return lanes(targets.length, (i) => -(v[i * columns + (t[i] as number)] as number))
}

/** Cross-entropy's gradient with respect to the logits: to = (exp(y) − [i = target]) · factor (the loss gradient / rows, float32). */
export function crossEntropyBackward(to: Slab, y: Slab, targets: Slab, columns: number, factor: number): void {
  const [v, t, out] = [valuesOf(y), integersOf(targets), valuesOf(to)]
  const f = fround(factor)
  for (let i = 0; i < y.length; i++) {
    const hit = i % columns === t[Math.floor(i / columns)] ? 1 : 0
    out[i] = fround(fround(exp(v[i] as number)) - hit) * f
  }
}

/** Σ (a − b)², differences in float32, in four lanes of float64. */
export function squaredError(a: Slab, b: Slab): number {
  const [x, y] = [valuesOf(a), valuesOf(b)]
  return lanes(a.length, (i) => {
    const d = fround((x[i] as number) - (y[i] as number))
    return d * d
  })
}
/** to = (a − b) · factor. */
export function squaredErrorBackward(to: Slab, a: Slab, b: Slab, factor: number): void {
  const [x, y, out] = [valuesOf(a), valuesOf(b), valuesOf(to)]
  const f = fround(factor)
  for (let i = 0; i < a.length; i++) out[i] = fround((x[i] as number) - (y[i] as number)) * f
}
