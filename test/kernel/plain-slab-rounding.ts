/** The plain twin of kernel/slab-rounding.ts: fates from format/round.ts. */

import { uniform } from '../../src/data/rng.js'
import type { Format } from '../../src/format/format.js'
import { asFormat } from '../../src/format/parse.js'
import { fateRounder } from '../../src/format/round.js'
import { valuesOf } from '../../src/kernel/arena.js'
import { type QuantizeOptions, quantize } from '../../src/kernel/quantize.js'
import type { SlabRounder } from '../../src/kernel/slab-rounding.js'

/**
 * A function that rounds slabs in place: every value as `quantize` does. Stochastic: value i of the slab takes the draw
 * `uniform(seed, first + i)`; `first` is a multiple of 1024 (default 0). With `losses` it counts. fp32: nothing but the
 * canonical NaN and the counts. Throws as `quantize`.
 */
export function slabRounder(f: Format | string, o: Omit<QuantizeOptions, 'inPlace'> = {}): SlabRounder {
  const target = asFormat(f)
  quantize(new Float32Array(0), target, o)
  const { seed = 1, ...how } = o
  return (slab, { first = 0, losses } = {}) => {
    const values = valuesOf(slab)
    let i = 0
    const rounded = fateRounder(target, { ...how, random: () => uniform(seed, first + i) })
    for (; i < values.length; i++) {
      const x = values[i] as number
      const { value, fate, beyond } = rounded(x)
      values[i] = value
      if (losses === undefined) continue
      losses.values++
      if (!Number.isFinite(x)) losses.nonfinite++
      else if (fate === 'underflow') losses.lost++
      else if (beyond) losses.overflow++
    }
  }
}
