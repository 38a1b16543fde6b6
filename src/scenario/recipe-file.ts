/** Recipes of one's own: a YAML file of one, a list of them or the stages of a schedule, with the places for what is wrong. */
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

type Entry = RecipeFile['entries'][number]

/** What a recipe without a name is called: as its file. */
function nameOf(file: string): string {
  const base = file.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '')
  const name = base.replace(/[^\p{L}\p{N}._ -]/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '')
  return name === '' ? 'recipe' : name
}

/** Stages of a schedule as they are, without a name: a list of what has no other keys than those have. */
const isStage = (entry: Entry): boolean =>
  Object.hasOwn(entry, 'from') && Object.keys(entry).every((key) => key === 'from' || key === 'recipe')

/** Throws 'missing-file', 'yaml', 'wrong-recipe' where nothing stands there, 'invalid-value' where no mappings do. */
export async function readRecipes(file: string): Promise<RecipeFile> {
  const yaml = parseYaml(await textOf(file), file)
  const called = nameOf(file)
  const list = Array.isArray(yaml.value)
  const values = list ? (yaml.value as unknown[]) : [yaml.value]
  if (yaml.value === null || values.length === 0)
    throw new FpsimError('wrong-recipe', { recipe: called, problem: 'empty', file, path: '', ...yaml.place([]) })
  const pathTo = (i: number, key?: string): PropertyKey[] => [...(list ? [i] : []), ...(key === undefined ? [] : [key])]
  const entries = values.map((entry, i): Entry => {
    if (isMapping(entry)) return entry
    throw new FpsimError('invalid-value', {
      file,
      path: '',
      ...yaml.place(pathTo(i)),
      value: entry,
      problem: 'wrong-type',
      expected: 'object',
    })
  })
  if (list && entries.every(isStage))
    return { entries: [{ name: called, schedule: entries }], place: () => yaml.place([]) }
  const named = (entry: Entry, i: number): Entry =>
    entry['name'] === undefined ? { ...entry, name: list ? `${called}-${i + 1}` : called } : entry
  return {
    entries: entries.map(named),
    place: (i, key, of) => yaml.place(pathTo(i, key), { of }),
  }
}
