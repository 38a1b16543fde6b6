/** The same many small updates in every recipe: which weights stop, which arrive, and what a cure costs in memory. */
import * as z from 'zod/mini'
import type { Block } from '../result/result.js'
import { bytesOf, differences, findingsOf, paths, type Run, table, trace } from './master-weights/blocks.js'
import { exactEnd, type Kept, keeperOf, keptRecipes, pathOf, recipesIn } from './master-weights/kept-weights.js'
import { formatName, names, number } from './params.js'
import { defineRunner } from './runner.js'

const recipeNames = keptRecipes.map(({ name }) => name) as [string, ...string[]]

const params = {
  recipes: z._default(names(recipeNames), 'fp32,fp16,fp16-master,bf16,bf16-sr,bf16-kahan'),
  /** Every way to keep weights in this one format instead. */
  format: z.optional(formatName()),
  weight: z._default(number({ min: -30_000, max: 30_000 }), 1),
  update: z._default(number({ min: -10_000, max: 10_000 }), 1 / 1024),
  updates: z._default(number({ integer: true, min: 1, max: 100_000 }), 2048),
  /** Updates shown one by one, instead of the chart. */
  trace: z._default(number({ integer: true, min: 0, max: 200 }), 0),
}

const metrics = {
  exact: 'exact',
  fp32: 'exact',
  fp16: 'exact',
  fp16Master: 'exact',
  fp16Sr: 'exact',
  fp16Kahan: 'exact',
  bf16: 'exact',
  bf16Master: 'exact',
  bf16Sr: 'exact',
  bf16Kahan: 'exact',
  /** Of the format asked for. */
  plain: 'exact',
  master: 'exact',
  stochastic: 'exact',
  kahan: 'exact',
  fp16StuckSince: 'count',
  bf16StuckSince: 'count',
} as const
type Metric = keyof typeof metrics

const metricOf = (name: string): string => name.replace(/-(\w)/, (_, letter: string) => letter.toUpperCase())

export const masterWeights = defineRunner({
  name: 'master-weights',
  params,
  exclusive: [['recipes', 'format']],
  metrics,
  parts: ['paths', 'differences', 'recipes'],
  async run(p, { seed, show, host }) {
    const chosen =
      p.format === undefined
        ? p.recipes.split(',').map((name) => keptRecipes.find((kept) => kept.name === name) as Kept)
        : recipesIn(p.format)
    const update = Math.fround(p.update)
    const stride = Math.max(1, Math.floor(p.updates / 64))
    const runs: Run[] = []
    for (const [i, kept] of chosen.entries()) {
      const keeper = keeperOf(kept, seed)
      const request = { weight: p.weight, update, updates: p.updates, stride }
      const path = await pathOf(keeper, request, (done) =>
        host.progress?.(i * p.updates + done, chosen.length * p.updates),
      )
      runs.push({ ...kept, path, weightBytes: keeper.bytes, allBytes: bytesOf(kept, keeper.bytes) })
    }
    const exact = exactEnd(p.weight, update, p.updates)
    const reference = runs.find(({ name }) => name === 'fp32')?.path.last ?? exact
    const last = (name: string): number => runs.find((run) => run.name === name)?.path.last ?? Number.NaN
    const stuck = (name: string): number => runs.find((run) => run.name === name)?.path.stuckSince ?? Number.NaN
    const own = (keeping: Kept['keeping']): number =>
      p.format === undefined
        ? Number.NaN
        : (runs.find((run) => run.format === p.format && run.keeping === keeping)?.path.last ?? Number.NaN)
    const byName = Object.fromEntries(recipeNames.map((name) => [metricOf(name), last(name)]))
    const draw: Record<string, () => Block | readonly Block[] | undefined> = {
      paths: () => (p.trace > 0 ? trace({ ...p, update, format: p.format ?? 'bf16' }) : paths(runs, p.updates, stride)),
      differences: () => differences(runs, p.updates, stride),
      recipes: () => table(runs, reference),
    }
    return {
      subject: { code: 'keepSubject', values: { weight: p.weight, update, updates: p.updates } },
      metrics: {
        ...(byName as Record<Metric, number>),
        exact,
        plain: own('plain'),
        master: own('master'),
        stochastic: own('stochastic'),
        kahan: own('kahan'),
        fp16StuckSince: stuck('fp16'),
        bf16StuckSince: stuck('bf16'),
      },
      findings: findingsOf(runs, reference, update),
      blocks: (show.length > 0 ? show : ['paths', 'recipes']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
