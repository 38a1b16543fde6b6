/** Other names of a runner's parameters: a framework's own word for what fpsim calls something else. */
import { FpsimError } from '../errors.js'
import type { Runner } from './runner.js'

/** The runner's own name of a parameter. */
export const ownName = ({ synonyms }: Pick<Runner, 'synonyms'>, name: string): string =>
  synonyms && Object.hasOwn(synonyms, name) ? (synonyms[name] as string) : name

/** The same values under the runner's own names. Throws 'conflicting-sources' where one is given under two names. */
export function underOwnNames<T>(runner: Pick<Runner, 'synonyms'>, given: Readonly<Record<string, T>>) {
  const named = new Map<string, { by: string; value: T }>()
  for (const [by, value] of Object.entries(given)) {
    if (value === undefined) continue
    const name = ownName(runner, by)
    const other = named.get(name)
    if (other) throw new FpsimError('conflicting-sources', { given: [other.by, by] })
    named.set(name, { by, value })
  }
  return Object.fromEntries([...named].map(([name, { value }]) => [name, value])) as Record<string, T>
}
