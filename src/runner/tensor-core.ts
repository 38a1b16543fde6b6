/** Dot products as real GPUs compute them: last bits that differ, sums that are cut, and FP8 sums that need fp32. */
import * as z from 'zod/mini'
import { FpsimError } from '../errors.js'
import { format } from '../format/parse.js'
import { type Gpu, gpus, inputs, instructions, outputs, type TensorCore, tensorCore } from '../format/tensor-core.js'
import type { Block } from '../result/result.js'
import { suggest } from '../suggest.js'
import { choice, formatName, names, number } from './params.js'
import { defineRunner, type ParamsOf } from './runner.js'
import { exactly, grouped, operandsOf, resultsOf } from './tensor-core/compare.js'
import { promotion, type WayName, ways } from './tensor-core/promotion.js'
import { bitsBlock, findingsOf, fp8Table, gpusTable, type Line, mostDifferent, written } from './tensor-core/screen.js'

const params = {
  gpu: z._default(names(gpus), 'all'),
  input: z._default(formatName(), 'fp16'),
  result: z._default(choice(outputs), 'fp32'),
  instruction: z._default(choice(['usual', ...instructions]), 'usual'),
  length: z._default(number({ integer: true, min: 1, max: 65_536 }), 128),
  count: z._default(number({ integer: true, min: 1, max: 10_000 }), 1000),
  values: z._default(choice(['positive', 'mixed']), 'positive'),
  promote: z._default(number({ integer: true, min: 32, max: 65_536 }), 128),
  fp8Length: z._default(number({ integer: true, min: 64, max: 16_384 }), 4096),
}

type Params = ParamsOf<typeof params>

const measures = { Wrong: 'percent', Bias: 'number', Worst: 'number' } as const
type Measure = keyof typeof measures

const names32 = [...gpus, 'fp32'] as const

const metrics = {
  kinds: 'count',
  differ: 'percent',
  fp8Error: 'percent',
  fp8Promoted: 'percent',
  fp8Blackwell: 'percent',
  fp8Gain: 'number',
  ...(Object.fromEntries(
    names32.flatMap((name) => Object.entries(measures).map(([measure, style]) => [`${name}${measure}`, style])),
  ) as Record<`${(typeof names32)[number]}${Measure}`, 'percent' | 'number'>),
} as const

const parts = ['bits', 'gpus', 'fp8'] as const

/** As many products as this, of all dot products and lengths together, take about a second. */
const limit = 4_000_000

type Kind = Pick<Params, 'gpu' | 'input' | 'result' | 'instruction'>

/** What the GPUs asked for have of such a product; nothing where none has it. */
const coresOf = ({ gpu, input, result, instruction }: Kind): TensorCore[] =>
  (gpu.split(',') as Gpu[]).flatMap((hardware) => {
    try {
      return [tensorCore({ hardware, input, output: result, ...(instruction === 'usual' ? {} : { instruction }) })]
    } catch (error) {
      if (!(error instanceof FpsimError) || error.code !== 'unsupported-combination') throw error
      return []
    }
  })

/** What each option may be, in the order in which a change of it is proposed. */
const choices = {
  input: inputs,
  result: outputs,
  instruction: ['usual', ...instructions],
  gpu: gpus,
} as const

/** Which option stands in the way, and what it may be instead. */
function refusal(p: Params): FpsimError {
  for (const option of Object.keys(choices) as (keyof typeof choices)[]) {
    const allowed = choices[option].filter((value) => coresOf({ ...p, [option]: value }).length > 0)
    if (allowed.length > 0) {
      const value = p[option]
      return new FpsimError('invalid-value', { option, value, allowed, suggestion: suggest(value, allowed) })
    }
  }
  return new FpsimError('unsupported-combination', { options: [p.gpu, p.input, p.result, p.instruction] })
}

/** FP8 where the input is none. */
const fp8Of = (input: string): string => (input === 'e5m2' ? input : 'e4m3fn')

export const tensorCoreRunner = defineRunner({
  name: 'tensor-core',
  params,
  exclusive: [],
  metrics,
  parts,
  async run(p, { show, seed, host }) {
    if (p.count * p.length > limit)
      throw new FpsimError('invalid-value', {
        option: 'length',
        value: p.length,
        problem: 'above-maximum',
        limit: Math.floor(limit / p.count),
      })
    const cores = coresOf(p)
    if (cores.length === 0) throw refusal(p)
    const groups = grouped(cores)
    const input = (cores[0] as TensorCore).input
    const output = format(p.result)
    const operands = operandsOf({ ...p, input }, seed)
    await host.progress?.(0, 3)
    const exact = exactly(operands)
    await host.progress?.(1, 3)
    const lines: Line[] = [
      ...groups.map((group) => ({
        label: { name: written(group) },
        group,
        way: resultsOf(operands, exact, group.core, output),
      })),
      { label: { code: 'tensorCorePlain' }, group: undefined, way: resultsOf(operands, exact, undefined, output) },
    ]
    await host.progress?.(2, 3)
    const different = mostDifferent(lines)
    const fp8 = fp8Of(input.name)
    const promoted = promotion({ input: format(fp8), values: p.values, every: p.promote, longest: p.fp8Length }, seed)
    const last = Object.fromEntries(ways.map((way) => [way, promoted.errors[way].at(-1)])) as Record<WayName, number>
    const measured = Object.fromEntries(
      names32.flatMap((name) => {
        const line = lines.find(({ group }) => (group ? group.gpus.includes(name as Gpu) : name === 'fp32'))
        const { wrong = Number.NaN, bias = Number.NaN, worst = Number.NaN } = line?.way ?? {}
        return [
          [`${name}Wrong`, wrong],
          [`${name}Bias`, bias],
          [`${name}Worst`, worst],
        ]
      }),
    ) as Record<`${(typeof names32)[number]}${Measure}`, number>
    const draw: Record<(typeof parts)[number], () => Block> = {
      bits: () => bitsBlock(lines, exact.sums[different.at] as number, p, different),
      gpus: () => gpusTable(lines, p),
      fp8: () => fp8Table(promoted, fp8, p.promote),
    }
    return {
      subject: { code: 'tensorCoreSubject', values: { count: p.count, length: p.length, input: p.input } },
      metrics: {
        kinds: different.kinds,
        differ: different.differ,
        fp8Error: last.hopper,
        fp8Promoted: last.promoted,
        fp8Blackwell: last.blackwell,
        fp8Gain: last.promoted === 0 ? Number.NaN : last.hopper / last.promoted,
        ...measured,
      },
      findings: findingsOf(p, lines, different, { fp8, last }),
      blocks: (show.length > 0 ? show : parts).map((part) => draw[part as (typeof parts)[number]]()),
    }
  },
})
