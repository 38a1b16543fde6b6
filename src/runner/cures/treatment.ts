/** What is done against numerical failures, as data: one record of dials a cure. */
import type { Keeping } from '../../train/weights.js'

/** The dials that the experiments read. An experiment that has no use for a dial is not changed by it. */
export interface Treatment {
  /** Of weights, activations and gradients. */
  readonly format: 'fp16' | 'bf16'
  /** Dynamic loss scaling, as PyTorch's GradScaler. */
  readonly scaling: boolean
  readonly keeping: Keeping
  /** Partial sums in FP32; what is stored is in `format` again, as on a tensor core with 16-bit output. */
  readonly wideSums: boolean
  /** Autocast: operations on its FP32 list run and store in FP32. */
  readonly autocast: boolean
  /** Every rounding to `format` is stochastic. */
  readonly stochastic: boolean
  /** Sums carry what was rounded away, in `format`. */
  readonly kahan: boolean
  /** The gradient's norm is cut to 1 before the step. */
  readonly clip: boolean
}

/** All in FP16, and nothing done. */
export const untreated: Treatment = {
  format: 'fp16',
  scaling: false,
  keeping: 'plain',
  wideSums: false,
  autocast: false,
  stochastic: false,
  kahan: false,
  clip: false,
}

/** One cure each: a column of the matrix. */
export const cures = {
  scaling: { ...untreated, scaling: true },
  master: { ...untreated, keeping: 'master' },
  sums: { ...untreated, wideSums: true },
  autocast: { ...untreated, autocast: true },
  bf16: { ...untreated, format: 'bf16' },
  stochastic: { ...untreated, stochastic: true, keeping: 'stochastic' },
  kahan: { ...untreated, kahan: true, keeping: 'kahan' },
  clipping: { ...untreated, clip: true },
} as const satisfies Readonly<Record<string, Treatment>>

/** Cures that are used together. */
export const recipes = {
  amp: { ...untreated, scaling: true, keeping: 'master', wideSums: true, autocast: true },
  bf16Amp: { ...untreated, format: 'bf16', keeping: 'master', wideSums: true, autocast: true },
} as const satisfies Readonly<Record<string, Treatment>>

export type CureName = keyof typeof cures
export type RecipeName = keyof typeof recipes

export const cureNames = Object.keys(cures) as CureName[]

/** The operations that the experiments run; those that autocast moves to FP32 (ATen/autocast_mode.h). */
export type Operation = 'matmul' | 'pow' | 'exp' | 'sum'
const wideOperations: readonly Operation[] = ['pow', 'exp', 'sum']

/** The format in which an operation runs and stores. */
export const formatOf = (t: Treatment, operation: Operation): 'fp16' | 'bf16' | 'fp32' =>
  t.autocast && wideOperations.includes(operation) ? 'fp32' : t.format
