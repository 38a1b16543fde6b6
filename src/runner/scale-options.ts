/** The parameters that configure loss-scale policies, and which of several policies each of them concerns. */
import * as z from 'zod/mini'
import { type LossScaler, lossScaler, policyOf } from '../train/loss-scale.js'
import { keysOf } from '../train/scale-config.js'
import { keySynonyms } from '../train/scale-keys.js'
import type { ConfigKey, LossScaleConfig } from '../train/scale-policy.js'
import { choice, number } from './params.js'
import type { ParamsOf } from './runner.js'

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

export type ScaleParams = ParamsOf<typeof scaleParams>

const camel = (snake: string): string => snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The frameworks' own names, as they write them and as the command line does: scale_window, --scale-window. */
export const scaleSynonyms: Readonly<Record<string, string>> = Object.fromEntries(
  keySynonyms
    .filter(({ key, power }) => key in scaleParams && !power)
    .flatMap(({ synonym, key }) => [camel(synonym), synonym].map((name) => [name, key]))
    .filter(([name]) => !((name as string) in scaleParams)),
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

/**
 * The scalers of some policies. A key goes to those that have it; one that none of them has is refused as by the first
 * ('unknown-key'). `defaults`: instead of the framework's, where it has such a key. `own`: what a policy is given whatever
 * the others get.
 */
export function scalersOf(
  policies: readonly string[],
  config: LossScaleConfig,
  { defaults = {}, own = {} }: { defaults?: LossScaleConfig; own?: Readonly<Record<string, LossScaleConfig>> } = {},
): LossScaler[] {
  const strange = Object.entries(config).filter(([key]) => !policies.some((name) => takes(name, key)))
  return policies.map((name, i) =>
    lossScaler(name, {
      ...keysFor(name, defaults),
      ...keysFor(name, config),
      ...(i === 0 ? Object.fromEntries(strange) : {}),
      ...own[name],
    }),
  )
}
