/** Memory of training: bytes a parameter by recipe, activations, and what many ranks share. */
import * as z from 'zod/mini'
import type { Block, Cell, Finding } from '../result/result.js'
import {
  activations,
  bytesPerParameter,
  type MemoryRecipe,
  memoryRecipes,
  optimizerStates,
  recomputes,
  type ZeroStage,
  zeroBytes,
} from '../train/memory.js'
import { count } from './cost-params.js'
import { choice } from './params.js'
import { defineRunner, type ParamsOf } from './runner.js'
import { batchParams, lengthFindings, type Shape, shapeBeside, shapeOf, shapeParams, shapeSources } from './shape.js'

const recipeNames = memoryRecipes.map(({ name }) => name) as [string, ...string[]]

const params = {
  ...shapeParams,
  ...batchParams,
  recipe: z._default(choice(recipeNames), 'autocast'),
  recompute: z._default(choice(recomputes), 'none'),
  ranks: z._default(count(1e6), 8),
}

type Params = ParamsOf<typeof params>

const metrics = {
  parameters: 'count',
  bytesFp32: 'number',
  bytesMixed: 'number',
  modelFp32: 'number',
  modelMixed: 'number',
  weightGrowth: 'percent',
  activationsFp32: 'number',
  activationsMixed: 'number',
  activationShare: 'percent',
  totalFp32: 'number',
  totalMixed: 'number',
  saved: 'percent',
  perRank: 'number',
} as const

const size = (bytes: number): Cell => ({ code: 'costSize', values: { bytes } })

const recipeOf = (name: string): MemoryRecipe => memoryRecipes.find((r) => r.name === name) as MemoryRecipe

/** One row a recipe. What keeps its states in 8 or 4 bits is left out where there are none. */
function recipeTable(shape: Shape, p: Params): Block {
  const rows = memoryRecipes.filter((r) => optimizerStates[p.optimizer] > 0 || !/bit$/.test(r.name))
  return {
    kind: 'table',
    columns: [
      { label: { code: 'costRecipe' }, as: 'text' },
      { label: { code: 'costWeights' }, as: 'number' },
      { label: { code: 'costGradients' }, as: 'number' },
      { label: { code: 'costMaster' }, as: 'number' },
      { label: { code: 'costStates' }, as: 'number' },
      { label: { code: 'costPerParameter' }, as: 'number' },
      { label: { code: 'costWhole' }, as: 'text' },
      { label: { code: 'costWho' }, as: 'text' },
    ],
    rows: rows.map((r): Cell[] => {
      const b = bytesPerParameter(r, p.optimizer)
      const whole = size((b.total + r.copies) * shape.parameters)
      const who: Cell = r.status === 'computed' ? r.who : { code: `costStatus-${r.status}` }
      const sum: Cell = r.copies > 0 ? { code: 'costPlus', values: { bytes: b.total, copies: r.copies } } : b.total
      return [r.name, b.weights, b.gradients, b.master || null, b.states || null, sum, whole, who]
    }),
    tones: rows.map((r) => (r.name === p.recipe ? 'good' : null)),
  }
}

/** FP32 against 16 bits, for each way to recompute; undefined where the shape is not known. */
function activationTable({ architecture }: Shape, p: Params): Block[] {
  if (!architecture) return []
  const rows = recomputes.flatMap((recompute): Cell[][] => {
    const full = activations(architecture, p, 4, recompute)
    const half = activations(architecture, p, 2, recompute)
    if (full === undefined || half === undefined) return []
    return [[{ code: `costRecompute-${recompute}` }, size(full), size(half), half / full]]
  })
  const tokens = architecture.kind === 'transformer'
  return [
    {
      kind: 'table',
      columns: [
        {
          label: { code: tokens ? 'costTokens' : 'costExamples', values: { batch: p.batch, sequence: p.sequence } },
          as: 'text',
        },
        { label: { name: 'FP32' }, as: 'text' },
        { label: { code: 'cost16bit' }, as: 'text' },
        { label: { code: 'costShare' }, as: 'percent' },
      ],
      rows,
    },
  ]
}

/** What each rank holds, stage by stage. */
function rankTable(shape: Shape, p: Params): Block {
  const b = bytesPerParameter(recipeOf(p.recipe), p.optimizer)
  const stages: readonly ZeroStage[] = [0, 1, 2, 3]
  return {
    kind: 'table',
    columns: [
      { label: { code: 'costRanks', values: { ranks: p.ranks, recipe: p.recipe } }, as: 'text' },
      ...stages.map((stage) => ({ label: { code: `costStage-${stage}` }, as: 'text' as const })),
    ],
    rows: [
      [
        { code: 'costPerParameter' },
        ...stages.map((s): Cell => ({ code: 'costBytes', values: { bytes: zeroBytes(b, s, p.ranks) } })),
      ],
      [{ code: 'costARank' }, ...stages.map((s) => size(zeroBytes(b, s, p.ranks) * shape.parameters))],
    ],
  }
}

export const memory = defineRunner({
  name: 'memory',
  params,
  exclusive: [shapeSources],
  beside: shapeBeside,
  metrics,
  parts: ['recipes', 'activations', 'ranks', 'try'],
  async run(p, { show }) {
    const shape = shapeOf(p)
    const [fp32, mixed] = [recipeOf('fp32'), recipeOf(p.recipe)]
    const [a, b] = [bytesPerParameter(fp32, p.optimizer), bytesPerParameter(mixed, p.optimizer)]
    const gib = 1 << 30
    const kept = (bytes: 2 | 4): number =>
      (shape.architecture && activations(shape.architecture, p, bytes, p.recompute)) ?? Number.NaN
    const [modelFp32, modelMixed] = [a.total * shape.parameters, (b.total + mixed.copies) * shape.parameters]
    const [keptFp32, keptMixed] = [kept(4), kept(mixed.activation)]
    const known = Number.isFinite(keptFp32)
    const [totalFp32, totalMixed] = [modelFp32 + (known ? keptFp32 : 0), modelMixed + (known ? keptMixed : 0)]
    const saved = 1 - totalMixed / totalFp32
    const values = { recipe: p.recipe, optimizer: p.optimizer, before: modelFp32, after: modelMixed }
    const findings: Finding[] = [
      {
        code: 'costModelBytes',
        tone: modelMixed < modelFp32 ? 'good' : 'bad',
        values: { ...values, fp32: a.total, mixed: b.total, copies: mixed.copies },
      },
      ...(known
        ? [
            {
              code: 'costActivations',
              tone: keptMixed < keptFp32 ? ('good' as const) : ('note' as const),
              values: { before: keptFp32, after: keptMixed, share: keptMixed / keptFp32, recompute: p.recompute },
            },
          ]
        : [{ code: 'costNoActivations', tone: 'note' as const, values: {} }]),
      {
        code: 'costTotal',
        tone: saved > 0 ? 'good' : 'bad',
        values: { before: totalFp32, after: totalMixed, saved, known },
      },
    ]
    const draw: Record<string, () => Block[]> = {
      recipes: () => [recipeTable(shape, p)],
      activations: () => activationTable(shape, p),
      ranks: () => (p.ranks > 1 ? [rankTable(shape, p)] : []),
      try: () => [{ kind: 'note', code: 'costTryMemory', tone: 'note', values: {} }],
    }
    return {
      subject: { code: 'costParameters', values: { name: shape.name, count: shape.parameters } },
      metrics: {
        parameters: shape.parameters,
        bytesFp32: a.total,
        bytesMixed: b.total + mixed.copies,
        modelFp32: modelFp32 / gib,
        modelMixed: modelMixed / gib,
        weightGrowth: (mixed.weights + mixed.master + mixed.copies) / fp32.weights - 1,
        activationsFp32: keptFp32 / gib,
        activationsMixed: keptMixed / gib,
        activationShare: keptMixed / keptFp32,
        totalFp32: totalFp32 / gib,
        totalMixed: totalMixed / gib,
        saved,
        perRank: (zeroBytes(b, 3, p.ranks) * shape.parameters) / gib,
      },
      findings: [...findings, ...lengthFindings(shape, p.sequence)],
      blocks: (show.length > 0 ? show : ['recipes', 'activations', 'ranks', 'try']).flatMap(
        (part) => draw[part]?.() ?? [],
      ),
    }
  },
})
