/** One effective batch taken step by step: the right loop, and the ways in which it goes wrong. */
import { seedFrom, uniform } from '../../data/rng.js'
import { FpsimError } from '../../errors.js'
import { powerOfTwo } from '../../format/bits.js'
import { format } from '../../format/parse.js'
import { rounder } from '../../format/round.js'
import type { Block, Cell, Tone } from '../../result/result.js'
import { accumulator, microSizes, shares } from '../../train/accumulate.js'
import { gradScaler, type ScaledOptimizer } from '../../train/grad-scaler.js'
import { lossScaler } from '../../train/loss-scale.js'

export interface BatchOptions {
  readonly format: string
  readonly gradient: number
  readonly spread: number
  readonly scale: number
  readonly micro: number
  /** Samples of a micro-batch, and of the last one. */
  readonly samples: number
  readonly lastSamples: number
  readonly seed: number
}

export const mistakeNames = [
  'right',
  'not-divided',
  'zeroed',
  'update-inside',
  'unscale-inside',
  'update-alone',
  'own-scaler',
  'means',
  'overflow',
] as const
export type MistakeName = (typeof mistakeNames)[number]

export interface Mistake {
  readonly name: MistakeName
  /** What the optimizer gets, and the mean over all samples that it should get. NaN where the program stops before. */
  readonly applied: number
  readonly wanted: number
  /** PyTorch's refusal, where there is one. */
  readonly problem?: string
  readonly scaleAfter: number
}

/** Mean gradient of each micro-batch, in float64. */
function microMeans({ gradient, spread, seed }: BatchOptions, sizes: readonly number[]): number[] {
  const draws = seedFrom(`accumulation samples ${seed}`)
  let first = 0
  return sizes.map((size) => {
    let sum = 0
    for (let i = 0; i < size; i++) sum += gradient * (1 + spread * (2 * uniform(draws, first + i) - 1))
    first += size
    return sum / size
  })
}

const weighted = (values: readonly number[], weights: readonly number[]): number =>
  values.reduce((sum, x, i) => sum + x * (weights[i] as number), 0)

/** A loop of PyTorch: the buffer is .grad in fp32, the scaler is gradScaler. */
interface Loop {
  readonly weights: readonly number[]
  readonly zeroInside?: boolean
  /** What is called after every backward pass but the last. */
  readonly inside?: readonly ('unscale' | 'update')[]
  /** The micro-batch that overflows, from 1; 0: none. */
  readonly overflowAt?: number
}

/** What the optimizer gets from one effective batch; PyTorch's refusal where it has one. Exact in the machine's sense. */
function pytorchLoop(means: readonly number[], loop: Loop, o: BatchOptions): Omit<Mistake, 'name' | 'wanted'> {
  const round = rounder(format(o.format))
  const scaler = gradScaler({ initScale: o.scale })
  const buffer = accumulator('fp32')
  let state = buffer.init(1)
  const grad = new Float32Array(1)
  let applied = 0
  const optimizer: ScaledOptimizer = {
    name: 'optimizer',
    gradients: [grad],
    step() {
      applied = grad[0] as number
    },
  }
  try {
    means.forEach((mean, i) => {
      const gradient = loop.overflowAt === i + 1 ? Number.POSITIVE_INFINITY : mean * (loop.weights[i] as number)
      const factor = scaler.scale(1)
      if (loop.zeroInside) grad[0] = 0
      state = { sum: Float64Array.of(grad[0] as number) }
      state = buffer.add(state, [round(gradient * factor)])
      grad[0] = state.sum[0] as number
      if (i < means.length - 1)
        for (const call of loop.inside ?? []) call === 'unscale' ? scaler.unscale_(optimizer) : scaler.update()
    })
    scaler.step(optimizer)
    scaler.update()
  } catch (error) {
    if (!(error instanceof FpsimError) || error.code !== 'scaler-misuse') throw error
    return { applied: Number.NaN, problem: String(error.values['problem']), scaleAfter: scaler.getScale() }
  }
  return { applied, scaleAfter: scaler.getScale() }
}

/**
 * A scaler written by hand that counts micro-batches, as `update` inside the loop makes it do: it doubles half way through
 * the batch, the buffer then holds gradients of two scales, and all are divided by the last one.
 */
function ownScaler(means: readonly number[], o: BatchOptions): Omit<Mistake, 'name' | 'wanted'> {
  const round = rounder(format(o.format))
  const policy = lossScaler('pytorch', {
    initScale: o.scale,
    growthInterval: Math.max(1, Math.floor(means.length / 2)),
  })
  const buffer = accumulator('fp32')
  let [state, scale] = [buffer.init(1), policy.init()]
  let used = o.scale
  means.forEach((mean, i) => {
    used = scale.scale
    state = buffer.add(state, [round((mean / means.length) * used)])
    if (i < means.length - 1) scale = policy.next(scale, 'finite')
  })
  return { applied: Math.fround((state.sum[0] as number) / used), scaleAfter: scale.scale }
}

/** All of them on the same samples; only `means` has a shorter last micro-batch. */
export function mistakesOf(o: BatchOptions): Mistake[] {
  const even = microSizes(o.micro, o.samples, o.samples)
  const uneven = microSizes(o.micro, o.samples, o.lastSamples)
  const equal = microMeans(o, even)
  const unequal = microMeans(o, uneven)
  const byBatch = shares(even, 'batches')
  const wanted = weighted(equal, shares(even, 'samples'))
  const whole = equal.map(() => 1)
  const run = (name: MistakeName, loop: Loop): Mistake => ({ name, wanted, ...pytorchLoop(equal, loop, o) })
  return [
    run('right', { weights: byBatch }),
    run('not-divided', { weights: whole }),
    run('zeroed', { weights: byBatch, zeroInside: true }),
    run('update-inside', { weights: byBatch, inside: ['unscale', 'update'] }),
    run('unscale-inside', { weights: byBatch, inside: ['unscale'] }),
    run('update-alone', { weights: byBatch, inside: ['update'] }),
    { name: 'own-scaler', wanted, ...ownScaler(equal, o) },
    {
      name: 'means',
      wanted: weighted(unequal, shares(uneven, 'samples')),
      ...pytorchLoop(unequal, { weights: shares(uneven, 'batches') }, o),
    },
    run('overflow', { weights: byBatch, overflowAt: Math.min(2, o.micro) }),
  ]
}

/** What the optimizer gets as a multiple of what it should get. */
export const shareOf = ({ applied, wanted }: Mistake): number => applied / wanted

/** An unsound loop is not wrong where nothing tells it from the right one: with a single micro-batch. */
const toneOf = (mistake: Mistake, o: BatchOptions): Tone => {
  const share = shareOf(mistake)
  const tolerance = 4 * powerOfTwo(-format(o.format).precision)
  return Math.abs(share - 1) <= tolerance ? 'good' : 'bad'
}

export function mistakesTable(mistakes: readonly Mistake[], o: BatchOptions): Block {
  const why = (name: MistakeName): string => {
    if (name === 'right' || name === 'overflow') return name
    if (o.micro === 1) return 'one'
    return name === 'means' && o.samples === o.lastSamples ? 'same-size' : name
  }
  const happens = ({ name, problem }: Mistake): Cell =>
    problem === undefined
      ? { code: `accWhy-${why(name)}`, values: { micro: o.micro, samples: o.samples, last: o.lastSamples } }
      : { code: 'accStops', values: { problem } }
  return {
    kind: 'table',
    columns: [
      { label: { code: 'accLoop' }, as: 'text' },
      { label: { code: 'accApplied' }, as: 'number' },
      { label: { code: 'accTimes' }, as: 'number' },
      { label: { code: 'accHappens' }, as: 'text' },
    ],
    rows: mistakes.map((mistake): Cell[] => {
      const { name, applied, problem } = mistake
      return [
        { code: `accLoop-${name}` },
        problem === undefined ? applied : null,
        problem === undefined ? { code: 'accFactor', values: { value: shareOf(mistake) } } : null,
        happens(mistake),
      ]
    }),
    tones: mistakes.map((mistake) => toneOf(mistake, o)),
  }
}
