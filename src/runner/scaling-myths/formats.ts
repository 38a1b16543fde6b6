/** The rounding of the experiments, and the limits of FP16 they speak of. */
import { powerOfTwo } from '../../format/bits.js'
import { largest, quantumExponent } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { ulp } from '../../format/ulp.js'
import { nearest } from '../../train/optimizer/nearest.js'

export const fp16 = format('fp16')
export const toFp16 = nearest(fp16)
export const toBf16 = nearest(format('bf16'))

/** From here on a value rounds to Inf: 65520, half an ulp beyond the largest. */
export const overflowsFrom = largest(fp16) + ulp(largest(fp16), fp16) / 2

/** The smallest positive value, 2^-24. */
export const quantum = powerOfTwo(quantumExponent(fp16))
