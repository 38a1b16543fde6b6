/** Products of a tile with Kahan's sums: every operation rounded to the accumulator, in the order of the depth. */
import { panelsA, panelsB, rests, sums, tileDepth } from './buffers'
import { exponentOf, half, kept, low, raise, rounded, sumStride, toInf, toNaN, toTop, wide } from './gemm'

/** Float32 itself: nothing more is rounded. */
// @ts-ignore: decorator
@inline const single: i32 = -1

/** The format's constants, in locals of the loop: a global is read from memory every time. */
// @ts-ignore: decorator
@inline function r(kind: i32, x: v128, lows: v128, raises: v128, halves: v128, keep: v128): v128 {
  return kind == single ? x : rounded(kind, x, exponentOf(x), lows, raises, halves, keep)
}

/** Sums of 1 row and 8 columns: y = p − rest, t = s + y, rest = (t − s) − y, s = t. */
// @ts-ignore: decorator
@inline function tile(kind: i32, a: usize, b: usize, s: usize, rest: usize, depth: i32): void {
  let s0 = v128.load(s)
  let s1 = v128.load(s, 16)
  let c0 = v128.load(rest)
  let c1 = v128.load(rest, 16)
  const lows = low
  const raises = raise
  const halves = half
  const keep = kept
  const end = a + (<usize>depth << 4)
  for (; a < end; a += 16, b += 32) {
    const x = v128.load_splat<f32>(a)
    const p0 = r(kind, f32x4.mul(x, v128.load(b)), lows, raises, halves, keep)
    const p1 = r(kind, f32x4.mul(x, v128.load(b, 16)), lows, raises, halves, keep)
    const y0 = r(kind, f32x4.sub(p0, c0), lows, raises, halves, keep)
    const y1 = r(kind, f32x4.sub(p1, c1), lows, raises, halves, keep)
    const t0 = r(kind, f32x4.add(s0, y0), lows, raises, halves, keep)
    const t1 = r(kind, f32x4.add(s1, y1), lows, raises, halves, keep)
    const d0 = r(kind, f32x4.sub(t0, s0), lows, raises, halves, keep)
    const d1 = r(kind, f32x4.sub(t1, s1), lows, raises, halves, keep)
    c0 = r(kind, f32x4.sub(d0, y0), lows, raises, halves, keep)
    c1 = r(kind, f32x4.sub(d1, y1), lows, raises, halves, keep)
    s0 = t0
    s1 = t1
  }
  v128.store(s, s0)
  v128.store(s, s1, 16)
  v128.store(rest, c0)
  v128.store(rest, c1, 16)
}

function tileSingle(a: usize, b: usize, s: usize, rest: usize, depth: i32): void {
  tile(single, a, b, s, rest, depth)
}
function tileToInf(a: usize, b: usize, s: usize, rest: usize, depth: i32): void {
  tile(toInf, a, b, s, rest, depth)
}
function tileToTop(a: usize, b: usize, s: usize, rest: usize, depth: i32): void {
  tile(toTop, a, b, s, rest, depth)
}
function tileToNaN(a: usize, b: usize, s: usize, rest: usize, depth: i32): void {
  tile(toNaN, a, b, s, rest, depth)
}
function tileWide(a: usize, b: usize, s: usize, rest: usize, depth: i32): void {
  tile(wide, a, b, s, rest, depth)
}

/** gemmRounded with Kahan's sums; kind 0: float32. */
export function gemmKahan(kind: i32, rows: i32, columns: i32, first: i32, depth: i32): void {
  for (let j = 0; j < columns; j += 8) {
    const b = panelsB + ((<usize>j * tileDepth + (<usize>first << 3)) << 2)
    for (let i = 0; i < rows; i++) {
      const a = panelsA + ((<usize>(i & ~3) * tileDepth + (<usize>first << 2) + <usize>(i & 3)) << 2)
      const at = <usize>i * sumStride + (<usize>j << 2)
      if (kind == 0) tileSingle(a, b, sums + at, rests + at, depth)
      else if (kind == wide) tileWide(a, b, sums + at, rests + at, depth)
      else if (kind == toInf) tileToInf(a, b, sums + at, rests + at, depth)
      else if (kind == toTop) tileToTop(a, b, sums + at, rests + at, depth)
      else tileToNaN(a, b, sums + at, rests + at, depth)
    }
  }
}

/** What the sums of the tile could not place becomes +0. */
export function clearRests(rows: i32): void {
  memory.fill(rests, 0, <usize>rows * sumStride)
}
