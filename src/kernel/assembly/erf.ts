/** The error function: a polynomial beside 0, one per eighth up to 6, then 1. */
import { small, table } from './erf-table'

// Numbers per interval in the table: head, tail and the coefficients.
const row: i32 = 12

export function erf(x: f64): f64 {
  const size = abs(x)
  if (size < 0.25) {
    const s = x * x
    let q = unchecked(small[7])
    for (let i = 6; i >= 0; i--) q = q * s + unchecked(small[i])
    return x + x * q
  }
  if (isNaN(x)) return x
  // erf(5.93) is nearer to 1 than to any other float64.
  if (size >= 6) return copysign<f64>(1, x)
  const k = <i32>(size * 8)
  // Exact: size and the middle of its interval are within a factor of two.
  const t = size - (<f64>k + 0.5) * 0.125
  const at = (k - 2) * row
  let p = unchecked(table[at + row - 1])
  for (let i = row - 2; i >= 2; i--) p = p * t + unchecked(table[at + i])
  return copysign<f64>(unchecked(table[at]) + (unchecked(table[at + 1]) + t * p), x)
}
