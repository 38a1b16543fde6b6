/** The progress file under fire: processes that are killed in the middle lose nothing that was told to be stored. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Progress } from '../../src/learn/progress.js'

const url = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** Stores thirty lessons, and says the name of each as soon as it is stored. */
const script = `
import { updateProgress } from ${url('cli/learn/progress-file.js')}
import { withLesson } from ${url('learn/progress.js')}
import { languages } from ${url('text/text.js')}
const context = { text: languages.en, look: { lang: 'en' } }
for (let j = 0; j < 30; j++) {
  const name = process.argv[1] + '-' + j
  await updateProgress((p) => withLesson(p, name, { state: 'done' }), context)
  process.stdout.write(name + '\\n')
}
`

/** What one process said was stored; killed when it has said it `killAt` times. */
const storedBy = (id: string, killAt: number, folder: string): Promise<{ names: string[]; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', id], {
      env: { PATH: process.env['PATH'], FPSIM_STATE: folder },
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (text) => {
      out += String(text)
      if (out.split('\n').length > killAt) child.kill('SIGKILL')
    })
    child.stderr.on('data', (text) => {
      err += String(text)
    })
    child.on('close', () => resolve({ names: out.split('\n').slice(0, -1), err }))
  })

test('ten processes at once, half of them killed: all that was stored is there', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-killed-'))
  try {
    const ids = Array.from({ length: 10 }, (_, i) => i)
    const all = await Promise.all(ids.map((i) => storedBy(`p${i}`, i % 2 ? 3 + i : 100, folder)))
    const { lessons } = JSON.parse(readFileSync(join(folder, 'progress.json'), 'utf8')) as Progress
    const names = all.flatMap((one) => one.names)
    assert.ok(names.length >= 150 + 5)
    assert.deepEqual(
      names.filter((name) => lessons[name] === undefined),
      [],
    )
    assert.deepEqual(new Set(all.map(({ err }) => err)), new Set(['']))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
