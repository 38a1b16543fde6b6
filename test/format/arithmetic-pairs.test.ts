/** All pairs of small formats, against roundings found in the sorted list of the format's values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arithmetic } from '../../src/format/arithmetic.js'
import { decode } from '../../src/format/decode.js'
import { format } from '../../src/format/parse.js'
import { deterministicModes, policies } from './support.js'

type Mode = (typeof deterministicModes)[number]

/** An exact nonnegative fraction of safe integers, in quanta, and the sign of the result. */
interface Exact {
  readonly top: number
  readonly bottom: number
  readonly negative: boolean
}

interface Line {
  readonly quantum: number
  /** Magnitudes in quanta by code; then what would come next if the exponent went on. */
  readonly sizes: readonly number[]
  readonly finite: number
  /** What overflow becomes. */
  readonly beyond: number
}

/** The values of a format as integers, from its decoded codes; the limits are typed here. */
function lineOf(name: string, beyond: number): Line {
  const { width } = format(name)
  const values: number[] = []
  for (let code = 0; code < 2 ** (width - 1); code++) {
    const x = decode(code, name)
    if (Number.isFinite(x)) values.push(x)
  }
  const quantum = values[1] as number
  const sizes = values.map((x) => x / quantum)
  const step = (sizes.at(-1) as number) - (sizes.at(-2) as number)
  return { quantum, sizes: [...sizes, (sizes.at(-1) as number) + step], finite: sizes.length, beyond }
}

/** The rounding of a fraction, by looking for its neighbours. All products stay below 2^53. */
function roundIn(line: Line, { top, bottom, negative }: Exact, mode: Mode, saturate: boolean): number {
  const { sizes, finite, quantum } = line
  let low = 0
  let high = sizes.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((sizes[middle] as number) * bottom <= top) low = middle
    else high = middle
  }
  const lower = sizes[low] as number
  let index = low
  if (low < finite && lower * bottom !== top) {
    const upper = sizes[low + 1] as number
    const twice = 2 * top - (lower + upper) * bottom
    const odd = low % 2 === 1
    const away =
      mode === 'nearest-even'
        ? twice > 0 || (twice === 0 && odd)
        : mode === 'nearest-away'
          ? twice >= 0
          : mode === 'toward-zero'
            ? false
            : mode === 'up'
              ? !negative
              : mode === 'down'
                ? negative
                : !odd
    if (away) index++
  }
  const inward = mode === 'toward-zero' || mode === 'to-odd' || mode === (negative ? 'up' : 'down')
  let size: number
  if (index < finite) size = (sizes[index] as number) * quantum
  else size = saturate || inward ? (sizes[finite - 1] as number) * quantum : line.beyond
  return negative ? -size : size
}

const limit = 2 ** 53

/** a op b with the operands in quanta, as a fraction in quanta; undefined where a divisor is 0. */
function exactly(operation: string, a: number, b: number, perOne: number, mode: Mode): Exact | undefined {
  const zeroSum = (x: number, y: number): boolean =>
    x === 0 && y === 0 && Object.is(x, y) ? Object.is(x, -0) : mode === 'down'
  if (operation === 'add' || operation === 'sub') {
    const other = operation === 'add' ? b : -b
    const sum = a + other
    return { top: Math.abs(sum), bottom: 1, negative: sum < 0 || (sum === 0 && zeroSum(a, other)) }
  }
  const signs = (a < 0 || Object.is(a, -0)) !== (b < 0 || Object.is(b, -0))
  if (operation === 'mul') return { top: Math.abs(a * b), bottom: perOne, negative: signs }
  if (b === 0) return undefined
  return { top: Math.abs(a) * perOne, bottom: Math.abs(b), negative: signs }
}

/** All of these have −0. What overflow becomes is typed here. */
for (const [name, beyond] of [
  ['e2m1', 6],
  ['e2m3', 7.5],
  ['e3m2', 28],
  ['e4m3fn', Number.NaN],
] as const)
  test(`${name}: all pairs, all modes, both policies`, () => {
    const line = lineOf(name, beyond)
    const perOne = 1 / line.quantum
    const values = line.sizes.slice(0, -1).flatMap((n) => [n, -n])
    let compared = 0
    for (const mode of deterministicModes)
      for (const overflow of policies) {
        const rules = arithmetic(name, { rounding: mode, overflow })
        for (const operation of ['add', 'sub', 'mul', 'div'] as const)
          for (const a of values)
            for (const b of values) {
              const exact = exactly(operation, a, b, perOne, mode)
              if (!exact) continue
              if (!(exact.top * 2 < limit && exact.bottom * (line.sizes.at(-1) as number) * 4 < limit))
                assert.fail('inexact oracle')
              const wanted = roundIn(line, exact, mode, overflow === 'saturate')
              const got = rules[operation](a * line.quantum, b * line.quantum)
              if (!Object.is(got, wanted))
                assert.fail(
                  `${name} ${mode} ${overflow}: ${a * line.quantum} ${operation} ${b * line.quantum} = ${got}, not ${wanted}`,
                )
              compared++
            }
      }
    assert.ok(compared > 12 * 4 * values.length * (values.length - 2))
  })

test('e2m1: all triples of fma and all roots', () => {
  const line = lineOf('e2m1', 6)
  const perOne = 1 / line.quantum
  const values = line.sizes.slice(0, -1).flatMap((n) => [n, -n])
  for (const mode of deterministicModes) {
    const rules = arithmetic('e2m1', { rounding: mode })
    for (const a of values)
      for (const b of values)
        for (const c of values) {
          const product = a * b
          const sum = product + c * perOne
          const same = product === 0 && c === 0 && Object.is(product, c)
          const negative = sum < 0 || (sum === 0 && (same ? Object.is(c, -0) : mode === 'down'))
          const wanted = roundIn(line, { top: Math.abs(sum), bottom: perOne, negative }, mode, false)
          const got = rules.fma(a / perOne, b / perOne, c / perOne)
          assert.ok(
            Object.is(got, wanted),
            `${mode}: fma(${a / perOne}, ${b / perOne}, ${c / perOne}) = ${got}, not ${wanted}`,
          )
        }
    // The root's neighbours by their squares; it is exact or lies strictly between them.
    for (const n of values.filter((x) => x > 0)) {
      const root = rules.sqrt(n / perOne) * perOne
      const square = n * perOne
      const low = line.sizes.filter((x) => x * x <= square).at(-1) as number
      if (low * low === square) {
        assert.equal(root, low)
        continue
      }
      const high = line.sizes.find((x) => x * x > square) as number
      const below = 4 * square < (low + high) ** 2
      const odd = line.sizes.indexOf(low) % 2 === 1
      const wanted = {
        'nearest-even': below ? low : high,
        'nearest-away': below ? low : high,
        'toward-zero': low,
        up: high,
        down: low,
      }
      assert.equal(
        root,
        mode === 'to-odd' ? (odd ? low : high) : wanted[mode as keyof typeof wanted],
        `${mode}: root of ${n / perOne}`,
      )
    }
  }
})
