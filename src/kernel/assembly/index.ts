/** What the module exports. The accuracy of each function is stated, and measured, in ../kernel.ts and its test. */
export { erf } from './erf'
export { cos, sin } from './sincos'

export function exp(x: f64): f64 {
  return NativeMath.exp(x)
}

export function expm1(x: f64): f64 {
  return NativeMath.expm1(x)
}

export function log(x: f64): f64 {
  return NativeMath.log(x)
}

export function log1p(x: f64): f64 {
  return NativeMath.log1p(x)
}

export function tanh(x: f64): f64 {
  return NativeMath.tanh(x)
}
