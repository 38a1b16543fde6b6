/** The closed set of mechanisms, loaded when one is used. */
import type { Runner } from './runner.js'

const runners: Readonly<Record<string, () => Promise<Runner>>> = {
  replay: async () => (await import('./replay.js')).replay,
  'number-line': async () => (await import('./number-line.js')).numberLine,
  summation: async () => (await import('./summation.js')).summation,
  rounding: async () => (await import('./rounding.js')).rounding,
  memory: async () => (await import('./memory.js')).memory,
  hardware: async () => (await import('./hardware.js')).hardware,
  speed: async () => (await import('./speed.js')).speed,
  evidence: async () => (await import('./evidence.js')).evidence,
  frameworks: async () => (await import('./frameworks.js')).frameworks,
  compression: async () => (await import('./compression.js')).compression,
  'gradient-accumulation': async () => (await import('./gradient-accumulation.js')).gradientAccumulation,
  'large-batch': async () => (await import('./large-batch.js')).largeBatch,
  'gradient-pipeline': async () => (await import('./gradient-pipeline.js')).gradientPipeline,
  clipping: async () => (await import('./clipping.js')).clipping,
  'scaling-myths': async () => (await import('./scaling-myths.js')).scalingMyths,
  cures: async () => (await import('./cures.js')).curesRunner,
  monitor: async () => (await import('./monitor.js')).monitorRunner,
  'training-step': async () => (await import('./training-step.js')).trainingStep,
  'scale-sweep': async () => (await import('./scale-sweep.js')).scaleSweep,
  'scale-collapse': async () => (await import('./scale-collapse.js')).collapse,
  'scaler-trace': async () => (await import('./scaler-trace.js')).scalerTrace,
  scaling: async () => (await import('./scaling.js')).scaling,
  'lost-updates': async () => (await import('./lost-updates.js')).lostUpdates,
  'master-weights': async () => (await import('./master-weights.js')).masterWeights,
  'stochastic-rounding': async () => (await import('./stochastic-rounding.js')).stochasticRounding,
  'fine-tuning': async () => (await import('./fine-tuning.js')).fineTuning,
  'adam-epsilon': async () => (await import('./adam-epsilon.js')).adamEpsilon,
  'weight-decay': async () => (await import('./weight-decay.js')).weightDecay,
  autocast: async () => (await import('./autocast.js')).autocast,
  'forward-overflow': async () => (await import('./forward-overflow.js')).forwardOverflow,
  'fp8-scaling': async () => (await import('./fp8-scaling.js')).fp8Scaling,
  train: async () => (await import('./train.js')).trainRunner,
  'tensor-core': async () => (await import('./tensor-core.js')).tensorCoreRunner,
  'mx-blocks': async () => (await import('./mx-blocks.js')).mxBlocks,
  saturation: async () => (await import('./saturation.js')).saturation,
}

export const runnerNames: readonly string[] = Object.keys(runners)

/** The runner of a name, or undefined. */
export const loadRunner = async (name: string): Promise<Runner | undefined> =>
  Object.hasOwn(runners, name) ? runners[name]?.() : undefined
