/** .safetensors files against those written by hand in test/vectors/data/make.py, and the recorded gradients. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { matches } from '../../src/data/glob.js'
import { fileSource, openInput } from '../../src/data/input.js'
import { FpsimError } from '../../src/errors.js'
import { collect, hex64, memoryFile, numbers, problemOf, vectors } from './memory.js'

interface Case {
  name: string
  file: string
  tensors: Record<string, string[]>
}

const cases = vectors<Case>('safetensors.json')
const every = Buffer.from(cases[0]?.file ?? '', 'base64')

const read = async (bytes: Uint8Array, tensor?: string) =>
  collect(await fileSource(memoryFile('x.safetensors', bytes), tensor === undefined ? {} : { tensor }))

const problem = (bytes: Uint8Array, tensor?: string) => problemOf(() => read(bytes, tensor))

/** A file with this header as it stands. */
function file(header: string | object, data = 0, length?: bigint): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length ?? BigInt(text.length))
  return Buffer.concat([prefix, text, Buffer.alloc(data)])
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
})

test('every floating-point type, bit for bit; integers left out', async () => {
  for (const { name, file: bytes, tensors } of cases) {
    const found = await read(Buffer.from(bytes, 'base64'))
    const expected = Object.entries(tensors).filter(([, values]) => values.length > 0)
    assert.deepEqual(
      [...found.keys()],
      expected.map(([tensor]) => tensor),
      name,
    )
    for (const [tensor, values] of expected)
      assert.deepEqual(found.get(tensor)?.map(hex64), values, `${name}: ${tensor}`)
    const source = await fileSource(memoryFile('x.safetensors', Buffer.from(bytes, 'base64'), { step: 5 }))
    assert.equal(
      source.size,
      expected.reduce((n, [, values]) => n + values.length, 0),
    )
    assert.deepEqual(await collect(source), found)
  }
})

test('globs', () => {
  const yes: [string, string][] = [
    ['a', 'a'],
    ['*', ''],
    ['*', 'abc'],
    ['a*', 'a'],
    ['a*c', 'abc'],
    ['*b*', 'abc'],
    ['*ab', 'aab'],
    ['?', 'x'],
    ['a?c*', 'abcd'],
    ['**', 'a'],
  ]
  for (const [pattern, name] of yes) assert.ok(matches(pattern, name), `${pattern} ${name}`)
  const no: [string, string][] = [
    ['a', 'b'],
    ['?', ''],
    ['?', 'ab'],
    ['a*', 'ba'],
    ['*b', 'abc'],
    ['a.c', 'abc'],
    ['', 'a'],
    ['A', 'a'],
    ['[a]', 'a'],
  ]
  for (const [pattern, name] of no) assert.ok(!matches(pattern, name), `${pattern} ${name}`)
  // Takes for ever in a matcher that backtracks.
  assert.ok(!matches('*a'.repeat(40), 'a'.repeat(39) + 'b'.repeat(2000)))
})

test('--tensor', async () => {
  const names = async (glob: string) => [...(await read(every, glob)).keys()]
  assert.deepEqual(await names('half'), ['half'])
  assert.deepEqual(await names('layer.*'), ['layer.0.weight', 'layer.0.bias'])
  assert.deepEqual(await names('layer.?.b*, half,'), ['layer.0.bias', 'half'])
  assert.deepEqual(await names('fp8.e?m?'), ['fp8.e4m3', 'fp8.e5m2'])
  assert.deepEqual(await names('s*,o*'), ['odd'])
  assert.equal(await problem(every, 'step'), 'safetensors-dtype')
  assert.equal(await problem(every, 's*'), 'safetensors-no-floats')
  assert.equal(await problem(every, ''), 'no-match')
  await assert.rejects(read(every, 'half,layer.0.wieght'), (error: FpsimError) => {
    assert.ok(error instanceof FpsimError)
    assert.equal(error.code, 'no-match')
    assert.equal(error.values['glob'], 'layer.0.wieght')
    assert.equal(error.values['suggestion'], 'layer.0.weight')
    assert.equal(error.values['count'], 13)
    assert.ok((error.values['names'] as string[]).includes('half'))
    return true
  })
})

test('damaged files', async () => {
  const two = { a: f32(0, 8), b: f32(8, 12) }
  const expected: [string, Buffer][] = [
    ['none', file(two, 12)],
    ['none', file({ b: f32(8, 12), a: f32(0, 8), c: f32(8, 8), d: f32(12, 12, [0, 3]) }, 12)],
    ['none', file(`${JSON.stringify(two)} \n `, 12)],
    ['none', file({ a: { ...f32(0, 4), more: [{ x: [1.5e-3, true, null, 'y'] }, {}, []] } }, 4)],
    ['empty', Buffer.alloc(0)],
    ['safetensors-cut', Buffer.alloc(7)],
    ['safetensors-header-cut', file(two, 12, 1n << 60n)],
    ['safetensors-header-cut', file(two, 12, (1n << 64n) - 1n)],
    ['safetensors-header-cut', file(two, 0, 200n)],
    ['safetensors-header-cut', Buffer.from('\x93NUMPY\x01\x00v\x00{}', 'latin1')],
    ['safetensors-json', file('', 0)],
    ['safetensors-json', file('[]', 0)],
    ['safetensors-json', file('{"__metadata__":{},}', 0)],
    ['safetensors-entry', file('{"a":1}', 0)],
    ['safetensors-json', file('{"a', 0)],
    ['safetensors-json', file('{"a\\', 0)],
    ['safetensors-json', file('{"a\\q":1}', 0)],
    ['safetensors-json', file('{"a\n":1}', 0)],
    ['safetensors-json', file(`${JSON.stringify(two)},`, 12)],
    ['safetensors-json', file(`{"__metadata__":${'['.repeat(100_000)}}`, 0)],
    ['safetensors-json', file('{"__metadata__":nul}', 0)],
    ['safetensors-utf8', Buffer.from('\x08\0\0\0\0\0\0\0{"\xff":1} ', 'latin1')],
    ['safetensors-no-tensors', file({}, 0)],
    ['safetensors-no-tensors', file({ __metadata__: { format: 'pt' } }, 0)],
    [
      'safetensors-duplicate',
      file(
        '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
        4,
      ),
    ],
    ['safetensors-duplicate', file('{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4)],
    ['safetensors-entry', file({ a: { dtype: 'F32', shape: [1] } }, 4)],
    ['safetensors-entry', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4)],
    ['safetensors-entry', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 4)],
    ['safetensors-entry', file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4)],
    ['safetensors-entry', file({ a: { dtype: 'F32', shape: [1.5], data_offsets: [0, 6] } }, 6)],
    ['safetensors-entry', file({ a: { dtype: 'F32', shape: '1', data_offsets: [0, 4] } }, 4)],
    ['safetensors-entry', file({ a: { dtype: 7, shape: [1], data_offsets: [0, 4] } }, 4)],
    ['safetensors-entry', file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,${'9'.repeat(500)}]}}`, 4)],
    ['safetensors-entry', file({ a: f32(0, 4, Array(65).fill(1)) }, 4)],
    ['none', file({ a: f32(0, 4, Array(64).fill(1)) }, 4)],
    [
      'safetensors-many',
      file(`{${Array.from({ length: 200_001 }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`)}}`),
    ],
    ['safetensors-reversed', file({ a: f32(8, 4, [1]) }, 8)],
    ['safetensors-outside', file(two, 11)],
    ['safetensors-outside', file({ a: f32(0, 2 ** 52) }, 8)],
    ['safetensors-overlap', file({ a: f32(0, 8), b: f32(4, 12) }, 12)],
    ['safetensors-overlap', file({ a: f32(0, 8), b: f32(0, 8) }, 8)],
    ['safetensors-hole', file({ a: f32(4, 8) }, 8)],
    ['safetensors-hole', file(two, 13)],
    ['safetensors-length', file({ a: f32(0, 8, [3]) }, 8)],
    ['safetensors-length', file({ a: f32(0, 8, [4_294_967_296, 4_294_967_296, 2_147_483_648]) }, 8)],
    ['safetensors-length', file({ a: { ...f32(0, 8, [1]), dtype: 'I32' }, b: f32(8, 12) }, 12)],
    ['safetensors-no-floats', file({ a: { ...f32(0, 8), dtype: 'I32' } }, 8)],
    ['safetensors-no-floats', file({ a: { ...f32(0, 8), dtype: 'constructor' } }, 8)],
  ]
  for (const [name, bytes] of expected)
    assert.equal(await problem(bytes), name, bytes.subarray(8, 160).toString('latin1'))
  // A shape with 0 beside huge sizes has no elements.
  assert.equal(await problem(file({ a: f32(0, 0, [0, 2 ** 53 - 1, 2 ** 53 - 1]), b: f32(0, 4) }, 4)), 'none')
})

test('a long header of many tensors', async () => {
  const header: Record<string, object> = {}
  for (let i = 0; i < 20_000; i++) header[`layer.${i}.weight`] = f32(4 * i, 4 * i + 4)
  const source = await fileSource(memoryFile('x.safetensors', file(header, 80_000)), { tensor: 'layer.*9.weight' })
  assert.equal(source.size, 2000)
})

for (const model of ['digits-cnn', 'digits-mlp']) {
  const folder = `../shared/gradients/${model}`
  test(`${model}.safetensors holds what the .npy files of the same names hold`, {
    skip: existsSync(folder) ? false : `${folder} is not here`,
  }, async () => {
    const found = await collect(await openInput(`${folder}/${model}.safetensors`))
    const files = readdirSync(folder).filter((name) => name.endsWith('.npy'))
    assert.equal(files.length, found.size)
    for (const name of files) {
      const values = await numbers(await openInput(`${folder}/${name}`))
      assert.deepEqual(found.get(name.replace(/\.npy$/, '')), values, name)
    }
  })
}
