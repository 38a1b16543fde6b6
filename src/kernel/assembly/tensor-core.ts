/** Tensor cores' blocks of products, two columns at a time, in float64: every step is exact until a sum is rounded. */
import { panelsA, panelsB, sums } from './buffers'

// Panels hold, of every number, the value and the power of two by which it is aligned: 0 with the value 0. The powers'
// products are those of the terms, so their largest is the power of two to align to, and dividing by it exact.

/** Columns of a tile: its sums are float64, row by row. */
// @ts-ignore: decorator
@inline const sideB: i32 = 64
/** Products of a row or a column of the tile at most. */
// @ts-ignore: decorator
@inline const depthOf: i32 = 256

// @ts-ignore: decorator
@inline const powerBits: i64 = 0x7ff0000000000000
// @ts-ignore: decorator
@inline const signBit: i64 = 0x8000000000000000

let keptBits: i64 = 0
let leastPower: f64 = 0
let leastNormal: f64 = 0
let fractionUnit: f64 = 0
let keepMask: i64 = 0
let quantum: f64 = 0
let limit: f64 = 0
let toNearest: bool = false
let inputNormal: f32 = 0

// @ts-ignore: decorator
@inline function power(e: i32): f64 {
  return reinterpret<f64>(<i64>(e + 1023) << 52)
}

/** `precision` and `emin` are the output's; a sum keeps `sumPrecision` bits. Outputs' largest exponents are 1 − emin. */
export function setTensorCore(
  kept: i32, least: i32, eminInput: i32, emin: i32, precision: i32, sumPrecision: i32, nearest: bool
): void {
  inputNormal = <f32>power(eminInput)
  keptBits = <i64>kept << 52
  leastPower = power(least)
  leastNormal = power(emin)
  fractionUnit = power(1 - precision)
  keepMask = ~((<i64>1 << (53 - sumPrecision)) - 1)
  quantum = power(emin + 1 - sumPrecision)
  limit = power(2 - emin)
  toNearest = nearest
}

/** Where in a step the number is that is summed at place t: with pairs of blocks, those with index mod 4 below 2 first. */
// @ts-ignore: decorator
@inline function placeOf(t: i32, step: i32, pairs: bool): i32 {
  const within = t & (step - 1)
  return pairs ? t - within + (((within & 14) << 1) | (within & 1) | ((within >> 4) << 1)) : t
}

/**
 * `count` rows or columns of `depth` finite float32 numbers into panels of one or two (`wide`): values, then powers. `deep`
 * and `beside` are how many numbers lie from one to the next. The depth is filled up with 0 to whole steps, powers of two.
 */
export function packTensorCore(
  to: usize, from: usize, count: i32, depth: i32, step: i32, deep: i32, beside: i32, wide: i32, pairs: bool
): void {
  const least = inputNormal
  const whole = (depth + step - 1) & -step
  const next = <usize>wide << 4
  for (let i = 0; i < count; i++) {
    let at = to + (<usize>((i & -wide) * depthOf) << 4) + (<usize>(i & (wide - 1)) << 3)
    const line = from + (<usize>(i * beside) << 2)
    for (let t = 0; t < whole; t++, at += next) {
      const k = placeOf(t, step, pairs)
      const x = k < depth ? load<f32>(line + (<usize>(k * deep) << 2)) : 0
      store<f64>(at, x)
      const binade = max(reinterpret<f32>(reinterpret<u32>(x) & 0x7f800000), least)
      store<f64>(at + (<usize>wide << 3), x == 0 ? 0 : binade)
    }
  }
}

/** Any float64 to nearest-even of the output; what is beyond becomes infinite. */
// @ts-ignore: decorator
@inline function nearest(x: v128): v128 {
  const sign = v128.and(x, i64x2.splat(signBit))
  // A power of two so large that adding it leaves no bits below the last one of the output.
  const binade = f64x2.pmax(v128.and(x, i64x2.splat(powerBits)), f64x2.splat(leastNormal))
  const shift = f64x2.mul(binade, f64x2.splat(fractionUnit * 6755399441055744.0))
  const r = v128.or(f64x2.sub(f64x2.add(x, shift), shift), sign)
  const beyond = f64x2.ge(f64x2.abs(x), f64x2.splat(limit * (1 - fractionUnit / 4)))
  return v128.bitselect(v128.or(sign, i64x2.splat(powerBits)), r, beyond)
}

// @ts-ignore: decorator
@inline function towardZero(x: v128): v128 {
  const size = f64x2.abs(x)
  const normal = v128.and(x, i64x2.splat(keepMask))
  const small = f64x2.mul(f64x2.trunc(f64x2.mul(x, f64x2.splat(1 / quantum))), f64x2.splat(quantum))
  const r = v128.bitselect(small, normal, f64x2.lt(size, f64x2.splat(leastNormal)))
  const infinite = v128.or(v128.and(x, i64x2.splat(signBit)), i64x2.splat(powerBits))
  return v128.bitselect(infinite, r, f64x2.ge(size, f64x2.splat(limit)))
}

/** A block of one row and two columns, from c on: rounded. */
// @ts-ignore: decorator
@inline function blockOf(a: usize, b: usize, n: i32, c: v128, near: bool): v128 {
  const zero = f64x2.splat(0)
  const own = v128.and(f64x2.pmax(v128.and(c, i64x2.splat(powerBits)), f64x2.splat(leastNormal)), f64x2.ne(c, zero))
  let top = f64x2.pmax(own, f64x2.splat(leastPower))
  let other = top
  const end = a + (<usize>n << 4)
  for (let p = a, q = b; p < end; p += 32, q += 64) {
    top = f64x2.pmax(top, f64x2.mul(v128.load_splat<f64>(p, 8), v128.load(q, 16)))
    other = f64x2.pmax(other, f64x2.mul(v128.load_splat<f64>(p, 24), v128.load(q, 48)))
  }
  top = f64x2.pmax(top, other)
  // 2^kept / top, by its exponent field.
  const scale = i64x2.sub(i64x2.splat((<i64>2046 << 52) + keptBits), top)
  let sum = f64x2.add(zero, f64x2.trunc(f64x2.mul(c, scale)))
  let rest = zero
  for (let p = a, q = b; p < end; p += 32, q += 64) {
    const x = f64x2.mul(v128.load_splat<f64>(p), v128.load(q))
    const y = f64x2.mul(v128.load_splat<f64>(p, 16), v128.load(q, 32))
    sum = f64x2.add(sum, f64x2.trunc(f64x2.mul(x, scale)))
    rest = f64x2.add(rest, f64x2.trunc(f64x2.mul(y, scale)))
  }
  const exact = f64x2.mul(f64x2.add(sum, rest), i64x2.sub(top, i64x2.splat(keptBits)))
  const r = near ? nearest(exact) : towardZero(exact)
  // Numbers added to an infinity leave it.
  return v128.bitselect(c, r, f64x2.eq(f64x2.abs(c), f64x2.splat(Infinity)))
}

// @ts-ignore: decorator
@inline function tile(rows: i32, columns: i32, depth: i32, block: i32, pairs: bool, near: bool): void {
  const across = <usize>block << 4
  const down = <usize>block << 5
  for (let i = 0; i < rows; i++) {
    const row = panelsA + (<usize>(i * depthOf) << 4)
    const end = row + (<usize>depth << 4)
    for (let j = 0; j < columns; j += 2) {
      let q = panelsB + (<usize>(j * depthOf) << 4)
      const at = sums + (<usize>(i * sideB + j) << 3)
      let c = v128.load(at)
      for (let p = row; p < end; p += across, q += down) {
        if (pairs) {
          let d = blockOf(p, q, block, f64x2.splat(0), near)
          p += across
          q += down
          d = blockOf(p, q, block, d, near)
          // The sum of two float32 or fp16 in float64, rounded once more: as good as one rounding.
          c = near ? nearest(f64x2.add(d, c)) : v128.promote_low<f32>(v128.demote_zero<f64>(f64x2.add(d, c)))
        } else c = blockOf(p, q, block, c, near)
      }
      v128.store(at, c)
    }
  }
}

/** `depth` more products in blocks of `block` (even), rounded as said to setTensorCore; pairs of blocks as TensorCore tells. */
export function tensorCoreTile(rows: i32, columns: i32, depth: i32, block: i32, pairs: bool): void {
  if (pairs) {
    if (toNearest) tile(rows, columns, depth, block, true, true)
    else tile(rows, columns, depth, block, true, false)
  } else if (toNearest) tile(rows, columns, depth, block, false, true)
  else tile(rows, columns, depth, block, false, false)
}
