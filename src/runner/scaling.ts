/** Loss-scale policies against a stream of gradients whose size drifts and spikes. */
import * as z from 'zod/mini'
import { maxSample, type Sample, sampleOf, sizeOfSteps } from '../data/gradient-stream.js'
import type { StepSource } from '../data/profile.js'
import { FpsimError } from '../errors.js'
import { exponentOf, powerOfTwo } from '../format/bits.js'
import { format } from '../format/parse.js'
import type { Block, Finding } from '../result/result.js'
import { policyNames } from '../train/loss-scale.js'
import { openOrigin, openSteps, originGroup, originNeeds, originParams } from './origin.js'
import { formatName, names, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'
import { eventTable, findingsOf, intervalNotes, raceTable, scalesChart } from './scaling/blocks.js'
import { inventedOf, madeUp, stepsOf } from './scaling/invented.js'
import { configOf, scaleParams, scalePowers, scalersOf, scaleSynonyms } from './scaling/options.js'
import { judgeOf, type Race, type Ran, race } from './scaling/race.js'

const params = {
  ...originParams,
  ...scaleParams,
  format: z._default(formatName(), 'fp16'),
  policies: z._default(names(policyNames as [string, ...string[]]), 'pytorch,static'),
  steps: z._default(number({ integer: true, min: 1, max: 1e8 }), 3000),
  size: z._default(number({ min: powerOfTwo(-60), max: powerOfTwo(60) }), 1),
  drift: z._default(number({ min: powerOfTwo(-60), max: powerOfTwo(60) }), 1),
  noise: z._default(number({ min: 1, max: 1e6 }), 1),
  spikeRate: z._default(number({ min: 0, max: 1 }), 0),
  spikeHeight: z._default(number({ min: 1, max: powerOfTwo(60) }), 64),
  staticScale: z.optional(number({ above: 0 })),
}

export type ScalingParams = ParamsOf<typeof params>

const metrics = {
  steps: 'count',
  overflows: 'count',
  skipped: 'count',
  skippedShare: 'percent',
  infApplied: 'count',
  lostShare: 'percent',
  lostAtEnd: 'percent',
  finalScale: 'power',
  lowestScale: 'power',
  highestScale: 'power',
  growths: 'count',
  backoffs: 'count',
  firstOverflowStep: 'count',
  gaveUpStep: 'count',
  staticStart: 'power',
  lostNone: 'percent',
  lostStatic: 'percent',
  lostAtEndStatic: 'percent',
  infAppliedStatic: 'count',
  skippedShareNaive: 'percent',
  lostNaive: 'percent',
  skippedShareAdaptive: 'percent',
  lostAdaptive: 'percent',
  finalScaleAdaptive: 'power',
  skippedSharePytorch: 'percent',
  lostPytorch: 'percent',
  finalScalePytorch: 'power',
} as const

const parts = ['scales', 'event', 'strategies', 'interval'] as const

/** The values of every step, before their size changes. */
async function readSample(p: ScalingParams, request: Request) {
  const source = await openOrigin(p, request)
  const sample = await sampleOf(source, request.host.progress)
  if (sample) return sample
  const option = p.input === undefined ? 'count' : 'input'
  throw new FpsimError('invalid-value', {
    option,
    value: source.size ?? maxSample,
    problem: 'above-maximum',
    limit: maxSample,
  })
}

/** The format delayed scaling is told to cast to, where it is one of its own. */
const castFormat = (name: string): 'e4m3fn' | 'e5m2' | undefined =>
  name === 'e4m3fn' || name === 'e5m2' ? name : undefined

/** No framework's scale goes further: they hold it in float32. */
const topExponent = 127

/** The largest power of two at which a step of this size does not overflow: where one who tunes by hand ends up. */
function safeAt(size: number, { largest, limit }: ReturnType<typeof judgeOf>): number {
  const top = largest * size
  if (!(top > 0) || !Number.isFinite(limit)) return powerOfTwo(16)
  const k = exponentOf(limit) - exponentOf(top)
  const fits = (exponent: number) => top * powerOfTwo(exponent) < limit
  return powerOfTwo(Math.min(fits(k + 1) ? k + 1 : fits(k) ? k : k - 1, topExponent))
}

function metricsOf({ runners }: Race, staticStart: number) {
  const first = runners[0] as Ran
  const of = (name: string, figure: (one: Ran) => number) => {
    const one = runners.find(({ scaler }) => scaler.policy === name)
    return one ? figure(one) : Number.NaN
  }
  const share = (one: Ran) => one.skipped / one.steps
  return {
    steps: first.steps,
    overflows: first.overflows,
    skipped: first.skipped,
    skippedShare: share(first),
    infApplied: first.blind ? first.overflows : 0,
    lostShare: first.lost,
    lostAtEnd: first.lostAtEnd,
    finalScale: first.final,
    lowestScale: first.lowest,
    highestScale: first.highest,
    growths: first.growths,
    backoffs: first.backoffs,
    firstOverflowStep: first.firstOverflow,
    gaveUpStep: first.gaveUp ? first.steps - 1 : Number.NaN,
    staticStart,
    lostNone: of('none', ({ lost }) => lost),
    lostStatic: of('static', ({ lost }) => lost),
    lostAtEndStatic: of('static', ({ lostAtEnd }) => lostAtEnd),
    infAppliedStatic: of('static', ({ overflows }) => overflows),
    skippedShareNaive: of('naive', share),
    lostNaive: of('naive', ({ lost }) => lost),
    skippedShareAdaptive: of('adaptive', share),
    lostAdaptive: of('adaptive', ({ lost }) => lost),
    finalScaleAdaptive: of('adaptive', ({ final }) => final),
    skippedSharePytorch: of('pytorch', share),
    lostPytorch: of('pytorch', ({ lost }) => lost),
    finalScalePytorch: of('pytorch', ({ final }) => final),
  }
}

export const scaling = defineRunner({
  name: 'scaling',
  params,
  exclusive: [originGroup],
  beside: originNeeds,
  synonyms: { ...scaleSynonyms, policy: 'policies' },
  powers: scalePowers,
  positionals: ['policies'],
  metrics,
  parts,
  async run(p, request) {
    const f = format(p.format)
    const { seed, host } = request
    const policies = p.policies.split(',')
    const sample = await readSample(p, request)
    const recorded = await openSteps(p, request)
    const steps = stepsOf(p.steps, recorded, request.given)
    const invented = recorded ? inventedOf(p, request.given) : p
    const sizeOf = sizeOfSteps({ ...invented, steps, seed })
    const stepAt = recorded && (async (t: number) => (await sampleOf(recorded[t] as StepSource)) as Sample)
    const judge = judgeOf(stepAt ? await stepAt(0) : sample, f)
    const staticStart = p.staticScale ?? (policies.length === 1 ? p.initScale : undefined) ?? safeAt(sizeOf(0), judge)
    if (p.staticScale !== undefined && request.given?.has('staticScale') && !policies.includes('static'))
      throw new FpsimError('wrong-usage', {
        problem: 'needs-option',
        option: 'staticScale',
        other: 'policies',
        value: 'static',
      })
    // Delayed scaling aims at the largest value of the format it casts to.
    const aim = castFormat(f.name)
    const own = { static: { initScale: staticStart }, ...(aim ? { 'te-delayed': { format: aim } } : {}) }
    const scalers = scalersOf(policies, configOf(p), { own, given: request.given })
    const outcome = await race({ sample: stepAt ?? sample, sizeOf, steps, f, scalers, progress: host.progress })
    const told = madeUp({
      invented,
      steps,
      recorded,
      shipped: p.input === undefined && p.distribution === undefined && !/\.json$/i.test(p.profile),
    })
    const draw: Record<(typeof parts)[number], () => Block[]> = {
      // The sentences about the stream take their lines from the chart.
      scales: () => [told.length > 0 ? scalesChart(outcome, 7 - told.length) : scalesChart(outcome)],
      event: () => [eventTable(outcome.runners[0] as Ran, f)],
      strategies: () => [raceTable(outcome)],
      interval: () => intervalNotes(outcome.runners[0] as Ran),
    }
    const show = request.show.length > 0 ? request.show : parts
    const empty = sample.sizes.length === 0
    const findings: Finding[] = empty
      ? [
          {
            code: 'nothingToReplay',
            tone: 'note',
            values: { values: sample.zeros + sample.nonfinite, zeros: sample.zeros, nonfinite: sample.nonfinite },
          },
        ]
      : [...findingsOf(outcome, { f, sample, p: invented }), ...told]
    return {
      subject: { code: 'scalingSubject', values: { source: sample.name, steps, format: f.name } },
      params: recorded ? { steps, ...invented } : {},
      metrics: metricsOf(outcome, staticStart),
      findings,
      blocks: empty ? [] : show.flatMap((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
