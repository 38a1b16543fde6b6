/** One pass over a block: rounding, exponents before and after, squares of error and value, the largest. */
import { blockA, blockB, histograms, results } from './buffers'

// @ts-ignore: decorator
@inline const table: usize = 8192

// @ts-ignore: decorator
@inline function count(histogram: usize, at: usize): void {
  const place = histogram + <usize>((load<u32>(at, 4) >> 18) & 0x1ffc)
  store<i32>(place, load<i32>(place) + 1)
}

/** The pair of sums after two pairs of squares, the first lane's before the second's. */
// @ts-ignore: decorator
@inline function squares(sums: v128, error: v128, value: v128): v128 {
  const first = v128.shuffle<u64>(error, value, 0, 2)
  const second = v128.shuffle<u64>(error, value, 1, 3)
  return f64x2.add(f64x2.add(sums, f64x2.mul(first, first)), f64x2.mul(second, second))
}

/** The second loop: squares, the largest and the counts, which wait for different things and so go well together. */
// @ts-ignore: decorator
@inline function count64(end: usize, inverse: f64, tops: v128, clamped: bool): void {
  const inverses = f64x2.splat(inverse)
  let sums = v128.load(results)
  let largest = f64x2.splat(0)
  let highest = f64x2.splat(0)
  let q = blockB
  for (let p = blockA; p < end; p += 16, q += 16) {
    const x = v128.load(p)
    const y = v128.load(q)
    const size = f64x2.abs(x)
    // The difference of the sizes has the size of the difference.
    if (clamped) {
      // The first where the second is not less, so the largest finite where that is NaN.
      sums = squares(sums, f64x2.sub(f64x2.mul(f64x2.pmin(tops, y), inverses), size), size)
    } else {
      const inside = f64x2.eq(y, y)
      const error = f64x2.sub(f64x2.mul(y, inverses), size)
      sums = squares(sums, v128.and(error, inside), v128.and(size, inside))
    }
    largest = f64x2.pmax(largest, size)
    highest = f64x2.pmax(highest, x)
    count(histograms, p)
    count(histograms + table, p + 8)
    count(histograms + table * 2, q)
    count(histograms + table * 3, q + 8)
    const start = i64x2.eq(v128.and(x, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0))
    if (v128.any_true(start)) {
      if (i64x2.extract_lane(start, 0)) count(histograms + table * 4, p)
      if (i64x2.extract_lane(start, 1)) count(histograms + table * 4, p + 8)
    }
  }
  v128.store(results, sums)
  store<f64>(results, max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1)), 16)
  store<f64>(results, max(f64x2.extract_lane(highest, 0), f64x2.extract_lane(highest, 1)), 24)
}

/**
 * n values of block A, rounded after multiplication by `scale`, a power of two; `inverse` is 1 / scale. Nearest-even, with
 * the conditions of nearest64. Beyond the largest finite: `clamped`, for the error, or left out of both sums. The sums are
 * continued from `results`, term after term: error (the rounded value / scale − x)² and x². The counts start at 0.
 */
export function tally64(
  n: i32, scale: f64, inverse: f64, emin: i32, emax: i32, precision: i32, top: f64, clamped: bool
): void {
  memory.fill(histograms, 0, table * 5)
  // A last odd value has a zero beside it, which changes no sum; it is taken from the counts below.
  if (n & 1) store<f64>(blockA + (<usize>n << 3), 0)
  const end = blockA + (<usize>n << 3)
  // Two loops over the block: one would have more constants than there are registers.
  const scales = f64x2.splat(scale)
  const low = f64x2.splat(reinterpret<f64>(<i64>(emin + 1023) << 52))
  const high = f64x2.splat(reinterpret<f64>(<i64>(emax + 1024) << 52))
  const raise = f64x2.splat(reinterpret<f64>(<i64>(1023 + 53 - precision) << 52))
  const tops = f64x2.splat(top)
  let q = blockB
  for (let p = blockA; p < end; p += 16, q += 16) {
    const size = f64x2.mul(f64x2.abs(v128.load(p)), scales)
    const power = f64x2.pmin(f64x2.pmax(v128.and(size, i64x2.splat(0x7ff0000000000000)), low), high)
    const c = f64x2.mul(power, raise)
    const r = f64x2.sub(f64x2.add(size, c), c)
    // All ones, whose exponent field is the last, for what lies beyond and for NaN.
    v128.store(q, v128.or(r, v128.not(f64x2.le(r, tops))))
  }

  if (clamped) count64(end, inverse, tops, true)
  else count64(end, inverse, tops, false)
  if (n & 1) {
    const last = histograms + table
    store<i32>(last, load<i32>(last) - 1)
    store<i32>(last + table * 2, load<i32>(last + table * 2) - 1)
    store<i32>(last + table * 3, load<i32>(last + table * 3) - 1)
  }
}
