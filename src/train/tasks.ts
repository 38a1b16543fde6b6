/** The closed set of tasks, loaded when one is used. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import type { TaskKind } from './task.js'

const kinds: Readonly<Record<string, () => Promise<TaskKind>>> = {
  simple: async () => (await import('./tasks/simple.js')).simple,
  image: async () => (await import('./tasks/image.js')).image,
  text: async () => (await import('./tasks/text.js')).text,
  series: async () => (await import('./tasks/series.js')).series,
  gan: async () => (await import('./tasks/gan.js')).gan,
}

export const taskNames: readonly string[] = Object.keys(kinds)

/** The task of a name. Throws 'invalid-value'. */
export async function taskKind(name: string): Promise<TaskKind> {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (kind) return kind()
  throw new FpsimError('invalid-value', {
    option: 'task',
    value: name,
    problem: 'not-allowed',
    allowed: taskNames,
    suggestion: suggest(name, taskNames),
  })
}
