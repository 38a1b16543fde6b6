/** The sentences of findings and titles of metrics as a person may look them up: with holes where a run puts its numbers. */
import { type Phrases, wordsOf } from '../../render/words.js'
import type { Lang } from '../../text/text.js'

const hole = '…'

/** A sentence without its values, and the names of the values that it reads. Undefined where it cannot do without them. */
export interface Template {
  readonly text: string
  readonly reads: readonly string[]
}

function written(write: Phrases[string], number: number): Template | undefined {
  const reads = new Set<string>()
  const value = { valueOf: () => number, toString: () => hole }
  const values = new Proxy({} as Record<string, never>, {
    get(_, key) {
      reads.add(String(key))
      return value
    },
  })
  try {
    return { text: String(write?.(values)), reads: [...reads] }
  } catch {
    return undefined
  }
}

/** How many characters on one side of a NaN tell whether the sentence itself speaks of it. */
const beside = 5

/** NaN stands for every number. A NaN is the sentence's own where the same sentence with other numbers has it at its place. */
function withHoles(open: string, closed: string): string {
  const parts = open.split('NaN')
  return parts.reduce((text, part, i) => {
    if (i === 0) return part
    const isOwn = closed.includes(`NaN${part.slice(0, beside)}`) && part !== ''
    const follows = closed.includes(`${(parts[i - 1] ?? '').slice(-beside)}NaN`) && parts[i - 1] !== ''
    return `${text}${isOwn || follows ? 'NaN' : hole}${part}`
  })
}

function templateOf(write: Phrases[string]): Template | undefined {
  const [open, closed] = [written(write, Number.NaN), written(write, 1)]
  if (!open) return undefined
  const text = withHoles(open.text, closed?.text ?? '').replaceAll('undefined', hole)
  return { ...open, text: text.replace(/…(?:[\s…]*…)+/g, hole) }
}

/** The findings of a language by code. */
export function templates(lang: Lang): ReadonlyMap<string, Template> {
  const found = Object.entries(wordsOf(lang).findings).map(([code, write]) => [code, templateOf(write)] as const)
  return new Map(found.filter((one): one is readonly [string, Template] => one[1] !== undefined))
}

/** What a metric is called where a table compares it; undefined where it has no title. */
export function titleOf(metric: string, lang: Lang): string | undefined {
  const { labels } = wordsOf(lang)
  const code = `metric-${metric}`
  return Object.hasOwn(labels, code) ? templateOf(labels[code] as Phrases[string])?.text : undefined
}
