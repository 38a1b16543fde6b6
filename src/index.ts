/** The public library, on one screen. Exactness, errors and sources are told beside each function. */
export { uniform } from './data/rng.js'
export { type ErrorCode, FpsimError } from './errors.js'
export { type Arithmetic, type ArithmeticOptions, arithmetic, type Flagged } from './format/arithmetic.js'
export { formats } from './format/catalog.js'
export { decode } from './format/decode.js'
export { encode } from './format/encode.js'
export type { Fate, Format, Rounding, Specials } from './format/format.js'
export { format } from './format/parse.js'
export { fate, type Overflow, type RoundOptions, round } from './format/round.js'
export { type DotOptions, dot } from './kernel/dot.js'
export { gemm } from './kernel/gemm.js'
export { type QuantizeOptions, quantize } from './kernel/quantize.js'
export { type QuantizeBlocksOptions, type QuantizedBlocks, quantizeBlocks } from './kernel/quantize-blocks.js'
export { type RenderOptions, render } from './render/render.js'
export type { Block, Finding, Result } from './result/result.js'
export { runScenario } from './scenario/library.js'
export { type GradScaler, type GradScalerConfig, gradScaler, type ScaledOptimizer } from './train/grad-scaler.js'
export {
  type LossScaleConfig,
  type LossScaler,
  lossScaler,
  type ScaleState,
  type ScaleStep,
} from './train/loss-scale.js'
