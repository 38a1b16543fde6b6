/** sin and cos: NativeMath up to 2^20 · pi/2, and beyond it with a reduction of our own. */

// NativeMath's reduction keeps about 64 bits of the quotient there, too few where x is close to a multiple of pi/2: its
// cos of 6381956970095103 · 2^797 was off by 25,000 ulp.
import { halfPi, twoOverPi } from './two-over-pi'

const limit: f64 = 1647099

/** The high 64 bits of a · b. */
function high(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff
  const a1 = a >> 32
  const b0 = b & 0xffffffff
  const b1 = b >> 32
  const middle = a1 * b0 + ((a0 * b0) >> 32)
  const other = a0 * b1 + (middle & 0xffffffff)
  return a1 * b1 + (middle >> 32) + (other >> 32)
}

/** 64 bits of the digits of 2/pi, from bit `at` of the table on. */
function digits(at: i32): u64 {
  const word = at >> 6
  const shift = <u64>(at & 63)
  const upper = unchecked(twoOverPi[word]) << shift
  return shift == 0 ? upper : upper | (unchecked(twoOverPi[word + 1]) >> (64 - shift))
}

// |x| = quadrant · pi/2 ± (rest + tail), rest + tail in [0, pi/4].
let quadrant: u64 = 0
let rest: f64 = 0
let tail: f64 = 0
let negative: bool = false

/** Payne and Hanek: |x| · 2/pi modulo 4 with 190 bits after the point; no float64 comes closer to a multiple than 2^-62. */
function reduce(x: f64): void {
  const bits = reinterpret<u64>(x) & 0x7fffffffffffffff
  const m = (bits & 0xfffffffffffff) | 0x10000000000000
  // |x| = m · 2^e. Digits of 2/pi before place e − 1 contribute multiples of 4; place 1 is bit 64 of the table.
  const e = <i32>(bits >> 52) - 1075
  const at = e - 1 + 63
  const w0 = digits(at)
  const w1 = digits(at + 64)
  const w2 = digits(at + 128)
  let r2 = m * w2
  const carried = high(m, w2)
  let r1 = m * w1 + carried
  let r0 = m * w0 + high(m, w1) + u64(r1 < carried)
  quadrant = r0 >> 62
  r0 = (r0 << 2) | (r1 >> 62)
  r1 = (r1 << 2) | (r2 >> 62)
  r2 = r2 << 2
  negative = r0 >> 63 != 0
  if (negative) {
    // The nearer multiple lies above: 1 − fraction. The last bit of the 192 does not matter, so no carry.
    quadrant++
    r0 = ~r0
    r1 = ~r1
    r2 = ~r2
  }
  let zeros: u64 = 0
  if (r0 == 0) {
    zeros = 64
    r0 = r1
    r1 = r2
  }
  const shift = clz(r0)
  zeros += shift
  if (shift > 0) r0 = (r0 << shift) | (r1 >> (64 - shift))
  // fraction · pi/2 with 63 bits: (r0 · 2^-64) · (halfPi · 2^-63) · 2^-zeros.
  let product = high(r0, halfPi)
  if (product >> 63 == 0) {
    product = (product << 1) | ((r0 * halfPi) >> 63)
    zeros++
  }
  const unit = reinterpret<f64>((1023 - 63 - zeros) << 52)
  rest = <f64>(product >> 11) * 2048 * unit
  tail = <f64>(product & 0x7ff) * unit
}

function sinOfRest(): f64 {
  const value = NativeMath.sin(rest) + tail * NativeMath.cos(rest)
  return negative ? -value : value
}

function cosOfRest(): f64 {
  return NativeMath.cos(rest) - tail * NativeMath.sin(rest)
}

export function sin(x: f64): f64 {
  if (!(abs(x) >= limit) || abs(x) == Infinity) return NativeMath.sin(x)
  reduce(x)
  const value = quadrant & 1 ? cosOfRest() : sinOfRest()
  return (quadrant & 2) != 0 != x < 0 ? -value : value
}

export function cos(x: f64): f64 {
  if (!(abs(x) >= limit) || abs(x) == Infinity) return NativeMath.cos(x)
  reduce(x)
  const value = quadrant & 1 ? -sinOfRest() : cosOfRest()
  return (quadrant & 2) != 0 ? -value : value
}
