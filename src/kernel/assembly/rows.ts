/** Softmax, layer norm and losses, row by row. The order of every sum is told in ../normalize.ts. */
import { exp4 } from './activations'
import { both, canonical, firstLanes, highHalf, inOrder, lowHalf, put } from './lanes'

/** The largest of a row's first n values, NaN where one is. */
// @ts-ignore: decorator
@inline function largestOf(a: usize, n: i32): f32 {
  let most = f32x4.splat(-Infinity)
  let numbers = i32x4.splat(-1)
  let left = n
  for (; left >= 4; left -= 4, a += 16) {
    const x = v128.load(a)
    numbers = v128.and(numbers, f32x4.eq(x, x))
    most = f32x4.pmax(x, most)
  }
  if (left > 0) {
    const x = v128.bitselect(v128.load(a), f32x4.splat(-Infinity), firstLanes(left))
    numbers = v128.and(numbers, f32x4.eq(x, x))
    most = f32x4.pmax(x, most)
  }
  if (!i32x4.all_true(numbers)) return NaN
  return max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3))
  )
}

/** to = fp32(exp(fp32(a − most))) of n values; their sum in four lanes of float64. `stored`: whether they are kept. */
// @ts-ignore: decorator
@inline function exponentials(to: usize, a: usize, n: i32, most: f32, stored: bool): f64 {
  const m = f32x4.splat(most)
  let s0 = f64x2.splat(0)
  let s1 = f64x2.splat(0)
  for (; n >= 4; n -= 4, to += 16, a += 16) {
    const e = exp4(f32x4.sub(v128.load(a), m))
    s0 = f64x2.add(s0, lowHalf(e))
    s1 = f64x2.add(s1, highHalf(e))
    if (stored) v128.store(to, e)
  }
  if (n > 0) {
    // A lane without a value adds +0 to a sum that is not −0.
    const e = v128.and(exp4(f32x4.sub(v128.load(a), m)), firstLanes(n))
    s0 = f64x2.add(s0, lowHalf(e))
    s1 = f64x2.add(s1, highHalf(e))
    if (stored) put(to, e, n)
  }
  return inOrder(s0, s1)
}

export function softmax32(to: usize, a: usize, rows: i32, columns: i32, causal: bool): void {
  const bytes = <usize>columns << 2
  for (let r = 0; r < rows; r++, to += bytes, a += bytes) {
    const n = causal ? (r % columns) + 1 : columns
    const total = <f32>exponentials(to, a, n, largestOf(a, n), true)
    const t = f32x4.splat(total)
    let p = to
    let left = n
    for (; left >= 4; left -= 4, p += 16) v128.store(p, canonical(f32x4.div(v128.load(p), t)))
    if (left > 0) put(p, canonical(f32x4.div(v128.load(p), t)), left)
    if (n < columns) memory.fill(to + (<usize>n << 2), 0, <usize>(columns - n) << 2)
  }
}

/** Σ fp32(a · b) of n values, in four lanes of float64. */
// @ts-ignore: decorator
@inline function inner(a: usize, b: usize, n: i32): f64 {
  let s0 = f64x2.splat(0)
  let s1 = f64x2.splat(0)
  for (; n >= 4; n -= 4, a += 16, b += 16) {
    const x = f32x4.mul(v128.load(a), v128.load(b))
    s0 = f64x2.add(s0, lowHalf(x))
    s1 = f64x2.add(s1, highHalf(x))
  }
  if (n > 0) {
    const x = v128.and(f32x4.mul(v128.load(a), v128.load(b)), firstLanes(n))
    s0 = f64x2.add(s0, lowHalf(x))
    s1 = f64x2.add(s1, highHalf(x))
  }
  return inOrder(s0, s1)
}

/** Σ a of n values likewise. */
// @ts-ignore: decorator
@inline function total(a: usize, n: i32): f64 {
  let s0 = f64x2.splat(0)
  let s1 = f64x2.splat(0)
  for (; n >= 4; n -= 4, a += 16) {
    const x = v128.load(a)
    s0 = f64x2.add(s0, lowHalf(x))
    s1 = f64x2.add(s1, highHalf(x))
  }
  if (n > 0) {
    const x = v128.and(v128.load(a), firstLanes(n))
    s0 = f64x2.add(s0, lowHalf(x))
    s1 = f64x2.add(s1, highHalf(x))
  }
  return inOrder(s0, s1)
}

// The last steps of each, four values at a time.

// @ts-ignore: decorator
@inline function softmaxSlope(gradient: usize, y: usize, s: v128): v128 {
  return canonical(f32x4.mul(v128.load(y), f32x4.sub(v128.load(gradient), s)))
}
// @ts-ignore: decorator
@inline function normalized(a: usize, m: v128, r: v128, weight: usize, bias: usize): v128 {
  const x = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(a), m), r), v128.load(weight))
  return canonical(f32x4.add(x, v128.load(bias)))
}
// @ts-ignore: decorator
@inline function normalizedSlope(h: usize, n: usize, mean: v128, slope: v128, r: v128): v128 {
  return canonical(f32x4.mul(r, f32x4.sub(f32x4.sub(v128.load(h), mean), f32x4.mul(v128.load(n), slope))))
}
// @ts-ignore: decorator
@inline function logarithm(a: usize, m: v128, t: v128): v128 {
  return canonical(f32x4.sub(f32x4.sub(v128.load(a), m), t))
}
// @ts-ignore: decorator
@inline function logarithmSlope(gradient: usize, y: usize, s: v128): v128 {
  return canonical(f32x4.sub(v128.load(gradient), f32x4.mul(exp4(v128.load(y)), s)))
}

/** to = y · (gradient − Σ gradient·y). */
export function softmaxBackward32(to: usize, gradient: usize, y: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  for (; rows > 0; rows--, to += bytes, gradient += bytes, y += bytes) {
    const s = f32x4.splat(<f32>inner(gradient, y, columns))
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) v128.store(to + i, softmaxSlope(gradient + i, y + i, s))
    if (i < bytes) put(to + i, softmaxSlope(gradient + i, y + i, s), columns & 3)
  }
}

export function layerNorm32(
  to: usize, a: usize, weight: usize, bias: usize, stats: usize, rows: i32, columns: i32, eps: f64
): void {
  const bytes = <usize>columns << 2
  for (; rows > 0; rows--, to += bytes, a += bytes, stats += 8) {
    const mean = total(a, columns) / columns
    const centre = f64x2.splat(mean)
    let s0 = f64x2.splat(0)
    let s1 = f64x2.splat(0)
    for (let left = columns, p = a; left > 0; left -= 4, p += 16) {
      const x = v128.load(p)
      const low = f64x2.sub(lowHalf(x), centre)
      const high = f64x2.sub(highHalf(x), centre)
      let q0 = f64x2.mul(low, low)
      let q1 = f64x2.mul(high, high)
      if (left < 4) {
        if (left < 2) q0 = v128.and(q0, i64x2(-1, 0))
        q1 = v128.and(q1, left == 3 ? i64x2(-1, 0) : i64x2.splat(0))
      }
      s0 = f64x2.add(s0, q0)
      s1 = f64x2.add(s1, q1)
    }
    const m = f32x4.splat(<f32>mean)
    const r = f32x4.splat(<f32>(1 / sqrt(inOrder(s0, s1) / columns + eps)))
    put(stats, canonical(m), 1)
    put(stats + 4, canonical(r), 1)
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) v128.store(to + i, normalized(a + i, m, r, weight + i, bias + i))
    if (i < bytes) put(to + i, normalized(a + i, m, r, weight + i, bias + i), columns & 3)
  }
}

/** Rows whose products layerNormBackward32 keeps before it adds them up. */
// @ts-ignore: decorator
@inline const kept: i32 = 16

/** Adds `rows` rows to the sums of their columns, row after row. */
// @ts-ignore: decorator
@inline function addColumns(sums: usize, a: usize, stride: usize, rows: i32, columns: i32): void {
  for (; columns > 0; columns -= 4, sums += 32, a += 16) {
    let low = v128.load(sums)
    let high = v128.load(sums, 16)
    let p = a
    for (let r = 0; r < rows; r++, p += stride) {
      const x = v128.load(p)
      low = f64x2.add(low, lowHalf(x))
      high = f64x2.add(high, highHalf(x))
    }
    v128.store(sums, low)
    v128.store(sums, high, 16)
  }
}

/**
 * The gradients of layerNorm32. `sums`: room for 2 · columns float64, `work`: for 18 · columns float32, both in whole
 * groups of four; the sums over the rows of gradient · x̂ and of the gradient are left in `sums`, from 0 on.
 */
export function layerNormBackward32(
  to: usize, gradient: usize, a: usize, weight: usize, stats: usize, toWeight: usize, toBias: usize, rows: i32, columns: i32,
  add: bool, sums: usize, work: usize
): void {
  const bytes = <usize>columns << 2
  const whole = <usize>((columns + 3) & ~3) << 2
  const h = work
  const n = work + whole
  const products = n + whole
  const biases = sums + (whole << 1)
  memory.fill(sums, 0, whole << 2)
  for (; rows > 0; rows -= kept) {
    const some = min(rows, kept)
    // Before anything is written: the result may lie on the gradient.
    addColumns(biases, gradient, bytes, some, columns)
    for (let row = 0; row < some; row++, to += bytes, gradient += bytes, a += bytes, stats += 8) {
      const m = v128.load_splat<f32>(stats)
      const r = v128.load_splat<f32>(stats, 4)
      const place = products + <usize>row * whole
      for (let i: usize = 0; i < bytes; i += 16) {
        const g = v128.load(gradient + i)
        const x = f32x4.mul(f32x4.sub(v128.load(a + i), m), r)
        v128.store(n + i, x)
        v128.store(h + i, f32x4.mul(g, v128.load(weight + i)))
        v128.store(place + i, f32x4.mul(g, x))
      }
      const mean = f32x4.splat(<f32>(total(h, columns) / columns))
      const slope = f32x4.splat(<f32>(inner(h, n, columns) / columns))
      let i: usize = 0
      for (; i + 16 <= bytes; i += 16) v128.store(to + i, normalizedSlope(h + i, n + i, mean, slope, r))
      if (i < bytes) put(to + i, normalizedSlope(h + i, n + i, mean, slope, r), columns & 3)
    }
    addColumns(sums, products, whole, some, columns)
  }
  for (let left = columns, i: usize = 0; left > 0; left -= 4, i += 16) {
    let w = both(v128.load(sums + (i << 1)), v128.load(sums + (i << 1), 16))
    let b = both(v128.load(biases + (i << 1)), v128.load(biases + (i << 1), 16))
    if (add) {
      w = f32x4.add(v128.load(toWeight + i), w)
      b = f32x4.add(v128.load(toBias + i), b)
    }
    put(toWeight + i, canonical(w), left)
    put(toBias + i, canonical(b), left)
  }
}

/** to = (a − max) − fp32(ln Σ exp(a − max)). */
export function logSoftmax32(to: usize, a: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  for (; rows > 0; rows--, to += bytes, a += bytes) {
    const most = largestOf(a, columns)
    const total = <f32>NativeMath.log(exponentials(to, a, columns, most, false))
    const m = f32x4.splat(most)
    const t = f32x4.splat(total)
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) v128.store(to + i, logarithm(a + i, m, t))
    if (i < bytes) put(to + i, logarithm(a + i, m, t), columns & 3)
  }
}

/** to = gradient − exp(y) · Σ gradient. */
export function logSoftmaxBackward32(to: usize, gradient: usize, y: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2
  for (; rows > 0; rows--, to += bytes, gradient += bytes, y += bytes) {
    const s = f32x4.splat(<f32>total(gradient, columns))
    let i: usize = 0
    for (; i + 16 <= bytes; i += 16) v128.store(to + i, logarithmSlope(gradient + i, y + i, s))
    if (i < bytes) put(to + i, logarithmSlope(gradient + i, y + i, s), columns & 3)
  }
}

/** to = (exp(y) − [column = target]) · factor. */
export function crossEntropyBackward32(to: usize, y: usize, targets: usize, rows: i32, columns: i32, factor: f32): void {
  const bytes = <usize>columns << 2
  const f = f32x4.splat(factor)
  for (; rows > 0; rows--, to += bytes, y += bytes, targets += 4) {
    const hit = i32x4.splat(load<i32>(targets))
    let lane = i32x4(0, 1, 2, 3)
    for (let left = columns, i: usize = 0; left > 0; left -= 4, i += 16) {
      const x = v128.load(y + i)
      const e = exp4(x)
      const one = v128.and(i32x4.eq(lane, hit), f32x4.splat(1))
      lane = i32x4.add(lane, i32x4.splat(4))
      put(to + i, canonical(f32x4.mul(f32x4.sub(e, one), f)), left)
    }
  }
}
