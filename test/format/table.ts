/** A second way to round: no exponents, only the ordered list of a format's decoded magnitudes. */
import { decode } from '../../src/format/decode.js'
import type { Fate, Rounding } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'

export interface Table {
  readonly name: string
  /** Magnitudes by code, from the lowest; one value more than the format has, where the next binade step would be. */
  readonly values: Float64Array
  /** Index of the largest finite value. */
  readonly top: number
  readonly signed: boolean
  readonly negativeZero: boolean
  readonly infinity: boolean
  readonly nan: boolean
  /** How many of the first codes are zero or subnormal. */
  readonly low: number
}

/** Facts typed in, not taken from the records: which formats lack what. */
const noInfinity = new Set(['e4m3fn', 'e4m3fnuz', 'e5m2fnuz', 'e4m3b11fnuz', 'e3m2', 'e2m3', 'e2m1', 'e8m0'])
const noNaN = new Set(['e3m2', 'e2m3', 'e2m1'])
const fractionBitsOf: Readonly<Record<string, number>> = { fp16: 10, bf16: 7 }

export function tableOf(name: string): Table {
  const signed = name !== 'e8m0'
  const { width } = format(name)
  const codes = 2 ** (signed ? width - 1 : width)
  const magnitudes: number[] = []
  for (let code = 0; code < codes; code++) {
    const value = decode(code, name)
    if (!Number.isFinite(value)) break
    magnitudes.push(value)
  }
  const top = magnitudes.length - 1
  const last = magnitudes[top] as number
  magnitudes.push(name === 'e8m0' ? 2 * last : last + (last - (magnitudes[top - 1] as number)))
  const fraction = fractionBitsOf[name] ?? Number(/m(\d+)/.exec(name)?.[1])
  return {
    name,
    values: Float64Array.from(magnitudes),
    top,
    signed,
    negativeZero: signed && !name.includes('fnuz'),
    infinity: !noInfinity.has(name),
    nan: !noNaN.has(name),
    low: name === 'e8m0' ? 0 : 2 ** fraction,
  }
}

/** The index of the largest magnitude of the table that is <= size. */
export function lowerIndex(t: Table, size: number): number {
  let low = 0
  let high = t.values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((t.values[middle] as number) <= size) low = middle
    else high = middle - 1
  }
  return low
}

/** The index that x, of magnitude in [values[i], values[i + 1]), is rounded to: top + 1 is beyond the format. */
export function indexAt(t: Table, x: number, i: number, mode: Rounding, random: number): number {
  if (i > t.top) return i
  const size = Math.abs(x)
  const lower = t.values[i] as number
  const upper = t.values[i + 1] as number
  if (size === lower) return i
  const negative = x < 0
  const below = size - lower
  const above = upper - size
  const even = i % 2 === 0 ? i : i + 1
  switch (mode) {
    case 'nearest-even':
      return below < above ? i : below > above ? i + 1 : even
    case 'nearest-away':
      return below < above ? i : i + 1
    case 'toward-zero':
      return i
    case 'up':
      return negative ? i : i + 1
    case 'down':
      return negative ? i + 1 : i
    case 'to-odd':
      return even === i ? i + 1 : i
    case 'stochastic':
      return random < below / (upper - lower) ? i + 1 : i
  }
}

/** What the index stands for, with the sign of x; beyond the top by the mode and the policy. */
export function valueAt(t: Table, x: number, index: number, mode: Rounding, policy: 'ieee' | 'saturate'): number {
  const negative = x < 0 || Object.is(x, -0)
  const largest = t.values[t.top] as number
  let result: number
  if (index <= t.top) result = t.values[index] as number
  else {
    const inward = mode === 'toward-zero' || mode === 'to-odd' || mode === (negative ? 'up' : 'down')
    if (policy === 'saturate' || (inward && Number.isFinite(x))) result = largest
    else if (t.infinity) result = Number.POSITIVE_INFINITY
    else result = t.nan ? Number.NaN : largest
  }
  return negative ? (result === 0 && !t.negativeZero ? 0 : -result) : result
}

export const roundAt = (
  t: Table,
  x: number,
  i: number,
  mode: Rounding,
  policy: 'ieee' | 'saturate',
  random: number,
): number => valueAt(t, x, indexAt(t, x, i, mode, random), mode, policy)

/** The fate of x, given the index it was rounded to and the value that stands for. */
export function fateAt(t: Table, x: number, index: number, result: number): Fate {
  if (Number.isNaN(result)) return 'nan'
  if (!Number.isFinite(result)) return 'overflow'
  if (index > t.top) return 'saturated'
  if (x === 0) return 'exact'
  if (result === 0) return 'underflow'
  if (index < t.low) return 'subnormal'
  return result === x ? 'exact' : 'rounded'
}
