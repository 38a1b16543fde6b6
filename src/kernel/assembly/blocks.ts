/** Float32 values to block formats: a scale a block, the elements, and what they stand for. */
import { draws, held, stretch } from './buffers'
import { fillDraws } from './philox'

// @ts-ignore: decorator
@inline const sizes: i32 = 0x7fffffff
// @ts-ignore: decorator
@inline const infinity: i32 = 0x7f800000
// @ts-ignore: decorator
@inline const nan32: i32 = 0x7fc00000

// The format and the scale rule in force, set before each call.
let powers: bool = true
/** Largest sizes with bits above this make a block NaN. */
let limit: i32 = 0
let added: i32 = 0
let lowered: i32 = 0
let reciprocal: f32 = 0
let multiplier: f32 = 0
let tensor: f32 = 0
let least: i32 = 0
let greatest: i32 = 0
let digits: i32 = 0
let largestElement: f32 = 0
let minusZero: bool = true

/**
 * Scales. power: powers of two; the code is the exponent field of (bits of the largest size + add) less `lower`, of the size
 * times `ratio` where that is not 0. Else E4M3: the largest size times `factor`; `whole` multiplies them all. Elements: as
 * for `nearest32`, with emin + 1 − precision >= −126. Blocks whose largest size has bits above `beyond` are NaN.
 */
export function setBlocks(
  power: bool, beyond: i32, add: i32, lower: i32, ratio: f32, factor: f32, whole: f32,
  emin: i32, emax: i32, precision: i32, top: f32, hasMinusZero: bool
): void {
  powers = power
  limit = beyond
  added = add
  lowered = lower
  reciprocal = ratio
  multiplier = factor
  tensor = whole
  least = (emin + 127) << 23
  greatest = (emax + 128) << 23
  digits = precision
  largestElement = top
  minusZero = hasMinusZero
}

// @ts-ignore: decorator
@inline function sizeAt(at: usize): v128 {
  return v128.and(v128.load(at), i32x4.splat(sizes))
}
// @ts-ignore: decorator
@inline function largestOf16(at: usize): v128 {
  return i32x4.max_s(i32x4.max_s(sizeAt(at), sizeAt(at + 16)), i32x4.max_s(sizeAt(at + 32), sizeAt(at + 48)))
}
/** The largest of four, in all lanes. */
// @ts-ignore: decorator
@inline function spread(x: v128): v128 {
  const y = i32x4.max_s(x, v128.shuffle<u32>(x, x, 2, 3, 0, 1))
  return i32x4.max_s(y, v128.shuffle<u32>(y, y, 1, 0, 3, 2))
}

/** Bits of the largest size of n values, or `so` if that is larger; those of a NaN are larger than all others. */
export function largestBits(at: usize, n: i32, so: i32): i32 {
  let m = i32x4.splat(so)
  const end = at + (<usize>(n & ~3) << 2)
  for (; at < end; at += 16) m = i32x4.max_s(m, sizeAt(at))
  for (n &= 3; n > 0; n--, at += 4) m = i32x4.max_s(m, i32x4.splat(load<i32>(at) & sizes))
  return i32x4.extract_lane(spread(m), 0)
}

/** Of exponent codes 0 … 254 of e8m0: the powers of two. */
// @ts-ignore: decorator
@inline function powerOf(code: v128): v128 {
  return v128.or(i32x4.shl(code, 23), v128.and(i32x4.eq(code, i32x4.splat(0)), i32x4.splat(0x400000)))
}

/** The e8m0 code of a block, from the bits of its largest size, which is finite. */
// @ts-ignore: decorator
@inline function codeOf(amax: v128): v128 {
  const x = reciprocal != 0 ? f32x4.mul(amax, f32x4.splat(reciprocal)) : amax
  // Up to 2^-127 there is but one code. Above, among the subnormals, the field 1 is reached as it is among the normals.
  const field = v128.andnot(
    i32x4.shr_u(i32x4.add(x, i32x4.splat(added)), 23), i32x4.le_s(x, i32x4.splat(0x400000))
  )
  return i32x4.min_s(i32x4.max_s(i32x4.sub(field, i32x4.splat(lowered)), i32x4.splat(0)), i32x4.splat(254))
}

/** E4M3, nearest-even, of sizes up to 448, what is larger as 448; NaN stays. */
// @ts-ignore: decorator
@inline function e4m3(size: v128): v128 {
  const x = f32x4.pmin(size, f32x4.splat(448))
  const exponent = i32x4.max_s(v128.and(x, i32x4.splat(infinity)), i32x4.splat(121 << 23))
  const c = i32x4.add(exponent, i32x4.splat(20 << 23))
  return f32x4.sub(f32x4.add(x, c), c)
}

let key0: i32 = 0
let key1: i32 = 0

/** Draws from `index` on for up to 1021 values: where the first of them is. */
function drawFrom(index: u64): usize {
  const counter = index >> 2
  // Counters of one call share the upper half.
  const same: u64 = 0x100000000 - (counter & 0xffffffff)
  if (same >= <u64>(stretch >> 2)) fillDraws(draws, stretch, counter, key0, key1)
  else {
    fillDraws(draws, <i32>same << 2, counter, key0, key1)
    fillDraws(draws + (<usize>same << 4), stretch - (<i32>same << 2), counter + same, key0, key1)
  }
  return draws + ((<usize>index & 3) << 2)
}

/** A short block goes by way of these: its values with zeros behind them, its results, its elements. */
const tail: usize = memory.data(128, 64)
const tailTo: usize = memory.data(128, 64)
const tailElements: usize = memory.data(128, 64)

function fillNaN(to: usize, elements: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    store<i32>(to + i, nan32)
    if (elements != 0) store<i32>(elements + i, nan32)
  }
}

// Elements as in quantize32.ts, with what lies beyond the largest at the largest. The value times its block's factor is
// exact but for results far below the quantum, which only a draw of 0 may raise: `tiny` keeps them from being 0.

// @ts-ignore: decorator
@inline function rows(
  stochastic: bool, to: usize, from: usize, elements: usize, scales: usize, count: i32, columns: i32, size: i32, index: u64
): void {
  const low = held(i32x4.splat(least))
  const high = held(i32x4.splat(greatest))
  const top = held(f32x4.splat(largestElement))
  const signs = held(i32x4.splat(~sizes))
  const zeros = held(i32x4.splat(minusZero ? -1 : 0))
  const raise = held(i32x4.splat((24 - digits) << 23))
  const lift = held(i32x4.splat((253 + digits) << 23))
  const drop = held(i32x4.splat((digits - 1) << 23))
  const tiny = held(i32x4.splat(powers ? 1 : 0))
  let drawn: i32 = 0
  let d: usize = draws
  for (; count > 0; count--)
    for (let left = columns; left > 0; left -= size) {
      const n = min(left, size)
      const bytes = <usize>n << 2
      let source = from
      let target = to
      let bare = elements
      if (n < size) {
        memory.fill(tail, 0, 128)
        memory.copy(tail, from, bytes)
        source = tail
        target = tailTo
        if (elements != 0) bare = tailElements
      }
      let amax = largestOf16(source)
      if (size == 32) amax = i32x4.max_s(amax, largestOf16(source + 64))
      amax = spread(amax)
      let scale: v128
      let encode: v128
      let decode: v128
      if (powers) {
        const code = codeOf(amax)
        scale = powerOf(code)
        encode = powerOf(i32x4.sub(i32x4.splat(254), code))
        decode = scale
      } else {
        scale = e4m3(f32x4.mul(amax, f32x4.splat(multiplier)))
        decode = f32x4.mul(scale, f32x4.splat(tensor))
        encode = f32x4.pmin(f32x4.div(f32x4.splat(1), decode), f32x4.splat(f32.MAX_VALUE))
      }
      if (stochastic) {
        if (drawn < n) {
          d = drawFrom(index)
          drawn = stretch - 3
        }
        index += n
      }
      if (i32x4.extract_lane(amax, 0) > limit) {
        fillNaN(to, elements, n)
        if (scales != 0) store<i32>(scales, nan32)
      } else {
        if (scales != 0) v128.store32_lane(scales, scale, 0)
        const end = <usize>size << 2
        for (let p: usize = 0; p < end; p += 16) {
          const x = v128.load(source + p)
          let y = v128.and(f32x4.mul(x, encode), i32x4.splat(sizes))
          const exponent = v128.and(y, i32x4.splat(infinity))
          let r: v128
          if (stochastic) {
            y = i32x4.max_s(y, v128.and(i32x4.gt_s(v128.and(x, i32x4.splat(sizes)), i32x4.splat(0)), tiny))
            const kept = i32x4.min_s(i32x4.max_s(exponent, low), high)
            const quanta = f32x4.mul(y, i32x4.sub(lift, kept))
            const lower = f32x4.floor(quanta)
            const rest = f32x4.mul(f32x4.sub(quanta, lower), f32x4.splat(16777216))
            const u = v128.load(d + p)
            const v = f32x4.convert_i32x4_s(i32x4.shr_u(u, 8))
            const w = f32x4.mul(f32x4.convert_i32x4_s(v128.and(u, i32x4.splat(255))), f32x4.splat(0.00390625))
            const away = v128.and(f32x4.lt(w, f32x4.sub(rest, v)), f32x4.splat(1))
            r = f32x4.mul(f32x4.add(lower, away), i32x4.sub(kept, drop))
          } else {
            const c = i32x4.add(i32x4.min_s(i32x4.max_s(exponent, low), high), raise)
            r = f32x4.sub(f32x4.add(y, c), c)
          }
          r = f32x4.pmin(r, top)
          r = v128.or(r, v128.and(v128.and(x, signs), v128.or(zeros, f32x4.ne(r, f32x4.splat(0)))))
          if (elements != 0) v128.store(bare + p, r)
          v128.store(target + p, f32x4.mul(r, decode))
        }
        if (n < size) {
          memory.copy(to, tailTo, bytes)
          if (elements != 0) memory.copy(elements, tailElements, bytes)
        }
      }
      d += bytes
      drawn -= n
      from += bytes
      to += bytes
      if (elements != 0) elements += bytes
      if (scales != 0) scales += 4
    }
}

/**
 * Blocks of `size` (16 or 32) values, which end with each of `count` rows of `columns`: values to `to`, and where the address
 * is not 0, elements and float32 scales. Each may be where the values come from, but for the scales. Nearest-even.
 */
export function blocks32(
  to: usize, from: usize, elements: usize, scales: usize, count: i32, columns: i32, size: i32
): void {
  rows(false, to, from, elements, scales, count, columns, size, 0)
}

/** The same, stochastic, with the draws from `index` on. */
export function stochasticBlocks32(
  to: usize, from: usize, elements: usize, scales: usize, count: i32, columns: i32, size: i32, index: f64, k0: i32, k1: i32
): void {
  key0 = k0
  key1 = k1
  rows(true, to, from, elements, scales, count, columns, size, <u64>index)
}

/** Codes of one byte, n at `at`, from sign and size to two's complement; n is rounded up to 16. */
export function twosComplement(at: usize, n: i32): void {
  const end = at + n
  for (; at < end; at += 16) {
    const x = v128.load(at)
    const sign = i8x16.shr_s(x, 7)
    v128.store(at, i8x16.sub(v128.xor(v128.and(x, i8x16.splat(0x7f)), sign), sign))
  }
}
