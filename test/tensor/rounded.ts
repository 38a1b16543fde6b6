/**
 * The operations with every rounding written out, one number at a time: operands and results of a format, products summed
 * by `dot`, all else float32 as the kernels' comments state. Forward, and backward for a given gradient.
 */

import { dot } from '../../src/kernel/dot.js'
import { erf, exp, log, log1p, tanh } from '../../src/kernel/kernel.js'
import type { SumOptions } from '../../src/kernel/sum-options.js'
import type { Options } from './calls.js'
import { floats } from './draws.js'

export type Values = readonly number[]
export interface Rounded {
  readonly result: Values
  /** In the order of the inputs, rounded. */
  backward(gradient: Values): Values[]
}
export interface Way {
  /** Rounds to the format of operands, results and gradients. */
  readonly r: (x: number) => number
  readonly sum: SumOptions
  /** What operands of products with weights become first, row by row: values and weights, or gradients. Default: they stay. */
  readonly along?: (values: Values, columns: number, what: 'forward' | 'backward') => Values
}
type Scalar = (x: readonly Values[], shapes: readonly (readonly number[])[], o: Options, way: Way) => Rounded

const f = Math.fround
const at = (values: Values | undefined, i: number): number => values?.[i] as number
const side = (shape: readonly number[] | undefined, fromEnd: number): number => shape?.[shape.length - fromEnd] ?? 1
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** Row after row in float64, rounded to float32 once. */
const columnSum = (values: Values, columns: number, c: number): number =>
  f(range(values.length / columns).reduce((sum, row) => sum + at(values, row * columns + c), 0))

/** The four lanes of the kernels. */
function lanes(terms: Values): number {
  const l: [number, number, number, number] = [0, 0, 0, 0]
  for (const [i, term] of terms.entries()) l[(i & 3) as 0] += term
  return l[0] + l[2] + (l[1] + l[3])
}

/** Rows of a (m × k) times rows of b (n × k). */
const rowsTimesRows = (a: Values, b: Values, k: number, sum: SumOptions): number[] => {
  const row = (values: Values, i: number): Float32Array => Float32Array.from(values.slice(i * k, i * k + k))
  return range(a.length / k).flatMap((i) => range(b.length / k).map((j) => dot(row(a, i), row(b, j), sum)))
}

const transposed = (values: Values, columns: number): number[] => {
  const rows = values.length / columns
  return range(values.length).map((i) => at(values, (i % rows) * columns + Math.floor(i / rows)))
}

const curved =
  (forward: (x: number) => number, slope: (x: number, y: number) => number): Scalar =>
  ([x], _, __, { r }) => {
    const result = (x as Values).map((v) => r(f(forward(v))))
    return { result, backward: (g) => [(x as Values).map((v, i) => r(f(at(g, i) * slope(v, at(result, i)))))] }
  }

/** gradient · weight, the gradient's rows n long. */
const toInput = (g: Values, w: Values, n: number, { sum, along = (v) => v }: Omit<Way, 'r'>): number[] =>
  rowsTimesRows(along(g, n, 'backward'), along(transposed(w, w.length / n), n, 'forward'), n, sum)

const linear: Scalar = ([x, w, b], [, shape], _, { r, sum, along = (values) => values }) => {
  const [n, k] = [side(shape, 2), side(shape, 1)]
  const products = rowsTimesRows(along(x as Values, k, 'forward'), along(w as Values, k, 'forward'), k, sum)
  return {
    result: products.map((p, i) => r(f(p + at(b, i % n)))),
    backward: (g) => [
      toInput(g, w as Values, n, { sum, along }).map(r),
      rowsTimesRows(
        along(transposed(g, n), g.length / n, 'backward'),
        along(transposed(x as Values, k), g.length / n, 'forward'),
        g.length / n,
        sum,
      ).map(r),
      range(n).map((c) => {
        if (sum.accumulate === undefined) return r(columnSum(g, n, c))
        const column = Float32Array.from(range(g.length / n), (row) => at(g, row * n + c))
        return r(dot(new Float32Array(column.length).fill(1), column, sum))
      }),
    ],
  }
}

/** What each window sees: the index of a value for row, column and channel of the window, −1 outside. */
function windows(shape: readonly number[], size: number, stride: number, padding: number): number[][] {
  const [n = 0, h = 0, w = 0, c = 0] = shape
  const count = (length: number): number => Math.floor((length + 2 * padding - size) / stride) + 1
  return range(n).flatMap((image) =>
    range(count(h)).flatMap((row) =>
      range(count(w)).map((column) =>
        range(size * size * c).map((i) => {
          const y = row * stride - padding + Math.floor(i / (size * c))
          const z = column * stride - padding + (Math.floor(i / c) % size)
          return y < 0 || y >= h || z < 0 || z >= w ? -1 : ((image * h + y) * w + z) * c + (i % c)
        }),
      ),
    ),
  )
}

/** The same, each channel's window by itself. */
const ofChannels = (seen: readonly (readonly number[])[], channels: number): number[][] =>
  seen.flatMap((window) => range(channels).map((c) => window.filter((_, i) => i % channels === c)))

const conv2d: Scalar = ([x, w, b], [shape, weights], { stride = 1, padding = 0 }, way) => {
  const [n = 0, size = 0] = weights as number[]
  const seen = windows(shape as number[], size, stride, padding)
  const k = (w as Values).length / n
  const unfolded = seen.flatMap((window) => window.map((place) => (place < 0 ? 0 : at(x, place))))
  const { result, backward } = linear(
    [unfolded, w as Values, b as Values],
    [
      [seen.length, k],
      [n, k],
    ],
    {} as Options,
    way,
  )
  return {
    result,
    backward: (g) => {
      const [, toWeight = [], toBias = []] = backward(g)
      const parts = toInput(g, w as Values, n, way).map(f)
      const to = new Float32Array((x as Values).length)
      for (const [i, place] of seen.flat().entries())
        if (place >= 0) to[place] = at([...to.subarray(place, place + 1)], 0) + at(parts, i)
      return [Array.from(to, way.r), toWeight, toBias]
    },
  }
}

const root = Math.sqrt(2 / Math.PI)

export const rounded: Readonly<Record<string, Scalar>> = {
  linear,
  conv2d,
  relu: ([x], _, __, ___) => ({
    result: (x as Values).map((v) => (v > 0 ? v : 0)),
    backward: (g) => [g.map((v, i) => (at(x, i) > 0 ? v : 0))],
  }),
  gelu: curved(
    (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    (x) => 0.5 * (1 + erf(x * Math.SQRT1_2)) + x * (1 / Math.sqrt(2 * Math.PI)) * exp(-0.5 * x * x),
  ),
  'gelu-tanh': curved(
    (x) => 0.5 * x * (1 + tanh(root * (x + 0.044715 * x * x * x))),
    (x) => {
      const t = tanh(root * (x + 0.044715 * x * x * x))
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)
    },
  ),
  tanh: curved(tanh, (_, y) => 1 - y * y),
  sigmoid: curved(
    (x) => 1 / (1 + exp(-x)),
    (_, y) => y * (1 - y),
  ),
  embedding: ([table], [shape], { indices }, { r }) => {
    const columns = side(shape, 1)
    return {
      result: indices.flatMap((index) => range(columns).map((c) => at(table, index * columns + c))),
      backward: (g) => [
        range((table as Values).length).map((place) =>
          r(
            indices.reduce(
              (sum, index, i) =>
                index === Math.floor(place / columns) ? f(sum + at(g, i * columns + (place % columns))) : sum,
              0,
            ),
          ),
        ),
      ],
    }
  },
  softmax: ([x], [shape], { causal = false }, { r }) => {
    const columns = side(shape, 1)
    const rows = range((x as Values).length / columns)
    const result = rows.flatMap((row) => {
      const seen = range(causal ? (row % columns) + 1 : columns).map((i) => at(x, row * columns + i))
      const most = Math.max(...seen)
      const powers = seen.map((v) => f(exp(f(v - most))))
      const sum = f(lanes(powers))
      return range(columns).map((i) => (i < seen.length ? r(f(at(powers, i) / sum)) : 0))
    })
    return {
      result,
      backward: (g) => [
        rows.flatMap((row) => {
          const places = range(columns).map((i) => row * columns + i)
          const inner = f(lanes(places.map((i) => f(at(g, i) * at(result, i)))))
          return places.map((i) => r(f(at(result, i) * f(at(g, i) - inner))))
        }),
      ],
    }
  },
  'cross-entropy': ([x], [shape], { indices }, { r }) => {
    const columns = side(shape, 1)
    const logs = indices.flatMap((_, row) => {
      const part = range(columns).map((i) => at(x, row * columns + i))
      const most = Math.max(...part)
      const sum = f(log(lanes(part.map((v) => f(exp(f(v - most)))))))
      return part.map((v) => f(f(v - most) - sum))
    })
    const losses = indices.map((wanted, row) => -at(logs, row * columns + wanted))
    return {
      result: [r(f(lanes(losses) / indices.length))],
      backward: ([g]) => [
        logs.map((y, i) => {
          const hit = at(indices, Math.floor(i / columns)) === i % columns ? 1 : 0
          return r(f(f(f(exp(y)) - hit) * f((g as number) / indices.length)))
        }),
      ],
    }
  },
  'bce-with-logits': ([x], _, { targets }, { r }) => {
    const n = (x as Values).length
    const wanted = Array.from(floats(targets, n), (t) => r(t * 0.5 + 0.5))
    const losses = (x as Values).map((v, i) => f(Math.max(v, 0) - v * at(wanted, i) + log1p(exp(-Math.abs(v)))))
    return {
      result: [r(f(lanes(losses) / n))],
      backward: ([g]) => [
        (x as Values).map((v, i) => r(f(f(f(1 / (1 + exp(-v))) - at(wanted, i)) * f((g as number) / n)))),
      ],
    }
  },
  mse: ([x], _, { targets }, { r }) => {
    const n = (x as Values).length
    const wanted = Array.from(floats(targets, n), r)
    const apart = (x as Values).map((v, i) => f(v - at(wanted, i)))
    return {
      result: [r(f(lanes(apart.map((d) => d * d)) / n))],
      backward: ([g]) => [apart.map((d) => r(f(d * f((2 * (g as number)) / n))))],
    }
  },
  add: ([a, b], _, __, { r }) => {
    const n = (b as Values).length
    return {
      result: (a as Values).map((v, i) => r(v + at(b, i % n))),
      backward: (g) => [g, range(n).map((c) => r(columnSum(g, n, c)))],
    }
  },
  mul: ([a, b], _, __, { r }) => ({
    result: (a as Values).map((v, i) => r(v * at(b, i))),
    backward: (g) => [g.map((v, i) => r(v * at(b, i))), g.map((v, i) => r(v * at(a, i)))],
  }),
  scale: ([a], _, { factor }, { r }) => ({
    result: (a as Values).map((v) => r(f(v * f(factor)))),
    backward: (g) => [g.map((v) => r(f(v * f(factor))))],
  }),
  matmul: ([a, b], [first, second], { transposeB = false }, { r, sum }) => {
    const [m, k] = [side(first, 2), side(first, 1)]
    const n = side(second, transposeB ? 2 : 1)
    const parts = range((a as Values).length / (m * k)).map((i) => ({
      left: (a as Values).slice(i * m * k, (i + 1) * m * k),
      right: (b as Values).slice(i * n * k, (i + 1) * n * k),
    }))
    const flipped = (right: Values): Values => (transposeB ? right : transposed(right, n))
    return {
      result: parts.flatMap(({ left, right }) => rowsTimesRows(left, flipped(right), k, sum).map(r)),
      backward: (g) => {
        const piece = (i: number): Values => g.slice(i * m * n, (i + 1) * m * n)
        const toLeft = parts.flatMap(({ right }, i) =>
          rowsTimesRows(piece(i), transposed(flipped(right), k), n, sum).map(r),
        )
        const toRight = parts.flatMap(({ left }, i) => {
          const rows = rowsTimesRows(transposed(piece(i), n), transposed(left, k), m, sum).map(r)
          return transposeB ? rows : transposed(rows, k)
        })
        return [toLeft, toRight]
      },
    }
  },
  'max-pool': ([x], [shape], { size, stride = size, padding = 0 }, { r }) => {
    const winners = ofChannels(windows(shape as number[], size, stride, padding), side(shape, 1)).map((seen) =>
      seen.filter((place) => place >= 0).reduce((best, place) => (at(x, place) > at(x, best) ? place : best)),
    )
    return {
      result: winners.map((place) => at(x, place)),
      backward: (g) => [
        (x as Values).map((_, i) => r(winners.reduce((sum, place, j) => (place === i ? f(sum + at(g, j)) : sum), 0))),
      ],
    }
  },
  'avg-pool': ([x], [shape], { size, stride = size, padding = 0 }, { r }) => {
    const seen = ofChannels(windows(shape as number[], size, stride, padding), side(shape, 1))
    const share = f(1 / (size * size))
    return {
      result: seen.map((places) => r(f(places.reduce((sum, p) => (p < 0 ? sum : f(sum + at(x, p))), 0) * share))),
      backward: (g) => [
        (x as Values).map((_, i) =>
          r(seen.reduce((sum, places, j) => (places.includes(i) ? f(sum + f(at(g, j) * share)) : sum), 0)),
        ),
      ],
    }
  },
  'layer-norm': ([x, w, b], [shape], _, { r }) => {
    const columns = side(shape, 1)
    const rows = range((x as Values).length / columns).map((row) => {
      const part = (x as Values).slice(row * columns, (row + 1) * columns)
      const mean = lanes(part) / columns
      const variance = lanes(part.map((v) => (v - mean) * (v - mean))) / columns
      const deviation = f(1 / Math.sqrt(variance + 1e-5))
      return { deviation, normal: part.map((v) => f(f(v - f(mean)) * deviation)) }
    })
    return {
      result: rows.flatMap(({ normal }) => normal.map((v, i) => r(f(f(v * at(w, i)) + at(b, i))))),
      backward: (g) => [
        rows.flatMap(({ deviation, normal }, row) => {
          const h = normal.map((_, i) => f(at(g, row * columns + i) * at(w, i)))
          const mean = f(lanes(h) / columns)
          const slope = f(lanes(h.map((v, i) => f(v * at(normal, i)))) / columns)
          return h.map((v, i) => r(f(deviation * f(f(v - mean) - f(at(normal, i) * slope)))))
        }),
        range(columns).map((i) =>
          r(f(rows.reduce((sum, { normal }, row) => sum + f(at(g, row * columns + i) * at(normal, i)), 0))),
        ),
        range(columns).map((i) => r(columnSum(g, columns, i))),
      ],
    }
  },
  /** tanh(x) · x + x: x has three readers, whose gradients arrive in the reverse of their order. */
  twice: ([x], _, __, { r }) => {
    const t = (x as Values).map((v) => r(f(tanh(v))))
    const product = t.map((v, i) => r(v * at(x, i)))
    return {
      result: product.map((v, i) => r(v + at(x, i))),
      backward: (g) => [
        g.map((v, i) => {
          const second = r(v + r(v * at(t, i)))
          const slope = 1 - at(t, i) * at(t, i)
          return r(second + r(f(r(v * at(x, i)) * slope)))
        }),
      ],
    }
  },
}
