/** Where a runner's numbers come from: a file, a distribution or a recorded profile. */
import * as z from 'zod/mini'
import { distribution, distributionNames } from '../data/distributions.js'
import { openInput } from '../data/input.js'
import { loadProfile, loadSteps, profileKinds, type StepSource } from '../data/profile.js'
import type { Source } from '../data/source.js'
import { choice, number, path, text } from './params.js'
import type { ParamsOf, Request } from './runner.js'

/** The parameters of every runner that replays values. `input` beats `distribution` beats `profile`. */
export const originParams = {
  profile: z._default(text(), 'digits-cnn'),
  kind: z._default(choice(profileKinds), 'all'),
  tensor: z.optional(text()),
  input: z.optional(path()),
  distribution: z.optional(choice(distributionNames)),
  mean: z._default(number(), 0),
  std: z._default(number({ above: 0 }), 1),
  df: z._default(number({ min: 0.25 }), 4),
  count: z._default(number({ integer: true, min: 1, max: 1e9 }), 1e6),
}

/** Two of these given at once is a contradiction. */
export const originGroup = ['input', 'distribution', 'profile'] as const

/** Parameters that only a distribution has. */
export const originNeeds = {
  mean: 'distribution',
  std: 'distribution',
  df: 'distribution',
  count: 'distribution',
} as const

/** The steps of a recording one by one, where the numbers are one that has them. */
export async function openSteps(
  p: ParamsOf<typeof originParams>,
  { seed }: Request,
): Promise<readonly StepSource[] | undefined> {
  if (p.input !== undefined || p.distribution !== undefined) return undefined
  return loadSteps(p.profile, { kind: p.kind, tensor: p.tensor, seed })
}

export function openOrigin(p: ParamsOf<typeof originParams>, { seed, host }: Request): Promise<Source> | Source {
  const { tensor } = p
  if (p.input !== undefined) return openInput(p.input, { tensor, stdin: host.stdin })
  if (p.distribution !== undefined)
    return distribution({ distribution: p.distribution, mean: p.mean, std: p.std, df: p.df, count: p.count, seed })
  return loadProfile(p.profile, { kind: p.kind, tensor, seed })
}
