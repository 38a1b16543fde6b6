/** What a training can be told, and what follows from it. */
import * as z from 'zod/mini'
import { FpsimError } from '../../errors.js'
import { suggest } from '../../suggest.js'
import { parseCompression } from '../../train/compress.js'
import { type Hyper, optimizerNames } from '../../train/optimizer.js'
import type { Task, TaskDefaults, TaskKind } from '../../train/task.js'
import { taskKind, taskNames } from '../../train/tasks.js'
import { choice, formatName, names, number, path, text } from '../params.js'
import type { ParamsOf } from '../runner.js'
import { loops } from './run.js'

/** Tasks, and kinds of one that stand for themselves: `--task classify`. */
const taskWords: readonly [string, ...string[]] = [
  'simple',
  ...taskNames.filter((name) => name !== 'simple'),
  'classify',
]
export const taskOf = ({ task }: { readonly task: string }): string => (task === 'classify' ? 'text' : task)

export const params = {
  task: z._default(choice(taskWords), 'simple'),
  variant: z.optional(text()),
  data: z.optional(text()),
  recipes: z._default(text(), 'fp32,pure-fp16,fp16-amp'),
  loops: z._default(names(loops), 'repaired'),
  steps: z.optional(number({ integer: true, min: 1, max: 100_000 })),
  epochs: z.optional(number({ above: 0, max: 1000 })),
  batch: z.optional(number({ integer: true, min: 1, max: 65_536 })),
  lr: z.optional(number({ min: 0, max: 1e6 })),
  optimizer: z.optional(choice(optimizerNames)),
  momentum: z.optional(number({ min: 0, max: 1 })),
  beta1: z.optional(number({ min: 0, max: 0.9999999 })),
  beta2: z.optional(number({ min: 0, max: 0.9999999 })),
  epsilon: z.optional(number({ min: 0, max: 1 })),
  weightDecay: z.optional(number({ min: 0, max: 1e3 })),
  lossWeight: z._default(number({ above: 0, max: 1e30 }), 1),
  initScale: z.optional(number({ above: 0 })),
  growthInterval: z.optional(number({ integer: true, min: 1 })),
  clip: z.optional(number({ above: 0 })),
  accumulate: z._default(number({ integer: true, min: 1, max: 4096 }), 1),
  compress: z.optional(text()),
  workers: z._default(number({ integer: true, min: 1, max: 64 }), 1),
  units: z.optional(number({ integer: true, min: 1, max: 512 })),
  depth: z.optional(number({ integer: true, min: 1, max: 64 })),
  every: z.optional(number({ integer: true, min: 1, max: 100_000 })),
  format: z._default(formatName(), 'fp16'),
  record: z.optional(path()),
}

export type Params = ParamsOf<typeof params>

export const taskOptions = (p: Params) => ({
  data: p.data,
  variant: p.variant ?? (p.task === 'classify' ? 'classify' : undefined),
  width: p.units,
  depth: p.depth,
})

/** Parameters of the optimizer, with its own names for them. */
const hyperKeys = {
  momentum: 'momentum',
  beta1: 'beta1',
  beta2: 'beta2',
  epsilon: 'eps',
  weightDecay: 'weightDecay',
} as const

export const hyperOf = (p: Params, { lr, hyper, optimizer }: TaskDefaults): Partial<Hyper> => ({
  // A task's own ones are meant for its own optimizer.
  ...(p.optimizer === undefined || p.optimizer === optimizer ? hyper : {}),
  lr: p.lr ?? lr,
  ...Object.fromEntries(
    Object.entries(hyperKeys).flatMap(([name, key]) => {
      const value = p[name as keyof typeof hyperKeys]
      return value === undefined ? [] : [[key, value]]
    }),
  ),
})

export function stepsOf(p: Params, task: Task, { steps }: TaskDefaults, batch: number): number {
  if (p.epochs === undefined) return p.steps ?? steps
  return Math.max(1, Math.round(p.epochs * Math.ceil((task.samples ?? batch * steps) / batch)))
}

/** What a parameter of the optimizer needs. */
const needs: Readonly<Partial<Record<keyof typeof hyperKeys, readonly string[]>>> = {
  momentum: ['momentum', 'nesterov'],
  beta1: ['adam', 'adamw'],
  beta2: ['adam', 'adamw'],
  epsilon: ['adam', 'adamw'],
}

/** Throws 'wrong-usage' for what would change nothing, 'invalid-value' for a compression that does not exist. */
export function check(p: Params, { optimizer }: TaskDefaults): void {
  for (const [option, allowed] of Object.entries(needs))
    if (p[option as keyof Params] !== undefined && !allowed.includes(p.optimizer ?? optimizer))
      throw new FpsimError('wrong-usage', { problem: 'needs-option', option, other: 'optimizer', value: allowed[0] })
  if (p.compress === undefined) return
  try {
    parseCompression(p.compress)
  } catch (error) {
    if (error instanceof FpsimError) throw new FpsimError(error.code, { option: 'compress', ...error.values })
    throw error
  }
}

/** What each option that not all tasks have belongs to. */
const knows: Readonly<Record<'data' | 'variant' | 'depth', (kind: TaskKind) => boolean>> = {
  data: ({ data }) => data.length > 0,
  variant: ({ variants }) => variants !== undefined,
  depth: ({ fixedDepth }) => !fixedDepth,
}

async function ignored(option: keyof typeof knows, p: Params): Promise<FpsimError> {
  const kinds = await Promise.all(taskNames.map(taskKind))
  const tasks = kinds.filter(knows[option]).map(({ name }) => name)
  return new FpsimError('wrong-training', { problem: 'ignored', option, task: taskOf(p), tasks })
}

/** The task with its defaults. Throws 'invalid-value', 'bad-data' … */
export async function openTask(p: Params, seed: number): Promise<{ task: Task; defaults: TaskDefaults }> {
  const kind = await taskKind(taskOf(p))
  for (const [option, value, allowed] of [
    ['data', p.data, kind.data],
    ['variant', p.variant, kind.variants ?? []],
  ] as const) {
    if (value === undefined) continue
    if (allowed.length === 0) throw await ignored(option, p)
    if (!allowed.includes(value))
      throw new FpsimError('invalid-value', {
        option,
        value,
        problem: 'not-allowed',
        allowed,
        suggestion: suggest(value, allowed),
      })
  }
  if (p.depth !== undefined && kind.fixedDepth) throw await ignored('depth', p)
  const options = taskOptions(p)
  try {
    return { task: await kind.load(options, seed), defaults: kind.defaults(options) }
  } catch (error) {
    // What a task calls the width of its network is --units here: --width is the screen's.
    if (error instanceof FpsimError && error.values['option'] === 'width')
      throw new FpsimError(error.code, { ...error.values, option: 'units' })
    throw error
  }
}
