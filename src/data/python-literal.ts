/** The small part of Python's literals that a .npy header uses. Nothing is evaluated. */

export type Literal =
  | string
  | number
  | boolean
  | null
  | { readonly tuple: readonly Literal[] }
  | { readonly list: readonly Literal[] }
  | { readonly dict: ReadonlyMap<string, Literal> }

const DEPTH = 20

/**
 * One literal and nothing after it but white space. Integers beyond 2^53 come out rounded (the caller refuses them).
 * `fail` gets the offset of what is wrong; it must throw.
 */
export function parseLiteral(text: string, fail: (offset: number) => never): Literal {
  let at = 0
  const blank = () => {
    while (at < text.length && ' \n\r\t'.includes(text[at] as string)) at++
  }
  const take = (what: string): boolean => {
    blank()
    if (!text.startsWith(what, at)) return false
    at += what.length
    return true
  }

  function value(depth: number): Literal {
    blank()
    if (depth > DEPTH) fail(at)
    const c = text[at]
    if (c === "'" || c === '"') return string(c)
    if (take('{')) return dict(depth)
    if (take('[')) return { list: items(']', depth).items }
    if (take('(')) {
      const inside = items(')', depth)
      // (3) is the number 3; only a comma makes a tuple.
      return inside.items.length === 1 && !inside.comma ? (inside.items[0] as Literal) : { tuple: inside.items }
    }
    return word()
  }

  function string(quote: string): string {
    const from = ++at
    for (; at < text.length && text[at] !== quote; at++) {
      if (text[at] === '\\') at++
      if (text[at] === '\n') fail(at)
    }
    if (at >= text.length) fail(from - 1)
    return text.slice(from, at++)
  }

  function word(): Literal {
    const from = at
    while (at < text.length && /[\w+-]/.test(text[at] as string)) at++
    const name = text.slice(from, at)
    if (name === 'True') return true
    if (name === 'False') return false
    if (name === 'None') return null
    // Python 2 wrote long integers as 5L.
    if (name.length <= 400 && /^[+-]?(0|[1-9]\d*)L?$/.test(name)) return Number(name.replace('L', ''))
    return fail(from)
  }

  function items(end: string, depth: number): { items: Literal[]; comma: boolean } {
    const found: Literal[] = []
    let comma = false
    while (!take(end)) {
      if (found.length > 0 && !comma) fail(at)
      found.push(value(depth + 1))
      comma = take(',')
    }
    return { items: found, comma }
  }

  function dict(depth: number): Literal {
    const entries = new Map<string, Literal>()
    let comma = true
    while (!take('}')) {
      if (!comma) fail(at)
      blank()
      const from = at
      const key = value(depth + 1)
      if (typeof key !== 'string' || entries.has(key)) return fail(from)
      if (!take(':')) fail(at)
      entries.set(key, value(depth + 1))
      comma = take(',')
    }
    return { dict: entries }
  }

  const result = value(0)
  blank()
  if (at < text.length) fail(at)
  return result
}
