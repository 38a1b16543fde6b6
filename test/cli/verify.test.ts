/** `fpsim verify` as a program: exit codes, evidence without times in JSON, Ctrl-C. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fpsim, root } from '../support.js'

test('verify passes here, and its JSON has no times', () => {
  const { code, out, err } = fpsim(['verify', '--json'])
  assert.equal(code, 0, err)
  const { metrics, blocks } = JSON.parse(out)
  assert.equal(metrics.wrong, 0)
  assert.ok(metrics.cases > 3_000_000)
  assert.deepEqual(
    blocks[0].columns.map(({ label }: { label: { code: string } }) => label.code),
    ['check', 'cases', 'wrong', 'digest'],
  )
})

test('Ctrl-C prints what was done and ends with 130', {
  skip: process.platform === 'win32' && 'no SIGINT',
}, async () => {
  const child = spawn(process.execPath, [join(root, 'bin', 'fpsim.js'), 'verify', '--lang', 'en'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  setTimeout(() => child.kill('SIGINT'), 700)
  const [code] = await once(child, 'close')
  assert.equal(code, 130)
  assert.match(out, /Stopped: \d of 6 checks done/)
})

test('verify --deep: Ctrl-C prints what was done on all threads and ends with 130', {
  skip: process.platform === 'win32' && 'no SIGINT',
}, async () => {
  const child = spawn(process.execPath, [join(root, 'bin', 'fpsim.js'), 'verify', '--deep', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  setTimeout(() => child.kill('SIGINT'), 1500)
  const [code] = await once(child, 'close')
  assert.equal(code, 130)
  const { metrics, findings, params } = JSON.parse(out)
  assert.equal(findings[0].code, 'proofStopped')
  assert.equal(params.complete, false)
  assert.equal(metrics.wrong, 0)
  assert.ok(metrics.cases < 3 * 2 ** 32)
})

test('verify --deep: formats that cannot be proved, and --format alone', () => {
  for (const [args, message] of [
    [['--deep', '--format', 'tf32'], /invalid --format: "tf32" is not one of .*fp16/],
    [['--deep', '--format', 'fp61'], /did you mean fp16/],
    [['--format', 'fp16'], /--deep/],
  ] as const) {
    const { code, err } = fpsim(['verify', ...args])
    assert.equal(code, 2)
    assert.match(err, message)
  }
})
