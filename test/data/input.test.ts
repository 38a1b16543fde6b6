/** Files by their endings and first bytes, and what is no readable file at all. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileError } from '../../src/data/file.js'
import { openInput } from '../../src/data/input.js'
import type { FpsimError } from '../../src/errors.js'
import { hex64, numbers, problemOf, vectors } from './memory.js'

const folder = mkdtempSync(join(tmpdir(), 'fpsim-input-'))
after(() => rmSync(folder, { recursive: true }))

const npy = vectors<{ name: string; file: string; values: string[] }>('npy.json').find(
  (c) => c.name === '>f8 (2, 3, 4) F',
)
const tensors = vectors<{ file: string }>('safetensors.json')[0]
assert.ok(npy && tensors)
const npyBytes = Buffer.from(npy.file, 'base64')

function put(name: string, data: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, data)
  return path
}

const problem = (path: string, tensor?: string) =>
  problemOf(async () => numbers(await openInput(path, tensor === undefined ? {} : { tensor })))

test('by ending, in either case, and by the first bytes where the ending is unknown', async () => {
  for (const name of ['a.npy', 'a.NPY', 'array', 'a.v2']) {
    const source = await openInput(put(name, npyBytes))
    assert.equal(source.name, name)
    assert.equal(source.size, 24)
    assert.deepEqual((await numbers(source)).map(hex64), npy.values)
  }
  for (const name of ['t.safetensors', 'model', 't.st'])
    assert.ok(((await openInput(put(name, Buffer.from(tensors.file, 'base64')))).size ?? 0) > 900)
  for (const name of ['n.csv', 'n.tsv', 'n.txt', 'n.dat', 'n', 'n.log'])
    assert.deepEqual(await numbers(await openInput(put(name, '1\n2\n'))), [1, 2])
})

test('kinds of files that are not read', async () => {
  for (const ending of ['pt', 'pth', 'bin', 'npz', 'onnx', 'gguf', 'h5', 'pkl', 'gz', 'xlsx', 'parquet', 'mat', 'json'])
    assert.equal(await problem(put(`x.${ending}`, '1\n')), 'unsupported')
  assert.equal(await problem(put('x.npy', '1\n')), 'npy-magic')
  assert.equal(await problem(put('x.csv', npyBytes)), 'text-binary')
  assert.equal(await problem(put('zip', Buffer.from('504b030414', 'hex'))), 'text-binary')
  assert.equal(await problem(put('empty.npy', '')), 'empty')
  assert.equal(await problem(put('empty', '')), 'empty')
  assert.equal(await problem(put('x.txt', '1\n'), 'a*'), 'no-names')
  assert.equal(await problem(put('y.npy', npyBytes), 'a*'), 'no-names')
})

test('what is no file', async () => {
  mkdirSync(join(folder, 'dir.npy'))
  assert.equal(await problem(join(folder, 'dir.npy')), 'is-a-directory')
  assert.equal(await problem(folder), 'is-a-directory')
  for (const path of ['', 'a\0b', join(folder, 'a.npy', 'b'), join(folder, 'no', 'such.pt')])
    assert.equal(await problem(path), 'missing-file')
  put('gradients.npy', npyBytes)
  await assert.rejects(openInput(join(folder, 'gradient.npy')), (error: FpsimError) => {
    assert.equal(error.code, 'missing-file')
    assert.equal(error.values['suggestion'], join(folder, 'gradients.npy'))
    return true
  })
})

test('a file that may not be read', {
  skip: process.platform === 'win32' || process.getuid?.() === 0 ? 'needs a user other than root' : false,
}, async () => {
  const path = put('secret.npy', npyBytes)
  chmodSync(path, 0)
  assert.equal(await problem(path), 'unreadable-file')
})

test('what the system says of a file', () => {
  const codeOf = (code: string) => fileError('x', Object.assign(new Error(code), { code })).code
  for (const code of ['EACCES', 'EPERM', 'EIO', 'ELOOP', 'ENXIO', 'EMFILE'])
    assert.equal(codeOf(code), 'unreadable-file')
  for (const code of ['ENOENT', 'ENOTDIR']) assert.equal(codeOf(code), 'missing-file')
  assert.equal(codeOf('EISDIR'), 'is-a-directory')
  assert.equal(fileError('x', undefined).code, 'unreadable-file')
})

test('a file cut, or grown, between its header and its values', async () => {
  const path = put('cut.npy', npyBytes)
  const source = await openInput(path)
  truncateSync(path, npyBytes.length - 8)
  assert.equal(await problemOf(() => numbers(source)), 'changed')
  truncateSync(path, npyBytes.length + 8)
  assert.equal(await problemOf(() => numbers(source)), 'changed')
  rmSync(path)
  assert.equal(await problemOf(() => numbers(source)), 'missing-file')
})

test('devices', { skip: existsSync('/dev/zero') ? false : 'there is no /dev/zero' }, async () => {
  assert.equal(await problem('/dev/zero'), 'text-nul')
  assert.equal(await problem('/dev/null'), 'empty')
  assert.notEqual(await problem('/dev/urandom'), 'none')
})

test('a named pipe', { skip: process.platform === 'win32' ? 'there are none on Windows' : false }, async () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const source = await openInput(path)
  const writer = spawn('sh', ['-c', `seq 1 30000 > '${path}'`])
  const found = await numbers(source)
  assert.deepEqual([found.length, found[29_999]], [30_000, 30_000])
  // From memory: a second opening would wait for a writer for ever.
  assert.deepEqual(await numbers(source), found)
  writer.kill()
})
