/** Whole arrays of values to codes, and of codes to values. */
import { FpsimError } from '../errors.js'
import { powerOfTwo } from '../format/bits.js'
import { decode } from '../format/decode.js'
import { encode } from '../format/encode.js'
import { type Format, hasNaN, largest } from '../format/format.js'
import { asFormat } from '../format/parse.js'
import { machine, views } from './machine.js'
import { fits, isE8m0, kernelOf, planOf, type QuantizeOptions, quantize } from './quantize.js'

export type Codes = Uint8Array | Uint16Array

export interface EncodeOptions extends Omit<QuantizeOptions, 'inPlace'> {
  /** Where the codes go, as many as there are values; default a new array. */
  readonly into?: Codes
}

export interface DecodeOptions {
  /** Where the values go, as many as there are codes; default a new array. */
  readonly into?: Float32Array
}

/** The array given, or a new one. */
function placeFor<T extends Codes | Float32Array>(
  into: T | undefined,
  fresh: (length: number) => T,
  length: number,
): T {
  if (into === undefined) return fresh(length)
  const model = fresh(0)
  if (into.constructor !== model.constructor || into.length !== length)
    throw new FpsimError('invalid-value', {
      option: 'into',
      value: `${into?.constructor?.name} ${into?.length}`,
      allowed: `${model.constructor.name} ${length}`,
    })
  return into
}

function checkWidth(f: Format): void {
  if (f.width > 16) throw new FpsimError('code-too-wide', { format: f.name, width: f.width })
}

const newCodes = (f: Format, length: number): Codes => (f.width <= 8 ? new Uint8Array(length) : new Uint16Array(length))

/** Whether the kernel makes the codes itself; else they are made one by one from values that the kernel has rounded. */
export const canEncode = (f: Format): boolean =>
  isE8m0(f) || (fits(f, 'fp32') && f.signed && f.subnormals && f.emin >= -126 && f.precision >= 2)

/**
 * Exact: the code that `encode` gives of every value, stochastic with the draw `uniform(seed, i)`: a Uint8Array for formats
 * of up to 8 bits, a Uint16Array up to 16, right-aligned. NaN gives the canonical quiet NaN. Throws 'no-nan-code' where f
 * has none, 'code-too-wide' above 16 bits, and as `quantize`.
 */
export function encodeAll(
  values: Float32Array | Float64Array,
  f: Format | string,
  { into, ...o }: EncodeOptions = {},
): Codes {
  const target = asFormat(f)
  checkWidth(target)
  const single = values instanceof Float32Array
  if (!single && !(values instanceof Float64Array)) quantize(values, target, o)
  const out = placeFor(into, (length) => newCodes(target, length), values.length)
  if (!canEncode(target)) {
    const wide = Float64Array.from(values)
    quantize(wide, target, { ...o, inPlace: true })
    for (let i = 0; i < wide.length; i++) out[i] = encode(wide[i] as number, target)
    return out
  }
  const plan = planOf(target, single ? 'fp32' : 'fp64', o)
  const kernel = kernelOf(plan)
  const m = machine()
  const { block32, block64, uint8, uint16 } = views()
  const block = single ? block32 : block64
  const at = block.byteOffset
  const step = block.length
  const bytes = target.width <= 8 ? 1 : 2
  const first = m.blockB.value / bytes
  const memory = bytes === 1 ? uint8 : uint16
  const nan = hasNaN(target) ? encode(Number.NaN, target) : 0
  const { emin, emax, precision, width } = target
  let careful = false
  for (let start = 0; start < values.length; start += step) {
    const source = values.subarray(start, start + step)
    const n = source.length
    block.set(source)
    if (!kernel(at, n, start, careful)) {
      careful = true
      block.set(source)
      kernel(at, n, start, careful)
    }
    if (!single) m.narrow(n)
    if (!hasNaN(target) && m.hasNaN32(n)) throw new FpsimError('no-nan-code', { format: target.name })
    if (isE8m0(target)) m.codesE8m0(n)
    else m.codes32(n, emin, emax, precision, width, nan)
    out.set(memory.subarray(first, first + n), start)
  }
  return out
}

const tables = new WeakMap<Format, Float32Array>()

/** The values of all codes. */
function tableOf(f: Format): Float32Array {
  let table = tables.get(f)
  if (!table) {
    table = Float32Array.from({ length: powerOfTwo(f.width) }, (_, code) => decode(code, f))
    tables.set(f, table)
  }
  return table
}

/**
 * Exact: the value of every code as `decode` gives it, in float32. Throws 'invalid-code' for a code of more bits than f
 * has, 'code-too-wide' above 16 bits, 'carrier-too-narrow' where float32 has not all values of f. Method: a table
 * for e8m0 and codes of more bits than f has, else the steps of the encoding backwards.
 */
export function decodeAll(codes: Codes, f: Format | string, { into }: DecodeOptions = {}): Float32Array {
  const target = asFormat(f)
  checkWidth(target)
  if (!fits(target, 'fp32')) throw new FpsimError('carrier-too-narrow', { format: target.name, carrier: 'fp32' })
  if (!(codes instanceof Uint8Array || codes instanceof Uint16Array))
    throw new FpsimError('invalid-value', {
      option: 'codes',
      value: typeof codes,
      problem: 'wrong-type',
      expected: 'Uint8Array, Uint16Array',
    })
  const out = placeFor(into, (length) => new Float32Array(length), codes.length)
  const whole = target.width === 8 * codes.BYTES_PER_ELEMENT
  return whole && canEncode(target) && !isE8m0(target)
    ? arithmetically(codes, target, out)
    : byTable(codes, target, out)
}

/** By the kernel; every code of the array's width must be one of f. */
function arithmetically(codes: Codes, f: Format, out: Float32Array): Float32Array {
  const m = machine()
  const { block32, uint8, uint16 } = views()
  const { emin, precision, width } = f
  const bytes = codes.BYTES_PER_ELEMENT
  const memory = bytes === 1 ? uint8 : uint16
  const first = m.blockB.value / bytes
  const body = powerOfTwo(width - 1) - 1
  const finite = encode(largest(f), f)
  const nanAbove = f.specials === 'ieee' ? finite + 1 : f.specials === 'nan-only' ? body - 1 : body
  const nanCode = f.specials === 'fnuz' ? body + 1 : -1
  const step = block32.length
  for (let start = 0; start < codes.length; start += step) {
    const part = codes.subarray(start, start + step)
    memory.set(part, first)
    m.values32(part.length, emin, precision, width, finite, nanAbove, nanCode)
    out.set(part.length === step ? block32 : block32.subarray(0, part.length), start)
  }
  return out
}

function byTable(codes: Codes, f: Format, out: Float32Array): Float32Array {
  const table = tableOf(f)
  // Two loops that look alike: each sees one kind of array, which the engine makes faster code of.
  const seen = codes instanceof Uint8Array ? lookUp8(codes, table, out) : lookUp16(codes, table, out)
  if (seen >= table.length) {
    const code = codes.find((c) => c >= table.length) as number
    throw new FpsimError('invalid-code', { code, format: f.name, width: f.width })
  }
  return out
}

function lookUp8(codes: Uint8Array, table: Float32Array, out: Float32Array): number {
  let seen = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number
    seen |= code
    out[i] = table[code] as number
  }
  return seen
}

function lookUp16(codes: Uint16Array, table: Float32Array, out: Float32Array): number {
  let seen = 0
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number
    seen |= code
    out[i] = table[code] as number
  }
  return seen
}
