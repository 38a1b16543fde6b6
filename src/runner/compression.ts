/** Gradient compression: what each method saves on the wire and costs in accuracy, with and without error feedback. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import type { Block } from '../result/result.js'
import { compressor } from '../train/compress.js'
import { chart, findingsOf, table } from './compression/blocks.js'
import { breakEvenOf, bytesOf, entriesOf, milliseconds, runsFor, subjectOf } from './compression/entries.js'
import { methodNames } from './compression/methods.js'
import { problemOf } from './compression/problem.js'
import { type Race, race } from './compression/race.js'
import { wireOrder } from './compression/wire.js'
import { count } from './cost-params.js'
import { number } from './params.js'
import { defineRunner, type ParamsOf } from './runner.js'

const params = {
  methods: z._default(methodNames(), 'none,topk:0.05,efsign,powersgd:2,qsgd:4,sign'),
  workers: z._default(number({ integer: true, min: 1, max: 64 }), 8),
  updates: z._default(number({ integer: true, min: 1, max: 10_000 }), 600),
  firstRate: z._default(number({ above: 0, max: 2 }), 0.1),
  dimension: z._default(number({ integer: true, min: 1, max: 4096 }), 256),
  condition: z._default(number({ min: 1, max: 1e9 }), 10),
  spread: z._default(number({ min: 0, max: 1e3 }), 0.3),
  dgcWarmup: z._default(number({ integer: true, min: 0, max: 10_000 }), 0),
  magnitude: z._default(number({ above: 0, max: 1e30 }), 1),
  scale: z._default(number({ above: 0, max: 1e30 }), 1),
  parameters: z._default(count(1e15), 25.6e6),
  latency: z._default(number({ min: 0, max: 1e6 }), 10),
  bandwidth: z._default(number({ above: 0, max: 1e6 }), 10),
}

type Params = ParamsOf<typeof params>

const metrics = {
  subjectShare: 'percent',
  baseline: 'percent',
  withFeedback: 'percent',
  withoutFeedback: 'percent',
  rawBytes: 'count',
  bytes: 'number',
  ratio: 'number',
  rawTime: 'number',
  time: 'number',
  breakEven: 'count',
  vanished: 'percent',
  skipped: 'count',
  preSmall: 'exact',
  postSmall: 'exact',
  preLarge: 'exact',
  postLarge: 'exact',
} as const

/** Values a run may touch: workers × dimension × updates × trainings. */
const maxWork = 4e8

/** Throws, as a mistake in `methods`, where a method wants more values than there are. */
function checkFits(name: string, { workers, dimension }: Params): void {
  try {
    compressor(name, { workers, length: dimension })
  } catch (error) {
    throw error instanceof FpsimError ? new FpsimError(error.code, { option: 'methods', ...error.values }) : error
  }
}

export const compression = defineRunner({
  name: 'compression',
  params,
  exclusive: [],
  metrics,
  parts: ['distances', 'methods'],
  async run(p, { seed, show, host }) {
    const listed = p.methods.split(',')
    const runs = runsFor(listed)
    const perUpdate = p.workers * p.dimension * runs.length
    if (perUpdate * p.updates > maxWork) {
      const limit = Math.floor(maxWork / perUpdate)
      throw new FpsimError('invalid-value', { option: 'updates', value: p.updates, problem: 'above-maximum', limit })
    }
    for (const name of runs) checkFits(name, p)
    const problem = problemOf({ ...p, seed })
    let done = 0
    const tick = () => {
      done++
      return done % 50 === 0 ? host.progress?.(done, runs.length * p.updates) : undefined
    }
    const races = new Map<string, Race>()
    for (const name of runs) races.set(name, await race(name, problem, { ...p, seed }, tick))
    const none = races.get('none') as Race
    const entries = entriesOf(listed, races)
    const subject = subjectOf(entries)
    const { fed, plain, own } = subject
    const vanished = Math.max(0, ...entries.map((entry) => entry.own.vanished))
    const skipped = Math.max(...[...races.values()].map((one) => one.skipped.length))
    const { preSmall, postSmall, preLarge, postLarge } = wireOrder(p.workers, p.scale)
    const draw: Record<string, () => Block> = {
      distances: () => chart(entries, none, p.updates),
      methods: () => table(entries, none, p),
    }
    return {
      subject: {
        code: 'compressSubject',
        values: { workers: p.workers, dimension: p.dimension, condition: p.condition },
      },
      metrics: {
        subjectShare: bytesOf(own) / bytesOf(none),
        baseline: none.final,
        withFeedback: fed?.final ?? Number.NaN,
        withoutFeedback: plain?.final ?? Number.NaN,
        rawBytes: bytesOf(none),
        bytes: bytesOf(own),
        ratio: bytesOf(none) / bytesOf(own),
        rawTime: milliseconds(none, p),
        time: milliseconds(own, p),
        breakEven: breakEvenOf(own, none),
        vanished,
        skipped,
        preSmall,
        postSmall,
        preLarge,
        postLarge,
      },
      findings: findingsOf({ subject, none, updates: p.updates, scale: p.scale, vanished, skipped }, p),
      blocks: (show.length > 0 ? show : ['distances', 'methods']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
