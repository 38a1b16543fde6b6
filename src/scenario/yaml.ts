/** YAML with the place of every value: what is wrong comes out with file, line and column. */
import { LineCounter, type Node, parseDocument } from 'yaml'
import { FpsimError } from '../errors.js'

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlFile {
  readonly value: unknown
  /** Where the value at a path of keys stands; the nearest parent where it does not exist. */
  place(path: readonly PropertyKey[]): Place
}

/** Aliases may make a small file grow without bound; a lesson needs few. */
const maxAliases = 100

/** Reads one document. Throws 'yaml' { file, line, column, reason } at the first error. */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const wrong = document.errors[0]
  if (wrong) throw new FpsimError('yaml', { file, ...at(wrong.pos[0]), reason: wrong.code })
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    // The only thing that can still fail here is an alias that is too often repeated.
    if (!(error instanceof ReferenceError)) throw error
    throw new FpsimError('yaml', { file, ...at(0), reason: 'TOO_MANY_ALIASES' })
  }
  const place = (path: readonly PropertyKey[]): Place => {
    for (let length = path.length; length >= 0; length--) {
      const found = document.getIn(path.slice(0, length), true) as Node | undefined
      if (found?.range) return at(found.range[0])
    }
    return at(0)
  }
  return { value, place }
}
