/** YAML with the place of every value: what is wrong comes out with file, line and column. */
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import { FpsimError } from '../errors.js'

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlFile {
  readonly value: unknown
  /** Where the value at a path of keys stands, or its last key; the nearest parent where it does not exist. */
  place(path: readonly PropertyKey[], o?: { readonly of: 'key' | 'value' }): Place
}

/** Aliases may make a small file grow without bound; a lesson needs few. */
const maxAliases = 100

/** What is wrong with the aliases of a document: one that repeats nothing, or itself. */
function badAlias(document: Document): { reason: string; offset: number } | undefined {
  let found: { reason: string; offset: number } | undefined
  visit(document, {
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0
      const [from, , to] = alias.resolve(document)?.range ?? []
      if (from === undefined || to === undefined) found = { reason: 'BAD_ALIAS', offset }
      else if (from <= offset && offset < to) found = { reason: 'TOO_MANY_ALIASES', offset }
      return found ? visit.BREAK : undefined
    },
  })
  return found
}

/** Reads one document. Throws 'yaml' { file, line, column, reason } at the first error. */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const wrong = (reason: string, offset: number) => new FpsimError('yaml', { file, ...at(offset), reason })
  let document: Document
  let value: unknown
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
    const error = document.errors[0]
    if (error) throw wrong(error.code === 'RESOURCE_EXHAUSTION' ? 'TOO_DEEP' : error.code, error.pos[0])
    const alias = badAlias(document)
    if (alias) throw wrong(alias.reason, alias.offset)
    value = document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    if (error instanceof ReferenceError) throw wrong('TOO_MANY_ALIASES', 0)
    // Brackets within brackets without end: the parser has a limit of its own, and below it the stack.
    if (error instanceof RangeError) throw wrong('TOO_DEEP', 0)
    throw error
  }
  const keyAt = (path: readonly PropertyKey[]): Place | undefined => {
    const parent = document.getIn(path.slice(0, -1), true)
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === path.at(-1))
      : undefined
    const offset = (pair?.key as Node | undefined)?.range?.[0]
    return offset === undefined ? undefined : at(offset)
  }
  const place: YamlFile['place'] = (path, { of } = { of: 'value' }) => {
    const key = of === 'key' ? keyAt(path) : undefined
    if (key) return key
    for (let length = path.length; length >= 0; length--) {
      const found = document.getIn(path.slice(0, length), true) as Node | undefined
      if (found?.range) return at(found.range[0])
    }
    return at(0)
  }
  return { value, place }
}
