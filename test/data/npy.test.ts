/** .npy files against NumPy: test/vectors/data/make.py. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileSource } from '../../src/data/input.js'
import { hex64, memoryFile, numbers, problemOf, vectors } from './memory.js'

interface Case {
  name: string
  file: string
  values: string[]
}

const cases = vectors<Case>('npy.json')
const bytesOf = (name: string): Buffer => Buffer.from(cases.find((c) => c.name === name)?.file ?? '', 'base64')

/** A .npy file with this header as it stands. */
function withHeader(header: string, data = 0, version = 1): Buffer {
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0])
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(header.length)
  else length.writeUInt32LE(header.length)
  return Buffer.concat([prefix, length, Buffer.from(header, 'latin1'), Buffer.alloc(data)])
}

const header = (descr: string, shape: string, order = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`

const problem = (bytes: Uint8Array, o: { shown?: number } = {}) =>
  problemOf(async () => numbers(await fileSource(memoryFile('x.npy', bytes, o))))

test('every type, byte order, memory order, shape and version', async () => {
  assert.ok(cases.length >= 60)
  for (const { name, file, values } of cases) {
    const source = await fileSource(memoryFile('x.npy', Buffer.from(file, 'base64')))
    assert.equal(source.size, values.length, name)
    assert.deepEqual((await numbers(source)).map(hex64), values, name)
    // A second pass gives the same.
    assert.deepEqual((await numbers(source)).map(hex64), values, name)
  }
})

test('a file that comes in small pieces is complete', async () => {
  for (const { name, file, values } of cases) {
    const source = await fileSource(memoryFile('x.npy', Buffer.from(file, 'base64'), { step: 3 }))
    assert.deepEqual((await numbers(source)).map(hex64), values, name)
  }
})

test('more than one block', async () => {
  for (const [descr, width] of [
    ['<f2', 2],
    ['<f4', 4],
    ['>f8', 8],
  ] as const) {
    for (const count of [65_535, 65_536, 65_537, 200_000]) {
      const bytes = withHeader(header(`'${descr}'`, `(${count},)`), count * width)
      // One element set at each place where a block could begin or end.
      const places = [0, 65_535, 65_536, 131_071, 131_072, count - 1].filter((i) => i < count)
      const data = bytes.subarray(bytes.length - count * width)
      for (const i of places) data[i * width + (descr[0] === '<' ? width - 1 : 0)] = 0x40
      const found = await numbers(await fileSource(memoryFile('x.npy', bytes)))
      assert.equal(found.length, count)
      assert.deepEqual(new Set(places), new Set([...found.keys()].filter((i) => found[i] === 2)), `${descr} ${count}`)
    }
  }
})

test('files that NumPy writes and fpsim refuses', async () => {
  for (const { name, file, problem: expected } of vectors<{ name: string; file: string; problem: string }>(
    'npy-refused.json',
  ))
    assert.equal(await problem(Buffer.from(file, 'base64')), expected, name)
})

test('damaged files', async () => {
  const good = bytesOf('<f4 (2, 3, 4) C')
  assert.equal(await problem(good), 'none')
  assert.equal(await problem(Buffer.alloc(0)), 'empty')
  assert.equal(await problem(Buffer.from('1,2,3\n')), 'npy-magic')
  assert.equal(await problem(good.subarray(0, 5)), 'npy-magic')
  assert.equal(await problem(good.subarray(0, 9)), 'npy-header-cut')
  assert.equal(await problem(good.subarray(0, 60)), 'npy-header-cut')
  for (let n = 128; n < good.length; n++) assert.equal(await problem(good.subarray(0, n)), 'npy-cut')
  assert.equal(await problem(Buffer.concat([good, Buffer.alloc(1)])), 'npy-trailing')
  assert.equal(await problem(Buffer.concat([good, good])), 'npy-trailing')
  assert.equal(await problem(good, { shown: good.length + 4 }), 'npy-trailing')
  // It shrinks between the reading of its header and of its data.
  assert.equal(await problem(good.subarray(0, good.length - 4), { shown: good.length }), 'changed')
  for (const version of [0, 4, 0x93]) {
    const other = Buffer.from(good)
    other[6] = version
    assert.equal(await problem(other), 'npy-version')
  }
  assert.equal(await problem(withHeader(header("'<f4'", '(0,)') + ' '.repeat(1_000_000), 0, 2)), 'npy-header-length')
  assert.equal(await problem(withHeader(header("'<f4'", '(0,)') + ' '.repeat(900_000), 0, 2)), 'none')
})

test('headers', async () => {
  const expected: [string, string, number?][] = [
    ['none', header("'<f4'", '()'), 4],
    ['none', header('"<f4"', '(2L, 1)'), 8],
    ['none', header("'f4'", '(0, 99999999999999999999)'), 0],
    ['npy-header', ''],
    ['npy-header', '{'],
    ['npy-header', "{'descr': '<f4'"],
    ['npy-header', "{'descr: 4}"],
    ['npy-header', header("'<f4'", '(1,)').replace('False', 'false'), 4],
    ['npy-header', header("'<f4'", '(__import__("os"),)'), 4],
    ['npy-header', header("'<f4'", '(1 2)'), 8],
    ['npy-header', header("'<f4'", '(,)'), 4],
    ['npy-header', header("'<f4'", '(01,)'), 4],
    ['npy-header', header("'<f4'", '(2**3,)'), 32],
    ['npy-header', `${header("'<f4'", '()')}0`, 4],
    ['npy-header', header("'<f4'", '('.repeat(100_00)), 4],
    ['npy-header', "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", 8],
    ['npy-header-keys', "('<f4', False, ())"],
    ['npy-header-keys', "{'descr': '<f4', 'fortran_order': False}"],
    ['npy-header-keys', "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", 4],
    ['npy-header-keys', "{'descr': '<f4', 'fortran_order': False, 'shape': (), 'extra': 1}", 4],
    ['npy-shape', header("'<f4'", '3'), 12],
    ['npy-shape', header("'<f4'", '(3)'), 12],
    ['npy-shape', header("'<f4'", '[3]'), 12],
    ['npy-shape', header("'<f4'", '(-3,)'), 12],
    ['npy-shape', header("'<f4'", '(True,)'), 4],
    ['npy-shape', header("'<f4'", 'None'), 4],
    ['npy-shape-large', header("'<f4'", '(4294967296, 4294967296)'), 4],
    ['npy-shape-large', header("'<f4'", `(${'9'.repeat(399)},)`), 4],
    ['npy-cut', header("'<f8'", '(9007199254740991,)'), 8],
    ['npy-cut', header("'<f4'", '(2,)'), 4],
    ['npy-dtype', header("'<f16'", '(1,)'), 16],
    ['npy-dtype', header("'<f'", '(1,)'), 4],
    ['npy-dtype', header("'float32'", '(1,)'), 4],
    ['npy-dtype', header("'constructor'", '(1,)'), 4],
    ['npy-dtype', header("'\x1b[31m'", '(1,)'), 4],
    ['npy-object', header("'|O'", '(1,)'), 4],
    ['npy-structured', header("[('x', '<f4')]", '(1,)'), 4],
  ]
  for (const [name, text, data] of expected)
    assert.equal(await problem(withHeader(text, data)), name, text.slice(0, 80))
})
