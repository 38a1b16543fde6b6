/** Gradient accumulation: buffers side by side, the loops that go wrong, what equals the large batch, and the memory. */
import * as z from 'zod/mini'
import { models } from '../data/models.js'
import { powerOfTwo } from '../format/bits.js'
import type { Block } from '../result/result.js'
import { count, oneOf } from './cost-params.js'
import { computed, metrics, metricsOf } from './gradient-accumulation/compute.js'
import { equalTable } from './gradient-accumulation/equal.js'
import { findingsOf, type View, views } from './gradient-accumulation/findings.js'
import { hasTokens, memoryChart, memoryTable } from './gradient-accumulation/memory.js'
import { mistakesTable } from './gradient-accumulation/mistakes.js'
import { sumsChart, sumsTable } from './gradient-accumulation/sums.js'
import { choice, formatName, number } from './params.js'
import { defineRunner } from './runner.js'

const top = powerOfTwo(100)

const params = {
  about: z._default(choice(views), 'sums'),
  format: z._default(formatName(), 'fp16'),
  micro: z.optional(number({ integer: true, min: 1, max: 65536 })),
  gradient: z._default(number({ above: 0, max: top }), 1e-3),
  spread: z._default(number({ min: 0, max: 1 }), 0.5),
  scale: z.optional(number({ min: powerOfTwo(-100), max: top })),
  samples: z._default(number({ integer: true, min: 1, max: 64 }), 8),
  lastSamples: z._default(number({ integer: true, min: 1, max: 64 }), 2),
  overflowRate: z._default(number({ min: 0, max: 1 }), 0.001),
  model: z._default(oneOf(models), 'gpt2'),
  batch: z._default(count(1e6), 32),
  sequence: z._default(count(1e7), 1024),
}

export const gradientAccumulation = defineRunner({
  name: 'gradient-accumulation',
  params,
  exclusive: [],
  positionals: ['about'],
  metrics,
  parts: ['picture', 'table', 'try'],
  async run(p, { seed, show }) {
    const c = computed(p, seed)
    const m = metricsOf(c, p)
    const pictures: Readonly<Record<View, () => Block[]>> = {
      sums: () => [sumsChart(c.sums)],
      mistakes: () => [],
      equal: () => [],
      memory: () => (c.memory.points.length > 1 ? [memoryChart(c.memory)] : []),
    }
    const tables: Readonly<Record<View, () => Block[]>> = {
      sums: () => [sumsTable(c.sums, p.format)],
      mistakes: () => [mistakesTable(c.mistakes, c.batch)],
      equal: () => [equalTable(c.equalities, c.batchNorm, c.equal)],
      memory: () => [memoryTable(c.memory)],
    }
    const others = views.filter((view) => view !== p.about).map((view) => `--about ${view}`)
    const draw: Readonly<Record<string, () => Block[]>> = {
      picture: pictures[p.about],
      table: tables[p.about],
      try: () => [{ kind: 'note', code: 'accTry', tone: 'note', values: { what: others.join('  ·  ') } }],
    }
    return {
      subject:
        p.about === 'memory'
          ? {
              code: 'accMemorySubject',
              values: { model: p.model, batch: p.batch, sequence: p.sequence, tokens: hasTokens(p.model) },
            }
          : {
              code: 'accSubject',
              values: { micro: p.about === 'sums' ? m.terms : c.batch.micro, format: p.format },
            },
      metrics: m,
      findings: findingsOf(c, m, p)[p.about],
      blocks: (show.length > 0 ? show : ['picture', 'table', 'try']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
