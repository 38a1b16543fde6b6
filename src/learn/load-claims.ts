/** Reads the claims: one file a topic, every problem with its place. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { FpsimError } from '../errors.js'
import { projectDirectory } from '../project.js'
import { problemsOf } from '../runner/params.js'
import { parseYaml } from '../scenario/yaml.js'
import { type Claim, claimFileSchema } from './claim.js'

export const claimDirectory = (): string => join(projectDirectory(), 'scenarios', 'claims')

/** The topics in the order of the course. A file of another name comes after these. */
const order = ['numbers', 'scaling', 'weights', 'loop', 'gradients', 'training', 'cost']

const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length)

/** The keys allowed somewhere in the file are those of the schema that refused one. */
function keysOf(path: readonly PropertyKey[]): readonly string[] {
  let found: unknown = claimFileSchema
  for (const key of path) {
    const def = definition(found)
    found = def.shape ? def.shape[String(key)] : (def.element ?? def.valueType)
  }
  return Object.keys(definition(found).shape ?? {})
}

interface Definition {
  readonly shape?: Readonly<Record<string, unknown>>
  readonly element?: unknown
  readonly valueType?: unknown
  readonly innerType?: unknown
}

function definition(schema: unknown): Definition {
  const def = (schema as { _zod?: { def: Definition } } | undefined)?._zod?.def ?? {}
  return def.innerType === undefined ? def : definition(def.innerType)
}

/** The claims of one file's text. Throws the first problem, with file, line and column. */
export function readClaims(text: string, file: string): Claim[] {
  const yaml = parseYaml(text, file)
  const parsed = claimFileSchema.safeParse(yaml.value, { reportInput: true })
  const located = (path: readonly PropertyKey[], error: FpsimError): FpsimError => {
    const of = error.values['key'] === path.at(-1) ? 'key' : 'value'
    const at = yaml.place(path, { of })
    return new FpsimError(error.code, { ...error.values, file, path: path.map(String).join('.'), ...at })
  }
  if (!parsed.success) {
    // A key misspelled is why another is missing: it comes first.
    const found = problemsOf(parsed.error.issues, keysOf)
    const first = found.find(({ error }) => error.code === 'unknown-key') ?? found[0]
    throw first ? located(first.path, first.error) : new FpsimError('unexpected', { file })
  }
  const { title, claims } = parsed.data
  const seen = new Set<string>()
  for (const [i, { id }] of claims.entries()) {
    if (seen.has(id))
      throw located(
        ['claims', i, 'id'],
        new FpsimError('invalid-value', { option: 'id', value: [id, id], problem: 'given-twice' }),
      )
    seen.add(id)
  }
  const topic = { name: basename(file).replace(/\.ya?ml$/, ''), title }
  return claims.map((claim) => ({ ...claim, topic }))
}

/** All claims of a folder, by topic. Throws the first problem; an id may stand once in all files. */
export async function loadClaims(folder: string = claimDirectory()): Promise<Claim[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort()
  const topics = files.map((file) => file.slice(0, -5)).sort((a, b) => rank(a) - rank(b))
  const claims = await Promise.all(
    topics.map(async (name) => {
      const path = join(folder, `${name}.yaml`)
      return readClaims(await readFile(path, 'utf8'), path)
    }),
  )
  const homes = new Map<string, string>()
  for (const { id, topic } of claims.flat()) {
    const other = homes.get(id)
    if (other !== undefined)
      throw new FpsimError('invalid-value', {
        option: 'id',
        value: [`${other}: ${id}`, `${topic.name}: ${id}`],
        problem: 'given-twice',
      })
    homes.set(id, topic.name)
  }
  return claims.flat()
}
