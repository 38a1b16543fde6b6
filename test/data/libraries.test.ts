/** Other libraries' conversions against what the libraries themselves gave, and by hand where they were only read. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type Answer, converted, type Library, libraries, reasonFor, semantics } from '../../src/data/libraries.js'
import { format } from '../../src/format/parse.js'
import { root } from '../support.js'

const cell = new DataView(new ArrayBuffer(8))
function float64(hex: string): number {
  if (hex === 'nan') return Number.NaN
  cell.setBigUint64(0, BigInt(`0x${hex}`))
  return cell.getFloat64(0)
}

const rowOf = (library: Library, type: string) => {
  const row = semantics.find((r) => r.library === library && r.type === type)
  assert.ok(row, `${library} ${type}`)
  return row
}

for (const library of ['torch', 'numpy', 'ml_dtypes', 'onnx'] as const)
  test(`${library}: every conversion that it did itself`, () => {
    const file = join(root, 'test', 'vectors', 'libraries', `${library}.tsv.gz`)
    const seen = new Set<string>()
    for (const line of gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')) {
      const [type = '', x = '', y = ''] = line.split('\t')
      seen.add(type)
      const got = converted(rowOf(library, type), float64(x))
      assert.ok(Object.is(got, float64(y)), `${type} ${float64(x)}: ${JSON.stringify(got)}, not ${float64(y)}`)
    }
    // Nothing is said to have run that did not.
    const ran = semantics.filter((row) => row.library === library && row.known === 'ran').map(({ type }) => type)
    assert.deepEqual([...seen].sort(), ran.sort())
  })

test('what was read or built, by hand', () => {
  const gives = (library: Library, type: string, x: number): Answer => converted(rowOf(library, type), x)
  const cases: [Library, string, number, Answer][] = [
    ['cpfloat', 'E4M3', 465, 480],
    ['cpfloat', 'E4M3', 495.9, 480],
    ['cpfloat', 'E4M3', 496, Number.NaN],
    ['cpfloat', 'E4M3', 240, 240],
    ['cpfloat', 'E4M3', 2 ** -9, 2 ** -9],
    ['cpfloat', 'E4M3', Number.POSITIVE_INFINITY, 'unverified'],
    ['cpfloat', 'bf16', 2 ** -127, 2 ** -126],
    ['cpfloat', 'bf16', -(2 ** -127) * (1 - 2 ** -50), -0],
    ['cpfloat', 'bf16', 2 ** -126, 2 ** -126],
    ['cpfloat', 'fp16', 8.940696716308592e-8, 2 ** -24],
    ['cpfloat', 'E5M2', 1, 'unverified'],
    // chop's q43 is IEEE's: 240 is its largest, 248 the tie to infinity.
    ['chop', 'q43', 240, 240],
    ['chop', 'q43', 247.9, 240],
    ['chop', 'q43', 248, Number.POSITIVE_INFINITY],
    ['chop', 'q52', 61440, Number.POSITIVE_INFINITY],
    ['chop', 'q52', 61439, 57344],
    // Without subnormals, and compared after a first rounding: 2^-127 less a hair becomes 2^-127, then 2^-126.
    ['chop', 'bf16', 2 ** -127 * (1 - 2 ** -20), 2 ** -126],
    ['chop', 'bf16', 2 ** -127 * 0.97, 0],
    ['chop', 'bf16', -(2 ** -128), 0],
    // Half the quantum and a hair rounds to the half at 11 bits, and is then not above it.
    ['chop', 'fp16', 2 ** -25 * (1 + 2 ** -20), 0],
    ['chop', 'fp16', 2 ** -25 * (1 + 2 ** -9), 2 ** -24],
    ['chop', 'fp16', -(2 ** -26), 0],
    ['chop', 'fp16', 8.940696716308592e-8, 2 ** -24],
    ['ocp', 'E4M3', 464, 448],
    ['ocp', 'E4M3', 465, { or: [Number.NaN, 448] }],
    ['ocp', 'E2M1', 7, 6],
    ['ocp', 'E2M1', Number.NaN, 'unverified'],
    ['ocp', 'E5M2', 61440, 'unverified'],
    ['ocp', 'E8M0', 3, 'unverified'],
    ['torch', 'float8_e4m3fn', 1, 'unverified'],
  ]
  for (const [library, type, x, wanted] of cases)
    assert.deepEqual(gives(library, type, x), wanted, `${library} ${type} ${x}`)
})

test('reasons', () => {
  const why = (library: Library, type: string, x: number): string => {
    const row = rowOf(library, type)
    return reasonFor(row, x, converted(row, x))
  }
  assert.equal(why('ml_dtypes', 'float8_e4m3fn', 431.99999999999994), 'double-rounding')
  assert.equal(why('ml_dtypes', 'float8_e4m3fn', 465), 'beyond')
  assert.equal(why('ml_dtypes', 'float8_e4m3fn', 464), 'nearest')
  assert.equal(why('onnx', 'FLOAT8E4M3FN', 465), 'saturates')
  assert.equal(why('cpfloat', 'E4M3', 465), 'range')
  assert.equal(why('chop', 'q43', 248), 'beyond')
  assert.equal(why('ml_dtypes', 'float8_e4m3fn', 448), 'exact')
  assert.equal(why('ml_dtypes', 'float8_e8m0fnu', 3), 'scale')
  assert.equal(why('chop', 'bf16', 1e-40), 'no-subnormals')
  assert.equal(why('numpy', 'float16', 8.940696716308592e-8), 'nearest')
  assert.equal(why('torch', 'float16', 8.940696716308592e-8), 'double-rounding')
  assert.equal(why('ml_dtypes', 'float4_e2m1fn', Number.NaN), 'nan')
  assert.equal(why('onnx', 'FLOAT8E5M2', Number.POSITIVE_INFINITY), 'infinite')
})

test('the table: every library, families that exist, sources', () => {
  assert.deepEqual([...new Set(semantics.map(({ library }) => library))], [...libraries])
  for (const { family, source } of semantics) {
    assert.equal(format(family).name, family)
    assert.ok(source.length > 8)
  }
})
