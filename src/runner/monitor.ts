/** Watching a training: a stream with known troubles and two monitors, or the log of a real one. */
import * as z from 'zod/mini'
import { maxSample, sampleOf, sizeOfSteps } from '../data/gradient-stream.js'
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import { format } from '../format/parse.js'
import type { Block } from '../result/result.js'
import { policyNames, policyOf } from '../train/loss-scale.js'
import { monitorDefaults } from '../train/monitor.js'
import {
  alarmTable,
  falseAlarms,
  falseFired,
  lossesNote,
  streamChart,
  streamFindings,
  verdictsOf,
} from './monitor/blocks.js'
import { logChart, logFindings, logTable, patternNumber, readLog } from './monitor/log.js'
import { runStream } from './monitor/stream.js'
import { openOrigin, originGroup, originNeeds, originParams } from './origin.js'
import { choice, formatName, number, path } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { configOf, scaleParams, scalePowers, scalersOf, scaleSynonyms } from './scaling/options.js'

/** Scalers that look at nothing but Inf: the others have no overflows of the kind watched here. */
const watchable = policyNames.filter((name) => ['constant', 'counted', 'tolerant'].includes(policyOf(name).family)) as [
  string,
  ...string[],
]

const params = {
  ...originParams,
  ...scaleParams,
  growthInterval: z._default(number({ integer: true, min: 1, max: 1e9 }), 2000),
  log: z.optional(path()),
  interval: z.optional(number({ integer: true, min: 1, max: 1e9 })),
  floor: z.optional(number({ min: 0 })),
  format: z._default(formatName(), 'fp16'),
  policy: z._default(choice(watchable), 'pytorch'),
  steps: z._default(number({ integer: true, min: 1, max: 1e6 }), 3000),
  size: z._default(number({ min: powerOfTwo(-60), max: powerOfTwo(60) }), 1),
  drift: z._default(number({ min: powerOfTwo(-60), max: powerOfTwo(60) }), 1),
  noise: z._default(number({ min: 1, max: 1e6 }), 1),
  loss: z._default(number({ above: 0, max: 1e6 }), 2.3),
  lossFloor: z._default(number({ min: 0, max: 1e6 }), 0.1),
  descent: z._default(number({ above: 0, max: 1e9 }), 30),
  lossNoise: z._default(number({ min: 1, max: 1e6 }), 1.2),
  lossSpike: z._default(number({ min: 1, max: 1e6 }), 4),
  gradientSpike: z._default(number({ min: 1, max: powerOfTwo(60) }), 64),
  badBatches: z._default(number({ integer: true, min: 0, max: 1e6 }), 30),
  badRate: z._default(number({ min: 0, max: 1 }), 0),
  sigmas: z._default(number({ above: 0, max: 1e6 }), monitorDefaults.sigmas),
  lr: z._default(number({ above: 0, max: 1e6 }), 0.01),
  weight: z._default(number({ min: -1e6, max: 1e6 }), 0.05),
}

export type MonitorParams = ParamsOf<typeof params>

/** What makes the stream: beside a log it would mean nothing. */
const streamOnly = [
  ...['format', 'policy', 'steps', 'size', 'drift', 'noise', 'loss', 'lossFloor', 'descent', 'lossNoise', 'lossSpike'],
  ...['gradientSpike', 'badBatches', 'badRate', 'sigmas', 'lr', 'weight'],
  ...Object.keys(scaleParams),
]

const metrics = {
  steps: 'count',
  troubles: 'count',
  noticed: 'count',
  skippedByScaler: 'count',
  noticedByInterview: 'count',
  alarms: 'count',
  falseAlarms: 'count',
  falseByInterview: 'count',
  interviewFirst: 'count',
  overflows: 'count',
  skipped: 'count',
  infApplied: 'count',
  lostShare: 'percent',
  updatesLost: 'percent',
  growths: 'count',
  finalScale: 'power',
  lowestScale: 'power',
  normChange: 'number',
  readNormChange: 'number',
  logLines: 'count',
  logRecognized: 'count',
  logPattern: 'count',
  logOverflows: 'count',
  logBackoffs: 'count',
  logGrowths: 'count',
  logFirst: 'power',
  logLast: 'power',
  logHighest: 'power',
  logLowest: 'power',
  logCopies: 'count',
  logIterations: 'count',
} as const

type MetricName = keyof typeof metrics

const unknown = Object.fromEntries(Object.keys(metrics).map((name) => [name, Number.NaN])) as Record<MetricName, number>

const parts = ['chart', 'alarms', 'losses'] as const

async function readSample(p: MonitorParams, request: Request) {
  const source = await openOrigin(p, request)
  const sample = await sampleOf(source, request.host.progress)
  if (sample) return sample
  const option = p.input === undefined ? 'count' : 'input'
  const value = source.size ?? maxSample
  throw new FpsimError('invalid-value', { option, value, problem: 'above-maximum', limit: maxSample })
}

async function watchStream(p: MonitorParams, request: Request, show: readonly string[]) {
  const f = format(p.format)
  const { seed, host } = request
  const sample = await readSample(p, request)
  // A lesson's interval means nothing to a policy that never grows.
  const { growthInterval, ...given } = p
  const [scaler] = scalersOf([p.policy], configOf({ ...given, growthInterval: undefined }), {
    defaults: { growthInterval },
  }) as [ReturnType<typeof scalersOf>[number]]
  const { config } = scaler
  const run = await runStream(
    { ...p, seed },
    {
      sample,
      sizeOf: sizeOfSteps({ ...p, seed }),
      f,
      scaler,
      config: {
        ...monitorDefaults,
        sigmas: p.sigmas,
        interval: policyOf(p.policy).family === 'constant' ? Number.NaN : (config.growthInterval ?? Number.NaN),
        floor: config.minScale ?? 0,
        ceiling: config.maxScale ?? Number.POSITIVE_INFINITY,
      },
      progress: host.progress,
    },
  )
  const verdicts = verdictsOf(run)
  const draw: Record<(typeof parts)[number], () => Block> = {
    chart: () => streamChart(run),
    alarms: () => alarmTable(run, p),
    losses: () => lossesNote(run, { format: f.name, weight: p.weight, lr: p.lr, steps: p.steps }),
  }
  return {
    subject: { code: 'scalingSubject', values: { source: sample.name, steps: p.steps, format: f.name } },
    metrics: {
      ...unknown,
      steps: p.steps,
      troubles: verdicts.length,
      noticed: verdicts.filter(({ noticed }) => noticed).length,
      skippedByScaler: verdicts.filter(({ skipped }) => skipped).length,
      noticedByInterview: verdicts.filter(({ fired }) => fired).length,
      alarms: run.alarms.length,
      falseAlarms: p.badRate > 0 ? Number.NaN : falseAlarms(run).length,
      falseByInterview: p.badRate > 0 ? Number.NaN : falseFired(run).length,
      interviewFirst: run.fired[0]?.from ?? Number.NaN,
      overflows: run.overflows,
      skipped: run.skipped,
      infApplied: run.infApplied,
      lostShare: run.lost,
      updatesLost: run.updatesLost,
      growths: run.growths,
      finalScale: run.finalScale,
      lowestScale: run.lowestScale,
      normChange: run.norms.last / run.norms.first,
      readNormChange: run.norms.lastRead / run.norms.firstRead,
    },
    findings: streamFindings(run, p),
    blocks: show.map((part) => draw[part as (typeof parts)[number]]()),
  }
}

async function watchLog(p: MonitorParams & { log: string }, request: Request, show: readonly string[]) {
  const log = await readLog(p.log, p, request)
  const { history: h, summary } = log
  const draw: Record<(typeof parts)[number], () => Block[]> = {
    chart: () => [logChart(log)],
    alarms: () => [logTable(log)],
    losses: () => [],
  }
  return {
    subject: {
      code: 'monitorLogSubject',
      values: { name: summary.name, format: log.format, recognized: summary.recognized, lines: summary.lines },
    },
    metrics: {
      ...unknown,
      logLines: summary.lines,
      logRecognized: summary.recognized,
      logPattern: patternNumber(log.pattern),
      logOverflows: h.overflows,
      logBackoffs: h.backoffs,
      logGrowths: h.growths,
      logFirst: h.first.scale,
      logLast: h.last.scale,
      logHighest: h.highest.scale,
      logLowest: h.lowest.scale,
      logCopies: log.copies.copies,
      logIterations: h.to - h.from,
    },
    findings: logFindings(log),
    // The framework may say that it gives up, and nothing else.
    blocks: h.events === 0 ? [] : show.flatMap((part) => draw[part as (typeof parts)[number]]()),
  }
}

export const monitorRunner = defineRunner({
  name: 'monitor',
  params,
  exclusive: [[...originGroup, 'log'], ...streamOnly.map((name) => ['log', name])],
  beside: { ...originNeeds, interval: 'log', floor: 'log' },
  synonyms: scaleSynonyms,
  powers: scalePowers,
  metrics,
  parts,
  run(p, request) {
    const show = request.show.length > 0 ? request.show : parts
    return p.log === undefined ? watchStream(p, request, show) : watchLog({ ...p, log: p.log }, request, show)
  },
})
