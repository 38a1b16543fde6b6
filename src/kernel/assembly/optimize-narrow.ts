/** The updates of optimizers in formats below float32: float64 arithmetic, each operation rounded to its format; train/'s own, in bulk. */
import { draws, results, stretch } from './buffers'
import { canonical } from './lanes'
import { fillDraws } from './philox'

// Two values at a time, as float64: what is computed is what optimizer.ts and weights.ts compute, operation by operation.

/** Bytes that a format takes in the table: five numbers, each in both lanes. */
// @ts-ignore: decorator
@inline const bytes: usize = 80
/** The formats of the roles; the first of them at place 0. */
const formats: usize = memory.data(240, 16)
/** Masks that are loaded, for V8 makes a constant anew at each use. */
const masks: usize = memory.data(32, 16)

/**
 * A format with infinities, subnormals and −0, no wider than float32. low: 2^emin; high: 2^(emax + 1); raise: what takes the
 * power of two of a number to 2^52 ulps; up and down: factors, with the product 1, of which the first overflows from
 * 2^(emax + 1) on.
 */
export function setNarrow(place: i32, low: f64, high: f64, raise: f64, up: f64, down: f64): void {
  const at = formats + <usize>place * bytes
  v128.store(at, f64x2.splat(low))
  v128.store(at, f64x2.splat(high), 16)
  v128.store(at, f64x2.splat(raise), 32)
  v128.store(at, f64x2.splat(up), 48)
  v128.store(at, f64x2.splat(down), 64)
  v128.store(masks, i64x2.splat(0x8000000000000000))
  v128.store(masks, i64x2.splat(0x7ff0000000000000), 16)
}

/** 2^52 ulps of f at the size of x. */
// @ts-ignore: decorator
@inline function raised(x: v128, f: usize): v128 {
  const power = v128.and(x, v128.load(masks, 16))
  return f64x2.mul(f64x2.pmin(f64x2.pmax(power, v128.load(f)), v128.load(f, 16)), v128.load(f, 32))
}

/** A size in f, or beyond it, with the sign of x: what is beyond becomes infinite. */
// @ts-ignore: decorator
@inline function signed(size: v128, x: v128, f: usize): v128 {
  const value = f64x2.mul(f64x2.mul(size, v128.load(f, 48)), v128.load(f, 64))
  return v128.or(value, v128.and(x, v128.load(masks)))
}

/** Nearest-even: |x| + m − m, m being 2^52 ulps. */
// @ts-ignore: decorator
@inline function rounded(x: v128, f: usize): v128 {
  const m = raised(x, f)
  return signed(f64x2.sub(f64x2.add(v128.andnot(x, v128.load(masks)), m), m), x, f)
}

// @ts-ignore: decorator
@inline function taken(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at))
}

/** Writes two values, or the one that is left. */
// @ts-ignore: decorator
@inline function put2(at: usize, x: v128, left: i32): void {
  const values = canonical(f32x4.demote_f64x2_zero(x))
  if (left >= 2) v128.store64_lane(at, values, 0)
  else v128.store32_lane(at, values, 0)
}

/** g + decay · w where there is any. */
// @ts-ignore: decorator
@inline function decayed(gradient: usize, weight: usize, decays: bool, decay: v128, f: usize): v128 {
  const g = taken(gradient)
  return decays ? rounded(f64x2.add(g, rounded(f64x2.mul(decay, taken(weight)), f)), f) : g
}

/** As adam32, computed in the format at place 0, the moments in that at place 1. */
export function adamNarrow(
  delta: usize, weights: usize, gradients: usize, first: usize, second: usize, n: i32,
  beta1: f64, rest1: f64, beta2: f64, rest2: f64, eps: f64, l2: f64, rate: f64, root: f64
): void {
  const f = formats
  const stored = formats + bytes
  const b1 = f64x2.splat(beta1)
  const a1 = f64x2.splat(rest1)
  const b2 = f64x2.splat(beta2)
  const a2 = f64x2.splat(rest2)
  const e = f64x2.splat(eps)
  const decay = f64x2.splat(l2)
  const r = f64x2.splat(rate)
  const c = f64x2.splat(root)
  const decays = l2 != 0
  for (; n > 0; n -= 2, delta += 8, weights += 8, gradients += 8, first += 8, second += 8) {
    const g = decayed(gradients, weights, decays, decay, f)
    const kept1 = rounded(f64x2.mul(taken(first), b1), f)
    const m = rounded(rounded(f64x2.add(kept1, rounded(f64x2.mul(a1, g), f)), f), stored)
    const kept2 = rounded(f64x2.mul(taken(second), b2), f)
    const square = rounded(f64x2.mul(rounded(f64x2.mul(a2, g), f), g), f)
    const v = rounded(rounded(f64x2.add(kept2, square), f), stored)
    const root2 = rounded(f64x2.div(rounded(f64x2.sqrt(v), f), c), f)
    const d = rounded(f64x2.div(rounded(f64x2.mul(r, m), f), rounded(f64x2.add(root2, e), f)), f)
    put2(first, m, n)
    put2(second, v, n)
    put2(delta, d, n)
  }
}

/** As descend32, computed in the format at place 0, the buffer in that at place 1. */
export function descendNarrow(
  delta: usize, weights: usize, gradients: usize, buffer: usize, n: i32, buffering: i32, nesterov: bool,
  momentum: f64, damp: f64, l2: f64, rate: f64
): void {
  const f = formats
  const mu = f64x2.splat(momentum)
  const rest = f64x2.splat(damp)
  const decay = f64x2.splat(l2)
  const r = f64x2.splat(rate)
  const decays = l2 != 0
  for (; n > 0; n -= 2, delta += 8, weights += 8, gradients += 8, buffer += 8) {
    let g = decayed(gradients, weights, decays, decay, f)
    if (buffering != 0) {
      let s = g
      if (buffering != 1)
        s = rounded(f64x2.add(rounded(f64x2.mul(taken(buffer), mu), f), rounded(f64x2.mul(rest, g), f)), f)
      s = rounded(s, formats + bytes)
      put2(buffer, s, n)
      g = nesterov ? rounded(f64x2.add(g, rounded(f64x2.mul(mu, s), f)), f) : s
    }
    put2(delta, rounded(f64x2.mul(r, g), f), n)
  }
}

/** Counts so far, in lanes: updates that are not 0, and those that changed nothing. */
let updates: v128 = i64x2.splat(0)
let lost: v128 = i64x2.splat(0)

function begin(): void {
  updates = i64x2.splat(0)
  lost = i64x2.splat(0)
}

function end(): void {
  store<i32>(results, <i32>(i64x2.extract_lane(updates, 0) + i64x2.extract_lane(updates, 1)))
  store<i32>(results, <i32>(i64x2.extract_lane(lost, 0) + i64x2.extract_lane(lost, 1)), 4)
}

/** The updates at an address; behind the last one a 0, which counts for nothing. */
// @ts-ignore: decorator
@inline function deltas(at: usize, left: i32): v128 {
  return f64x2.promote_low_f32x4(left >= 2 ? v128.load64_zero(at) : v128.load32_zero(at))
}

/** Where a count is due: all ones. */
// @ts-ignore: decorator
@inline function moving(d: v128): v128 {
  return f64x2.ne(d, f64x2.splat(0))
}

/** As move32 in the format at place 0; counts as there. */
export function moveNarrow(weights: usize, delta: usize, n: i32, decays: bool, decay: f64): void {
  begin()
  const f = formats
  const c = f64x2.splat(decay)
  for (; n > 0; n -= 2, weights += 8, delta += 8) {
    const d = deltas(delta, n)
    const old = taken(weights)
    const now = rounded(f64x2.add(decays ? rounded(f64x2.mul(old, c), f) : old, d), f)
    put2(weights, now, n)
    const counted = moving(d)
    updates = i64x2.sub(updates, counted)
    lost = i64x2.sub(lost, v128.and(counted, f64x2.eq(old, now)))
  }
  end()
}

/** Kahan's: rest + delta is added, and what that could not place is the new rest. Lost: neither weight nor rest changed. */
export function moveKahan(weights: usize, rests: usize, delta: usize, n: i32, decays: bool, decay: f64): void {
  begin()
  const f = formats
  const c = f64x2.splat(decay)
  for (; n > 0; n -= 2, weights += 8, rests += 8, delta += 8) {
    const d = deltas(delta, n)
    const old = taken(weights)
    const rest = taken(rests)
    const start = decays ? rounded(f64x2.mul(old, c), f) : old
    const wanted = rounded(f64x2.add(rest, d), f)
    const now = rounded(f64x2.add(start, wanted), f)
    const left = rounded(f64x2.add(wanted, rounded(f64x2.sub(start, now), f)), f)
    put2(weights, now, n)
    put2(rests, left, n)
    const counted = moving(d)
    updates = i64x2.sub(updates, counted)
    lost = i64x2.sub(lost, v128.and(counted, v128.and(f64x2.eq(old, now), f64x2.eq(rest, left))))
  }
  end()
}

/** Away from zero iff the draw, of 32 bits, is below the discarded fraction of an ulp. */
// @ts-ignore: decorator
@inline function drawn(x: v128, draw: v128, f: usize): v128 {
  const m = raised(x, f)
  const ulp = f64x2.mul(m, f64x2.splat(2.220446049250313e-16))
  const size = v128.andnot(x, v128.load(masks))
  const near = f64x2.sub(f64x2.add(size, m), m)
  const lower = f64x2.sub(near, v128.and(f64x2.gt(near, size), ulp))
  const part = f64x2.mul(f64x2.mul(draw, f64x2.splat(2.3283064365386963e-10)), ulp)
  const away = f64x2.lt(part, f64x2.sub(size, lower))
  return signed(f64x2.add(lower, v128.and(away, ulp)), x, f)
}

/** As moveNarrow, then rounded stochastically to the format at place 2, with the draws from `index` on: any whole number. */
export function moveStochastic(
  weights: usize, delta: usize, n: i32, decays: bool, decay: f64, index: f64, k0: i32, k1: i32
): void {
  begin()
  const f = formats
  const to = formats + 2 * bytes
  const c = f64x2.splat(decay)
  let first = <u64>index
  while (n > 0) {
    const counter = first >> 2
    const skipped = <i32>(first & 3)
    // The blocks of one call share the upper half of their counters.
    const room = (<i64>0x100000000 - <i64>(counter & 0xffffffff)) * 4 - skipped
    const count = <i32>min(<i64>min(n, stretch), room)
    fillDraws(draws, count + skipped, counter, k0, k1)
    let at = draws + (<usize>skipped << 2)
    let left = count
    for (; left > 0; left -= 2, weights += 8, delta += 8, at += 8) {
      const d = deltas(delta, left)
      const old = taken(weights)
      const sum = rounded(f64x2.add(decays ? rounded(f64x2.mul(old, c), f) : old, d), f)
      put2(weights, drawn(sum, f64x2.convert_low_i32x4_u(v128.load64_zero(at)), to), left)
      updates = i64x2.sub(updates, moving(d))
    }
    // An odd count has taken a step too far.
    weights += <usize>(left << 2)
    delta += <usize>(left << 2)
    first += count
    n -= count
  }
  end()
}
