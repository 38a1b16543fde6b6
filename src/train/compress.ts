/** Gradient compression by name, as pure state machines over the gradients of several workers. */
import { FpsimError } from '../errors.js'
import { sendCast, sendWhole } from './compress/cast.js'
import { dgc } from './compress/dgc.js'
import {
  type Advance,
  allFinite,
  type CompressState,
  type Message,
  type Setting,
  withFeedback,
} from './compress/method.js'
import { countOf, type FamilyName, parseCompression, type Spec } from './compress/parse.js'
import { powerSgd, squarest } from './compress/powersgd.js'
import { sendInt8, sendQsgd, sendTernary } from './compress/quantized.js'
import { sendMajority, sendScaledSign } from './compress/sign.js'
import { sendAbove, sendLargest, sendRandom } from './compress/sparse.js'
import { checkWorkers } from './ring.js'

export type { CompressState } from './compress/method.js'
export { familyNames, parseCompression } from './compress/parse.js'

export interface CompressOptions {
  readonly workers: number
  /** Values of one gradient. */
  readonly length: number
  /** Default 1. */
  readonly seed?: number
  /** PowerSGD's matrix; default the most nearly square one. */
  readonly shape?: readonly [rows: number, columns: number]
  /** DGC's momentum, default 0.9. */
  readonly momentum?: number
  /** DGC's norm to clip a step's gradients to; default no clipping. */
  readonly clip?: number
  /** Steps at each of DGC's five warm-up shares; default 0, no warm-up. */
  readonly warmup?: number
  /** Steps that PowerSGD sends whole; default 10. */
  readonly start?: number
}

export interface Exchange extends Message {
  readonly state: CompressState
  /** False where a gradient or the mean holds NaN or Inf: skip the step. The memory of `state` is then that from before. */
  readonly finite: boolean
}

export interface Compressor {
  readonly name: string
  readonly spec: Spec
  init(): CompressState
  /**
   * One step of all workers: gradients in, the same mean for each of them out. NaN and ±Inf: `none`, `fp16` and `bf16` pass
   * them on as they are; every other method's mean is NaN everywhere, for its scale would be. Never into the memory.
   */
  exchange(state: CompressState, gradients: readonly Float32Array[]): Exchange
}

const methods: Readonly<Record<FamilyName, (spec: Spec, setting: Setting) => Advance>> = {
  none: () => withFeedback(sendWhole, false),
  fp16: (spec) => withFeedback(sendCast('fp16', spec.division), spec.feedback),
  bf16: (spec) => withFeedback(sendCast('bf16', spec.division), spec.feedback),
  int8: (spec) => withFeedback(sendInt8, spec.feedback),
  qsgd: (spec, setting) => withFeedback(sendQsgd(spec.value, setting), spec.feedback),
  terngrad: (spec, setting) => withFeedback(sendTernary(spec.value, setting), spec.feedback),
  sign: () => withFeedback(sendMajority, false),
  efsign: (spec) => withFeedback(sendScaledSign, spec.feedback),
  threshold: (spec) => withFeedback(sendAbove(spec.value), spec.feedback),
  topk: (spec, { length }) => withFeedback(sendLargest(countOf(spec.value, length)), spec.feedback),
  randomk: (spec, setting) => withFeedback(sendRandom(countOf(spec.value, setting.length), setting), spec.feedback),
  dgc: (spec, setting) => dgc(spec.value, setting),
  powersgd: (spec, setting) => powerSgd(spec.value, setting),
}

/** Methods that send every value on its own: one NaN does not spoil the others. */
const separate: readonly FamilyName[] = ['none', 'fp16', 'bf16']

function limit(option: string, value: number, holds: boolean, details: Record<string, unknown>): void {
  if (!holds) throw new FpsimError('invalid-value', { option, value, ...details })
}

function settingOf(spec: Spec, o: CompressOptions): Setting {
  const { workers, length, seed = 1, shape = squarest(length), momentum = 0.9, clip, warmup = 0, start = 10 } = o
  const [rows, columns] = shape
  limit('shape', rows * columns, rows * columns === length, { problem: 'not-allowed', allowed: [length] })
  limit('momentum', momentum, momentum >= 0 && momentum < 1, { allowed: '0 … 1' })
  limit('clip', clip ?? 1, clip === undefined || clip > 0, { problem: 'not-above', limit: 0 })
  for (const [option, value] of Object.entries({ warmup, start }))
    limit(option, value, Number.isSafeInteger(value) && value >= 0, { problem: 'below-minimum', limit: 0 })
  return { workers, length, seed, shape, momentum, clip, warmup, start, feedback: spec.feedback }
}

/**
 * The method of a name such as `topk:0.01`, for gradients of `length` float32 values on `workers` workers. All arithmetic
 * is float32 in the order the methods state; randomness is a pure function of the seed, the step, the worker and the index.
 * What a state keeps is in the units of the gradients given: under a loss scale that changes, give unscaled ones.
 * Throws 'invalid-value' for an unknown name (with the nearest one), a k above the length, no workers, a rank of 0.
 */
export function compressor(name: string, options: CompressOptions): Compressor {
  const spec = parseCompression(name)
  const { workers, length } = options
  checkWorkers(workers)
  if (!(Number.isSafeInteger(length) && length >= 1))
    throw new FpsimError('invalid-value', { option: 'length', value: length, problem: 'below-minimum', limit: 1 })
  const advance = methods[spec.family](spec, settingOf(spec, options))
  const zeros = (): Float32Array[] => Array.from({ length: workers }, () => new Float32Array(length))
  return {
    name: spec.name,
    spec,
    init: () => ({
      step: 0,
      residuals: spec.feedback ? zeros() : [],
      momenta: spec.family === 'dgc' ? zeros() : [],
    }),
    exchange(state, gradients) {
      if (gradients.length !== workers)
        throw new FpsimError('invalid-value', { option: 'gradients', value: gradients.length, allowed: workers })
      for (const g of gradients)
        if (g.length !== length)
          throw new FpsimError('invalid-value', { option: 'length', value: g.length, allowed: length })
      const sound = gradients.every(allFinite)
      const skipped = { ...state, step: state.step + 1 }
      if (!sound && !separate.includes(spec.family))
        return { sent: gradients, mean: nanOf(length), transfers: [], finite: false, state: skipped }
      const message = advance(state, gradients)
      const finite = sound && allFinite(message.mean)
      return { ...message, finite, state: finite ? message.state : skipped }
    },
  }
}

const nanOf = (length: number): Float32Array => new Float32Array(length).fill(Number.NaN)
