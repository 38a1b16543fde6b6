/** Replays values through a format, unscaled and scaled: what is lost, what survives, and which scales are safe. */
import * as z from 'zod/mini'
import { uniform } from '../data/rng.js'
import type { Block as DataBlock, Source } from '../data/source.js'
import { type Format, largest, roundings } from '../format/format.js'
import { format } from '../format/parse.js'
import { fateRounder, overflows, type Rounded, rounder } from '../format/round.js'
import { canTally, tallyBlock } from '../kernel/tally.js'
import type { Block, Finding } from '../result/result.js'
import { openOrigin, originGroup, originNeeds, originParams } from './origin.js'
import { choice, formatName, number } from './params.js'
import { bitsTable, fatesTable, fixedOptions, followNotes, histogram, type View, windowNote } from './replay/blocks.js'
import { contagionBlocks } from './replay/contagion.js'
import { addBlock, addToTensor, counted, newTally, relativeError, type Tally } from './replay/tally.js'
import { addExtent, type Extent, maxSafeScale, minGoodScale, newExtent, tolerableLoss } from './replay/window.js'
import { defineRunner, type ParamsOf, type Request } from './runner.js'

const params = {
  ...originParams,
  format: z._default(formatName(), 'fp16'),
  scale: z._default(number({ above: 0 }), 1),
  rounding: z._default(choice(roundings), 'nearest-even'),
  overflow: z._default(choice(overflows), 'ieee'),
  follow: z._default(number(), 2e-8),
}

type Params = ParamsOf<typeof params>

const metrics = {
  values: 'count',
  zeros: 'count',
  nonfinite: 'count',
  lost: 'percent',
  subnormal: 'percent',
  overflow: 'percent',
  bitsKept: 'number',
  relativeError: 'number',
  lostUnscaled: 'percent',
  subnormalUnscaled: 'percent',
  overflowUnscaled: 'percent',
  bitsKeptUnscaled: 'number',
  relativeErrorUnscaled: 'number',
  lostIfFlushed: 'percent',
  lostIfFlushedUnscaled: 'percent',
  maxSafeScale: 'power',
  minGoodScale: 'power',
  largest: 'number',
} as const

/** What `show` may list; the first four are the screen of a plain replay. */
const parts = ['histogram', 'fates', 'window', 'follow', 'bits', 'contagion'] as const

/** A function that rounds the i-th value of a pass, with draws that depend on (seed, i) alone. */
function counterRounder(p: Params, f: Format, seed: number): (x: number) => Rounded {
  let i = 0
  return fateRounder(f, {
    rounding: p.rounding,
    overflow: p.overflow,
    ...(p.rounding === 'stochastic' ? { random: () => uniform(seed, i++) } : {}),
  })
}

/** Counts one block at one scale: by the kernel where it can, by the plain code otherwise; both give the same sums. */
function counter(p: Params, f: Format, { scale, seed, extent }: { scale: number; seed: number; extent?: Extent }) {
  const view = { f, scale, rounded: counterRounder(p, f, seed) }
  const inBulk = p.rounding === 'nearest-even' && canTally(f, scale)
  return (tally: Tally, { tensor, values, weights, zeros = 0 }: DataBlock): void => {
    const plain = (part: Float64Array, partWeights?: Float64Array): void => {
      addBlock(tally, { tensor, values: part, ...(partWeights ? { weights: partWeights } : {}) }, view)
      if (extent) addExtent(extent, part, partWeights)
    }
    if (inBulk && !weights) {
      const options = { f, scale, overflow: p.overflow, tally, otherwise: plain, ...(extent ? { extent } : {}) }
      addToTensor(tally, tensor, tallyBlock(values, options))
    } else plain(values, weights)
    tally.zeros += zeros
    tally.values += zeros
  }
}

/** One pass over the source: both tallies (one, where the scale is 1) and the extent. */
async function pass(source: Source, p: Params, f: Format, { seed, host }: Request) {
  const extent = newExtent()
  const unscaled = newTally()
  const scaled = p.scale === 1 ? unscaled : newTally()
  const countPlain = counter(p, f, { scale: 1, seed, extent })
  const countScaled = counter(p, f, { scale: p.scale, seed })
  let done = 0
  for await (const block of source.blocks()) {
    countPlain(unscaled, block)
    if (scaled !== unscaled) countScaled(scaled, block)
    done += block.values.length
    await host.progress?.(done, source.size)
  }
  return { unscaled, scaled, extent }
}

/** The metrics of one tally; NaN where there is no nonzero finite value to speak of. */
function fractions(t: Tally) {
  const n = counted(t)
  const share = (x: number) => (n === 0 ? Number.NaN : x / n)
  return {
    lost: share(t.lost),
    subnormal: share(t.subnormal),
    overflow: share(t.overflow),
    bitsKept: share(t.bits),
    relativeError: n === 0 ? Number.NaN : relativeError(t),
    lostIfFlushed: share(t.lost + t.subnormal),
  }
}

/** One line about what a scale does: good where almost nothing is lost and nothing overflows. */
function fateFinding(view: View): Finding {
  const { f, tally, scale } = view
  const { lost, subnormal } = fractions(tally)
  const good = lost < tolerableLoss && tally.overflow === 0 && tally.nan === 0
  return {
    code: 'fates',
    tone: good ? 'good' : 'bad',
    values: { scale, lost, subnormal, overflow: tally.overflow, precision: f.precision },
  }
}

/** Whether overflow ends at the largest finite value, where no scaler that looks for Inf and NaN sees it. */
function isClipped(p: Params, f: Format): boolean {
  const rounded = rounder(f, fixedOptions(p))
  return [1, -1].every(
    (sign) =>
      Number.isFinite(rounded(sign * Number.POSITIVE_INFINITY)) || Number.isFinite(rounded(sign * 4 * largest(f))),
  )
}

function findingsOf(
  p: Params,
  views: readonly View[],
  outcome: Record<string, number>,
  asksForScale: boolean,
): Finding[] {
  const scaled = views.at(-1) as View
  if (counted(scaled.tally) === 0) {
    const { values, zeros, nonfinite } = scaled.tally
    return [{ code: 'nothingToReplay', tone: 'note', values: { values, zeros, nonfinite } }]
  }
  const findings = views.map(fateFinding)
  if (scaled.tally.overflow > 0)
    findings.push({
      code: 'stepSkipped',
      tone: 'bad',
      values: { overflow: scaled.tally.overflow, format: scaled.f.name, clipped: isClipped(p, scaled.f) },
    })
  if (scaled.tally.nan > 0)
    findings.push({ code: 'becameNaN', tone: 'bad', values: { nan: scaled.tally.nan, format: scaled.f.name } })
  if (scaled.tally.nonfinite > 0)
    findings.push({ code: 'nonfiniteInput', tone: 'note', values: { nonfinite: scaled.tally.nonfinite } })
  const { minGoodScale: low, maxSafeScale: high } = outcome as { minGoodScale: number; maxSafeScale: number }
  if (asksForScale && p.scale === 1 && (views[0] as View).tally.lost > 0 && low <= high)
    findings.push({ code: 'guessScale', tone: 'note', values: {} })
  return findings
}

export const replay = defineRunner({
  name: 'replay',
  params,
  exclusive: [originGroup],
  beside: originNeeds,
  metrics,
  parts,
  async run(p, request) {
    const f = format(p.format)
    const source = await openOrigin(p, request)
    const { unscaled, scaled, extent } = await pass(source, p, f, request)
    const plain = fractions(unscaled)
    const times = fractions(scaled)
    const outcome = {
      values: scaled.values,
      zeros: scaled.zeros,
      nonfinite: scaled.nonfinite,
      ...times,
      lostUnscaled: plain.lost,
      subnormalUnscaled: plain.subnormal,
      overflowUnscaled: plain.overflow,
      bitsKeptUnscaled: plain.bitsKept,
      relativeErrorUnscaled: plain.relativeError,
      lostIfFlushedUnscaled: plain.lostIfFlushed,
      maxSafeScale: maxSafeScale(extent, f),
      minGoodScale: minGoodScale(extent, f),
      largest: extent.counted === 0 ? Number.NaN : extent.largest,
    }
    const views: View[] = [
      { f, tally: unscaled, scale: 1 },
      ...(p.scale === 1 ? [] : [{ f, tally: scaled, scale: p.scale }]),
    ]
    const something = counted(scaled) > 0
    const draw: Record<(typeof parts)[number], () => Block[]> = {
      histogram: () => [histogram(views)],
      fates: () => [fatesTable(views)],
      window: () => [windowNote(outcome, f, tolerableLoss)],
      follow: () => followNotes(p, f),
      bits: () => [bitsTable(views.at(-1) as View)],
      contagion: () => contagionBlocks(f, fixedOptions(p)),
    }
    const show = request.show.length > 0 ? request.show : parts.slice(0, 4)
    return {
      subject: {
        code: 'subject',
        values: {
          count: counted(scaled),
          source: source.name,
          kind: p.input ? 'file' : p.distribution ? 'distribution' : 'profile',
          part: p.kind,
        },
      },
      metrics: outcome,
      // The lesson that follows one value through a scale is the one that asks for the scale.
      findings: findingsOf(p, views, outcome, show.includes('follow')),
      blocks: something ? show.flatMap((part) => draw[part as (typeof parts)[number]]()) : [],
    }
  },
})
