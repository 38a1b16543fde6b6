/** Did-you-mean: the candidate nearest to a mistyped word, if it is near enough to be meant. */

/** Edit distance with transpositions (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] as number) + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] as number
}

/** The nearest candidate, or undefined when none is within a third of the word's length (at least one edit). */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const name = candidate.toLowerCase()
    // A word cut short or one with an ending too many is nearer than its edit distance says.
    const prefix = wanted.length >= 3 && (name.startsWith(wanted) || wanted.startsWith(name))
    const d = prefix ? Math.min(distance(wanted, name), limit) : distance(wanted, name)
    if (d < bestDistance) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}
