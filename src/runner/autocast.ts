/** Autocast on a small graph: the type of every operation under a framework's policy, and the values in it and all in FP16. */
import * as z from 'zod/mini'
import { uniform } from '../data/rng.js'
import { powerOfTwo } from '../format/bits.js'
import { largest } from '../format/format.js'
import { format } from '../format/parse.js'
import type { Block, Cell, Finding } from '../result/result.js'
import type { AutocastPolicy, OpName } from '../train/autocast/lists.js'
import { applyOp, type Input, numbersOf, type Precision, width } from '../train/autocast/ops.js'
import { autocastPolicy, type Decision, decide, isBinary, parseGraph } from '../train/autocast.js'
import { nearest } from '../train/optimizer/nearest.js'
import { number, text } from './params.js'
import { defineRunner } from './runner.js'

const params = {
  policy: z._default(text(), 'pytorch'),
  graph: z._default(text(), 'conv relu layer-norm linear add cat softmax mse'),
  amplitude: z._default(number({ above: 0, max: 1e6 }), 200),
}

const metrics = {
  operations: 'count',
  wideOperations: 'count',
  lowOperations: 'count',
  casts: 'count',
  lostInFp16: 'count',
  lostUnderPolicy: 'count',
  firstLost: 'count',
  result: 'number',
  resultInFp16: 'number',
  resultUnderPolicy: 'number',
  errorInFp16: 'percent',
  errorUnderPolicy: 'percent',
  refused: 'count',
} as const

const parts = ['operations', 'legend'] as const

/** What a run of the graph leaves: the values of each operation, and the largest size its arithmetic met. */
interface Run {
  readonly values: readonly Float64Array[]
  readonly peaks: readonly number[]
}

interface Setting {
  readonly graph: readonly OpName[]
  readonly input: Float64Array
  readonly seed: number
  /** The type of each operation's arithmetic. */
  runs(i: number): Precision
  /** What its result is cast to. */
  returns(i: number): Precision
  stored(weight: number): number
}

/** Half of FP16's smallest number: up to here a value rounds to 0. */
const halfOfLeast = powerOfTwo(-25)

/** Draws of an operation's weights lie apart from those of the others. */
const apart = 1 << 24

function runGraph({ graph, input, seed, runs, returns, stored }: Setting): Run {
  const values: Float64Array[] = []
  const peaks: number[] = []
  let [before, at] = [input, input]
  graph.forEach((op, i) => {
    const numbers = numbersOf(runs(i))
    const weights: Input['weights'] = (to, from) => 2 * uniform(seed, (i + 1) * apart + from * width + to) - 1
    // Types only widen on the way in, but for `lower` operations, which cast what they get.
    const cast = at.map(numbers.round)
    const other = isBinary(op) ? before.map(numbers.round) : before
    const outcome = applyOp(op, { values: cast, other, weights, stored }, numbers).map(numbersOf(returns(i)).round)
    values.push(outcome)
    peaks.push(numbers.peak())
    before = at
    at = outcome
  })
  return { values, peaks }
}

/** How many values became 0, Inf or NaN that are not so in exact arithmetic. */
function lostOf(values: Float64Array, exact: Float64Array): number {
  let lost = 0
  values.forEach((x, i) => {
    const wanted = exact[i] as number
    if (Number.isFinite(wanted) && (!Number.isFinite(x) || (x === 0 && wanted !== 0))) lost++
  })
  return lost
}

/** A single value, or the largest size of several; NaN where one is NaN. */
function shown(values: Float64Array): number {
  if (values.length === 1) return values[0] as number
  return values.reduce((top, x) => (Number.isNaN(x) || Number.isNaN(top) ? Number.NaN : Math.max(top, Math.abs(x))), 0)
}

/** The distance of the last operation's values from the exact ones, as a share of these. */
function errorOf(values: Float64Array, exact: Float64Array): number {
  let [off, size] = [0, 0]
  values.forEach((x, i) => {
    off += (x - (exact[i] as number)) * (x - (exact[i] as number))
    size += (exact[i] as number) * (exact[i] as number)
  })
  return Math.sqrt(off / size)
}

/** Tensors whose type changes on the way into an operation, weights apart. */
const castsOf = (decisions: readonly Decision[]): number =>
  decisions.reduce((sum, { inputs, runs }) => sum + inputs.filter((type) => type !== runs).length, 0)

interface Runs {
  readonly exact: Run
  readonly fp16: Run
  readonly policy: Run
}

function table(decisions: readonly Decision[], { exact, fp16, policy }: Runs): Block {
  const last = decisions.findIndex(({ refused }) => refused)
  const reached = (i: number): boolean => last < 0 || i < last
  const lost = (run: Run, i: number): number => lostOf(run.values[i] as Float64Array, exact.values[i] as Float64Array)
  const lostCell = (run: Run, i: number): Cell => lost(run, i) || null
  return {
    kind: 'table',
    columns: [
      { label: { code: 'autocast-op' }, as: 'text' },
      { label: { code: 'autocast-list' }, as: 'text' },
      { label: { code: 'autocast-types' }, as: 'text' },
      { label: { code: 'autocast-exact' }, as: 'number' },
      { label: { code: 'autocast-allFp16' }, as: 'number' },
      { label: { code: 'autocast-lost' }, as: 'count' },
      { label: { code: 'autocast-under' }, as: 'number' },
      { label: { code: 'autocast-lost' }, as: 'count' },
    ],
    rows: decisions.map((decision, i): Cell[] => [
      decision.op,
      { code: `autocast-${decision.because}` },
      decision.refused ? { code: 'autocast-error' } : { name: `${decision.runs} > ${decision.returns}` },
      shown(exact.values[i] as Float64Array),
      shown(fp16.values[i] as Float64Array),
      lostCell(fp16, i),
      reached(i) ? shown(policy.values[i] as Float64Array) : null,
      reached(i) ? lostCell(policy, i) : null,
    ]),
    tones: decisions.map((_, i) => (reached(i) && lost(policy, i) === 0 ? (lost(fp16, i) > 0 ? 'good' : null) : 'bad')),
  }
}

function findingsOf(decisions: readonly Decision[], runs: Runs, policy: AutocastPolicy): Finding[] {
  const { exact, fp16 } = runs
  const end = decisions.length - 1
  const at = (run: Run, i: number): Float64Array => run.values[i] as Float64Array
  const lost = (run: Run, i: number): number => lostOf(at(run, i), at(exact, i))
  const refused = decisions.find((decision) => decision.refused)
  const findings: Finding[] = []
  if (refused)
    findings.push({
      code: 'autocast-refused',
      tone: 'bad',
      values: {
        policy: policy.name,
        number: decisions.indexOf(refused) + 1,
        before: decisions[decisions.indexOf(refused) - 1]?.op ?? '',
      },
    })
  const first = decisions.findIndex((_, i) => lost(fp16, i) > 0)
  const results = { exact: shown(at(exact, end)), fp16: shown(at(fp16, end)), policy: shown(at(runs.policy, end)) }
  if (first < 0) findings.push({ code: 'autocast-fp16-fine', tone: 'good', values: results })
  else
    findings.push({
      code: 'autocast-fp16-lost',
      tone: 'bad',
      values: {
        ...results,
        op: (decisions[first] as Decision).op,
        lost: lost(fp16, first),
        values: at(fp16, first).length,
        peak: exact.peaks[first] as number,
        // A result that FP16 has no number for becomes 0 whatever is inside: the cause of most of them is told.
        tooLarge:
          2 *
            at(fp16, first).filter((x, k) => {
              const wanted = Math.abs(at(exact, first)[k] as number)
              return Number.isFinite(wanted) && (!Number.isFinite(x) || (x === 0 && wanted > halfOfLeast))
            }).length >
          lost(fp16, first),
        limit: largest(format('fp16')),
      },
    })
  if (refused) return findings
  const worst = decisions.reduce((sum, _, i) => sum + lost(runs.policy, i), 0)
  findings.push({
    code: 'autocast-policy',
    tone: worst === 0 ? 'good' : 'bad',
    values: {
      ...results,
      name: policy.name,
      wide: decisions.filter(({ runs: type }) => type === 'fp32').length,
      operations: decisions.length,
      lost: worst,
    },
  })
  return findings
}

function legend(policy: AutocastPolicy): Block {
  if (policy.kind === 'lists')
    return { kind: 'note', code: 'autocast-lists', tone: 'note', values: { low: policy.low } }
  const { params: weights, compute, output, loss } = policy
  return { kind: 'note', code: 'autocast-model', tone: 'note', values: { weights, compute, output, loss } }
}

export const autocast = defineRunner({
  name: 'autocast',
  params,
  exclusive: [],
  metrics,
  parts,
  async run(p, { seed, show }) {
    const policy = autocastPolicy(p.policy)
    const graph = parseGraph(p.graph)
    const decisions = decide(policy, graph)
    const start = Float64Array.from({ length: width }, (_, i) => Math.fround(p.amplitude * (2 * uniform(seed, i) - 1)))
    const same = (precision: Precision, stored = (weight: number): number => weight): Run =>
      runGraph({ graph, input: start, seed, runs: () => precision, returns: () => precision, stored })
    // All frameworks start with float32 data and, but for models that are cast, float32 weights.
    const runs: Runs = {
      exact: same('exact', Math.fround),
      fp16: same('fp16'),
      policy: runGraph({
        graph,
        input: start,
        seed,
        runs: (i) => (decisions[i] as Decision).runs,
        returns: (i) => (decisions[i] as Decision).returns,
        stored: nearest(format(policy.kind === 'model' ? policy.params : 'fp32')),
      }),
    }
    const end = graph.length - 1
    const refused = decisions.findIndex((decision) => decision.refused)
    const endOf = (run: Run): Float64Array => run.values[end] as Float64Array
    const lostIn = (run: Run): number =>
      run.values.reduce((sum, values, i) => sum + lostOf(values, runs.exact.values[i] as Float64Array), 0)
    const draw: Record<(typeof parts)[number], () => Block> = {
      operations: () => table(decisions, runs),
      legend: () => legend(policy),
    }
    const broken = refused >= 0
    return {
      subject: { code: 'autocast-subject', values: { policy: policy.name, operations: graph.length, width } },
      metrics: {
        operations: graph.length,
        wideOperations: decisions.filter(({ runs: type }) => type === 'fp32').length,
        lowOperations: decisions.filter(({ runs: type }) => type !== 'fp32').length,
        casts: castsOf(decisions),
        lostInFp16: lostIn(runs.fp16),
        lostUnderPolicy: broken ? Number.NaN : lostIn(runs.policy),
        firstLost:
          runs.fp16.values.findIndex((values, i) => lostOf(values, runs.exact.values[i] as Float64Array) > 0) + 1,
        result: shown(endOf(runs.exact)),
        resultInFp16: shown(endOf(runs.fp16)),
        resultUnderPolicy: broken ? Number.NaN : shown(endOf(runs.policy)),
        errorInFp16: errorOf(endOf(runs.fp16), endOf(runs.exact)),
        errorUnderPolicy: broken ? Number.NaN : errorOf(endOf(runs.policy), endOf(runs.exact)),
        refused: broken ? refused + 1 : 0,
      },
      findings: findingsOf(decisions, runs, policy),
      blocks: (show.length > 0 ? show : parts).map((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
