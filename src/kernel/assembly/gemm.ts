/** Matrix products of a tile: every product and every sum rounded, in the order of the depth. */
import { panelsA, panelsB, sums, tileColumns, tileDepth, totals } from './buffers'

// One column of a product never meets another: the four lanes are four columns, and each adds in its own order.

// @ts-ignore: decorator
@inline export const sumStride: usize = <usize>tileColumns << 2

/** Copies `depth` rows of `count` values (a multiple of `side`) into panels of `side` columns. */
export function packRows(to: usize, panel: usize, from: usize, stride: usize, depth: i32, count: i32, side: i32): void {
  for (let j = 0; j < count; j += side, to += panel) {
    let p = from + (<usize>j << 2)
    let q = to
    if (side == 8)
      for (let k = 0; k < depth; k++, p += stride, q += 32) {
        v128.store(q, v128.load(p))
        v128.store(q, v128.load(p, 16), 16)
      }
    else for (let k = 0; k < depth; k++, p += stride, q += 16) v128.store(q, v128.load(p))
  }
}

/** The same from the transposed matrix: `count` rows (a multiple of `side`) of `depth` values, which is rounded up to 4. */
export function packColumns(to: usize, panel: usize, from: usize, stride: usize, depth: i32, count: i32, side: i32): void {
  const step = <usize>side << 2
  for (let j = 0; j < count; j += side, to += panel) {
    for (let part = 0; part < side; part += 4) {
      let p = from + <usize>(j + part) * stride
      let q = to + (<usize>part << 2)
      for (let k = 0; k < depth; k += 4, p += 16, q += step << 2) {
        const r0 = v128.load(p)
        const r1 = v128.load(p + stride)
        const r2 = v128.load(p + stride * 2)
        const r3 = v128.load(p + stride * 3)
        const s0 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5)
        const s1 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5)
        const s2 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7)
        const s3 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7)
        v128.store(q, v128.shuffle<u64>(s0, s1, 0, 2))
        v128.store(q + step, v128.shuffle<u64>(s0, s1, 1, 3))
        v128.store(q + step * 2, v128.shuffle<u64>(s2, s3, 0, 2))
        v128.store(q + step * 3, v128.shuffle<u64>(s2, s3, 1, 3))
      }
    }
  }
}

// @ts-ignore: decorator
@inline function step32(s: v128, a: v128, b: v128): v128 {
  return f32x4.add(s, f32x4.mul(a, b))
}

/** Every NaN becomes the canonical one. */
// @ts-ignore: decorator
@inline function canonical(x: v128): v128 {
  return v128.bitselect(x, i32x4.splat(0x7fc00000), f32x4.eq(x, x))
}

/** Sums of 4 rows and 8 columns in float32. Whole: they start at 0, and end without NaNs but the canonical one. */
// @ts-ignore: decorator
@inline function tile(a: usize, b: usize, s: usize, depth: i32, whole: bool): void {
  let c00 = whole ? f32x4.splat(0) : v128.load(s)
  let c01 = whole ? f32x4.splat(0) : v128.load(s, 16)
  let c10 = whole ? f32x4.splat(0) : v128.load(s + sumStride)
  let c11 = whole ? f32x4.splat(0) : v128.load(s + sumStride, 16)
  let c20 = whole ? f32x4.splat(0) : v128.load(s + sumStride * 2)
  let c21 = whole ? f32x4.splat(0) : v128.load(s + sumStride * 2, 16)
  let c30 = whole ? f32x4.splat(0) : v128.load(s + sumStride * 3)
  let c31 = whole ? f32x4.splat(0) : v128.load(s + sumStride * 3, 16)
  let b0: v128
  let b1: v128
  let x: v128
  const end = a + (<usize>depth << 4)
  // Not unrolled: V8 would move the loads of all depths to the front and run out of registers.
  for (; a < end; a += 16, b += 32) {
    b0 = v128.load(b)
    b1 = v128.load(b, 16)
    x = v128.load_splat<f32>(a)
    c00 = step32(c00, x, b0)
    c01 = step32(c01, x, b1)
    x = v128.load_splat<f32>(a, 4)
    c10 = step32(c10, x, b0)
    c11 = step32(c11, x, b1)
    x = v128.load_splat<f32>(a, 8)
    c20 = step32(c20, x, b0)
    c21 = step32(c21, x, b1)
    x = v128.load_splat<f32>(a, 12)
    c30 = step32(c30, x, b0)
    c31 = step32(c31, x, b1)
  }
  v128.store(s, whole ? canonical(c00) : c00)
  v128.store(s, whole ? canonical(c01) : c01, 16)
  v128.store(s + sumStride, whole ? canonical(c10) : c10)
  v128.store(s + sumStride, whole ? canonical(c11) : c11, 16)
  v128.store(s + sumStride * 2, whole ? canonical(c20) : c20)
  v128.store(s + sumStride * 2, whole ? canonical(c21) : c21, 16)
  v128.store(s + sumStride * 3, whole ? canonical(c30) : c30)
  v128.store(s + sumStride * 3, whole ? canonical(c31) : c31, 16)
}

function tile32(a: usize, b: usize, s: usize, depth: i32): void {
  tile(a, b, s, depth, false)
}
function wholeTile32(a: usize, b: usize, s: usize, depth: i32): void {
  tile(a, b, s, depth, true)
}

/** Adds the products of the depths `first` to `first + depth` to the sums of the tile, in float32. */
export function gemm32(rows: i32, columns: i32, first: i32, depth: i32): void {
  for (let j = 0; j < columns; j += 8) {
    const b = panelsB + ((<usize>j * tileDepth + (<usize>first << 3)) << 2)
    for (let i = 0; i < rows; i += 4) {
      const a = panelsA + ((<usize>i * tileDepth + (<usize>first << 2)) << 2)
      tile32(a, b, sums + <usize>i * sumStride + (<usize>j << 2), depth)
    }
  }
}

/** The same where there is no other depth: the sums need not be cleared before, nor made canonical afterwards. */
export function wholeGemm32(rows: i32, columns: i32, depth: i32): void {
  for (let j = 0; j < columns; j += 8) {
    const b = panelsB + (<usize>(j * tileDepth) << 2)
    for (let i = 0; i < rows; i += 4)
      wholeTile32(panelsA + (<usize>(i * tileDepth) << 2), b, sums + <usize>i * sumStride + (<usize>j << 2), depth)
  }
}

// Formats of precision 11 or less: a product of significands of 12 bits is exact in float32, and a sum rounded to 24 bits
// and then to at most 11 is rounded as if once (24 >= 2 · 11 + 2); among the format's subnormals sums are exact. Rounding
// as in quantize32.ts, with 1.5 · 2^k so that both signs stay in one binade; +0 and −0 need no distinction, because a sum
// starts as +0 and never becomes −0.

const hurried: i32 = 0
export const toInf: i32 = 1
export const toTop: i32 = 2
export const toNaN: i32 = 3
export const wide: i32 = 4
const bf16: i32 = 5

/** What the rounding needs: constants of the format in all lanes. Set by setAccumulator. */
export let low: v128 = i32x4.splat(0)
let high: v128 = i32x4.splat(0)
export let raise: v128 = i32x4.splat(0)
let up: v128 = i32x4.splat(0)
let down: v128 = i32x4.splat(0)
let top: v128 = i32x4.splat(0)
export let half: v128 = i32x4.splat(0)
export let kept: v128 = i32x4.splat(0)
export let shift: i32 = 0
/** From this exponent field on, a hurried tile is not to be trusted: a rounding may have overflowed. */
let limit: i32 = 0

export function setAccumulator(emin: i32, emax: i32, precision: i32, largest: f32): void {
  shift = 24 - precision
  low = i32x4.splat((emin + 127) << 23)
  high = i32x4.splat((emax + 128) << 23)
  raise = i32x4.splat((shift << 23) + 0x400000)
  up = i32x4.splat((254 - emax) << 23)
  down = i32x4.splat(emax << 23)
  top = f32x4.splat(largest)
  limit = (emax + 127) << 23
  half = i32x4.splat((1 << (shift - 1)) - 1)
  kept = i32x4.splat(-1 << shift)
}

// @ts-ignore: decorator
@inline export function exponentOf(x: v128): v128 {
  return v128.and(x, i32x4.splat(0x7f800000))
}

// @ts-ignore: decorator
@inline export function rounded(kind: i32, x: v128, exponent: v128, low: v128, raise: v128, half: v128, kept: v128): v128 {
  if (kind == wide || kind == bf16) {
    // A shift by a constant is one instruction, by a variable four.
    const odd = v128.and(kind == bf16 ? i32x4.shr_u(x, 16) : i32x4.shr_u(x, shift), i32x4.splat(1))
    return v128.and(i32x4.add(i32x4.add(x, half), odd), kept)
  }
  let e = i32x4.max_s(exponent, low)
  if (kind != hurried) e = i32x4.min_s(e, high)
  const c = i32x4.add(e, raise)
  let r = f32x4.sub(f32x4.add(x, c), c)
  if (kind == toInf) r = f32x4.mul(f32x4.mul(r, up), down)
  else if (kind == toTop) r = f32x4.pmax(f32x4.pmin(r, top), f32x4.neg(top))
  else if (kind == toNaN) r = v128.bitselect(r, f32x4.splat(NaN), f32x4.le(f32x4.abs(r), top))
  return r
}

/** Sums of 2 rows and 8 columns. Hurried: stores nothing and gives false where an exponent reached the limit. */
// @ts-ignore: decorator
@inline function tileRounded(kind: i32, a: usize, b: usize, s: usize, depth: i32): bool {
  let c00 = v128.load(s)
  let c01 = v128.load(s, 16)
  let c10 = v128.load(s + sumStride)
  let c11 = v128.load(s + sumStride, 16)
  let largest = i32x4.splat(0)
  // Locals, because a global is read from memory every time.
  const lows = low
  const raises = raise
  const halves = half
  const keep = kept
  const end = a + (<usize>depth << 4)
  for (; a < end; a += 16, b += 32) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    let x = v128.load_splat<f32>(a)

    let p = f32x4.mul(x, b0)
    let e = exponentOf(p)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c00 = f32x4.add(c00, rounded(kind, p, e, lows, raises, halves, keep))
    e = exponentOf(c00)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c00 = rounded(kind, c00, e, lows, raises, halves, keep)

    p = f32x4.mul(x, b1)
    e = exponentOf(p)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c01 = f32x4.add(c01, rounded(kind, p, e, lows, raises, halves, keep))
    e = exponentOf(c01)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c01 = rounded(kind, c01, e, lows, raises, halves, keep)

    x = v128.load_splat<f32>(a, 4)
    p = f32x4.mul(x, b0)
    e = exponentOf(p)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c10 = f32x4.add(c10, rounded(kind, p, e, lows, raises, halves, keep))
    e = exponentOf(c10)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c10 = rounded(kind, c10, e, lows, raises, halves, keep)

    p = f32x4.mul(x, b1)
    e = exponentOf(p)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c11 = f32x4.add(c11, rounded(kind, p, e, lows, raises, halves, keep))
    e = exponentOf(c11)
    if (kind == hurried) largest = i32x4.max_s(largest, e)
    c11 = rounded(kind, c11, e, lows, raises, halves, keep)
  }
  if (kind == hurried && v128.any_true(i32x4.ge_s(largest, i32x4.splat(limit)))) return false
  v128.store(s, c00)
  v128.store(s, c01, 16)
  v128.store(s + sumStride, c10)
  v128.store(s + sumStride, c11, 16)
  return true
}

function tileHurried(a: usize, b: usize, s: usize, depth: i32): bool {
  return tileRounded(hurried, a, b, s, depth)
}
function tileToInf(a: usize, b: usize, s: usize, depth: i32): void {
  tileRounded(toInf, a, b, s, depth)
}
function tileToTop(a: usize, b: usize, s: usize, depth: i32): void {
  tileRounded(toTop, a, b, s, depth)
}
function tileToNaN(a: usize, b: usize, s: usize, depth: i32): void {
  tileRounded(toNaN, a, b, s, depth)
}
function tileWide(a: usize, b: usize, s: usize, depth: i32): void {
  tileRounded(wide, a, b, s, depth)
}

function tileBf16(a: usize, b: usize, s: usize, depth: i32): void {
  tileRounded(bf16, a, b, s, depth)
}

/** gemm32 with the accumulator that was set. kind: 1 Inf, 2 the largest finite, 3 NaN beyond it; 4 float32's exponents. */
export function gemmRounded(kind: i32, rows: i32, columns: i32, first: i32, depth: i32): void {
  for (let j = 0; j < columns; j += 8) {
    const b = panelsB + ((<usize>j * tileDepth + (<usize>first << 3)) << 2)
    for (let i = 0; i < rows; i += 2) {
      const a = panelsA + ((<usize>(i & ~3) * tileDepth + (<usize>first << 2) + <usize>(i & 2)) << 2)
      const s = sums + <usize>i * sumStride + (<usize>j << 2)
      if (kind == wide) {
        if (shift == 16) tileBf16(a, b, s, depth)
        else tileWide(a, b, s, depth)
      } else if (!tileHurried(a, b, s, depth)) {
        if (kind == toInf) tileToInf(a, b, s, depth)
        else if (kind == toTop) tileToTop(a, b, s, depth)
        else tileToNaN(a, b, s, depth)
      }
    }
  }
}

/** Sums of the tile become +0. */
export function clearSums(rows: i32): void {
  memory.fill(sums, 0, <usize>rows * sumStride)
}

export function clearTotals(rows: i32): void {
  memory.fill(totals, 0, <usize>rows * sumStride)
}

/** Adds the sums of the tile to its totals in float32, and clears them. */
export function promote(rows: i32): void {
  const bytes = <usize>rows * sumStride
  for (let p: usize = 0; p < bytes; p += 16) {
    v128.store(totals + p, f32x4.add(v128.load(totals + p), v128.load(sums + p)))
    v128.store(sums + p, i32x4.splat(0))
  }
}

/** Of n values: bit 0, some has more than 12 significant bits; bit 1, some is Inf or NaN; above, the least exponent field of the nonzero ones. */
export function survey(at: usize, n: i32): i32 {
  let bits = i32x4.splat(0)
  let largest = i32x4.splat(0)
  let least = i32x4.splat(0x7fffffff)
  const end = at + (<usize>n << 2)
  for (; at < end; at += 16) {
    const x = v128.and(v128.load(at), i32x4.splat(0x7fffffff))
    bits = v128.or(bits, x)
    largest = i32x4.max_s(largest, x)
    // Zero, less one and taken as unsigned, is the largest.
    least = i32x4.min_u(least, i32x4.sub(x, i32x4.splat(1)))
  }
  let answer = 0
  if (v128.any_true(v128.and(bits, i32x4.splat(0xfff)))) answer |= 1
  if (v128.any_true(i32x4.ge_s(largest, i32x4.splat(0x7f800000)))) answer |= 2
  const low = min(
    min(<u32>i32x4.extract_lane(least, 0), <u32>i32x4.extract_lane(least, 1)),
    min(<u32>i32x4.extract_lane(least, 2), <u32>i32x4.extract_lane(least, 3))
  )
  return answer | (<i32>((low + 1) >> 23) << 2)
}
