/** Tensor names by pattern: `*` any run of characters, `?` one, several patterns separated by commas. */

/** The patterns of a list; empty ones are dropped. */
export const patternsOf = (list: string): string[] =>
  list
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')

export const isPlain = (pattern: string): boolean => !/[*?]/.test(pattern)

/** Whether the whole name fits the pattern. In time |name| · |pattern| at worst: no regular expression that backtracks. */
export function matches(pattern: string, name: string): boolean {
  let p = 0
  let star = -1
  let afterStar = 0
  for (let n = 0; n < name.length; ) {
    if (pattern[p] === '*') {
      star = p++
      afterStar = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      // Only the last star needs to give way: what an earlier one could take, the last can take too.
      p = star + 1
      n = ++afterStar
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** Whether the name fits one of the patterns of a list. */
export const matchesAny = (list: string, name: string): boolean =>
  patternsOf(list).some((pattern) => matches(pattern, name))
