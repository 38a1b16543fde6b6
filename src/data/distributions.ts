/** Random values of a known distribution: value i is a pure function of the seed and i. */
import { FpsimError } from '../errors.js'
import { cos, exp, expm1, log } from '../kernel/kernel.js'
import { suggest } from '../suggest.js'
import { blocks } from './rng.js'
import type { Block, Source } from './source.js'

export const distributionNames = ['normal', 'lognormal', 'laplace', 'student-t'] as const
export type DistributionName = (typeof distributionNames)[number]

export interface DistributionOptions {
  readonly distribution: DistributionName
  /** Centre; of ln x for lognormal. Default 0. */
  readonly mean?: number
  /**
   * Spread. normal: standard deviation; lognormal: standard deviation of ln x; laplace: standard deviation (scale · √2);
   * student-t: the factor of t, whose own standard deviation is √(df/(df−2)) for df > 2 and infinite below. Default 1.
   */
  readonly std?: number
  /** Degrees of freedom of student-t: the smaller, the heavier the tails. Default 4. */
  readonly df?: number
  /** How many values. Default 1,000,000. */
  readonly count?: number
  readonly seed: number
}

const blockLength = 65536
const two32 = 4294967296
const two52 = 4503599627370496
const twoPi = 6.283185307179586

/**
 * A source of `count` values. Deterministic: equal options give equal bits on every machine, in any order of reading.
 * Values are float64 with errors of a few ulp of the formula; they are finite except where a lognormal or a large spread
 * leaves float64's range (Inf), never NaN. Each value uses one 128-bit block of the seed's random numbers: two uniforms
 * u, v, odd multiples of 2^-53 in (0, 1). Methods: normal √(−2 ln u) cos 2πv (Box and Muller 1958); student-t
 * √(df (u^(−2/df) − 1)) cos 2πv (Bailey 1994), both exact in distribution but for the 52 bits of u, which end the tails
 * of the normal at 8.57 standard deviations; laplace −ln u with the sign of v − ½; lognormal exp of the normal.
 */
export function distribution(options: DistributionOptions): Source {
  const { distribution: name, mean = 0, std = 1, df = 4, count = 1_000_000, seed } = options
  if (!distributionNames.includes(name))
    throw new FpsimError('invalid-value', {
      option: 'distribution',
      value: name,
      allowed: distributionNames,
      suggestion: suggest(String(name), distributionNames),
    })
  need('mean', mean, Number.isFinite(mean), '(-Inf, Inf)')
  need('std', std, Number.isFinite(std) && std > 0, '(0, Inf)')
  // Below a quarter, u^(−2/df) could leave float64's range.
  if (name === 'student-t') need('df', df, Number.isFinite(df) && df >= 0.25, '[0.25, Inf)')
  need('count', count, Number.isSafeInteger(count) && count > 0, '1, 2, 3 … 2^53-1')
  const draw = blocks(seed, 'distribution')
  const standard = standards[name]
  return {
    name,
    size: count,
    *blocks(): Iterable<Block> {
      const values = new Float64Array(Math.min(blockLength, count))
      for (let start = 0; start < count; start += blockLength) {
        const length = Math.min(blockLength, count - start)
        for (let i = 0; i < length; i++) {
          const words = draw(start + i)
          const u = open(words[0] as number, words[1] as number)
          const v = open(words[2] as number, words[3] as number)
          const value = mean + std * standard(u, v, df)
          values[i] = name === 'lognormal' ? exp(value) : value
        }
        yield { tensor: '', values: length === values.length ? values : values.subarray(0, length) }
      }
    },
  }
}

/** Two words as an odd multiple of 2^-53: uniform, symmetric about ½, never 0 or 1. Exact. */
const open = (high: number, low: number): number => ((high >>> 12) * two32 + low + 0.5) / two52

const normal = (u: number, v: number): number => Math.sqrt(-2 * log(u)) * cos(twoPi * v)

/** A value of mean 0 and spread 1 from two uniforms. */
const standards: Readonly<Record<DistributionName, (u: number, v: number, df: number) => number>> = {
  normal,
  lognormal: normal,
  laplace: (u, v) => (v < 0.5 ? log(u) : -log(u)) * Math.sqrt(0.5),
  'student-t': (u, v, df) => Math.sqrt(df * expm1((-2 / df) * log(u))) * cos(twoPi * v),
}

function need(option: string, value: unknown, holds: boolean, allowed: string): void {
  if (!holds) throw new FpsimError('invalid-value', { option, value, allowed })
}
