/** Four lanes of float32: the last group of a slab, of which only some may be written; halves in float64; sums of lanes. */

/** All ones in the first n lanes. */
// @ts-ignore: decorator
@inline export function firstLanes(n: i32): v128 {
  return i32x4.gt_s(i32x4.splat(n), i32x4(0, 1, 2, 3))
}

/** Writes the first n < 4 lanes. */
// @ts-ignore: decorator
@inline export function storeLanes(at: usize, x: v128, n: i32): void {
  if (n >= 2) v128.store64_lane(at, x, 0)
  if (n == 1) v128.store32_lane(at, x, 0)
  else if (n == 3) v128.store32_lane(at, x, 2, 8)
}

/** Writes four lanes, or the `left` < 4 that are left. */
// @ts-ignore: decorator
@inline export function put(at: usize, x: v128, left: i32): void {
  if (left >= 4) v128.store(at, x)
  else storeLanes(at, x, left)
}

/** Every NaN becomes the canonical one. */
// @ts-ignore: decorator
@inline export function canonical(x: v128): v128 {
  return v128.bitselect(x, i32x4.splat(0x7fc00000), f32x4.eq(x, x))
}

// @ts-ignore: decorator
@inline export function sumOfLanes(x: v128): i32 {
  return i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3)
}

// @ts-ignore: decorator
@inline export function lowHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(x)
}
// @ts-ignore: decorator
@inline export function highHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 0))
}
/** Two pairs of float64 as four float32. */
// @ts-ignore: decorator
@inline export function both(low: v128, high: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2)
}

/** Lanes 0 and 1, 2 and 3 of a sum as (l0 + l2) + (l1 + l3). */
// @ts-ignore: decorator
@inline export function inOrder(low: v128, high: v128): f64 {
  const s = f64x2.add(low, high)
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1)
}
