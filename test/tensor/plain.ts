/** The operations once more, forward alone, in float64 and as plainly as can be: what central differences are taken of. */
import type { Options } from './calls.js'
import { floats } from './draws.js'

type Values = ArrayLike<number>
type Shape = readonly number[]
/** The result of an operation on inputs of these shapes. */
type Plain = (x: readonly Values[], shapes: readonly Shape[], o: Options) => number[]

const at = (values: Values | undefined, i: number): number => values?.[i] as number
const side = (shape: Shape | undefined, fromEnd: number): number => shape?.[shape.length - fromEnd] ?? 1
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const each =
  (f: (x: number) => number): Plain =>
  ([x]) =>
    Array.from(x as Values, f)

/** Taylor's series. */
function erf(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Rows of a times columns of b; count times. */
function products(a: Values, b: Values, count: number, m: number, k: number, n: number, transposed: boolean): number[] {
  return range(count * m * n).map((i) => {
    const [c, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n]
    const first = c * k * n
    return total(
      range(k).map((t) => at(a, (c * m + row) * k + t) * at(b, first + (transposed ? column * k + t : t * n + column))),
    )
  })
}

function softmaxRow(row: readonly number[]): number[] {
  const most = Math.max(...row)
  const powers = row.map((x) => Math.exp(x - most))
  return powers.map((x) => x / total(powers))
}

/** Values of one window: -1 for what is outside. */
function windows(shape: Shape, size: number, stride: number, padding: number): number[][] {
  const [n = 0, h = 0, w = 0, c = 0] = shape
  const [rows, columns] = [h, w].map((length) => Math.floor((length + 2 * padding - size) / stride) + 1) as [
    number,
    number,
  ]
  const out: number[][] = []
  for (let image = 0; image < n; image++)
    for (let r = 0; r < rows; r++)
      for (let s = 0; s < columns; s++)
        for (let channel = 0; channel < c; channel++)
          out.push(
            range(size * size).map((tap) => {
              const y = r * stride - padding + Math.floor(tap / size)
              const x = s * stride - padding + (tap % size)
              return y < 0 || y >= h || x < 0 || x >= w ? -1 : ((image * h + y) * w + x) * c + channel
            }),
          )
  return out
}

const softmax: Plain = ([x], [shape], { causal }) => {
  const columns = side(shape, 1)
  return range((x as Values).length / columns).flatMap((row) => {
    const seen = causal ? (row % columns) + 1 : columns
    const part = softmaxRow(range(seen).map((i) => at(x, row * columns + i)))
    return range(columns).map((i) => part[i] ?? 0)
  })
}

export const plain: Readonly<Record<string, Plain>> = {
  linear: ([x, w, b], [, shape]) => {
    const [n, k] = [side(shape, 2), side(shape, 1)]
    const m = (x as Values).length / k
    return products(x as Values, w as Values, 1, m, k, n, true).map((y, i) => y + at(b, i % n))
  },
  matmul: ([a, b], [first, second], { transposeB }) => {
    const [m, k] = [side(first, 2), side(first, 1)]
    const n = side(second, transposeB ? 2 : 1)
    return products(a as Values, b as Values, (a as Values).length / (m * k), m, k, n, transposeB)
  },
  conv2d: ([x, w, b], [shape, weights], { stride = 1, padding = 0 }) => {
    const [features = 0, size = 0, , channels = 0] = weights as number[]
    const seen = windows(shape as Shape, size, stride, padding)
    return range(seen.length / channels).flatMap((place) =>
      range(features).map((feature) => {
        let sum = at(b, feature)
        for (let c = 0; c < channels; c++)
          for (const [tap, pixel] of (seen[place * channels + c] as number[]).entries())
            if (pixel >= 0) sum += at(x, pixel) * at(w, (feature * size * size + tap) * channels + c)
        return sum
      }),
    )
  },
  'max-pool': ([x], [shape], { size, stride = size, padding = 0 }) =>
    windows(shape as Shape, size, stride, padding).map((window) =>
      Math.max(...window.filter((pixel) => pixel >= 0).map((pixel) => at(x, pixel))),
    ),
  'avg-pool': ([x], [shape], { size, stride = size, padding = 0 }) =>
    windows(shape as Shape, size, stride, padding).map(
      (window) => total(window.map((pixel) => (pixel < 0 ? 0 : at(x, pixel)))) / (size * size),
    ),
  relu: each((x) => Math.max(x, 0)),
  gelu: each((x) => 0.5 * x * (1 + erf(x / Math.SQRT2))),
  'gelu-tanh': each((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  tanh: each(Math.tanh),
  sigmoid: each(sigmoid),
  embedding: ([table], [shape], { indices }) =>
    indices.flatMap((index) => range(side(shape, 1)).map((c) => at(table, index * side(shape, 1) + c))),
  'layer-norm': ([x, w, b], [shape]) => {
    const columns = side(shape, 1)
    return range((x as Values).length / columns).flatMap((row) => {
      const part = range(columns).map((i) => at(x, row * columns + i))
      const mean = total(part) / columns
      const variance = total(part.map((v) => (v - mean) ** 2)) / columns
      return part.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * at(w, i) + at(b, i))
    })
  },
  softmax,
  attention: ([x], [shape], { heads, causal = false }) => {
    const [batch = 0, time = 0, width = 0] = shape as number[]
    const size = width / 3 / heads
    const place = (b: number, t: number, part: number, h: number, i: number): number =>
      at(x, (b * time + t) * width + part * heads * size + h * size + i)
    return range(batch * time).flatMap((row) => {
      const [b, t] = [Math.floor(row / time), row % time]
      return range(heads).flatMap((h) => {
        const seen = causal ? t + 1 : time
        const scores = range(seen).map(
          (s) => total(range(size).map((i) => place(b, t, 0, h, i) * place(b, s, 1, h, i))) / Math.sqrt(size),
        )
        const shares = softmaxRow(scores)
        return range(size).map((i) => total(shares.map((share, s) => share * place(b, s, 2, h, i))))
      })
    })
  },
  lstm: ([x, h, c, wi, wh, bi, bh], [inputs, hidden]) => {
    const [k, width] = [side(inputs, 1), side(hidden, 1)]
    return range((h as Values).length / width).flatMap((row) => {
      const gates = range(4 * width).map(
        (j) =>
          total(range(k).map((t) => at(x, row * k + t) * at(wi, j * k + t))) +
          total(range(width).map((t) => at(h, row * width + t) * at(wh, j * width + t))) +
          at(bi, j) +
          at(bh, j),
      )
      const cells = range(width).map(
        (j) =>
          sigmoid(at(gates, width + j)) * at(c, row * width + j) +
          sigmoid(at(gates, j)) * Math.tanh(at(gates, 2 * width + j)),
      )
      return [...cells.map((cell, j) => sigmoid(at(gates, 3 * width + j)) * Math.tanh(cell)), ...cells]
    })
  },
  'cross-entropy': ([x], [shape], { indices }) => {
    const columns = side(shape, 1)
    const losses = indices.map((wanted, row) => {
      const part = softmaxRow(range(columns).map((i) => at(x, row * columns + i)))
      return -Math.log(at(part, wanted))
    })
    return [total(losses) / indices.length]
  },
  'bce-with-logits': ([x], _, { targets }) => {
    const n = (x as Values).length
    const wanted = floats(targets, n).map((t) => t * 0.5 + 0.5)
    const losses = range(n).map((i) => {
      const p = sigmoid(at(x, i))
      return -at(wanted, i) * Math.log(p) - (1 - at(wanted, i)) * Math.log(1 - p)
    })
    return [total(losses) / n]
  },
  mse: ([x], _, { targets }) => {
    const n = (x as Values).length
    const wanted = floats(targets, n)
    return [total(range(n).map((i) => (at(x, i) - at(wanted, i)) ** 2)) / n]
  },
  add: ([a, b]) => Array.from(a as Values, (x, i) => x + at(b, i % (b as Values).length)),
  mul: ([a, b]) => Array.from(a as Values, (x, i) => x * at(b, i)),
  scale: ([a], _, { factor }) => Array.from(a as Values, (x) => x * factor),
  transpose: ([a], [shape]) => {
    const [rows, columns] = [side(shape, 2), side(shape, 1)]
    return range((a as Values).length).map((i) => {
      const [part, r, c] = [Math.floor(i / (rows * columns)), i % rows, Math.floor(i / rows) % columns]
      return at(a, part * rows * columns + r * columns + c)
    })
  },
  concat: ([a, b], [first, second]) => {
    const [n, k] = [side(first, 1), side(second, 1)]
    return range((a as Values).length / n).flatMap((row) => [
      ...range(n).map((i) => at(a, row * n + i)),
      ...range(k).map((i) => at(b, row * k + i)),
    ])
  },
  twice: each((x) => Math.tanh(x) * x + x),
}
