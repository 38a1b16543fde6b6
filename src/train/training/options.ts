/** What a training is told besides its task and its recipe, and what it remembers. */
import type { ClipMethod } from '../clip.js'
import type { Hyper, OptimizerName } from '../optimizer.js'
import type { Shown } from '../task.js'

export interface TrainOptions {
  readonly seed: number
  readonly steps: number
  /** Samples of an update, of all workers and micro-batches together. */
  readonly batch: number
  readonly optimizer: OptimizerName
  readonly hyper: Partial<Hyper>
  /** What the loss is multiplied by: its weight among others. Default 1. */
  readonly lossWeight?: number
  readonly clip?: { readonly max: number; readonly method: ClipMethod } | undefined
  /** Micro-batches to an update. Default 1. */
  readonly accumulate?: number
  /** Workers that share a batch and exchange their gradients. Default 1. */
  readonly workers?: number
  /** How they are exchanged, instead of as the recipe's `comm` says. */
  readonly compress?: string | undefined
  /** False: gradients are never cleared, as in a loop without zero_grad. Default true. */
  readonly clear?: boolean
  /** Gradients are counted by power of two in each step whose number is a multiple of this; 0: never. Default 0. */
  readonly every?: number
  /** Of the loss-scale policy, over those of the recipe. */
  readonly scaling?: Readonly<Record<string, number | string | boolean>>
}

/** Of one step each; NaN where there was none. */
export interface History {
  /** Of each phase, before any scale or weight. */
  readonly losses: readonly Float64Array[]
  readonly scale: Float64Array
  /** 1: no update was made, for a gradient was not finite. */
  readonly skipped: Uint8Array
  /** The same for each phase: an optimizer is skipped for its own gradients alone, the scale falls once. */
  readonly skippedBy: readonly Uint8Array[]
  /** 1: a gradient was Inf or NaN. */
  readonly overflow: Uint8Array
  /** The share of all gradient values rounded that became 0 by it. */
  readonly lost: Float64Array
  /** The share of updates other than 0 that left their weight as it was. */
  readonly lostUpdates: Float64Array
  /** Of all gradients, unscaled and not yet clipped. */
  readonly norm: Float64Array
}

/** Gradients of a tensor by power of two: counts[i] of them have the exponent from + i. */
export interface TensorCounts {
  readonly kind: 'weights' | 'activations'
  readonly tensor: string
  readonly zeros: number
  readonly nonfinite: number
  readonly from: number
  readonly counts: readonly number[]
  readonly largest: number
}

export interface StepCounts {
  readonly step: number
  readonly tensors: readonly TensorCounts[]
}

/** What a run was. Plain data: it goes between threads. */
export interface Trained {
  readonly name: string
  readonly steps: number
  /** Their names, '' where there is only one. */
  readonly phases: readonly string[]
  readonly history: History
  readonly measures: Readonly<Record<string, number>>
  readonly shown: readonly Shown[]
  readonly counts: readonly StepCounts[]
  readonly parameters: number
  /** Bytes a parameter: weights with what keeps small updates, gradients, states. */
  readonly bytes: number
  /** Since this step the weights are not finite; undefined: they are. */
  readonly brokenAt: number | undefined
  /** The step at which the scaler gave up, as its framework does; undefined: it did not. */
  readonly gaveUpAt: number | undefined
  /** Counts over the run: gradient values rounded, of those lost; updates other than 0, of those lost (NaN: not told). */
  readonly totals: {
    readonly gradients: number
    readonly lost: number
    readonly updates: number
    readonly lostUpdates: number
  }
  readonly finalScale: number
  /** Bytes that a worker gave in an exchange, the mean over the run; 0 with one worker. */
  readonly sent: number
}
