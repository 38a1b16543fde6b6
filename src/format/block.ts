/** One block of values with a shared scale: the scale, the codes, and what they stand for. Plain and exact. */
import { FpsimError } from '../errors.js'
import { exponentOf, powerOfTwo, scaleByPowerOfTwo } from './bits.js'
import { type BlockFormat, isPowerScaled, type ScaleRule } from './block-catalog.js'
import { decode } from './decode.js'
import { codeOfFields, fieldsOfValue } from './encode.js'
import { fractionBits, hasNaN, largest } from './format.js'
import { type RoundOptions, round, rounder } from './round.js'

/** The largest float32. */
const largest32 = powerOfTwo(128) - powerOfTwo(104)

/** A block encoded. */
export interface EncodedBlock {
  /** element · scale · the tensor's scale, as float32. */
  readonly values: readonly number[]
  /** A value of the scale's format. */
  readonly scale: number
  /** Right-aligned element codes. */
  readonly codes: readonly number[]
}

/** The largest size; NaN if there is one. */
export function amaxOf(values: ArrayLike<number>): number {
  let amax = 0
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number)
    if (size > amax || Number.isNaN(size)) amax = size
    if (Number.isNaN(amax)) return amax
  }
  return amax
}

/**
 * Exact. The exponent of the power of two that an MX block of largest size amax (a float32, finite) is divided by, from
 * −127 to 127; −127 for amax 0. With emax and M the element's largest exponent and its fraction bits:
 * - floor: floor(log2 amax) − emax (OCP MX 1.0, 6.3; torchao, microxcaling). amax may round beyond the largest element.
 * - ceil: ceil(log2 amax) − emax.
 * - even: floor(log2 (amax + h)) − emax, h half an element ulp of amax: 2^-(M + 1) of its binade (torchao: an integer added
 *   to the bits of the float32, so that h is that of 2^-126 among the subnormals).
 * - rceil: ceil(log2 (amax · (1 / the largest element))), reciprocal and product each rounded to float32 (NVIDIA's
 *   cvt.rp.ue8m0x2.f32 after that product; torchao).
 */
export function scaleExponent(amax: number, { element }: BlockFormat, rule: ScaleRule): number {
  const kept = (exponent: number): number => Math.max(-127, Math.min(127, exponent))
  if (amax === 0) return -127
  const ceiling = (x: number): number => {
    const exponent = exponentOf(x)
    return x > powerOfTwo(exponent) ? exponent + 1 : exponent
  }
  switch (rule) {
    case 'floor':
      return kept(exponentOf(amax) - element.emax)
    case 'ceil':
      return kept(ceiling(amax) - element.emax)
    case 'even': {
      const half = powerOfTwo(Math.max(exponentOf(amax), -126) - fractionBits(element) - 1)
      return kept(exponentOf(amax + half) - element.emax)
    }
    case 'rceil': {
      const ratio = Math.fround(amax * Math.fround(1 / largest(element)))
      return ratio === 0 ? -127 : kept(ceiling(ratio))
    }
  }
}

/** The code of an element: two's complement for integers; 0 for NaN where there is no code for it. */
function elementCode(value: number, { element, integers }: BlockFormat): number {
  if (Number.isNaN(value) && !hasNaN(element)) return 0
  if (!integers) return codeOfFields(fieldsOfValue(value, element), element)
  const integer = scaleByPowerOfTwo(value, fractionBits(element))
  return integer < 0 ? integer + 256 : integer + 0
}

/** Exact. The value of an element code, without scales; of integers, code 128 too, as −2. Throws 'invalid-code'. */
export function elementValue(code: number, { element, integers }: BlockFormat): number {
  if (!integers) return decode(code, element)
  if (!Number.isInteger(code) || code < 0 || code > 255)
    throw new FpsimError('invalid-code', { code, format: element.name, width: element.width })
  return scaleByPowerOfTwo(code > 127 ? code - 256 : code, -fractionBits(element))
}

/** What divides a whole tensor before its blocks are encoded, and multiplies it after. */
export interface TensorScale {
  readonly encode: number
  readonly decode: number
}

export const noTensorScale: TensorScale = { encode: 1, decode: 1 }

/**
 * The two factors of an NVFP4 tensor of largest size amax, each rounded once to float32: 448 · 6 / amax, at most the largest
 * float32, and its reciprocal, which is what is stored. 1 for amax 0, ±Inf; NaN for NaN. Source: TransformerEngine,
 * compute_global_encode_scaling_factor_FP4 and quantization_nvfp4.py.
 */
export function tensorScaleOf(amax: number, { element, scale, tensorScale }: BlockFormat): TensorScale {
  if (!tensorScale || amax === 0 || amax === Number.POSITIVE_INFINITY) return noTensorScale
  const encode = Math.min(Math.fround((largest(scale) * largest(element)) / amax), largest32)
  return { encode, decode: Math.fround(1 / encode) }
}

/** The scale of a block, and what its values are multiplied by to become elements, and back. */
export interface BlockScale {
  readonly scale: number
  readonly encode: number
  readonly decode: number
}

/**
 * The scale of a block of largest size amax. MX: a power of two, so that both factors are exact; NaN for NaN and Inf. NVFP4,
 * with every step rounded to float32 as in TransformerEngine: amax · (the tensor's factor · (1 / 6)), to E4M3 nearest-even,
 * at most 448 (an infinite amax too); the factors are scale · the tensor's scale and its reciprocal, at most the largest
 * float32 (so for a scale that became 0, whose block decodes to zeros).
 */
export function blockScale(
  amax: number,
  f: BlockFormat,
  rule: ScaleRule,
  tensor: TensorScale = noTensorScale,
): BlockScale {
  if (isPowerScaled(f)) {
    if (!(amax < Number.POSITIVE_INFINITY)) return { scale: Number.NaN, encode: Number.NaN, decode: Number.NaN }
    const exponent = scaleExponent(amax, f, rule)
    return { scale: powerOfTwo(exponent), encode: powerOfTwo(-exponent), decode: powerOfTwo(exponent) }
  }
  const multiplier = Math.fround(tensor.encode * Math.fround(1 / largest(f.element)))
  const scale = round(Math.min(Math.fround(amax * multiplier), largest(f.scale)), f.scale, { overflow: 'saturate' })
  const decode = Math.fround(scale * tensor.decode)
  return { scale, encode: Math.min(Math.fround(1 / decode), largest32), decode }
}

export interface EncodeBlockOptions {
  /** Default 'floor'. */
  readonly rule?: ScaleRule
  readonly tensor?: TensorScale
  /** Elements are rounded stochastically, element i of the block with draw i; default nearest-even. */
  readonly random?: (i: number) => number
}

/**
 * One block, at most f.size float32 values. MX: exact, every element one rounding of value / scale, saturating; −0 stays
 * where the element has one; a block with a NaN or an Inf is NaN, all of it. NVFP4: the float32 product value · factor (see
 * `blockScale`), rounded once more, saturating; Inf becomes the largest; a block with a NaN is NaN. Codes of a NaN are the
 * element's NaN, else 0. Values are float32 products of element and scale: exact for MX, except that what lies beyond float32
 * (ceil, even and rceil can make 2^128 of the largest values) is ±Inf; one rounding for NVFP4.
 */
export function encodeBlock(
  values: ArrayLike<number>,
  f: BlockFormat,
  { rule = 'floor', tensor = noTensorScale, random }: EncodeBlockOptions = {},
): EncodedBlock {
  const { scale, encode, decode: back } = blockScale(amaxOf(values), f, rule, tensor)
  let index = 0
  const options: RoundOptions = random
    ? { rounding: 'stochastic', random: () => random(index), overflow: 'saturate' }
    : { overflow: 'saturate' }
  const rounded = rounder(f.element, options)
  const exact = isPowerScaled(f)
  const elements = Array.from(values, (x, i) => {
    index = i
    if (Number.isNaN(scale)) return Number.NaN
    return rounded(exact ? x * encode : Math.fround(x * encode))
  })
  return {
    values: elements.map((element) => Math.fround(element * back)),
    scale,
    codes: elements.map((element) => elementCode(element, f)),
  }
}
