/** PowerSGD: a gradient matrix sent as two thin ones, found by one step of subspace iteration. */
import { normals } from '../../data/normals.js'
import { sendWhole } from './cast.js'
import { type Advance, mean, minus, plus, type Setting, withFeedback } from './method.js'

/** A row-major matrix of float32. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float32Array
}

const epsilon = Math.fround(1e-8)
/** PyTorch's min_compression_rate: what is worth two exchanges. */
const worthwhile = 2

/** a · b, or aᵀ · b: each sum of products (exact) in float64 in index order, rounded once to float32. */
export function product(a: Matrix, b: Matrix, transposed = false): Matrix {
  const [rows, inner] = transposed ? [a.columns, a.rows] : [a.rows, a.columns]
  const values = new Float32Array(rows * b.columns)
  const [down, right] = transposed ? [1, a.columns] : [a.columns, 1]
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < b.columns; j++) {
      let sum = 0
      for (let k = 0; k < inner; k++)
        sum += (a.values[i * down + k * right] as number) * (b.values[k * b.columns + j] as number)
      values[i * b.columns + j] = sum
    }
  return { rows, columns: b.columns, values }
}

/**
 * The columns made orthonormal by Gram and Schmidt: each divided by its norm + 1e-8, then its part taken out of all later
 * ones. Sums in float64 in index order, each result rounded to float32. A zero column stays zero.
 */
export function orthonormal({ rows, columns, values }: Matrix): Matrix {
  const out = Float32Array.from(values)
  const at = (i: number, j: number): number => out[i * columns + j] as number
  for (let j = 0; j < columns; j++) {
    let squares = 0
    for (let i = 0; i < rows; i++) squares += at(i, j) * at(i, j)
    const size = Math.fround(Math.fround(Math.sqrt(squares)) + epsilon)
    for (let i = 0; i < rows; i++) out[i * columns + j] = at(i, j) / size
    for (let k = j + 1; k < columns; k++) {
      let sum = 0
      for (let i = 0; i < rows; i++) sum += at(i, j) * at(i, k)
      const overlap = Math.fround(sum)
      for (let i = 0; i < rows; i++) out[i * columns + k] = at(i, k) - Math.fround(overlap * at(i, j))
    }
  }
  return { rows, columns, values: out }
}

/** The most nearly square shape whose product is the length: rows is the largest divisor up to its root. */
export function squarest(length: number): readonly [number, number] {
  let rows = Math.floor(Math.sqrt(length))
  while (length % rows !== 0) rows--
  return [rows, length / rows]
}

/** Whether a matrix is worth compressing: (n + m) · r · 2 < n · m. Rank above a side of the matrix is that side. */
export function worthCompressing([rows, columns]: readonly [number, number], rank: number): boolean {
  return (rows + columns) * Math.min(rank, rows, columns) * worthwhile < rows * columns
}

const sum = (matrices: readonly Matrix[]): Matrix => {
  const [first, ...others] = matrices as readonly [Matrix, ...Matrix[]]
  return { ...first, values: others.reduce((total, { values }) => plus(total, values), first.values) }
}

/**
 * One step, as in PyTorch's powerSGD_hook: M = g + e; Q from the last step (at first N(0, 1)), made orthonormal; P = M·Q,
 * summed over the workers, made orthonormal; Q = Mᵀ·P, averaged; M̂ = P·Qᵀ for all; e = M − M̂. Before `start`, and where
 * it is not worth it, gradients go whole. Vogels et al. 2019, arXiv:1905.13727.
 */
export function powerSgd(rank: number, { shape, seed, start, feedback }: Setting): Advance {
  const [rows, columns] = shape
  const r = Math.min(rank, rows, columns)
  const whole = withFeedback(sendWhole, false)
  if (!worthCompressing(shape, rank)) return whole
  return (state, gradients) => {
    if (state.step < start) return whole(state, gradients)
    const vectors = feedback ? gradients.map((g, i) => plus(g, state.residuals[i] as Float32Array)) : gradients
    const matrices = vectors.map((values): Matrix => ({ rows, columns, values }))
    const guess = state.factor ?? Float32Array.from(normals(columns * r, 'compress powersgd', seed))
    const q = orthonormal({ rows: columns, columns: r, values: guess })
    const p = orthonormal(sum(matrices.map((m) => product(m, q))))
    const factors = matrices.map((m) => product(m, p, true))
    const factor = mean(factors.map(({ values }) => values))
    const approximation = product(p, transpose({ rows: columns, columns: r, values: factor })).values
    return {
      sent: vectors.map(() => approximation),
      mean: approximation,
      transfers: [
        { collective: 'all-reduce', bytes: 4 * rows * r },
        { collective: 'all-reduce', bytes: 4 * columns * r },
      ],
      state: {
        ...state,
        step: state.step + 1,
        factor,
        residuals: feedback ? vectors.map((v) => minus(v, approximation)) : state.residuals,
      },
    }
  }
}

function transpose({ rows, columns, values }: Matrix): Matrix {
  const out = new Float32Array(values.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] as number
  return { rows: columns, columns: rows, values: out }
}
