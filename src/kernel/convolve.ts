/** Images as slabs: windows unfolded to rows and folded back, pooling, and rows looked up in a table. */

/*
 * Images lie as (image, row, column, channel), the channel innermost ("NHWC"). A convolution is then
 *   forward: out (images·oh·ow × features) = unfold(x) (images·oh·ow × size·size·channels) · weightᵀ, weight (features × size·size·channels);
 *   weight's gradient = gradientᵀ · unfold(x); x's gradient = fold(gradient · weight); bias' gradient = sumRows(gradient).
 * Sums of float32, each rounded, in the order told; NaN results are the canonical NaN.
 */
import type { Slab } from './arena.js'
import { machine } from './machine.js'

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

/** What the kernels are told of the windows. */
const shapeOf = (w: Windows) =>
  [
    w.images,
    w.height,
    w.width,
    w.channels,
    w.size,
    w.stride ?? 1,
    w.padding ?? 0,
    windowRows(w),
    windowColumns(w),
  ] as const

/** to (windows × size·size·channels) = what each window sees, 0 outside the image. */
export const unfold = (to: Slab, a: Slab, w: Windows): void => machine().unfold32(to.at, a.at, ...shapeOf(w))

/** The adjoint: to (images) = for every pixel the sum, from +0, of all that windows saw of it, in the order of the windows. */
export const fold = (to: Slab, a: Slab, w: Windows): void => machine().fold32(to.at, a.at, ...shapeOf(w))

/** to = the largest of each window and channel, the first where there are several, NaN where there is one. where: its index in a, int32. */
export const maxPool = (to: Slab, where: Slab, a: Slab, w: Windows): void =>
  machine().maxPool32(to.at, where.at, a.at, ...shapeOf(w))

/** to (images) = the sum, from +0, of the gradients that belong there, in the order of the windows. */
export const maxPoolBackward = (to: Slab, gradient: Slab, where: Slab): void =>
  machine().maxPoolBackward32(to.at, to.length, gradient.at, where.at, gradient.length)

/** to = the sum of each window, from +0 in the order of its taps, times fp32(1 / size²); what is outside counts as 0. */
export const averagePool = (to: Slab, a: Slab, w: Windows): void =>
  machine().averagePool32(to.at, a.at, ...shapeOf(w), 1 / (w.size * w.size))

/** to (images) = for every pixel the sum, from +0, of the gradients of its windows times fp32(1 / size²), in their order. */
export const averagePoolBackward = (to: Slab, gradient: Slab, w: Windows): void =>
  machine().averagePoolBackward32(to.at, gradient.at, ...shapeOf(w), 1 / (w.size * w.size))

/** to (indices × columns) = the rows of the table with these indices (int32): an embedding. */
export const gather = (to: Slab, table: Slab, indices: Slab, columns: number): void =>
  machine().gather32(to.at, table.at, indices.at, indices.length, columns)

/** Adds every row of the gradient to its row of `to`, in the order of the indices: fp32 sums. Fill `to` with 0 first. */
export const scatterAdd = (to: Slab, gradient: Slab, indices: Slab, columns: number): void =>
  machine().scatterAdd32(to.at, gradient.at, indices.at, indices.length, columns)
