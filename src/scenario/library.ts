/** Running a scenario from a program. */
import { FpsimError } from '../errors.js'
import type { Result } from '../result/result.js'
import { seedOf } from '../runner/seed.js'
import { loadScenario } from './load.js'
import { runLoaded } from './run.js'

/**
 * Runs a shipped lesson by name, or a lesson file by path. Params are its options in camelCase, as numbers or as written
 * on the command line ('2^16'); `seed` is one of them. Deterministic: the same arguments give the same Result. Throws
 * FpsimError ('unknown-scenario', 'unknown-key', 'invalid-value', 'conflicting-sources', 'missing-file' …).
 */
export async function runScenario(
  nameOrPath: string,
  params: Readonly<Record<string, number | string | boolean>> = {},
): Promise<Result> {
  if (typeof nameOrPath !== 'string') throw new FpsimError('unknown-scenario', { name: String(nameOrPath) })
  if (typeof params !== 'object' || params === null)
    throw new FpsimError('invalid-value', {
      option: 'params',
      value: params,
      problem: 'wrong-type',
      expected: 'object',
    })
  const { seed, ...overrides } = params
  return runLoaded(await loadScenario(nameOrPath), { overrides, seed: seedOf(seed) })
}
