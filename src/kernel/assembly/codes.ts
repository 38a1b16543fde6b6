/** From rounded float32 values to the codes of a format of up to 16 bits. */
import { blockA, blockB, held } from './buffers'

/** n float64 values of block A as float32, in place; they fit. */
export function narrow(n: i32): void {
  const end = blockA + (<usize>n << 3)
  let q = blockA
  for (let p = blockA; p < end; p += 32, q += 16) {
    const a = f32x4.demote_f64x2_zero(v128.load(p))
    const b = f32x4.demote_f64x2_zero(v128.load(p, 16))
    v128.store(q, v128.shuffle<u64>(a, b, 0, 2))
  }
}

// @ts-ignore: decorator
@inline function code4(
  at: usize, sizes: v128, one: v128, beyond: v128, offset: v128, shift: i32, signShift: i32, nanCode: v128, signMask: v128
): v128 {
  const x = v128.load(at)
  const size = v128.and(x, sizes)
  // Inf is what follows the largest finite. From 2^emin on, the bits less those of 2^(emin − 1) are exponent and fraction;
  // below, adding 2^emin moves the fraction into place.
  const normal = i32x4.sub(i32x4.min_s(size, beyond), offset)
  const subnormal = i32x4.sub(f32x4.add(size, one), one)
  let code = i32x4.shr_u(v128.bitselect(subnormal, normal, i32x4.lt_s(size, one)), shift)
  code = v128.or(code, v128.and(i32x4.shr_u(x, signShift), signMask))
  return v128.bitselect(code, nanCode, f32x4.eq(x, x))
}

// @ts-ignore: decorator
@inline function codes(
  n: i32, bytes: i32, emin: i32, emax: i32, shift: i32, signShift: i32, nanCode: i32
): void {
  const sizes = held(i32x4.splat(0x7fffffff))
  const one = held(i32x4.splat((emin + 127) << 23))
  const beyond = held(i32x4.splat((emax + 128) << 23))
  const offset = held(i32x4.splat((emin + 126) << 23))
  const signMask = held(i32x4.splat(1 << (31 - signShift)))
  const nan = held(i32x4.splat(nanCode))
  const end = blockA + (<usize>n << 2)
  let q = blockB
  for (let p = blockA; p < end; p += 32) {
    const a = code4(p, sizes, one, beyond, offset, shift, signShift, nan, signMask)
    const b = code4(p + 16, sizes, one, beyond, offset, shift, signShift, nan, signMask)
    const both = i16x8.narrow_i32x4_u(a, b)
    if (bytes == 2) {
      v128.store(q, both)
      q += 16
    } else {
      v128.store64_lane(q, i8x16.narrow_i16x8_u(both, both), 0)
      q += 8
    }
  }
}

// The formats that matter most by themselves: a shift by a constant is one instruction, by a variable four or five.

/**
 * Codes of n values of block A, to block B, in 1 or 2 bytes each. Values of the format only, NaN as `nanCode`. For formats
 * with subnormals that fit float32; emin >= −126.
 */
export function codes32(n: i32, emin: i32, emax: i32, precision: i32, width: i32, nanCode: i32): void {
  if (width == 16 && precision == 11) codes(n, 2, emin, emax, 13, 16, nanCode)
  else if (width == 16 && precision == 8) codes(n, 2, emin, emax, 16, 16, nanCode)
  else if (width == 8 && precision == 4) codes(n, 1, emin, emax, 20, 24, nanCode)
  else if (width == 8 && precision == 3) codes(n, 1, emin, emax, 21, 24, nanCode)
  else if (width > 8) codes(n, 2, emin, emax, 24 - precision, 32 - width, nanCode)
  else codes(n, 1, emin, emax, 24 - precision, 32 - width, nanCode)
}

/** Codes of n values of e8m0 in block A, to block B: the exponent fields. */
export function codesE8m0(n: i32): void {
  const end = blockA + (<usize>n << 2)
  let q = blockB
  for (let p = blockA; p < end; p += 32, q += 8) {
    const both = i16x8.narrow_i32x4_u(i32x4.shr_u(v128.load(p), 23), i32x4.shr_u(v128.load(p, 16), 23))
    v128.store64_lane(q, i8x16.narrow_i16x8_u(both, both), 0)
  }
}

/** Whether n values of block A hold a NaN. */
export function hasNaN32(n: i32): bool {
  let ordered = i32x4.splat(-1)
  let p = blockA
  const end = blockA + (<usize>(n & ~3) << 2)
  for (; p < end; p += 16) {
    const x = v128.load(p)
    ordered = v128.and(ordered, f32x4.eq(x, x))
  }
  if (!i32x4.all_true(ordered)) return true
  for (let i = n & ~3; i < n; i++, p += 4) {
    const x = load<f32>(p)
    if (x != x) return true
  }
  return false
}

// @ts-ignore: decorator
@inline function value4(
  to: usize, code: v128, shift: i32, bodyMask: v128, offset: v128, one: v128, signShift: i32, finite: v128, nanAbove: v128,
  nanCode: v128
): void {
  const body = v128.and(code, bodyMask)
  const bits = i32x4.shl(body, shift)
  // The steps of `code4` backwards.
  const subnormal = f32x4.sub(v128.or(bits, one), one)
  let r = v128.bitselect(subnormal, i32x4.add(bits, offset), i32x4.lt_s(bits, i32x4.splat(1 << 23)))
  // What follows the largest finite has no fraction: with the last exponent it is Inf.
  r = v128.or(r, v128.and(i32x4.gt_s(body, finite), i32x4.splat(0x7f800000)))
  r = v128.or(r, i32x4.shl(v128.andnot(code, bodyMask), signShift))
  const nan = v128.or(i32x4.gt_s(body, nanAbove), i32x4.eq(code, nanCode))
  v128.store(to, v128.bitselect(i32x4.splat(0x7fc00000), r, nan))
}

// @ts-ignore: decorator
@inline function values(
  n: i32, bytes: i32, emin: i32, shift: i32, signShift: i32, largest: i32, nanAbove: i32, nanCode: i32
): void {
  const mask = held(i32x4.splat((1 << (31 - signShift)) - 1))
  const offset = held(i32x4.splat((emin + 126) << 23))
  const one = held(i32x4.splat((emin + 127) << 23))
  const finite = held(i32x4.splat(largest))
  const above = held(i32x4.splat(nanAbove))
  const nan = held(i32x4.splat(nanCode))
  const end = blockA + (<usize>n << 2)
  let q = blockB
  for (let p = blockA; p < end; p += 32) {
    let codes: v128
    if (bytes == 2) {
      codes = v128.load(q)
      q += 16
    } else {
      codes = v128.load_ext<u8>(q)
      q += 8
    }
    const a = i32x4.extend_low_i16x8_u(codes)
    value4(p, a, shift, mask, offset, one, signShift, finite, above, nan)
    const b = i32x4.extend_high_i16x8_u(codes)
    value4(p + 16, b, shift, mask, offset, one, signShift, finite, above, nan)
  }
}

/**
 * Values of n codes of block B, of 1 or 2 bytes each, to block A: the formats of codes32. `largest` is the code of the
 * largest finite; above it is Inf, above `nanAbove` NaN, both without the sign; `nanCode`, with its sign, is NaN too, or −1.
 */
export function values32(
  n: i32, emin: i32, precision: i32, width: i32, largest: i32, nanAbove: i32, nanCode: i32
): void {
  if (width == 16 && precision == 11) values(n, 2, emin, 13, 16, largest, nanAbove, nanCode)
  else if (width == 16 && precision == 8) values(n, 2, emin, 16, 16, largest, nanAbove, nanCode)
  else if (width == 8 && precision == 4) values(n, 1, emin, 20, 24, largest, nanAbove, nanCode)
  else if (width == 8 && precision == 3) values(n, 1, emin, 21, 24, largest, nanAbove, nanCode)
  else if (width > 8) values(n, 2, emin, 24 - precision, 32 - width, largest, nanAbove, nanCode)
  else values(n, 1, emin, 24 - precision, 32 - width, largest, nanAbove, nanCode)
}
