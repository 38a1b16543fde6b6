/** How each framework scales, clips, accumulates and compresses: its row of facts, run on the same small case. */
import * as z from 'zod/mini'
import type { Block, Metrics } from '../result/result.js'
import { accumulation } from './frameworks/accumulation.js'
import { clipping } from './frameworks/clipping.js'
import { compression } from './frameworks/compression.js'
import { scaling } from './frameworks/scaling.js'
import { metrics, type Topic, text } from './frameworks/topic.js'
import { choice } from './params.js'
import { defineRunner } from './runner.js'

export const frameworkTopics = ['scaling', 'clipping', 'accumulation', 'compression'] as const

const params = { topic: z._default(choice(frameworkTopics), 'scaling') }

const topics: Readonly<Record<(typeof frameworkTopics)[number], (seed: number) => Topic>> = {
  scaling,
  clipping,
  accumulation,
  compression,
}

export const frameworks = defineRunner({
  name: 'frameworks',
  params,
  positionals: ['topic'],
  exclusive: [],
  metrics,
  parts: ['table', 'sources', 'try'],
  async run(p, { seed, show }) {
    const topic = topics[p.topic](seed)
    const none = Object.fromEntries(Object.keys(metrics).map((name) => [name, Number.NaN])) as Metrics
    const { sources } = topic
    const draw: Record<string, () => readonly Block[]> = {
      table: () => topic.blocks,
      try: () => [{ kind: 'note', code: 'frameworksTry', tone: 'note', values: {} }],
      sources: () =>
        sources.length === 0
          ? []
          : [{ kind: 'table', columns: [text('frameworksName'), text('costSource')], rows: sources }],
    }
    return {
      subject: { code: `frameworksTopic-${p.topic}` },
      metrics: { ...none, ...topic.metrics } as Record<keyof typeof metrics, number>,
      findings: topic.findings,
      blocks: (show.length > 0 ? show : ['table', 'sources', 'try']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
