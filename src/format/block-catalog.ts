/** Every block format as data: elements that share a scale, each with its specification; and the names they go by. */
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import type { Format } from './format.js'
import { format } from './parse.js'

/** How the power of two of a block follows from its largest size: see `scaleExponent`. */
export const scaleRules = ['floor', 'ceil', 'even', 'rceil'] as const
export type ScaleRule = (typeof scaleRules)[number]

export interface BlockFormat {
  readonly name: string
  /** What one element can be. Of the integers of mxint8 this tells the values; their codes are two's complement. */
  readonly element: Format
  readonly integers: boolean
  /** Elements that share a scale. */
  readonly size: number
  /** The format of that scale. */
  readonly scale: Format
  /** Whether a float32 for the whole tensor multiplies all scales. */
  readonly tensorScale: boolean
  /** Where the format is defined. */
  readonly spec: string
}

/** ±127/64 in steps of 1/64: the integers of MXINT8. −128 has a code, but rounding does not give it. */
const int8: Format = Object.freeze({
  name: 'int8',
  width: 8,
  precision: 7,
  emin: 0,
  emax: 0,
  signed: true,
  subnormals: true,
  negativeZero: false,
  specials: 'none',
  spec: 'OCP MX 1.0 (INT8, two’s complement, times 2^-6)',
})

const mx = (name: string, element: Format): BlockFormat =>
  Object.freeze({
    name,
    element,
    integers: element === int8,
    size: 32,
    scale: format('e8m0'),
    tensorScale: false,
    spec: `OCP Microscaling Formats (MX) 1.0: 32 elements, an E8M0 scale`,
  })

const nvfp4 = (name: string, tensorScale: boolean, spec: string): BlockFormat =>
  Object.freeze({
    name,
    element: format('e2m1'),
    integers: false,
    size: 16,
    scale: format('e4m3fn'),
    tensorScale,
    spec,
  })

let made: readonly BlockFormat[] | undefined

/** All of them, the widest elements first. */
export function blockFormats(): readonly BlockFormat[] {
  made ??= Object.freeze([
    mx('mxfp8-e4m3fn', format('e4m3fn')),
    mx('mxfp8-e5m2', format('e5m2')),
    mx('mxint8', int8),
    mx('mxfp6-e3m2', format('e3m2')),
    mx('mxfp6-e2m3', format('e2m3')),
    mx('mxfp4', format('e2m1')),
    nvfp4('nvfp4', true, 'NVIDIA TransformerEngine: 16 elements, an E4M3 scale, a float32 for the tensor'),
    nvfp4('nvfp4-1', false, 'NVIDIA TransformerEngine without the scale of the tensor: 16 elements, an E4M3 scale'),
  ])
  return made
}

/** Other names, without separators. */
const aliases: Readonly<Record<string, string>> = {
  mxfp8e4m3: 'mxfp8-e4m3fn',
  mxint: 'mxint8',
  mxfp6e3m2fn: 'mxfp6-e3m2',
  mxfp6e2m3fn: 'mxfp6-e2m3',
  mxfp4e2m1: 'mxfp4',
  mxfp4e2m1fn: 'mxfp4',
  nvfp42: 'nvfp4',
  nvfp4twolevel: 'nvfp4',
  nvfp4onelevel: 'nvfp4-1',
}

const ambiguous: Readonly<Record<string, readonly string[]>> = {
  mxfp8: ['mxfp8-e4m3fn', 'mxfp8-e5m2'],
  mxfp6: ['mxfp6-e3m2', 'mxfp6-e2m3'],
}

const plain = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_.-]/g, '')

/** The block format of a name, or undefined; throws 'ambiguous-format' for a name of several. */
export function findBlockFormat(name: string): BlockFormat | undefined {
  const word = plain(name)
  const candidates = Object.hasOwn(ambiguous, word) ? ambiguous[word] : undefined
  if (candidates) throw new FpsimError('ambiguous-format', { name, candidates, among: 'blocks' })
  const wanted = plain(Object.hasOwn(aliases, word) ? (aliases[word] as string) : word)
  return blockFormats().find((f) => plain(f.name) === wanted)
}

/**
 * The block format of a name: the catalog's or an alias, separators and case aside. Throws 'unknown-format' { name,
 * suggestion, among: 'blocks', allowed } and 'ambiguous-format' { name, candidates }.
 */
export function blockFormat(name: string): BlockFormat {
  const found = typeof name === 'string' ? findBlockFormat(name) : undefined
  if (found) return found
  const allowed = blockFormats().map((f) => f.name)
  const suggestion = suggest(String(name), [...allowed, ...Object.keys(ambiguous)])
  throw new FpsimError('unknown-format', { name: String(name), suggestion, among: 'blocks', allowed })
}

/** Whether the scale of a block is a power of two, by one of the rules. */
export const isPowerScaled = ({ scale }: BlockFormat): boolean => scale.precision === 1

/** Bits of storage an element takes, its part of the block's scale included; not the one float32 of a whole tensor. */
export const bitsPerElement = ({ element, scale, size }: BlockFormat): number => element.width + scale.width / size
