/** One pass over a block: rounding, fates, exponents, squares of error and value, the largest and the least. */
import { blockA, held, histograms, results, stretch } from './buffers'

// @ts-ignore: decorator
@inline const powers: usize = 32768
// @ts-ignore: decorator
@inline const fraction: i64 = 0x000fffffffffffff

// Places in `results`: sums of the squares of errors and of values, two lanes each; the largest and the least value, two
// lanes each; and of what the values become: Σ of exponent fields, kept at emin's or below; how many are below 2^emin; how
// many not beyond the largest finite.
// @ts-ignore: decorator
@inline const errors: usize = 0
// @ts-ignore: decorator
@inline const energies: usize = 16
// @ts-ignore: decorator
@inline const highest: usize = 32
// @ts-ignore: decorator
@inline const lowest: usize = 48
// @ts-ignore: decorator
@inline const fieldSum: usize = 64
// @ts-ignore: decorator
@inline const below: usize = 72
// @ts-ignore: decorator
@inline const inside: usize = 80

// Four counts beside each other, so that an addition seldom waits for the one before it; in separate tables, a power of two
// apart, the processor would take them for the same place and wait.
// @ts-ignore: decorator
@inline function count(at: usize, place: usize): void {
  const entry = <usize>(load<u16>(at, 6) & 0x7ff0)
  store<i32>(entry + histograms + place, load<i32>(entry + histograms + place) + 1)
}

// @ts-ignore: decorator
@inline function startsOf(x: v128, fractions: v128): v128 {
  return i64x2.eq(v128.and(x, fractions), i64x2.splat(0))
}

// No branch: among numbers of few bits it would often be foretold wrongly.
function countStarts(at: usize, end: usize): void {
  for (; at < end; at += 8) {
    const place = <usize>(load<u16>(at, 6) & 0x7ff0) + histograms + powers
    store<i32>(place, load<i32>(place) + <i32>((load<i64>(at) & fraction) == 0))
  }
}

/** The first loop: exponents, powers of two, the largest and the least. */
function count64(p: usize, end: usize): void {
  const fractions = held(i64x2.splat(fraction))
  let high = v128.load(results, highest)
  let low = v128.load(results, lowest)
  for (; p < end; p += 64) {
    const a = v128.load(p)
    const b = v128.load(p, 16)
    const c = v128.load(p, 32)
    const d = v128.load(p, 48)
    count(p, 0)
    count(p + 8, 4)
    count(p + 16, 8)
    count(p + 24, 12)
    count(p + 32, 0)
    count(p + 40, 4)
    count(p + 48, 8)
    count(p + 56, 12)
    high = f64x2.pmax(f64x2.pmax(f64x2.pmax(f64x2.pmax(high, a), b), c), d)
    low = f64x2.pmin(f64x2.pmin(f64x2.pmin(f64x2.pmin(low, a), b), c), d)
    const starts = v128.or(v128.or(startsOf(a, fractions), startsOf(b, fractions)), v128.or(startsOf(c, fractions), startsOf(d, fractions)))
    if (v128.any_true(starts)) countStarts(p, p + 64)
  }
  v128.store(results, high, highest)
  v128.store(results, low, lowest)
}

/** What lies beyond the largest finite: nothing does; it is clamped, for the error; it is left out of both sums. */
// @ts-ignore: decorator
@inline const none: i32 = 0
// @ts-ignore: decorator
@inline const clamped: i32 = 1
// @ts-ignore: decorator
@inline const leftOut: i32 = 2

/** The second loop: rounding, fates and squares, of the scaled values. */
// @ts-ignore: decorator
@inline function round64(
  p: usize, end: usize, scale: f64, smallestNormal: f64, raising: f64, top: f64, beyond: i32
): void {
  const scales = held(f64x2.splat(scale))
  const low = held(f64x2.splat(smallestNormal))
  const raise = held(f64x2.splat(raising))
  const tops = held(f64x2.splat(top))
  const sizes = held(i64x2.splat(0x7fffffffffffffff))
  const exponents = held(i64x2.splat(0x7ff0000000000000))
  let error = v128.load(results, errors)
  let energy = v128.load(results, energies)
  let fields = i64x2.splat(0)
  let small = i64x2.splat(0)
  let finite = i64x2.splat(0)
  for (; p < end; p += 16) {
    let size = f64x2.mul(v128.and(v128.load(p), sizes), scales)
    // As in nearest64, but for enormous sizes: there the result is NaN, which is not below the largest finite either.
    const c = f64x2.mul(f64x2.pmax(v128.and(size, exponents), low), raise)
    const r = f64x2.sub(f64x2.add(size, c), c)
    fields = i64x2.add(fields, i64x2.shr_u(f64x2.pmin(low, r), 52))
    small = i64x2.add(small, f64x2.lt(r, low))
    let d: v128
    if (beyond == none) d = f64x2.sub(r, size)
    else {
      const within = f64x2.le(r, tops)
      finite = i64x2.add(finite, within)
      // The first where the second is not less.
      if (beyond == clamped) d = f64x2.sub(f64x2.pmin(tops, r), size)
      else {
        d = v128.and(f64x2.sub(r, size), within)
        size = v128.and(size, within)
      }
    }
    error = f64x2.add(error, f64x2.mul(d, d))
    energy = f64x2.add(energy, f64x2.mul(size, size))
  }
  v128.store(results, error, errors)
  v128.store(results, energy, energies)
  add(fieldSum, fields)
  add(below, i64x2.neg(small))
  if (beyond != none) add(inside, i64x2.neg(finite))
}

// @ts-ignore: decorator
@inline function add(place: usize, x: v128): void {
  store<i64>(results + place, load<i64>(results + place) + i64x2.extract_lane(x, 0) + i64x2.extract_lane(x, 1))
}

function roundAll(p: usize, end: usize, scale: f64, low: f64, raise: f64): void {
  round64(p, end, scale, low, raise, 0, none)
}
function roundClamped(p: usize, end: usize, scale: f64, low: f64, raise: f64, top: f64): void {
  round64(p, end, scale, low, raise, top, clamped)
}
function roundInside(p: usize, end: usize, scale: f64, low: f64, raise: f64, top: f64): void {
  round64(p, end, scale, low, raise, top, leftOut)
}

/** The largest size so far; not a number where any may have been none. */
function largest(): f64 {
  const sizes = f64x2.max(v128.load(results, highest), f64x2.neg(v128.load(results, lowest)))
  return max(f64x2.extract_lane(sizes, 0), f64x2.extract_lane(sizes, 1))
}

/**
 * n values of block A, rounded after multiplication by `scale`, a power of two. Nearest-even, with the conditions of
 * nearest64. Beyond the largest finite: `saturate` clamps it for the error, else it is left out of both sums. A multiple of 8 is taken: zeros
 * follow the last value, and are counted. The sums of squares are continued, value i in lane i mod 2, of the scaled values
 * x: error (the rounded value − x)² and x². The other results start anew, the counts are added to.
 */
export function tally64(n: i32, scale: f64, emin: i32, precision: i32, top: f64, saturate: bool): void {
  memory.fill(results + highest, 0, 56)
  for (; n & 7; n++) store<f64>(blockA + (<usize>n << 3), 0)
  const end = blockA + (<usize>n << 3)
  const low = reinterpret<f64>(<i64>(emin + 1023) << 52)
  const raise = reinterpret<f64>(<i64>(1023 + 53 - precision) << 52)
  // Two loops over a stretch: one would have more constants than there are registers.
  for (let p = blockA; p < end; p += <usize>stretch << 3) {
    const stop = min(p + (<usize>stretch << 3), end)
    count64(p, stop)
    if (largest() * scale <= top) {
      roundAll(p, stop, scale, low, raise)
      store<i64>(results, load<i64>(results, inside) + ((stop - p) >> 3), inside)
    } else if (saturate) roundClamped(p, stop, scale, low, raise, top)
    else roundInside(p, stop, scale, low, raise, top)
  }
}
