/** The scales of many frameworks over the same overflows: a real log's, or a pattern's. */
import * as z from 'zod/mini'
import { loadScaleLog, type ScaleLog } from '../data/scale-log.js'
import { FpsimError } from '../errors.js'
import { exponentOf, isPowerOfTwo } from '../format/bits.js'
import type { Block, Cell, Finding, Tone } from '../result/result.js'
import { type LossScaler, lossScaler, policyOf } from '../train/loss-scale.js'
import { asksCaller, commandLineNotes, growsAfter, startCell } from './frameworks/scaling.js'
import { choice, names, text } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { blindToSize, configOf, scaleParams, scalePowers, scalersOf, scaleSynonyms } from './scaling/options.js'

const logs = ['bigscience-104b', 'bigscience-13b'] as const

const params = {
  log: z._default(choice(logs), 'bigscience-104b'),
  pattern: z.optional(text()),
  policies: z._default(names(...blindToSize), 'pytorch'),
  ...scaleParams,
}

type Params = ParamsOf<typeof params>

const metrics = {
  steps: 'count',
  overflows: 'count',
  policiesRun: 'count',
  matching: 'count',
  matchDeepspeedZero: 'count',
  matchMegatron: 'count',
  matchApexHysteresis: 'count',
  matchPytorch: 'count',
  differsApexHysteresis: 'count',
  differsPytorch: 'count',
  finalPytorch: 'power',
  loggedFinal: 'power',
} as const

const parts = ['trace', 'defaults', 'crash'] as const

/** A pattern may be long; its table would fill the screen. */
const longestPattern = 1000
const widestTable = 40

/** The steps of a pattern: X or x overflowed, . did not; blanks do not count. */
function stepsOf(pattern: string): boolean[] {
  const plain = pattern.replace(/\s/g, '')
  if (!/^[.Xx]+$/.test(plain))
    throw new FpsimError('invalid-value', {
      option: 'pattern',
      value: pattern,
      problem: 'not-allowed',
      allowed: ['.', 'X'],
    })
  if (plain.length > longestPattern)
    throw new FpsimError('invalid-value', {
      option: 'pattern',
      value: plain.length,
      problem: 'above-maximum',
      limit: longestPattern,
    })
  return [...plain].map((step) => step !== '.')
}

/** A short pattern shows no growth with intervals of thousands. */
const patternDefaults = { initScale: 65536, growthInterval: 3 }

interface Trace {
  readonly scaler: LossScaler
  /** The scale after each step; shorter where the framework gave up. */
  readonly scales: readonly number[]
  /** The scale at which it did. */
  readonly gaveUp?: number
}

function traceOf(scaler: LossScaler, steps: readonly boolean[]): Trace {
  const scales: number[] = []
  let state = scaler.init()
  for (const overflow of steps) {
    try {
      state = scaler.next(state, overflow ? 'overflow' : 'finite')
    } catch (error) {
      if (error instanceof FpsimError && error.code === 'scale-at-minimum')
        return { scaler, scales, gaveUp: state.scale }
      throw error
    }
    scales.push(state.scale)
  }
  return { scaler, scales }
}

/** The first step at which a trace is not the log's; −1 where it is the log's all along. */
const differsAt = ({ scales }: Trace, logged: readonly number[]): number =>
  logged.findIndex((scale, i) => scales[i] !== scale)

/** log2 of a power of two, the number itself otherwise. */
const exponentCell = (scale: number | undefined): Cell =>
  scale === undefined ? { code: 'scalingNoScale' } : isPowerOfTwo(scale) ? exponentOf(scale) : scale

function traceTable(
  traces: readonly Trace[],
  steps: readonly boolean[],
  { log, given }: { log: ScaleLog | undefined; given: { initScale?: number; growthInterval?: number } },
): Block {
  const verdict = (trace: Trace): { cell: Cell; tone: Tone } => {
    const at = log ? differsAt(trace, log.scales) : -1
    return at < 0
      ? { cell: { code: 'scalingSame' }, tone: 'good' }
      : { cell: { code: 'scalingDiffers', values: { at: (log?.first ?? 0) + at } }, tone: 'bad' }
  }
  const logged: Cell[][] = log ? [[{ code: 'scalingLogged' }, ...log.scales.map(exponentCell), '']] : []
  return {
    kind: 'table',
    title: log
      ? { code: 'scalingTraceOfLog', values: { first: log.first, last: log.first + steps.length - 1 } }
      : { code: 'scalingTraceOfPattern', values: { ...patternDefaults, ...given } },
    columns: [
      { label: { code: 'scalingPolicyHead' }, as: 'text' },
      ...steps.map((overflow) => ({ label: { name: overflow ? 'X' : '.' }, as: 'number' as const })),
      ...(log ? [{ label: { code: 'scalingAsLogged' }, as: 'text' as const }] : []),
    ],
    rows: [
      ...logged,
      ...traces.map((trace): Cell[] => [
        { name: trace.scaler.policy },
        ...steps.map((_, i) => exponentCell(trace.scales[i])),
        ...(log ? [verdict(trace).cell] : []),
      ]),
    ],
    ...(log ? { tones: [null, ...traces.map((trace) => verdict(trace).tone)] } : {}),
  }
}

function traceChart(traces: readonly Trace[], steps: readonly boolean[]): Block {
  return {
    kind: 'line-chart',
    x: { label: { code: 'step' }, values: steps.map((_, i) => i), scale: 'linear' },
    y: { label: { code: 'lossScale' }, scale: 'log2' },
    series: traces.map(({ scaler, scales }) => ({ label: { name: scaler.policy }, values: scales })),
    marks: { label: { code: 'scalingOverflows' }, at: steps.flatMap((overflow, i) => (overflow ? [i] : [])) },
  }
}

/** What the frameworks do when nobody tells them otherwise. */
function defaultsTable(policies: readonly string[]): Block {
  const limit = (scale: number | undefined): Cell =>
    scale === undefined || scale === 0 ? { code: 'scalingNoLimit' } : { code: 'scalingPower', values: { scale } }
  return {
    kind: 'table',
    title: { code: policies.some(asksCaller) ? 'scalingDefaultsCallers' : 'scalingDefaults' },
    columns: [
      { label: { code: 'scalingPolicyHead' }, as: 'text' },
      { label: { code: 'scalingInit' }, as: 'number' },
      { label: { code: 'scalingFirstGrowth' }, as: 'count' },
      { label: { code: 'scalingHysteresis' }, as: 'count' },
      { label: { code: 'scalingFloor' }, as: 'number' },
      { label: { code: 'scalingCeiling' }, as: 'number' },
      { label: { code: 'scalingHolds' }, as: 'text' },
    ],
    rows: policies.map((name) => {
      const { config } = lossScaler(name)
      const { holds, ignored } = policyOf(name)
      const growth = growsAfter(name)
      const patience = ignored.includes('hysteresis') ? 1 : (config.hysteresis ?? config.decrEvery ?? 1)
      return [
        { name },
        startCell(name),
        Number.isNaN(growth) ? { code: 'scalingNever' } : growth,
        patience,
        limit(config.minScale),
        limit(config.maxScale),
        { name: holds },
      ]
    }),
  }
}

/** A log that names scale and loss only: what its largest scale was followed by. */
function crashOf({ name, first, every, scales, loss }: ScaleLog): Finding {
  const top = Math.max(...scales)
  const at = scales.indexOf(top)
  return {
    code: 'scalingCrash',
    tone: 'bad',
    values: {
      log: name,
      at: first + every * at,
      top,
      lossBefore: loss[at] as number,
      lossAfter: Math.max(...loss.slice(at)),
      low: Math.min(...scales.slice(at)),
      until: first + every * (scales.length - 1),
    },
  }
}

const crashTable = ({ first, every, scales, loss }: ScaleLog): Block => ({
  kind: 'table',
  columns: [
    { label: { code: 'scalingIteration' }, as: 'count' },
    { label: { code: 'lossScale' }, as: 'power' },
    { label: { code: 'loss' }, as: 'number' },
  ],
  rows: scales.map((scale, i) => [{ name: String(first + every * i) }, scale, loss[i] as number]),
})

const refillsWhenClean = ({ scaler: { policy, config } }: Trace): boolean =>
  policyOf(policy).refill === 'clean' || config.consecutiveHysteresis === true

/** Those that gave up, with the framework's own error. */
const raisesOf = (traces: readonly Trace[], steps: readonly boolean[], log: ScaleLog | undefined): Finding[] =>
  traces.flatMap(({ scaler: { policy }, scales, gaveUp }) =>
    gaveUp === undefined
      ? []
      : [
          {
            code: 'scalingRaises',
            tone: 'bad',
            values: {
              policy,
              raises: policyOf(policy).raises ?? '',
              scale: gaveUp,
              steps: steps.length,
              log: log !== undefined,
              at: log ? log.first + scales.length : scales.length + 1,
            },
          },
        ],
  )

/** Who gives the log's scales, and where the one that holds out longest goes astray. */
function findingsOf(traces: readonly Trace[], steps: readonly boolean[], log: ScaleLog | undefined): Finding[] {
  if (!log) return [groupsOf(traces, steps), ...raisesOf(traces, steps, log)]
  const same = traces.filter((trace) => differsAt(trace, log.scales) < 0)
  const names = same.map(({ scaler }) => scaler.policy).join(', ')
  const findings: Finding[] = [
    {
      code: 'scalingReproduced',
      tone: same.length > 0 ? 'good' : 'bad',
      values: {
        same: same.length,
        all: traces.length,
        names,
        log: log.name,
        hysteresis: log.config['hysteresis'] ?? 1,
      },
    },
  ]
  const others = traces
    .filter((trace) => !same.includes(trace))
    .map((trace) => ({ trace, at: differsAt(trace, log.scales) }))
    .sort((a, b) => b.at - a.at)
  const last = others[0]
  if (last && last.at > 0 && steps[last.at - 1] === false && same.length > 0 && refillsWhenClean(last.trace))
    findings.push({
      code: 'scalingTellsApart',
      tone: 'note',
      values: {
        policy: last.trace.scaler.policy,
        clean: log.first + last.at - 1,
        at: log.first + last.at,
        scale: last.trace.scales[last.at] ?? Number.NaN,
        logged: log.scales[last.at] as number,
      },
    })
  return [...findings, ...raisesOf(traces, steps, log)]
}

/** How many different answers there are to one pattern. */
function groupsOf(traces: readonly Trace[], steps: readonly boolean[]): Finding {
  const different = new Set(traces.map(({ scales }) => scales.join(' ')))
  const last = traces.map(({ scaler, scales }) => scales.at(-1) ?? scaler.init().scale)
  return {
    code: 'scalingAnswers',
    tone: 'note',
    values: {
      steps: steps.length,
      overflows: steps.filter((overflow) => overflow).length,
      policies: traces.length,
      different: different.size,
      lowest: Math.min(...last),
      highest: Math.max(...last),
    },
  }
}

async function run(p: Params, { show, given }: Request) {
  const log = p.pattern === undefined ? await loadScaleLog(p.log) : undefined
  const pattern = p.pattern ?? log?.overflow
  const policies = p.policies.split(',')
  const steps = pattern === undefined ? [] : stepsOf(pattern)
  const scalers = scalersOf(policies, configOf(p), { defaults: log?.config ?? patternDefaults, given })
  const traces = steps.length === 0 ? [] : scalers.map((scaler) => traceOf(scaler, steps))
  const of = (name: string) => traces.find(({ scaler }) => scaler.policy === name)
  const match = (name: string) => {
    const trace = of(name)
    return trace && log ? Number(differsAt(trace, log.scales) < 0) : Number.NaN
  }
  const differs = (name: string) => {
    const trace = of(name)
    const at = trace && log ? differsAt(trace, log.scales) : -1
    return at < 0 ? Number.NaN : (log?.first ?? 0) + at
  }
  const crash =
    log && !log.overflow ? log : log && show.includes('crash') ? await loadScaleLog('bigscience-13b') : undefined
  const draw: Record<(typeof parts)[number], () => Block[]> = {
    trace: () =>
      traces.length === 0
        ? []
        : [
            steps.length <= widestTable
              ? traceTable(traces, steps, { log, given: configOf(p) })
              : traceChart(traces, steps),
          ],
    defaults: () => [defaultsTable(policies), ...commandLineNotes(policies)],
    crash: () => (!crash ? [] : crash === log ? [crashTable(crash)] : [{ kind: 'note', ...crashOf(crash) }]),
  }
  return {
    subject: log ? { name: log.name } : { code: 'scalingPatternSubject', values: { steps: steps.length } },
    metrics: {
      steps: steps.length,
      overflows: steps.filter((overflow) => overflow).length,
      policiesRun: traces.length,
      matching:
        log && traces.length > 0 ? traces.filter((trace) => differsAt(trace, log.scales) < 0).length : Number.NaN,
      matchDeepspeedZero: match('deepspeed-zero'),
      matchMegatron: match('megatron'),
      matchApexHysteresis: match('apex-hysteresis'),
      matchPytorch: match('pytorch'),
      differsApexHysteresis: differs('apex-hysteresis'),
      differsPytorch: differs('pytorch'),
      finalPytorch: of('pytorch')?.scales.at(-1) ?? Number.NaN,
      loggedFinal: log?.scales.at(-1) ?? Number.NaN,
    },
    findings: traces.length === 0 ? (crash ? [crashOf(crash)] : []) : findingsOf(traces, steps, log),
    blocks: (show.length > 0 ? show : parts).flatMap((part) => draw[part as (typeof parts)[number]]()),
  }
}

export const scalerTrace = defineRunner({
  name: 'scaler-trace',
  params,
  exclusive: [['log', 'pattern']],
  synonyms: { ...scaleSynonyms, steps: 'pattern', policy: 'policies' },
  powers: scalePowers,
  positionals: ['policies'],
  metrics,
  parts,
  run,
})
