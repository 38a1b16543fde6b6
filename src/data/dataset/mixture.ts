/** Points of a mixture of normal distributions on a circle, the toy data of generative networks; made from the seed. */
import { FpsimError } from '../../errors.js'
import { cos, log, sin } from '../../kernel/kernel.js'
import { drawsOf } from './order.js'

export interface MixtureOptions {
  /** How many centres, evenly on the circle, the first one at (radius, 0). Default 8. */
  readonly centres?: number
  /** Default 1. */
  readonly radius?: number
  /** Standard deviation of each coordinate about its centre. Default 0.05. */
  readonly std?: number
  readonly seed: number
}

export interface Mixture {
  /** x and y of each centre, in order. */
  readonly centres: Float64Array
  /** x and y of the points first, first + 1 … of the seed, as float32. */
  readonly points: (first: number, count: number) => Float32Array
}

const twoPi = 6.283185307179586

/**
 * Point i is a pure function of the options and i, so pieces never matter. Finite. Errors of a few ulp of float64, then one
 * rounding to float32. The centre is uniform; both coordinates come from one pair of uniforms (Box and Muller 1958), the
 * first one in (0, 1] so that its logarithm is finite, which ends the tails at 8.57 standard deviations.
 */
export function mixture({ centres: n = 8, radius = 1, std = 0.05, seed }: MixtureOptions): Mixture {
  need('centres', n, Number.isInteger(n) && n >= 1 && n <= 1000, '1 … 1000')
  need('radius', radius, radius >= 0 && radius <= 1e6, '0 … 1e6')
  need('std', std, std >= 0 && std <= 1e6, '0 … 1e6')
  const draw = drawsOf(seed, 'mixture', 0)
  const centres = Float64Array.from({ length: 2 * n }, (_, i) => {
    const angle = (twoPi * Math.floor(i / 2)) / n
    return radius * (i % 2 === 0 ? cos(angle) : sin(angle))
  })
  return {
    centres,
    points(first, count) {
      const whole = Number.isSafeInteger(first) && first >= 0 && first + count <= 1125899906842624
      need('first', first, whole, '0 … 2^50')
      need('count', count, Number.isInteger(count) && count >= 0 && count <= 16777216, '0 … 2^24')
      const points = new Float32Array(2 * count)
      for (let i = 0; i < count; i++) {
        const at = (first + i) * 4
        const centre = 2 * Math.floor(draw(at) * n)
        const size = std * Math.sqrt(-2 * log(1 - draw(at + 2)))
        const angle = twoPi * draw(at + 3)
        points[2 * i] = (centres[centre] as number) + size * cos(angle)
        points[2 * i + 1] = (centres[centre + 1] as number) + size * sin(angle)
      }
      return points
    },
  }
}

function need(option: string, value: number, fine: boolean, allowed: string): void {
  if (!fine) throw new FpsimError('invalid-value', { option, value, allowed })
}
