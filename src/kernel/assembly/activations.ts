/** exp, tanh, sigmoid and gelu of float32 values, forward and backward: in float64, rounded once. */
import { both, canonical, highHalf, lowHalf, storeLanes } from './lanes'
import { exp2, gelu2, geluSlope2, sigmoid2, tanh2 } from './smooth'

// @ts-ignore: decorator
@inline const ofExp: i32 = 0
// @ts-ignore: decorator
@inline const ofTanh: i32 = 1
// @ts-ignore: decorator
@inline const ofSigmoid: i32 = 2
// @ts-ignore: decorator
@inline const ofGelu: i32 = 3
// @ts-ignore: decorator
@inline const ofGeluTanh: i32 = 4

/** 2 · sqrt(2 / pi) and the cubic's factor: gelu ≈ x · sigmoid(twice · (x + cubic · x³)). */
// @ts-ignore: decorator
@inline const twice: f64 = 1.5957691216057308
// @ts-ignore: decorator
@inline const cubic: f64 = 0.044715
/** e^x rounded to float32: beyond ±200 it is Inf or 0 anyway. */
// @ts-ignore: decorator
@inline export function exp4(x: v128): v128 {
  const y = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-200)), f32x4.splat(200))
  return both(exp2(lowHalf(y)), exp2(highHalf(y)))
}

/** sigmoid of twice · (x + cubic · x³), 0 below −200. */
// @ts-ignore: decorator
@inline function gate(x: v128): v128 {
  const cube = f64x2.mul(f64x2.mul(x, x), x)
  const u = f64x2.mul(f64x2.splat(twice), f64x2.add(x, f64x2.mul(f64x2.splat(cubic), cube)))
  return v128.and(sigmoid2(u), f64x2.ge(u, f64x2.splat(-200)))
}

// @ts-ignore: decorator
@inline function activated(name: i32, x: v128, far: bool): v128 {
  if (name == ofTanh) return tanh2(x)
  if (name == ofSigmoid) return sigmoid2(x)
  if (name == ofGelu) return gelu2(x, far)
  return f64x2.mul(x, gate(x))
}

/** By the output for exp, tanh and sigmoid, by the input for the others. */
// @ts-ignore: decorator
@inline function derivative(name: i32, x: v128, far: bool): v128 {
  const one = f64x2.splat(1)
  if (name == ofExp) return x
  if (name == ofTanh) return f64x2.sub(one, f64x2.mul(x, x))
  if (name == ofSigmoid) return f64x2.mul(x, f64x2.sub(one, x))
  if (name == ofGelu) return geluSlope2(x, far)
  const s = gate(x)
  const slope = f64x2.mul(f64x2.splat(twice), f64x2.add(one, f64x2.mul(f64x2.splat(3 * cubic), f64x2.mul(x, x))))
  return f64x2.add(s, f64x2.mul(f64x2.mul(x, f64x2.mul(s, f64x2.sub(one, s))), slope))
}

/** Whether one of four |x| exceeds 2: a branch that is seldom taken, and changes no bit of the others. */
// @ts-ignore: decorator
@inline function anyFar(x: v128): bool {
  return v128.any_true(f32x4.gt(f32x4.abs(x), f32x4.splat(2)))
}

// @ts-ignore: decorator
@inline function activated4(name: i32, x: v128, far: bool): v128 {
  if (name == ofExp) return exp4(x)
  return both(activated(name, lowHalf(x), far), activated(name, highHalf(x), far))
}

// @ts-ignore: decorator
@inline function activate(name: i32, to: usize, a: usize, n: i32): void {
  for (; n >= 4; n -= 4, to += 16, a += 16) {
    const x = v128.load(a)
    if (name == ofGelu && !anyFar(x)) v128.store(to, canonical(activated4(name, x, false)))
    else v128.store(to, canonical(activated4(name, x, true)))
  }
  if (n > 0) storeLanes(to, canonical(activated4(name, v128.load(a), true)), n)
}

// @ts-ignore: decorator
@inline function derived4(name: i32, g: v128, x: v128, far: bool): v128 {
  const low = f64x2.mul(lowHalf(g), derivative(name, lowHalf(x), far))
  return both(low, f64x2.mul(highHalf(g), derivative(name, highHalf(x), far)))
}

// @ts-ignore: decorator
@inline function activateBack(name: i32, to: usize, gradient: usize, a: usize, n: i32): void {
  for (; n >= 4; n -= 4, to += 16, gradient += 16, a += 16) {
    const x = v128.load(a)
    const g = v128.load(gradient)
    if (name == ofGelu && !anyFar(x)) v128.store(to, canonical(derived4(name, g, x, false)))
    else v128.store(to, canonical(derived4(name, g, x, true)))
  }
  if (n > 0) storeLanes(to, canonical(derived4(name, v128.load(gradient), v128.load(a), true)), n)
}

// Functions of their own, all exported: together in one they would be compiled to slower code.

export function exp32(to: usize, a: usize, n: i32): void {
  activate(ofExp, to, a, n)
}
export function expBackward32(to: usize, gradient: usize, a: usize, n: i32): void {
  activateBack(ofExp, to, gradient, a, n)
}
export function tanh32(to: usize, a: usize, n: i32): void {
  activate(ofTanh, to, a, n)
}
export function tanhBackward32(to: usize, gradient: usize, a: usize, n: i32): void {
  activateBack(ofTanh, to, gradient, a, n)
}
export function sigmoid32(to: usize, a: usize, n: i32): void {
  activate(ofSigmoid, to, a, n)
}
export function sigmoidBackward32(to: usize, gradient: usize, a: usize, n: i32): void {
  activateBack(ofSigmoid, to, gradient, a, n)
}
export function gelu32(to: usize, a: usize, n: i32): void {
  activate(ofGelu, to, a, n)
}
export function geluBackward32(to: usize, gradient: usize, a: usize, n: i32): void {
  activateBack(ofGelu, to, gradient, a, n)
}
export function geluTanh32(to: usize, a: usize, n: i32): void {
  activate(ofGeluTanh, to, a, n)
}
export function geluTanhBackward32(to: usize, gradient: usize, a: usize, n: i32): void {
  activateBack(ofGeluTanh, to, gradient, a, n)
}
