/** Whole arrays rounded to a format: `round` of every value, in bulk. */
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import {
  bias,
  type Format,
  fractionBits,
  hasInfinity,
  largest,
  quantumExponent,
  type Rounding,
  roundings,
  smallestNormal,
} from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { type Overflow, rounder } from '../format/round.js'
import { suggest } from '../suggest.js'
import { keyOf } from './key.js'
import { machine, views } from './machine.js'

export interface QuantizeOptions {
  /** Default 'nearest-even'. */
  readonly rounding?: Rounding
  /** Default 'ieee'; see RoundOptions. */
  readonly overflow?: Overflow
  /** For stochastic rounding, default 1: value i takes the draw `uniform(seed, i)`. */
  readonly seed?: number
  /** Default false: a new array. */
  readonly inPlace?: boolean
}

export type Carrier = 'fp32' | 'fp64'

/** Which kernel does it: the fast ones by name, or the plain one for any format and mode. */
export type Path =
  | 'nearest32'
  | 'nearestWide32'
  | 'nearestE8m0'
  | 'nearest64'
  | 'stochastic32'
  | 'stochasticWide32'
  | 'plain32'
  | 'plain64'

interface Limits {
  readonly precision: number
  readonly emin: number
  readonly emax: number
}
const carriers: Readonly<Record<Carrier, Limits>> = {
  fp32: { precision: 24, emin: -126, emax: 127 },
  fp64: { precision: 53, emin: -1022, emax: 1023 },
}

/** Whether every value of f is one of the carrier. */
export function fits(f: Format, carrier: Carrier): boolean {
  const { precision, emin, emax } = carriers[carrier]
  return f.precision <= precision && f.emax <= emax && quantumExponent(f) >= emin - precision + 1
}

function checkCarrier(f: Format, carrier: Carrier): void {
  if (!fits(f, carrier)) throw new FpsimError('carrier-too-narrow', { format: f.name, carrier })
}

const optionKeys: readonly string[] = ['rounding', 'overflow', 'seed', 'inPlace'] satisfies (keyof QuantizeOptions)[]

/** 0 Inf, 1 the largest finite, 2 NaN for what lies beyond; + 4 where there is no −0. */
export function kindOf(f: Format, saturate: boolean): number {
  const kind = saturate || f.specials === 'none' ? 1 : hasInfinity(f) ? 0 : 2
  return f.negativeZero ? kind : kind + 4
}

/** The choice of kernel, and what it is told. */
export interface Plan {
  readonly path: Path
  readonly f: Format
  readonly rounding: Rounding
  readonly saturate: boolean
  readonly key: readonly [number, number]
}

export const isE8m0 = (f: Format): boolean =>
  f.precision === 1 && f.emin === -127 && f.emax === 127 && !f.signed && !f.subnormals && f.specials === 'nan-only'

/** The fastest kernel that is exact for this format. The conditions are those that the kernels state. */
function pathOf(f: Format, carrier: Carrier, rounding: Rounding, saturate: boolean): Path {
  const plain = carrier === 'fp32' ? 'plain32' : 'plain64'
  const nearest = rounding === 'nearest-even'
  if (!nearest && rounding !== 'stochastic') return plain
  if (carrier === 'fp32' && nearest && isE8m0(f)) return 'nearestE8m0'
  const { precision: p, emin, emax } = f
  const kind = kindOf(f, saturate)
  const usual = f.signed && f.subnormals && p >= 2 && kind !== 4 && emin <= 0 && emax >= 1
  if (!usual) return plain
  if (carrier === 'fp64') return nearest && p <= 52 && emin >= -1022 && emax + 54 - p <= 1023 ? 'nearest64' : plain
  if (p > 23) return plain
  if (f.specials === 'ieee' && f.negativeZero && emin === -126 && emax === 127)
    return nearest ? 'nearestWide32' : 'stochasticWide32'
  if (emin < -126 || emax + 25 - p > 127) return plain
  if (nearest) return 'nearest32'
  return emin + 1 - p >= -126 && emax <= 125 ? 'stochastic32' : plain
}

/** The options checked and the kernel chosen. */
export function planOf(target: Format, carrier: Carrier, o: QuantizeOptions): Plan {
  if (typeof o !== 'object' || o === null)
    throw new FpsimError('invalid-value', { option: 'options', value: o, problem: 'wrong-type', expected: 'object' })
  for (const key of Object.keys(o))
    if (!optionKeys.includes(key))
      throw new FpsimError('unknown-key', { key, allowed: optionKeys, suggestion: suggest(key, optionKeys) })
  const { rounding = 'nearest-even', overflow = 'ieee', seed = 1, inPlace = false } = o
  // Throws for a rounding or an overflow that does not exist.
  rounder(target, { rounding, overflow, random: 0 })
  if (typeof inPlace !== 'boolean')
    throw new FpsimError('invalid-value', {
      option: 'inPlace',
      value: inPlace,
      problem: 'wrong-type',
      expected: 'boolean',
    })
  if (typeof seed !== 'number')
    throw new FpsimError('invalid-value', { option: 'seed', value: seed, problem: 'wrong-type', expected: 'number' })
  checkCarrier(target, carrier)
  const saturate = overflow === 'saturate'
  return { path: pathOf(target, carrier, rounding, saturate), f: target, rounding, saturate, key: keyOf(seed) }
}

/** Tells the plain kernels (and the ones that accumulate) which format and mode to round to. */
export function setRounding(f: Format, rounding: Rounding, saturate: boolean): void {
  const top = largest(f)
  machine().setRounding(
    smallestNormal(f),
    powerOfTwo(-fractionBits(f)),
    top,
    hasInfinity(f) ? Number.POSITIVE_INFINITY : f.specials === 'none' ? top : Number.NaN,
    bias(f),
    f.signed,
    f.subnormals,
    f.negativeZero,
    roundings.indexOf(rounding),
    saturate,
  )
}

/**
 * n values at an address, the first being number `index` of all. False: the hurried kernel met a NaN, and the block is to
 * be done again with `careful`.
 */
export type Kernel = (at: number, n: number, index: number, careful: boolean) => boolean

/** The kernel of a plan as a function of a block. */
export function kernelOf({ path, f, rounding, saturate, key }: Plan): Kernel {
  const m = machine()
  const { precision, emin, emax } = f
  const kind = kindOf(f, saturate)
  const top = largest(f)
  const [k0, k1] = key
  const always = (work: (at: number, n: number, index: number) => void): Kernel => {
    return (at, n, index) => {
      work(at, n, index)
      return true
    }
  }
  switch (path) {
    case 'nearest32':
    case 'nearest64':
      return always((at, n) => m[path](at, n, kind, emin, emax, precision, top))
    case 'nearestWide32':
      return (at, n, _, careful) => m.nearestWide32(at, n, precision, saturate, careful) === 0
    case 'nearestE8m0':
      return always((at, n) => m.nearestE8m0(at, n, saturate))
    case 'stochastic32':
      return always((at, n, index) => m.stochastic32(at, n, kind, emin, emax, precision, top, index, k0, k1))
    case 'stochasticWide32':
      return (at, n, index, careful) => m.stochasticWide32(at, n, precision, saturate, careful, index, k0, k1) === 0
    case 'plain32':
    case 'plain64':
      setRounding(f, rounding, saturate)
      return always((at, n, index) => m[path](at, n, index, k0, k1))
  }
}

function run(values: Float32Array | Float64Array, out: Float32Array | Float64Array, plan: Plan): void {
  const kernel = kernelOf(plan)
  const { block32, block64 } = views()
  const block = values instanceof Float32Array ? block32 : block64
  const at = block.byteOffset
  const step = block.length
  // Data with one NaN often has more.
  let careful = false
  for (let start = 0; start < values.length; start += step) {
    const n = Math.min(step, values.length - start)
    const source = values.subarray(start, start + n)
    block.set(source)
    if (!kernel(at, n, start, careful)) {
      careful = true
      block.set(source)
      kernel(at, n, start, careful)
    }
    out.set(n === step ? block : block.subarray(0, n), start)
  }
}

/** Which kernel `quantize` uses: what tests and benchmarks tell of. Throws as `quantize`. */
export const quantizePath = (f: Format | string, carrier: Carrier, o: QuantizeOptions = {}): Path =>
  planOf(asFormat(f), carrier, o).path

/**
 * Exact: every value is what `round` gives with the same rounding and overflow, stochastic with the draw
 * `uniform(seed, i)` of its index i, whatever the length. NaN results are the carrier's canonical NaN, whatever sign and
 * payload came in; −0, ±Inf and subnormals, the carrier's own too, as in `round`. The array has the type of `values`: a
 * new one, or `values` itself with `inPlace`. Throws 'carrier-too-narrow' where f has values that the carrier has not,
 * 'unknown-format', 'unknown-key', 'invalid-value'.
 * Method: blocks of 64 KiB through the WebAssembly module, see assembly/quantize32.ts, quantize64.ts and rounding.ts.
 */
export function quantize(values: Float32Array, f: Format | string, o?: QuantizeOptions): Float32Array<ArrayBuffer>
export function quantize(values: Float64Array, f: Format | string, o?: QuantizeOptions): Float64Array<ArrayBuffer>
export function quantize<T extends Float32Array | Float64Array>(values: T, f: Format | string, o?: QuantizeOptions): T
export function quantize(
  values: Float32Array | Float64Array,
  f: Format | string,
  o: QuantizeOptions = {},
): Float32Array | Float64Array {
  const target = asFormat(f)
  if (values instanceof Float32Array) {
    const plan = planOf(target, 'fp32', o)
    const out = o.inPlace === true ? values : new Float32Array(values.length)
    run(values, out, plan)
    return out
  }
  if (values instanceof Float64Array) {
    const plan = planOf(target, 'fp64', o)
    const out = o.inPlace === true ? values : new Float64Array(values.length)
    run(values, out, plan)
    return out
  }
  throw new FpsimError('invalid-value', {
    option: 'values',
    value: typeof values,
    problem: 'wrong-type',
    expected: 'Float32Array, Float64Array',
  })
}
