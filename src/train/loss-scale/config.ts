/** The configuration of a loss-scale policy: synonyms translated, values checked, defaults filled in. */
import { FpsimError } from '../../errors.js'
import { exponentOf, powerOfTwo } from '../../format/bits.js'
import { suggest } from '../../suggest.js'
import { keyLimits, keySynonyms } from './keys.js'
import type { ConfigKey, LossScaleConfig, Policy } from './policy.js'

/** A configuration with the policy's defaults; keys the policy has not are absent. */
export type ResolvedConfig = { readonly [K in ConfigKey]?: LossScaleConfig[K] | undefined } & {
  readonly initScale: number
}

/** What a caller may write: our keys, or the framework's own names. */
export type ConfigInput = LossScaleConfig | Readonly<Record<string, unknown>>

const refuse = (option: string, value: unknown, problem: string, more: Record<string, unknown> = {}): never => {
  const shown = typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  throw new FpsimError('invalid-value', { option, value: shown, ...more, problem })
}

/** The words of Transformer Engine's formats, which mean OCP's types. */
const formatWords: Readonly<Record<string, string>> = { E4M3: 'e4m3fn', e4m3: 'e4m3fn', E5M2: 'e5m2' }

type Problem = Record<string, unknown> & { readonly problem: string }

/** What is wrong with a number, by its key's limits and by what float32 holds. */
function wrongNumber(key: ConfigKey, x: number, policy: Policy): Problem | undefined {
  const limits = keyLimits[key]
  // Flax compares before it counts, so an interval of 0 means growth at every clean step.
  const min = key === 'growthInterval' && policy.compares === 'before' ? 0 : limits.min
  if (!Number.isFinite(x)) return { problem: 'not-finite' }
  if (limits.integer && !Number.isSafeInteger(x)) return { problem: 'not-an-integer' }
  if (limits.above !== undefined && x <= limits.above) return { problem: 'not-above', limit: limits.above }
  if (min !== undefined && x < min) return { problem: 'below-minimum', limit: min }
  if (limits.max !== undefined && x > limits.max) return { problem: 'above-maximum', limit: limits.max }
  if (limits.below !== undefined && x >= limits.below)
    return { problem: 'not-below', limit: limits.below, allowed: [`(${limits.above}, ${limits.below})`] }
  if (key !== 'initScale' || policy.holds === 'float64') return undefined
  if (Math.fround(x) === 0) return { problem: 'below-minimum', limit: powerOfTwo(-149) }
  return Number.isFinite(Math.fround(x)) ? undefined : { problem: 'above-maximum', limit: 3.4028234663852886e38 }
}

/** What is wrong with a value of a key, or undefined. */
function wrong(key: ConfigKey, value: unknown, policy: Policy): Problem | undefined {
  const { kind, words = [] } = keyLimits[key]
  if (kind === 'word') {
    if (words.includes(value as string)) return undefined
    return { problem: 'not-allowed', allowed: words, suggestion: suggest(String(value), words) }
  }
  if (typeof value !== kind) return { problem: 'wrong-type', expected: kind }
  return typeof value === 'number' ? wrongNumber(key, value, policy) : undefined
}

/** Exponents whose power of two a float64 holds. */
const exponents = { min: -1074, max: 1023 }

/** The key a name stands for, and what its value means. --scale-window and scale_window are one name. */
function keyOf(name: string): { key: string; power: boolean; meant: (value: unknown) => unknown } {
  const plain = name.replace(/^-+/, '').replaceAll('-', '_')
  const found = keySynonyms.find(({ synonym }) => synonym === plain)
  const key = found?.key ?? name
  if (found?.power)
    return {
      key,
      power: true,
      meant(value) {
        if (!Number.isSafeInteger(value)) return refuse(name, value, 'not-an-integer')
        const exponent = value as number
        if (exponent > exponents.max) return refuse(name, value, 'above-maximum', { limit: exponents.max })
        if (exponent < exponents.min) return refuse(name, value, 'below-minimum', { limit: exponents.min })
        return powerOfTwo(exponent)
      },
    }
  if (found && key === 'format') return { key, power: false, meant: (value) => formatWords[String(value)] ?? value }
  return { key, power: false, meant: (value) => value }
}

/** What is wrong with a power of two, told of its exponent: that is what was written. */
const ofExponent = (problem: Problem): Problem =>
  typeof problem['limit'] === 'number' ? { ...problem, limit: exponentOf(problem['limit']) } : problem

/** The keys a policy takes, the fixed ones left out. */
export const keysOf = (policy: Policy): ConfigKey[] => Object.keys(policy.defaults) as ConfigKey[]

/** Refuses keys that contradict each other. */
function requireCoherent(policy: Policy, config: ResolvedConfig, written: (key: ConfigKey) => string): void {
  const { minScale = 0, maxScale = Number.POSITIVE_INFINITY, growthFactor, backoffFactor } = config
  if (maxScale < minScale) refuse(written('maxScale'), maxScale, 'below-minimum', { limit: minScale })
  if (policy.lowers !== 'by-growth' || backoffFactor === undefined || growthFactor === undefined) return
  const only = 1 / growthFactor
  if (backoffFactor !== only) refuse(written('backoffFactor'), backoffFactor, 'not-allowed', { allowed: [only] })
}

/**
 * The whole configuration. 'unknown-key' for a key the framework has not, 'invalid-value' for a value outside its limits
 * or for a key given under two names. What a framework fixes in its code may be said, but not changed.
 */
export function resolve(policy: Policy, input: ConfigInput = {}): ResolvedConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return refuse('config', input, 'wrong-type', { expected: 'object' })
  const allowed = keysOf(policy)
  const given = new Map<string, string>()
  const config: Record<string, unknown> = { ...policy.fixed, ...policy.defaults }
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue
    const { key, power, meant } = keyOf(name)
    const before = given.get(key)
    if (before !== undefined) refuse(key, [before, name], 'given-twice')
    given.set(key, name)
    const divides = policy.lowers === 'by-growth' && key === 'backoffFactor'
    if (!allowed.includes(key as ConfigKey) && !Object.hasOwn(policy.fixed, key) && !divides)
      throw new FpsimError('unknown-key', {
        key: name,
        policy: policy.name,
        allowed,
        suggestion: suggest(name, [
          ...allowed,
          ...keySynonyms.flatMap((s) => (allowed.includes(s.key) ? s.synonym : [])),
        ]),
      })
    const x = meant(value)
    const problem = wrong(key as ConfigKey, x, policy)
    if (problem && power) refuse(name, value, problem.problem, ofExponent(problem))
    if (problem) refuse(name, x, problem.problem, problem)
    const only = policy.fixed[key as ConfigKey]
    if (only !== undefined && x !== only) refuse(name, x, 'not-allowed', { allowed: [only] })
    config[key] = x
  }
  requireCoherent(policy, config as ResolvedConfig, (key) => given.get(key) ?? key)
  // OpenSeq2Seq has no initial scale of its own: it starts at its ceiling.
  const atCeiling = policy.ceiling === 'clip' && policy.family === 'counted' && !given.has('initScale')
  return { ...(config as ResolvedConfig), ...(atCeiling ? { initScale: config['maxScale'] as number } : {}) }
}
