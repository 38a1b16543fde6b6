/** What the module exports. The accuracy of each function is stated, and measured, in ../kernel.ts and its test. */
export {
  exp32, expBackward32, gelu32, geluBackward32, geluTanh32, geluTanhBackward32, sigmoid32, sigmoidBackward32, tanh32,
  tanhBackward32
} from './activations'
export { blocks32, largestBits, setBlocks, stochasticBlocks32, twosComplement } from './blocks'
export { blockA, blockB, histograms, panelsA, panelsB, results, sums, totals } from './buffers'
export { codes32, codesE8m0, hasNaN32, narrow, values32 } from './codes'
export { canonicalSlab, countedSame32, countedStochastic32, countedStochasticWide32, countNearest32 } from './counted'
export {
  add32, addRow32, axpy32, copyRows32, countNonfinite32, dropout32, fill32, mul32, mulRow32, relu32, reluBackward32, scale32,
  squaredError32, sub32, subScale32, sum32, sumOfSquares32, sumRows32, transpose32
} from './elementwise'
export { erf } from './erf'
export { clearSums, clearTotals, gemm32, gemmRounded, packColumns, packRows, promote, setAccumulator, survey, wholeGemm32 } from './gemm'
export { product32, productTiled, surveySlab } from './product'
export { countedNearestFrom32, nearestFrom32, nearestWideFrom32 } from './hurried'
export { adam32, descend32, move32 } from './optimize'
export { adamNarrow, descendNarrow, moveKahan, moveNarrow, moveStochastic, setNarrow } from './optimize-narrow'
export { fillDraws } from './philox'
export { canonical32, nearest32, nearestE8m0, nearestWide32, stochastic32, stochasticWide32 } from './quantize32'
export { nearest64 } from './quantize64'
export { tally64 } from './tally'
export { packTensorCore, setTensorCore, tensorCoreTile } from './tensor-core'
export { plain32, plain64, roundOnce, setRounding } from './rounding'
export {
  crossEntropyBackward32, layerNorm32, layerNormBackward32, logSoftmax32, logSoftmaxBackward32, softmax32, softmaxBackward32
} from './rows'
export { cos, sin } from './sincos'
export {
  averagePool32, averagePoolBackward32, fold32, gather32, maxPool32, maxPoolBackward32, scatterAdd32, unfold32
} from './windows'

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
