/** Block formats on real values: what an outlier does to its block, the scale rules, stochastic rounding of gradients. */
import * as z from 'zod/mini'
import { distribution } from '../data/distributions.js'
import { openInput } from '../data/input.js'
import { openRecording } from '../data/recording.js'
import { uniform } from '../data/rng.js'
import type { Source } from '../data/source.js'
import { powerOfTwo } from '../format/bits.js'
import {
  type BlockFormat,
  bitsPerElement,
  blockFormat,
  blockFormats,
  isPowerScaled,
  type ScaleRule,
  scaleRules,
} from '../format/block-catalog.js'
import type { Finding } from '../result/result.js'
import { blockFormatName } from './mx-blocks/block-name.js'
import { chart, followed, type Row, table } from './mx-blocks/blocks.js'
import { chanceOf, type Loss, lossOf, outlierLoss } from './mx-blocks/measure.js'
import { mostValues, readTensors, type Tensors } from './mx-blocks/tensors.js'
import { originNeeds, originParams } from './origin.js'
import { choice, number } from './params.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'

// A recorded profile is a histogram: it does not know which values stand beside each other.
const { profile: _profile, kind: _kind, ...valueParams } = originParams

const params = {
  ...valueParams,
  count: z._default(number({ integer: true, min: 1, max: 1e9 }), mostValues),
  format: z._default(blockFormatName(), 'mxfp4'),
  scale: z._default(choice(scaleRules), 'floor'),
  outlier: z._default(number({ min: 1, max: 1_048_576 }), 16),
  draws: z._default(number({ integer: true, min: 1, max: 1024 }), 64),
}

type Params = ParamsOf<typeof params>

const metrics = {
  values: 'count',
  nonfinite: 'count',
  bitsPerValue: 'number',
  relativeError: 'percent',
  errorFloor: 'percent',
  errorCeil: 'percent',
  errorEven: 'percent',
  errorRceil: 'percent',
  lost: 'percent',
  blocksCut: 'percent',
  lostAlone: 'percent',
  lostBesideOutlier: 'percent',
  biasNearest: 'percent',
  errorOnce: 'percent',
  errorOfMean: 'percent',
  biasOfMean: 'percent',
  errorMxfp8E4m3fn: 'percent',
  errorMxfp8E5m2: 'percent',
  errorMxint8: 'percent',
  errorMxfp6E3m2: 'percent',
  errorMxfp6E2m3: 'percent',
  errorMxfp4: 'percent',
  errorNvfp4: 'percent',
  errorNvfp41: 'percent',
} as const

const parts = ['outliers', 'formats', 'follow'] as const

/** Outliers of the chart, as powers of two. */
const exponents = Array.from({ length: 15 }, (_, i) => i)

/** The lines of the chart; the format asked for is one of them. */
const drawn: readonly string[] = ['mxfp8-e4m3fn', 'mxint8', 'mxfp6-e2m3', 'mxfp4', 'nvfp4']

function sourceOf(p: Params, { seed, host }: Request): Promise<Source> | Source {
  if (p.input !== undefined) return openInput(p.input, { tensor: p.tensor, stdin: host.stdin })
  if (p.distribution === undefined) return openRecording('digits-cnn-400', p.tensor)
  return distribution({ distribution: p.distribution, mean: p.mean, std: p.std, df: p.df, count: p.count, seed })
}

/** All losses of a format: by every rule where there is a choice, else once. */
function rowOf(list: Tensors['list'], f: BlockFormat, p: Params): Row {
  const rules: readonly ScaleRule[] = isPowerScaled(f) ? scaleRules : ['floor']
  const byRule = new Map(rules.map((rule) => [rule, lossOf(list, f, rule)]))
  const own = byRule.get(isPowerScaled(f) ? p.scale : 'floor') as Loss
  return { f, byRule, own, beside: outlierLoss(list, f, p.scale, p.outlier) }
}

function findingsOf(p: Params, row: Row, m: Record<string, number>, { nonfinite, cut }: Tensors): Finding[] {
  const { f, own, byRule } = row
  const name = f.name
  const findings: Finding[] = []
  const least = 0.02
  if (p.outlier > 1 && !Number.isNaN(row.beside))
    findings.push({
      code: 'blocks-outlier',
      tone: row.beside - (m['lostAlone'] as number) > least ? 'bad' : 'good',
      values: { format: name, times: p.outlier, beside: row.beside, alone: m['lostAlone'] as number, size: f.size },
    })
  if (isPowerScaled(f)) {
    const best = [...byRule].reduce((a, b) => (b[1].error < a[1].error ? b : a))
    findings.push({
      code: 'blocks-rule',
      tone: 'note',
      values: { format: name, rule: p.scale, cut: own.cut, error: own.error, best: best[0], least: best[1].error },
    })
  } else
    findings.push({ code: 'blocks-e4m3', tone: 'note', values: { format: name, lost: own.lost, error: own.error } })
  findings.push({
    code: 'blocks-chance',
    tone: (m['errorOfMean'] as number) < own.error ? 'good' : 'note',
    values: {
      draws: p.draws,
      once: m['errorOnce'] as number,
      mean: m['errorOfMean'] as number,
      nearest: own.error,
      cutOff: own.cutOff,
      bias: own.bias,
      biasOfMean: m['biasOfMean'] as number,
    },
  })
  if (nonfinite > 0) findings.push({ code: 'blocks-nonfinite', tone: 'bad', values: { nonfinite } })
  if (cut) findings.push({ code: 'blocks-first', tone: 'note', values: { count: mostValues } })
  return findings
}

export const mxBlocks = defineRunner({
  name: 'mx-blocks',
  params,
  exclusive: [['input', 'distribution']],
  beside: originNeeds,
  metrics,
  parts,
  async run(p, request) {
    const { host, seed, show } = request
    const f = blockFormat(p.format)
    const source = await sourceOf(p, request)
    const tensors = await readTensors(source, (done) => host.progress?.(done, source.size))
    const { list, values, nonfinite } = tensors
    const work = blockFormats().length + exponents.length + p.draws
    let done = 0
    const tick = () => host.progress?.(++done, work)
    const rows: Row[] = []
    for (const each of blockFormats()) {
      rows.push(rowOf(list, each, p))
      await tick()
    }
    const lines = rows
      .filter((row) => drawn.includes(row.f.name) || row.f === f)
      .map((row) => ({ f: row.f, shares: [] as number[] }))
    for (const exponent of exponents) {
      for (const { f: each, shares } of lines) shares.push(outlierLoss(list, each, p.scale, powerOfTwo(exponent)))
      await tick()
    }
    const seeds = Array.from({ length: p.draws }, (_, d) => Math.floor(uniform(seed, d) * powerOfTwo(32)))
    const chance = await chanceOf(list, f, p.scale, seeds, tick)
    const row = rows.find((each) => each.f === f) as Row
    const errorBy = (rule: ScaleRule): number => row.byRule.get(rule)?.error ?? Number.NaN
    const errorOf = (name: string): number => rows.find((each) => each.f.name === name)?.own.error ?? Number.NaN
    const outcome = {
      values,
      nonfinite,
      bitsPerValue: bitsPerElement(f),
      relativeError: row.own.error,
      errorFloor: isPowerScaled(f) ? errorBy('floor') : Number.NaN,
      errorCeil: errorBy('ceil'),
      errorEven: errorBy('even'),
      errorRceil: errorBy('rceil'),
      lost: row.own.lost,
      blocksCut: row.own.cut,
      lostAlone: outlierLoss(list, f, p.scale, 1),
      lostBesideOutlier: row.beside,
      biasNearest: row.own.bias,
      errorOnce: chance.once,
      errorOfMean: chance.mean,
      biasOfMean: chance.bias,
      errorMxfp8E4m3fn: errorOf('mxfp8-e4m3fn'),
      errorMxfp8E5m2: errorOf('mxfp8-e5m2'),
      errorMxint8: errorOf('mxint8'),
      errorMxfp6E3m2: errorOf('mxfp6-e3m2'),
      errorMxfp6E2m3: errorOf('mxfp6-e2m3'),
      errorMxfp4: errorOf('mxfp4'),
      errorNvfp4: errorOf('nvfp4'),
      errorNvfp41: errorOf('nvfp4-1'),
    }
    const something = list.some((tensor) => tensor.some((x) => x !== 0))
    const draw = {
      outliers: () => [
        lines.some(({ shares }) => shares.some(Number.isFinite))
          ? chart(lines, exponents)
          : ({ kind: 'note', code: 'blocks-alone', tone: 'note', values: {} } as const),
      ],
      formats: () => [table(rows, p)],
      follow: () => followed(list, f, p.scale),
    }
    return {
      subject: { code: 'blocks-subject', values: { count: values, source: source.name } },
      metrics: outcome,
      findings: something
        ? findingsOf(p, row, outcome, tensors)
        : [{ code: 'nothingToReplay', tone: 'note', values: { values, zeros: values - nonfinite, nonfinite } }],
      blocks: something
        ? (show.length > 0 ? show : parts).flatMap((part) => draw[part as (typeof parts)[number]]())
        : [],
    }
  },
})
