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
  'scaling-myths': async () => (await import('./scaling-myths.js')).scalingMyths,
  cures: async () => (await import('./cures.js')).curesRunner,
  'training-step': async () => (await import('./training-step.js')).trainingStep,
  'scale-sweep': async () => (await import('./scale-sweep.js')).scaleSweep,
  'scale-collapse': async () => (await import('./collapse.js')).collapse,
  'scaler-trace': async () => (await import('./scaler-trace.js')).scalerTrace,
  scaling: async () => (await import('./scaling.js')).scaling,
  'lost-updates': async () => (await import('./lost-updates.js')).lostUpdates,
  'master-weights': async () => (await import('./master-weights.js')).masterWeights,
  'stochastic-rounding': async () => (await import('./stochastic-rounding.js')).stochasticRounding,
  'fine-tuning': async () => (await import('./fine-tuning.js')).fineTuning,
  'adam-epsilon': async () => (await import('./adam-epsilon.js')).adamEpsilon,
  'weight-decay': async () => (await import('./weight-decay.js')).weightDecay,
}

export const runnerNames: readonly string[] = Object.keys(runners)

/** The runner of a name, or undefined. */
export const loadRunner = async (name: string): Promise<Runner | undefined> =>
  Object.hasOwn(runners, name) ? runners[name]?.() : undefined
