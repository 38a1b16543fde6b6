/** Recipes of one's own: a YAML file that holds one or a list of them, with the places for what is wrong. */
import { readFile, stat } from 'node:fs/promises'
import { FpsimError } from '../errors.js'
import type { RecipeFile } from '../runner/runner.js'
import { parseYaml } from './yaml.js'

/** No file of recipes is larger. */
const maxBytes = 1 << 16

async function textOf(file: string): Promise<string> {
  try {
    const info = await stat(file)
    if (info.isDirectory()) throw new FpsimError('is-a-directory', { file })
    if (info.size > maxBytes) throw new FpsimError('too-large', { file, size: info.size, limit: maxBytes })
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof FpsimError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new FpsimError('missing-file', { file })
    throw new FpsimError('unreadable-file', { file, reason: code })
  }
}

const isMapping = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

/** Throws 'missing-file', 'yaml', and 'invalid-value' where something else than mappings stands there. */
export async function readRecipes(file: string): Promise<RecipeFile> {
  const yaml = parseYaml(await textOf(file), file)
  const list = Array.isArray(yaml.value)
  const entries = list ? (yaml.value as unknown[]) : [yaml.value]
  const pathTo = (i: number, key?: string): PropertyKey[] => [...(list ? [i] : []), ...(key === undefined ? [] : [key])]
  for (const [i, entry] of entries.entries())
    if (!isMapping(entry))
      throw new FpsimError('invalid-value', {
        file,
        path: '',
        ...yaml.place(pathTo(i)),
        value: entry,
        problem: 'wrong-type',
        expected: 'object',
      })
  return {
    entries: entries as RecipeFile['entries'],
    place: (i, key, of) => yaml.place(pathTo(i, key), { of }),
  }
}
