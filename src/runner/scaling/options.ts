/** The parameters that configure loss-scale policies, and which of several policies each of them concerns. */
import * as z from 'zod/mini'
import { FpsimError } from '../../errors.js'
import { keysOf } from '../../train/loss-scale/config.js'
import { keySynonyms } from '../../train/loss-scale/keys.js'
import type { ConfigKey, LossScaleConfig } from '../../train/loss-scale/policy.js'
import { type LossScaler, lossScaler, needsAmax, policyNames, policyOf } from '../../train/loss-scale.js'
import { choice, number } from '../params.js'
import type { ParamsOf } from '../runner.js'

/** Absent: what the framework does by default. Limits that differ between frameworks are judged by the policy. */
export const scaleParams = {
  initScale: z.optional(number({ above: 0 })),
  growthFactor: z.optional(number({ above: 1 })),
  backoffFactor: z.optional(number({ above: 0 })),
  growthInterval: z.optional(number({ integer: true, min: 0 })),
  minScale: z.optional(number({ min: 0 })),
  maxScale: z.optional(number({ above: 0 })),
  thresholdScale: z.optional(number({ min: 0 })),
  hysteresis: z.optional(number({ integer: true, min: 1 })),
  consecutiveHysteresis: z.optional(choice(['yes', 'no'])),
  tolerance: z.optional(number({ min: 0, max: 1 })),
  decrEvery: z.optional(number({ integer: true, min: 1 })),
}

/**
 * The policies that look at nothing but Inf, where no more than overflows is known, and those that are refused there: how
 * `names` takes them.
 */
export const blindToSize = [
  policyNames.filter((name) => !needsAmax(policyOf(name))) as [string, ...string[]],
  Object.fromEntries(policyNames.flatMap((name) => (needsAmax(policyOf(name)) ? [[name, 'needs-amax']] : []))),
] as const

export type ScaleParams = ParamsOf<typeof scaleParams>

const camel = (snake: string): string => snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The frameworks' own names, as they write them and as the command line does: scale_window, --scale-window. */
export const scaleSynonyms: Readonly<Record<string, string>> = Object.fromEntries(
  keySynonyms
    .filter(({ key }) => key in scaleParams)
    .flatMap(({ synonym, key }) => [camel(synonym), synonym].map((name) => [name, key]))
    .filter(([name]) => !((name as string) in scaleParams)),
)

/** Those whose value is an exponent of two. */
export const scalePowers: readonly string[] = keySynonyms.flatMap(({ synonym, power }) =>
  power ? [camel(synonym), synonym] : [],
)

/** What was given, as a policy's configuration. */
export function configOf(p: ScaleParams): LossScaleConfig {
  const given = Object.keys(scaleParams).flatMap((key) => {
    const value = p[key as keyof ScaleParams]
    return value === undefined ? [] : [[key, key === 'consecutiveHysteresis' ? value === 'yes' : value]]
  })
  return Object.fromEntries(given) as LossScaleConfig
}

/** Whether a key means something to a policy and is not fixed in its code. */
function takes(name: string, key: string): boolean {
  const policy = policyOf(name)
  return keysOf(policy).includes(key as ConfigKey) && !(key in policy.fixed)
}

const keysFor = (name: string, config: LossScaleConfig): LossScaleConfig =>
  Object.fromEntries(Object.entries(config).filter(([key]) => takes(name, key)))

/** Whether a policy does anyway what is asked of it: what it fixes in its code may be said. */
const isFixedTo = (name: string, key: string, value: unknown): boolean =>
  policyOf(name).fixed[key as ConfigKey] === value

/** Refuses a key that none of the policies takes, and says which policies do. */
function refuse(key: string, value: unknown, policies: readonly string[]): never {
  const fixing = policies.find((name) => key in policyOf(name).fixed)
  if (fixing !== undefined) {
    const only = policyOf(fixing).fixed[key as ConfigKey]
    throw new FpsimError('invalid-value', { option: key, value, problem: 'fixed-there', policy: fixing, limit: only })
  }
  throw new FpsimError('unknown-key', { key, policies, having: policyNames.filter((name) => takes(name, key)) })
}

interface ScalerOptions {
  /** Instead of the framework's defaults, for the policies that have such a key. */
  readonly defaults?: LossScaleConfig
  /** What a policy is given whatever the others get. */
  readonly own?: Readonly<Record<string, LossScaleConfig>>
  /** The parameters the user gave. What a lesson says of its own policies means nothing to those the user chose. */
  readonly given?: ReadonlySet<string> | undefined
}

/**
 * The scalers of some policies. A key goes to those that have it. One that none of them has is refused ('unknown-key', or
 * 'invalid-value' where their code fixes it), unless it is a lesson's and the user chose other policies.
 */
export function scalersOf(
  policies: readonly string[],
  config: LossScaleConfig,
  { defaults = {}, own = {}, given }: ScalerOptions = {},
): LossScaler[] {
  for (const [key, value] of Object.entries(config)) {
    if (policies.some((name) => takes(name, key) || isFixedTo(name, key, value))) continue
    const lessons = given !== undefined && !given.has(key) && (given.has('policies') || given.has('policy'))
    if (!lessons) refuse(key, value, policies)
  }
  return policies.map((name) =>
    lossScaler(name, { ...keysFor(name, defaults), ...keysFor(name, config), ...own[name] }),
  )
}
