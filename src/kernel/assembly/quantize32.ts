/** Float32 values to a format, in place, four at a time: nearest-even and stochastic. */
import { draws, stretch } from './buffers'
import { fillDraws } from './philox'

/** What becomes of a value beyond the largest finite. */
const toInf: i32 = 0
const toTop: i32 = 1
const toNaN: i32 = 2

// @ts-ignore: decorator
@inline const signBit: i32 = 0x80000000
// @ts-ignore: decorator
@inline const nan32: i32 = 0x7fc00000

/** Every NaN becomes the canonical one. */
export function canonical32(at: usize, n: i32): void {
  const nan = i32x4.splat(nan32)
  const end = at + (<usize>n << 2)
  for (; at < end; at += 16) {
    const x = v128.load(at)
    v128.store(at, v128.bitselect(x, nan, f32x4.eq(x, x)))
  }
}

/** Whether one of the sizes seen was above infinity's bits: a NaN. */
// @ts-ignore: decorator
@inline function sawNaN(largest: v128): bool {
  return v128.any_true(i32x4.gt_s(largest, i32x4.splat(0x7f800000)))
}

// Nearest-even of |x| by adding and subtracting c = 2^(E + 24 − p), E = max(exponent of x, emin): the quantum of the sum
// is the quantum wanted, and c is an even multiple of it. The exponent is kept at emax + 1 or below, so that c is finite;
// from there on any rounding gives more than the largest finite, Inf and NaN give themselves.
// Beyond the largest finite: to infinity by a multiplication that overflows exactly from 2^(emax + 1) on, undone by one
// that does not round.

// @ts-ignore: decorator
@inline function nearest4(
  at: usize, kind: i32, minusZero: bool,
  low: v128, high: v128, raise: v128, up: v128, down: v128, top: v128, largest: v128
): v128 {
  const x = v128.load(at)
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  const exponent = v128.and(x, i32x4.splat(0x7f800000))
  const c = i32x4.add(i32x4.min_s(i32x4.max_s(exponent, low), high), raise)
  let r = f32x4.sub(f32x4.add(size, c), c)
  let sign = v128.and(x, i32x4.splat(signBit))
  if (!minusZero) sign = v128.and(sign, f32x4.ne(r, f32x4.splat(0)))
  if (kind == toInf) r = v128.or(f32x4.mul(f32x4.mul(r, up), down), sign)
  else if (kind == toTop) r = v128.or(f32x4.pmin(r, top), sign)
  else r = v128.bitselect(v128.or(r, sign), i32x4.splat(nan32), f32x4.le(r, top))
  v128.store(at, r)
  return kind == toNaN ? largest : i32x4.max_s(largest, size)
}

// @ts-ignore: decorator
@inline function nearest(
  at: usize, n: i32, kind: i32, minusZero: bool, emin: i32, emax: i32, precision: i32, largestFinite: f32
): void {
  const low = i32x4.splat((emin + 127) << 23)
  const high = i32x4.splat((emax + 128) << 23)
  const raise = i32x4.splat((24 - precision) << 23)
  const up = i32x4.splat((254 - emax) << 23)
  const down = i32x4.splat(emax << 23)
  const top = f32x4.splat(largestFinite)
  let largest = i32x4.splat(0)
  const end = at + (<usize>n << 2)
  for (let p = at; p < end; p += 64) {
    largest = nearest4(p, kind, minusZero, low, high, raise, up, down, top, largest)
    largest = nearest4(p + 16, kind, minusZero, low, high, raise, up, down, top, largest)
    largest = nearest4(p + 32, kind, minusZero, low, high, raise, up, down, top, largest)
    largest = nearest4(p + 48, kind, minusZero, low, high, raise, up, down, top, largest)
  }
  if (kind != toNaN && sawNaN(largest)) canonical32(at, n)
}

/**
 * n values at `at`, nearest-even. For signed formats with subnormals, precision 2 … 23, emin >= −126 and
 * emax + 25 − precision <= 127. kind: 0 Inf, 1 the largest finite, 2 NaN; + 4 where there is no −0.
 */
export function nearest32(at: usize, n: i32, kind: i32, emin: i32, emax: i32, precision: i32, top: f32): void {
  if (kind == 0) nearest(at, n, toInf, true, emin, emax, precision, top)
  else if (kind == 1) nearest(at, n, toTop, true, emin, emax, precision, top)
  else if (kind == 2) nearest(at, n, toNaN, true, emin, emax, precision, top)
  else if (kind == 5) nearest(at, n, toTop, false, emin, emax, precision, top)
  else nearest(at, n, toNaN, false, emin, emax, precision, top)
}

// Formats with float32's exponents: integer arithmetic on its bits, subnormals included; a carry out of the largest
// finite is Inf by itself.

// A NaN needs more operations than a number: the hurried loops leave it out, and say whether there was one.

// @ts-ignore: decorator
@inline function finish(at: usize, x: v128, size: v128, rounded: v128, top: v128, saturate: bool, careful: bool): void {
  let r = saturate ? i32x4.min_s(rounded, top) : rounded
  r = v128.or(r, v128.and(x, i32x4.splat(signBit)))
  if (careful) r = v128.bitselect(i32x4.splat(nan32), r, i32x4.gt_s(size, i32x4.splat(0x7f800000)))
  v128.store(at, r)
}

// @ts-ignore: decorator
@inline function wide4(
  at: usize, shift: i32, half: v128, kept: v128, top: v128, saturate: bool, careful: bool, largest: v128
): v128 {
  const x = v128.load(at)
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  const odd = v128.and(i32x4.shr_u(size, shift), i32x4.splat(1))
  finish(at, x, size, v128.and(i32x4.add(i32x4.add(size, half), odd), kept), top, saturate, careful)
  return careful ? largest : i32x4.max_s(largest, size)
}

// @ts-ignore: decorator
@inline function wide(at: usize, n: i32, shift: i32, saturate: bool, careful: bool): bool {
  const half = i32x4.splat((1 << (shift - 1)) - 1)
  const kept = i32x4.splat(-1 << shift)
  const top = i32x4.splat(0x7f800000 - (1 << shift))
  let largest = i32x4.splat(0)
  const end = at + (<usize>n << 2)
  for (let p = at; p < end; p += 64) {
    largest = wide4(p, shift, half, kept, top, saturate, careful, largest)
    largest = wide4(p + 16, shift, half, kept, top, saturate, careful, largest)
    largest = wide4(p + 32, shift, half, kept, top, saturate, careful, largest)
    largest = wide4(p + 48, shift, half, kept, top, saturate, careful, largest)
  }
  return sawNaN(largest)
}

/**
 * n values at `at`, nearest-even, to an IEEE-like format with 8 exponent bits and precision 2 … 23. True: there was a NaN,
 * or what an earlier block left behind this one looked like it; the block must be done again, `careful`.
 */
export function nearestWide32(at: usize, n: i32, precision: i32, saturate: bool, careful: bool): bool {
  const shift = 24 - precision
  if (saturate) return wide(at, n, shift, true, true) && false
  if (careful) return wide(at, n, shift, false, true) && false
  // bf16 by itself: a shift by a constant is one instruction, by a variable four.
  return shift == 16 ? wide(at, n, 16, false, false) : wide(at, n, shift, false, false)
}

/** n values at `at`, nearest-even, to e8m0: the exponent field rounded with ties to its even value. */
export function nearestE8m0(at: usize, n: i32, saturate: bool): void {
  if (saturate) exponents(at, n, true)
  else exponents(at, n, false)
}

// @ts-ignore: decorator
@inline function exponents(at: usize, n: i32, saturate: bool): void {
  const end = at + (<usize>n << 2)
  for (let p = at; p < end; p += 32) {
    exponents4(p, saturate)
    exponents4(p + 16, saturate)
  }
}

// @ts-ignore: decorator
@inline function exponents4(at: usize, saturate: bool): void {
  const x = v128.load(at)
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  const odd = v128.and(i32x4.shr_u(size, 23), i32x4.splat(1))
  let r = v128.and(i32x4.add(i32x4.add(size, i32x4.splat(0x3fffff)), odd), i32x4.splat(0x7f800000))
  // Among float32's subnormals code 0 is 2^-127, and 1.5 · 2^-127 a tie that goes to it.
  r = i32x4.max_s(v128.and(r, i32x4.gt_s(size, i32x4.splat(0x600000))), i32x4.splat(0x400000))
  if (saturate) r = i32x4.min_s(r, i32x4.splat(0x7f000000))
  else r = v128.or(r, v128.and(i32x4.gt_s(r, i32x4.splat(0x7f000000)), i32x4.splat(nan32)))
  // NaN, and everything below zero but −0.
  v128.store(at, v128.bitselect(r, i32x4.splat(nan32), f32x4.ge(x, f32x4.splat(0))))
}

// Stochastic: away from zero iff u < F, u the 32-bit draw and F = 2^32 · the exact discarded fraction of the quantum.

// @ts-ignore: decorator
@inline function stochasticWide4(
  at: usize, draw: usize, shift: i32, kept: v128, top: v128, saturate: bool, careful: bool, largest: v128
): v128 {
  const x = v128.load(at)
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  // With `shift` discarded bits d, u < d · 2^(32 − shift) iff d plus the complement of the first bits of u carries. Inf
  // has no bits to discard and stays.
  const r = v128.and(i32x4.add(size, i32x4.shr_u(v128.not(v128.load(draw)), 32 - shift)), kept)
  finish(at, x, size, r, top, saturate, careful)
  return careful ? largest : i32x4.max_s(largest, size)
}

// @ts-ignore: decorator
@inline function stochasticWide(
  at: usize, n: i32, shift: i32, saturate: bool, careful: bool, index: f64, k0: i32, k1: i32
): bool {
  const kept = i32x4.splat(-1 << shift)
  const top = i32x4.splat(0x7f800000 - (1 << shift))
  let counter = <u64>index >> 2
  let largest = i32x4.splat(0)
  for (; n > 0; n -= stretch) {
    const count = min(n, stretch)
    fillDraws(draws, count, counter, k0, k1)
    counter += stretch >> 2
    const end = at + (<usize>count << 2)
    let d = draws
    for (let p = at; p < end; p += 32, d += 32) {
      largest = stochasticWide4(p, d, shift, kept, top, saturate, careful, largest)
      largest = stochasticWide4(p + 16, d + 16, shift, kept, top, saturate, careful, largest)
    }
    at += <usize>stretch << 2
  }
  return sawNaN(largest)
}

/**
 * n values at `at`, stochastic with the draws from `index` on (a multiple of 1024), to a format of `nearestWide32`; the
 * result as there.
 */
export function stochasticWide32(
  at: usize, n: i32, precision: i32, saturate: bool, careful: bool, index: f64, k0: i32, k1: i32
): bool {
  const shift = 24 - precision
  if (saturate) return stochasticWide(at, n, shift, true, true, index, k0, k1) && false
  if (careful) return stochasticWide(at, n, shift, false, true, index, k0, k1) && false
  return shift == 16
    ? stochasticWide(at, n, 16, false, false, index, k0, k1)
    : stochasticWide(at, n, shift, false, false, index, k0, k1)
}

// With q = 2^(E − p + 1) the quantum of a lane, |x| / q is lower + rest, both exact, F = 2^32 · rest. u has 32 bits and
// float32 only 24, so u = 256 · v + w, and u < F iff w / 256 < F / 256 − v. The difference is exact where it can lie in
// [0, 1] (Sterbenz; v = 0 is exact anyway), and elsewhere its rounding keeps it on its side of the fraction.

// @ts-ignore: decorator
@inline function stochastic4(
  at: usize, draw: usize, kind: i32, minusZero: bool,
  low: v128, high: v128, lift: v128, drop: v128, up: v128, down: v128, top: v128, largest: v128
): v128 {
  const x = v128.load(at)
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  const exponent = i32x4.min_s(i32x4.max_s(v128.and(x, i32x4.splat(0x7f800000)), low), high)
  const quanta = f32x4.mul(size, i32x4.sub(lift, exponent))
  const lower = f32x4.floor(quanta)
  const rest = f32x4.mul(f32x4.sub(quanta, lower), f32x4.splat(16777216))
  const u = v128.load(draw)
  const v = f32x4.convert_i32x4_s(i32x4.shr_u(u, 8))
  const w = f32x4.mul(f32x4.convert_i32x4_s(v128.and(u, i32x4.splat(255))), f32x4.splat(0.00390625))
  const away = v128.and(f32x4.lt(w, f32x4.sub(rest, v)), f32x4.splat(1))
  let r = f32x4.mul(f32x4.add(lower, away), i32x4.sub(exponent, drop))
  let sign = v128.and(x, i32x4.splat(signBit))
  if (!minusZero) sign = v128.and(sign, f32x4.ne(r, f32x4.splat(0)))
  if (kind == toInf) r = v128.or(f32x4.mul(f32x4.mul(r, up), down), sign)
  else if (kind == toTop) r = v128.or(f32x4.pmin(r, top), sign)
  else r = v128.bitselect(v128.or(r, sign), i32x4.splat(nan32), f32x4.le(r, top))
  v128.store(at, r)
  return kind == toNaN ? largest : i32x4.max_s(largest, size)
}

// @ts-ignore: decorator
@inline function stochastic(
  at: usize, n: i32, kind: i32, minusZero: bool, emin: i32, emax: i32, precision: i32, largestFinite: f32,
  index: f64, k0: i32, k1: i32
): void {
  const low = i32x4.splat((emin + 127) << 23)
  const high = i32x4.splat((emax + 128) << 23)
  const lift = i32x4.splat((253 + precision) << 23)
  const drop = i32x4.splat((precision - 1) << 23)
  const up = i32x4.splat((254 - emax) << 23)
  const down = i32x4.splat(emax << 23)
  const top = f32x4.splat(largestFinite)
  let counter = <u64>index >> 2
  for (; n > 0; n -= stretch) {
    const count = min(n, stretch)
    fillDraws(draws, count, counter, k0, k1)
    counter += stretch >> 2
    const end = at + (<usize>count << 2)
    let d = draws
    let largest = i32x4.splat(0)
    for (let p = at; p < end; p += 32, d += 32) {
      largest = stochastic4(p, d, kind, minusZero, low, high, lift, drop, up, down, top, largest)
      largest = stochastic4(p + 16, d + 16, kind, minusZero, low, high, lift, drop, up, down, top, largest)
    }
    if (kind != toNaN && sawNaN(largest)) canonical32(at, count)
    at += <usize>stretch << 2
  }
}

/**
 * n values at `at`, stochastic with the draws from `index` (a multiple of 1024) on. For the formats of `nearest32` whose
 * quantum is 2^-126 or more and whose 2^(emax + 1) quanta fit: emin + 1 − precision >= −126, emax + 1 <= 126; kinds as there.
 */
export function stochastic32(
  at: usize, n: i32, kind: i32, emin: i32, emax: i32, precision: i32, top: f32, index: f64, k0: i32, k1: i32
): void {
  if (kind == 0) stochastic(at, n, toInf, true, emin, emax, precision, top, index, k0, k1)
  else if (kind == 1) stochastic(at, n, toTop, true, emin, emax, precision, top, index, k0, k1)
  else if (kind == 2) stochastic(at, n, toNaN, true, emin, emax, precision, top, index, k0, k1)
  else if (kind == 5) stochastic(at, n, toTop, false, emin, emax, precision, top, index, k0, k1)
  else stochastic(at, n, toNaN, false, emin, emax, precision, top, index, k0, k1)
}
