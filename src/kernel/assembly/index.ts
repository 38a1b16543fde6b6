/** What the module exports. The accuracy of each function is stated, and measured, in ../kernel.ts and its test. */
export { blockA, blockB, histograms, panelsA, panelsB, results, sums, totals } from './buffers'
export { codes32, codesE8m0, hasNaN32, narrow, values32 } from './codes'
export { erf } from './erf'
export { clearSums, clearTotals, gemm32, gemmRounded, packColumns, packRows, promote, setAccumulator, survey, wholeGemm32 } from './gemm'
export { fillDraws } from './philox'
export { canonical32, nearest32, nearestE8m0, nearestWide32, stochastic32, stochasticWide32 } from './quantize32'
export { nearest64 } from './quantize64'
export { tally64 } from './tally'
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
