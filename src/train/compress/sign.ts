/** One bit a value: the majority of the signs, or signs times the mean magnitude. */
import { mean, norm1, type Send } from './method.js'

const bytesOf = (length: number): number => Math.ceil(length / 8)

/**
 * signSGD with majority vote: +1 or −1, of any size of gradient. Zeros (−0 too) vote for +, and so does a tie.
 * Bernstein et al. 2018, arXiv:1802.04434; the ties as in grace's signsgd.py.
 */
export const sendMajority: Send = (vectors) => {
  const sent = vectors.map((v) => v.map((x) => (x >= 0 ? 1 : -1)))
  const votes = mean(sent)
  return {
    sent,
    mean: votes.map((x) => (x >= 0 ? 1 : -1)),
    transfers: [{ collective: 'all-gather', bytes: bytesOf(votes.length) }],
  }
}

/** (‖v‖₁ / n) · sign(x) in float32; the sign of 0 is +, for a bit holds no third value. */
export function scaledSign(v: Float32Array): Float32Array {
  const scale = Math.fround(norm1(v) / v.length)
  return v.map((x) => (x >= 0 ? scale : -scale))
}

/** EF-signSGD's compressor: Karimireddy et al. 2019, arXiv:1901.09847, alg. 1, for a constant learning rate. */
export const sendScaledSign: Send = (vectors) => {
  const sent = vectors.map(scaledSign)
  return {
    sent,
    mean: mean(sent),
    transfers: [{ collective: 'all-gather', bytes: bytesOf(sent[0]?.length ?? 0) + 4 }],
  }
}
