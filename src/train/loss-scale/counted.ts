/** Scales that count: up after so many clean steps, down after an overflow. Most frameworks, told apart by their rows. */
import { FpsimError } from '../../errors.js'
import type { ResolvedConfig } from './config.js'
import type { Policy, ScaleRule, ScaleState } from './policy.js'

const same = (x: number): number => x

/** The two moves of a scale, with the framework's roundings, floor and ceiling. Exact where those are. */
export function moves(policy: Policy, config: ResolvedConfig) {
  const hold = policy.holds === 'float32' ? Math.fround : same
  const factor = policy.factors === 'float32' ? Math.fround : same
  const growth = factor(config.growthFactor ?? 2)
  const backoff = factor(config.backoffFactor ?? 0.5)
  const floor = hold(config.minScale ?? 0)
  const ceiling = hold(config.maxScale ?? Number.POSITIVE_INFINITY)
  const capped = policy.ceiling === 'cap' || policy.ceiling === 'clip'
  const clipped = policy.ceiling === 'clip'
  const guarded = policy.ceiling === 'guard'
  const divides = policy.lowers === 'by-growth'
  return {
    start: policy.name === 'apex' ? Math.min(ceiling, hold(config.initScale)) : hold(config.initScale),
    floor,
    raised(scale: number): number {
      const product = hold(scale * growth)
      if (capped) return Math.min(ceiling, clipped ? Math.max(floor, product) : product)
      return guarded && !Number.isFinite(product) ? scale : product
    },
    lowered(scale: number): number {
      const smaller = Math.max(floor, hold(divides ? scale / growth : scale * backoff))
      return clipped ? Math.min(ceiling, smaller) : smaller
    },
  }
}

/** The rule of most frameworks. Exact: the same float32 or float64 operations in the same order. */
export function counted(policy: Policy, config: ResolvedConfig): ScaleRule {
  const { start, floor, raised, lowered } = moves(policy, config)
  const interval = config.growthInterval ?? 1
  const { countsFrom } = policy
  const late = policy.compares === 'before'
  const uses = !policy.ignored.includes('hysteresis')
  const patience = config.decrEvery ?? (uses ? config.hysteresis : undefined) ?? 1
  const refill = uses && config.consecutiveHysteresis ? 'clean' : policy.refill
  const refillsWhenClean = refill !== 'growth'
  const refillsWhenLowered = refill === 'clean-or-backoff'
  return {
    init: () => ({ scale: start, tracker: countsFrom, left: patience }),
    next(state: ScaleState, overflow: boolean): ScaleState {
      const { scale, tracker } = state
      const left = state.left ?? patience
      if (overflow) {
        const fewer = Math.max(left - 1, 0)
        if (fewer > 0) return { scale, tracker: countsFrom, left: fewer }
        if (policy.raises && scale === floor)
          throw new FpsimError('scale-at-minimum', { policy: policy.name, scale, limit: floor, raises: policy.raises })
        return { scale: lowered(scale), tracker: countsFrom, left: refillsWhenLowered ? patience : fewer }
      }
      const grows = late ? tracker === interval : tracker + 1 === interval
      if (!grows) return { scale, tracker: tracker + 1, left: refillsWhenClean ? patience : left }
      return { scale: raised(scale), tracker: 0, left: patience }
    },
  }
}

/** No scaling, and a scale that stays: an overflow is skipped and nothing is learned from it. */
export function constant(policy: Policy, config: ResolvedConfig): ScaleRule {
  const { start } = moves(policy, config)
  return {
    init: () => ({ scale: start, tracker: 0 }),
    next: (state, overflow) => ({ scale: state.scale, tracker: overflow ? 0 : state.tracker + 1 }),
  }
}
