/** One rounding of a float64, any format and mode: the rules of format/round.ts, for the kernels that are not hurried. */
import { draws, stretch } from './buffers'
import { fillDraws } from './philox'

const nearestEven: i32 = 0
const nearestAway: i32 = 1
const towardZero: i32 = 2
const up: i32 = 3
const down: i32 = 4
const toOdd: i32 = 5
const stochastic: i32 = 6

// The format and the options in force, set before each call of a kernel that rounds.
let smallestNormal: f64 = 0
/** 2^(1 − p): the quantum of a binade is its power of two times this. */
let epsilon: f64 = 0
let single: bool = false
let bias: i32 = 0
let top: f64 = 0
let isSigned: bool = true
let subnormals: bool = true
let minusZero: bool = true
let mode: i32 = 0
let saturate: bool = false
/** What an overflow gives under 'ieee': Inf, NaN or the largest finite. */
let beyond: f64 = 0

export function setRounding(
  tiny: f64, eps: f64, largest: f64, overflow: f64, exponentBias: i32,
  hasSign: bool, hasSubnormals: bool, hasMinusZero: bool, rounding: i32, saturates: bool
): void {
  smallestNormal = tiny
  epsilon = eps
  single = eps == 1
  top = largest
  beyond = overflow
  bias = exponentBias
  isSigned = hasSign
  subnormals = hasSubnormals
  minusZero = hasMinusZero
  mode = rounding
  saturate = saturates
}

/** x rounded as set; `draw` in [0, 1) counts where the rounding is stochastic. */
export function roundOnce(x: f64, draw: f64): f64 {
  if (x != x) return NaN
  if (x == 0) return subnormals ? (minusZero ? x : 0) : smallestNormal
  const negative = x < 0
  if (negative && !isSigned) return NaN
  const size = abs(x)
  let value = size
  if (size == Infinity) value = saturate ? top : beyond
  else if (size < smallestNormal && !subnormals) return smallestNormal
  else {
    const power = max(reinterpret<f64>(reinterpret<i64>(size) & 0x7ff0000000000000), smallestNormal)
    const quantum = power * epsilon
    // Exact: a quotient by a power of two that is neither too large nor too small.
    const quanta = size / quantum
    const lower = floor(quanta)
    const rest = quanta - lower
    if (rest != 0) {
      // With a single significand bit, even and odd are those of the code, which counts exponents.
      const odd = single
        ? ((<i32>(reinterpret<i64>(power) >> 52) - 1023 + bias) & 1) != 0
        : (<i64>lower & 1) != 0
      let away = false
      if (mode == nearestEven) away = rest > 0.5 || (rest == 0.5 && odd)
      else if (mode == nearestAway) away = rest >= 0.5
      else if (mode == up) away = !negative
      else if (mode == down) away = negative
      else if (mode == toOdd) away = !odd
      else if (mode == stochastic) away = draw < rest
      value = (away ? lower + 1 : lower) * quantum
    }
    if (value > top) {
      const inward = mode == towardZero || mode == toOdd || mode == (negative ? up : down)
      value = saturate || inward ? top : beyond
    }
  }
  if (value != value) return NaN
  return negative && (value != 0 || minusZero) ? -value : value
}

/** n float64 values at `at`, in place. Stochastic: with the draws from `index` (a multiple of 1024) on. */
export function plain64(at: usize, n: i32, index: f64, k0: i32, k1: i32): void {
  let counter = <u64>index >> 2
  for (; n > 0; n -= stretch) {
    const count = min(n, stretch)
    if (mode == stochastic) fillDraws(draws, count, counter, k0, k1)
    counter += stretch >> 2
    for (let i = 0; i < count; i++, at += 8) {
      const draw = mode == stochastic ? <f64>load<u32>(draws + (<usize>i << 2)) * 2.3283064365386963e-10 : 0
      const value = roundOnce(load<f64>(at), draw)
      // By integers: a NaN that passes through a float register may change its bits.
      store<i64>(at, value == value ? reinterpret<i64>(value) : 0x7ff8000000000000)
    }
  }
}

/** The same for float32 values. */
export function plain32(at: usize, n: i32, index: f64, k0: i32, k1: i32): void {
  let counter = <u64>index >> 2
  for (; n > 0; n -= stretch) {
    const count = min(n, stretch)
    if (mode == stochastic) fillDraws(draws, count, counter, k0, k1)
    counter += stretch >> 2
    for (let i = 0; i < count; i++, at += 4) {
      const draw = mode == stochastic ? <f64>load<u32>(draws + (<usize>i << 2)) * 2.3283064365386963e-10 : 0
      const value = roundOnce(<f64>load<f32>(at), draw)
      store<i32>(at, value == value ? reinterpret<i32>(<f32>value) : 0x7fc00000)
    }
  }
}
