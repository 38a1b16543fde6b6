/** What the module exports. The accuracy of each function is stated, and measured, in ../kernel.ts and its test. */
export { blockA, blockB, panelsA, panelsB, sums, totals } from './buffers'
export { erf } from './erf'
export { clearSums, clearTotals, gemm32, gemmRounded, packColumns, packRows, promote, setAccumulator, survey } from './gemm'
export { fillDraws } from './philox'
export { canonical32, nearest32, nearestE8m0, nearestWide32, stochastic32, stochasticWide32 } from './quantize32'
export { nearest64 } from './quantize64'
export { plain32, plain64, roundOnce, setRounding } from './rounding'
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
