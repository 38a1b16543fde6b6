/** Numbers in text against Python's float(): test/vectors/data/make.py. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileSource, openInput } from '../../src/data/input.js'
import { replayable } from '../../src/data/stream.js'
import { textSource } from '../../src/data/text-numbers.js'
import { FpsimError } from '../../src/errors.js'
import { hex64, memoryFile, numbers, problemOf, vectors } from './memory.js'

const read = async (text: string | Uint8Array, o: { step?: number; shown?: number } = {}) =>
  numbers(await fileSource(memoryFile('x.csv', Buffer.from(text as string), o)))

const problem = (text: string | Uint8Array) => problemOf(() => read(text))

/** problem line:column field "text" */
async function where(text: string): Promise<string> {
  try {
    await read(text)
  } catch (error) {
    assert.ok(error instanceof FpsimError)
    const { problem: found, line, column, field, text: shown } = error.values
    return [found, `${line}:${column}`, field, shown].filter((v) => v !== undefined).join(' ')
  }
  return 'none'
}

async function* chunks(text: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < text.length; i += size) yield text.subarray(i, i + size)
}

test('separators, line ends, comments, headers, quotes, every notation', async () => {
  for (const { name, text, values } of vectors<{ name: string; text: string; values: string[] }>('text.json')) {
    assert.deepEqual((await read(text)).map(hex64), values, name)
    // The same through chunks that cut fields, line ends and quotes anywhere.
    for (const size of [3, 7, 64])
      assert.deepEqual((await read(text, { step: size })).map(hex64), values, `${name} by ${size}`)
  }
})

test('what is wrong, and where', async () => {
  const expected: [string, string][] = [
    ['1,2\n3,abc\n', 'text-word 2:3 2 abc'],
    ['1,2\r\n\r\n# x\r\n3, abc def', 'text-word 4:4 2 abc'],
    ['1 2 3x', 'text-word 1:5 3 3x'],
    ['1,"x y"', 'text-word 1:3 2 x y'],
    ['\n\na,b,c\na,b,c\n1,2', 'text-word 4:1 1 a'],
    ['a,b,3\n1,2,3', 'text-word 1:1 1 a'],
    ['"a",nan', 'text-word 1:1 1 a'],
    ['1\n--2', 'text-word 2:1 1 --2'],
    ['1\n1e', 'text-word 2:1 1 1e'],
    ['1\n0x', 'text-word 2:1 1 0x'],
    ['1,梯度', 'text-word 1:3 2 梯度'],
    [`1,${'x'.repeat(200)}`, `text-word 1:3 2 ${'x'.repeat(40)}…`],
    ['1,\x1b[31mred', 'text-word 1:3 2 ?[31mred'],
    ['[1, 2]', 'text-word 1:1 1 [1'],
    ['1.5x\n2\n3', 'text-word 1:1 1 1.5x'],
    ['0.weight,2nd layer\n1,2', 'none'],
    ['1,,2', 'text-empty-field 1:3 2'],
    ['1\n,2', 'text-empty-field 2:1 1'],
    ['1,"",2', 'text-empty-field 1:3 2'],
    ['1,2,,\n', 'text-empty-field 1:5 3'],
    ['1,"2\n3"', 'text-quote 1:3'],
    ['1,"2', 'text-quote 1:3'],
    ['"1"2', 'text-quote 1:4'],
    ['1,5;2,5', 'text-decimal-comma 1:5'],
    ['1;2\n-1,5;2,5', 'text-decimal-comma 2:6'],
    ['1,5\t2,5', 'text-decimal-comma 1:5'],
    ['3;1,5', 'text-decimal-comma 1:5'],
    [`1\n2,${'1'.repeat(1001)}`, `text-long-field 2:3 2 ${'1'.repeat(20)}…`],
    [`1\n2,"${'1'.repeat(1001)}`, `text-long-field 2:3 2 ${'1'.repeat(20)}…`],
    ['1,2\n3,\0', 'text-nul 2:3'],
    ['1\x002\x00', 'text-nul 1:2'],
  ]
  for (const [text, error] of expected) assert.equal(await where(text), error, JSON.stringify(text.slice(0, 60)))
})

test('what is not text', async () => {
  assert.equal(await problem(''), 'empty')
  assert.equal(await problem('\ufeff'), 'text-no-numbers')
  assert.equal(await problem('\n \n# 1\n'), 'text-no-numbers')
  assert.equal(await problem('only,a,header'), 'text-no-numbers')
  assert.equal(await problem(Buffer.from('\ufeff1,2\n', 'utf16le')), 'text-utf16')
  assert.equal(await problem(Buffer.from('\ufeff1,2\n', 'utf16le').swap16()), 'text-utf16')
  assert.equal(await problem(Buffer.from('\x93NUMPY\x01\x00', 'latin1')), 'text-binary')
  assert.equal(await problem(Buffer.from('PK\x03\x04', 'latin1')), 'text-binary')
  assert.equal(await problem(Buffer.alloc(100)), 'text-nul')
  // A file said to be longer than it is: it shrank.
  assert.equal(await problemOf(() => read('1,2,3', { shown: 9 })), 'changed')
})

test('numbers longer than any, but within the limit', async () => {
  const long = `0.${'0'.repeat(300)}${'123456789'.repeat(70)}`
  assert.deepEqual(await read(`1\n${long}`), [1, Number(long)])
})

test('many values come in blocks, none lost', async () => {
  const expected = Array.from({ length: 200_000 }, (_, i) => i % 10)
  for (const separator of [',', '\n', '\r\n']) {
    const text = Buffer.from(expected.join(separator))
    for (const size of [65_536, 100_001, text.length]) {
      const found = await numbers(await openInput('-', { stdin: chunks(text, size) }))
      assert.deepEqual(found, expected)
    }
  }
})

test('a stream is read again from memory, or says that it cannot', async () => {
  const text = Buffer.from('1,2,3\n')
  const source = await openInput('-', { stdin: chunks(text, 2) })
  assert.equal(source.name, 'stdin')
  assert.deepEqual(await numbers(source), [1, 2, 3])
  assert.deepEqual(await numbers(source), [1, 2, 3])

  const long = textSource({ name: 's', path: 's', open: replayable(chunks(text, 2), { path: 's', limit: 5 }) })
  assert.deepEqual(await numbers(long), [1, 2, 3])
  assert.equal(await problemOf(() => numbers(long)), 'stream-once')

  let closed = false
  const endless = (async function* () {
    try {
      for (;;) yield text
    } finally {
      closed = true
    }
  })()
  const given = await openInput('-', { stdin: endless })
  for await (const { values } of given.blocks()) {
    assert.ok(values.length > 30_000)
    break
  }
  assert.ok(closed)
  assert.equal(await problemOf(() => numbers(given)), 'stream-once')
})

test('an endless line without a separator, comment or header takes no memory', async () => {
  const piece = Buffer.alloc(65_536, 'x')
  let given = 0
  async function* endless(first: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(first)
    for (; given < 40_000; given++) yield piece
  }
  assert.equal(await problemOf(async () => numbers(await openInput('-', { stdin: endless('1,') }))), 'text-long-field')
  assert.equal(await problemOf(async () => numbers(await openInput('-', { stdin: endless('1,"') }))), 'text-long-field')
  assert.equal(await problemOf(async () => numbers(await openInput('-', { stdin: endless('a,') }))), 'text-word')
  assert.ok(given < 10, `${given} pieces were read before giving up`)
})

test('no stdin, empty stdin, failing stdin', async () => {
  assert.equal(await problemOf(() => openInput('-')), 'no-stdin')
  assert.equal(
    await problemOf(async () => numbers(await openInput('-', { stdin: chunks(Buffer.alloc(0), 1) }))),
    'empty',
  )
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('1\n')
    throw Object.assign(new Error('broken'), { code: 'EIO' })
  }
  assert.equal(await problemOf(async () => numbers(await openInput('-', { stdin: failing() }))), 'unreadable-file')
  assert.equal(await problemOf(() => openInput('-', { stdin: failing(), tensor: 'a' })), 'no-names')
})
