/** Float64 values to a format, in place, two at a time: nearest-even. */

const toInf: i32 = 0
const toTop: i32 = 1
const toNaN: i32 = 2

// @ts-ignore: decorator
@inline const signBit: i64 = 0x8000000000000000
// @ts-ignore: decorator
@inline const nan64: i64 = 0x7ff8000000000000
// @ts-ignore: decorator
@inline const inf64: i64 = 0x7ff0000000000000

// The method of quantize32.ts. The exponent's bits as a number are the power of two 2^E itself, so that maximum, minimum
// and scaling are those of float64: WebAssembly has no maximum of 64-bit integers.

// @ts-ignore: decorator
@inline function nearest2(
  at: usize, kind: i32, minusZero: bool, low: v128, high: v128, raise: v128, up: v128, down: v128, top: v128, ordered: v128
): v128 {
  const x = v128.load(at)
  const size = v128.and(x, i64x2.splat(~signBit))
  const power = f64x2.pmin(f64x2.pmax(v128.and(x, i64x2.splat(inf64)), low), high)
  const c = f64x2.mul(power, raise)
  let r = f64x2.sub(f64x2.add(size, c), c)
  let sign = v128.and(x, i64x2.splat(signBit))
  if (!minusZero) sign = v128.and(sign, f64x2.ne(r, f64x2.splat(0)))
  if (kind == toInf) r = v128.or(f64x2.mul(f64x2.mul(r, up), down), sign)
  else if (kind == toTop) r = v128.or(f64x2.pmin(r, top), sign)
  else r = v128.bitselect(v128.or(r, sign), i64x2.splat(nan64), f64x2.le(r, top))
  v128.store(at, r)
  return kind == toNaN ? ordered : v128.and(ordered, f64x2.eq(x, x))
}

/** Every NaN becomes the canonical one. */
function canonical64(at: usize, n: i32): void {
  const end = at + (<usize>n << 3)
  for (; at < end; at += 16) {
    const x = v128.load(at)
    v128.store(at, v128.bitselect(x, i64x2.splat(nan64), f64x2.eq(x, x)))
  }
}

// @ts-ignore: decorator
@inline function nearest(
  at: usize, n: i32, kind: i32, minusZero: bool, smallestNormal: f64, beyond: f64, scale: f64, up: f64, down: f64, top: f64
): void {
  const low = f64x2.splat(smallestNormal)
  const high = f64x2.splat(beyond)
  const raise = f64x2.splat(scale)
  const ups = f64x2.splat(up)
  const downs = f64x2.splat(down)
  const tops = f64x2.splat(top)
  let ordered = i64x2.splat(-1)
  const end = at + (<usize>n << 3)
  for (let p = at; p < end; p += 64) {
    ordered = nearest2(p, kind, minusZero, low, high, raise, ups, downs, tops, ordered)
    ordered = nearest2(p + 16, kind, minusZero, low, high, raise, ups, downs, tops, ordered)
    ordered = nearest2(p + 32, kind, minusZero, low, high, raise, ups, downs, tops, ordered)
    ordered = nearest2(p + 48, kind, minusZero, low, high, raise, ups, downs, tops, ordered)
  }
  if (kind != toNaN && !i64x2.all_true(ordered)) canonical64(at, n)
}

/**
 * n values at `at`, nearest-even. For signed formats with subnormals, precision 2 … 52, emin >= −1022 and
 * emax + 54 − precision <= 1023. kind as in nearest32.
 */
export function nearest64(at: usize, n: i32, kind: i32, emin: i32, emax: i32, precision: i32, top: f64): void {
  const low = reinterpret<f64>(<i64>(emin + 1023) << 52)
  const high = reinterpret<f64>(<i64>(emax + 1024) << 52)
  const raise = reinterpret<f64>(<i64>(1023 + 53 - precision) << 52)
  const up = reinterpret<f64>(<i64>(2046 - emax) << 52)
  const down = reinterpret<f64>(<i64>emax << 52)
  if (kind == 0) nearest(at, n, toInf, true, low, high, raise, up, down, top)
  else if (kind == 1) nearest(at, n, toTop, true, low, high, raise, up, down, top)
  else if (kind == 2) nearest(at, n, toNaN, true, low, high, raise, up, down, top)
  else if (kind == 5) nearest(at, n, toTop, false, low, high, raise, up, down, top)
  else nearest(at, n, toNaN, false, low, high, raise, up, down, top)
}
