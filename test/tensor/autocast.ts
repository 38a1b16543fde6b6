/** Precisions for the tests: autocast, as PyTorch lists it. */
import type { Format } from '../../src/format/format.js'
import { asFormat } from '../../src/format/parse.js'
import type { SumOptions } from '../../src/kernel/sum-options.js'
import type { OpName, Precisions } from '../../src/tensor/precision.js'

const products: readonly OpName[] = ['linear', 'matmul', 'conv2d']
const wide: readonly OpName[] = ['softmax', 'layer-norm', 'cross-entropy', 'mse', 'bce-with-logits']

/** Products in a format, what PyTorch lists as FP32 in FP32, the rest as it comes. */
export const autocast =
  (low: Format, sum?: SumOptions): Precisions =>
  (op) =>
    products.includes(op) ? { compute: low, sum } : wide.includes(op) ? { compute: asFormat('fp32') } : {}
