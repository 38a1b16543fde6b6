/** Windows over images, the channel innermost: unfolded, folded back, pooled; rows of a table looked up. */
import { canonical, put } from './lanes'

/** to = the pixels of each window, `size`² · channels values a window, 0 outside. */
export function unfold32(
  to: usize, a: usize, images: i32, height: i32, width: i32, channels: i32, size: i32, stride: i32, padding: i32, rows: i32,
  columns: i32
): void {
  const pixel = <usize>channels << 2
  const line = <usize>width * pixel
  for (; images > 0; images--, a += <usize>height * line)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const left = c * stride - padding
        const first = max(0, -left)
        const last = min(size, width - left)
        for (let i = 0; i < size; i++, to += <usize>size * pixel) {
          const y = r * stride - padding + i
          if (y < 0 || y >= height || last <= first) {
            memory.fill(to, 0, <usize>size * pixel)
            continue
          }
          if (first > 0) memory.fill(to, 0, <usize>first * pixel)
          copy(to + <usize>first * pixel, a + <usize>y * line + <usize>(left + first) * pixel, <usize>(last - first) * pixel)
          if (last < size) memory.fill(to + <usize>last * pixel, 0, <usize>(size - last) * pixel)
        }
      }
}

/** memory.copy for short stretches. */
// @ts-ignore: decorator
@inline function copy(to: usize, from: usize, bytes: usize): void {
  for (; bytes >= 16; bytes -= 16, to += 16, from += 16) v128.store(to, v128.load(from))
  for (; bytes > 0; bytes -= 4, to += 4, from += 4) store<i32>(to, load<i32>(from))
}

/** to = to + a · factor of n values; with factor 1 nothing else is rounded. */
// @ts-ignore: decorator
@inline function addTo(to: usize, a: usize, n: i32, factor: v128): void {
  for (; n > 0; n -= 4, to += 16, a += 16)
    put(to, canonical(f32x4.add(v128.load(to), f32x4.mul(v128.load(a), factor))), n)
}

/** to (images) = for every pixel the sum of what windows saw of it, in the order of the windows. */
export function fold32(
  to: usize, a: usize, images: i32, height: i32, width: i32, channels: i32, size: i32, stride: i32, padding: i32, rows: i32,
  columns: i32
): void {
  const pixel = <usize>channels << 2
  const line = <usize>width * pixel
  const one = f32x4.splat(1)
  memory.fill(to, 0, <usize>images * <usize>height * line)
  for (; images > 0; images--, to += <usize>height * line)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) {
        const left = c * stride - padding
        const first = max(0, -left)
        const last = min(size, width - left)
        for (let i = 0; i < size; i++, a += <usize>size * pixel) {
          const y = r * stride - padding + i
          if (y < 0 || y >= height || last <= first) continue
          addTo(to + <usize>y * line + <usize>(left + first) * pixel, a + <usize>first * pixel, (last - first) * channels, one)
        }
      }
}

/** to = the largest of each window and channel, the first where there are several, a NaN before all; where = its index in a. */
export function maxPool32(
  to: usize, where: usize, a: usize, images: i32, height: i32, width: i32, channels: i32, size: i32, stride: i32,
  padding: i32, rows: i32, columns: i32
): void {
  const bytes = <usize>channels << 2
  for (let image = 0; image < images; image++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, to += bytes, where += bytes) {
        const y0 = max(0, r * stride - padding)
        const y1 = min(height, r * stride - padding + size)
        const x0 = max(0, c * stride - padding)
        const x1 = min(width, c * stride - padding + size)
        for (let at = 0; at < channels; at += 4) {
          let best = f32x4.splat(-Infinity)
          let place = i32x4.splat(-1)
          for (let y = y0; y < y1; y++)
            for (let x = x0; x < x1; x++) {
              const index = ((image * height + y) * width + x) * channels + at
              const v = v128.load(a + (<usize>index << 2))
              const strange = v128.and(f32x4.ne(v, v), f32x4.eq(best, best))
              const better = v128.or(v128.or(f32x4.gt(v, best), strange), i32x4.lt_s(place, i32x4.splat(0)))
              best = v128.bitselect(v, best, better)
              place = v128.bitselect(i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3)), place, better)
            }
          put(to + (<usize>at << 2), canonical(best), channels - at)
          put(where + (<usize>at << 2), place, channels - at)
        }
      }
}

/** to[where] += gradient, one after the other; `to` holds zeros, n of them, before. */
export function maxPoolBackward32(to: usize, n: i32, gradient: usize, where: usize, count: i32): void {
  memory.fill(to, 0, <usize>n << 2)
  for (; count > 0; count--, gradient += 4, where += 4) {
    const place = to + (<usize>load<i32>(where) << 2)
    const x = load<f32>(place) + load<f32>(gradient)
    store<i32>(place, x == x ? reinterpret<i32>(x) : 0x7fc00000)
  }
}

/** to = the sum of each window and channel, tap by tap, times factor. */
export function averagePool32(
  to: usize, a: usize, images: i32, height: i32, width: i32, channels: i32, size: i32, stride: i32, padding: i32, rows: i32,
  columns: i32, factor: f32
): void {
  const f = f32x4.splat(factor)
  for (let image = 0; image < images; image++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, to += <usize>channels << 2) {
        const y0 = max(0, r * stride - padding)
        const y1 = min(height, r * stride - padding + size)
        const x0 = max(0, c * stride - padding)
        const x1 = min(width, c * stride - padding + size)
        for (let at = 0; at < channels; at += 4) {
          let sum = f32x4.splat(0)
          for (let y = y0; y < y1; y++)
            for (let x = x0; x < x1; x++)
              sum = f32x4.add(sum, v128.load(a + (<usize>(((image * height + y) * width + x) * channels + at) << 2)))
          put(to + (<usize>at << 2), canonical(f32x4.mul(sum, f)), channels - at)
        }
      }
}

/** to (images) = for every pixel the sum of fp32(gradient · factor) of its windows, in their order. */
export function averagePoolBackward32(
  to: usize, gradient: usize, images: i32, height: i32, width: i32, channels: i32, size: i32, stride: i32, padding: i32,
  rows: i32, columns: i32, factor: f32
): void {
  const f = f32x4.splat(factor)
  const pixel = <usize>channels << 2
  memory.fill(to, 0, <usize>(images * height * width) * pixel)
  for (let image = 0; image < images; image++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++, gradient += pixel)
        for (let y = max(0, r * stride - padding), y1 = min(height, r * stride - padding + size); y < y1; y++)
          for (let x = max(0, c * stride - padding), x1 = min(width, c * stride - padding + size); x < x1; x++)
            addTo(to + <usize>((image * height + y) * width + x) * pixel, gradient, channels, f)
}

/** to = the rows of the table with these indices. */
export function gather32(to: usize, table: usize, indices: usize, count: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  for (; count > 0; count--, to += bytes, indices += 4) copy(to, table + <usize>load<i32>(indices) * bytes, bytes)
}

/** Adds every row to its row of `to`, in the order of the indices. */
export function scatterAdd32(to: usize, a: usize, indices: usize, count: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  const one = f32x4.splat(1)
  for (; count > 0; count--, a += bytes, indices += 4) addTo(to + <usize>load<i32>(indices) * bytes, a, columns, one)
}
