/** Slabs value by value: sums, products and activations, forward and backward. Results may lie on their operands. */

/*
 * Each operation is one of float32, rounded once; activations and their derivatives are computed in float64, with relative
 * errors of about 2^-29, and rounded once at the end (errors below 0.52 ulp, measured in test/kernel/activations.test.ts).
 * NaN results are the canonical NaN. Sums: see `sum` (four lanes) and `sumRows` (row after row). Lengths are those of the
 * operand `a`; nothing behind the last value is written. Method: WebAssembly SIMD, assembly/elementwise.ts.
 */
import { FpsimError } from '../errors.js'
import type { Slab } from './arena.js'
import { keyOf } from './key.js'
import { machine, views } from './machine.js'

/** to = a + b. */
export const add = (to: Slab, a: Slab, b: Slab): void => machine().add32(to.at, a.at, b.at, a.length)
/** to = a − b. */
export const sub = (to: Slab, a: Slab, b: Slab): void => machine().sub32(to.at, a.at, b.at, a.length)
/** to = a · b, value by value. */
export const mul = (to: Slab, a: Slab, b: Slab): void => machine().mul32(to.at, a.at, b.at, a.length)
/** to = factor · a, the factor rounded to float32 first. */
export const scale = (to: Slab, a: Slab, factor: number): void => machine().scale32(to.at, a.at, a.length, factor)
/** to = to + factor · a: the factor rounded, then the product, then the sum. */
export const axpy = (to: Slab, factor: number, a: Slab): void => machine().axpy32(to.at, a.at, a.length, factor)
export const fill = (to: Slab, value: number): void => machine().fill32(to.at, to.length, value)
export const copy = (to: Slab, a: Slab): void => machine().copyRows32(to.at, 0, a.at, 0, 1, a.length)

/** Where a block of rows lies: its first value, and from one row to the next. */
export interface Rows {
  readonly slab: Slab
  /** Default 0. */
  readonly from?: number
  readonly stride: number
}

/** Copies `rows` rows of `columns` values from one place to another: what concatenates, slices and takes heads apart. */
export function copyRows(to: Rows, a: Rows, rows: number, columns: number): void {
  const place = ({ slab, from = 0 }: Rows): number => slab.at + 4 * from
  machine().copyRows32(place(to), 4 * to.stride, place(a), 4 * a.stride, rows, columns)
}

/** to (columns × rows) = a (rows × columns) transposed, `count` times one after another. `to` may not overlap a. */
export function transpose(to: Slab, a: Slab, rows: number, columns: number, count = 1): void {
  const m = machine()
  const bytes = 4 * rows * columns
  for (let i = 0; i < count; i++) m.transpose32(to.at + i * bytes, a.at + i * bytes, rows, columns)
}

/** to = a + row, the same row of `row.length` values added to every row of a: a bias. */
export const addRow = (to: Slab, a: Slab, row: Slab): void =>
  machine().addRow32(to.at, a.at, row.at, a.length / row.length, row.length)
/** to = a · row, likewise. */
export const mulRow = (to: Slab, a: Slab, row: Slab): void =>
  machine().mulRow32(to.at, a.at, row.at, a.length / row.length, row.length)

/**
 * to[c] = the sum of column c of a, `to.length` columns: a bias' gradient. In float64, row after row, starting at +0, and
 * rounded once; with `add`, fp32(to[c] + that).
 */
export const sumRows = (to: Slab, a: Slab, { add = false }: { readonly add?: boolean } = {}): void =>
  machine().sumRows32(to.at, a.at, a.length / to.length, to.length, add)

/** to = a where a > 0 or is NaN, else +0. */
export const relu = (to: Slab, a: Slab): void => machine().relu32(to.at, a.at, a.length)
/** to = gradient where a > 0 or is NaN, else +0. `a`: the input, or as well the output. */
export const reluBackward = (to: Slab, gradient: Slab, a: Slab): void =>
  machine().reluBackward32(to.at, gradient.at, a.at, a.length)

/** `gelu` is x·Φ(x); `geluTanh` its approximation x·(1 + tanh(√(2/π)(x + 0.044715x³))) / 2, computed as x·sigmoid. */
export const activations = ['exp', 'tanh', 'sigmoid', 'gelu', 'geluTanh'] as const
export type Activation = (typeof activations)[number]

/** to = the activation of a. At most 0.52 ulp of float32, subnormal results rounded once. ±Inf and NaN as in PyTorch. */
export const activate = (name: Activation, to: Slab, a: Slab): void => machine()[`${name}32`](to.at, a.at, a.length)

/**
 * to = gradient · the activation's derivative, one rounding. `a`: what the derivative is computed from: the activation's
 * OUTPUT for exp, tanh and sigmoid (as stored), its INPUT for gelu and geluTanh.
 */
export const activateBackward = (name: Activation, to: Slab, gradient: Slab, a: Slab): void =>
  machine()[`${name}Backward32`](to.at, gradient.at, a.at, a.length)

/** Values are dropped with probability `rate`. */
export interface Dropout {
  /** In [0, 1 − 2^-32]. */
  readonly rate: number
  readonly seed: number
  /** Value i takes the draw uniform(seed, first + i); a multiple of 1024, default 0. */
  readonly first?: number
}

/** to = +0 where the draw is below the rate, else a · fp32(1 / (1 − rate)). The backward pass is the same call on the gradient. */
export function dropout(to: Slab, a: Slab, { rate, seed, first = 0 }: Dropout): void {
  if (!(rate >= 0 && rate < 1))
    throw new FpsimError('invalid-value', { option: 'rate', value: rate, allowed: '[0, 1)' })
  if (!(Number.isSafeInteger(first) && first >= 0 && first % 1024 === 0))
    throw new FpsimError('invalid-value', { option: 'first', value: first, allowed: '0, 1024, 2048 …' })
  const [k0, k1] = keyOf(seed)
  // A draw is a multiple of 2^-32: below the rate iff its integer is below the next one up.
  const least = Math.min(Math.ceil(rate * 4294967296), 4294967295)
  machine().dropout32(to.at, a.at, a.length, BigInt(least), 1 / (1 - rate), first, k0, k1)
}

/** How many values are NaN or ±Inf. */
export const countNonfinite = (a: Slab): number => machine().countNonfinite32(a.at, a.length)

/** How many values are not 0, NaN and ±Inf among them. */
export function countNonzero(a: Slab): number {
  const m = machine()
  // Of all sizes: as if half of a format's least number were that large.
  m.countNearest32(a.at, a.length, 0x7fffffff, 0x7fffffff)
  return views().uint32[m.results.value / 4] as number
}

/** Σ x, in float64: value i is added to lane i mod 4 in order, from +0; then (l0 + l2) + (l1 + l3). */
export const sum = (a: Slab): number => machine().sum32(a.at, a.length)
/** Σ x², in the order of `sum`. The squares are exact. */
export const sumOfSquares = (a: Slab): number => machine().sumOfSquares32(a.at, a.length)
