/** A phase at work: its gradients collected, unscaled, exchanged, clipped, and its weights moved. */
import { valuesOf } from '../../kernel/arena.js'
import { gradientsInOne } from '../../tensor/gradients.js'
import { clearGradients, setParameter } from '../../tensor/leaves.js'
import type { Tape } from '../../tensor/tape.js'
import type { Parameter } from '../../tensor/tensor.js'
import { clipMethods, totalNorm } from '../clip.js'
import { type CompressState, compressor } from '../compress.js'
import { unscaleGradients } from '../grad-scaler/state.js'
import type { Recipe } from '../recipe.js'
import type { Phase } from '../task.js'
import type { Kept, Moved, Mover } from './mover.js'
import type { TrainOptions } from './options.js'
import { updaterOf } from './updater.js'

/** Methods that may see gradients under the loss scale, as all-reduce does; the others' memory must not. */
const stateless = ['none', 'fp16', 'bf16']

export interface Player {
  readonly phase: Phase
  readonly mover: Mover
  /** Bytes a weight takes with its gradient and states. */
  readonly bytes: number
  /** The phase's gradients of one worker, a copy. */
  take(): Float32Array
  clear(tape: Tape): void
  /** From the workers' scaled gradients to one unscaled gradient, and whether it is finite. */
  combine(workers: readonly Float32Array[], inverse: number): { gradients: Float32Array; finite: boolean; sent: number }
  /** The norm of all gradients; where clipping is asked for, they are clipped. */
  clip(gradients: Float32Array): { gradients: Float32Array; norm: number }
  /** Moves the weights; the parameters then hold what the network is to see. */
  move(gradients: Float32Array): Moved
  /** Leaves these gradients with the parameters, as a loop that never clears them does. */
  leave(gradients: Float32Array): void
}

export interface PlayerOptions {
  readonly recipe: Recipe
  readonly options: TrainOptions
  /** Of another recipe that trained the same phase before. */
  readonly before?: Kept | undefined
  readonly seed: number
}

/** Where each parameter's values begin in one long vector of all. */
function startsOf(parameters: readonly Parameter[]): number[] {
  let next = 0
  return parameters.map(({ slab }) => {
    const start = next
    next += slab.length
    return start
  })
}

export function playerOf(tape: Tape, phase: Phase, { recipe, options, before, seed }: PlayerOptions): Player {
  const { parameters } = phase
  const starts = startsOf(parameters)
  const length = parameters.reduce((sum, { slab }) => sum + slab.length, 0)
  const endOf = (i: number): number => starts[i + 1] ?? length
  const partsOf = (all: Float32Array): Float32Array[] => starts.map((start, i) => all.subarray(start, endOf(i)))
  const { workers = 1, compress = recipe.comm, clip } = options
  const updater = updaterOf({ recipe, optimizer: options.optimizer, hyper: options.hyper, seed })
  const method =
    workers > 1 || options.compress !== undefined ? compressor(compress, { workers, length, seed }) : undefined
  const early = method !== undefined && !method.spec.feedback && stateless.includes(method.spec.family)
  let memory: CompressState | undefined = method?.init()

  const initial = (): Float32Array => {
    const all = new Float32Array(length)
    for (const [i, { slab }] of parameters.entries()) all.set(valuesOf(slab), starts[i])
    return all
  }
  const mover = before ? updater.takeOver(before) : updater.init(initial())
  const put = (): void => {
    const seen = mover.seen()
    for (const [i, each] of parameters.entries()) setParameter(tape, each, seen.subarray(starts[i], endOf(i)))
  }
  put()
  return {
    phase,
    mover,
    bytes: updater.bytes,
    take: () => gradientsInOne(parameters),
    clear: (on) => clearGradients(on, parameters),
    combine(all, inverse) {
      if (!method || !memory) {
        const [gradients = new Float32Array(length)] = all
        return { gradients, finite: !unscaleGradients([gradients], inverse), sent: 0 }
      }
      if (!early) for (const each of all) unscaleGradients([each], inverse)
      const { mean, state, finite, transfers } = method.exchange(memory, all)
      memory = state
      const gradients = Float32Array.from(mean)
      const infinite = early && unscaleGradients([gradients], inverse)
      return { gradients, finite: finite && !infinite, sent: transfers.reduce((sum, { bytes }) => sum + bytes, 0) }
    },
    clip(gradients) {
      const parts = partsOf(gradients)
      if (!clip) return { gradients, norm: totalNorm(parts) }
      const clipped = clipMethods[clip.method](parts, { max: clip.max })
      for (const [i, part] of clipped.gradients.entries()) gradients.set(part, starts[i])
      return { gradients, norm: clipped.norm }
    },
    move(gradients) {
      const moved = mover.next(gradients)
      put()
      return moved
    },
    leave(gradients) {
      for (const [i, part] of partsOf(gradients).entries()) valuesOf((parameters[i] as Parameter).total).set(part)
    },
  }
}
