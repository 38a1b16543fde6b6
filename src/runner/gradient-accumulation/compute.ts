/** All that the lesson of gradient accumulation computes, whatever it draws: a lesson may ask about any of it. */
import { lostBatches } from '../../train/accumulate.js'
import { batchNormShare, equalitiesOf } from './equal.js'
import { memoryOf } from './memory.js'
import { type MistakeName, mistakesOf, shareOf } from './mistakes.js'
import { sumsOf, wideOf } from './sums.js'

export interface AccumulationParams {
  readonly format: string
  readonly micro?: number | undefined
  readonly gradient: number
  readonly spread: number
  readonly scale?: number | undefined
  readonly samples: number
  readonly lastSamples: number
  readonly overflowRate: number
  readonly model: string
  readonly batch: number
  readonly sequence: number
}

/** Many micro-batches show what a buffer loses, few of them what a loop does. */
const manyMicro = 1024
const fewMicro = 4
const usualScale = 65536

export const metrics = {
  terms: 'count',
  exactSum: 'number',
  lowSum: 'exact',
  lowError: 'percent',
  kahanError: 'percent',
  otherError: 'percent',
  wideError: 'percent',
  backError: 'percent',
  largeLow: 'power',
  largeWide: 'power',
  largeBack: 'power',
  right: 'number',
  notDivided: 'number',
  zeroedInside: 'number',
  updateInside: 'number',
  unscaleInside: 'number',
  ownScaler: 'number',
  meanOfMeans: 'percent',
  lastWeight: 'number',
  overflowed: 'number',
  scaleAfterOverflow: 'power',
  updatesLost: 'percent',
  equalFewBits: 'percent',
  equalThirds: 'percent',
  equalFp32: 'percent',
  equalNarrow: 'percent',
  batchNorm: 'percent',
  memoryWhole: 'number',
  memoryAccumulated: 'number',
  memoryFixed: 'number',
} as const

export type Values = Record<keyof typeof metrics, number>

const gib = 1 << 30

export function computed(p: AccumulationParams, seed: number) {
  const { format, gradient, spread, samples, lastSamples } = p
  const few = p.micro ?? fewMicro
  const sums = sumsOf({ format, gradient, spread, scale: p.scale ?? 1, micro: p.micro ?? manyMicro, seed })
  const batch = { format, gradient, spread, scale: p.scale ?? usualScale, micro: few, samples, lastSamples, seed }
  const equal = { format, gradient, micro: few, samples, seed }
  return {
    sums,
    batch,
    mistakes: mistakesOf(batch),
    equal,
    equalities: equalitiesOf(equal),
    batchNorm: batchNormShare(equal),
    memory: memoryOf(p),
  }
}

export type Computed = ReturnType<typeof computed>

export function metricsOf(c: Computed, p: AccumulationParams): Values {
  const [low, kahan, other] = c.sums.buffers
  const wide = wideOf(c.sums.buffers)
  const mistake = (name: MistakeName) => c.mistakes.find((one) => one.name === name)
  const share = (name: MistakeName): number => {
    const found = mistake(name)
    return found ? shareOf(found) : Number.NaN
  }
  const same = (name: string): number => c.equalities.find((one) => one.name === name)?.same ?? Number.NaN
  const [first, last] = [c.memory.points[0], c.memory.points.at(-1)]
  const nothing = Number.NaN
  return {
    terms: p.micro ?? manyMicro,
    exactSum: c.sums.exact,
    lowSum: low?.sum ?? nothing,
    lowError: low?.error ?? nothing,
    kahanError: kahan?.error ?? nothing,
    otherError: other?.error ?? nothing,
    wideError: wide.error,
    backError: wide.backError,
    largeLow: low?.large ?? nothing,
    largeWide: wide.large,
    largeBack: c.sums.largeBack,
    right: share('right'),
    notDivided: share('not-divided'),
    zeroedInside: share('zeroed'),
    updateInside: share('update-inside'),
    unscaleInside: share('unscale-inside'),
    ownScaler: share('own-scaler'),
    meanOfMeans: Math.abs(share('means') - 1),
    lastWeight: p.samples / p.lastSamples,
    overflowed: share('overflow'),
    scaleAfterOverflow: mistake('overflow')?.scaleAfter ?? nothing,
    updatesLost: lostBatches(p.overflowRate, c.batch.micro),
    equalFewBits: same('few-bits'),
    equalThirds: same('thirds'),
    equalFp32: same('fp32'),
    equalNarrow: same('narrow'),
    batchNorm: c.batchNorm,
    memoryWhole: (first?.total ?? nothing) / gib,
    memoryAccumulated: (last?.total ?? nothing) / gib,
    memoryFixed: c.memory.fixed / gib,
  }
}
