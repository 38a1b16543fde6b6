/** Float32 values one by one: sums, products, rows of them, dropout. Nothing behind the n-th is written. */
import { draws, held, stretch } from './buffers'
import { both, canonical, firstLanes, highHalf, inOrder, lowHalf, put } from './lanes'
import { fillDraws } from './philox'

// What a loop does with a group of four: a constant of each loop, so that only its own line is left.
// @ts-ignore: decorator
@inline const addition: i32 = 0
// @ts-ignore: decorator
@inline const subtraction: i32 = 1
// @ts-ignore: decorator
@inline const product: i32 = 2
// @ts-ignore: decorator
@inline const rectifiedGradient: i32 = 3
// @ts-ignore: decorator
@inline const rectified: i32 = 4
// @ts-ignore: decorator
@inline const scaled: i32 = 5
// @ts-ignore: decorator
@inline const accumulated: i32 = 6
// @ts-ignore: decorator
@inline const scaledDifference: i32 = 7

// @ts-ignore: decorator
@inline function group(op: i32, x: v128, y: v128, factor: v128): v128 {
  if (op == addition) return f32x4.add(x, y)
  if (op == subtraction) return f32x4.sub(x, y)
  if (op == product) return f32x4.mul(x, y)
  if (op == rectifiedGradient) return v128.andnot(x, f32x4.le(y, f32x4.splat(0)))
  if (op == rectified) return v128.andnot(x, f32x4.le(x, f32x4.splat(0)))
  if (op == scaled) return f32x4.mul(x, factor)
  if (op == accumulated) return f32x4.add(y, f32x4.mul(x, factor))
  return f32x4.mul(f32x4.sub(x, y), factor)
}

// @ts-ignore: decorator
@inline function loop(op: i32, to: usize, a: usize, b: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor)
  for (; n >= 8; n -= 8, to += 32, a += 32, b += 32) {
    const p = canonical(group(op, v128.load(a), v128.load(b), f))
    const q = canonical(group(op, v128.load(a, 16), v128.load(b, 16), f))
    v128.store(to, p)
    v128.store(to, q, 16)
  }
  for (; n > 0; n -= 4, to += 16, a += 16, b += 16) put(to, canonical(group(op, v128.load(a), v128.load(b), f)), n)
}

export function add32(to: usize, a: usize, b: usize, n: i32): void {
  loop(addition, to, a, b, n, 0)
}
export function sub32(to: usize, a: usize, b: usize, n: i32): void {
  loop(subtraction, to, a, b, n, 0)
}
export function mul32(to: usize, a: usize, b: usize, n: i32): void {
  loop(product, to, a, b, n, 0)
}
/** to = a where b > 0 or is NaN, else 0. */
export function reluBackward32(to: usize, a: usize, b: usize, n: i32): void {
  loop(rectifiedGradient, to, a, b, n, 0)
}
export function relu32(to: usize, a: usize, n: i32): void {
  loop(rectified, to, a, a, n, 0)
}
export function scale32(to: usize, a: usize, n: i32, factor: f32): void {
  loop(scaled, to, a, a, n, factor)
}
/** to = to + factor · a. */
export function axpy32(to: usize, a: usize, n: i32, factor: f32): void {
  loop(accumulated, to, a, to, n, factor)
}
/** to = (a − b) · factor. */
export function subScale32(to: usize, a: usize, b: usize, n: i32, factor: f32): void {
  loop(scaledDifference, to, a, b, n, factor)
}

/** to = a + row, or a · row, row by row. */
export function addRow32(to: usize, a: usize, row: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  for (; rows > 0; rows--, to += bytes, a += bytes) loop(addition, to, a, row, columns, 0)
}
export function mulRow32(to: usize, a: usize, row: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  for (; rows > 0; rows--, to += bytes, a += bytes) loop(product, to, a, row, columns, 0)
}

/** to[c] = Σ over the rows of column c of a, in float64, row after row, rounded once; added to what is there with `add`. */
export function sumRows32(to: usize, a: usize, rows: i32, columns: i32, add: bool): void {
  const bytes = <usize>columns << 2
  for (let c = columns; c > 0; c -= 8, to += 32, a += 32) {
    let s0 = f64x2.splat(0)
    let s1 = f64x2.splat(0)
    let s2 = f64x2.splat(0)
    let s3 = f64x2.splat(0)
    let p = a
    for (let r = 0; r < rows; r++, p += bytes) {
      const x = v128.load(p)
      const y = v128.load(p, 16)
      s0 = f64x2.add(s0, lowHalf(x))
      s1 = f64x2.add(s1, highHalf(x))
      s2 = f64x2.add(s2, lowHalf(y))
      s3 = f64x2.add(s3, highHalf(y))
    }
    let x = both(s0, s1)
    let y = both(s2, s3)
    if (add) {
      x = f32x4.add(v128.load(to), x)
      y = f32x4.add(v128.load(to, 16), y)
    }
    put(to, canonical(x), c)
    if (c > 4) put(to + 16, canonical(y), c - 4)
  }
}

/** to (columns × rows) = a (rows × columns) transposed. */
export function transpose32(to: usize, a: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  const down = <usize>rows << 2
  let r = 0
  for (; r + 4 <= rows; r += 4) {
    const p = a + <usize>r * bytes
    const q = to + (<usize>r << 2)
    let c = 0
    for (; c + 4 <= columns; c += 4) {
      const from = p + (<usize>c << 2)
      const r0 = v128.load(from)
      const r1 = v128.load(from + bytes)
      const r2 = v128.load(from + bytes * 2)
      const r3 = v128.load(from + bytes * 3)
      const s0 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5)
      const s1 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5)
      const s2 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7)
      const s3 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7)
      const place = q + <usize>c * down
      v128.store(place, v128.shuffle<u64>(s0, s1, 0, 2))
      v128.store(place + down, v128.shuffle<u64>(s0, s1, 1, 3))
      v128.store(place + down * 2, v128.shuffle<u64>(s2, s3, 0, 2))
      v128.store(place + down * 3, v128.shuffle<u64>(s2, s3, 1, 3))
    }
    for (; c < columns; c++)
      for (let i: usize = 0; i < 4; i++)
        store<i32>(q + <usize>c * down + (i << 2), load<i32>(p + i * bytes + (<usize>c << 2)))
  }
  for (; r < rows; r++)
    for (let c = 0; c < columns; c++)
      store<i32>(to + <usize>c * down + (<usize>r << 2), load<i32>(a + <usize>r * bytes + (<usize>c << 2)))
}

/** Rows of n values from one place to another, strides in bytes. */
export function copyRows32(to: usize, rowTo: usize, a: usize, rowA: usize, rows: i32, n: i32): void {
  const bytes = <usize>n << 2
  // A call out of the module costs more than a short row.
  if (n <= 64 && (n & 3) == 0) {
    for (; rows > 0; rows--, to += rowTo, a += rowA)
      for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(a + i))
  } else for (; rows > 0; rows--, to += rowTo, a += rowA) memory.copy(to, a, bytes)
}

export function fill32(to: usize, n: i32, value: f32): void {
  for (; n > 0; n -= 4, to += 16) put(to, canonical(f32x4.splat(value)), n)
}

/** How many of n values are NaN or ±Inf. */
export function countNonfinite32(a: usize, n: i32): i32 {
  let bad = i32x4.splat(0)
  const exponent = held(i32x4.splat(0x7f800000))
  for (; n >= 4; n -= 4, a += 16) bad = i32x4.sub(bad, i32x4.eq(v128.and(v128.load(a), exponent), exponent))
  if (n > 0) bad = i32x4.sub(bad, i32x4.eq(v128.and(v128.and(v128.load(a), firstLanes(n)), exponent), exponent))
  return i32x4.extract_lane(bad, 0) + i32x4.extract_lane(bad, 1) + i32x4.extract_lane(bad, 2) + i32x4.extract_lane(bad, 3)
}

const plainTerm: i32 = 0
const squareTerm: i32 = 1
const differenceTerm: i32 = 2

// @ts-ignore: decorator
@inline function sumOf(term: i32, a: usize, b: usize, n: i32): f64 {
  let s0 = f64x2.splat(0)
  let s1 = f64x2.splat(0)
  for (; n > 0; n -= 4, a += 16, b += 16) {
    let x = v128.load(a)
    if (term == differenceTerm) x = f32x4.sub(x, v128.load(b))
    let low = lowHalf(x)
    let high = highHalf(x)
    if (term != plainTerm) {
      low = f64x2.mul(low, low)
      high = f64x2.mul(high, high)
    }
    // What is behind the last value leaves its lane as it is.
    const added0 = f64x2.add(s0, low)
    const added1 = f64x2.add(s1, high)
    if (n < 4) {
      s0 = v128.bitselect(added0, s0, n > 1 ? i64x2.splat(-1) : i64x2(-1, 0))
      if (n > 2) s1 = v128.bitselect(added1, s1, i64x2(-1, 0))
    } else {
      s0 = added0
      s1 = added1
    }
  }
  return inOrder(s0, s1)
}

export function sum32(a: usize, n: i32): f64 {
  return sumOf(plainTerm, a, a, n)
}
export function sumOfSquares32(a: usize, n: i32): f64 {
  return sumOf(squareTerm, a, a, n)
}
export function squaredError32(a: usize, b: usize, n: i32): f64 {
  return sumOf(differenceTerm, a, b, n)
}

/** to = 0 where the draw is below `least` (of 2^32), else a · kept. Draws from `index` on, a multiple of 1024. */
export function dropout32(to: usize, a: usize, n: i32, least: i64, kept: f32, index: f64, k0: i32, k1: i32): void {
  const f = held(f32x4.splat(kept))
  // u < least by a signed comparison of both less 2^31; least = 2^32 cannot be.
  const limit = held(i32x4.splat(<i32>least ^ <i32>0x80000000))
  const flip = held(i32x4.splat(0x80000000))
  let counter = <u64>index >> 2
  for (; n > 0; n -= stretch) {
    fillDraws(draws, min(n, stretch), counter, k0, k1)
    counter += stretch >> 2
    let d = draws
    for (let left = min(n, stretch); left > 0; left -= 4, to += 16, a += 16, d += 16) {
      const dropped = i32x4.lt_s(v128.xor(v128.load(d), flip), limit)
      put(to, v128.andnot(canonical(f32x4.mul(v128.load(a), f)), dropped), left)
    }
  }
}
