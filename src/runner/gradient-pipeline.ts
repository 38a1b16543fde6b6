/** The gradient pipeline with every event in a log, and the three problems of the course, each with its fix. */
import * as z from 'zod/mini'
import { models } from '../data/models.js'
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import type { Block } from '../result/result.js'
import { count, oneOf } from './cost-params.js'
import { graphsOf } from './gradient-pipeline/memory.js'
import {
  byteShareOf,
  clipScaleOf,
  memoryView,
  problemNames,
  type Trainings,
  trafficShareOf,
  trainingView,
} from './gradient-pipeline/problems.js'
import { noiseOf, type Plan, type Training, train } from './gradient-pipeline/train.js'
import { choice, formatName, number } from './params.js'
import { defineRunner, type ParamsOf } from './runner.js'

const params = {
  problem: z._default(choice(problemNames), 'none'),
  workers: z._default(number({ integer: true, min: 1, max: 64 }), 4),
  micro: z._default(number({ integer: true, min: 1, max: 256 }), 4),
  steps: z._default(number({ integer: true, min: 1, max: 10_000 }), 200),
  dimension: z._default(number({ integer: true, min: 1, max: 4096 }), 256),
  lr: z._default(number({ above: 0, max: 2 }), 0.2),
  scale: z._default(number({ min: powerOfTwo(-20), max: powerOfTwo(100) }), powerOfTwo(21)),
  maxNorm: z._default(number({ above: 0, max: 1e30 }), 0.3),
  keep: z._default(number({ above: 0, max: 0.99 }), 0.05),
  noise: z._default(number({ min: 0, max: 1e3 }), 0.1),
  spike: z._default(number({ min: 1, max: 1e6 }), 10),
  format: z._default(formatName(), 'fp16'),
  model: z._default(oneOf(models), 'gpt2'),
  samples: z._default(number({ integer: true, min: 1, max: 65536 }), 4),
  sequence: z._default(count(1e7), 1024),
  capacity: z._default(number({ above: 0, max: 1e6 }), 16),
}

type Params = ParamsOf<typeof params>

const metrics = {
  left: 'percent',
  leftPlain: 'percent',
  leftClippedScaled: 'percent',
  leftForgotten: 'percent',
  skipped: 'count',
  clippedSteps: 'count',
  hardestClip: 'number',
  threshold: 'number',
  bytes: 'count',
  byteShare: 'percent',
  trafficShare: 'percent',
  fullAt: 'count',
  peakKept: 'number',
  peakFreed: 'number',
} as const

type Values = Record<keyof typeof metrics, number>

/** Values a training may touch: workers × micro-batches × weights × steps. There are four of them. */
const maxWork = 4e6

function checkWork({ workers, micro, dimension, steps }: Params): void {
  const most = Math.floor(maxWork / (workers * micro))
  const tooMuch = (option: string, value: number, limit: number): never => {
    throw new FpsimError('invalid-value', { option, value, problem: 'above-maximum', limit })
  }
  if (dimension > most) tooMuch('dimension', dimension, most)
  const limit = Math.floor(most / dimension)
  if (steps > limit) tooMuch('steps', steps, limit)
}

const right: Plan = { clip: 'after', compress: 'feedback', mixed: true }
const plans: Readonly<Record<keyof Trainings, Plan>> = {
  right,
  plain: { clip: 'never', compress: 'whole', mixed: false },
  scaled: { ...right, clip: 'before' },
  forgotten: { ...right, compress: 'forget' },
}

const gib = 1 << 30

export const gradientPipeline = defineRunner({
  name: 'gradient-pipeline',
  params,
  exclusive: [],
  positionals: ['problem'],
  metrics,
  parts: ['picture', 'log', 'try'],
  async run(p, { seed, show, host }) {
    const graphs = graphsOf({ ...p, capacity: p.capacity * gib })
    const o = { ...p, seed }
    const run = async (): Promise<Trainings> => {
      checkWork(p)
      const noise = noiseOf(o)
      const done: Partial<Record<keyof Trainings, Training>> = {}
      for (const name of ['right', 'plain', 'scaled', 'forgotten'] as const) {
        done[name] = train(o, plans[name], noise)
        await host.progress?.(Object.keys(done).length, 4)
      }
      return done as Trainings
    }
    // Memory does not depend on what is learned.
    const trainings = p.problem === 'memory' ? undefined : await run()
    const view = p.problem === 'memory' || !trainings ? memoryView(graphs, p) : trainingView(p.problem, trainings, o)
    const unknown = Number.NaN
    const values: Values = {
      left: trainings?.right.final ?? unknown,
      leftPlain: trainings?.plain.final ?? unknown,
      leftClippedScaled: trainings?.scaled.final ?? unknown,
      leftForgotten: trainings?.forgotten.final ?? unknown,
      skipped: trainings?.right.skipped.length ?? unknown,
      clippedSteps: trainings?.right.clipped.length ?? unknown,
      hardestClip: trainings?.right.hardest ?? unknown,
      threshold: trainings ? p.maxNorm / clipScaleOf(trainings, o) : unknown,
      bytes: trainings?.right.bytes ?? unknown,
      byteShare: trainings ? byteShareOf(trainings) : unknown,
      trafficShare: trainings ? trafficShareOf(trainings, p.workers) : unknown,
      fullAt: graphs.fullAt,
      peakKept: (graphs.kept.at(-1) as number) / gib,
      peakFreed: (graphs.freed[0] as number) / gib,
    }
    const others = problemNames.filter((name) => name !== p.problem).map((name) => `--problem ${name}`)
    const draw: Readonly<Record<string, () => Block[]>> = {
      picture: view.picture,
      log: view.log,
      try: () => [{ kind: 'note', code: 'accTry', tone: 'note', values: { what: others.join('  ·  ') } }],
    }
    return {
      subject: view.subject,
      metrics: values,
      findings: view.findings,
      blocks: (show.length > 0 ? show : ['picture', 'log', 'try']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
