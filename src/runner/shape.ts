/** Which network the lessons on cost speak of: a preset, a count of parameters, or a shape of one's own. */
import * as z from 'zod/mini'
import { type Architecture, gpt, models, parameterCount } from '../data/models.js'
import { FpsimError } from '../errors.js'
import type { Finding } from '../result/result.js'
import { optimizerStates } from '../train/memory.js'
import { count, oneOf } from './cost-params.js'
import { choice } from './params.js'
import type { ParamsOf } from './runner.js'

export const optimizers = Object.keys(optimizerStates) as [keyof typeof optimizerStates]

/** A GPT of one's own: what GPT2Config asks for. */
export const shapeParams = {
  model: z.optional(oneOf(models)),
  params: z.optional(count(1e15)),
  layers: z.optional(count(1e5)),
  hidden: z.optional(count(1e6)),
  heads: z.optional(count(1e5)),
  vocabulary: z.optional(count(1e8)),
  positions: z.optional(count(1e8)),
}

/** Of these only one may be given. */
export const shapeSources = ['model', 'params', 'layers'] as const

/** What means something only in a shape of one's own. */
export const shapeBeside = { hidden: 'layers', heads: 'layers', vocabulary: 'layers', positions: 'layers' } as const

/** What the batch is, and what updates the weights. */
export const batchParams = {
  batch: z._default(count(1e7), 8),
  sequence: z._default(count(1e7), 1024),
  optimizer: z._default(choice(optimizers), 'adam'),
}

export interface Shape {
  /** A preset's name, else what was given. */
  readonly name: string
  readonly parameters: number
  /** Absent where only a count was given. */
  readonly architecture?: Architecture
  readonly source?: string
}

/** A note where the examples are longer than the network knows positions: such a step does not exist. */
export function lengthFindings({ name, architecture }: Shape, sequence: number): Finding[] {
  if (architecture?.kind !== 'transformer' || sequence <= architecture.positions) return []
  return [{ code: 'costTooLong', tone: 'bad', values: { name, positions: architecture.positions, sequence } }]
}

/** GPT-2's own values for what is left out: heads of 64, its vocabulary and length. Throws 'invalid-value' for a width that the heads do not divide. */
export function shapeOf(p: Partial<ParamsOf<typeof shapeParams>>): Shape {
  if (p.layers !== undefined) {
    const hidden = p.hidden ?? 768
    const heads = p.heads ?? Math.max(1, Math.floor(hidden / 64))
    if (hidden % heads !== 0)
      throw new FpsimError('invalid-value', {
        option: 'hidden',
        value: hidden,
        problem: 'not-a-multiple',
        limit: heads,
      })
    const architecture = gpt({
      layers: p.layers,
      hidden,
      heads,
      vocabulary: p.vocabulary ?? 50257,
      positions: p.positions ?? 1024,
    })
    return { name: `GPT ${p.layers} × ${hidden}`, parameters: parameterCount(architecture), architecture }
  }
  if (p.params !== undefined) return { name: '', parameters: p.params }
  const model = models.find(({ name }) => name === (p.model ?? 'gpt2-xl'))
  if (!model) throw new FpsimError('unexpected', { model: p.model })
  const { name, architecture, source } = model
  return { name, parameters: parameterCount(architecture), architecture, source }
}
