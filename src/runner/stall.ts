/** Where 1 + 1 + 1 + … stops growing. */
import { powerOfTwo } from '../format/bits.js'
import { type Format, largest } from '../format/format.js'
import { rounder } from '../format/round.js'

/** The sum of ones that adding 1 no longer changes: 2^p, or what overflow gives where the range ends before. */
export function sumOfOnes(f: Format): number {
  // Below 2^p every integer in range is a value, so the sum gets there; the last steps are tried.
  const rounded = rounder(f)
  let sum = rounded(Math.min(powerOfTwo(f.precision), Math.floor(largest(f))) - 1)
  for (;;) {
    const more = rounded(sum + 1)
    if (Object.is(more, sum)) return sum
    sum = more
  }
}
