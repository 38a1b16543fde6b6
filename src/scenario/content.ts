/** YAML content of any kind, lessons and all else: a file's text against a schema, every problem with its place. */
import { readFile, stat } from 'node:fs/promises'
import type * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { problemsOf } from '../runner/params.js'
import { parseYaml, type YamlFile } from './yaml.js'

/** No content file is larger; a larger file is something else. */
const maxBytes = 1 << 18

/** The text of a file. Throws 'missing-file', 'is-a-directory', 'unreadable-file', 'too-large' and 'yaml' for bytes that are no UTF-8. */
export async function readText(path: string, file: string): Promise<string> {
  let info: Awaited<ReturnType<typeof stat>>
  try {
    info = await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new FpsimError('missing-file', { file })
    throw new FpsimError('unreadable-file', { file, reason: code })
  }
  if (info.isDirectory()) throw new FpsimError('is-a-directory', { file })
  if (info.size > maxBytes) throw new FpsimError('too-large', { file, size: info.size, limit: maxBytes })
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new FpsimError('unreadable-file', { file, reason: (error as NodeJS.ErrnoException).code })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FpsimError('yaml', { file, line: 1, column: 1, reason: 'NOT_UTF8' })
  }
}

/** What zod keeps about a schema, as far as it leads to the keys of an object. */
interface Definition {
  readonly shape?: Record<string, unknown>
  readonly innerType?: unknown
  readonly element?: unknown
  readonly valueType?: unknown
}
const definition = (schema: unknown): Definition =>
  (schema as { _zod?: { def: Definition } } | undefined)?._zod?.def ?? {}

/** The schema without its `optional` and `default` wrappers. */
const unwrapped = (schema: unknown): Definition => {
  const found = definition(schema)
  return found.innerType === undefined ? found : unwrapped(found.innerType)
}

/** The keys allowed at a path of a schema. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let found = unwrapped(schema)
  for (const key of path) found = unwrapped(found.shape ? found.shape[String(key)] : (found.element ?? found.valueType))
  return Object.keys(found.shape ?? {})
}

/** An error with the file and the place of a path of keys in it: of the key where the key is what is wrong. */
export type Locate = (path: readonly PropertyKey[], error: FpsimError) => FpsimError

const locator =
  (file: string, yaml: YamlFile): Locate =>
  (path, error) => {
    const of = error.values['key'] === path.at(-1) ? 'key' : 'value'
    const place = yaml.place(path, { of })
    return new FpsimError(error.code, { ...error.values, file, path: path.map(String).join('.'), ...place })
  }

export type Parsed<T> = { readonly problems: readonly FpsimError[] } | { readonly data: T; readonly locate: Locate }

/** A text against a schema: what it holds, or everything that is wrong with it. */
export function parseContent<S extends z.ZodMiniType>(schema: S, text: string, file: string): Parsed<z.output<S>> {
  let yaml: YamlFile
  try {
    yaml = parseYaml(text, file)
  } catch (error) {
    if (error instanceof FpsimError) return { problems: [error] }
    throw error
  }
  const locate = locator(file, yaml)
  const parsed = schema.safeParse(yaml.value, { reportInput: true })
  if (parsed.success) return { data: parsed.data, locate }
  // A key misspelled is why another is missing: it comes first.
  const byCause = (p: { error: FpsimError }) => (p.error.code === 'unknown-key' ? 0 : 1)
  const found = problemsOf(parsed.error.issues, (path) => keysAt(schema, path)).sort((a, b) => byCause(a) - byCause(b))
  return { problems: found.map(({ path, error }) => locate(path, error)) }
}
