/** What can be trained: a network, its data, its losses, and what tells how good it became. */

/*
 * To add a task:
 * 1. Write the network in models/NAME.ts: a function from `Make` to what its forward pass needs, and the forward pass from
 *    the operations of ../tensor. Initial values come from `initial.ts`, so they follow from (seed, name of the parameter).
 * 2. Write tasks/NAME.ts: `export const NAME: TaskKind = { name, defaults, load }`. `load` reads the data (once, async);
 *    all else is synchronous and draws nothing but from (seed, sample), so that a run is a function of its arguments.
 * 3. Add the line to tasks.ts. The runner `train` and its workers then know it; scenarios/train-NAME.yaml tells its story.
 * Give activations whose gradients are worth a look a name (`named` of tensor/tape.ts): the recorder takes what has one.
 */
import type { Tape } from '../tensor/tape.js'
import type { Parameter, Tensor } from '../tensor/tensor.js'
import type { Hyper, OptimizerName } from './optimizer.js'

/** Makes a parameter in the formats that the recipe has for its roles. */
export type Make = (name: string, shape: readonly number[], values: ArrayLike<number>) => Parameter

/**
 * What is trained by one optimizer. Most tasks have one phase; a GAN has two, in the order of its loop: discriminator, then
 * generator. Each clears its own gradients, runs forward and backward, and steps; the scaler is updated after the last.
 */
export interface Phase {
  /** '' where there is only one. */
  readonly name: string
  /** What its optimizer moves. Gradients that its backward pass gives to others are left there and cleared by theirs. */
  readonly parameters: readonly Parameter[]
  /**
   * The mean loss of these samples, one number. Which numbers a sample has follows from it and the seed given to `build`.
   * The trainer multiplies it by the weight of the loss, the share of a micro-batch and the loss scale.
   */
  loss(tape: Tape, samples: readonly number[]): Tensor
}

/** A picture of what was learned, as plain data: the runner makes blocks of it. */
export type Shown =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'points'
      readonly sets: readonly { readonly name: string; readonly x: readonly number[]; readonly y: readonly number[] }[]
    }
  | {
      readonly kind: 'lines'
      readonly x: readonly number[]
      readonly sets: readonly { readonly name: string; readonly values: readonly number[] }[]
    }

/** A network with its data, ready to be trained on a tape. */
export interface Model {
  readonly phases: readonly Phase[]
  /**
   * On the test data; by the names of `measures`, and under NAMEError by how much one may be off by chance (its standard
   * error), where test data are few. Called within a step of its own and without recording.
   */
  evaluate(tape: Tape): Readonly<Record<string, number>>
  /** Called once, at the end, likewise. */
  show?(tape: Tape): readonly Shown[]
}

/** A number that tells how good a model is. Its name is also a column's label: `trainMeasure-NAME` in text/. */
export interface Measure {
  readonly name: string
  readonly better: 'higher' | 'lower'
  readonly as: 'percent' | 'number'
  /** What one gets without learning, where that can be said: the naive forecast, the most frequent class. */
  readonly naive?: number
}

export interface Task {
  readonly name: string
  /** Which data, for the head of the screen. */
  readonly data: string
  /** Samples of an epoch; undefined: they never end. The trainer shuffles them anew in every epoch, by the seed. */
  readonly samples: number | undefined
  /** The first is the one of the table. */
  readonly measures: readonly [Measure, ...Measure[]]
  build(make: Make, seed: number): Model
}

/** What `load` may be told: how the user chose among the shapes a task has. All optional; a task ignores what it has not. */
export interface TaskOptions {
  /** Which of its data sets. */
  readonly data?: string | undefined
  /** A kind of the same task: `classify`, say. */
  readonly variant?: string | undefined
  readonly width?: number | undefined
  readonly depth?: number | undefined
}

/** How it is trained unless the user says otherwise. */
export interface TaskDefaults {
  readonly optimizer: OptimizerName
  readonly lr: number
  readonly batch: number
  readonly steps: number
  /** Of the optimizer, otherwise than its own defaults: a GAN's beta1, say. */
  readonly hyper?: Partial<Hyper>
}

export interface TaskKind {
  readonly name: string
  /** The data sets that `data` may name, the first being the usual one; none: it has only one. */
  readonly data: readonly string[]
  readonly variants?: readonly string[]
  /** Its networks have one depth, whatever `depth` says. */
  readonly fixedDepth?: boolean
  defaults(o: TaskOptions): TaskDefaults
  /** Throws 'invalid-value', 'bad-data', 'missing-file'. */
  load(o: TaskOptions, seed: number): Promise<Task>
}
