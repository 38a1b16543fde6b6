/** Transformer Engine's delayed scaling for FP8: the next scale comes from the amax values of the steps before it. */
import { powerOfTwo } from '../../format/bits.js'
import { largest } from '../../format/format.js'
import { format } from '../../format/parse.js'
import type { ResolvedConfig } from './config.js'
import type { Policy, ScaleRule, ScaleState } from './policy.js'

/** A list that knows the largest amax of its own and of all behind it. */
interface Seen {
  readonly amax: number
  readonly largest: number
  readonly rest: Seen | undefined
}

/**
 * The last amax values as a queue of two lists, so that a step costs the same whatever the length of the history and no
 * state is changed: `newest` grows at its head, `oldest` is eaten from its head.
 */
interface DelayedState extends ScaleState {
  readonly newest: Seen | undefined
  readonly oldest: Seen | undefined
  readonly remembered: number
}

const largestOf = (list: Seen | undefined): number => list?.largest ?? 0

const put = (amax: number, rest: Seen | undefined): Seen => ({ amax, largest: Math.max(amax, largestOf(rest)), rest })

function turned(list: Seen | undefined): Seen | undefined {
  let result: Seen | undefined
  for (let at = list; at; at = at.rest) result = put(at.amax, result)
  return result
}

const largestFloat32 = 3.4028234663852886e38

/**
 * Exact in float32, each operation rounded: scale = (largest value of the format · 2^−margin) / amax. An amax of 0 or one
 * that is not finite leaves the scale as it is; a scale beyond float32 becomes its largest value. NaN counts as Infinity.
 * Source: NVIDIA/TransformerEngine:transformer_engine/common/recipe/delayed_scaling.cu
 */
export function delayed(_policy: Policy, config: ResolvedConfig): ScaleRule {
  const { history = 1024, margin = 0, algo = 'max' } = config
  const start = Math.fround(config.initScale)
  const target = Math.fround(largest(format(config.format ?? 'e4m3fn')) * powerOfTwo(-margin))
  const scaleFor = (amax: number, before: number): number => {
    if (!(amax > 0 && Number.isFinite(amax))) return before
    const scale = Math.fround(target / amax)
    return Number.isFinite(scale) ? scale : largestFloat32
  }
  const next = (state: DelayedState, amax: number): DelayedState => {
    const last = Math.fround(amax)
    if (algo === 'most_recent') return { ...state, scale: scaleFor(last, state.scale) }
    let newest: Seen | undefined = put(last, state.newest)
    let { oldest, remembered } = state
    if (remembered === history) {
      if (!oldest) {
        oldest = turned(newest)
        newest = undefined
      }
      oldest = oldest?.rest
    } else remembered++
    const counts = Math.max(largestOf(newest), largestOf(oldest))
    return { scale: scaleFor(counts, state.scale), tracker: 0, newest, oldest, remembered }
  }
  return {
    init: (): DelayedState => ({ scale: start, tracker: 0, newest: undefined, oldest: undefined, remembered: 0 }),
    next: (state, overflow, amax) => next(state as DelayedState, overflow ? Number.POSITIVE_INFINITY : Math.abs(amax)),
  }
}
