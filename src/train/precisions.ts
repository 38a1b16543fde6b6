/** What a recipe means for each operation of a network: the precisions of a tape. */
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { asFormat } from '../format/parse.js'
import { fp32, type OpName, type Precision, type Precisions, type ScaledPlace } from '../tensor/precision.js'
import { type OpName as ListedName, losses as lossesOfAutocast } from './autocast/lists.js'
import { autocastPolicy } from './autocast.js'
import { lossScaler, type ScaleState } from './loss-scale.js'
import { blockWayOf, sumOptionsOf } from './recipe/ways.js'
import type { Recipe } from './recipe.js'

/** The names that autocast's lists have for the tape's operations; what is not here is on no list. */
const listed: Readonly<Partial<Record<OpName, ListedName>>> = {
  linear: 'linear',
  matmul: 'linear',
  conv2d: 'conv',
  softmax: 'softmax',
  'layer-norm': 'layer-norm',
  'cross-entropy': 'cross-entropy',
  'bce-with-logits': 'bce-with-logits',
  mse: 'mse',
  add: 'add',
  concat: 'cat',
}

const isLoss = (op: OpName): boolean => {
  const name = listed[op]
  return name !== undefined && lossesOfAutocast.includes(name)
}

/** Products whose operands Transformer Engine reads in FP8 and in blocks. */
const inFp8: readonly OpName[] = ['linear', 'conv2d']

/** The precisions of a run, and a switch for evaluations: they leave the scales of FP8 alone. */
export interface RunPrecisions {
  readonly of: Precisions
  learning: boolean
}

/** No scale goes further: its reciprocal must be a float32, too. */
const topExponent = 120

/**
 * Scales of FP8 operands as delayed scaling has them, one for each place: from the largest sizes of the steps before, never
 * this one's; rounded down to a power of two, so that scaling itself rounds nothing.
 */
function delayedScales(forward: string, backward: string, isLearning: () => boolean) {
  const scalers = {
    input: lossScaler('te-delayed', { format: forward }),
    gradient: lossScaler('te-delayed', { format: backward }),
  }
  const states = new Map<string, ScaleState>()
  return (amax: number, { index, input, role }: ScaledPlace): number => {
    const place = `${index} ${input} ${role}`
    const state = states.get(place) ?? scalers[role].init()
    if (isLearning()) states.set(place, scalers[role].next(state, { amax }))
    return powerOfTwo(Math.max(-topExponent, Math.min(topExponent, exponentOf(state.scale))))
  }
}

/** Exact: table and rules. Sources: those of autocast-lists.ts; for FP8 Transformer Engine's DelayedScaling. */
export function precisionsOf(recipe: Recipe): RunPrecisions {
  const run: { of: Precisions; learning: boolean } = { of: () => ({}), learning: true }
  const compute = asFormat(recipe.compute)
  const sum = sumOptionsOf(recipe, recipe.compute)
  const { rounding } = recipe
  const narrow: Precision = { compute, sum, rounding }
  const wide: Precision = { compute: fp32, rounding }
  // TF32 is a way to read operands; what is stored stays FP32.
  const low: Precision =
    compute.name === 'tf32' ? { ...narrow, output: fp32, gradient: fp32, incoming: compute } : narrow
  const [forward, backward] = [blockWayOf(recipe, 'forward'), blockWayOf(recipe, 'backward')]
  const fp8: Precision | undefined =
    recipe.forward === ''
      ? undefined
      : forward && backward
        ? { ...low, blocks: { forward, backward } }
        : {
            compute: asFormat(recipe.forward),
            output: compute,
            gradient: compute,
            incoming: asFormat(recipe.backward),
            sum: sumOptionsOf(recipe, recipe.forward),
            rounding,
            // As the hardware converts. What is BF16 here would need 2^128 to notice.
            overflow: 'saturate',
            scale: delayedScales(recipe.forward, recipe.backward, () => run.learning),
          }
  const products = (op: OpName): Precision => (fp8 && inFp8.includes(op) ? fp8 : low)
  const policy = autocastPolicy('pytorch')
  const lists = policy.kind === 'lists' ? policy.lists : undefined
  run.of = (op) => {
    if (recipe.autocast === 'none') return products(op)
    if (recipe.autocast === 'model') return isLoss(op) ? wide : products(op)
    const name = listed[op]
    const list = name === undefined ? 'unlisted' : lists?.[name]
    return list === 'low' ? products(op) : list === 'fp32' ? wide : { rounding }
  }
  return run
}
