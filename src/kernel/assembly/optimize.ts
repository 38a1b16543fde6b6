/** The updates of optimizers in float32, every operation rounded once: those of train/optimizer.ts, in bulk. */
import { results } from './buffers'
import { canonical, firstLanes, put, sumOfLanes } from './lanes'

/** g + decay · w where there is any. */
// @ts-ignore: decorator
@inline function decayed(gradient: usize, weight: usize, decays: bool, decay: v128): v128 {
  const g = v128.load(gradient)
  return decays ? f32x4.add(g, f32x4.mul(decay, v128.load(weight))) : g
}

/** The moments of Adam, and what the weights are to be moved by. */
export function adam32(
  delta: usize, weights: usize, gradients: usize, first: usize, second: usize, n: i32,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, eps: f32, l2: f32, rate: f32, root: f32
): void {
  const b1 = f32x4.splat(beta1)
  const a1 = f32x4.splat(rest1)
  const b2 = f32x4.splat(beta2)
  const a2 = f32x4.splat(rest2)
  const e = f32x4.splat(eps)
  const decay = f32x4.splat(l2)
  const r = f32x4.splat(rate)
  const c = f32x4.splat(root)
  const decays = l2 != 0
  for (; n > 0; n -= 4, delta += 16, weights += 16, gradients += 16, first += 16, second += 16) {
    const g = decayed(gradients, weights, decays, decay)
    const m = canonical(f32x4.add(f32x4.mul(v128.load(first), b1), f32x4.mul(a1, g)))
    const v = canonical(f32x4.add(f32x4.mul(v128.load(second), b2), f32x4.mul(f32x4.mul(a2, g), g)))
    const d = canonical(f32x4.div(f32x4.mul(r, m), f32x4.add(f32x4.div(f32x4.sqrt(v), c), e)))
    if (n >= 4) {
      v128.store(first, m)
      v128.store(second, v)
      v128.store(delta, d)
    } else {
      put(first, m, n)
      put(second, v, n)
      put(delta, d, n)
    }
  }
}

// @ts-ignore: decorator
@inline const noBuffer: i32 = 0
// @ts-ignore: decorator
@inline const firstStep: i32 = 1

/** SGD. buffering: 0 no momentum, 1 the first step (the buffer becomes the gradient), 2 later ones. */
export function descend32(
  delta: usize, weights: usize, gradients: usize, buffer: usize, n: i32, buffering: i32, nesterov: bool,
  momentum: f32, damp: f32, l2: f32, rate: f32
): void {
  const mu = f32x4.splat(momentum)
  const rest = f32x4.splat(damp)
  const decay = f32x4.splat(l2)
  const r = f32x4.splat(rate)
  const decays = l2 != 0
  for (; n > 0; n -= 4, delta += 16, weights += 16, gradients += 16, buffer += 16) {
    let g = decayed(gradients, weights, decays, decay)
    if (buffering != noBuffer) {
      let s = g
      if (buffering != firstStep) s = f32x4.add(f32x4.mul(v128.load(buffer), mu), f32x4.mul(rest, g))
      s = canonical(s)
      put(buffer, s, n)
      g = nesterov ? f32x4.add(g, f32x4.mul(mu, s)) : s
    }
    put(delta, canonical(f32x4.mul(r, g)), n)
  }
}

/**
 * weights = weights · decay + delta; without `decays` weights + delta. Two counts go to `results` as int32: updates that are
 * not 0, and those that left their weight as it was.
 */
export function move32(weights: usize, delta: usize, n: i32, decays: bool, decay: f32): void {
  const c = f32x4.splat(decay)
  let updates = i32x4.splat(0)
  let lost = i32x4.splat(0)
  for (; n > 0; n -= 4, weights += 16, delta += 16) {
    const old = v128.load(weights)
    let d = v128.load(delta)
    // Behind the last value zeros are taken: they count for nothing.
    if (n < 4) d = v128.and(d, firstLanes(n))
    const now = f32x4.add(decays ? f32x4.mul(old, c) : old, d)
    put(weights, canonical(now), n)
    const counted = f32x4.ne(d, f32x4.splat(0))
    updates = i32x4.sub(updates, counted)
    lost = i32x4.sub(lost, v128.and(counted, f32x4.eq(old, now)))
  }
  store<i32>(results, sumOfLanes(updates))
  store<i32>(results, sumOfLanes(lost), 4)
}
