/** Overflows that come whatever the scale is: from which rate on the loss scale runs away to 0. */
import * as z from 'zod/mini'
import { blocks } from '../data/rng.js'
import { FpsimError } from '../errors.js'
import { exp, expm1, log, log1p, log2 } from '../kernel/kernel.js'
import type { Block, Cell, Finding } from '../result/result.js'
import { type LossScaler, policyOf } from '../train/loss-scale.js'
import { names, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { blindToSize, configOf, scaleParams, scalePowers, scalersOf, scaleSynonyms } from './scaling/options.js'

const params = {
  policies: z._default(names(...blindToSize), 'pytorch,megatron,apex-hysteresis'),
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
  runsRaised: 'count',
  firstRaise: 'count',
} as const

const parts = ['drift', 'rates'] as const

const two32 = 4294967296

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
 * average, q / (1 − q) runs of N clean steps, with q = (1 − p)^N. Within a few ulp of its larger part; 0 where the two cancel
 * but for their rounding. Right for rules that back off at every overflow and grow after N clean steps.
 */
export function predictedDrift(rate: number, { interval, up, down }: Moves): number {
  const logOfQ = interval * log1p(-rate)
  const rises = (up * exp(logOfQ)) / -expm1(logOfQ)
  return Math.abs(rises + down) < 1e-12 * -down ? 0 : rate * (rises + down)
}

/** The moves of a policy, as far as it says them. */
function movesOf({ config }: LossScaler, usual: number): Moves {
  const interval = Math.max(config.growthInterval ?? usual, 1)
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

/** Where a policy ends, as log2 of the scale, the drift of it per step, and the step at which the framework gave up. */
interface End {
  readonly end: number
  readonly drift: number
  readonly raised: number | undefined
}

function endOf(scaler: LossScaler, overflows: Uint8Array): End {
  let state = scaler.init()
  const start = exponentOfScale(state.scale)
  const [low, high] = [exp2(edges.low), exp2(edges.high)]
  let drift: number | undefined
  let raised: number | undefined
  let t = 0
  try {
    for (; t < overflows.length; t++) {
      state = scaler.next(state, overflows[t] === 1 ? 'overflow' : 'finite')
      if (drift === undefined && !(state.scale > low && state.scale < high))
        drift = (exponentOfScale(state.scale) - start) / (t + 1)
    }
  } catch (error) {
    // The framework gives up here: with the scale it has.
    if (!(error instanceof FpsimError) || error.code !== 'scale-at-minimum') throw error
    raised = t
  }
  const end = exponentOfScale(state.scale)
  return { end, drift: drift ?? (end - start) / (raised === undefined ? overflows.length : raised + 1), raised }
}

/** One rate: where each policy ends on average, the drift of its scale per step, and the steps at which it gave up. */
interface Point {
  readonly rate: number
  readonly ends: readonly number[]
  readonly drifts: readonly number[]
  readonly raised: readonly (readonly number[])[]
}

async function sweep(p: Params, scalers: readonly LossScaler[], rates: readonly number[], { seed, host }: Request) {
  const points: Point[] = []
  const work = rates.length * p.runs
  for (const [r, rate] of rates.entries()) {
    const overflows = overflowsOf(seed, { steps: p.steps, rate })
    const ends = scalers.map(() => 0)
    const drifts = scalers.map(() => 0)
    const raises: number[][] = scalers.map(() => [])
    for (let run = 0; run < p.runs; run++) {
      // Every rate has draws of its own.
      const events = overflows(r * p.runs + run)
      scalers.forEach((scaler, i) => {
        const { end, drift, raised } = endOf(scaler, events)
        if (raised !== undefined) raises[i]?.push(raised)
        ends[i] = (ends[i] as number) + end / p.runs
        drifts[i] = (drifts[i] as number) + drift / p.runs
      })
      await host.progress?.(r * p.runs + run + 1, work)
    }
    points.push({ rate, ends, drifts, raised: raises })
  }
  return points
}

/** Where the drift of a policy changes its sign: straight between the two rates around, on a logarithmic axis. */
function crossing(points: readonly Point[], policy: number): number {
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1] as Point, points[i] as Point]
    const [high, low] = [before.drifts[policy] as number, after.drifts[policy] as number]
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

/** The policy the prediction is for: the first whose scale moves at all. */
interface Leader {
  readonly at: number
  readonly scaler: LossScaler
  readonly moves: Moves
}

function leaderOf(scalers: readonly LossScaler[], interval: number): Leader | undefined {
  const at = scalers.findIndex(({ policy }) => policyOf(policy).family !== 'constant')
  const scaler = scalers[at]
  return scaler && { at, scaler, moves: movesOf(scaler, interval) }
}

const startOf = (scaler: LossScaler): number => exponentOfScale(scaler.init().scale)

function chart(points: readonly Point[], scalers: readonly LossScaler[], p: Params, leader: Leader | undefined): Block {
  const { minScale = 0, maxScale = Number.POSITIVE_INFINITY } = leader?.scaler.config ?? {}
  const [low, high] = [Math.max(exponentOfScale(minScale), edges.low), Math.min(exponentOfScale(maxScale), edges.high)]
  const predicted = ({ scaler, moves }: Leader) => ({
    label: { code: 'collapsePredicted' },
    // Between the policy's own floor and ceiling, or the ends of float32.
    values: points.map(({ rate }) =>
      exp2(Math.min(Math.max(startOf(scaler) + p.steps * predictedDrift(rate, moves), low), high)),
    ),
    tone: 'note' as const,
  })
  return {
    kind: 'line-chart',
    x: { label: { code: 'collapseRateAxis' }, values: points.map(({ rate }) => rate), scale: 'log2' },
    y: { label: { code: 'collapseEndAxis' }, scale: 'log2' },
    series: [
      ...scalers.map(({ policy }, i) => ({
        label: { name: policy },
        values: points.map(({ ends }) => exp2(ends[i] as number)),
      })),
      ...(leader ? [predicted(leader)] : []),
    ],
    ...(leader ? { marks: { label: { code: 'collapseCritical' }, at: [criticalRate(leader.moves)] } } : {}),
  }
}

/** One column a policy, or, where they are many, one row. */
const widestTable = 6

const endCell = ({ ends, raised }: Point, i: number): Cell => ({
  code: 'collapseEnd',
  values: { exponent: ends[i] as number, raised: raised[i]?.length ?? 0 },
})

function table(points: readonly Point[], scalers: readonly LossScaler[], leader: Leader | undefined): Block {
  const isBad = ({ drifts, raised }: Point, i: number) => (drifts[i] as number) < 0 || (raised[i]?.length ?? 0) > 0
  if (scalers.length > widestTable)
    return {
      kind: 'table',
      columns: [
        { label: { code: 'scalingPolicyHead' }, as: 'text' },
        ...points.map(({ rate }) => ({ label: { code: 'collapseAtRate', values: { rate } }, as: 'text' as const })),
      ],
      rows: scalers.map(({ policy }, i): Cell[] => [{ name: policy }, ...points.map((point) => endCell(point, i))]),
      tones: scalers.map((_, i) => (isBad(points.at(-1) as Point, i) ? 'bad' : 'good')),
    }
  return {
    kind: 'table',
    columns: [
      { label: { code: 'collapseRate' }, as: 'percent' },
      { label: { code: 'collapseOneIn' }, as: 'count' },
      ...(leader ? [{ label: { code: 'collapsePredictedDrift' }, as: 'number' as const }] : []),
      ...scalers.map(({ policy }) => ({ label: { name: policy }, as: 'text' as const })),
    ],
    rows: points.map((point): Cell[] => [
      point.rate,
      Math.round(1 / point.rate),
      ...(leader ? [1000 * predictedDrift(point.rate, leader.moves)] : []),
      ...scalers.map((_, i) => endCell(point, i)),
    ]),
    tones: points.map((point) => (isBad(point, leader?.at ?? 0) ? 'bad' : 'good')),
  }
}

/** Half, once, twice the critical rate, and the one asked for; a rate close to that one would only repeat it. */
function listed(curve: readonly Point[], chosen: Point): Point[] {
  const close = ({ rate }: Point) => rate < 1.25 * chosen.rate && chosen.rate < 1.25 * rate
  const rows = [4, 6, 8].flatMap((i) => curve[i] ?? []).filter((point) => !close(point))
  return [...rows, chosen].sort((a, b) => a.rate - b.rate)
}

const oneIn = (rate: number): number => Math.round(1 / rate)

/** What the critical rate is, where the scale ends at the rate asked for, who gives up and who forgives. */
function findingsOf(
  p: Params,
  curve: readonly Point[],
  chosen: Point,
  of: { scalers: readonly LossScaler[]; leader: Leader | undefined },
) {
  const { scalers, leader } = of
  const raised = (i: number): readonly number[] => chosen.raised[i] ?? []
  const findings: Finding[] = []
  if (!leader) {
    const policies = scalers.map(({ policy }) => policy).join(', ')
    return [{ code: 'collapseStays', tone: 'note', values: { policy: policies } }] satisfies Finding[]
  }
  const { at, scaler, moves } = leader
  const [start, end] = [startOf(scaler), chosen.ends[at] as number]
  const values = { policy: scaler.policy, rate: p.rate, interval: moves.interval }
  findings.push({
    code: 'collapseCriticalRate',
    tone: 'note',
    values: { ...values, oneIn: oneIn(criticalRate(moves)), measured: oneIn(crossing(curve, at)) },
  })
  if (raised(at).length === 0)
    findings.push({
      code: 'collapseAt',
      tone: end < 0 ? 'bad' : 'good',
      values: { ...values, steps: p.steps, start: scaler.init().scale, end },
    })
  scalers.forEach(({ policy }, i) => {
    const steps = [...raised(i)].sort((a, b) => a - b)
    if (steps.length === 0) return
    const [first, last] = [steps[0] as number, steps.at(-1) as number]
    const raises = policyOf(policy).raises ?? ''
    findings.push({
      code: 'collapseRaises',
      tone: 'bad',
      values: { policy, rate: p.rate, raises, first, last, raised: steps.length, runs: p.runs },
    })
  })
  // A rule that starts its count of overflows again at every clean step forgives those that come alone.
  const forgiving = scalers.findIndex(
    ({ policy }, i) =>
      policyOf(policy).refill === 'clean' && (chosen.ends[i] as number) >= start && raised(i).length === 0,
  )
  if (end < start && forgiving >= 0 && forgiving !== at)
    findings.push({
      code: 'collapseForgiven',
      tone: 'good',
      values: { policy: (scalers[forgiving] as LossScaler).policy, end: chosen.ends[forgiving] as number },
    })
  return findings
}

export const collapse = defineRunner({
  name: 'scale-collapse',
  params,
  exclusive: [],
  synonyms: { ...scaleSynonyms, policy: 'policies' },
  powers: scalePowers,
  positionals: ['policies'],
  metrics,
  parts,
  async run(p, request) {
    const policies = p.policies.split(',')
    const { given } = request
    const scalers = scalersOf(policies, configOf(p), { defaults: { initScale: 65536 }, given })
    const leader = leaderOf(scalers, p.growthInterval)
    const critical = criticalRate(leader?.moves ?? { interval: p.growthInterval, ...plain })
    const points = await sweep(p, scalers, [...ratesAround(critical), p.rate], request)
    const chosen = points.at(-1) as Point
    const curve = points.slice(0, -1)
    const end = (name: string) => chosen.ends[policies.indexOf(name)] ?? Number.NaN
    const raised = leader ? (chosen.raised[leader.at] as readonly number[]) : []
    const draw: Record<(typeof parts)[number], () => Block> = {
      drift: () => chart(curve, scalers, p, leader),
      rates: () => table(listed(curve, chosen), scalers, leader),
    }
    const show = request.show.length > 0 ? request.show : parts
    const of = (figure: (leader: Leader) => number) => (leader ? figure(leader) : Number.NaN)
    return {
      subject: { code: 'collapseSubject', values: { steps: p.steps, runs: p.runs } },
      metrics: {
        criticalRate: of(() => critical),
        stepsPerOverflow: of(() => oneIn(critical)),
        measuredCriticalRate: of(({ at }) => crossing(curve, at)),
        predictedDrift: of(({ moves }) => predictedDrift(p.rate, moves)),
        measuredDrift: of(({ at }) => chosen.drifts[at] as number),
        finalExponent: chosen.ends[leader?.at ?? 0] as number,
        finalExponentPytorch: end('pytorch'),
        finalExponentMegatron: end('megatron'),
        finalExponentApexHysteresis: end('apex-hysteresis'),
        runsRaised: raised.length,
        firstRaise: raised.length === 0 ? Number.NaN : Math.min(...raised),
      },
      findings: findingsOf(p, curve, chosen, { scalers, leader }),
      blocks: show.map((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
