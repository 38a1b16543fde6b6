/** Dot products as NVIDIA's tensor cores compute them: which GPU does what, and the exact model of it. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { exponentOf, powerOfTwo } from './bits.js'
import type { Format } from './format.js'
import { asFormat, format } from './parse.js'
import { rounder } from './round.js'

export const gpus = ['v100', 'a100', 'a2', 'ada', 'l40s', 'h100', 'h200', 'b200'] as const
export type Gpu = (typeof gpus)[number]

export const instructions = ['mma', 'wgmma', 'tcgen05'] as const
export type Instruction = (typeof instructions)[number]

export const outputs = ['fp32', 'fp16'] as const
export type Output = (typeof outputs)[number]

const inputs = ['fp16', 'bf16', 'tf32', 'e4m3fn', 'e5m2'] as const
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
    throw new FpsimError('unsupported-combination', { options: [`hardware ${gpu}`, `input ${input.name}`] })
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

/** How many products an instruction's step takes: what K is filled up to with +0. */
export const stepOf = ({ block, pairs }: TensorCore): number => (pairs ? 2 * block : block)

/** The order in which the elements of a step are summed. */
export function orderOf({ block, pairs }: TensorCore): readonly number[] {
  const order = Array.from({ length: pairs ? 2 * block : block }, (_, i) => i)
  return pairs ? [...order.filter((i) => i % 4 < 2), ...order.filter((i) => i % 4 >= 2)] : order
}

/** An exact sum rounded once. Toward zero, what is beyond the range is infinite all the same. */
function sumRounder({ sum, output }: TensorCore): (x: number) => number {
  if (output.name === 'fp16') return rounder(sum)
  const towardZero = rounder(sum, { rounding: 'toward-zero' })
  const limit = powerOfTwo(sum.emax + 1)
  return (x) => (Math.abs(x) < limit ? towardZero(x) : x * Number.POSITIVE_INFINITY)
}

/** Numbers with the exponents that they are stored with: subnormals have that of the smallest normal number. */
interface Operand {
  readonly values: Float64Array
  readonly exponents: Int16Array
}

/** a in the order and the whole steps in which it is summed. */
function operandOf(a: ArrayLike<number>, core: TensorCore, toInput: (x: number) => number): Operand {
  const order = orderOf(core)
  const step = order.length
  const length = Math.ceil(a.length / step) * step
  const values = new Float64Array(length)
  const exponents = new Int16Array(length)
  // FP8 becomes fp16 first where it is computed there: its subnormals are normal then.
  const { emin } = core.pairs ? format('fp16') : core.input
  for (let at = 0; at < length; at++) {
    const i = at - (at % step) + (order[at % step] as number)
    const x = i < a.length ? toInput(a[i] as number) : 0
    values[at] = x
    exponents[at] = Math.max(exponentOf(x), emin)
  }
  return { values, exponents }
}

/** The sum of the infinities and NaNs among c and the products of a block; undefined where all are finite. */
function specialSum(x: Float64Array, y: Float64Array, from: number, to: number, c: number): number | undefined {
  let sum = Number.isFinite(c) ? 0 : c
  for (let i = from; i < to; i++) {
    const p = (x[i] as number) * (y[i] as number)
    if (!Number.isFinite(p)) sum += p
  }
  return sum === 0 ? undefined : sum
}

/** The products from `from` to `to` and c: aligned, cut, added, rounded. */
function blockSum(
  { kept, least, output }: TensorCore,
  a: Operand,
  b: Operand,
  [from, to]: readonly [number, number],
  c: number,
  round: (x: number) => number,
): number {
  const [x, y] = [a.values, b.values]
  const special = specialSum(x, y, from, to, c)
  if (special !== undefined) return special
  let top = c === 0 ? least : Math.max(least, exponentOf(c), output.emin)
  for (let i = from; i < to; i++)
    if (x[i] !== 0 && y[i] !== 0) top = Math.max(top, (a.exponents[i] as number) + (b.exponents[i] as number))
  // All is exact: products have at most 22 bits, and powers of two leave them far within float64's range; the terms are
  // integers below 2^(kept + 2), at most 33 of them.
  const scale = powerOfTwo(kept - top)
  let sum = Math.trunc(c * scale)
  for (let i = from; i < to; i++) sum += Math.trunc((x[i] as number) * (y[i] as number) * scale)
  return sum === 0 ? 0 : round(sum * powerOfTwo(top - kept))
}

/**
 * The dot product of a TensorCore, as a function of a, b (as long as a) and c. Exact: the result is the GPU's own, bit for
 * bit, as far as it is known (`recorded`, and the remarks above the table). a and b are rounded to the input, c to the
 * output, nearest-even; blocks in order of the index, each beginning with the result before it, the last filled up with +0;
 * without elements the result is c.
 * A block: the exact products and c, with exponents as stored (a product's is the sum of its factors', so that its
 * significand may be up to 4), are cut toward zero to multiples of 2^(E − kept), E being the largest exponent of a term that
 * is not 0, at least `least`; their sum is exact, and rounded once.
 * NaN: a NaN, Inf · 0, or infinities of both signs among products and c. Otherwise an infinity is the result. A sum of 0 is
 * +0, also where all terms are −0; one that rounds to 0 keeps its sign. Subnormals count like all others, in and out.
 * Beyond the largest number: ±Inf, toward zero too.
 */
export function tensorCoreDot(core: TensorCore): (a: ArrayLike<number>, b: ArrayLike<number>, c: number) => number {
  const { block, pairs } = core
  const toInput = rounder(core.input)
  const toOutput = rounder(core.output)
  const round = sumRounder(core)
  return (a, b, c) => {
    const x = operandOf(a, core, toInput)
    const y = operandOf(b, core, toInput)
    const part = (from: number, start: number) => blockSum(core, x, y, [from, from + block], start, round)
    let sum = toOutput(c)
    if (pairs)
      for (let from = 0; from < x.values.length; from += 2 * block)
        sum = toOutput(part(from + block, part(from, 0)) + sum)
    else for (let from = 0; from < x.values.length; from += block) sum = part(from, sum)
    return sum
  }
}
