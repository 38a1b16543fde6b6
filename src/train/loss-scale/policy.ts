/** What a loss-scale policy is: a row of facts, and the state that goes from step to step. */

/** A policy's configuration: one name a key for all frameworks. Their own names: scale-keys.ts. */
export interface LossScaleConfig {
  /** The scale before the first step. */
  readonly initScale?: number
  /** The scale grows by this factor. */
  readonly growthFactor?: number
  /** The scale shrinks by this factor after an overflow. */
  readonly backoffFactor?: number
  /** Clean steps until the scale grows. */
  readonly growthInterval?: number
  /** The floor; for fairseq the scale at which it gives up. */
  readonly minScale?: number
  /** The ceiling. */
  readonly maxScale?: number
  /** fairseq: the floor above the point where it gives up. */
  readonly thresholdScale?: number
  /** Every how-manieth overflow lowers the scale; when the count starts again differs. */
  readonly hysteresis?: number
  /** DeepSpeed: a clean step starts the count of overflows again, not only growth. */
  readonly consecutiveHysteresis?: boolean
  /** fairseq: the share of overflows since the last change that leaves the scale alone. */
  readonly tolerance?: number
  /** Paddle: this many overflows in a row lower the scale. */
  readonly decrEvery?: number
  /** te-delayed: how many amax values are remembered. */
  readonly history?: number
  /** te-delayed: powers of two kept free above the largest value expected. */
  readonly margin?: number
  /** te-delayed: which remembered amax counts. */
  readonly algo?: 'max' | 'most_recent'
  /** te-delayed: the FP8 format whose largest value amax is mapped to. */
  readonly format?: 'e4m3fn' | 'e5m2'
}

export type ConfigKey = keyof LossScaleConfig

/** What is remembered from step to step; never changed, only replaced. */
export interface ScaleState {
  /** The loss scale the next step uses. */
  readonly scale: number
  /** Clean steps counted toward the next growth. DeepSpeed counts from −1: its first growth comes one step late. */
  readonly tracker: number
  /** Overflows until the scale is lowered: what is left of the hysteresis. At 0 every overflow lowers it. */
  readonly left?: number
}

/** How a step ended: clean, overflowed, or the largest gradient magnitude, which means overflow iff it is not finite. */
export type ScaleStep = 'finite' | 'overflow' | { readonly amax: number }

/** How a policy moves. `amax` is Infinity after an overflow; only policies that need it may read it. */
export interface ScaleRule {
  init(): ScaleState
  next(state: ScaleState, overflow: boolean, amax: number): ScaleState
}

/** A policy: whose it is and how it differs from the others. What is special in words: text/, by name. */
export interface Policy {
  readonly name: string
  /** Project and class. */
  readonly title: string
  /** Where it was read: owner/repo:path. */
  readonly source: string
  readonly family: 'constant' | 'counted' | 'tolerant' | 'logmax' | 'delayed'
  /** How the framework holds the scale; float32 rounds after every operation. */
  readonly holds: 'float32' | 'float64'
  /** How precise the factors are that multiply it. */
  readonly factors: 'float32' | 'float64'
  /** A configuration's keys and the framework's defaults; `undefined`: the framework sets no limit unless told. */
  readonly defaults: { readonly [K in ConfigKey]?: LossScaleConfig[K] | undefined }
  /** Keys whose default the framework leaves to its caller; the value in `defaults` is the one its documents show. */
  readonly chosen: readonly ConfigKey[]
  /** What the framework's own command line says instead; the window is divided by the workers and by `divisor`. */
  readonly commandLine?: { readonly initScale: number; readonly window: number; readonly divisor: string }
  /** What the framework fixes in its code: a configuration may say so, and nothing else. */
  readonly fixed: LossScaleConfig
  /** Keys the framework reads and does not use. */
  readonly ignored: readonly ConfigKey[]
  /** After an overflow: multiplied by the backoff factor, or divided by the growth factor. */
  readonly lowers: 'by-backoff' | 'by-growth'
  /** A result that is not finite: kept, or the growth dropped. `cap`: at most maxScale; `clip`: also when lowered. */
  readonly ceiling: 'none' | 'guard' | 'cap' | 'clip'
  /** The tracker after an overflow: 0, or −1 where the framework is one step late. */
  readonly countsFrom: 0 | -1
  /** Whether the interval is compared after counting the step, or before (Flax): then growth comes every interval + 1. */
  readonly compares: 'after' | 'before'
  /** What starts the count of overflows again. */
  readonly refill: 'growth' | 'clean' | 'clean-or-backoff'
  /** The framework gives up, with this error of its own, where it cannot lower the scale any more. */
  readonly raises?: 'Exception' | 'FloatingPointError'
}
