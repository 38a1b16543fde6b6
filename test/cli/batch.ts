/** Many command lines in one child process: a hundred of them take the time of two. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Ran, root } from '../support.js'

const worker = fileURLToPath(new URL('batch-worker.js', import.meta.url))

export interface BatchOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A folder that is gone when the work is done. */
export function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'fpsim-cli-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A command line with what stands on its standard input. What is set in `env` stays set for the lines that follow. */
export interface Line {
  readonly argv: readonly string[]
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** What each command line printed, and its exit code; no terminal, no language, on standard input nothing or what is given. */
export function batch(lines: readonly (readonly string[] | Line)[], o: BatchOptions = {}): Ran[] {
  return inFolder((folder) => {
    const file = join(folder, 'lines.json')
    const all = lines.map((line) => ('argv' in line ? line : { argv: line }))
    writeFileSync(file, JSON.stringify(all))
    const { PATH, HOME, TMPDIR, SystemRoot } = process.env
    const { status, stdout, stderr } = spawnSync(process.execPath, [worker, file], {
      env: { PATH, HOME, TMPDIR, SystemRoot, FPSIM_STATE: join(folder, 'state'), ...o.env },
      cwd: o.cwd ?? root,
      input: '',
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    if (status !== 0) throw new Error(`the batch ended with ${status}: ${stderr}`)
    const ran = JSON.parse(stdout) as Ran[]
    if (ran.length !== lines.length) throw new Error(`${lines.length} lines, ${ran.length} answers`)
    return ran
  })
}
