/** Long sums: where they stall, how large the error grows with the length, and what cures it. */
import * as z from 'zod/mini'
import { divide, float64Of, type Rational, rationalOf, subtract } from '../format/exact.js'
import { type Format, largest, machineEpsilon } from '../format/format.js'
import { format } from '../format/parse.js'
import { rounder } from '../format/round.js'
import { type DotOptions, dot } from '../kernel/dot.js'
import type { Block, Cell, Label } from '../result/result.js'
import { formatName, number } from './params.js'
import { defineRunner, type ParamsOf } from './runner.js'
import { sumOfOnes } from './stall.js'

const params = {
  format: z._default(formatName(), 'fp16'),
  value: z._default(number({ above: 0 }), 1e-4),
  count: z._default(number({ integer: true, min: 2, max: 1e6 }), 20_000),
  chunk: z._default(number({ integer: true, min: 1, max: 1e6 }), 128),
}

type Params = ParamsOf<typeof params>

const metrics = {
  exactSum: 'number',
  sequential: 'number',
  sequentialError: 'percent',
  pairwiseError: 'percent',
  kahanError: 'percent',
  chunkedError: 'percent',
  fp32Error: 'percent',
  stallsAt: 'number',
  onesStallAt: 'count',
} as const

/** Half an ulp of 1, the u of the error bounds. */
const roundoff = (f: Format): number => machineEpsilon(f) / 2

/** n·u / (1 − n·u), Higham's γ; Infinity where n·u reaches 1 and the bound says nothing. */
const gamma = (n: number, u: number): number => (n * u < 1 ? (n * u) / (1 - n * u) : Number.POSITIVE_INFINITY)

/** A bound of 1 or more says nothing about a sum of positive terms. */
const meaningful = (bound: number): number => (bound < 1 ? bound : Number.NaN)

/** ceil(log2 n): the depth of a pairwise sum. */
function depth(n: number): number {
  let levels = 0
  for (let size = 1; size < n; size *= 2) levels++
  return levels
}

/** A way to sum, and the largest relative error that theory allows for n positive terms. */
interface Method {
  readonly name: 'sequential' | 'pairwise' | 'kahan' | 'chunked' | 'fp32'
  readonly options: DotOptions
  bound(n: number): number
}

/** Higham, Accuracy and Stability of Numerical Algorithms, ch. 4; the products by 1 are exact. */
function methodsOf(p: Params, f: Format): Method[] {
  const fp32 = format('fp32')
  const [u, w] = [roundoff(f), roundoff(fp32)]
  const all: Method[] = [
    { name: 'sequential', options: { accumulate: f }, bound: (n) => gamma(n - 1, u) },
    {
      name: 'chunked',
      options: { accumulate: f, chunk: p.chunk },
      bound: (n) => gamma(Math.min(n, p.chunk) - 1, u) + gamma(Math.ceil(n / p.chunk), w),
    },
    { name: 'pairwise', options: { accumulate: f, method: 'pairwise' }, bound: (n) => gamma(depth(n), u) },
    { name: 'kahan', options: { accumulate: f, method: 'kahan' }, bound: (n) => 2 * u + 2 * n * u * u },
    { name: 'fp32', options: { accumulate: fp32 }, bound: (n) => gamma(n - 1, w) },
  ]
  return all.filter(({ name }) => name !== 'fp32' || f !== fp32)
}

/** |sum − n·x| / (n·x), from the exact rational. */
function relativeError(sum: number, x: number, n: number): number {
  if (!Number.isFinite(sum)) return Number.NaN
  const { numerator, denominator } = rationalOf(x)
  const exact: Rational = { numerator: numerator * BigInt(n), denominator }
  return Math.abs(float64Of(divide(subtract(rationalOf(sum), exact), exact)))
}

/** Lengths for the chart: powers of two up to the count, and the count. */
function lengthsUpTo(count: number): number[] {
  const lengths: number[] = []
  for (let n = 16; n < count; n *= 2) lengths.push(n)
  return [...lengths, count]
}

const label = (name: string): Label => ({ code: `sum-${name}` })

export const summation = defineRunner({
  name: 'summation',
  params,
  exclusive: [],
  metrics,
  parts: ['methods', 'growth'],
  async run(p, { show }) {
    const f = format(p.format)
    const x = rounder(f)(p.value)
    const ones = new Float32Array(p.count).fill(1)
    const terms = Float64Array.from(ones, () => x)
    const methods = methodsOf(p, f)
    const sumOf = ({ options }: Method, n: number): number => dot(terms.subarray(0, n), ones.subarray(0, n), options)
    const sums = methods.map((method) => sumOf(method, p.count))
    const errors = sums.map((sum) => relativeError(sum, x, p.count))
    const lengths = lengthsUpTo(p.count)
    const table = (): Block => ({
      kind: 'table',
      columns: [
        { label: { code: 'method' }, as: 'text' },
        { label: { code: 'sum' }, as: 'exact' },
        { label: { code: 'error' }, as: 'percent' },
        { label: { code: 'theoryAllows' }, as: 'text' },
      ],
      rows: methods.map((method, i): Cell[] => {
        const bound = method.bound(p.count)
        const allowed: Cell = bound < 1 ? { code: 'percentOf', values: { share: bound } } : { code: 'anything' }
        return [
          { code: `sum-${method.name}`, values: { format: f.name, chunk: p.chunk } },
          sums[i] as number,
          errors[i] as number,
          allowed,
        ]
      }),
      tones: errors.map((error) => (error < 0.01 ? 'good' : 'bad')),
    })
    const chart = (): Block => ({
      kind: 'line-chart',
      title: { code: 'errorByLength', values: { format: f.name } },
      x: { label: { code: 'termsAxis' }, values: lengths, scale: 'log2' },
      y: { label: { code: 'relativeErrorAxis' }, scale: 'log2' },
      series: [
        ...methods.map((method) => ({
          label: label(method.name),
          values: lengths.map((n) => relativeError(sumOf(method, n), x, n)),
        })),
        {
          label: { code: 'bound' },
          values: lengths.map((n) => meaningful(gamma(n - 1, roundoff(f)))),
          tone: 'note' as const,
        },
      ],
    })
    const draw: Record<string, () => Block> = { methods: table, growth: chart }
    const [sequential = Number.NaN] = sums
    const error = (name: Method['name']): number =>
      errors[methods.findIndex((method) => method.name === name)] ?? Number.NaN
    const exactSum = float64Of({
      numerator: rationalOf(x).numerator * BigInt(p.count),
      denominator: rationalOf(x).denominator,
    })
    const stalled = sequential < exactSum / 2 && sequential < largest(f)
    return {
      subject: { code: 'sumSubject', values: { count: p.count, value: x, format: f.name } },
      metrics: {
        exactSum,
        sequential,
        sequentialError: error('sequential'),
        pairwiseError: error('pairwise'),
        kahanError: error('kahan'),
        chunkedError: error('chunked'),
        fp32Error: error(f.name === 'fp32' ? 'sequential' : 'fp32'),
        stallsAt: stalled ? sequential : Number.NaN,
        onesStallAt: sumOfOnes(f),
      },
      findings: [
        {
          code: 'sumSequential',
          tone: error('sequential') < 0.01 ? 'good' : 'bad',
          values: { count: p.count, value: x, format: f.name, sum: sequential, exact: exactSum },
        },
        { code: 'onesStall', tone: 'bad', values: { format: f.name, at: sumOfOnes(f) } },
      ],
      blocks: (show.length > 0 ? show : ['methods', 'growth']).flatMap((part) => draw[part]?.() ?? []),
    }
  },
})
