/** Adam's ε in a narrow format: which ones survive, and what the first step makes of real gradients. */
import * as z from 'zod/mini'
import type { Block as DataBlock } from '../data/source.js'
import { powerOfTwo } from '../format/bits.js'
import { type Format, hasZero, smallest } from '../format/format.js'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'
import type { Block, Cell, Finding, Metrics } from '../result/result.js'
import { optimizer } from '../train/optimizer.js'
import { openOrigin, originGroup, originNeeds, originParams } from './origin.js'
import { formatName, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { smallestThat } from './scaling/threshold.js'
import { share } from './share.js'

const params = {
  ...originParams,
  format: z._default(formatName(), 'fp16'),
  epsilon: z._default(number({ min: 0, max: 1e6 }), 1e-8),
  beta1: z._default(number({ min: 0, max: 0.999999 }), 0.9),
  beta2: z._default(number({ min: 0, max: 0.999999999 }), 0.999),
  lr: z._default(number({ above: 0, max: 1e6 }), 1e-3),
}

type Params = ParamsOf<typeof params>

const metrics = {
  epsilonKept: 'number',
  epsilonError: 'percent',
  largestLostEpsilon: 'power',
  smallestSquare: 'number',
  smallestVariance: 'number',
  beta2Kept: 'number',
  zeroGradientStep: 'number',
  nanWeights: 'percent',
  infWeights: 'percent',
  broken: 'percent',
  brokenFp32: 'percent',
  largestStep: 'number',
  largestStepAt7: 'number',
} as const

/** The ε of the table: PyTorch's and Keras's defaults, and what people try instead. */
const epsilons = [1e-4, 1e-5, 1e-7, 1e-8]

/** The first step of Adam whose every operation and state is in one format. */
interface FirstStep {
  readonly epsilon: number
  readonly format: string
  /** The moves of the weights, one for each gradient. */
  moves(gradients: ArrayLike<number>): Float64Array
}

function firstStep(p: Params, name: string, epsilon: number): FirstStep {
  const f = format(name)
  const recipe = optimizer('adam', { lr: p.lr, beta1: p.beta1, beta2: p.beta2, eps: epsilon }, { compute: f })
  const round = rounder(f)
  return {
    epsilon,
    format: name,
    moves(gradients) {
      const inFormat = Float64Array.from(gradients, round)
      return recipe.next(recipe.init(inFormat.length), inFormat, inFormat).move.delta
    },
  }
}

/** What the first step did to all weights. */
interface Tally {
  all: number
  nan: number
  inf: number
  largest: number
  /** Gradients that were NaN or Inf before the step; not among `all`. */
  strange: number
}

function count(tally: Tally, { values, weights, zeros = 0 }: DataBlock, step: FirstStep): void {
  const add = (move: number, weight: number): void => {
    if (weight === 0) return
    tally.all += weight
    if (Number.isNaN(move)) tally.nan += weight
    else if (!Number.isFinite(move)) tally.inf += weight
    else tally.largest = Math.max(tally.largest, Math.abs(move))
  }
  const moves = step.moves(values)
  // What was NaN or Inf before is not the optimizer's doing.
  for (let i = 0; i < moves.length; i++)
    if (Number.isFinite(values[i])) add(moves[i] as number, weights?.[i] ?? 1)
    else tally.strange += weights?.[i] ?? 1
  add(step.moves([0])[0] as number, zeros)
}

async function tallies(
  p: Params,
  request: Request,
  steps: readonly FirstStep[],
): Promise<{ name: string; all: Tally[] }> {
  const source = await openOrigin(p, request)
  const all = steps.map((): Tally => ({ all: 0, nan: 0, inf: 0, largest: 0, strange: 0 }))
  let done = 0
  for await (const block of source.blocks()) {
    for (const [i, step] of steps.entries()) count(all[i] as Tally, block, step)
    done += block.weights ? block.weights.reduce((sum, w) => sum + w, 0) : block.values.length
    await request.host.progress?.(done, source.size)
  }
  return { name: source.name, all }
}

/** The smallest positive value g of f for which factor · g² does not round to 0. NaN where there is none. */
function smallestSquare(f: Format, factor: number): number {
  if (!hasZero(f)) return Number.NaN
  const round = rounder(f)
  const down = rounder(f, { rounding: 'down' })
  // In 16 bits or fewer the product is exact; in more it is off by far less than a step of g.
  const g = smallestThat((x) => {
    const value = down(x)
    return round(factor * value * value) !== 0
  })
  return Number.isFinite(g) ? g : Number.NaN
}

const brokenOf = ({ all, nan, inf }: Tally): number => share(nan + inf, all)
const overLr = (move: number, lr: number): number => Math.abs(move) / lr

/** The first step in units of lr against the size of the gradient. Where it is not finite the line has a gap. */
function chart(p: Params, steps: readonly FirstStep[]): Block {
  const sizes: number[] = []
  for (let e = -26; e <= 2; e++) for (const m of [1, 1.25, 1.5, 1.75]) sizes.push(m * powerOfTwo(e))
  return {
    kind: 'line-chart',
    title: { code: 'epsChart', values: { format: p.format } },
    x: { label: { code: 'epsGradient' }, values: sizes, scale: 'log2' },
    y: { label: { name: '' }, scale: 'log2' },
    series: steps.map((step, i) => ({
      label: { code: 'epsOf', values: { epsilon: step.epsilon, format: step.format } },
      values: Array.from(step.moves(sizes), (move) => overLr(move, p.lr)),
      ...(i === steps.length - 1 ? { tone: 'note' as const } : {}),
    })),
  }
}

const relative = (kept: number, wanted: number): number => (wanted > 0 ? (kept - wanted) / wanted : 0)

function table(p: Params, steps: readonly FirstStep[], all: readonly Tally[]): Block {
  const rows = steps.map((step, i): Cell[] => {
    const kept = rounder(step.format)(step.epsilon)
    const tally = all[i] as Tally
    const zero = step.moves([0])[0] as number
    return [
      { code: 'epsNumber', values: { value: step.epsilon } },
      step.format,
      kept,
      relative(kept, step.epsilon),
      Number.isNaN(zero) ? 'NaN' : '0',
      brokenOf(tally),
      { code: 'epsTimes', values: { times: overLr(tally.largest, p.lr) } },
    ]
  })
  return {
    kind: 'table',
    columns: [
      { label: { name: 'ε' }, as: 'text' },
      { label: { code: 'format' }, as: 'text' },
      { label: { code: 'epsBecomes' }, as: 'number' },
      { label: { code: 'epsOff' }, as: 'percent' },
      { label: { code: 'epsZero' }, as: 'text' },
      { label: { code: 'epsBroken' }, as: 'percent' },
      { label: { code: 'epsLargest' }, as: 'text' },
    ],
    rows,
    tones: all.map((tally) => (brokenOf(tally) > 0 || overLr(tally.largest, p.lr) > 2 ? 'bad' : 'good')),
  }
}

function findingsOf(p: Params, m: Metrics): Finding[] {
  const isZero = m['epsilonKept'] === 0
  const broken = m['broken'] as number
  return [
    isZero
      ? { code: 'epsGone', tone: 'bad', values: { epsilon: p.epsilon, format: p.format } }
      : {
          code: 'epsStays',
          tone: 'good',
          values: {
            epsilon: p.epsilon,
            format: p.format,
            kept: m['epsilonKept'] as number,
            error: m['epsilonError'] as number,
          },
        },
    {
      code: 'epsFirst',
      tone: broken > 0 || (m['largestStep'] as number) > 2 ? 'bad' : 'good',
      values: { format: p.format, broken, largest: m['largestStep'] as number },
    },
    ...(Number.isNaN(m['smallestSquare'])
      ? []
      : [
          {
            code: 'epsSquare',
            tone: 'note' as const,
            values: {
              format: p.format,
              square: m['smallestSquare'] as number,
              variance: m['smallestVariance'] as number,
            },
          },
        ]),
    ...(m['beta2Kept'] === 1
      ? [{ code: 'epsBeta2', tone: 'bad' as const, values: { beta2: p.beta2, format: p.format } }]
      : []),
  ]
}

export const adamEpsilon = defineRunner({
  name: 'adam-epsilon',
  params,
  exclusive: [originGroup],
  beside: originNeeds,
  metrics,
  parts: ['chart', 'table', 'raise'],
  async run(p, request) {
    const f = format(p.format)
    const round = rounder(f)
    const listed = [...new Set([...epsilons, p.epsilon])].sort((a, b) => b - a)
    const steps = [...listed.map((epsilon) => firstStep(p, p.format, epsilon)), firstStep(p, 'fp32', p.epsilon)]
    const { name, all } = await tallies(p, request, steps)
    const tallyOf = (epsilon: number): Tally => all[listed.indexOf(epsilon)] as Tally
    const own = tallyOf(p.epsilon)
    const kept = round(p.epsilon)
    const values = {
      epsilonKept: kept,
      epsilonError: relative(kept, p.epsilon),
      largestLostEpsilon: smallest(f) / 2,
      smallestSquare: smallestSquare(f, 1),
      smallestVariance: smallestSquare(f, round(1 - p.beta2)),
      beta2Kept: round(p.beta2),
      zeroGradientStep: firstStep(p, p.format, p.epsilon).moves([0])[0] as number,
      nanWeights: share(own.nan, own.all),
      infWeights: share(own.inf, own.all),
      broken: brokenOf(own),
      brokenFp32: brokenOf(all.at(-1) as Tally),
      largestStep: overLr(own.largest, p.lr),
      largestStepAt7: overLr(tallyOf(1e-7).largest, p.lr),
    }
    const picked = [p.epsilon, 1e-4].filter((epsilon, i, both) => both.indexOf(epsilon) === i)
    const lines = [...picked.map((epsilon) => firstStep(p, p.format, epsilon)), firstStep(p, 'fp32', p.epsilon)]
    const draw: Record<string, () => Block[]> = {
      chart: () => [chart(p, lines)],
      table: () => [table(p, steps, all)],
      // Only where it is so: some ε survives, and with the smallest of these the steps are too long.
      raise: () => {
        const alive = listed.filter((epsilon) => round(epsilon) > 0)
        const epsilon = alive.at(-1)
        const times = epsilon === undefined ? 0 : overLr(tallyOf(epsilon).largest, p.lr)
        if (epsilon === undefined || alive.length === listed.length || !(times > 2)) return []
        return [{ kind: 'note', code: 'epsRaise', tone: 'note', values: { epsilon, times } }]
      },
    }
    const { show } = request
    return {
      subject: { code: 'epsSubject', values: { count: own.all, source: name, format: p.format } },
      metrics: values,
      findings: [
        ...findingsOf(p, values),
        ...(own.strange > 0
          ? [{ code: 'nonfiniteInput', tone: 'note' as const, values: { nonfinite: own.strange } }]
          : []),
      ],
      blocks: (show.length > 0 ? show : ['chart', 'table', 'raise']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
