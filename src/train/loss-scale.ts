/** Loss scaling as the frameworks do it: `lossScaler(policy, config)` gives a pure state machine. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { type ConfigInput, type ResolvedConfig, resolve } from './loss-scale/config.js'
import { constant, counted } from './loss-scale/counted.js'
import { delayed } from './loss-scale/delayed.js'
import { logmax } from './loss-scale/logmax.js'
import type { Policy, ScaleRule, ScaleState, ScaleStep } from './loss-scale/policy.js'
import { tolerant } from './loss-scale/tolerant.js'
import { policies } from './policies.js'

export type { LossScaleConfig, Policy, ScaleState, ScaleStep } from './loss-scale/policy.js'

export interface LossScaler {
  readonly policy: string
  /** The configuration with the framework's defaults. */
  readonly config: ResolvedConfig
  /** The state before the first step. */
  init(): ScaleState
  /** The state after a step; `scale` is what the next step uses. Throws 'scale-at-minimum' where the framework gives up. */
  next(state: ScaleState, step: ScaleStep): ScaleState
}

const rules: Readonly<Record<Policy['family'], (policy: Policy, config: ResolvedConfig) => ScaleRule>> = {
  constant,
  counted,
  tolerant,
  logmax,
  delayed,
}

export const policyNames: readonly string[] = policies.map(({ name }) => name)

/** A policy's row: whose it is, its defaults, how it moves. Throws 'unknown-policy'. */
export function policyOf(name: string): Policy {
  const found = policies.find((policy) => policy.name === name)
  if (found) return found
  throw new FpsimError('unknown-policy', { name, allowed: policyNames, suggestion: suggest(String(name), policyNames) })
}

/** Whether a step must tell its amax: the scale follows it. */
export const needsAmax = ({ family }: Policy): boolean => family === 'logmax' || family === 'delayed'

const strangeStep = (value: unknown, allowed: readonly string[]): never => {
  const shown = typeof value === 'number' ? String(value) : value
  throw new FpsimError('invalid-value', { option: 'step', value: shown, problem: 'not-allowed', allowed })
}

/** The amax of a step: 0 stands for a clean one, Infinity for an overflow. */
function amaxOf(step: ScaleStep, needed: boolean): number {
  if (step === 'overflow') return Number.POSITIVE_INFINITY
  if (step === 'finite') return needed ? strangeStep(step, ['{ amax }', 'overflow']) : 0
  const amax = (step as { amax?: unknown } | null)?.amax
  if (typeof amax !== 'number') return strangeStep(step, ['finite', 'overflow', '{ amax }'])
  if (amax < 0)
    throw new FpsimError('invalid-value', { option: 'amax', value: String(amax), problem: 'below-minimum', limit: 0 })
  return Number.isFinite(amax) ? amax : Number.POSITIVE_INFINITY
}

/** The numbers a rule keeps from step to step; how much is left of a hysteresis may be missing: then all of it is. */
const numbersOf = (state: ScaleState): string[] =>
  Object.entries(state).flatMap(([name, x]) => (typeof x === 'number' && name !== 'left' ? [name] : []))

const refuseState = (name: string, value: unknown, problem: string, more: Record<string, unknown> = {}): never => {
  const shown = typeof value === 'number' ? String(value) : value
  throw new FpsimError('invalid-value', { option: name, value: shown, ...more, problem })
}

/** A state that init() or next() could have given, as far as its kinds of values tell. Throws 'invalid-value'. */
function requireState(state: ScaleState, names: readonly string[], { family }: Policy): void {
  if (typeof state !== 'object' || state === null) refuseState('state', state, 'wrong-type', { expected: 'object' })
  const given = state as unknown as Readonly<Record<string, unknown>>
  for (const name of names)
    if (typeof given[name] !== 'number') refuseState(`state.${name}`, given[name], 'wrong-type', { expected: 'number' })
  const { scale, tracker, left = 0 } = state
  // LogMax's scale becomes NaN where OpenSeq2Seq's does.
  if (Number.isNaN(scale) && family !== 'logmax') refuseState('state.scale', scale, 'not-a-number')
  if (scale < 0) refuseState('state.scale', scale, 'below-minimum', { limit: 0 })
  if (!Number.isSafeInteger(tracker)) refuseState('state.tracker', tracker, 'not-an-integer')
  if (!Number.isSafeInteger(left)) refuseState('state.left', left, 'not-an-integer')
}

/**
 * A policy with its configuration. Exact: the same float32 or float64 operations in the framework's order, so every scale
 * equals the framework's bit for bit (openseq2seq-logmax: but for the last bit of log and exp). A NaN amax is an overflow.
 * `next` throws 'invalid-value' for what is no state or no step.
 */
export function lossScaler(name: string, config: ConfigInput = {}): LossScaler {
  const policy = policyOf(name)
  const resolved = resolve(policy, config)
  const rule = rules[policy.family](policy, resolved)
  const needed = needsAmax(policy)
  const kept = numbersOf(rule.init())
  return {
    policy: name,
    config: resolved,
    init: rule.init,
    next(state, step) {
      requireState(state, kept, policy)
      const amax = amaxOf(step, needed)
      return rule.next(state, amax === Number.POSITIVE_INFINITY, amax)
    },
  }
}
