/** Convolution and pooling of images [images × height × width × channels], the channels innermost. */

import {
  averagePool,
  averagePoolBackward,
  fold,
  maxPool as largestOfWindows,
  maxPoolBackward,
  unfold,
  type Windows,
  windowColumns,
  windowRows,
} from '../kernel/convolve.js'
import { addRow } from '../kernel/elementwise.js'
import { columnSums } from './linear.js'
import { close, open, room } from './operation.js'
import { productsOf } from './products.js'
import type { Tape } from './tape.js'
import { demand, sameShape, shapeText, sizeOf, type Tensor } from './tensor.js'

export interface WindowOptions {
  /** Default 1; of pools: the size. */
  readonly stride?: number
  /** Default 0. */
  readonly padding?: number
}

function windowsOf(op: string, { shape }: Tensor, size: number, { stride = 1, padding = 0 }: WindowOptions): Windows {
  const [images = 0, height = 0, width = 0, channels = 0] = shape
  demand(shape.length === 4, op, shapeText(shape), '[images × height × width × channels]')
  const windows = { images, height, width, channels, size, stride, padding }
  const whole =
    [size, stride].every((n) => Number.isSafeInteger(n) && n >= 1) && Number.isSafeInteger(padding) && padding >= 0
  demand(whole && windowRows(windows) >= 1 && windowColumns(windows) >= 1, op, shapeText(shape), `>= ${size} × ${size}`)
  return windows
}

/**
 * x [images × h × w × c], weight [features × size × size × c], bias [features] → [images × h' × w' × features]. One product
 * of the unfolded windows with the weights, the depth in the order row, column, channel of the window; the bias added in
 * float32, the whole rounded once. x's gradient: the windows' parts in float32, summed in float32, rounded once.
 */
export function conv2d(tape: Tape, x: Tensor, weight: Tensor, bias?: Tensor, o: WindowOptions = {}): Tensor {
  const [n = 0, size = 0, , channels = 0] = weight.shape
  const windows = windowsOf('conv2d', x, size, o)
  demand(
    sameShape(weight.shape, [n, size, size, windows.channels]),
    'weight',
    shapeText(weight.shape),
    windows.channels,
  )
  demand(bias === undefined || sameShape(bias.shape, [n]), 'bias', shapeText(bias?.shape ?? []), `[${n}]`)
  const opened = open(tape, 'conv2d', bias ? [x, weight, bias] : [x, weight], 2)
  const [a, w, b] = opened.inputs as [Tensor, Tensor, Tensor?]
  const [rows, columns] = [windowRows(windows), windowColumns(windows)]
  const m = windows.images * rows * columns
  const k = size * size * channels
  const products = productsOf(opened, w, { m, k, n })
  const seen = room(opened, m * k)
  unfold(seen, a.slab, windows)
  const y = room(opened, m * n)
  products.result(y, seen)
  if (b) addRow(y, y, b.slab)
  return close(opened, { shape: [windows.images, rows, columns, n], slab: y }, (gradient, give) => {
    if (a.wants) {
      const parts = room(opened, m * k)
      products.toInput(parts, gradient)
      const to = room(opened, a.slab.length)
      fold(to, parts, windows)
      give(0, to)
    }
    if (w.wants) {
      const to = room(opened, n * k)
      products.toWeight(to, gradient, seen)
      give(1, to)
    }
    if (b?.wants) give(2, columnSums(opened, gradient, n))
  })
}

/** The largest of each window; the gradient goes to the first that is. */
export function maxPool(
  tape: Tape,
  x: Tensor,
  size: number,
  { stride = size, padding = 0 }: WindowOptions = {},
): Tensor {
  const windows = windowsOf('max-pool', x, size, { stride, padding })
  demand(padding < size, 'max-pool', padding, `< ${size}`)
  const opened = open(tape, 'max-pool', [x])
  const [a] = opened.inputs as [Tensor]
  const shape = [windows.images, windowRows(windows), windowColumns(windows), windows.channels]
  const y = room(opened, sizeOf(shape))
  const where = room(opened, sizeOf(shape))
  largestOfWindows(y, where, a.slab, windows)
  return close(
    opened,
    { shape, slab: y },
    (gradient, give) => {
      const to = room(opened, a.slab.length)
      maxPoolBackward(to, gradient, where)
      // Windows that do not meet give every pixel one gradient at most: nothing was added.
      give(0, to, stride >= size ? { of: opened.precision.incoming ?? opened.output } : {})
    },
    true,
  )
}

/** The mean of each window, what is outside counting as 0. */
export function avgPool(
  tape: Tape,
  x: Tensor,
  size: number,
  { stride = size, padding = 0 }: WindowOptions = {},
): Tensor {
  const windows = windowsOf('avg-pool', x, size, { stride, padding })
  const opened = open(tape, 'avg-pool', [x])
  const [a] = opened.inputs as [Tensor]
  const shape = [windows.images, windowRows(windows), windowColumns(windows), windows.channels]
  const y = room(opened, sizeOf(shape))
  averagePool(y, a.slab, windows)
  return close(opened, { shape, slab: y }, (gradient, give) => {
    const to = room(opened, a.slab.length)
    averagePoolBackward(to, gradient, windows)
    give(0, to)
  })
}
