/** Overflows that come whatever the scale is: from which rate on the loss scale runs away to 0. */
import * as z from 'zod/mini'
import { blocks } from '../data/rng.js'
import { FpsimError } from '../errors.js'
import { exp, expm1, log, log1p } from '../kernel/kernel.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { type LossScaler, needsAmax, policyNames, policyOf } from '../train/loss-scale.js'
import { names, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { configOf, scaleParams, scalersOf, scaleSynonyms } from './scale-options.js'

const counting = policyNames.filter((name) => !needsAmax(policyOf(name))) as [string, ...string[]]

const params = {
  policies: z._default(names(counting), 'pytorch,megatron,apex-hysteresis'),
  ...scaleParams,
  growthInterval: z._default(number({ integer: true, min: 1, max: 1e6 }), 2000),
  rate: z._default(number({ above: 0, max: 0.5 }), 0.002),
  steps: z._default(number({ integer: true, min: 100, max: 1e6 }), 20_000),
  runs: z._default(number({ integer: true, min: 1, max: 50 }), 10),
}

type Params = ParamsOf<typeof params>

const metrics = {
  criticalRate: 'percent',
  stepsPerOverflow: 'count',
  measuredCriticalRate: 'percent',
  predictedDrift: 'number',
  measuredDrift: 'number',
  finalExponent: 'number',
  finalExponentPytorch: 'number',
  finalExponentMegatron: 'number',
  finalExponentApexHysteresis: 'number',
} as const

const parts = ['drift', 'rates'] as const

const two32 = 4294967296

const log2 = (x: number): number => log(x) / log(2)
const exp2 = (x: number): number => exp(x * log(2))

/** How a policy moves: clean steps until growth, and log2 of its two factors. */
export interface Moves {
  readonly interval: number
  readonly up: number
  readonly down: number
}

/** Doubling and halving, as all frameworks do by default. */
const plain = { up: 1, down: -1 }

/**
 * The rate of overflows at which growth and backoff are in balance: 1 − 2^(−1/N), about ln 2 / N, for doubling and
 * halving: there a run of N clean steps is as likely as an overflow before its end. In general (1 − p)^N = q with
 * q / (1 − q) = −down / up. Within a few ulp.
 */
export function criticalRate({ interval, up, down }: Moves): number {
  const ratio = -down / up
  return -expm1((log(ratio) - log1p(ratio)) / interval)
}

/**
 * The drift of log2 of the scale per step at an overflow rate p: an overflow comes p times a step; before it come, on
 * average, q / (1 − q) runs of N clean steps, with q = (1 − p)^N. Within a few ulp. Right for rules that back off at every
 * overflow and grow after N clean steps.
 */
export function predictedDrift(rate: number, { interval, up, down }: Moves): number {
  const logOfQ = interval * log1p(-rate)
  return rate * ((up * exp(logOfQ)) / -expm1(logOfQ) + down)
}

/** The moves of a policy, as far as it says them. */
function movesOf({ config }: LossScaler, interval: number): Moves {
  const growth = config.growthFactor ?? 2
  const backoff = config.backoffFactor ?? 1 / growth
  return growth === 2 && backoff === 0.5 ? { interval, ...plain } : { interval, up: log2(growth), down: log2(backoff) }
}

/** log2 of a scale, a float32 at most; 0 counts as what lies just below the smallest float32. */
function exponentOfScale(scale: number): number {
  if (scale === 0) return -150
  return scale === Number.POSITIVE_INFINITY ? 128 : log2(scale)
}

/** Whether step t of a run overflows: a pure function of seed, run and step, the same for every policy. */
function overflowsOf(seed: number, { steps, rate }: { steps: number; rate: number }) {
  const draw = blocks(seed, 'uniform')
  const perRun = Math.ceil(steps / 4)
  return (run: number): Uint8Array => {
    const out = new Uint8Array(steps)
    for (let block = 0; block < perRun; block++) {
      const words = draw(run * perRun + block)
      for (let word = 0; word < 4 && block * 4 + word < steps; word++)
        out[block * 4 + word] = (words[word] as number) < rate * two32 ? 1 : 0
    }
    return out
  }
}

/** Exponents near the ends of float32, where no scale moves on: its drift is taken when it gets there. */
const edges = { low: -140, high: 126 }

/** Where a policy ends, as log2 of the scale, and the drift of it per step. */
function endOf(scaler: LossScaler, overflows: Uint8Array): { end: number; drift: number } {
  let state = scaler.init()
  const start = exponentOfScale(state.scale)
  const [low, high] = [exp2(edges.low), exp2(edges.high)]
  let drift: number | undefined
  try {
    for (let t = 0; t < overflows.length; t++) {
      state = scaler.next(state, overflows[t] === 1 ? 'overflow' : 'finite')
      if (drift === undefined && !(state.scale > low && state.scale < high))
        drift = (exponentOfScale(state.scale) - start) / (t + 1)
    }
  } catch (error) {
    // The framework gives up here: with the scale it has.
    if (!(error instanceof FpsimError) || error.code !== 'scale-at-minimum') throw error
  }
  const end = exponentOfScale(state.scale)
  return { end, drift: drift ?? (end - start) / overflows.length }
}

/** One rate: where each policy ends on average, and the drift of its scale per step. */
interface Point {
  readonly rate: number
  readonly ends: readonly number[]
  readonly drifts: readonly number[]
}

async function sweep(p: Params, scalers: readonly LossScaler[], rates: readonly number[], { seed, host }: Request) {
  const points: Point[] = []
  const work = rates.length * p.runs
  for (const [r, rate] of rates.entries()) {
    const overflows = overflowsOf(seed, { steps: p.steps, rate })
    const ends = scalers.map(() => 0)
    const drifts = scalers.map(() => 0)
    for (let run = 0; run < p.runs; run++) {
      // Every rate has draws of its own.
      const events = overflows(r * p.runs + run)
      scalers.forEach((scaler, i) => {
        const { end, drift } = endOf(scaler, events)
        ends[i] = (ends[i] as number) + end / p.runs
        drifts[i] = (drifts[i] as number) + drift / p.runs
      })
      await host.progress?.(r * p.runs + run + 1, work)
    }
    points.push({ rate, ends, drifts })
  }
  return points
}

/** Where the drift of the first policy changes its sign: straight between the two rates around, on a logarithmic axis. */
function crossing(points: readonly Point[]): number {
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1] as Point, points[i] as Point]
    const [high, low] = [before.drifts[0] as number, after.drifts[0] as number]
    if (high > 0 && low <= 0) {
      const [from, to] = [log(before.rate), log(after.rate)]
      return exp(from + ((to - from) * high) / (high - low))
    }
  }
  return Number.NaN
}

/** Rates around the critical one, in steps of √2. */
const ratesAround = (critical: number): number[] =>
  Array.from({ length: 13 }, (_, i) => critical * exp2((i - 6) / 2)).filter((rate) => rate <= 1)

function chart(points: readonly Point[], scalers: readonly LossScaler[], p: Params, moves: Moves): Block {
  const start = exponentOfScale((scalers[0] as LossScaler).init().scale)
  const predicted = ({ rate }: Point) => exp2(start + p.steps * predictedDrift(rate, moves))
  return {
    kind: 'line-chart',
    x: { label: { code: 'collapseRateAxis' }, values: points.map(({ rate }) => rate), scale: 'log2' },
    y: { label: { code: 'collapseEndAxis' }, scale: 'log2' },
    series: [
      ...scalers.map(({ policy }, i) => ({
        label: { name: policy },
        values: points.map(({ ends }) => exp2(ends[i] as number)),
      })),
      { label: { code: 'collapsePredicted' }, values: points.map(predicted), tone: 'note' },
    ],
    marks: { label: { code: 'collapseCritical' }, at: [criticalRate(moves)] },
  }
}

function table(points: readonly Point[], scalers: readonly LossScaler[], moves: Moves): Block {
  return {
    kind: 'table',
    columns: [
      { label: { code: 'collapseRate' }, as: 'percent' },
      { label: { code: 'collapseOneIn' }, as: 'count' },
      { label: { code: 'collapsePredictedDrift' }, as: 'number' },
      ...scalers.map(({ policy }) => ({ label: { name: policy }, as: 'text' as const })),
    ],
    rows: points.map(({ rate, ends }): Cell[] => [
      rate,
      Math.round(1 / rate),
      1000 * predictedDrift(rate, moves),
      ...ends.map((end): Cell => ({ code: 'collapseEnd', values: { exponent: end } })),
    ]),
    tones: points.map(({ drifts }) => ((drifts[0] as number) < 0 ? 'bad' : 'good')),
  }
}

export const collapse = defineRunner({
  name: 'scale-collapse',
  params,
  exclusive: [],
  synonyms: scaleSynonyms,
  metrics,
  parts,
  async run(p, request) {
    const policies = p.policies.split(',')
    const scalers = scalersOf(policies, configOf(p), { defaults: { initScale: 65536 } })
    const [leader] = scalers as [LossScaler, ...LossScaler[]]
    const moves = movesOf(leader, p.growthInterval)
    const critical = criticalRate(moves)
    const around = ratesAround(critical)
    const points = await sweep(p, scalers, [...around, p.rate], request)
    const chosen = points.at(-1) as Point
    const curve = points.slice(0, -1)
    const measured = crossing(curve)
    const end = (name: string) => chosen.ends[policies.indexOf(name)] ?? Number.NaN
    // Half, once, twice the critical rate, and the one asked for.
    const rows = [4, 6, 8].flatMap((i) => curve[i] ?? [])
    const listed = [...rows, chosen].sort((a, b) => a.rate - b.rate)
    const first = chosen.drifts[0] as number
    const predicted = predictedDrift(p.rate, moves)
    const oneIn = (rate: number) => Math.round(1 / rate)
    const values = { policy: leader.policy, rate: p.rate, interval: p.growthInterval }
    const findings: Finding[] = [
      {
        code: 'collapseCriticalRate',
        tone: 'note',
        values: { ...values, oneIn: oneIn(critical), measured: oneIn(measured) },
      },
      {
        code: 'collapseAt',
        tone: (chosen.ends[0] as number) < 0 ? 'bad' : 'good',
        values: { ...values, steps: p.steps, start: leader.init().scale, end: chosen.ends[0] as number },
      },
    ]
    const [start, finish] = [exponentOfScale(leader.init().scale), chosen.ends[0] as number]
    // A rule that starts its count of overflows again at every clean step forgives those that come alone.
    const forgiving = policies.findIndex(
      (name, i) => policyOf(name).refill === 'clean' && (chosen.ends[i] as number) >= start,
    )
    if (finish < start && forgiving > 0)
      findings.push({
        code: 'collapseForgiven',
        tone: 'good',
        values: { ...values, policy: policies[forgiving] as string, end: chosen.ends[forgiving] as number },
      })
    const draw: Record<(typeof parts)[number], () => Block> = {
      drift: () => chart(curve, scalers, p, moves),
      rates: () => table(listed, scalers, moves),
    }
    const show = request.show.length > 0 ? request.show : parts
    return {
      subject: { code: 'collapseSubject', values: { steps: p.steps, runs: p.runs, interval: p.growthInterval } },
      metrics: {
        criticalRate: critical,
        stepsPerOverflow: oneIn(critical),
        measuredCriticalRate: measured,
        predictedDrift: predicted,
        measuredDrift: first,
        finalExponent: chosen.ends[0] as number,
        finalExponentPytorch: end('pytorch'),
        finalExponentMegatron: end('megatron'),
        finalExponentApexHysteresis: end('apex-hysteresis'),
      },
      findings,
      blocks: show.map((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
