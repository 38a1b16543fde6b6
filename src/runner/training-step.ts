/** One training step laid open: every call with its tensors; any order of calls; the loops of the course, as written and repaired. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import type { Block, Cell, Finding } from '../result/result.js'
import type { Call, Setup, Trace } from '../train/step.js'
import { choice, formatName, number, text } from './params.js'
import { defineRunner, type Outcome, type ParamsOf } from './runner.js'
import { callsTable, iterationsTable, listingOf, softmaxTable } from './training-step/blocks.js'
import { appliedOf, loopFindings, orderFindings, shareOf, trueGradient } from './training-step/findings.js'
import type { Loop } from './training-step/loops/loop.js'
import { loopNames, loops } from './training-step/loops/loops.js'
import { softmax } from './training-step/loops/softmax.js'
import { type LoopRun, mistakesOf, runLoop, runOrder, setupOf } from './training-step/run.js'

const top = powerOfTwo(100)

const params = {
  weight: z._default(number({ min: -top, max: top }), 0.001),
  activation: z._default(number({ min: -top, max: top }), 1),
  gradient: z._default(number({ min: -top, max: top }), 2e-8),
  rest: z.optional(number({ min: -top, max: top })),
  scale: z._default(number({ min: powerOfTwo(-100), max: top }), 65536),
  lr: z._default(number({ min: 0, max: top }), 1),
  maxNorm: z.optional(number({ above: 0, max: top })),
  format: z._default(formatName(), 'fp16'),
  steps: z.optional(number({ integer: true, min: 1, max: 10_000 })),
  order: z.optional(text()),
  /** Whose gradients are Inf at the first loss scale. */
  inf: z.optional(choice(['d', 'g', 'both'])),
  loop: z.optional(choice([...loopNames, 'all'] as unknown as readonly [string, ...string[]])),
}

const metrics = {
  weightBefore: 'exact',
  weightAfter: 'exact',
  weightExact: 'exact',
  weightRight: 'exact',
  weightWithoutScaling: 'exact',
  relativeError: 'percent',
  relativeErrorRight: 'percent',
  gradientExact: 'number',
  gradientApplied: 'number',
  gradientAccumulated: 'number',
  lostAt: 'count',
  errorLine: 'count',
  clipNorm: 'number',
  clipCoefficient: 'number',
  clipThreshold: 'number',
  skipped: 'count',
  skippedRight: 'count',
  scaleAfter: 'power',
  iterations: 'count',
  lostProbabilities: 'count',
  loopsWrong: 'count',
} as const

type Values = Record<keyof typeof metrics, number>

const parts = ['listing', 'calls', 'iterations', 'try'] as const

/** The share of the exact move that is missing or too much. */
const errorOf = (trace: Trace, setup: Setup, exact: number): number =>
  Math.abs(shareOf(trace.nets[0]?.w ?? Number.NaN, setup, exact) - 1)

function metricsOf(
  trace: Trace,
  others: { right: Trace; plain: Trace; unscaled: Trace },
  setup: Setup,
  exact: number,
): Values {
  const weight = (t: Trace): number => t.nets[0]?.w ?? Number.NaN
  const lost = trace.problems.find(({ code }) => code === 'lost' || code === 'divided-to-zero')
  const clipped = trace.problems.find(({ code }) => code === 'clipped-scaled')
  const gradient = trueGradient(setup)
  return {
    weightBefore: Math.fround(setup.nets[0]?.weight ?? Number.NaN),
    weightAfter: weight(trace),
    weightExact: exact,
    weightRight: weight(others.right),
    weightWithoutScaling: weight(others.plain),
    relativeError: errorOf(trace, setup, exact),
    relativeErrorRight: errorOf(others.right, setup, exact),
    gradientExact: gradient,
    gradientApplied: appliedOf(trace),
    gradientAccumulated: appliedOf(others.unscaled) / gradient,
    lostAt: lost?.line ?? 0,
    errorLine: mistakesOf(trace)[0]?.line ?? 0,
    clipNorm: trace.norm,
    clipCoefficient: trace.coefficient,
    clipThreshold: clipped ? Number(clipped.values['threshold']) : setup.maxNorm,
    skipped: trace.skipped,
    skippedRight: others.right.skipped,
    scaleAfter: trace.scale,
    iterations: trace.iterations.length,
    lostProbabilities: Number.NaN,
    loopsWrong: Number.NaN,
  }
}

type Params = ParamsOf<typeof params>

/** A threshold was given, and nothing clips. */
const unusedNorm = ({ maxNorm }: Params, calls: readonly Call[]): Finding[] =>
  maxNorm === undefined || calls.some(({ op }) => op === 'clip')
    ? []
    : [{ code: 'step-no-clip', tone: 'note', values: { maxNorm } }]

/** What to type next, in words of no language. */
const tryNext = (what: string): Block => ({ kind: 'note', code: 'step-try', tone: 'note', values: { what } })

/** What the run gives, and the parts of its screen by name. */
type Shown = Omit<Outcome, 'blocks' | 'metrics'> & {
  readonly metrics: Values
  readonly draw: Record<string, () => Block[]>
}

function ordered(p: Params): Shown {
  const setup = setupOf(p)
  const run = runOrder(p.order, setup)
  const { trace, right } = run
  const isRight = mistakesOf(trace).length === 0 && trace.iterations.at(-1)?.outcome !== 'none'
  const scaleless = trace.rows.every(({ op }) => op !== 'scale')
  const many = trace.iterations.length > 1 || (right.iterations.length > 1 && !isRight)
  return {
    subject: { code: 'step-subject', values: { format: p.format, gradient: trueGradient(setup) } },
    metrics: metricsOf(trace, run, setup, run.exact),
    findings: [...orderFindings(run, setup, scaleless), ...unusedNorm(p, run.calls)],
    draw: {
      calls: () => [
        callsTable(run, isRight, !isRight || !scaleless),
        {
          kind: 'note',
          code: 'step-legend',
          tone: 'note',
          values: {
            rest: setup.nets[0]?.rest ?? 0,
            lr: p.lr,
            iteration: trace.iterations.length > 1 ? trace.iterations.length : 0,
          },
        },
      ],
      iterations: () => {
        if (!many) return []
        return [
          isRight
            ? iterationsTable(trace, run.plain, ['this', 'unscaled'], 6)
            : iterationsTable(trace, right, ['this', 'right'], 6),
        ]
      },
      try: () => [tryNext("--order 'scale backward clip unscale step'  ·  --loop simple-10-20-10")],
    },
  }
}

const softmaxLosses = (p: Params): number => softmax(setupOf(p).compute).filter(({ rounded }) => rounded === 0).length

const runOf = (loop: Loop, p: Params): LoopRun => runLoop(loop, p, softmaxLosses(p) > 0)

function looped(loop: Loop, p: Params): Shown {
  const setup = setupOf(p, loop)
  const run = runOf(loop, p)
  const { written, repaired, unscaled, exact, errorLine } = run
  return {
    subject: loop.title === undefined ? { code: `step-title-${loop.name}` } : { name: loop.title },
    metrics: {
      ...metricsOf(written, { right: repaired, plain: unscaled, unscaled }, setup, exact),
      errorLine,
      lostProbabilities: loop.softmax ? softmaxLosses(p) : Number.NaN,
    },
    findings: [...loopFindings(run, setup), ...unusedNorm(p, run.calls)],
    draw: {
      try: () => {
        const after = loopNames[(loopNames.indexOf(loop.name) + 1) % loopNames.length]
        return [tryNext(`--loop ${after}  ·  --loop all`)]
      },
      listing: () => [listingOf(run)],
      calls: () =>
        loop.softmax
          ? [softmaxTable(p.format)]
          : loop.optimizer === undefined
            ? []
            : [
                {
                  kind: 'note',
                  code: 'step-loop-legend',
                  tone: 'note',
                  values: { lr: p.lr, optimizer: loop.optimizer },
                },
              ],
      iterations: () =>
        loop.softmax || errorLine === 0 || loop.networks
          ? []
          : [iterationsTable(written, repaired, ['written', 'repaired'], 4)],
    },
  }
}

/** All loops in one table: which are right, where the others go wrong, what the weight does. */
function surveyed(p: Params): Shown {
  const runs = loops.map((loop) => ({ run: runOf(loop, p), setup: setupOf(p, loop) }))
  const wrong = runs.filter(({ run }) => run.errorLine > 0)
  const [first] = runs
  const share = (trace: Trace, setup: Setup, exact: number): number =>
    shareOf(trace.nets[0]?.w ?? Number.NaN, setup, exact)
  const finding: Finding = {
    code: 'step-survey',
    tone: 'note',
    values: { loops: runs.length, wrong: wrong.length },
  }
  const nothing = Object.fromEntries(Object.keys(metrics).map((name) => [name, Number.NaN])) as Values
  return {
    subject: {
      code: 'step-subject',
      values: { format: p.format, gradient: trueGradient((first as (typeof runs)[0]).setup) },
    },
    metrics: { ...nothing, loopsWrong: wrong.length },
    findings: [finding],
    draw: {
      try: () => [tryNext(`--loop ${loopNames[0]}  ·  --loop gan`)],
      listing: () => [
        {
          kind: 'table',
          columns: [
            { label: { code: 'step-loop' }, as: 'text' },
            { label: { code: 'step-line' }, as: 'count' },
            { label: { code: 'step-wrong' }, as: 'text' },
            { label: { code: 'step-moves' }, as: 'percent' },
            { label: { code: 'step-repaired-moves' }, as: 'percent' },
          ],
          rows: runs.map(({ run, setup }): Cell[] => [
            run.loop.name,
            run.errorLine || null,
            { code: run.errorLine === 0 ? 'step-is-right' : `step-why-${run.loop.name}` },
            share(run.written, setup, run.exact),
            share(run.repaired, setup, run.exact),
          ]),
          tones: runs.map(({ run }) => (run.errorLine === 0 ? 'good' : 'bad')),
        },
      ],
    },
  }
}

export const trainingStep = defineRunner({
  name: 'training-step',
  params,
  exclusive: [['order', 'loop']],
  beside: { inf: 'loop' },
  metrics,
  parts,
  async run(p, { show }) {
    const loop = loops.find(({ name }) => name === p.loop)
    if (p.inf !== undefined && !loop?.networks)
      throw new FpsimError('invalid-value', {
        option: 'loop',
        value: p.loop,
        problem: 'not-allowed',
        allowed: loops.flatMap(({ name, networks }) => (networks ? [name] : [])),
      })
    const { draw, ...outcome } = loop ? looped(loop, p) : p.loop === 'all' ? surveyed(p) : ordered(p)
    const wanted = show.length > 0 ? show : parts
    return { ...outcome, blocks: wanted.flatMap((part) => draw[part]?.() ?? []) }
  },
})
