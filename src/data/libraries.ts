/** What other libraries make of a float64 when they convert it to a format: a table of rules, and the rules carried out. */
import { type Format, largest, smallest, smallestNormal } from '../format/format.js'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'

export const libraries = ['torch', 'numpy', 'ml_dtypes', 'onnx', 'ocp', 'cpfloat', 'chop'] as const
export type Library = (typeof libraries)[number]

/**
 * How a rule is known: `ran`, the library itself gave every answer of test/vectors/libraries; `built`, single values of a
 * build of it; `read`, from its source; `table`, from the published limits of the format. Else nobody has checked.
 */
export type Known = 'ran' | 'built' | 'read' | 'table' | 'unverified'

/** What becomes of something that the format does not have; `or` where a specification leaves the choice. */
export type Answer = number | 'unverified' | { readonly or: readonly number[] }

export interface Semantics {
  readonly library: Library
  /** What the library calls it. */
  readonly type: string
  /** The format by fpsim's name: rows of one family are what people mean by one name. */
  readonly family: string
  readonly known: Known
  /** Where this is to be found. */
  readonly source: string
  /** The values it has, where they are not those of the family. */
  readonly values?: Partial<Format>
  /** Rounds to float32 before anything else. */
  readonly first?: 'fp32'
  /** Beyond the largest, where it is not what the format does by itself. */
  readonly beyond?: 'largest' | 'nan' | 'either' | 'unverified'
  /** Infinite inputs; by itself as beyond. */
  readonly infinite?: 'unverified'
  /** NaN, in formats that have none. */
  readonly nan?: number | 'unverified'
  /**
   * Without subnormals: below the smallest normal number becomes 0 or that number, from its half on; `keeps`: a 0 keeps its
   * sign. `chop` has rounded to the precision there before it compares.
   */
  readonly small?: 'keeps' | 'chop' | 'chop-subnormals'
  /** ml_dtypes' e8m0: halves go up, as all between the two smallest does; not positive or beyond: NaN. */
  readonly scale?: true
}

const rule = (
  library: Library,
  known: Known,
  source: string,
  rows: readonly (readonly [type: string, family: string, own?: Partial<Semantics>])[],
): Semantics[] => rows.map(([type, family, own]) => ({ library, type, family, known, source, ...own }))

const viaFloat = { first: 'fp32' } as const
const saturating = { first: 'fp32', beyond: 'largest' } as const
/** Inf and 14 codes of NaN: the largest is 240. */
const ieeeE4m3: Partial<Format> = { specials: 'ieee', emax: 7 }
const unverified = { known: 'unverified' } as const

/** Rows in the order of the libraries. Everything rounds to nearest, ties to even, where it does not say otherwise. */
export const semantics: readonly Semantics[] = [
  ...rule('torch', 'ran', 'PyTorch 1.13, tensor.to(dtype)', [
    ['float16', 'fp16', viaFloat],
    ['bfloat16', 'bf16', viaFloat],
    ['float32', 'fp32'],
    ['float8_e4m3fn', 'e4m3fn', unverified],
    ['float8_e5m2', 'e5m2', unverified],
    ['float8_e4m3fnuz', 'e4m3fnuz', unverified],
    ['float8_e5m2fnuz', 'e5m2fnuz', unverified],
  ]),
  ...rule('numpy', 'ran', 'NumPy 1.24, astype', [
    ['float16', 'fp16'],
    ['float32', 'fp32'],
  ]),
  ...rule('ml_dtypes', 'ran', 'ml_dtypes 0.6.0, array.astype; jax-ml/ml_dtypes#401', [
    ['bfloat16', 'bf16', viaFloat],
    ['float8_e4m3fn', 'e4m3fn', viaFloat],
    ['float8_e4m3', 'e4m3fn', { ...viaFloat, values: ieeeE4m3 }],
    ['float8_e5m2', 'e5m2', viaFloat],
    ['float8_e3m4', 'e3m4', viaFloat],
    ['float8_e4m3fnuz', 'e4m3fnuz', viaFloat],
    ['float8_e5m2fnuz', 'e5m2fnuz', viaFloat],
    ['float8_e4m3b11fnuz', 'e4m3b11fnuz', viaFloat],
    ['float8_e8m0fnu', 'e8m0', { ...viaFloat, scale: true }],
    ['float6_e3m2fn', 'e3m2', { ...viaFloat, nan: -0 }],
    ['float6_e2m3fn', 'e2m3', { ...viaFloat, nan: -0 }],
    ['float4_e2m1fn', 'e2m1', { ...viaFloat, nan: -0 }],
  ]),
  ...rule('onnx', 'ran', 'onnx 1.23.1, ReferenceEvaluator, Cast', [
    ['FLOAT16', 'fp16'],
    ['BFLOAT16', 'bf16', viaFloat],
    ['FLOAT8E4M3FN', 'e4m3fn', saturating],
    ['FLOAT8E4M3FN saturate=0', 'e4m3fn', viaFloat],
    ['FLOAT8E5M2', 'e5m2', saturating],
    ['FLOAT8E5M2 saturate=0', 'e5m2', viaFloat],
    ['FLOAT8E4M3FNUZ', 'e4m3fnuz', saturating],
    ['FLOAT8E4M3FNUZ saturate=0', 'e4m3fnuz', viaFloat],
    ['FLOAT8E5M2FNUZ', 'e5m2fnuz', saturating],
    ['FLOAT8E5M2FNUZ saturate=0', 'e5m2fnuz', viaFloat],
    ['FLOAT4E2M1', 'e2m1', { ...viaFloat, nan: -0 }],
    ['FLOAT8E8M0', 'e8m0', unverified],
  ]),
  ...rule('ocp', 'table', 'OCP OFP8 1.0, MX 1.0', [
    ['E4M3', 'e4m3fn', { beyond: 'either', infinite: 'unverified' }],
    ['E5M2', 'e5m2', { beyond: 'unverified', infinite: 'unverified' }],
    ['E3M2', 'e3m2', { infinite: 'unverified', nan: 'unverified' }],
    ['E2M3', 'e2m3', { infinite: 'unverified', nan: 'unverified' }],
    ['E2M1', 'e2m1', { infinite: 'unverified', nan: 'unverified' }],
    ['E8M0', 'e8m0', unverified],
  ]),
  ...rule('cpfloat', 'read', 'cpfloat, src/cpfloat_template.h', [
    ['fp16', 'fp16'],
    ['bf16', 'bf16', { small: 'keeps' }],
    ['tf32', 'tf32'],
    [
      'E4M3',
      'e4m3fn',
      {
        known: 'built',
        source: 'cpfloat 3583976: 465 → 480, 496 → NaN',
        values: { specials: 'ieee', emax: 8 },
        beyond: 'nan',
        infinite: 'unverified',
      },
    ],
    ['E5M2', 'e5m2', unverified],
  ]),
  ...rule('chop', 'read', 'higham/chop, chop.m, round 1', [
    ['fp16', 'fp16', { small: 'chop-subnormals' }],
    ['bf16', 'bf16', { small: 'chop' }],
    ['tf32', 'tf32', { small: 'chop-subnormals' }],
    ['q43', 'e4m3fn', { values: ieeeE4m3, small: 'chop-subnormals' }],
    ['q52', 'e5m2', { small: 'chop-subnormals' }],
  ]),
]

/** The format whose values a row has; its name is the family's. */
export const formatOf = ({ family, values }: Semantics): Format => ({ ...format(family), ...values, name: family })

/** Below the smallest normal number in a library without subnormals, or in chop. */
function small(x: number, f: Format, how: 'keeps' | 'chop' | 'chop-subnormals'): number {
  const least = how === 'chop-subnormals' ? smallest(f) : smallestNormal(f)
  // chop rounds first: to the subnormals, and below all of them to the precision.
  const rounded =
    how === 'keeps' ? x : Math.abs(x) >= smallest(f) ? rounder(f)(x) : rounder({ ...f, emin: -900, width: 32 })(x)
  const size = Math.abs(rounded)
  if (size >= least) return rounded
  const stays = how === 'chop-subnormals' ? size > least / 2 : size >= least / 2
  if (stays) return x < 0 ? -least : least
  return how === 'keeps' ? x * 0 : 0
}

/** A row that gives a number to the value. */
function scaleOf(x: number, f: Format): number {
  if (!(x > 0) || x >= 1.5 * largest(f)) return Number.NaN
  const least = smallest(f)
  if (x <= least) return least
  if (x <= 2 * least) return 2 * least
  return rounder(f, { rounding: 'nearest-away' })(x)
}

/**
 * Exact where the row is known: what the library gives for a float64. 'unverified' where nobody has checked it. A NaN, an
 * infinity and −0 come out as they do there.
 */
export function converted(row: Semantics, value: number): Answer {
  if (row.known === 'unverified') return 'unverified'
  const f = formatOf(row)
  const x = row.first === 'fp32' ? Math.fround(value) : value
  if (Number.isNaN(x)) return row.nan ?? Number.NaN
  if (row.scale) return scaleOf(x, f)
  const infinite = !Number.isFinite(x)
  if (infinite && row.infinite === 'unverified') return 'unverified'
  if (row.small && Math.abs(x) < smallestNormal(f)) return small(x, f, row.small)
  const plain = rounder(f)(x)
  const unlimited = rounder(f, { overflow: 'saturate' })(x)
  // What saturates where the format would not is beyond the largest.
  const beyond = infinite || Math.abs(x) > largest(f) ? !Object.is(plain, unlimited) : false
  if (!beyond || row.beyond === undefined) return plain
  if (row.beyond === 'unverified') return 'unverified'
  if (row.beyond === 'nan') return Number.NaN
  return row.beyond === 'either' ? { or: [plain, unlimited] } : unlimited
}

/** What changes if one property of the row is taken away: why it gives what it gives. */
export type Reason =
  | 'unverified'
  | 'nan'
  | 'infinite'
  | 'double-rounding'
  | 'scale'
  | 'beyond'
  | 'saturates'
  | 'range'
  | 'no-subnormals'
  | 'exact'
  | 'nearest'

const same = (a: Answer, b: Answer): boolean =>
  typeof a === 'number' && typeof b === 'number' ? Object.is(a, b) : JSON.stringify(a) === JSON.stringify(b)

/** The reason that weighs most. */
export function reasonFor(row: Semantics, value: number, answer: Answer): Reason {
  if (answer === 'unverified') return 'unverified'
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return 'infinite'
  const { first: _, ...direct } = row
  if (row.first && !same(answer, converted(direct, value))) return 'double-rounding'
  if (row.scale) return 'scale'
  const f = formatOf(row)
  const rounded = rounder({ ...f, specials: 'ieee', emax: 1000, width: 32 })(row.first ? Math.fround(value) : value)
  if (Math.abs(rounded) > largest(f)) return Math.abs(answer as number) === largest(f) ? 'saturates' : 'beyond'
  if (Math.abs(rounded) > largest(format(row.family))) return 'range'
  if (row.small && row.small !== 'chop-subnormals' && !same(answer, rounder(f)(value))) return 'no-subnormals'
  return Object.is(answer, value) ? 'exact' : 'nearest'
}
