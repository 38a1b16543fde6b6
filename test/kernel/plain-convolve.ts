/** The plain twins of kernel/convolve.ts, tap by tap. */

/*
 * Images lie as (image, row, column, channel), the channel innermost ("NHWC"). A convolution is then
 *   forward: out (images·oh·ow × features) = unfold(x) (images·oh·ow × size·size·channels) · weightᵀ, weight (features × size·size·channels);
 *   weight's gradient = gradientᵀ · unfold(x); x's gradient = fold(gradient · weight); bias' gradient = sumRows(gradient).
 * Sums of float32, each rounded, in the order told; NaN results are the canonical NaN.
 */
import { integersOf, type Slab, valuesOf } from '../../src/kernel/arena.js'

const { fround } = Math

/** Square windows over images. */
export interface Windows {
  readonly images: number
  readonly height: number
  readonly width: number
  readonly channels: number
  /** Side of the window. */
  readonly size: number
  /** Default 1. */
  readonly stride?: number
  /** Zeros (for pools: nothing) around the image on every side. Default 0. */
  readonly padding?: number
}

export const windowRows = ({ height, size, stride = 1, padding = 0 }: Windows): number =>
  Math.floor((height + 2 * padding - size) / stride) + 1
export const windowColumns = ({ width, size, stride = 1, padding = 0 }: Windows): number =>
  Math.floor((width + 2 * padding - size) / stride) + 1

/** Calls with every window's number and every pixel in it: tap, in rows of the window, and the pixel's index (−1 outside). */
function eachTap(w: Windows, visit: (window: number, tap: number, pixel: number) => void): void {
  const { images, height, width, size, stride = 1, padding = 0 } = w
  const [rows, columns] = [windowRows(w), windowColumns(w)]
  let window = 0
  for (let image = 0; image < images; image++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, window++)
        for (let tap = 0; tap < size * size; tap++) {
          const y = r * stride - padding + Math.floor(tap / size)
          const x = c * stride - padding + (tap % size)
          const inside = y >= 0 && y < height && x >= 0 && x < width
          visit(window, tap, inside ? (image * height + y) * width + x : -1)
        }
}

/** to (windows × size·size·channels) = what each window sees, 0 outside the image. */
export function unfold(to: Slab, a: Slab, w: Windows): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  const { channels, size } = w
  eachTap(w, (window, tap, pixel) => {
    const at = (window * size * size + tap) * channels
    for (let c = 0; c < channels; c++) y[at + c] = pixel < 0 ? 0 : (x[pixel * channels + c] as number)
  })
}

/** The adjoint: to (images) = for every pixel the sum, from +0, of all that windows saw of it, in the order of the windows. */
export function fold(to: Slab, a: Slab, w: Windows): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  const { channels, size } = w
  y.fill(0)
  eachTap(w, (window, tap, pixel) => {
    const at = (window * size * size + tap) * channels
    if (pixel >= 0)
      for (let c = 0; c < channels; c++)
        y[pixel * channels + c] = (y[pixel * channels + c] as number) + (x[at + c] as number)
  })
}

/** to = the largest of each window and channel, the first where there are several, NaN where there is one. where: its index in a, int32. */
export function maxPool(to: Slab, where: Slab, a: Slab, w: Windows): void {
  const [x, y, at] = [valuesOf(a), valuesOf(to), integersOf(where)]
  const { channels } = w
  at.fill(-1)
  eachTap(w, (window, _, pixel) => {
    if (pixel < 0) return
    for (let c = 0; c < channels; c++) {
      const place = window * channels + c
      const v = x[pixel * channels + c] as number
      const best = y[place] as number
      if ((at[place] as number) < 0 || v > best || (Number.isNaN(v) && !Number.isNaN(best))) {
        y[place] = v
        at[place] = pixel * channels + c
      }
    }
  })
}

/** to (images) = the sum, from +0, of the gradients that belong there, in the order of the windows. */
export function maxPoolBackward(to: Slab, gradient: Slab, where: Slab): void {
  const [g, out, at] = [valuesOf(gradient), valuesOf(to), integersOf(where)]
  out.fill(0)
  for (let i = 0; i < g.length; i++) out[at[i] as number] = (out[at[i] as number] as number) + (g[i] as number)
}

/** to = the sum of each window, from +0 in the order of its taps, times fp32(1 / size²); what is outside counts as 0. */
export function averagePool(to: Slab, a: Slab, w: Windows): void {
  const [x, y] = [valuesOf(a), valuesOf(to)]
  const { channels, size } = w
  y.fill(0)
  eachTap(w, (window, _, pixel) => {
    if (pixel >= 0)
      for (let c = 0; c < channels; c++)
        y[window * channels + c] = (y[window * channels + c] as number) + (x[pixel * channels + c] as number)
  })
  const f = fround(1 / (size * size))
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) * f
}

/** to (images) = for every pixel the sum, from +0, of the gradients of its windows times fp32(1 / size²), in their order. */
export function averagePoolBackward(to: Slab, gradient: Slab, w: Windows): void {
  const [g, out] = [valuesOf(gradient), valuesOf(to)]
  const { channels, size } = w
  const f = fround(1 / (size * size))
  out.fill(0)
  eachTap(w, (window, _, pixel) => {
    if (pixel >= 0)
      for (let c = 0; c < channels; c++)
        out[pixel * channels + c] =
          (out[pixel * channels + c] as number) + fround((g[window * channels + c] as number) * f)
  })
}

/** to (indices × columns) = the rows of the table with these indices (int32): an embedding. */
export function gather(to: Slab, table: Slab, indices: Slab, columns: number): void {
  const [x, y, at] = [valuesOf(table), valuesOf(to), integersOf(indices)]
  for (let i = 0; i < at.length; i++)
    for (let c = 0; c < columns; c++) y[i * columns + c] = x[(at[i] as number) * columns + c] as number
}

/** Adds every row of the gradient to its row of `to`, in the order of the indices: fp32 sums. Fill `to` with 0 first. */
export function scatterAdd(to: Slab, gradient: Slab, indices: Slab, columns: number): void {
  const [g, out, at] = [valuesOf(gradient), valuesOf(to), integersOf(indices)]
  for (let i = 0; i < at.length; i++)
    for (let c = 0; c < columns; c++) {
      const place = (at[i] as number) * columns + c
      out[place] = (out[place] as number) + (g[i * columns + c] as number)
    }
}
