/** The sizes at which a format begins to do something else: found by asking the codec itself. */
import { type Format, smallestNormal } from '../../format/format.js'
import { fateRounder } from '../../format/round.js'

const infinity = 0x7ff0000000000000n

const float = new Float64Array(1)
const bits = new BigUint64Array(float.buffer)

/**
 * The smallest positive float64 of which `holds`, where it holds of all above too; Infinity where it holds of no finite
 * one. Exact: the positive float64 are ordered as their bits are.
 */
export function smallestThat(holds: (size: number) => boolean): number {
  let [low, high] = [1n, infinity]
  while (low < high) {
    const middle = (low + high) / 2n
    bits[0] = middle
    if (holds(float[0] as number)) high = middle
    else low = middle + 1n
  }
  bits[0] = low
  return float[0] as number
}

/** Where the values of a format change their fate (nearest-even), as sizes of positive numbers. */
export interface Thresholds {
  /** The smallest size that does not become 0. */
  readonly kept: number
  /** The smallest size that becomes a normal number: it keeps all bits. */
  readonly full: number
  /** The smallest size that lies beyond the largest finite value. */
  readonly overflow: number
}

/** The thresholds for values that are multiplied by `scale`, in float64, before they are rounded. */
export function thresholdsOf(f: Format, scale = 1): Thresholds {
  const rounded = fateRounder(f)
  const normal = smallestNormal(f)
  return {
    kept: smallestThat((x) => rounded(x * scale).value !== 0),
    full: smallestThat((x) => !(rounded(x * scale).value < normal)),
    overflow: smallestThat((x) => rounded(x * scale).beyond),
  }
}
