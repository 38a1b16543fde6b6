/** Block formats in bulk: the kernel told of a format and its scales, and slabs rounded to one. */
import { FpsimError } from '../errors.js'
import { noTensorScale, type TensorScale, tensorScaleOf } from '../format/block.js'
import { type BlockFormat, blockFormat, isPowerScaled, type ScaleRule, scaleRules } from '../format/block-catalog.js'
import { fractionBits, largest } from '../format/format.js'
import { suggest } from '../suggest.js'
import type { Slab } from './arena.js'
import { keyOf } from './key.js'
import { machine } from './machine.js'

/** What elements may be rounded by. */
export const blockRoundings = ['nearest-even', 'stochastic'] as const
export type BlockRounding = (typeof blockRoundings)[number]

export interface BlockOptions {
  /** How a power-of-two scale follows from the largest size of its block; default 'floor'. Not for E4M3 scales. */
  readonly scale?: ScaleRule
  /** Of the elements, default 'nearest-even'; scales are always rounded as their rule says. */
  readonly rounding?: BlockRounding
  /** For stochastic rounding, default 1: value i takes the draw `uniform(seed, i)`. */
  readonly seed?: number
}

/** The options, checked and with their defaults. */
export interface BlockPlan {
  readonly f: BlockFormat
  readonly rule: ScaleRule
  readonly stochastic: boolean
  readonly key: readonly [number, number]
}

const optionKeys: readonly string[] = ['scale', 'rounding', 'seed'] satisfies (keyof BlockOptions)[]

function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T
  const suggestion = suggest(String(value), allowed)
  throw new FpsimError('invalid-value', { option, value, problem: 'not-allowed', allowed, suggestion })
}

/** Throws 'unknown-format', 'ambiguous-format', 'unknown-key', 'invalid-value', 'unsupported-combination' (a rule for E4M3 scales). */
export function blockPlan(name: string, o: BlockOptions, more: readonly string[] = []): BlockPlan {
  const f = blockFormat(name)
  if (typeof o !== 'object' || o === null || Array.isArray(o))
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  const allowed = [...optionKeys, ...more]
  for (const key of Object.keys(o))
    if (!allowed.includes(key)) throw new FpsimError('unknown-key', { key, allowed, suggestion: suggest(key, allowed) })
  const rule = oneOf('scale', o.scale ?? 'floor', scaleRules)
  if (o.scale !== undefined && !isPowerScaled(f))
    throw new FpsimError('unsupported-combination', { options: [f.name, `scale ${rule}`] })
  const stochastic = oneOf('rounding', o.rounding ?? 'nearest-even', blockRoundings) === 'stochastic'
  const { seed = 1 } = o
  if (typeof seed !== 'number')
    throw new FpsimError('invalid-value', { option: 'seed', value: seed, problem: 'wrong-type', expected: 'number' })
  return { f, rule, stochastic, key: keyOf(seed) }
}

const infinityBits = 0x7f800000
const bits = new Int32Array(1)
const single = new Float32Array(bits.buffer)

/** The scale of a tensor from the bits of its largest size. */
export function tensorScaleOfBits(amax: number, f: BlockFormat): TensorScale {
  bits[0] = amax
  return tensorScaleOf(single[0] as number, f)
}

/** Tells the kernel of the format, the rule and the tensor's scale. */
export function setBlocks({ f, rule }: BlockPlan, tensor: TensorScale = noTensorScale): void {
  const { element } = f
  const power = isPowerScaled(f)
  const top = largest(element)
  const inverse = Math.fround(1 / top)
  const add = { floor: 0, ceil: 0x7fffff, even: 1 << (22 - fractionBits(element)), rceil: 0x7fffff }[rule]
  machine().setBlocks(
    power,
    // The bits of the largest finite, or of Inf; of a tensor with a NaN everything is one.
    power ? infinityBits - 1 : Number.isNaN(tensor.encode) ? -1 : infinityBits,
    add,
    rule === 'rceil' ? 0 : element.emax,
    rule === 'rceil' ? inverse : 0,
    Math.fround(tensor.encode * inverse),
    tensor.decode,
    element.emin,
    element.emax,
    element.precision,
    top,
    element.negativeZero,
  )
}

/** Addresses; 0 where nothing is wanted. */
export interface BlockPlaces {
  readonly to: number
  readonly from: number
  readonly elements?: number
  readonly scales?: number
}

/** Rows of values, the first value being number `first` of all. */
export function roundBlocks(
  { f, stochastic, key }: BlockPlan,
  { to, from, elements = 0, scales = 0 }: BlockPlaces,
  count: number,
  columns: number,
  first: number,
): void {
  const m = machine()
  if (stochastic) m.stochasticBlocks32(to, from, elements, scales, count, columns, f.size, first, key[0], key[1])
  else m.blocks32(to, from, elements, scales, count, columns, f.size)
}

export interface RoundBlocksOptions {
  /** Values of a row: blocks begin anew with each. Default all. Must divide the slab's length. */
  readonly columns?: number
  /** Where the values are read, as many; default the slab itself. */
  readonly from?: Slab
  /** Stochastic: value i of the slab takes the draw number first + i; default 0. */
  readonly first?: number
}

export type SlabBlockRounder = (slab: Slab, o?: RoundBlocksOptions) => void

/**
 * A function that rounds slabs to a block format, in place or from another: every value as `quantizeBlocks` gives it, the
 * slab being the tensor. Throws as `blockPlan`, and 'invalid-value' for bad columns or a bad `first`.
 */
export function slabBlockRounder(name: string, o: BlockOptions = {}): SlabBlockRounder {
  const plan = blockPlan(name, o)
  const m = machine()
  return (slab, { columns = slab.length, from = slab, first = 0 } = {}) => {
    const { at, length } = slab
    checkColumns(columns, length)
    if (!(Number.isSafeInteger(first) && first >= 0))
      throw new FpsimError('invalid-value', { option: 'first', value: first, problem: 'not-an-integer' })
    if (length === 0) return
    const amax = plan.f.tensorScale ? m.largestBits(from.at, length, 0) : 0
    setBlocks(plan, tensorScaleOfBits(amax, plan.f))
    roundBlocks(plan, { to: at, from: from.at }, length / columns, columns, first)
  }
}

/** Throws 'invalid-value' unless columns is a positive integer that divides the length. */
export function checkColumns(columns: number, length: number): void {
  if (columns === length) return
  if (!(Number.isSafeInteger(columns) && columns > 0 && length % columns === 0))
    throw new FpsimError('invalid-value', { option: 'columns', value: columns, allowed: `1 … ${length}` })
}
