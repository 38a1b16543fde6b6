/** Large batches: the linear learning-rate rule with warm-up against a small batch, and LARS with norms in a narrow format. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import type { Block, Finding } from '../result/result.js'
import { layersTable, layerTrusts, squareRange, wrongLayers } from './large-batch/layers.js'
import { floorOf, type RunName, raceChart, raceOf, raceTable } from './large-batch/race.js'
import { formatName, number } from './params.js'
import { defineRunner } from './runner.js'

const top = powerOfTwo(60)

const params = {
  batch: z._default(number({ integer: true, min: 1, max: 1e6 }), 32),
  times: z._default(number({ integer: true, min: 1, max: 4096 }), 16),
  lr: z._default(number({ above: 0, max: 100 }), 0.05),
  warmup: z._default(number({ integer: true, min: 0, max: 1e6 }), 20),
  updates: z._default(number({ integer: true, min: 1, max: 100_000 }), 2048),
  noise: z._default(number({ min: 0, max: 1e6 }), 0.5),
  condition: z._default(number({ min: 1, max: 1e9 }), 40),
  steep: z._default(number({ min: 0, max: 1e6 }), 0.7),
  dimension: z._default(number({ integer: true, min: 1, max: 1024 }), 64),
  format: z._default(formatName(), 'fp16'),
  scale: z._default(number({ above: 0, max: top }), 1),
}

const metrics = {
  small: 'percent',
  sameRate: 'percent',
  linear: 'percent',
  warmUp: 'percent',
  rate: 'number',
  largeUpdates: 'count',
  floorSmall: 'percent',
  floorLarge: 'percent',
  squareVanishes: 'number',
  squareOverflows: 'number',
  layersWrong: 'count',
  trustStalled: 'number',
  trustVanished: 'number',
  trustOverflowed: 'number',
  trustBias: 'number',
} as const

/** Draws a run may hold: 64 MB of them. */
const maxDraws = 8e6

export const largeBatch = defineRunner({
  name: 'large-batch',
  params,
  exclusive: [],
  metrics,
  parts: ['race', 'runs', 'layers'],
  async run(p, { seed, show, host, given }) {
    // To blame is what the user gave; of both, times.
    if (p.times > p.updates)
      throw new FpsimError(
        'invalid-value',
        given?.has('updates') && !given.has('times')
          ? { option: 'updates', value: p.updates, problem: 'below-minimum', limit: p.times }
          : { option: 'times', value: p.times, problem: 'above-maximum', limit: p.updates },
      )
    const limit = Math.floor(maxDraws / p.dimension)
    if (p.updates > limit)
      throw new FpsimError('invalid-value', { option: 'updates', value: p.updates, problem: 'above-maximum', limit })
    const o = { ...p, seed }
    const runs = raceOf(o)
    await host.progress?.(1, 2)
    const finalOf = (name: RunName): number => runs.find((one) => one.name === name)?.final ?? Number.NaN
    const trusts = layerTrusts(p.format, p.scale, seed)
    const ratio = (name: string): number => trusts.find((one) => one.name === name)?.narrow.ratio ?? Number.NaN
    const { low, high, beyond } = squareRange(p.format)
    const rate = p.lr * p.times
    const wrong = wrongLayers(trusts)
    const [small, same, linear, warm] = (['small', 'same-rate', 'linear', 'warm-up'] as const).map(finalOf) as [
      number,
      number,
      number,
      number,
    ]
    const holds = (left: number): boolean => left < 1.5 * small
    const values = { times: p.times, rate, small, same, linear, warm, warmup: p.warmup }
    const findings: Finding[] = [
      { code: 'largeSame', tone: holds(same) ? 'note' : 'bad', values },
      { code: 'largeLinear', tone: holds(linear) ? 'good' : 'bad', values },
      { code: 'largeWarm', tone: holds(warm) ? 'good' : 'bad', values },
      {
        code: 'largeNorms',
        tone: wrong > 0 ? 'bad' : 'good',
        values: {
          format: p.format,
          wrong,
          layers: trusts.length,
          low,
          high,
          beyond: Number.isNaN(beyond) ? 'NaN' : 'Inf',
        },
      },
    ]
    const draw: Readonly<Record<string, () => Block>> = {
      race: () => raceChart(runs, o),
      runs: () => raceTable(runs),
      layers: () => layersTable(trusts, p.format),
    }
    return {
      subject: { code: 'largeSubject', values: { batch: p.batch, large: p.batch * p.times, dimension: p.dimension } },
      metrics: {
        small,
        sameRate: same,
        linear,
        warmUp: warm,
        rate,
        largeUpdates: runs[1]?.updates ?? Number.NaN,
        floorSmall: floorOf(o, p.batch, p.lr),
        floorLarge: floorOf(o, p.batch * p.times, rate),
        squareVanishes: low,
        squareOverflows: high,
        layersWrong: wrong,
        trustStalled: ratio('layer1.conv'),
        trustVanished: ratio('layer4.conv'),
        trustOverflowed: ratio('fc.weight'),
        trustBias: ratio('fc.bias'),
      },
      findings,
      blocks: (show.length > 0 ? show : ['race', 'runs', 'layers']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
