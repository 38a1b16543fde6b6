/** The program among others: a reader that stops, Ctrl-C, standard input. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fpsim, root } from '../support.js'

const noShell = process.platform === 'win32' && 'needs a POSIX shell'
const program = `"${process.execPath}" "${join(root, 'bin', 'fpsim.js')}"`

test('| head -1 is no error', { skip: noShell }, () => {
  for (const line of ['schema', 'underflow --json', 'list']) {
    const script = `${program} ${line} | head -1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    assert.match(stdout, /^[^\n]+\n0\n$/, line)
    assert.equal(stderr, '')
  }
})

test('stdout that is closed at once, or full, ends without a stack trace', { skip: noShell }, () => {
  const ended = (script: string) => spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  assert.equal(ended(`${program} schema | true; exit "\${PIPESTATUS[0]}"`).status, 0)
  const full = ended(`[ -e /dev/full ] || exit 73; ${program} list > /dev/full`)
  assert.equal(full.status, 73)
  assert.match(full.stderr, /^(cannot write to standard output: no space is left\.\n)?$/)
})

test('numbers from standard input', () => {
  const { code, out } = fpsim(['underflow', '--input', '-', '--json'], { input: '1\n2e-9, 3e-5\n' })
  assert.equal(code, 0)
  const { metrics } = JSON.parse(out)
  assert.equal(metrics.values, 3)
  assert.equal(metrics.lost, 1 / 3)
  assert.equal(metrics.subnormal, 1 / 3)
})

test('Ctrl-C ends long work with 130 and leaves no file', { skip: noShell, timeout: 60_000 }, async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'fpsim-cli-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const args = ['underflow', '--distribution', 'normal', '--count', '1000000000', '--output', 'x.json']
  const child = spawn(process.execPath, [join(root, 'bin', 'fpsim.js'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (text) => {
    err += String(text)
  })
  const interrupt = setTimeout(() => child.kill('SIGINT'), 1500)
  // The run itself takes minutes: who does not hear Ctrl-C is ended here and has no exit code.
  const kill = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  clearTimeout(interrupt)
  clearTimeout(kill)
  assert.equal(code, 130)
  assert.equal(err, '')
  assert.deepEqual(readdirSync(cwd), [])
})
