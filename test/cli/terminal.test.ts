/** At a terminal (util-linux's script makes one): colour, width, the guess, Ctrl-C. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { root, state } from '../support.js'

const hasScript = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')
const program = `'${process.execPath}' '${join(root, 'bin', 'fpsim.js')}'`

/** Runs a command line at a terminal of 80 columns; types an answer as soon as `prompt` is on the screen. */
function atTerminal(line: string, o: { env?: Record<string, string>; prompt?: RegExp; answer?: string } = {}) {
  const { PATH, HOME } = process.env
  const command = `stty cols 80 2>/dev/null; ${program} ${line}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { PATH, HOME, SHELL: '/bin/sh', TERM: 'xterm-256color', FPSIM_STATE: state, ...o.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  let asked = false
  child.stdout.on('data', (text) => {
    screen += String(text)
    if (asked || !o.prompt?.test(screen)) return
    asked = true
    child.stdin.write(o.answer ?? '')
  })
  return new Promise<{ code: number | null; screen: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, screen: screen.replaceAll('\r\n', '\n') })),
  )
}

const prompt = /press Enter: $/

describe('at a terminal', { skip: hasScript ? false : 'no script of util-linux here', timeout: 60_000 }, () => {
  test('colour, unless it is refused', async () => {
    const colour = '\u001b['
    assert.ok((await atTerminal('underflow')).screen.includes(colour))
    const refused = [
      { line: 'underflow', env: { NO_COLOR: '1' } },
      { line: 'underflow', env: { TERM: 'dumb' } },
      { line: 'underflow --no-color', env: {} },
    ]
    for (const { line, env } of refused) assert.ok(!(await atTerminal(line, { env })).screen.includes(colour), line)
  })

  test('the guess is typed, and told beside the answer', async () => {
    const { code, screen } = await atTerminal('underflow --ask --no-color', { prompt, answer: '10 %\r' })
    assert.equal(code, 0)
    assert.match(screen, /You said 10 %, it is 3\.25 %\./)
    assert.ok(screen.indexOf('You said') < screen.indexOf('loss scale'))
  })

  test('Ctrl-C at the question ends with 130', async () => {
    const { code, screen } = await atTerminal('underflow --ask', { prompt, answer: '\u0003' })
    assert.equal(code, 130)
    assert.doesNotMatch(screen, /loss scale|node:| at /)
  })
})
