/** What a method's messages hold for a gradient of any length, by the formulas of its `exchange`. */
import type { Transfer } from '../ring.js'
import { shareAt } from './dgc.js'
import { countOf, type FamilyName, type Spec } from './parse.js'
import { bytesOfEntry } from './sparse.js'

export interface SizeOptions {
  readonly length: number
  /** Where the values decide how many are sent (`threshold`): the share of them that was measured. */
  readonly share: number
  /** Steps at each of DGC's warm-up shares, and steps in all. */
  readonly warmup: number
  readonly updates: number
}

const reduce = (bytes: number): Transfer => ({ collective: 'all-reduce', bytes })
const gather = (bytes: number): Transfer => ({ collective: 'all-gather', bytes })

/** 4 r √length a factor: those of one square matrix. Whole where two factors save too little, as in `worthCompressing`. */
function thin(rank: number, length: number): Transfer[] {
  const side = Math.sqrt(length)
  const factor = side * Math.min(rank, side)
  return 4 * factor < length ? [reduce(4 * factor), reduce(4 * factor)] : [reduce(4 * length)]
}

/** The mean of the steps: a warm-up sends more at first. */
function meanDgc(share: number, { length, warmup, updates }: SizeOptions): number {
  let sum = 0
  for (let t = 0; t < updates; t++) sum += Math.ceil(length * shareAt(t, share, warmup))
  return sum / updates
}

const sizes: Readonly<Record<FamilyName, (value: number, o: SizeOptions) => Transfer[]>> = {
  none: (_, { length }) => [reduce(4 * length)],
  fp16: (_, { length }) => [reduce(2 * length)],
  bf16: (_, { length }) => [reduce(2 * length)],
  int8: (_, { length }) => [gather(length + 4)],
  qsgd: (levels, { length }) => [gather(length * (levels < 128 ? 1 : 2) + 4)],
  terngrad: (_, { length }) => [reduce(4), gather(Math.ceil(length / 4))],
  sign: (_, { length }) => [gather(Math.ceil(length / 8))],
  efsign: (_, { length }) => [gather(Math.ceil(length / 8) + 4)],
  threshold: (_, { length, share }) => [gather(bytesOfEntry * share * length)],
  topk: (part, { length }) => [gather(bytesOfEntry * countOf(part, length))],
  randomk: (part, { length }) => [reduce(4 * countOf(part, length))],
  dgc: (share, o) => [gather(bytesOfEntry * meanDgc(share, o))],
  powersgd: (rank, { length }) => thin(rank, length),
}

/** The transfers of a mean step, in order. A k above the length sends every value. */
export const transfersOf = ({ family, value }: Spec, o: SizeOptions): Transfer[] =>
  sizes[family](value > o.length && (family === 'topk' || family === 'randomk') ? o.length : value, o)
