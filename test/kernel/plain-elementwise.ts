/** The plain twins of kernel/elementwise.ts: one value at a time, in the order stated there. */

import { uniform } from '../../src/data/rng.js'
/*
 * Each operation is one of float32, rounded once; the activations are computed in float64 and rounded once at the end.
 * NaN results are the canonical NaN. Sums: see `sumOfSquares` (four lanes) and `sumRows` (row after row).
 */
import { type Slab, valuesOf } from '../../src/kernel/arena.js'
import type { Activation } from '../../src/kernel/elementwise.js'

const { fround } = Math

function map(to: Slab, n: number, value: (i: number) => number): void {
  const out = valuesOf(to)
  for (let i = 0; i < n; i++) out[i] = value(i)
}
const get = (v: Float32Array, i: number): number => v[i] as number

/** to = a + b. */
export function add(to: Slab, a: Slab, b: Slab): void {
  const [x, y] = [valuesOf(a), valuesOf(b)]
  map(to, a.length, (i) => get(x, i) + get(y, i))
}
/** to = a − b. */
export function sub(to: Slab, a: Slab, b: Slab): void {
  const [x, y] = [valuesOf(a), valuesOf(b)]
  map(to, a.length, (i) => get(x, i) - get(y, i))
}
/** to = a · b, value by value. */
export function mul(to: Slab, a: Slab, b: Slab): void {
  const [x, y] = [valuesOf(a), valuesOf(b)]
  map(to, a.length, (i) => get(x, i) * get(y, i))
}
/** to = factor · a, the factor rounded to float32 first. */
export function scale(to: Slab, a: Slab, factor: number): void {
  const x = valuesOf(a)
  const f = fround(factor)
  map(to, a.length, (i) => get(x, i) * f)
}
/** to = to + factor · a: the product rounded, then the sum. */
export function axpy(to: Slab, factor: number, a: Slab): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  const f = fround(factor)
  map(to, a.length, (i) => get(y, i) + fround(get(x, i) * f))
}
export const fill = (to: Slab, value: number): void => {
  valuesOf(to).fill(value)
}
export const copy = (to: Slab, a: Slab): void => {
  valuesOf(to).set(valuesOf(a))
}

/** Where a block of rows lies: its first value, and from one row to the next. */
export interface Rows {
  readonly slab: Slab
  /** Default 0. */
  readonly from?: number
  readonly stride: number
}
/** Copies `rows` rows of `columns` values from one place to another: what concatenates, slices and takes heads apart. */
export function copyRows(to: Rows, a: Rows, rows: number, columns: number): void {
  const [x, y] = [valuesOf(a.slab), valuesOf(to.slab)]
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) y[(to.from ?? 0) + r * to.stride + c] = get(x, (a.from ?? 0) + r * a.stride + c)
}
/** to (columns × rows) = a (rows × columns) transposed, `count` times one after another. `to` may not be a. */
export function transpose(to: Slab, a: Slab, rows: number, columns: number, count = 1): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  for (let k = 0; k < count; k++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        y[k * rows * columns + c * rows + r] = get(x, k * rows * columns + r * columns + c)
}

/** to = a + row, the same row of `row.length` values added to every row of a: a bias. */
export function addRow(to: Slab, a: Slab, row: Slab): void {
  const [x, y] = [valuesOf(a), valuesOf(row)]
  map(to, a.length, (i) => get(x, i) + get(y, i % row.length))
}
/** to = a · row, likewise. */
export function mulRow(to: Slab, a: Slab, row: Slab): void {
  const [x, y] = [valuesOf(a), valuesOf(row)]
  map(to, a.length, (i) => get(x, i) * get(y, i % row.length))
}
/**
 * to[c] = the sum of column c of a, `to.length` columns: a bias' gradient. In float64, row after row, starting at +0, and
 * rounded once; with `add`, fp32(to[c] + that).
 */
export function sumRows(to: Slab, a: Slab, o: { readonly add?: boolean } = {}): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  for (let c = 0; c < to.length; c++) {
    let s = 0
    for (let i = c; i < a.length; i += to.length) s += get(x, i)
    y[c] = o.add ? get(y, c) + fround(s) : s
  }
}

/** to = max(a, 0): 0 for −0, and NaN for NaN. */
export function relu(to: Slab, a: Slab): void {
  const x = valuesOf(a)
  map(to, a.length, (i) => (get(x, i) <= 0 ? 0 : get(x, i)))
}
/** to = gradient where a > 0 (or NaN), else 0. `a`: the input, or as well the output. */
export function reluBackward(to: Slab, gradient: Slab, a: Slab): void {
  const [g, x] = [valuesOf(gradient), valuesOf(a)]
  map(to, a.length, (i) => (get(x, i) <= 0 ? 0 : get(g, i)))
}

// The polynomials of assembly/smooth-table.ts, and its steps one number at a time.
const e = [
  1.0, 0.5000000047401394, 0.1666666671931248, 0.04166635163844457, 0.008333298344023092, 0.0013941213100006334,
  0.00019899390183679232,
]
const q = [
  3.888367751888861e-6, 0.0996312832705971, 0.1009834507865043, 0.08469613351143279, 0.12181696578244812,
  -0.06682670639845976, 0.3367440825549382, -0.4418104147196821, 0.5126853892968877, -0.35436825783507603,
  0.12389822295589321, -0.017454037580680194,
]
const p = [
  0.3989422803968788, -0.06649037983901085, 0.009973555121502185, -0.001187322121019266, 0.0001154246507701276,
  -9.435097239107229e-6, 6.603689224690475e-7, -3.915946119217738e-8, 1.796143752590289e-9, -4.676366091420556e-11,
]
const d = [
  0.7978845607098561, -0.26596151561263, 0.05984130346706143, -0.009498501071678265, 0.0011541413043286216,
  -0.00011313967875946423, 9.208256536021383e-6, -6.168474945962718e-7, 3.095962409089836e-8, -8.548236327249787e-10,
]

/** Even and odd powers apart, the highest first. */
function polynomial(c: readonly number[], x: number): number {
  const s = x * x
  const sums = [0, 1].map((start) => {
    let last = c.length - 1
    if (last % 2 !== start) last--
    let sum = c[last] as number
    for (let i = last - 2; i >= 0; i -= 2) sum = (c[i] as number) + sum * s
    return sum
  })
  const [even = 0, odd = 0] = sums
  return even + x * odd
}

function parts(x: number): [power: number, rest: number] {
  const n = x * Math.LOG2E + 6755399441055744 - 6755399441055744
  const r = x - n * Math.LN2
  return [2 ** n, r * polynomial(e, r)]
}
const within = (x: number, most: number): number => (Number.isNaN(x) ? x : Math.min(Math.max(x, -most), most))
export function exp(x: number): number {
  const [power, rest] = parts(within(x, 700))
  return power * (1 + rest)
}
export function tanh(x: number): number {
  const size = within(Math.abs(x), 30)
  const [power, rest] = parts(size + size)
  const m = power * rest + (power - 1)
  const y = m / (m + 2)
  return x < 0 || Object.is(x, -0) ? -y : y
}
export const sigmoid = (x: number): number => 1 / (1 + exp(within(-x, 200)))
const bell = (x: number): number => exp(Math.max(x * x * -0.5, -700))
function normal(x: number): number {
  const size = Math.abs(x)
  const t = 1 / (1 + size * 0.25)
  const tail = size >= 40 ? 0 : bell(x) * polynomial(q, t)
  return x < 0 ? tail : 1 - tail
}
const twice = 1.5957691216057308
const cubic = 0.044715
function gate(x: number): number {
  const u = twice * (x + cubic * (x * x * x))
  return u < -200 ? 0 : sigmoid(u)
}

const forward: Readonly<Record<Activation, (x: number) => number>> = {
  exp: (x) => exp(within(x, 200)),
  tanh,
  sigmoid,
  gelu: (x) => x * (Math.abs(x) > 2 ? normal(x) : 0.5 + x * polynomial(p, x * x)),
  geluTanh: (x) => x * gate(x),
}
/** Derivatives, by the output for the first three and by the input for the others. */
const derivative: Readonly<Record<Activation, (x: number) => number>> = {
  exp: (y) => y,
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
  gelu: (x) => (Math.abs(x) > 2 ? normal(x) + x * 0.3989422804014327 * bell(x) : 0.5 + x * polynomial(d, x * x)),
  geluTanh: (x) => {
    const s = gate(x)
    return s + x * (s * (1 - s)) * (twice * (1 + 3 * cubic * (x * x)))
  },
}

/** to = the activation of a. At most 1 ulp of float32. `gelu` is x·Φ(x), `geluTanh` its approximation by tanh. */
export function activate(name: Activation, to: Slab, a: Slab): void {
  const x = valuesOf(a)
  map(to, a.length, (i) => forward[name](get(x, i)))
}
/**
 * to = gradient · the activation's derivative, one rounding. `a`: what the derivative is told by: the activation's OUTPUT
 * for exp, tanh and sigmoid (as stored), its INPUT for gelu and geluTanh.
 */
export function activateBackward(name: Activation, to: Slab, gradient: Slab, a: Slab): void {
  const [g, x] = [valuesOf(gradient), valuesOf(a)]
  map(to, a.length, (i) => get(g, i) * derivative[name](get(x, i)))
}

/** Values are dropped with probability `rate` in [0, 1). */
export interface Dropout {
  readonly rate: number
  readonly seed: number
  /** Value i takes the draw uniform(seed, first + i); a multiple of 1024, default 0. */
  readonly first?: number
}
/** to = 0 where the draw is below the rate, else a · fp32(1 / (1 − rate)). The backward pass is the same call on the gradient. */
export function dropout(to: Slab, a: Slab, { rate, seed, first = 0 }: Dropout): void {
  const x = valuesOf(a)
  const kept = fround(1 / (1 - rate))
  map(to, a.length, (i) => (uniform(seed, first + i) < rate ? 0 : get(x, i) * kept))
}

/** How many values are NaN or ±Inf. */
export function countNonfinite(a: Slab): number {
  let n = 0
  for (const x of valuesOf(a)) if (!Number.isFinite(x)) n++
  return n
}
/** Σ x², in float64: value i is added to lane i mod 4 in order, the lanes as (l0 + l2) + (l1 + l3). The squares are exact. */
export function sumOfSquares(a: Slab): number {
  const lanes: [number, number, number, number] = [0, 0, 0, 0]
  const x = valuesOf(a)
  for (let i = 0; i < x.length; i++) lanes[(i & 3) as 0] += get(x, i) * get(x, i)
  return lanes[0] + lanes[2] + (lanes[1] + lanes[3])
}
/** Σ x, in the order of `sumOfSquares`. */
export function sum(a: Slab): number {
  const lanes: [number, number, number, number] = [0, 0, 0, 0]
  const x = valuesOf(a)
  for (let i = 0; i < x.length; i++) lanes[(i & 3) as 0] += get(x, i)
  return lanes[0] + lanes[2] + (lanes[1] + lanes[3])
}
