/** Other names of a runner's parameters: a framework's own word for what fpsim calls something else. */
import { FpsimError } from '../errors.js'
import { parseNumber } from '../format/literal.js'
import type { Runner } from './runner.js'

/** The runner's own name of a parameter. */
export const ownName = ({ synonyms }: Pick<Runner, 'synonyms'>, name: string): string =>
  synonyms && Object.hasOwn(synonyms, name) ? (synonyms[name] as string) : name

/** An exponent of two, written as the power of two it stands for: 10 is 2^10. */
function powerOf(option: string, value: unknown): string {
  const exponent = typeof value === 'string' ? parseNumber(value) : value
  const shown = typeof value === 'number' ? String(value) : value
  if (typeof exponent !== 'number')
    throw new FpsimError('invalid-value', { option, value: shown, problem: 'not-a-number' })
  if (!Number.isSafeInteger(exponent))
    throw new FpsimError('invalid-value', { option, value: shown, problem: 'not-an-integer' })
  const { min, max } = exponents
  if (exponent < min)
    throw new FpsimError('invalid-value', { option, value: shown, problem: 'below-minimum', limit: min })
  if (exponent > max)
    throw new FpsimError('invalid-value', { option, value: shown, problem: 'above-maximum', limit: max })
  return `2^${exponent}`
}

/** The exponents of float32: no framework holds a scale beyond. */
const exponents = { min: -149, max: 127 }

/** The same values under the runner's own names. Throws 'conflicting-sources' where one is given under two names. */
export function underOwnNames<T>(runner: Pick<Runner, 'synonyms' | 'powers'>, given: Readonly<Record<string, T>>) {
  const named = new Map<string, { by: string; value: T }>()
  for (const [by, value] of Object.entries(given)) {
    if (value === undefined) continue
    const name = ownName(runner, by)
    const other = named.get(name)
    if (other) throw new FpsimError('conflicting-sources', { given: [other.by, by] })
    named.set(name, { by, value: runner.powers?.includes(by) ? (powerOf(by, value) as T) : value })
  }
  return Object.fromEntries([...named].map(([name, { value }]) => [name, value])) as Record<string, T>
}
