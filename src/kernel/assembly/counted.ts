/** What becomes of float32 values that are rounded: counted by their sizes, or, where it is a matter of chance, while rounding. */
import { draws, held, results, stretch } from './buffers'
import { canonical, firstLanes, put, sumOfLanes } from './lanes'
import { fillDraws } from './philox'

// Three counts go to `results` as int32: nonzero values that became 0; finite ones whose rounding, the exponent unbounded, is
// beyond the largest finite; and values that were not finite.

// @ts-ignore: decorator
@inline const signBit: i32 = 0x80000000
// @ts-ignore: decorator
@inline const infinity: i32 = 0x7f800000

/** The counts so far, in lanes: zeros after less those before; not in range after; not finite before. */
let zeros: v128 = i32x4.splat(0)
let outside: v128 = i32x4.splat(0)
let nonfinite: v128 = i32x4.splat(0)

export function beginCounts(): void {
  zeros = i32x4.splat(0)
  outside = i32x4.splat(0)
  nonfinite = i32x4.splat(0)
}

export function endCounts(): void {
  const came = sumOfLanes(nonfinite)
  store<i32>(results, sumOfLanes(zeros))
  store<i32>(results, sumOfLanes(outside) - came, 4)
  store<i32>(results, came, 8)
}

/** One group of four: the roundings of quantize32.ts, before what lies beyond the largest finite is dealt with. */
// @ts-ignore: decorator
@inline function drawn(x: v128, size: v128, u: v128, low: v128, high: v128, lift: v128, drop: v128): v128 {
  const exponent = i32x4.min_s(i32x4.max_s(v128.and(x, i32x4.splat(infinity)), low), high)
  const quanta = f32x4.mul(size, i32x4.sub(lift, exponent))
  const lower = f32x4.floor(quanta)
  const rest = f32x4.mul(f32x4.sub(quanta, lower), f32x4.splat(16777216))
  const v = f32x4.convert_i32x4_s(i32x4.shr_u(u, 8))
  const w = f32x4.mul(f32x4.convert_i32x4_s(v128.and(u, i32x4.splat(255))), f32x4.splat(0.00390625))
  const away = v128.and(f32x4.lt(w, f32x4.sub(rest, v)), f32x4.splat(1))
  return f32x4.mul(f32x4.add(lower, away), i32x4.sub(exponent, drop))
}

/** At most a stretch of values. `beyond`: the bits that an overflow gives; `noMinusZero`: 0 has no sign. */
// @ts-ignore: decorator
@inline function part(
  wide: bool, at: usize, n: i32, emin: i32, emax: i32, precision: i32, largest: f32, beyond: i32, noMinusZero: bool
): void {
  const low = held(i32x4.splat((emin + 127) << 23))
  const high = held(i32x4.splat((emax + 128) << 23))
  const lift = held(i32x4.splat((253 + precision) << 23))
  const drop = held(i32x4.splat((precision - 1) << 23))
  const top = held(f32x4.splat(largest))
  const over = held(i32x4.splat(beyond))
  const shift = 24 - precision
  const kept = held(i32x4.splat(-1 << shift))
  const always = held(i32x4.splat(noMinusZero ? 0 : -1))
  let zero = zeros
  let out = outside
  let bad = nonfinite
  let d = draws
  for (let left = n; left > 0; left -= 4, at += 16, d += 16) {
    let x = v128.load(at)
    // Behind the last value zeros are taken: they count for nothing.
    if (left < 4) x = v128.and(x, firstLanes(left))
    const size = v128.and(x, i32x4.splat(0x7fffffff))
    const u = v128.load(d)
    let r = wide
      ? v128.and(i32x4.add(size, i32x4.shr_u(v128.not(u), 32 - shift)), kept)
      : drawn(x, size, u, low, high, lift, drop)
    const number = f32x4.eq(x, x)
    // The bits of a NaN may have carried into the sign.
    const inside = v128.and(f32x4.le(r, top), number)
    const none = v128.and(f32x4.eq(r, f32x4.splat(0)), inside)
    zero = i32x4.add(zero, i32x4.sub(f32x4.eq(size, f32x4.splat(0)), none))
    out = i32x4.sub(out, v128.not(inside))
    bad = i32x4.sub(bad, i32x4.ge_s(size, i32x4.splat(infinity)))
    r = v128.bitselect(r, over, inside)
    r = v128.or(r, v128.and(v128.and(x, i32x4.splat(signBit)), v128.or(f32x4.ne(r, f32x4.splat(0)), always)))
    put(at, canonical(v128.bitselect(r, x, number)), left)
  }
  zeros = zero
  outside = out
  nonfinite = bad
}

/** n values, stochastic with the draws from `index` (a multiple of 1024) on, for the formats of stochastic32. */
export function countedStochastic32(
  at: usize, n: i32, emin: i32, emax: i32, precision: i32, top: f32, beyond: i32, noMinusZero: bool,
  index: f64, k0: i32, k1: i32
): void {
  beginCounts()
  let counter = <u64>index >> 2
  for (; n > 0; n -= stretch, at += <usize>stretch << 2) {
    fillDraws(draws, min(n, stretch), counter, k0, k1)
    counter += stretch >> 2
    part(false, at, min(n, stretch), emin, emax, precision, top, beyond, noMinusZero)
  }
  endCounts()
}

/** The same for the formats of nearestWide32. */
export function countedStochasticWide32(
  at: usize, n: i32, precision: i32, top: f32, beyond: i32, index: f64, k0: i32, k1: i32
): void {
  beginCounts()
  let counter = <u64>index >> 2
  for (; n > 0; n -= stretch, at += <usize>stretch << 2) {
    fillDraws(draws, min(n, stretch), counter, k0, k1)
    counter += stretch >> 2
    part(true, at, min(n, stretch), -126, 127, precision, top, beyond, false)
  }
  endCounts()
}

// Nearest-even is decided by the size alone: what is not above half of the least quantum is lost, what is not below a
// limit overflows.

/** Counts of a stretch; the ends are given with the last group cut to `left` values. */
// @ts-ignore: decorator
@inline export function countGroup(x: v128, half: v128, limit: v128): void {
  const size = v128.and(x, i32x4.splat(0x7fffffff))
  // Zero, less one and taken as unsigned, is the largest.
  zeros = i32x4.sub(zeros, i32x4.lt_u(i32x4.sub(size, i32x4.splat(1)), half))
  outside = i32x4.sub(outside, i32x4.ge_s(size, limit))
  nonfinite = i32x4.sub(nonfinite, i32x4.ge_s(size, i32x4.splat(infinity)))
}

function countAll(at: usize, n: i32, halfBits: i32, limitBits: i32): void {
  const half = held(i32x4.splat(halfBits))
  const limit = held(i32x4.splat(limitBits))
  const one = held(i32x4.splat(1))
  const inf = held(i32x4.splat(infinity))
  const sizes = held(i32x4.splat(0x7fffffff))
  let zero = zeros
  let out = outside
  let bad = nonfinite
  const stop = at + (<usize>n << 2)
  for (; at < stop; at += 16) {
    const size = v128.and(v128.load(at), sizes)
    zero = i32x4.sub(zero, i32x4.lt_u(i32x4.sub(size, one), half))
    out = i32x4.sub(out, i32x4.ge_s(size, limit))
    bad = i32x4.sub(bad, i32x4.ge_s(size, inf))
  }
  zeros = zero
  outside = out
  nonfinite = bad
}

/**
 * The counts of n values for rounding to nearest-even. `half`: the bits of half the least quantum; `limit`: the bits of the
 * least size that overflows. A stretch in which nothing happens is only looked at for its largest and its least.
 */
export function countNearest32(at: usize, n: i32, half: i32, limit: i32): void {
  beginCounts()
  const sizes = held(i32x4.splat(0x7fffffff))
  const one = held(i32x4.splat(1))
  for (; n >= 4; ) {
    const count = min(n & ~3, stretch)
    const stop = at + (<usize>count << 2)
    let largest = i32x4.splat(0)
    let least = i32x4.splat(-1)
    for (let p = at; p < stop; p += 16) {
      const size = v128.and(v128.load(p), sizes)
      largest = i32x4.max_s(largest, size)
      least = i32x4.min_u(least, i32x4.sub(size, one))
    }
    if (v128.any_true(v128.or(i32x4.ge_s(largest, i32x4.splat(limit)), i32x4.lt_u(least, i32x4.splat(half)))))
      countAll(at, count, half, limit)
    at = stop
    n -= count
  }
  if (n > 0) countGroup(v128.and(v128.load(at), firstLanes(n)), i32x4.splat(half), i32x4.splat(limit))
  endCounts()
}

/** Counts what is not finite, and makes every NaN the canonical one: rounding to float32 itself. Returns the count. */
export function countedSame32(at: usize, n: i32): i32 {
  let bad = i32x4.splat(0)
  const sizes = held(i32x4.splat(0x7fffffff))
  const inf = held(i32x4.splat(infinity))
  for (; n >= 4; n -= 4, at += 16) bad = i32x4.sub(bad, i32x4.ge_s(v128.and(v128.load(at), sizes), inf))
  if (n > 0) bad = i32x4.sub(bad, i32x4.ge_s(v128.and(v128.and(v128.load(at), firstLanes(n)), sizes), inf))
  return sumOfLanes(bad)
}

/** Every NaN of n values becomes the canonical one, and nothing behind them changes. */
export function canonicalSlab(at: usize, n: i32): void {
  for (; n > 0; n -= 4, at += 16) put(at, canonical(v128.load(at)), n)
}
