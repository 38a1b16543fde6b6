/** Nearest-even from one place to another (or the same), sixteen values at a time: hurried where nothing is too large. */
import { held } from './buffers'
import { beginCounts, countGroup, endCounts } from './counted'
import { nearest32, nearestWide32 } from './quantize32'

// Sums with 1.5 · 2^k keep the sign by themselves, but for that of 0; what may overflow, Inf and NaN are left to the others.

// @ts-ignore: decorator
@inline function less1(x: v128, sizes: v128, one: v128): v128 {
  return i32x4.sub(v128.and(x, sizes), one)
}

/** `counts`: as countNearest32, of which a group of 16 pays for only if one of its values is lost or too large. */
// @ts-ignore: decorator
@inline function nearestFrom(
  counts: bool, to: usize, from: usize, n: i32, kind: i32, emin: i32, emax: i32, precision: i32, top: f32,
  halfBits: i32, limitBits: i32
): void {
  const sizes = held(i32x4.splat(0x7fffffff))
  const one = held(i32x4.splat(1))
  const half = held(i32x4.splat(halfBits))
  const beyond = held(i32x4.splat(limitBits))
  const exponents = held(i32x4.splat(0x7f800000))
  const low = held(i32x4.splat((emin + 127) << 23))
  const raise = held(i32x4.splat(((24 - precision) << 23) + 0x400000))
  const signs = held(i32x4.splat(0x80000000))
  const limit = held(i32x4.splat((emax + 127) << 23))
  const end = from + (<usize>n << 2)
  for (; from < end; from += 64, to += 64) {
    const x0 = v128.load(from)
    const x1 = v128.load(from, 16)
    const x2 = v128.load(from, 32)
    const x3 = v128.load(from, 48)
    const e0 = v128.and(x0, exponents)
    const e1 = v128.and(x1, exponents)
    const e2 = v128.and(x2, exponents)
    const e3 = v128.and(x3, exponents)
    const most = i32x4.max_s(i32x4.max_s(e0, e1), i32x4.max_s(e2, e3))
    if (counts) {
      const a = i32x4.min_u(less1(x0, sizes, one), less1(x1, sizes, one))
      const b = i32x4.min_u(less1(x2, sizes, one), less1(x3, sizes, one))
      const event = v128.or(i32x4.lt_u(i32x4.min_u(a, b), half), i32x4.ge_s(most, limit))
      if (v128.any_true(event)) {
        countGroup(x0, half, beyond)
        countGroup(x1, half, beyond)
        countGroup(x2, half, beyond)
        countGroup(x3, half, beyond)
      }
    }
    if (v128.any_true(i32x4.ge_s(most, limit))) {
      v128.store(to, x0)
      v128.store(to, x1, 16)
      v128.store(to, x2, 32)
      v128.store(to, x3, 48)
      nearest32(to, 16, kind, emin, emax, precision, top)
      continue
    }
    const c0 = i32x4.add(i32x4.max_s(e0, low), raise)
    const c1 = i32x4.add(i32x4.max_s(e1, low), raise)
    const c2 = i32x4.add(i32x4.max_s(e2, low), raise)
    const c3 = i32x4.add(i32x4.max_s(e3, low), raise)
    v128.store(to, v128.or(f32x4.sub(f32x4.add(x0, c0), c0), v128.and(x0, signs)))
    v128.store(to, v128.or(f32x4.sub(f32x4.add(x1, c1), c1), v128.and(x1, signs)), 16)
    v128.store(to, v128.or(f32x4.sub(f32x4.add(x2, c2), c2), v128.and(x2, signs)), 32)
    v128.store(to, v128.or(f32x4.sub(f32x4.add(x3, c3), c3), v128.and(x3, signs)), 48)
  }
}

/**
 * n values, a multiple of 16, for the formats of nearest32 with −0 and precision up to 20; the arguments as there.
 */
export function nearestFrom32(
  to: usize, from: usize, n: i32, kind: i32, emin: i32, emax: i32, precision: i32, top: f32
): void {
  nearestFrom(false, to, from, n, kind, emin, emax, precision, top, 0, 0)
}

/** The same, and the counts of countNearest32, arguments as there. */
export function countedNearestFrom32(
  to: usize, from: usize, n: i32, kind: i32, emin: i32, emax: i32, precision: i32, top: f32, half: i32, limit: i32
): void {
  beginCounts()
  nearestFrom(true, to, from, n, kind, emin, emax, precision, top, half, limit)
  endCounts()
}

// @ts-ignore: decorator
@inline function rounded(x: v128, shift: i32, half: v128, kept: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, shift), i32x4.splat(1))
  return v128.and(i32x4.add(i32x4.add(x, half), odd), kept)
}

// @ts-ignore: decorator
@inline function wide(to: usize, from: usize, n: i32, shift: i32, saturate: bool): void {
  const sizes = held(i32x4.splat(0x7fffffff))
  const half = held(i32x4.splat((1 << (shift - 1)) - 1))
  const kept = held(i32x4.splat(-1 << shift))
  // From the last binade on.
  const limit = held(i32x4.splat(0x7f000000))
  const end = from + (<usize>n << 2)
  for (; from < end; from += 64, to += 64) {
    const x0 = v128.load(from)
    const x1 = v128.load(from, 16)
    const x2 = v128.load(from, 32)
    const x3 = v128.load(from, 48)
    const a = i32x4.max_s(v128.and(x0, sizes), v128.and(x1, sizes))
    const b = i32x4.max_s(v128.and(x2, sizes), v128.and(x3, sizes))
    if (v128.any_true(i32x4.ge_s(i32x4.max_s(a, b), limit))) {
      v128.store(to, x0)
      v128.store(to, x1, 16)
      v128.store(to, x2, 32)
      v128.store(to, x3, 48)
      nearestWide32(to, 16, 24 - shift, saturate, true)
      continue
    }
    v128.store(to, rounded(x0, shift, half, kept))
    v128.store(to, rounded(x1, shift, half, kept), 16)
    v128.store(to, rounded(x2, shift, half, kept), 32)
    v128.store(to, rounded(x3, shift, half, kept), 48)
  }
}

/** n values, a multiple of 16, for the formats of nearestWide32. */
export function nearestWideFrom32(to: usize, from: usize, n: i32, precision: i32, saturate: bool): void {
  // bf16 by itself: a shift by a constant is one instruction, by a variable four.
  if (precision == 8) wide(to, from, n, 16, saturate)
  else wide(to, from, n, 24 - precision, saturate)
}
