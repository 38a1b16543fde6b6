/** The angle between two gradients: what a change of direction is measured in. */
import { cos, sin } from '../../kernel/kernel.js'
import type { Gradients } from '../../train/clip.js'

const halfPi = 1.5707963267948966

/** The angle in radians of a point (c, s) of the unit circle's upper half. Within a few ulp; Newton's method on sin(θ' − θ). */
function angleOf(c: number, s: number): number {
  // A straight line is within 0.34 of the angle; each round cubes what is left.
  let angle = halfPi * (1 - c)
  for (let round = 0; round < 4; round++) angle += s * cos(angle) - c * sin(angle)
  return angle
}

/** In float64, where no square of a float32 overflows or vanishes. */
function lengthOf(gradients: Gradients): number {
  let sum = 0
  for (const g of gradients) for (let j = 0; j < g.length; j++) sum += (g[j] as number) * (g[j] as number)
  return Math.sqrt(sum)
}

/**
 * Degrees from a to b, 0 … 180, in float64. Of two parallel vectors within about 1e-14 degrees of 0: the sine comes from the
 * difference of the unit vectors, where nothing cancels that is not exactly equal. NaN where a vector is 0 or not finite.
 */
export function degreesBetween(a: Gradients, b: Gradients): number {
  const [p, q] = [lengthOf(a), lengthOf(b)]
  if (!(p > 0 && q > 0 && Number.isFinite(p) && Number.isFinite(q))) return Number.NaN
  let [apart, along] = [0, 0]
  for (const [i, g] of a.entries()) {
    const h = b[i] as Float32Array
    for (let j = 0; j < g.length; j++) {
      const [x, y] = [(g[j] as number) / p, (h[j] as number) / q]
      apart += (x - y) * (x - y)
      along += (x + y) * (x + y)
    }
  }
  // Half the difference and half the sum of the unit vectors are sine and cosine of half the angle.
  return (angleOf(Math.min(1, Math.sqrt(along) / 2), Math.sqrt(apart) / 2) * 180) / halfPi
}
