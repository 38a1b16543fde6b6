/** The same bytes on every Node: the golden screens and the JSON of every lesson on Node 22 and 24 too. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fpsim, root } from '../support.js'
import { lessonLines, words } from './commands.js'
import { goldenScreens } from './golden-screens.js'

const majors = [22, 24]
const folder = mkdtempSync(join(tmpdir(), 'fpsim-nodes-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** npm holds Node's own binaries as packages; what hinders, or undefined. */
function install(): string | undefined {
  writeFileSync(join(folder, 'package.json'), '{}')
  const packages = majors.map((major) => `node${major}@npm:node@${major}`)
  // The package fetches its binary in an install script, so scripts are allowed in this folder.
  const { status, stderr } = spawnSync('npm', ['i', '--no-audit', '--no-fund', '--ignore-scripts=false', ...packages], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    timeout: 300_000,
  })
  return status === 0
    ? undefined
    : `npm could not install Node ${majors.join(' and ')}: ${stderr.trim().split('\n')[0]}`
}

const hindered = install()

for (const major of majors)
  describe(`Node ${major}`, { skip: hindered ?? false }, () => {
    const node = join(folder, 'node_modules', `node${major}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

    test('it is that Node', () => {
      assert.ok(existsSync(node), node)
      const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
      assert.match(stdout, new RegExp(`^v${major}\\.`))
    })

    for (const { file, argv } of goldenScreens)
      test(argv.join(' '), () => {
        const { code, out, err } = fpsim(argv, { node })
        assert.deepEqual([code, err], [0, ''])
        assert.equal(out, readFileSync(join(root, 'test', 'cli', 'golden', file), 'utf8'))
      })

    for (const line of [...lessonLines, 'underflow --distribution student-t --count 20000', 'inspect 0.1 --all'])
      test(`${line} --json`, () => {
        const argv = [...words(line), '--json', '--seed', 'golden']
        assert.deepEqual(fpsim(argv, { node }), fpsim(argv))
      })
  })
