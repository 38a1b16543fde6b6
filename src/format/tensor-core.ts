/** NVIDIA's tensor cores: which GPU multiplies what, in which blocks, and how much of it is known from recorded results. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import type { Format } from './format.js'
import { asFormat, format } from './parse.js'

export const gpus = ['v100', 'a100', 'a2', 'ada', 'l40s', 'h100', 'h200', 'b200'] as const
export type Gpu = (typeof gpus)[number]

export const instructions = ['mma', 'wgmma', 'tcgen05'] as const
export type Instruction = (typeof instructions)[number]

export const outputs = ['fp32', 'fp16'] as const
export type Output = (typeof outputs)[number]

export const inputs = ['fp16', 'bf16', 'tf32', 'e4m3fn', 'e5m2'] as const
type Input = (typeof inputs)[number]

/** bf16 and tf32 have sums in fp32 only (PTX ISA, mma and wgmma). */
const inputsToFp16: readonly string[] = ['fp16', 'e4m3fn', 'e5m2']

/** One kind of dot product that a generation of GPUs has. */
interface Unit {
  /** The instructions that use it, the usual one first. */
  readonly instructions: readonly Instruction[]
  /** Products summed at a time. */
  readonly blocks: Readonly<Partial<Record<Input, number>>>
  /** Fraction bits that terms keep when they are aligned. */
  readonly kept: number
  /** Results in fp32 have no more than these bits. */
  readonly short?: 'e8m13'
  /** No unit of its own: two blocks of fp16, see `pairs` of TensorCore. */
  readonly pairs?: true
  /** For which outputs real GPUs' results are recorded and were compared. */
  readonly recorded: Readonly<Partial<Record<Gpu, readonly Output[]>>>
}

interface Generation {
  readonly gpus: readonly Gpu[]
  /** Terms are aligned to 2^(emin − below) at least, emin being that of the output. */
  readonly below: number
  readonly units: readonly Unit[]
}

/*
 * Source: Khattak and Mikaitis, MATLAB-tensor-core, with results recorded on these GPUs, and MMA-Sim (microsoft/MMA-Sim).
 * The bits kept and the blocks are what the recorded results allow and nothing else. They exercise neither overflow nor
 * numbers near the ends of the exponent range:
 * - `below` rests on one result of an H100 (MATLAB-tensor-core, issue 7); for the other GPUs it is their model's.
 * - NaN and infinities are as both models have them; V100's lower end is never reached with fp32 outputs.
 * - Units without a recorded GPU are as MMA-Sim has them: nobody's recordings were compared here.
 */
const both: readonly Output[] = ['fp32', 'fp16']
const fp8 = (block: number) => ({ e4m3fn: block, e5m2: block })

const generations: readonly Generation[] = [
  {
    gpus: ['v100'],
    below: 5,
    units: [{ instructions: ['mma'], blocks: { fp16: 4 }, kept: 23, recorded: { v100: both } }],
  },
  {
    gpus: ['a100', 'a2'],
    below: 6,
    units: [
      {
        instructions: ['mma'],
        blocks: { fp16: 8, bf16: 8, tf32: 4 },
        kept: 24,
        recorded: { a100: both, a2: both },
      },
    ],
  },
  {
    gpus: ['ada', 'l40s'],
    below: 6,
    units: [
      {
        instructions: ['mma'],
        blocks: { fp16: 8, bf16: 8, tf32: 4 },
        kept: 24,
        recorded: { ada: both, l40s: both },
      },
      {
        instructions: ['mma'],
        blocks: fp8(16),
        kept: 13,
        short: 'e8m13',
        recorded: { ada: both, l40s: ['fp32'] },
      },
    ],
  },
  {
    gpus: ['h100', 'h200'],
    below: 7,
    units: [
      {
        instructions: ['mma', 'wgmma'],
        blocks: { fp16: 16, bf16: 16, tf32: 8 },
        kept: 25,
        recorded: { h100: both, h200: both },
      },
      {
        instructions: ['wgmma'],
        blocks: fp8(32),
        kept: 13,
        short: 'e8m13',
        recorded: { h100: ['fp32'], h200: ['fp32'] },
      },
      {
        instructions: ['mma'],
        blocks: fp8(16),
        kept: 25,
        pairs: true,
        recorded: { h100: ['fp16'], h200: ['fp16'] },
      },
    ],
  },
  {
    gpus: ['b200'],
    below: 7,
    units: [
      {
        instructions: ['mma', 'tcgen05'],
        blocks: { fp16: 16, bf16: 16, tf32: 8 },
        kept: 25,
        recorded: { b200: both },
      },
      { instructions: ['tcgen05'], blocks: fp8(32), kept: 25, recorded: {} },
      { instructions: ['mma'], blocks: fp8(16), kept: 25, pairs: true, recorded: { b200: both } },
    ],
  },
]

/** The dot product of a GPU for one input, output and instruction. */
export interface TensorCore {
  readonly gpu: Gpu
  readonly instruction: Instruction
  readonly input: Format
  readonly output: Format
  /** Products summed at a time. */
  readonly block: number
  /** Fraction bits that terms keep when they are aligned to the largest exponent. */
  readonly kept: number
  /** The exponent that terms are aligned to at least. */
  readonly least: number
  /** What a block's sum is rounded to, a part of the output: fp32 and e8m13 toward zero, fp16 to nearest-even. */
  readonly sum: Format
  /**
   * FP8 by two blocks of fp16: of 32 elements those with index mod 4 below 2 from 0 on, then the others from their sum on,
   * and last c, added to nearest-even.
   */
  readonly pairs: boolean
  /** Whether this was compared with results of the GPU itself; else it is a published model. */
  readonly recorded: boolean
}

export interface TensorCoreOptions {
  readonly hardware: Gpu
  /** Default: mma; for FP8 wgmma on Hopper and tcgen05 on B200. */
  readonly instruction?: Instruction
  /** fp16 (the default), bf16, tf32, e4m3fn or e5m2. */
  readonly input?: Format | string
  /** Default fp32. */
  readonly output?: Output
}

function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T
  throw new FpsimError('invalid-value', { option, value, allowed, suggestion: suggest(String(value), allowed) })
}

/** The input of the table with these facts, whatever it is called: e5m10 is fp16. */
const knownInput = (f: Format): Input | undefined =>
  inputs.find((name) => {
    const { precision, emin, emax, specials } = format(name)
    return f.precision === precision && f.emin === emin && f.emax === emax && f.specials === specials && f.signed
  })

/** Throws 'invalid-value' for words outside the sets above, 'unsupported-combination' for what a GPU lacks, and as `format`. */
export function tensorCore(o: TensorCoreOptions): TensorCore {
  const gpu = oneOf('hardware', o.hardware, gpus)
  const output = oneOf('output', o.output ?? 'fp32', outputs)
  const input = asFormat(o.input ?? 'fp16')
  const generation = generations.find((g) => g.gpus.includes(gpu)) as Generation
  const known = knownInput(input)
  const units = generation.units.filter(({ blocks }) => known !== undefined && blocks[known] !== undefined)
  if (known === undefined || units.length === 0)
    throw new FpsimError('unsupported-combination', {
      options: [`hardware ${gpu}`, `input ${input.name}`],
      // A format that no GPU multiplies may be another's name: e4m3 is IEEE's, where people mean OCP's.
      ...(known === undefined ? { suggestion: suggest(input.name, inputs) } : {}),
      allowed: inputs.filter((name) => generation.units.some(({ blocks }) => blocks[name] !== undefined)),
    })
  if (output === 'fp16' && !inputsToFp16.includes(known))
    throw new FpsimError('unsupported-combination', { options: [`input ${input.name}`, `output ${output}`] })
  const wanted = o.instruction === undefined ? undefined : oneOf('instruction', o.instruction, instructions)
  const unit = units.find((u) => wanted === undefined || u.instructions.includes(wanted))
  if (unit === undefined)
    throw new FpsimError('unsupported-combination', {
      options: [`hardware ${gpu}`, `input ${input.name}`, `instruction ${wanted}`],
    })
  const result = format(output)
  return {
    gpu,
    instruction: wanted ?? (unit.instructions[0] as Instruction),
    input: format(known),
    output: result,
    block: unit.blocks[known] as number,
    kept: unit.kept,
    least: result.emin - generation.below,
    sum: output === 'fp32' && unit.short ? format(unit.short) : result,
    pairs: unit.pairs === true,
    recorded: unit.recorded[gpu]?.includes(output) ?? false,
  }
}
