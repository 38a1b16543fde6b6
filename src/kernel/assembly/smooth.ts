/** exp, tanh, sigmoid and the normal distribution, two float64 at a time: good to float32's precision with bits to spare. */
import { d0, d1, d2, d3, d4, d5, d6, d7, d8, d9 } from './smooth-table'
import { e0, e1, e2, e3, e4, e5, e6 } from './smooth-table'
import { p0, p1, p2, p3, p4, p5, p6, p7, p8, p9 } from './smooth-table'
import { q0, q1, q10, q11, q2, q3, q4, q5, q6, q7, q8, q9 } from './smooth-table'

// x = n · ln 2 + r; e^x = 2^n · (1 + r · q(r)).

/** 1.5 · 2^52: what is added to it is rounded to an integer, which stands in the low bits. */
// @ts-ignore: decorator
@inline const magic: f64 = 6755399441055744

// @ts-ignore: decorator
@inline function c(x: f64): v128 {
  return f64x2.splat(x)
}
/** a + b · x. */
// @ts-ignore: decorator
@inline function plus(a: f64, b: v128, x: v128): v128 {
  return f64x2.add(c(a), f64x2.mul(b, x))
}

/** r · q(r). */
// @ts-ignore: decorator
@inline function reduced(r: v128): v128 {
  const s = f64x2.mul(r, r)
  const even = plus(e0, plus(e2, plus(e4, c(e6), s), s), s)
  const odd = plus(e1, plus(e3, c(e5), s), s)
  return f64x2.mul(r, f64x2.add(even, f64x2.mul(r, odd)))
}

/** e^x for −700 <= x <= 700, NaN for NaN. */
// @ts-ignore: decorator
@inline export function exp2(x: v128): v128 {
  const t = f64x2.add(f64x2.mul(x, c(1.4426950408889634)), c(magic))
  const r = f64x2.sub(x, f64x2.mul(f64x2.sub(t, c(magic)), c(0.6931471805599453)))
  const p = f64x2.add(c(1), reduced(r))
  return i64x2.add(p, i64x2.shl(t, 52))
}

/** e^x − 1 for 0 <= x <= 700 without cancellation, NaN for NaN. */
// @ts-ignore: decorator
@inline function expm12(x: v128): v128 {
  const t = f64x2.add(f64x2.mul(x, c(1.4426950408889634)), c(magic))
  const r = f64x2.sub(x, f64x2.mul(f64x2.sub(t, c(magic)), c(0.6931471805599453)))
  const power = i64x2.add(c(1), i64x2.shl(t, 52))
  return f64x2.add(f64x2.mul(power, reduced(r)), f64x2.sub(power, c(1)))
}

/** |x| at most so much; NaN stays. */
// @ts-ignore: decorator
@inline function sizeUpTo(x: v128, bound: f64): v128 {
  return f64x2.pmin(f64x2.abs(x), f64x2.splat(bound))
}

// @ts-ignore: decorator
@inline function signed(size: v128, x: v128): v128 {
  return v128.or(size, v128.and(x, i64x2.splat(0x8000000000000000)))
}

/** tanh x: m / (m + 2), m = e^2|x| − 1. */
// @ts-ignore: decorator
@inline export function tanh2(x: v128): v128 {
  const size = sizeUpTo(x, 30)
  const m = expm12(f64x2.add(size, size))
  return signed(f64x2.div(m, f64x2.add(m, c(2))), x)
}

/** 1 / (1 + e^−x). */
// @ts-ignore: decorator
@inline export function sigmoid2(x: v128): v128 {
  const y = f64x2.pmax(f64x2.pmin(f64x2.neg(x), c(200)), c(-200))
  return f64x2.div(c(1), f64x2.add(c(1), exp2(y)))
}

/** e^−(x²/2). */
// @ts-ignore: decorator
@inline export function bell2(x: v128): v128 {
  return exp2(f64x2.pmax(f64x2.mul(f64x2.mul(x, x), c(-0.5)), c(-700)))
}

/** Φ(x), the normal distribution, where `bell` is bell2(x): relative precision in the lower tail too; 0 below −40. */
// @ts-ignore: decorator
@inline export function normal2(x: v128, bell: v128): v128 {
  const size = f64x2.abs(x)
  const t = f64x2.div(c(1), f64x2.add(c(1), f64x2.mul(size, c(0.25))))
  const s = f64x2.mul(t, t)
  const even = plus(q0, plus(q2, plus(q4, plus(q6, plus(q8, c(q10), s), s), s), s), s)
  const odd = plus(q1, plus(q3, plus(q5, plus(q7, plus(q9, c(q11), s), s), s), s), s)
  const beyond = f64x2.mul(bell, f64x2.add(even, f64x2.mul(t, odd)))
  // The comparison is false for what is beyond, true for NaN.
  const near = v128.andnot(beyond, f64x2.ge(size, c(40)))
  return v128.bitselect(near, f64x2.sub(c(1), near), f64x2.lt(x, f64x2.splat(0)))
}

// About the middle neither an exponential nor a quotient is needed.

/** Where x does not lie there. */
// @ts-ignore: decorator
@inline function outside(x: v128): v128 {
  return f64x2.gt(f64x2.abs(x), c(2))
}

/** x · Φ(x); `far`: some |x| may exceed 2. */
// @ts-ignore: decorator
@inline export function gelu2(x: v128, far: bool): v128 {
  const s = f64x2.mul(x, x)
  const t = f64x2.mul(s, s)
  const even = plus(p0, plus(p2, plus(p4, plus(p6, c(p8), t), t), t), t)
  const odd = plus(p1, plus(p3, plus(p5, plus(p7, c(p9), t), t), t), t)
  let phi = f64x2.add(c(0.5), f64x2.mul(x, f64x2.add(even, f64x2.mul(s, odd))))
  if (far) phi = v128.bitselect(normal2(x, bell2(x)), phi, outside(x))
  return f64x2.mul(x, phi)
}

/** Its derivative, Φ(x) + x · φ(x). */
// @ts-ignore: decorator
@inline export function geluSlope2(x: v128, far: bool): v128 {
  const s = f64x2.mul(x, x)
  const t = f64x2.mul(s, s)
  const even = plus(d0, plus(d2, plus(d4, plus(d6, c(d8), t), t), t), t)
  const odd = plus(d1, plus(d3, plus(d5, plus(d7, c(d9), t), t), t), t)
  const near = f64x2.add(c(0.5), f64x2.mul(x, f64x2.add(even, f64x2.mul(s, odd))))
  if (!far) return near
  const bell = bell2(x)
  const full = f64x2.add(normal2(x, bell), f64x2.mul(f64x2.mul(x, c(0.3989422804014327)), bell))
  return v128.bitselect(full, near, outside(x))
}
