/** What a number is known for: limits that follow from each format, and defaults of the loss-scale policies. */
import { powerOfTwo } from '../format/bits.js'
import { formats } from '../format/catalog.js'
import { bias, type Format, fractionBits, largest, machineEpsilon, smallest, smallestNormal } from '../format/format.js'
import { round } from '../format/round.js'
import { log } from '../kernel/kernel.js'
import { policies } from '../train/policies.js'

export interface NumberFact {
  /** What the number is: `largest`, `zeroUpTo`, `initScale` … */
  readonly code: string
  readonly value: number
  /** Formats or policies of which it holds, teaching order. */
  readonly names: readonly string[]
  readonly of: 'format' | 'policy'
}

type One = readonly [code: string, value: number]

/** Where overflow begins: halfway from the largest value to the next one, were there one. Inf where float64 ends there. */
const middleAbove = (f: Format): number => largest(f) + powerOfTwo(f.emax - fractionBits(f)) / 2

/** Every limit of a format. Exact, but for those that begin with `exp`: within 1e-15 of themselves. */
function limitsOf(f: Format): One[] {
  const half = smallest(f) / 2
  const middle = middleAbove(f)
  const overflows = Number.isFinite(middle) && round(middle, f) !== largest(f)
  const integers = 2 / machineEpsilon(f)
  const square = round(Math.sqrt(middle), f, { rounding: 'up' })
  return [
    ['largest', largest(f)],
    ...(Number.isFinite(middle) ? [[overflows ? 'overflowsFrom' : 'keptUpTo', middle] as One] : []),
    ['smallestNormal', smallestNormal(f)],
    ['smallest', smallest(f)],
    ...(half > 0 && round(half, f) === 0 ? [['zeroUpTo', half] as One] : []),
    ['epsilon', machineEpsilon(f)],
    ['unitRoundoff', machineEpsilon(f) / 2],
    ['integersUpTo', integers],
    ...(integers < largest(f) ? [['firstLostInteger', integers + 1] as One, ['alwaysLost', 2 * integers] as One] : []),
    ...(overflows && Number.isFinite(square) ? [['squareOverflowsFrom', square] as One] : []),
    ...(overflows ? [['expOverflowsAbove', log(middle)] as One] : []),
    ...(half > 0 && round(half, f) === 0 ? [['expZeroBelow', log(half)] as One] : []),
    ['bias', bias(f)],
  ]
}

const defaults = ['initScale', 'growthFactor', 'backoffFactor', 'growthInterval', 'minScale', 'maxScale'] as const

/** Every fact, those of one kind and value together. */
export function numberFacts(): readonly NumberFact[] {
  const found = new Map<string, NumberFact>()
  const add = (of: NumberFact['of'], name: string, [code, value]: One): void => {
    const key = `${code} ${value}`
    found.set(key, { code, value, of, names: [...(found.get(key)?.names ?? []), name] })
  }
  // A format whose significand is one bit has no steps to speak of.
  for (const f of formats) if (f.precision > 1) for (const one of limitsOf(f)) add('format', f.name, one)
  for (const { name, family, defaults: own } of policies)
    for (const key of defaults) {
      const value = own[key]
      if (family !== 'constant' && value !== undefined) add('policy', name, [key, value])
    }
  return [...found.values()]
}

/** How many significant digits a decimal shows; undefined for what is no plain decimal (2^-24, 0x10). */
export function shownDigits(text: string): number | undefined {
  const match = /^[+-]?(\d*)\.?(\d*)(e[+-]?\d+)?$/i.exec(text.replaceAll('_', ''))
  if (!match) return undefined
  const [, whole = '', part = '', exponent] = match
  const digits = (part === '' && exponent === undefined ? whole.replace(/0+$/, '') : whole + part).replace(/^0+/, '')
  // One digit says too little, unless it was written as 6e-8.
  return digits.length > 1 || exponent !== undefined ? digits.length : undefined
}

/**
 * The facts of a number as written: those that equal it, else those that the digits shown round from and that are within
 * 1 % of it (65500 is 65504 cut to three digits, 6e-8 is 2^-24, 11.09 the logarithm of 65520; but 1e-7 is not 2^-23).
 */
export function factsOf(text: string, value: number): readonly NumberFact[] {
  const all = numberFacts()
  const wanted = Math.abs(value)
  const exact = all.filter((fact) => fact.value === wanted || fact.value === value)
  if (exact.length > 0) return exact
  const digits = shownDigits(text)
  if (digits === undefined || digits === 0 || digits > 15) return []
  return all.filter(({ value: own }) => {
    const size = Math.abs(own)
    return Number(size.toPrecision(digits)) === wanted && Math.abs(size - wanted) <= size / 100
  })
}
