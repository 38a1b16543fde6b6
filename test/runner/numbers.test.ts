/** number-line, rounding and inspect: known values typed in, and codes from other programs. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { getFloat16, setFloat16 } from '@petamoriken/float16'
import { FpsimError } from '../../src/errors.js'
import { formats } from '../../src/format/catalog.js'
import { format } from '../../src/format/parse.js'
import type { Block, Cell } from '../../src/result/result.js'
import { inspect } from '../../src/runner/inspect.js'
import { runScenario } from '../../src/scenario/library.js'

type Kind<K extends Block['kind']> = Extract<Block, { kind: K }>

const ofKind = <K extends Block['kind']>(blocks: readonly Block[], kind: K): Kind<K>[] =>
  blocks.filter((block): block is Kind<K> => block.kind === kind)

test('e2m1: its 15 values on the line, the codes of the positive ones', async () => {
  const { metrics, blocks } = await runScenario('number-line')
  const [line] = ofKind(blocks, 'number-line')
  assert.deepEqual(
    line?.points.map(({ value }) => value),
    [-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6],
  )
  assert.deepEqual(
    line?.points.filter(({ zone }) => zone === 'few').map(({ value }) => value),
    [-0.5, 0.5],
  )
  const [codes] = ofKind(blocks, 'table')
  assert.deepEqual(
    codes?.columns.slice(1).map(({ label }) => ('name' in label ? label.name : '')),
    ['0000', '0001', '0010', '0011', '0100', '0101', '0110', '0111'],
  )
  assert.deepEqual(codes?.rows[0]?.slice(1), [0, 0.5, 1, 1.5, 2, 3, 4, 6])
  assert.deepEqual(
    [metrics['codes'], metrics['values'], metrics['subnormals'], metrics['largest'], metrics['smallest']],
    [16, 15, 1, 6, 0.5],
  )
})

test('the spacing of FP16, binade by binade', async () => {
  const { metrics, blocks } = await runScenario('number-line')
  assert.deepEqual(
    [metrics['integersUpTo'], metrics['spacingAtOne'], metrics['spacingAtLargest'], metrics['binades']],
    [2048, 2 ** -10, 32, 40],
  )
  const table = ofKind(blocks, 'table').at(-1)
  const rows = new Map<number, readonly Cell[]>()
  for (const row of table?.rows ?? []) {
    const label = row[0] as unknown as { values: { from: number; to: number } }
    for (let e = label.values.from; e <= label.values.to; e++) rows.set(e, row)
  }
  assert.equal(rows.size, 40)
  assert.deepEqual(rows.get(15)?.slice(1), ['32', '1024', '11'])
  assert.deepEqual(rows.get(11)?.slice(1), ['2', '1024', '11'])
  assert.deepEqual(rows.get(10)?.slice(1), ['1', '1024', '11'])
  assert.deepEqual(rows.get(0)?.slice(1), ['2^-10', '1024', '11'])
  assert.deepEqual(rows.get(-14)?.slice(1), ['2^-24', '1024', '11'])
  assert.deepEqual(rows.get(-15)?.slice(1), ['2^-24', '512', '10'])
  assert.deepEqual(rows.get(-24)?.slice(1), ['2^-24', '1', '1'])
})

test('number-line: how far the integers go, and formats too large for a line', async () => {
  const upTo = async (spacing: string) => (await runScenario('number-line', { spacing })).metrics['integersUpTo']
  for (const [name, top] of [
    ['bf16', 256],
    ['e4m3fn', 16],
    ['e5m2', 8],
    ['e2m1', 4],
    ['e2m3', 7],
    ['e3m4', 15],
    ['fp32', 2 ** 24],
    ['fp64', 2 ** 53],
    ['e8m0', 2],
  ] as const)
    assert.equal(await upTo(name), top, name)
  await assert.rejects(
    runScenario('number-line', { format: 'fp16' }),
    (error) =>
      error instanceof FpsimError && error.code === 'invalid-value' && error.values['problem'] === 'too-many-codes',
  )
})

test('rounding: unit roundoff, the first integer lost, where 1 + 1 + … stalls', async () => {
  for (const [name, u, lost, sum, stall] of [
    ['fp16', 2 ** -11, 2049, 2048, 2048],
    ['bf16', 2 ** -8, 257, 256, 256],
    ['tf32', 2 ** -11, 2049, 2048, 2048],
    ['fp32', 2 ** -24, 2 ** 24 + 1, 2 ** 24, 2 ** 24],
    ['e4m3fn', 2 ** -4, 17, 16, 16],
    ['e5m2', 2 ** -3, 9, 8, 8],
    ['e2m1', 2 ** -2, 5, 4, 4],
    ['e8m0', 2 ** -1, 3, 2, 2],
  ] as const) {
    const { metrics } = await runScenario('rounding', { format: name })
    assert.deepEqual(
      [metrics['unitRoundoff'], metrics['firstLostInteger'], metrics['sum'], metrics['sumOfOnes']],
      [u, lost, sum, stall],
      name,
    )
    const worst = metrics['worstError'] as number
    assert.ok(worst > 0.6 * u && worst <= u, `${name} ${worst}`)
  }
  assert.equal((await runScenario('rounding', { format: 'fp64' })).metrics['worstError'], 0)
})

/** Codes of fp16 and fp32 by Python: struct.pack('>e', x).hex(), struct.pack('>f', x).hex(). */
const constants: readonly (readonly [string, string, string])[] = [
  ['0.1', '0x2e66', '0x3dcccccd'],
  ['1/3', '0x3555', '0x3eaaaaab'],
  ['65504', '0x7bff', '0x477fe000'],
  ['65519.99', '0x7bff', '0x477feffd'],
  ['65520', '0x7c00', '0x477ff000'],
  ['2^-24', '0x0001', '0x33800000'],
  ['2^-25', '0x0000', '0x33000000'],
  ['1e-8', '0x0000', '0x322bcc77'],
  ['nan', '0x7e00', '0x7fc00000'],
  ['inf', '0x7c00', '0x7f800000'],
  ['-inf', '0xfc00', '0xff800000'],
  ['-0', '0x8000', '0x80000000'],
  ['5e-324', '0x0000', '0x00000000'],
  ['1e400', '0x7c00', '0x7f800000'],
  ['-1e400', '0xfc00', '0xff800000'],
  ['-6e-8', '0x8001', '0xb380d959'],
  ['0x1p-14', '0x0400', '0x38800000'],
  ['3.14159', '0x4248', '0x40490fd0'],
  ['2049', '0x6800', '0x45001000'],
  ['1e-7', '0x0002', '0x33d6bf95'],
]

/** The code in the notes behind the bits. */
const codeOf = (text: string, name: string): Cell | undefined => {
  const result = inspect({ values: [text], formats: [format(name)], codes: false, named: true })
  return ofKind(result.blocks, 'bit-field')[0]?.rows[0]?.notes[0]
}

test('inspect: twenty constants have the codes that Python gives', () => {
  for (const [text, fp16, fp32] of constants) {
    assert.equal(codeOf(text, 'fp16'), fp16, text)
    assert.equal(codeOf(text, 'fp32'), fp32, text)
    const x = Number(text)
    if (Number.isNaN(x) || !Number.isFinite(x)) continue
    const view = new DataView(new ArrayBuffer(2))
    setFloat16(view, 0, x)
    assert.equal(codeOf(text, 'fp16'), `0x${view.getUint16(0).toString(16).padStart(4, '0')}`)
  }
})

const valueIn = (text: string, name: string): number =>
  inspect({ values: [text], formats: [format(name)], codes: false, named: true }).metrics[`${name}.value`] as number

test('inspect rounds the number as it was written, once', () => {
  const zeros = '0'.repeat(30)
  // 1 + 2^-11 is a tie in FP16: to even, 1. Anything more, however little, goes up; float64 cannot see it.
  assert.equal(valueIn('1.00048828125', 'fp16'), 1)
  assert.equal(valueIn(`1.00048828125${zeros}1`, 'fp16'), 1 + 2 ** -10)
  assert.equal(valueIn(`-1.00048828125${zeros}1`, 'fp16'), -1 - 2 ** -10)
  // 1 + 3·2^-11 is a tie that goes up to 1 + 2^-9; anything less goes down.
  assert.equal(valueIn('1.00146484375', 'fp16'), 1 + 2 ** -9)
  assert.equal(valueIn(`1.00146484374${'9'.repeat(30)}`, 'fp16'), 1 + 2 ** -10)
  assert.equal(valueIn('65520', 'fp16'), Number.POSITIVE_INFINITY)
  assert.equal(valueIn(`65519.${'9'.repeat(40)}`, 'fp16'), 65504)
  // 2^-25 and a little more.
  assert.equal(valueIn('2.98023223876953125e-8', 'fp16'), 0)
  assert.equal(valueIn(`2.98023223876953125${zeros}1e-8`, 'fp16'), 2 ** -24)
  // 1 + 2^-24 in FP32.
  assert.equal(valueIn('1.000000059604644775390625', 'fp32'), 1)
  assert.equal(valueIn(`1.000000059604644775390625${zeros}1`, 'fp32'), 1 + 2 ** -23)
  assert.equal(valueIn(`464.${zeros}1`, 'e4m3fn'), Number.NaN)
  assert.equal(valueIn('464', 'e4m3fn'), 448)
})

test('inspect rounds once to FP64 too, in every mode', () => {
  const { blocks } = inspect({ values: ['0.1'], formats: [format('fp64')], codes: false, named: true })
  const modes = ofKind(blocks, 'table')
    .at(-1)
    ?.rows.map((row) => row[2])
  // 0.1 lies between ...99 and ...9a, nearer to ...9a, which is even.
  assert.deepEqual(modes?.slice(0, 5), [
    '0x3fb999999999999a',
    '0x3fb999999999999a',
    '0x3fb9999999999999',
    '0x3fb999999999999a',
    '0x3fb9999999999999',
  ])
})

test('inspect: codes', () => {
  const look = (text: string, names: string[], named = true) => {
    const { metrics } = inspect({ values: [text], formats: names.map(format), codes: true, named })
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => name.endsWith('.value')))
  }
  assert.deepEqual(look('0x7bff', ['fp16']), { 'fp16.value': 65504 })
  assert.deepEqual(look('0b0111', ['e2m1']), { 'e2m1.value': 6 })
  assert.deepEqual(look('1', ['fp16']), { 'fp16.value': 2 ** -24 })
  // The digits of a hex code tell how wide its format is.
  const all = formats.map((f) => f.name)
  assert.deepEqual(Object.keys(look('0x7bff', all, false)).sort(), ['bf16.value', 'fp16.value'])
  const view = new DataView(new ArrayBuffer(2))
  for (let code = 0; code < 65536; code += 257) {
    view.setUint16(0, code)
    assert.deepEqual(look(String(code), ['fp16']), { 'fp16.value': getFloat16(view, 0) })
  }
  for (const [text, name] of [
    ['0x10000', 'fp16'],
    ['-1', 'fp16'],
    ['1.5', 'fp16'],
    ['nan', 'fp16'],
    ['inf', 'fp16'],
    ['1e400', 'fp16'],
    ['seven', 'fp16'],
    ['', 'fp16'],
    ['0x10', 'e2m1'],
  ] as const)
    assert.throws(
      () => look(text, [name]),
      (error) => error instanceof FpsimError && error.code === 'invalid-code',
      `${text} ${name}`,
    )
  assert.throws(
    () => look('0x3ff0000000000000', ['fp64']),
    (error) => error instanceof FpsimError && ['invalid-code', 'code-too-wide'].includes(error.code),
  )
})

test('inspect shows every constant in every format', () => {
  const names = [...formats.map((f) => f.name), 'e2m2', 'e3m1', 'e2m52', 'e6m52', 'e8m52', 'e11m1', 'e11m30', 'e11m51']
  for (const [text] of constants)
    for (const name of names) {
      const { blocks } = inspect({ values: [text], formats: [format(name)], codes: false, named: true })
      assert.ok(blocks.length >= 3, `${text} ${name}`)
    }
  assert.throws(
    () => valueIn('ten', 'fp16'),
    (error) => error instanceof FpsimError && error.code === 'invalid-value',
  )
})
