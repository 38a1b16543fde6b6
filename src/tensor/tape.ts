/** The tape: what was computed in a step, in order, and the gradients that follow from it in reverse. */
import type { Format } from '../format/format.js'
import { type Arena, newArena, type Slab } from '../kernel/arena.js'
import type { Losses, SlabRounder } from '../kernel/slab-rounding.js'
import type { Precisions } from './precision.js'
import { demand, type Parameter, type Tensor } from './tensor.js'

/*
 * A run is a function of its inputs and its seed, to the last bit, because the order of all operations is fixed:
 * - Forward: in the order of the calls. Each operation casts its inputs (one rounding each), computes in float32 (the sums
 *   as the kernels state), and rounds its result once.
 * - Backward: operations in the reverse of that order; within one, its inputs in their order. Each gradient that arrives at
 *   a tensor is rounded once to the format of the tensor's gradient; where several arrive, they are added in the order of
 *   arrival, each sum rounded once.
 * - A cast is an operation like others: its gradient is rounded to the format of the tensor that was cast.
 * - Stochastic draws follow from (seed, step, number of the rounding within the step) and the index in the tensor.
 * NaN and ±Inf flow as IEEE 754 has it; nothing here looks for them.
 */

/** What a watcher is shown: a value or a gradient that is complete, of a tensor with a name. */
export interface Seen {
  /**
   * `output`: a result as rounded. `cast`: what an operation reads in its stead. `gradient`: of a result. `parameter`: a
   * parameter's gradient of this backward pass.
   */
  readonly kind: 'output' | 'cast' | 'gradient' | 'parameter'
  readonly name: string
  readonly shape: readonly number[]
  /** Good while the watcher runs. */
  readonly values: Float32Array
  readonly format: Format
  /** What the roundings on the way here did; those of a gradient include the gradients of the tensor's casts. */
  readonly losses: Readonly<Losses>
}

export interface TapeOptions {
  readonly precisions: Precisions
  /** Default 1. */
  readonly seed?: number
  readonly watch?: (seen: Seen) => void
}

export interface Node {
  readonly outputs: readonly Tensor[]
  /** Casts a gradient that arrived. */
  readonly receive?: (gradient: Slab, output: Tensor) => Slab
  /** Given the gradients of the outputs; undefined where none arrived. */
  readonly backward: (gradients: readonly (Slab | undefined)[]) => void
}

export interface Tape {
  readonly precisions: Precisions
  readonly seed: number
  readonly watch?: ((seen: Seen) => void) | undefined
  readonly parameters: readonly Parameter[]
  /** What lasts: parameters and their gradients. */
  readonly lasting: Arena
  /** What is given back at the end of a step. */
  readonly fleeting: Arena
  /** The number of the step at work. */
  step: number
  /** Roundings and operations made in this step. */
  roundings: number
  operations: number
  /** Without recording nothing can be differentiated, and nothing is kept for it. */
  recording: boolean
  readonly state: State
}

interface State {
  /** Whether a step is at work. */
  working: boolean
  nodes: Node[]
  /** Casts made in this step: a tensor is cast to a format once. */
  casts: Map<Tensor, Tensor[]>
  losses: Map<Tensor, Losses>
  /** What slabs were multiplied by while they were rounded: times it, they hold values of their format. */
  readonly factors: Map<Slab, number>
  readonly rounders: Map<string, SlabRounder>
}

export function newTape({ precisions, seed = 1, watch }: TapeOptions): Tape {
  return {
    precisions,
    seed,
    watch,
    parameters: [],
    lasting: newArena(),
    fleeting: newArena(),
    step: 0,
    roundings: 0,
    operations: 0,
    recording: true,
    state: { working: false, nodes: [], casts: new Map(), losses: new Map(), factors: new Map(), rounders: new Map() },
  }
}

/** Gives all memory back. */
export function closeTape(tape: Tape): void {
  tape.lasting.close()
  tape.fleeting.close()
}

/**
 * One step: what `work` computes is given back when it ends, so that a run of any length takes the memory of its largest
 * step. Only parameters and plain numbers may leave it. Steps of one number share their random draws.
 */
export function step<T>(tape: Tape, number: number, work: () => T): T {
  demand(!tape.state.working, 'step', number, 'no step within a step')
  tape.state.working = true
  tape.step = number
  tape.roundings = 0
  tape.operations = 0
  const mark = tape.fleeting.mark()
  try {
    return work()
  } finally {
    const { state } = tape
    state.working = false
    state.nodes = []
    state.casts.clear()
    state.losses.clear()
    state.factors.clear()
    // Of a backward pass that an error ended.
    for (const each of tape.parameters) each.grad = undefined
    tape.fleeting.release(mark)
  }
}

/**
 * A part of a step, one of several micro-batches say: what it computes is given back when it ends, while the numbers of
 * roundings and operations go on, so that parts have draws of their own. Its backward pass belongs into it.
 */
export function part<T>(tape: Tape, work: () => T): T {
  const { state, fleeting } = tape
  const { nodes, casts, losses } = state
  const mark = fleeting.mark()
  state.nodes = [...nodes]
  state.casts = new Map(casts)
  state.losses = new Map()
  try {
    return work()
  } finally {
    state.nodes = nodes
    state.casts = casts
    state.losses = losses
    fleeting.release(mark)
  }
}

/** `work` without recording: an evaluation. */
export function quietly<T>(tape: Tape, work: () => T): T {
  const before = tape.recording
  tape.recording = false
  try {
    return work()
  } finally {
    tape.recording = before
  }
}
