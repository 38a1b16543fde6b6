/** Whole matrix products in float32, straight from and to where the matrices lie: one call, any number of products. */
import { panelsA, panelsB, sums, tileColumns, tileDepth, tileRows, totals } from './buffers'
import { clearSums, clearTotals, gemm32, gemmRounded, promote } from './gemm'
import { clearRests, gemmKahan } from './kahan'

// The order of every sum is that of gemm.ts: one column of a product never meets another, the depth in order.

/** What a tile does with the sums at its place: they start at 0 or are continued; they end canonical or go on; they are added. */
// @ts-ignore: decorator
@inline const begins: i32 = 1
// @ts-ignore: decorator
@inline const ends: i32 = 2
// @ts-ignore: decorator
@inline const adds: i32 = 4

// @ts-ignore: decorator
@inline function step(s: v128, a: v128, b: v128): v128 {
  return f32x4.add(s, f32x4.mul(a, b))
}

// @ts-ignore: decorator
@inline function finish(at: usize, sum: v128, mode: i32): void {
  let x = sum
  if (mode & adds) x = f32x4.add(v128.load(at), x)
  if (mode & ends) x = v128.bitselect(x, i32x4.splat(0x7fc00000), f32x4.eq(x, x))
  v128.store(at, x)
}

// @ts-ignore: decorator
@inline function tile(a: usize, b: usize, s: usize, row: usize, depth: i32, mode: i32): void {
  const s1 = s + row
  const s2 = s1 + row
  const s3 = s2 + row
  const fresh = mode & begins
  let c00 = fresh ? f32x4.splat(0) : v128.load(s)
  let c01 = fresh ? f32x4.splat(0) : v128.load(s, 16)
  let c10 = fresh ? f32x4.splat(0) : v128.load(s1)
  let c11 = fresh ? f32x4.splat(0) : v128.load(s1, 16)
  let c20 = fresh ? f32x4.splat(0) : v128.load(s2)
  let c21 = fresh ? f32x4.splat(0) : v128.load(s2, 16)
  let c30 = fresh ? f32x4.splat(0) : v128.load(s3)
  let c31 = fresh ? f32x4.splat(0) : v128.load(s3, 16)
  let b0: v128
  let b1: v128
  let x: v128
  const end = a + (<usize>depth << 4)
  // Not unrolled: see gemm.ts.
  for (; a < end; a += 16, b += 32) {
    b0 = v128.load(b)
    b1 = v128.load(b, 16)
    x = v128.load_splat<f32>(a)
    c00 = step(c00, x, b0)
    c01 = step(c01, x, b1)
    x = v128.load_splat<f32>(a, 4)
    c10 = step(c10, x, b0)
    c11 = step(c11, x, b1)
    x = v128.load_splat<f32>(a, 8)
    c20 = step(c20, x, b0)
    c21 = step(c21, x, b1)
    x = v128.load_splat<f32>(a, 12)
    c30 = step(c30, x, b0)
    c31 = step(c31, x, b1)
  }
  finish(s, c00, mode)
  finish(s + 16, c01, mode)
  finish(s1, c10, mode)
  finish(s1 + 16, c11, mode)
  finish(s2, c20, mode)
  finish(s2 + 16, c21, mode)
  finish(s3, c30, mode)
  finish(s3 + 16, c31, mode)
}

function whole(a: usize, b: usize, s: usize, row: usize, depth: i32): void {
  tile(a, b, s, row, depth, begins | ends)
}
function wholeAdded(a: usize, b: usize, s: usize, row: usize, depth: i32): void {
  tile(a, b, s, row, depth, begins | ends | adds)
}
function first(a: usize, b: usize, s: usize, row: usize, depth: i32): void {
  tile(a, b, s, row, depth, begins)
}
function middle(a: usize, b: usize, s: usize, row: usize, depth: i32): void {
  tile(a, b, s, row, depth, 0)
}
function last(a: usize, b: usize, s: usize, row: usize, depth: i32): void {
  tile(a, b, s, row, depth, ends)
}

// @ts-ignore: decorator
@inline function run(mode: i32, a: usize, b: usize, s: usize, row: usize, depth: i32): void {
  if (mode == (begins | ends)) whole(a, b, s, row, depth)
  else if (mode == begins) first(a, b, s, row, depth)
  else if (mode == 0) middle(a, b, s, row, depth)
  else if (mode == ends) last(a, b, s, row, depth)
  else wholeAdded(a, b, s, row, depth)
}

/** A tile that sticks out at the bottom or on the right: by way of `sums`. */
function edge(mode: i32, a: usize, b: usize, s: usize, row: usize, depth: i32, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  if (mode & begins && !(mode & adds)) {
    run(mode, a, b, sums, 32, depth)
  } else {
    for (let i = 0; i < rows; i++) memory.copy(sums + ((<usize>i) << 5), s + <usize>i * row, bytes)
    run(mode, a, b, sums, 32, depth)
  }
  for (let i = 0; i < rows; i++) memory.copy(s + <usize>i * row, sums + ((<usize>i) << 5), bytes)
}

// @ts-ignore: decorator
@inline function transpose4(q: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const s0 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5)
  const s1 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5)
  const s2 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7)
  const s3 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7)
  v128.store(q, v128.shuffle<u64>(s0, s1, 0, 2))
  v128.store(q + step, v128.shuffle<u64>(s0, s1, 1, 3))
  v128.store(q + step * 2, v128.shuffle<u64>(s2, s3, 0, 2))
  v128.store(q + step * 3, v128.shuffle<u64>(s2, s3, 1, 3))
}

/**
 * Four stored rows (those beyond `rows` repeat the last) of `depth` values to every `side`-th place of 4: the depth runs
 * along the rows. Reads, and writes, the depth in groups of 4.
 */
// @ts-ignore: decorator
@inline function packAcross(to: usize, from: usize, stride: usize, rows: i32, depth: i32, step: usize): void {
  const p1 = from + (rows > 1 ? stride : 0)
  const p2 = p1 + (rows > 2 ? stride : 0)
  const p3 = p2 + (rows > 3 ? stride : 0)
  const bytes = <usize>depth << 2
  for (let i: usize = 0; i < bytes; i += 16, to += step << 2)
    transpose4(to, step, v128.load(from + i), v128.load(p1 + i), v128.load(p2 + i), v128.load(p3 + i))
}

/** The rows i … i + count of the left side, `depth` deep from k0 on: panels of 4, each tileDepth deep. At most 64. */
export function packLeft(a: usize, row: usize, transposed: bool, i: i32, count: i32, k0: i32, depth: i32): void {
  if (!transposed) {
    for (let r = 0; r < count; r += 4)
      packAcross(panelsA + ((<usize>r * tileDepth) << 2), a + <usize>(i + r) * row + (<usize>k0 << 2), row, count - r, depth, 16)
    return
  }
  const from = a + <usize>k0 * row + (<usize>i << 2)
  for (let r = 0; r < count; r += 16) {
    // A cache line of each stored row at a time.
    const q = panelsA + ((<usize>r * tileDepth) << 2)
    const panel = <usize>tileDepth << 4
    let p = from + (<usize>r << 2)
    const left = count - r
    for (let k: usize = 0, end = <usize>depth << 4; k < end; k += 16, p += row) {
      v128.store(q + k, v128.load(p))
      if (left > 4) v128.store(q + k + panel, v128.load(p, 16))
      if (left > 8) v128.store(q + k + panel * 2, v128.load(p, 32))
      if (left > 12) v128.store(q + k + panel * 3, v128.load(p, 48))
    }
  }
}

/** The columns j … j + count of the right side, likewise: panels of 8. At most 256. What lies beyond them is whatever is there. */
export function packRight(b: usize, row: usize, transposed: bool, j: i32, count: i32, k0: i32, depth: i32): void {
  for (let c = 0; c < count; c += 8) {
    const q = panelsB + ((<usize>c * tileDepth) << 2)
    if (transposed) {
      const from = b + <usize>(j + c) * row + (<usize>k0 << 2)
      const left = count - c
      packAcross(q, from, row, left, depth, 32)
      packAcross(q + 16, left > 4 ? from + row * 4 : from, row, left > 4 ? left - 4 : 1, depth, 32)
    } else {
      let p = b + <usize>k0 * row + (<usize>(j + c) << 2)
      for (let k: usize = 0, end = <usize>depth << 5; k < end; k += 32, p += row) {
        v128.store(q + k, v128.load(p))
        v128.store(q + k, v128.load(p, 16), 16)
      }
    }
  }
}

// @ts-ignore: decorator
@inline function one(
  to: usize, a: usize, b: usize, m: i32, k: i32, n: i32, rowTo: usize, rowA: usize, rowB: usize,
  transposeA: bool, transposeB: bool, add: bool, keep: bool
): void {
  for (let j0 = 0; j0 < n; j0 += tileColumns) {
    const columns = min(n - j0, tileColumns)
    for (let k0 = 0; k0 < k; k0 += tileDepth) {
      const depth = min(k - k0, tileDepth)
      const mode = (k0 == 0 ? begins : 0) | (k0 + depth == k ? ends : 0) | (add ? adds : 0)
      if (!keep) packRight(b, rowB, transposeB, j0, columns, k0, depth)
      for (let i0 = 0; i0 < m; i0 += 16) {
        const rows = min(m - i0, 16)
        packLeft(a, rowA, transposeA, i0, rows, k0, depth)
        for (let j = 0; j < columns; j += 8) {
          const right = panelsB + ((<usize>j * tileDepth) << 2)
          for (let i = 0; i < rows; i += 4) {
            const left = panelsA + ((<usize>i * tileDepth) << 2)
            const s = to + <usize>(i0 + i) * rowTo + (<usize>(j0 + j) << 2)
            if (rows - i >= 4 && columns - j >= 8) run(mode, left, right, s, rowTo, depth)
            else edge(mode, left, right, s, rowTo, depth, min(rows - i, 4), min(columns - j, 8))
          }
        }
      }
    }
  }
}

/** The sums of a tile to their place; `add`: to = fp32(to + sum). */
function put(from: usize, to: usize, rowTo: usize, rows: i32, columns: i32, add: bool): void {
  for (let r = 0; r < rows; r++, from += <usize>tileColumns << 2, to += rowTo) {
    let p = from
    let q = to
    let c = columns
    for (; c >= 4; c -= 4, p += 16, q += 16) finish(q, v128.load(p), add ? ends | adds : ends)
    for (; c > 0; c--, p += 4, q += 4) {
      let x = load<f32>(p)
      if (add) x += load<f32>(q)
      store<i32>(q, x == x ? reinterpret<i32>(x) : 0x7fc00000)
    }
  }
}

/** One product with the accumulator that was set, or (kind 0) float32; chunk 0: none; with Kahan's sums or plain ones. */
// @ts-ignore: decorator
@inline function tiled(
  kind: i32, chunk: i32, kahan: bool,
  to: usize, a: usize, b: usize, m: i32, k: i32, n: i32, rowTo: usize, rowA: usize, rowB: usize,
  transposeA: bool, transposeB: bool, add: bool
): void {
  for (let j0 = 0; j0 < n; j0 += tileColumns) {
    const columns = min(n - j0, tileColumns)
    for (let i0 = 0; i0 < m; i0 += tileRows) {
      const rows = min(m - i0, tileRows)
      clearSums(rows + 3)
      if (chunk) clearTotals(rows + 3)
      if (kahan) clearRests(rows)
      for (let k0 = 0; k0 < k; k0 += tileDepth) {
        const depth = min(k - k0, tileDepth)
        // With one block of depth the columns' panels stay for all rows.
        if (i0 == 0 || k > tileDepth) packRight(b, rowB, transposeB, j0, columns, k0, depth)
        packLeft(a, rowA, transposeA, i0, rows, k0, depth)
        for (let at = 0; at < depth; ) {
          const part = chunk ? min(chunk - ((k0 + at) % chunk), depth - at) : depth
          if (kahan) gemmKahan(kind, rows, columns, at, part)
          else if (kind) gemmRounded(kind, rows, columns, at, part)
          else gemm32(rows, columns, at, part)
          at += part
          if (chunk && ((k0 + at) % chunk == 0 || k0 + at == k)) {
            promote(rows)
            if (kahan) clearRests(rows)
          }
        }
      }
      put(chunk ? totals : sums, to + <usize>i0 * rowTo + (<usize>j0 << 2), rowTo, rows, columns, add)
    }
  }
}

/** product32 with the accumulator that was set (kinds as in gemmRounded, 0 float32), in chunks (0: none), any k. */
export function productTiled(
  kind: i32, chunk: i32, kahan: bool,
  to: usize, a: usize, b: usize, m: i32, k: i32, n: i32, rowTo: usize, rowA: usize, rowB: usize,
  transposeA: bool, transposeB: bool, add: bool,
  outer: i32, outerTo: usize, outerA: usize, outerB: usize, inner: i32, innerTo: usize, innerA: usize, innerB: usize
): void {
  for (let x = 0; x < outer; x++)
    for (let y = 0; y < inner; y++)
      tiled(
        kind, chunk, kahan, to + <usize>x * outerTo + <usize>y * innerTo, a + <usize>x * outerA + <usize>y * innerA,
        b + <usize>x * outerB + <usize>y * innerB, m, k, n, rowTo, rowA, rowB, transposeA, transposeB, add
      )
}

/**
 * Of n values: bit 0, some has more than 12 significant bits; bit 1, some is Inf or NaN; bit 2, some NaN is not canonical
 * (but for its sign); above, the least exponent field of the nonzero ones.
 */
export function surveySlab(at: usize, n: i32): i32 {
  let bits = i32x4.splat(0)
  let largest = i32x4.splat(0)
  let strange = i32x4.splat(0)
  let least = i32x4.splat(0x7fffffff)
  const end = at + (<usize>n << 2)
  for (; at < end; at += 16) {
    let x = v128.and(v128.load(at), i32x4.splat(0x7fffffff))
    // Behind the last value zeros are read.
    if (end - at < 16)
      x = v128.and(x, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>((end - at) >> 2))))
    bits = v128.or(bits, x)
    largest = i32x4.max_s(largest, x)
    strange = v128.or(
      strange, v128.and(i32x4.gt_s(x, i32x4.splat(0x7f800000)), i32x4.ne(x, i32x4.splat(0x7fc00000)))
    )
    // Zero, less one and taken as unsigned, is the largest.
    least = i32x4.min_u(least, i32x4.sub(x, i32x4.splat(1)))
  }
  let answer = 0
  if (v128.any_true(v128.and(bits, i32x4.splat(0xfff)))) answer |= 1
  if (v128.any_true(i32x4.ge_s(largest, i32x4.splat(0x7f800000)))) answer |= 2
  if (v128.any_true(strange)) answer |= 4
  const low = min(
    min(<u32>i32x4.extract_lane(least, 0), <u32>i32x4.extract_lane(least, 1)),
    min(<u32>i32x4.extract_lane(least, 2), <u32>i32x4.extract_lane(least, 3))
  )
  return answer | (<i32>((low + 1) >> 23) << 3)
}

/**
 * outer × inner products, one after another; strides in bytes. k > 0; `add` (to = to + product) with k <= tileDepth only.
 * Reads up to 64 bytes beyond the operands.
 */
export function product32(
  to: usize, a: usize, b: usize, m: i32, k: i32, n: i32, rowTo: usize, rowA: usize, rowB: usize,
  transposeA: bool, transposeB: bool, add: bool,
  outer: i32, outerTo: usize, outerA: usize, outerB: usize, inner: i32, innerTo: usize, innerA: usize, innerB: usize
): void {
  let packed: usize = 0
  const same = k <= tileDepth && n <= tileColumns
  for (let x = 0; x < outer; x++) {
    for (let y = 0; y < inner; y++) {
      const right = b + <usize>x * outerB + <usize>y * innerB
      one(
        to + <usize>x * outerTo + <usize>y * innerTo, a + <usize>x * outerA + <usize>y * innerA, right,
        m, k, n, rowTo, rowA, rowB, transposeA, transposeB, add, same && packed == right
      )
      packed = right
    }
  }
}
