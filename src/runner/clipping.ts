/** Gradient clipping: by norm, by value, tensor by tensor; before and after unscale; a recurrent chain; a threshold too small. */
import * as z from 'zod/mini'
import { powerOfTwo } from '../format/bits.js'
import type { Block } from '../result/result.js'
import { type ClipFramework, clipFrameworks, clipRule } from '../train/clip.js'
import {
  chainChart,
  chainFindings,
  exactlyFinding,
  frameworksTable,
  stepFindings,
  symbolsFinding,
  waysTable,
} from './clipping/blocks.js'
import { type Chain, chain } from './clipping/chain.js'
import { recordedSteps, stepOf } from './clipping/gradients.js'
import { type Survey, type SurveyOptions, surveyOf } from './clipping/survey.js'
import { openOrigin, originGroup, originNeeds, originParams } from './origin.js'
import { choice, formatName, number } from './params.js'
import { defineRunner } from './runner.js'
import { stateFormat } from './state-format.js'

const params = {
  ...originParams,
  method: z._default(choice(['norm', 'value', 'per-tensor']), 'norm'),
  max: z._default(number({ above: 0, max: powerOfTwo(60) }), 1),
  framework: z._default(choice([...clipFrameworks, 'all']), 'pytorch'),
  order: z._default(choice(['after', 'before']), 'after'),
  scale: z._default(number({ min: powerOfTwo(-20), max: powerOfTwo(40) }), 65536),
  spike: z._default(number({ min: 1, max: powerOfTwo(40) }), 20),
  format: z._default(formatName(), 'fp16'),
  normFormat: z._default(formatName(), 'fp32'),
  weight: z._default(number({ above: 0, max: powerOfTwo(40) }), 0.1),
  lr: z._default(number({ above: 0, max: powerOfTwo(20) }), 0.1),
  percentile: z._default(number({ min: 0, max: 100 }), 90),
  radius: z._default(number({ min: 0.01, max: 100 }), 1.3),
  length: z._default(number({ integer: true, min: 1, max: 10_000 }), 80),
}

const metrics = {
  gradients: 'count',
  norm: 'number',
  normInFormat: 'number',
  normAfter: 'number',
  angle: 'number',
  cut: 'percent',
  lost: 'percent',
  lostUnclipped: 'percent',
  normByValue: 'number',
  angleByValue: 'number',
  cutByValue: 'percent',
  anglePerTensor: 'number',
  effectiveThreshold: 'power',
  normBefore: 'number',
  lostBefore: 'percent',
  stepsClipped: 'percent',
  lostUsual: 'percent',
  lostUsualClipped: 'percent',
  percentileThreshold: 'number',
  stepsClippedPercentile: 'percent',
  lostPercentile: 'percent',
  shrinkAtThreshold: 'number',
  chainNorm: 'number',
  chainInFormat: 'number',
  chainClipped: 'number',
  overflowAt: 'count',
  lostAt: 'count',
} as const

export const clipping = defineRunner({
  name: 'clipping',
  params,
  exclusive: [originGroup],
  beside: originNeeds,
  metrics,
  parts: ['ways', 'chain'],
  async run(p, request) {
    const f = stateFormat('format', p.format)
    const source = await openOrigin(p, request)
    const { tensors, count } = await stepOf(source, p.input === undefined ? 'count' : 'input', request.host)
    const recorded = p.input === undefined && p.distribution === undefined
    const framework = p.framework === 'all' ? 'pytorch' : (p.framework as ClipFramework)
    const normFormat = stateFormat('normFormat', p.normFormat)
    const o: SurveyOptions = { ...p, framework, format: f, normFormat, seed: request.seed }
    const survey = surveyOf(tensors, o)

    const along = (radius: number): Chain => chain({ ...o, radius, length: p.length })
    const chosen = along(p.radius)
    const other = p.radius === 1 ? chosen : along(1 / p.radius)
    const [grows, shrinks] = p.radius >= 1 ? [chosen, other] : [other, chosen]

    const sideBySide = p.framework === 'all'
    const draw: Record<string, () => Block[]> = {
      ways: () => (survey.none.norm === 0 ? [] : [waysTable(survey)]),
      chain: () => [sideBySide ? frameworksTable(p.max) : chainChart(grows, shrinks, f.name)],
    }
    return {
      subject: { code: 'clipSubject', values: { count, source: source.name, spike: p.spike, recorded } },
      metrics: {
        gradients: count,
        ...stepMetrics(survey),
        shrinkAtThreshold: 1 - clipRule(framework).factor(p.max, p.max, 1),
        chainNorm: chosen.exact.at(-1) as number,
        chainInFormat: chosen.norms.at(-1) as number,
        chainClipped: chosen.clipped.at(-1) as number,
        overflowAt: grows.overflowAt,
        lostAt: shrinks.lostAt,
      },
      findings: [
        ...stepFindings(survey, o),
        ...(sideBySide ? [exactlyFinding(p.max), symbolsFinding()] : chainFindings(grows, shrinks, o)),
        ...(recorded
          ? [{ code: 'clipFrom', tone: 'note' as const, values: { source: source.name, steps: recordedSteps } }]
          : []),
      ],
      blocks: (request.show.length > 0 ? request.show : ['ways', 'chain']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})

function stepMetrics({ none, by, before, main, usual, ...more }: Survey) {
  return {
    norm: none.norm,
    normInFormat: more.normInFormat,
    normAfter: main.norm,
    angle: main.angle,
    cut: main.cut,
    lost: main.lost,
    lostUnclipped: none.lost,
    normByValue: by.value.norm,
    angleByValue: by.value.angle,
    cutByValue: by.value.cut,
    anglePerTensor: by['per-tensor'].angle,
    effectiveThreshold: before.threshold,
    normBefore: before.norm,
    lostBefore: before.lost,
    stepsClipped: more.clipped,
    lostUsual: usual.plain,
    lostUsualClipped: usual.held,
    percentileThreshold: more.fitting,
    stepsClippedPercentile: more.clippedThen,
    lostPercentile: usual.eased,
  }
}
