/** `calc`: known values, the cases a rival gets wrong, exp and log against another program, bad expressions. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { arithmetic } from '../../src/format/arithmetic.js'
import { decode } from '../../src/format/decode.js'
import { encode } from '../../src/format/encode.js'
import { hexFloat } from '../../src/format/exact.js'
import type { Rounding } from '../../src/format/format.js'
import { format } from '../../src/format/parse.js'
import { round } from '../../src/format/round.js'
import type { Block, Cell, Result } from '../../src/result/result.js'
import { evaluate } from '../../src/runner/calc/evaluate.js'
import { parseExpression } from '../../src/runner/calc/expression.js'
import { type CalcRequest, calc } from '../../src/runner/calc.js'
import { deterministicModes, expectCode, generator } from '../format/support.js'
import { root } from '../support.js'

interface Options {
  readonly rounding?: Rounding
  readonly overflow?: 'ieee' | 'saturate'
  readonly seed?: number
  readonly steps?: boolean
}

const request = (lines: CalcRequest['lines'], name: string, o: Options = {}): CalcRequest => ({
  lines,
  format: format(name),
  rounding: o.rounding ?? 'nearest-even',
  overflow: o.overflow ?? 'ieee',
  seed: o.seed ?? 1,
  steps: o.steps ?? false,
})

const run = (text: string, name = 'fp16', o: Options = {}): Result => calc(request([{ text }], name, o))

const stepsOf = (text: string, name = 'fp16', o: Options = {}) =>
  evaluate(parseExpression(text), request([{ text }], name, o))

const value = (text: string, name = 'fp16', o: Options = {}): number => run(text, name, o).metrics['value'] as number

const tables = (blocks: readonly Block[]) => blocks.flatMap((block) => (block.kind === 'table' ? [block] : []))

test('the example: every rounding is a row, with its error in ulps of its own result', () => {
  const { metrics, blocks, findings } = run('(1 + 2^-11) * 3 - 0.1')
  const [trace, soFar] = tables(blocks)
  assert.deepEqual(
    trace?.rows.map((row) => row.slice(1, 5)),
    [
      ['1', '1', 1, 0],
      ['2^-11', '0.00048828125', 0.00048828125, 0],
      ['1 + 2^-11', '1.00048828125', 1, -0.5],
      ['3', '3', 3, 0],
      ['(1 + 2^-11) * 3', '3', 3, 0],
      // 0.1 = 1638.4 · 2^-14 becomes 1638 · 2^-14
      ['0.1', '0.1', 1638 / 16384, -0.4],
      ['#5 - 0.1', '2.9000244140625', 2.900390625, 0.1875],
    ],
  )
  assert.deepEqual(
    soFar?.rows.map(([step, here, float64, truth]) => [step, here, float64, truth]),
    [
      [3, 1, 1.00048828125, '1.00048828125'],
      [5, 3, 3.00146484375, '3.00146484375'],
      [7, 2.900390625, 2.90146484375, '2.90146484375'],
    ],
  )
  // 2.900390625 − 2.90146484375 = −0.00107421875, 0.55 of 2^-9.
  assert.equal(metrics['exactError'], -0.00107421875)
  assert.equal(metrics['ulpError'], -0.55)
  assert.equal(metrics['roundings'], 3)
  assert.equal(metrics['code'], 0x41cd)
  assert.equal(findings[0]?.code, 'calcAnswer')
})

test('the ulp off the powers of two: 2^-10 at 1.5 in fp16', () => {
  const step = (text: string) => stepsOf(text).at(-1)
  // 1.5 + 2^-12 is a quarter of an ulp above 1.5; just below 2 as at 1; from 2 on twice as much.
  assert.equal(step('1.5 + 2^-12')?.ulps, -0.25)
  assert.equal(step('1.9990234375 + 2^-12')?.ulps, -0.25)
  assert.equal(step('2 + 2^-12')?.ulps, -0.125)
  assert.equal(step('1 - 2^-13')?.ulps, 0.25)
})

test("E4M3's maximum is 448, and bf16 is rounded once", () => {
  assert.equal(value('448 + 16', 'e4m3fn'), 448)
  assert.equal(value('416 + 32', 'e4m3fn'), 448)
  assert.equal(value('224 * 2', 'e4m3fn'), 448)
  assert.equal(value('448 + 32', 'e4m3fn'), NaN)
  assert.equal(value('448 + 32', 'e4m3fn', { overflow: 'saturate' }), 448)
  // A literal just above a midpoint: by way of fp32 it would become the midpoint, and then 1.
  assert.equal(value('1.00390625000000001', 'bf16'), 1.0078125)
  assert.equal(value('1.00390625', 'bf16'), 1)
  assert.equal(value('fma(7, 37, -2^-100)', 'bf16'), 258)
  assert.equal(value('7 * 37 - 2^-100', 'bf16'), 260)
})

test('numbers in every form, and what a minus belongs to', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0x1p-24', 2 ** -24],
    ['0X1.8P1', 3],
    ['0x1f', 31],
    ['0b101', 5],
    ['1e-4 * 1e4', round(round(1e-4, 'fp16') * 10000, 'fp16')],
    ['1_000', 1000],
    ['.5', 0.5],
    ['5.', 5],
    ['2 ^ -3', 0.125],
    ['2^(-3)', 0.125],
    ['-2^2', -4],
    ['- 2 ^ 2 + 1', -3],
    ['2*-3', -6],
    ['2 - -3', 5],
    ['2--3', 5],
    ['+-+3', -3],
    ['-(1 + 2)', -3],
    ['1 - 2 - 3', -4],
    ['12 / 2 / 3', 2],
    ['1 + 2 * 3', 7],
    ['sqrt(16)', 4],
    ['SQRT(16)', 4],
    ['Inf', Infinity],
    ['-inf', -Infinity],
    ['nan', NaN],
    ['-0', -0],
    ['1/-inf', -0],
    ['exp(0)', 1],
    ['log(1)', 0],
    ['exp(-inf)', 0],
    ['log(0)', -Infinity],
    ['log(-1)', NaN],
    ['exp(1e4)', Infinity],
    ['exp(-1e4)', 0],
    ['（1＋2）×3÷4 − 1', 1.25],
    ['\t1 +\n2', 3],
  ]
  for (const [text, wanted] of cases)
    assert.ok(Object.is(value(text), wanted), `${text} = ${value(text)}, not ${wanted}`)
  // The minus of a number is part of it, also in directed rounding; of a result it is exact.
  assert.equal(value('-0.1', 'fp16', { rounding: 'down' }), -1639 / 16384)
  assert.equal(
    value('-(0.05 + 0.05)', 'fp16', { rounding: 'toward-zero' }),
    -value('0.05 + 0.05', 'fp16', { rounding: 'toward-zero' }),
  )
})

test('exp and log: mpmath, rounded once, every mode', () => {
  const raw = gunzipSync(readFileSync(join(root, 'test', 'vectors', 'arithmetic', 'functions.tsv.gz'))).toString(
    'latin1',
  )
  let compared = 0
  for (const line of raw.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue
    const [name, operation, code, random, results] = line.split('\t') as [string, string, string, string, string]
    const x = decode(Number.parseInt(code, 16), name)
    const text = `${operation}(${Number.isFinite(x) && x !== 0 ? hexFloat(x) : Object.is(x, -0) ? '-0' : String(x)})`
    // Every mode of one in eight, the first two of the others.
    deterministicModes.forEach((rounding, i) => {
      if (i > 0 && (Number.parseInt(code, 16) + i) % 8 !== 0) return
      const got = stepsOf(text, name, { rounding }).at(-1)?.value as number
      assert.equal(encode(got, name).toString(16), results.split(' ')[i], `${rounding}: ${text} in ${name}`)
      compared++
    })
    // One step is the operand's, which is exact; the other the function's, with the random number of the answer.
    const draw = (step: number): number => (step === 1 ? Number.parseInt(random, 16) / 2 ** 53 : 0)
    const o = request([], name, { rounding: 'stochastic' })
    const drawn = evaluate(parseExpression(text), { ...o, draw }).at(-1)?.value as number
    assert.equal(encode(drawn, name).toString(16), results.split(' ')[6], `stochastic: ${text} in ${name}`)
  }
  assert.ok(compared > 9000, `${compared}`)
})

test('stochastic: the seed decides, the mean is right, exact results stay', () => {
  const draws = Array.from({ length: 400 }, (_, i) =>
    value('1 + 2^-12', 'fp16', { rounding: 'stochastic', seed: i + 1 }),
  )
  const up = draws.filter((x) => x === 1 + 2 ** -10).length
  assert.ok(draws.every((x) => x === 1 || x === 1 + 2 ** -10))
  assert.ok(up > 65 && up < 140, `${up} of 400 for a quarter`)
  assert.equal(draws[6], value('1 + 2^-12', 'fp16', { rounding: 'stochastic', seed: 7 }))
  const thirds = Array.from({ length: 300 }, (_, i) => value('exp(1)', 'e5m2', { rounding: 'stochastic', seed: i + 1 }))
  // e = 2.718…: between 2.5 and 3, 0.437 of the way.
  const high = thirds.filter((x) => x === 3).length
  assert.ok(thirds.every((x) => x === 2.5 || x === 3) && high > 95 && high < 170, `${high}`)
  assert.equal(value('2 + 3', 'fp16', { rounding: 'stochastic' }), 5)
})

/** Exact fractions, written here again. */
type Fraction = readonly [bigint, bigint]

const fractionOf = (x: number): Fraction => [BigInt(x * 2 ** 30), 2n ** 30n]

test('random expressions: values as composed by arithmetic, errors as fractions say', () => {
  const draw = generator(5)
  const names = ['fp16', 'bf16', 'e4m3fn', 'fp32'] as const
  for (let i = 0; i < 200; i++) {
    const name = names[i % 4] as string
    const rounding = deterministicModes[i % 6] as Rounding
    const f = format(name)
    const rules = arithmetic(name, { rounding })
    /** Small integers and sixteenths, all exact in every format here but the coarsest. */
    const build = (depth: number): { text: string; got: number; truth: Fraction } => {
      if (depth === 0) {
        const x = ((draw() % 15) + 1) / 2 ** (draw() % 4)
        return { text: String(x), got: round(x, f, { rounding }), truth: fractionOf(x) }
      }
      const a = build(depth - 1)
      const b = build(draw() % 2 === 0 ? 0 : depth - 1)
      const [p, q] = a.truth
      const [r, s] = b.truth
      const sign = '+-*/'[draw() % 4] as string
      if (sign === '/' && (b.got === 0 || r === 0n)) return a
      const text = `(${a.text} ${sign} ${b.text})`
      if (sign === '+') return { text, got: rules.add(a.got, b.got), truth: [p * s + r * q, q * s] }
      if (sign === '-') return { text, got: rules.sub(a.got, b.got), truth: [p * s - r * q, q * s] }
      if (sign === '*') return { text, got: rules.mul(a.got, b.got), truth: [p * r, q * s] }
      return { text, got: rules.div(a.got, b.got), truth: [p * s, q * r] }
    }
    const { text, got, truth } = build(1 + (i % 3))
    const last = stepsOf(text, name, { rounding }).at(-1)
    assert.ok(Object.is(last?.value, got), `${text}: ${last?.value}, not ${got}`)
    const [top, bottom] = truth
    const real = last?.truth
    assert.ok(real && real.low === real.high && real.low.numerator * bottom === top * real.low.denominator, text)
    if (!Number.isFinite(got)) continue
    const error = got - Number(top) / Number(bottom)
    assert.ok(
      Math.abs((last?.error ?? NaN) - error) <= 1e-13 * (Math.abs(got) + Math.abs(error)) + 1e-15,
      `${text}: ${last?.error}, not ${error}`,
    )
  }
})

test('the operations on special values: fate and error', () => {
  const last = (text: string, name = 'fp16', o: Options = {}) => {
    const { value: x, fate, ulps } = stepsOf(text, name, o).at(-1) ?? assert.fail()
    return [x, fate, ulps]
  }
  assert.deepEqual(last('1 / 0'), [Infinity, 'overflow', NaN])
  assert.deepEqual(last('1 / 0', 'fp16', { overflow: 'saturate' }), [65504, 'saturated', NaN])
  assert.deepEqual(last('1 / 0', 'e2m1'), [6, 'saturated', NaN])
  assert.deepEqual(last('0 / 0'), [NaN, 'nan', NaN])
  assert.deepEqual(last('65504 * 2'), [Infinity, 'overflow', NaN])
  assert.deepEqual(last('65504 * 2', 'fp16', { rounding: 'toward-zero' }), [65504, 'saturated', -2047])
  assert.deepEqual(last('2^-24 / 4'), [0, 'underflow', -0.25])
  assert.deepEqual(last('2^-24 * 3'), [3 * 2 ** -24, 'subnormal', 0])
  assert.deepEqual(last('2 - 2'), [0, 'exact', 0])
  assert.deepEqual(last('-(1 + 1)', 'e8m0'), [NaN, 'nan', NaN])
})

/** The cells of one step's paper as text. */
const paperOf = (text: string, name: string, o: Options = {}): string[][] => {
  const found = tables(run(text, name, { ...o, steps: true }).blocks).at(-1)
  return (found?.rows ?? []).map((row) =>
    row.map((cell: Cell) =>
      typeof cell === 'string'
        ? cell
        : cell !== null && typeof cell === 'object' && 'code' in cell
          ? cell.code
          : cell !== null && typeof cell === 'object' && 'name' in cell
            ? cell.name
            : String(cell),
    ),
  )
}

test('on paper: alignment, exact sum, guard, round and sticky bits', () => {
  assert.deepEqual(
    paperOf('1 + 2^-11', 'fp16').map((row) => row.slice(0, 3)),
    [
      ['a', '+1.0000000000', '2^0'],
      ['b', '+1.0000000000', '2^-11'],
      ['calcAligned', '+0.00000000001', '2^0'],
      ['calcExactSum', '+1.00000000001', '2^0'],
      ['calcKept', '+1.0000000000', '2^0'],
      ['calcBits', '1 0 0', ''],
      ['calcResultRow', '+1.0000000000', '2^0'],
    ],
  )
  // 1.75 · 1.75 = 3.0625 = 11.0001, kept to three bits: 1.10 · 2, then 0001 → guard 0, round 0, sticky 1.
  assert.deepEqual(
    paperOf('1.75 * 1.75', 'e5m2').map((row) => row.slice(0, 3)),
    [
      ['a', '+01.11', '2^0'],
      ['b', '+01.11', '2^0'],
      ['calcExactProduct', '+11.0001', '2^0'],
      ['calcNormalised', '+01.10001', '2^1'],
      ['calcKept', '+01.10', '2^1'],
      ['calcBits', '0 0 1', ''],
      ['calcResultRow', '+01.10', '2^1'],
    ],
  )
  // A carry out of the last place: 1.1111111111|1 becomes 10.0000000000.
  assert.deepEqual(
    paperOf('1.9990234375 + 2^-11', 'fp16')
      .slice(-3)
      .map((row) => row.slice(0, 3)),
    [
      ['calcKept', '+1.1111111111', '2^0'],
      ['calcBits', '1 0 0', ''],
      ['calcResultRow', '+1.0000000000', '2^1'],
    ],
  )
  // A subnormal keeps its place at 2^-14; the minus of the second operand is shown.
  assert.deepEqual(paperOf('2^-14 - 2^-24', 'fp16').at(-1)?.slice(0, 3), ['calcResultRow', '+0.1111111111', '2^-14'])
  // A far smaller addend is cut with …, its sticky bit stays.
  const far = paperOf('fma(7, 37, -2^-100)', 'bf16')
  assert.deepEqual(far.find(([label]) => label === 'calcBits')?.[1], '0 1 1')
  assert.ok(far.some(([, digits]) => digits?.endsWith('…')))
  // What has no digits has a rule.
  assert.deepEqual(paperOf('1 / 0', 'fp16').at(-1)?.[3], 'calcSpecial')
})

test('on paper: kept digits and three bits give the result, in every mode', () => {
  const draw = generator(9)
  for (let i = 0; i < 120; i++) {
    const name = ['fp16', 'bf16', 'e4m3fn', 'e5m2'][i % 4] as string
    const rounding = deterministicModes[i % 6] as Rounding
    const [a, b] = [0, 1].map(() =>
      round(((draw() % 4000) - 2000) / 2 ** (draw() % 12) || 1, name, { overflow: 'saturate' }),
    ) as [number, number]
    const text = `${hexFloat(a)} ${'+-*/'[i % 4]} ${hexFloat(b)}`
    const last = stepsOf(text, name, { rounding }).at(-1)
    if (!last || last.value === 0 || !Number.isFinite(last.value)) continue
    const rows = paperOf(text, name, { rounding })
    const cell = (label: string, column: number): string => rows.find((row) => row[0] === label)?.[column] ?? ''
    const digits = (label: string): bigint => BigInt(`0b${cell(label, 1).slice(1).replace('.', '')}`)
    const scale = (label: string): number => Number(cell(label, 2).slice(2))
    const three = cell('calcBits', 1)
    if (last.fate === 'saturated') continue
    const kept = digits('calcKept')
    const result = digits('calcResultRow') << BigInt(scale('calcResultRow') - scale('calcKept'))
    const [guard, half, sticky] = three.split(' ').map(Number) as [number, number, number]
    const rest = 4 * guard + 2 * half + sticky
    const negative = last.value < 0
    const odd = kept % 2n === 1n
    const away = {
      'nearest-even': rest > 4 || (rest === 4 && odd),
      'nearest-away': rest >= 4,
      'toward-zero': false,
      up: rest > 0 && !negative,
      down: rest > 0 && negative,
      'to-odd': rest > 0 && !odd,
      stochastic: false,
    }[rounding]
    assert.equal(result, kept + (away ? 1n : 0n), `${rounding} ${name}: ${text}`)
  }
})

test('bad expressions: what and where', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['', 'empty', 1],
    ['   ', 'empty', 1],
    ['1 +', 'unfinished', 4],
    ['(1 + 2', 'unfinished', 7],
    ['1 + 2)', 'unexpected', 6],
    ['1 2', 'unexpected', 3],
    ['1 * * 2', 'unexpected', 5],
    ['1 // 2', 'unexpected', 4],
    ['1 /* 2 */', 'unexpected', 4],
    ['/1/', 'unexpected', 1],
    ['(1)(2)', 'unexpected', 4],
    ['(1, 2)', 'unexpected', 2],
    ['fma(1, 2,)', 'unexpected', 10],
    ['2x', 'not-a-number', 1],
    ['1 + 0x1g', 'not-a-number', 5],
    ['1.2.3', 'not-a-number', 1],
    ['0^-1', 'not-a-number', 1],
    ['1.5^2', 'power', 4],
    ['2^3^4', 'power', 4],
    ['2**3', 'power', 2],
    ['(1+1)^2', 'power', 6],
    ['sqr(2)', 'unknown-name', 1],
    ['1 + x', 'unknown-name', 5],
    ['null', 'unknown-name', 1],
    ['this', 'unknown-name', 1],
    ['1 + sqrt', 'not-called', 5],
    ['sqrt(1, 2)', 'arguments', 1],
    ['fma(1, 2)', 'arguments', 1],
    ['exp()', 'arguments', 1],
    ['process.exit(1)', 'character', 8],
    ['a => 1', 'character', 3],
    ['1; 2', 'character', 2],
    ['`1`', 'character', 1],
    ['"1"', 'character', 1],
    ['1 \u{1f600}', 'character', 3],
    ['1 ? 2 : 3', 'character', 3],
    [`${'('.repeat(4000)}1${')'.repeat(4000)}`, 'too-deep', 101],
    [`1${' - '.repeat(4000)}1`, 'too-deep', 306],
    ['sqrt('.repeat(4000), 'too-deep', 505],
    [`1${'+1'.repeat(5000)}`, 'too-many-operators', 2002],
    ['1'.repeat(30_000), 'too-long', 1],
  ]
  for (const [text, problem, column] of cases) {
    const { values } = expectCode('invalid-expression', () => parseExpression(text))
    assert.deepEqual([values['problem'], values['column']], [problem, column], text.slice(0, 40))
  }
  const { values } = expectCode('invalid-expression', () => parseExpression('sqr(2)'))
  assert.equal(values['suggestion'], 'sqrt')
  for (const name of ['fp64', 'e5m30'])
    assert.equal(expectCode('invalid-value', () => run('1', name)).values['problem'], 'too-precise')
  // As deep and as long as is allowed.
  assert.equal(value(`${'('.repeat(100)}1${')'.repeat(100)}`), 1)
  assert.equal(value(`1${'+1'.repeat(1000)}`), 1001)
  assert.equal(value(`1${'+1'.repeat(900)}`, 'bf16'), 256)
})

test('several lines: metrics by line, a bad one is named before anything is printed', () => {
  const lines = ['1 + 1', '', '2 * 3'].flatMap((text, i) => (text === '' ? [] : [{ text, file: 'x.txt', line: i + 1 }]))
  const { metrics, findings, blocks } = calc(request(lines, 'fp16'))
  assert.equal(metrics['1.value'], 2)
  assert.equal(metrics['3.value'], 6)
  assert.deepEqual(findings, [])
  assert.equal(blocks.filter(({ kind }) => kind === 'note').length, 2)
  const { values } = expectCode('invalid-expression', () =>
    calc(request([...lines, { text: '1 + foo', file: 'x.txt', line: 9 }], 'fp16')),
  )
  assert.deepEqual([values['file'], values['line'], values['column']], ['x.txt', 9, 5])
})

test('numbers far outside every format: an answer at once, no flood of digits', () => {
  const huge = Array.from({ length: 300 }, (_, i) => `1e${5000 - i}/7`).join('*')
  const { metrics } = run(huge, 'fp32', { steps: true })
  assert.equal(metrics['value'], Infinity)
  assert.ok(Number.isNaN(metrics['exact']))
  for (const text of [
    '1e5000',
    '1e-5000',
    '1e300',
    '1e-300',
    'exp(5000)',
    'exp(-5000)',
    'exp(1e4)',
    '1e-2000 * 1e-2000',
  ])
    assert.ok(JSON.stringify(run(text, 'bf16', { steps: true })).length < 4000, text)
  assert.equal(value('1e5000', 'fp16', { rounding: 'toward-zero' }), 65504)
  assert.equal(value('1e-5000', 'fp16', { rounding: 'up' }), 2 ** -24)
  assert.equal(value('exp(5000)', 'fp32', { rounding: 'down' }), round(Number.MAX_VALUE, 'fp32', { rounding: 'down' }))
  assert.equal(value('exp(-1e6)', 'e11m3', { rounding: 'up' }), 2 ** -1025)
})

test('a random text is read or refused, never more', () => {
  const draw = generator(3)
  const pieces = [
    '1',
    '2^-3',
    '0x1p2',
    '.',
    '(',
    ')',
    '+',
    '-',
    '*',
    '/',
    ',',
    ' ',
    'sqrt',
    'fma(',
    'exp',
    'x',
    '^',
    'nan',
    '\u2212',
    '"',
    '\n',
    'e5',
    '_',
  ]
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: 1 + (draw() % 12) }, () => pieces[draw() % pieces.length]).join('')
    try {
      run(text, 'e4m3fn')
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'invalid-expression', `${text}: ${String(error)}`)
    }
  }
})
