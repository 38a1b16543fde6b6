/** fairseq's scale: lowered where the share of overflows since its last change passes a tolerance; gives up at a minimum. */
import { FpsimError } from '../../errors.js'
import type { ResolvedConfig } from './config.js'
import { moves } from './counted.js'
import type { Policy, ScaleRule, ScaleState } from './policy.js'

interface TolerantState extends ScaleState {
  /** Overflows since the scale last shrank. Growth does not reset them: fairseq's own code. */
  readonly overflows: number
  /** Steps since the scale last changed, this one included. */
  readonly since: number
}

/**
 * Exact: float64 as Python computes it. At or below minScale the scale stays what it was and 'scale-at-minimum' is thrown,
 * fairseq's FloatingPointError; thresholdScale, where given, is a floor on the way there.
 */
export function tolerant(policy: Policy, config: ResolvedConfig): ScaleRule {
  const { start, raised } = moves(policy, { ...config, minScale: undefined })
  const { tolerance = 0, thresholdScale = 0, minScale: limit = 0, growthFactor = 2 } = config
  const interval = config.growthInterval ?? 1
  const next = (state: TolerantState, overflow: boolean): TolerantState => {
    const { scale, tracker, since } = state
    if (overflow) {
      const overflows = state.overflows + 1
      const lowers = overflows / since >= tolerance
      const lower = lowers ? Math.max(scale / growthFactor, thresholdScale) : scale
      if (lower <= limit)
        throw new FpsimError('scale-at-minimum', { policy: policy.name, scale, limit, raises: policy.raises })
      return { scale: lower, tracker: 0, overflows: lowers ? 0 : overflows, since: lowers ? 1 : since + 1 }
    }
    if (tracker + 1 < interval) return { scale, tracker: tracker + 1, overflows: state.overflows, since: since + 1 }
    return { scale: raised(scale), tracker: 0, overflows: state.overflows, since: 1 }
  }
  return {
    init: (): TolerantState => ({ scale: start, tracker: 0, overflows: 0, since: 1 }),
    next: (state, overflow) => next(state as TolerantState, overflow),
  }
}
