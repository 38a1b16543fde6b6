/** The progress file: where it lies, many processes at once, damage, read-only places. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Context } from '../../src/cli/context.js'
import { progressPath, readProgress, updateProgress } from '../../src/cli/learn/progress-file.js'
import { type Progress, withLesson } from '../../src/learn/progress.js'
import { languages } from '../../src/text/text.js'

describe('where it lies', () => {
  const at = (env: Record<string, string>, platform = 'linux') => progressPath(env, platform, '/home/li')
  test('the state folder of the system, FPSIM_STATE before it', () => {
    assert.equal(at({}), '/home/li/.local/state/fpsim/progress.json')
    assert.equal(at({ XDG_STATE_HOME: '/x' }), '/x/fpsim/progress.json')
    assert.equal(at({ XDG_STATE_HOME: 'x' }), '/home/li/.local/state/fpsim/progress.json')
    assert.equal(at({ XDG_STATE_HOME: '' }), '/home/li/.local/state/fpsim/progress.json')
    assert.equal(at({ XDG_STATE_HOME: '/x', FPSIM_STATE: 'here' }), 'here/progress.json')
    assert.equal(at({ FPSIM_STATE: '/a/li.json' }), '/a/li.json')
    assert.equal(at({ FPSIM_STATE: 'off' }), undefined)
    assert.equal(at({ FPSIM_STATE: '' }), '/home/li/.local/state/fpsim/progress.json')
    assert.equal(at({ LOCALAPPDATA: '/Users/li/Local' }, 'win32'), '/Users/li/Local/fpsim/progress.json')
    assert.equal(at({ XDG_STATE_HOME: '/x' }, 'win32'), '/home/li/AppData/Local/fpsim/progress.json')
  })
})

/** A process that does each lesson named, one change after the other. */
const script = `
import { updateProgress } from ${JSON.stringify(new URL('../../src/cli/learn/progress-file.js', import.meta.url).href)}
import { withLesson } from ${JSON.stringify(new URL('../../src/learn/progress.js', import.meta.url).href)}
import { languages } from ${JSON.stringify(new URL('../../src/text/text.js', import.meta.url).href)}
const context = { text: languages.en, look: { lang: 'en' } }
const names = process.argv.slice(1)
for (const name of names) await updateProgress((p) => withLesson(p, name, { state: 'done' }), context)
`
const argv = (names: readonly string[]) => ['--input-type=module', '-e', script, '--', ...names]
const env = (state: string): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], FPSIM_STATE: state })

const context = { text: languages.en, look: { lang: 'en' } } as Context

/** The same in this process: what it sees at the end, and what it said. */
async function done(state: string, names: readonly string[]): Promise<{ seen: Progress; err: string }> {
  const write = process.stderr.write.bind(process.stderr)
  let err = ''
  process.env['FPSIM_STATE'] = state
  process.stderr.write = (text: string | Uint8Array) => {
    err += String(text)
    return true
  }
  try {
    for (const name of names) await updateProgress((p) => withLesson(p, name, { state: 'done' }), context)
    return { seen: await readProgress(context), err }
  } finally {
    process.stderr.write = write
    delete process.env['FPSIM_STATE']
  }
}
const stored = (file: string): Progress => JSON.parse(readFileSync(file, 'utf8')) as Progress
const files = (folder: string) => readdirSync(folder).sort()

/** Eight at once; resolves when all have ended. */
const together = (state: string, lists: readonly (readonly string[])[]) =>
  Promise.all(
    lists.map(
      (names) =>
        new Promise<string>((resolve) => {
          const child = spawn(process.execPath, argv(names), { env: env(state) })
          let err = ''
          child.stderr.on('data', (text) => {
            err += String(text)
          })
          child.on('close', () => resolve(err))
        }),
    ),
  )

async function inFolderAsync(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fpsim-progress-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('eight processes at once, each adding lessons, past the lock of a dead one: nothing is lost or left behind', () =>
  inFolderAsync(async (folder) => {
    const { pid } = spawnSync('true')
    writeFileSync(join(folder, 'progress.json.lock'), `${pid} ${hostname()} 00`)
    const lists = Array.from({ length: 8 }, (_, i) => Array.from({ length: 12 }, (__, j) => `p${i}-${j}`))
    const errors = await together(folder, lists)
    assert.deepEqual(
      errors,
      lists.map(() => ''),
    )
    assert.deepEqual(Object.keys(stored(join(folder, 'progress.json')).lessons).sort(), lists.flat().sort())
    assert.deepEqual(files(folder), ['progress.json'])
  }))

test('a lock of a process that lives elsewhere and nobody renews is waited for, then taken away', () =>
  inFolderAsync(async (folder) => {
    const lock = join(folder, 'progress.json.lock')
    writeFileSync(lock, '1 another-machine 00')
    const long = new Date(Date.now() - 60_000)
    utimesSync(lock, long, long)
    const { seen, err } = await done(folder, ['a'])
    assert.deepEqual([Object.keys(seen.lessons), err, files(folder)], [['a'], '', ['progress.json']])
  }))

describe('damage', () => {
  test('is set aside, named, and what can be read of it counts', () =>
    inFolderAsync(async (folder) => {
      const file = join(folder, 'progress.json')
      const texts = ['{"version": 1, "lessons": {"old": {"state": "done"}, "bad": 7}}', '{"vers', '']
      for (const [i, text] of texts.entries()) {
        writeFileSync(file, text)
        const { seen, err } = await done(folder, ['new'])
        const names = i === 0 ? ['new', 'old'] : ['new']
        assert.deepEqual(Object.keys(seen.lessons).sort(), names)
        assert.deepEqual(Object.keys(stored(file).lessons).sort(), names)
        assert.equal(readFileSync(`${file}.damaged-${i + 1}`, 'utf8'), text)
        assert.match(err, /progress\.json is damaged; it was set aside as \S*progress\.json\.damaged-\d\. /)
        assert.equal(err.split('\n').length, 2)
      }
    }))

  test('a file of a later version is left as it is, and that is said once', () =>
    inFolderAsync(async (folder) => {
      const file = join(folder, 'progress.json')
      const text = '{"version": 7, "secret": 1}'
      writeFileSync(file, text)
      const { seen, err } = await done(folder, ['a', 'b'])
      assert.equal(readFileSync(file, 'utf8'), text)
      assert.deepEqual(files(folder), ['progress.json'])
      // It counts until the process ends.
      assert.deepEqual(Object.keys(seen.lessons), ['a', 'b'])
      assert.match(err, /^[^\n]*newer fpsim \(version 7[^\n]*\n$/)
    }))
})

describe('places', () => {
  test('folders are made; a link stays a link; `off` keeps nothing', () =>
    inFolderAsync(async (folder) => {
      assert.equal((await done(join(folder, 'a', 'b'), ['x'])).err, '')
      assert.ok(existsSync(join(folder, 'a', 'b', 'progress.json')))
      writeFileSync(join(folder, 'real.json'), '{"version":1}')
      symlinkSync(join(folder, 'real.json'), join(folder, 'link.json'))
      assert.equal((await done(join(folder, 'link.json'), ['x'])).err, '')
      assert.ok(lstatSync(join(folder, 'link.json')).isSymbolicLink())
      assert.deepEqual(Object.keys(stored(join(folder, 'real.json')).lessons), ['x'])
      const { seen, err } = await done('off', ['x', 'y'])
      assert.deepEqual([Object.keys(seen.lessons), err], [['x', 'y'], ''])
    }))

  test(
    'where nothing can be written: one warning, and the progress of this process counts',
    { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false },
    () =>
      inFolderAsync(async (folder) => {
        const closed = join(folder, 'closed')
        mkdirSync(closed)
        writeFileSync(join(closed, 'progress.json'), '{"version":1,"lessons":{"old":{"state":"done"}}}')
        chmodSync(closed, 0o555)
        const { seen, err } = await done(closed, ['a', 'b'])
        chmodSync(closed, 0o755)
        assert.deepEqual(Object.keys(seen.lessons), ['old', 'a', 'b'])
        assert.match(err, /^cannot write [^\n]*no permission[^\n]*not kept[^\n]*\n$/)
      }),
  )

  test(
    'a file system that makes no folder is no reason to wait',
    { skip: process.platform !== 'linux', timeout: 5000 },
    () =>
      inFolderAsync(async () => {
        const { seen, err } = await done('/proc/fpsim/state', ['a'])
        assert.deepEqual(Object.keys(seen.lessons), ['a'])
        assert.match(err, /^cannot write \/proc\/fpsim[^\n]*not kept[^\n]*\n$/)
      }),
  )

  test('a file where a folder is wanted, a folder where the file is wanted', () =>
    inFolderAsync(async (folder) => {
      writeFileSync(join(folder, 'file'), 'mine')
      mkdirSync(join(folder, 'folder.json'))
      for (const place of ['file', 'folder.json']) {
        const { seen, err } = await done(join(folder, place), ['a', 'b'])
        assert.deepEqual(Object.keys(seen.lessons), ['a', 'b'])
        assert.match(err, /^cannot [^\n]*not kept[^\n]*\n$/, place)
      }
      assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'mine')
      assert.deepEqual(files(folder), ['file', 'folder.json'])
    }))
})
