/** Arithmetic in a format: named cases, bad arguments, properties. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Arithmetic, arithmetic } from '../../src/format/arithmetic.js'
import { formats } from '../../src/format/catalog.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { format } from '../../src/format/parse.js'
import { round } from '../../src/format/round.js'
import { deterministicModes, expectCode, generator, policies } from './support.js'

const same = (got: number, wanted: number): void => assert.ok(Object.is(got, wanted), `${got}, not ${wanted}`)

test('the README line: one rounding of a tie', () => {
  const fp16 = arithmetic('fp16')
  same(fp16.add(2048, 1), 2048)
  same(fp16.add(2050, 1), 2052)
  same(arithmetic('bf16').add(256, 1), 256)
  same(fp16.fma(3, 5, 7), 22)
})

test('fma where a float64 and one more rounding go wrong', () => {
  // formats.md §4.2: 7 · 37 = 259 lies halfway between 258 and 260; the addend decides.
  same(arithmetic('bf16').fma(7, 37, -(2 ** -100)), 258)
  same(arithmetic('bf16').fma(7, 37, 2 ** -100), 260)
  same(arithmetic('bf16').fma(7, 37, 0), 260)
  // TestFloat's first case in which fp32's fma by way of float64 fails.
  const [a, b, c] = [0xd4f697f0, 0x5ee80000, 0x3e17ffff].map((code) => decode(code, 'fp32')) as [number, number, number]
  assert.equal(encode(arithmetic('fp32').fma(a, b, c), 'fp32').toString(16), 'f45f79b1')
  assert.notEqual(encode(a * b + c, 'fp32').toString(16), 'f45f79b1')
})

test('directed modes see what a float64 sum has lost', () => {
  const tiny = 2 ** -126
  same(arithmetic('bf16', { rounding: 'up' }).add(1, tiny), 1 + 2 ** -7)
  same(arithmetic('bf16', { rounding: 'down' }).sub(1, tiny), 1 - 2 ** -8)
  same(arithmetic('bf16', { rounding: 'toward-zero' }).sub(-1, -tiny), -1 + 2 ** -8)
  same(arithmetic('bf16', { rounding: 'to-odd' }).add(1, tiny), 1 + 2 ** -7)
  same(arithmetic('fp32', { rounding: 'up' }).div(1, 3), 0.3333333432674408)
  same(arithmetic('fp32', { rounding: 'down' }).div(1, 3), 0.3333333134651184)
  same(arithmetic('fp32', { rounding: 'up' }).sqrt(2), 1.4142136573791504)
  same(arithmetic('fp32', { rounding: 'down' }).sqrt(2), 1.4142135381698608)
})

test('signs of zero (formats.md §4.13)', () => {
  for (const rounding of deterministicModes) {
    const { add, sub, mul, fma, sqrt, div } = arithmetic('fp16', { rounding })
    const zero = rounding === 'down' ? -0 : 0
    same(sub(1.5, 1.5), zero)
    same(add(-2, 2), zero)
    same(add(0, -0), zero)
    same(add(-0, -0), -0)
    same(add(0, 0), 0)
    same(sub(-0, 0), -0)
    same(mul(-0, 3), -0)
    same(fma(2, 3, -6), zero)
    same(fma(-0, 3, 0), zero)
    same(fma(-0, 3, -0), -0)
    same(fma(0, 3, 5), 5)
    same(sqrt(-0), -0)
    same(div(-0, 5), -0)
  }
  // A tiny negative that rounds to zero keeps its sign; where the format has no −0, it does not.
  same(arithmetic('fp16', { rounding: 'up' }).mul(-(2 ** -24), 2 ** -24), -0)
  same(arithmetic('e4m3fnuz').mul(-(2 ** -10), 2 ** -10), 0)
  same(arithmetic('e4m3fnuz', { rounding: 'down' }).sub(1, 1), 0)
  same(arithmetic('e4m3fnuz').add(-0, -0), 0)
})

test('infinite results and the overflow policy', () => {
  const by = (name: string, overflow: 'ieee' | 'saturate') => arithmetic(name, { overflow })
  same(by('fp16', 'ieee').div(-1, 0), -Infinity)
  same(by('fp16', 'saturate').div(-1, 0), -65504)
  same(by('fp16', 'saturate').add(Infinity, 1), 65504)
  same(by('e4m3fn', 'ieee').div(1, 0), NaN)
  same(by('e4m3fn', 'saturate').div(-1, 0), -448)
  same(by('e2m1', 'ieee').div(1, 0), 6)
  same(by('e2m1', 'ieee').div(0, 0), NaN)
  same(by('e4m3', 'ieee').mul(240, 2), Infinity)
  for (const overflow of policies) {
    same(by('fp16', overflow).sub(Infinity, Infinity), NaN)
    same(by('fp16', overflow).sqrt(-1), NaN)
    same(by('fp16', overflow).mul(0, Infinity), NaN)
    same(by('fp16', overflow).div(1, Infinity), 0)
  }
})

test('e8m0: powers of two without sign or zero', () => {
  const { add, sub, mul, div, sqrt } = arithmetic('e8m0', { flags: true })
  assert.deepEqual([add(1, 2).value, mul(4, 8).value, div(1, 8).value, sqrt(4).value], [2, 32, 0.125, 2])
  assert.equal(add(2, 4).value, 8) // 6 is a tie of codes 129 and 130
  const zero = sub(1, 1)
  assert.deepEqual([zero.value, zero.inexact, zero.underflow, zero.invalid], [2 ** -127, true, true, false])
  const negative = sub(1, 2)
  assert.deepEqual([negative.value, negative.inexact, negative.invalid], [NaN, false, true])
  assert.equal(mul(2 ** 127, 2).value, NaN)
  expectCode('not-a-value', () => add(0, 1))
  expectCode('not-a-value', () => add(-1, 1))
})

test('flags: IEEE 754, tininess after rounding', () => {
  const { mul, div, add, sqrt, fma } = arithmetic('fp16', { flags: true })
  const raised = (r: ReturnType<typeof mul>) =>
    Object.entries(r)
      .filter(([name, on]) => name !== 'value' && on === true)
      .map(([name]) => name)
      .join(' ')
  assert.equal(raised(add(1, 2)), '')
  assert.equal(raised(add(2048, 1)), 'inexact')
  assert.equal(raised(mul(65504, 2)), 'inexact overflow')
  assert.equal(raised(div(1, 0)), 'divideByZero')
  assert.equal(raised(div(0, 0)), 'invalid')
  assert.equal(raised(add(Infinity, -Infinity)), 'invalid')
  assert.equal(raised(div(Infinity, 0)), '')
  assert.equal(raised(sqrt(-1)), 'invalid')
  assert.equal(raised(add(NaN, 1)), '')
  assert.equal(raised(fma(0, Infinity, NaN)), 'invalid')
  // Exact subnormals are no underflow; 2^-14 (1 − 2^-12) rounds up to 2^-14 with 11 bits and any exponent: not tiny.
  assert.equal(raised(mul(2 ** -14, 0.5)), '')
  assert.equal(raised(mul(2 ** -14, 1 - 2 ** -11)), 'inexact underflow')
  assert.equal(raised(fma(-(2 ** -14), 2 ** -12, 2 ** -14)), 'inexact')
  assert.equal(raised(mul(2 ** -24, 0.5)), 'inexact underflow')
})

test('stochastic: away iff the random number is below the exact fraction, beyond the bits of a float64', () => {
  const third = (random: number) => arithmetic('fp32', { rounding: 'stochastic', random }).div(1, 3)
  // 1/3 = 11184810.666… units of 2^-25: the fraction is 2/3 exactly, between two float64 numbers.
  const below = 0.6666666666666666 // the largest float64 below 2/3
  const above = 0.6666666666666667
  same(third(below), 11184811 * 2 ** -25)
  same(third(above), 11184810 * 2 ** -25)
  // fma(1, 1, 2^-100): a fraction of 2^-77.
  const ones = (random: number) => arithmetic('fp32', { rounding: 'stochastic', random }).fma(1, 1, 2 ** -100)
  same(ones(0), 1 + 2 ** -23)
  same(ones(2 ** -77), 1)
  same(ones(2 ** -78), 1 + 2 ** -23)
  // sqrt(2) in fp16: fraction of 1448.15…
  const fraction = 1448.1546878700494 % 1
  const root = (random: number) => arithmetic('fp16', { rounding: 'stochastic', random }).sqrt(2)
  same(root(fraction - 1e-12), 1449 / 1024)
  same(root(fraction + 1e-12), 1448 / 1024)
})

test('a random function is called once per operation, a bad number is refused', () => {
  let calls = 0
  const rules = arithmetic('fp16', { rounding: 'stochastic', random: () => ++calls / 100, flags: true })
  rules.add(1, 2)
  rules.div(1, 3)
  rules.mul(2 ** -14, 1 - 2 ** -11)
  rules.sqrt(NaN)
  assert.equal(calls, 4)
  expectCode('missing-random', () => arithmetic('fp16', { rounding: 'stochastic' }))
  expectCode('invalid-value', () => arithmetic('fp16', { rounding: 'stochastic', random: 1 }))
  expectCode('invalid-value', () => arithmetic('fp16', { rounding: 'stochastic', random: () => 2 }).div(1, 3))
})

test('operands must be values of the format', () => {
  const fp16 = arithmetic('fp16')
  for (const x of [0.1, 65536, 2 ** -25, 2049, 1e300, 1e-300]) {
    const { values } = expectCode('not-a-value', () => fp16.add(x, 1))
    assert.deepEqual(values, { value: x, format: 'fp16' })
    expectCode('not-a-value', () => fp16.fma(1, 1, x))
    expectCode('not-a-value', () => fp16.sqrt(-x))
  }
  expectCode('not-a-value', () => arithmetic('e4m3fn').add(Infinity, 1))
  expectCode('not-a-value', () => arithmetic('e4m3fn').add(480, 1))
  expectCode('not-a-value', () => arithmetic('e2m1', { overflow: 'saturate' }).add(8, 1))
  expectCode('invalid-value', () => fp16.add('1' as unknown as number, 1))
  same(arithmetic('e2m1').add(NaN, 1), NaN)
  // Every value of every small format is taken, and comes back.
  for (const f of formats)
    if (f.width <= 8)
      for (let code = 0; code < 2 ** f.width; code++) {
        const x = decode(code, f)
        if (Number.isFinite(x)) same(arithmetic(f).mul(x, 1), x)
      }
})

test('bad arguments', () => {
  const { values } = expectCode('invalid-value', () => arithmetic('fp64'))
  assert.deepEqual([values['problem'], values['limit']], ['too-precise', 24])
  expectCode('invalid-value', () => arithmetic('e5m24'))
  expectCode('unknown-format', () => arithmetic('fp61'))
  expectCode('ambiguous-format', () => arithmetic('fp8'))
  expectCode('invalid-value', () => arithmetic('fp16', { rounding: 'nearest' as never }))
  expectCode('invalid-value', () => arithmetic('fp16', { flags: 'yes' as never }))
  expectCode('invalid-value', () => arithmetic('fp16', null as never))
  expectCode('unknown-key', () => arithmetic('fp16', { sauration: true } as never))
  assert.equal(arithmetic('e11m23').add(1, 1), 2)
})

const values = (name: string) => {
  const f = format(name)
  return fc
    .nat({ max: 2 ** Math.min(f.width, 31) - 1 })
    .map((n) => decode(f.width === 32 ? (n * 2 + 1) % 2 ** 32 : n, f))
}

const mirrored = { up: 'down', down: 'up' } as const

for (const name of ['fp32', 'tf32', 'bf16', 'fp16', 'e5m2', 'e4m3fn', 'e4m3fnuz', 'e6m9'])
  test(`${name}: properties`, () => {
    const v = values(name)
    const f = format(name)
    const sign = (x: number): number => (f.negativeZero ? -x : 0 - x)
    for (const rounding of deterministicModes) {
      const here = arithmetic(name, { rounding })
      const there = arithmetic(name, { rounding: mirrored[rounding as 'up'] ?? rounding })
      fc.assert(
        fc.property(v, v, v, (a, b, c) => {
          same(here.add(a, b), here.add(b, a))
          same(here.mul(a, b), here.mul(b, a))
          same(here.fma(a, b, c), here.fma(b, a, c))
          same(here.sub(a, b), here.add(a, sign(b)))
          if (!(f.specials === 'fnuz' && Object.is(a, -0))) same(here.mul(a, 1), a)
          same(here.div(a, 1), a)
          if (a !== 0) same(here.fma(a, 1, c), here.add(a, c))
          same(here.fma(a, b, 0) + 0, here.mul(a, b) + 0)
          // The mirror image: negated operands in the mirrored mode.
          if (a + b !== 0) same(there.add(sign(a), sign(b)), round(-here.add(a, b), f))
          same(there.mul(sign(a), b), round(-here.mul(a, b), f))
        }),
        { numRuns: 150, seed: 3 },
      )
    }
  })

test('monotone in each operand', () => {
  const draw = generator(7)
  for (const name of ['bf16', 'fp16', 'e4m3fn'] as const)
    for (const rounding of deterministicModes) {
      const { add, mul, div, sqrt, fma } = arithmetic(name, { rounding, overflow: 'saturate' })
      const f = format(name)
      const positive = () => round((draw() + 1) / 2 ** (draw() % 40), f, { overflow: 'saturate' })
      for (let i = 0; i < 300; i++) {
        const [x, y, a, b] = [positive(), positive(), positive(), positive()]
        const [low, high] = x < y ? [x, y] : [y, x]
        assert.ok(add(low, a) <= add(high, a))
        assert.ok(mul(low, a) <= mul(high, a))
        assert.ok(low === 0 || a === 0 || div(a, low) >= div(a, high))
        assert.ok(sqrt(low) <= sqrt(high))
        assert.ok(fma(low, a, b) <= fma(high, a, b))
      }
    }
})

test('fp32 agrees with Math.fround of the float64 operation', () => {
  const rules: Arithmetic = arithmetic('fp32')
  const draw = generator(11)
  for (let i = 0; i < 20_000; i++) {
    const a = decode(draw(), 'fp32')
    const b = i % 2 === 0 ? decode(draw(), 'fp32') : Math.fround(a * (1 + ((draw() % 4096) - 2048) / 2048))
    same(rules.add(a, b), Math.fround(a + b))
    same(rules.sub(a, b), Math.fround(a - b))
    same(rules.mul(a, b), Math.fround(a * b))
    same(rules.div(a, b), Math.fround(a / b))
    same(rules.sqrt(a), Math.fround(Math.sqrt(a)))
  }
})
