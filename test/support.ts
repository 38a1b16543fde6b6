/** What tests of the whole program share: the repository root, running the command line, ../shared. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository root: where package.json lies, above the compiled tests. */
export const root = (() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
})()

/** Data beside the repository that is not part of it; tests that want it skip where it is absent. */
export const shared = join(root, '..', 'shared')
export const withoutShared: string | false = existsSync(shared) ? false : 'skipped: ../shared is not here'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Where fpsim may keep what it wants to remember while tests run it: never in the home of who runs them. */
export const state = join(tmpdir(), `fpsim-test-state-${process.pid}`)
process.on('exit', () => rmSync(state, { recursive: true, force: true }))

/** The environment of a plain pipe: no language, no colour, no width of the machine that runs the tests. */
const plain = (): NodeJS.ProcessEnv => {
  const { PATH, HOME, TMPDIR, SystemRoot } = process.env
  return { PATH, HOME, TMPDIR, SystemRoot, FPSIM_STATE: state }
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  readonly cwd?: string
  readonly node?: string
}

/** `fpsim …` as a child process. */
export function fpsim(args: readonly string[], o: RunOptions = {}): Ran {
  const { status, stdout, stderr } = spawnSync(o.node ?? process.execPath, [join(root, 'bin', 'fpsim.js'), ...args], {
    env: { ...plain(), ...o.env },
    cwd: o.cwd ?? root,
    input: o.input ?? '',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { code: status, out: stdout, err: stderr }
}
