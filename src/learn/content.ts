/** Content in folders of YAML files (claims, exercises, cards, terms): a file is a topic with a list of entries, each with an id. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { projectDirectory } from '../project.js'
import { type Locate, parseContent, readText } from '../scenario/content.js'

const words = z.string().check(z.minLength(1))

/** A sentence in both languages. */
export const localized = z.strictObject({ en: words, zh: words })

/** What content is called by: lower case, digits and hyphens. */
export const identifier = z.string().check(z.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/))

export interface Topic {
  /** The name of the file. */
  readonly name: string
  readonly title: { readonly en: string; readonly zh: string }
}

/** An entry with its topic and a way to tell the place of a problem in it; `path` begins below the entry. */
export type Placed<E> = E & { readonly topic: Topic; readonly locate: Locate }

export interface Content<E> {
  readonly entries: readonly Placed<E>[]
  /** Everything that is wrong with the files, ids given twice included. */
  readonly problems: readonly FpsimError[]
}

/** The shipped content of a kind, `claims` say. */
export const contentDirectory = (kind: string): string => join(projectDirectory(), 'scenarios', kind)

/** One file: `title`, where it stands among the topics, and the entries under the name of their kind. */
const fileSchema = <E extends z.ZodMiniType<{ id: string }>>(kind: string, entry: E) =>
  z.strictObject({ title: localized, order: z._default(z.number(), 99), [kind]: z.array(entry).check(z.minLength(1)) })

function entriesOf<E extends z.ZodMiniType<{ id: string }>>(
  kind: string,
  entry: E,
  text: string,
  file: string,
): Content<z.output<E>> & { readonly order: number } {
  const parsed = parseContent(fileSchema(kind, entry), text, file)
  if ('problems' in parsed) return { entries: [], problems: parsed.problems, order: 99 }
  const { data, locate } = parsed
  const name = (file.split(/[/\\]/).at(-1) as string).replace(/\.ya?ml$/, '')
  const topic: Topic = { name, title: data['title'] as Topic['title'] }
  const entries = (data[kind] as z.output<E>[]).map((one, i) => ({
    ...one,
    topic,
    locate: (path: readonly PropertyKey[], error: FpsimError) => locate([kind, i, ...path], error),
  }))
  return { entries, problems: [], order: data['order'] as number }
}

/** Ids that stand twice, each where it stands again. */
const repeated = (entries: readonly Placed<{ id: string }>[]): FpsimError[] =>
  entries.flatMap(({ id, topic, locate }, i) => {
    const first = entries.findIndex((one) => one.id === id)
    if (first === i) return []
    const value = [entries[first]?.topic.name, topic.name].map((name) => `${name}: ${id}`)
    return [locate(['id'], new FpsimError('invalid-value', { option: 'id', value, problem: 'given-twice' }))]
  })

/** The entries of one file's text. */
export function parseTopic<E extends z.ZodMiniType<{ id: string }>>(
  kind: string,
  entry: E,
  text: string,
  file: string,
): Content<z.output<E>> {
  const { entries, problems } = entriesOf(kind, entry, text, file)
  return { entries, problems: [...problems, ...repeated(entries)] }
}

/** Where content lies: a folder, or files. */
export type Place = string | readonly string[]

/** The YAML files of a folder, sorted. Throws 'missing-file' where there is no such folder. */
export async function yamlFiles(folder: string): Promise<string[]> {
  try {
    const names = (await readdir(folder)).filter((file) => /\.ya?ml$/.test(file))
    return names.sort().map((file) => join(folder, file))
  } catch {
    throw new FpsimError('missing-file', { file: folder })
  }
}

/** All entries of a folder's files, or of the files given, topics in their order. Throws 'missing-file' for a folder that is not there. */
export async function readContent<E extends z.ZodMiniType<{ id: string }>>(
  kind: string,
  entry: E,
  place: Place = contentDirectory(kind),
): Promise<Content<z.output<E>>> {
  const files = typeof place === 'string' ? await yamlFiles(place) : place
  const read = await Promise.all(
    files.map(async (path) => {
      try {
        return entriesOf(kind, entry, await readText(path, path), path)
      } catch (error) {
        if (error instanceof FpsimError) return { entries: [], problems: [error], order: 99 }
        throw error
      }
    }),
  )
  const entries = read.sort((a, b) => a.order - b.order).flatMap((topic) => topic.entries)
  return { entries, problems: [...read.flatMap(({ problems }) => problems), ...repeated(entries)] }
}

/** `readContent`, throwing the first problem. */
export async function loadContent<E extends z.ZodMiniType<{ id: string }>>(
  kind: string,
  entry: E,
  place?: Place,
): Promise<readonly Placed<z.output<E>>[]> {
  const { entries, problems } = await readContent(kind, entry, place)
  if (problems[0]) throw problems[0]
  return entries
}
