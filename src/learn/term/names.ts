/** From what a person types to a name of the glossary: case, width, hyphens, blanks and plurals do not matter. */
import { suggest } from '../../suggest.js'

/** A plural's ending, of words long enough that it is one. */
const singular = (word: string): string =>
  /^[a-z]{4,}s$/.test(word) && !/(ss|us|is)$/.test(word) ? word.slice(0, -1) : word

/** A number or a code, of which every sign counts: 2^11 is not 211. */
const isNumber = (text: string): boolean => /^[-+]?[\d.][\w.^+-]*$/.test(text)

/** What names that mean the same have in common: letters, digits and Chinese characters only, lower case, singular. */
export function plainName(name: string): string {
  const text = name.normalize('NFKC').trim()
  if (isNumber(text)) return text.toLowerCase()
  return text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map(singular)
    .join('')
}

/** The words of a text, for phrases that stand inside it. */
const plainWords = (text: string): string =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ')} `

export interface Named<T> {
  readonly item: T
  readonly names: readonly string[]
}

/** The item of a name. */
export function byName<T>(query: string, all: readonly Named<T>[]): T | undefined {
  const wanted = plainName(query)
  if (wanted === '') return undefined
  return all.find(({ names }) => names.some((name) => plainName(name) === wanted))?.item
}

/** The item whose longest name of two words or more stands in a line of text, as a log line or a sentence. */
export function byPhrase<T>(query: string, all: readonly Named<T>[]): T | undefined {
  const line = plainWords(query)
  let found: { readonly item: T; readonly length: number } | undefined
  for (const { item, names } of all)
    for (const name of names) {
      const phrase = plainWords(name)
      const isPhrase = phrase.trim().includes(' ')
      if (isPhrase && phrase.length > (found?.length ?? 0) && line.includes(phrase))
        found = { item, length: phrase.length }
    }
  return found?.item
}

/** What is longer is a text and no name; comparing it with every name would take seconds. */
const longestName = 80

/** The name nearest to a mistyped one: by its letters, else one that begins with it or holds it. */
export function nearestName<T>(query: string, all: readonly Named<T>[]): string | undefined {
  const names = all.flatMap((named) => named.names)
  const plain = new Map(names.map((name) => [plainName(name), name] as const))
  const wanted = plainName(query)
  if (wanted.length > longestName) return undefined
  const near = suggest(wanted, plain.keys())
  if (near !== undefined) return plain.get(near)
  if ([...wanted].length < 2) return undefined
  return names.find((name) => plainName(name).includes(wanted))
}
