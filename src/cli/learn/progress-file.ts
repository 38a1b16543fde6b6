/** The progress file: where it lies, read, and changed by one process at a time, whole or not at all. */
import { constants } from 'node:fs'
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { FpsimError } from '../../errors.js'
import { progressText, type Stored, storedProgress } from '../../learn/progress/json.js'
import { noProgress, type Progress } from '../../learn/progress.js'
import { wordsOf } from '../../render/words.js'
import type { Values } from '../../result/result.js'
import type { Context } from '../context.js'
import type { Environment } from '../environment.js'
import { writeWhole } from '../output.js'
import { sentenceOf } from '../report.js'
import { sentence } from '../sentence.js'
import { whileLocked } from './progress-lock.js'

/**
 * FPSIM_STATE: a folder, a file where it ends with .json, nowhere where it is `off`. Else fpsim/ in the XDG state folder
 * ($XDG_STATE_HOME, ~/.local/state), on Windows in %LOCALAPPDATA%.
 */
export function progressPath(env: Environment, platform: string, home: string): string | undefined {
  const asked = env['FPSIM_STATE']
  if (asked) return asked === 'off' ? undefined : asked.endsWith('.json') ? asked : join(asked, 'progress.json')
  const windows = platform === 'win32'
  const given = env[windows ? 'LOCALAPPDATA' : 'XDG_STATE_HOME']
  // A relative one is none, says the XDG specification.
  const usual = join(home, ...(windows ? ['AppData', 'Local'] : ['.local', 'state']))
  return join(given && isAbsolute(given) ? given : usual, 'fpsim', 'progress.json')
}

/** Where the progress of this process is kept; undefined: nowhere. */
export const progressFile = (): string | undefined => progressPath(process.env, process.platform, homedir())

/** What could not be stored, by its file: it counts until the process ends. */
const unsaved = new Map<string | undefined, Progress>()

/** What was said already: a lesson saves ten times, and says once that it cannot. */
const said = new Set<string>()
function warn(sentence: string): void {
  if (said.has(sentence)) return
  said.add(sentence)
  process.stderr.write(`${sentence}\n`)
}
const remark = (code: string, values: Values, { look }: Context): void =>
  warn(sentence(code, values, { words: wordsOf(look.lang) }))

/** What the system refused: said once, and the command goes on. */
function notKept(error: unknown, file: string, context: Context): void {
  const { code } = error as NodeJS.ErrnoException
  // A file where a folder is wanted.
  const reason = code === 'EEXIST' ? 'ENOTDIR' : (code ?? String(error))
  const cause = error instanceof FpsimError ? error : new FpsimError('cannot-write', { file, reason })
  remark('progressNotKept', { cause: sentenceOf(cause, context.text) }, context)
}

/** No file is an empty one. Throws 'unreadable-file'. */
async function load(file: string): Promise<Stored> {
  try {
    return storedProgress(await readFile(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return { progress: noProgress, damaged: false }
    throw new FpsimError('unreadable-file', { file, reason: code ?? String(error) })
  }
}

/** A copy of a damaged file under a name that is free: FILE.damaged-1, -2 … */
async function setAside(file: string): Promise<string> {
  for (let i = 1; ; i++) {
    const aside = `${file}.damaged-${i}`
    try {
      await copyFile(file, aside, constants.COPYFILE_EXCL)
      return aside
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/**
 * A folder and those it lies in, for nobody else to read. Not mkdir's own `recursive`: where a file system has no such folder
 * and makes none (/proc), Node tries for ever.
 */
async function makeFolder(folder: string): Promise<void> {
  const make = (path: string) => mkdir(path, { mode: 0o700 })
  try {
    await make(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const isThere = async () => (await stat(folder).catch(() => undefined))?.isDirectory() === true
    if (await isThere()) return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await make(folder).catch(async (again) => {
      // Another process was quicker.
      if (!(await isThere())) throw again
    })
  }
}

type Change = (progress: Progress) => Progress

/** Reads, changes and writes under the lock; undefined where the lock was lost meanwhile and all must be done again. */
const changed = (file: string, change: Change, context: Context) =>
  whileLocked(`${file}.lock`, async (held): Promise<Progress | undefined> => {
    const stored = await load(file)
    if ('newer' in stored) {
      remark('progressNewer', { file, version: stored.newer }, context)
      return keep(file, change)
    }
    const { progress, damaged } = stored
    const next = change(progress)
    if (!damaged && progressText(next) === progressText(progress)) return next
    if (!(await held())) return undefined
    if (damaged) remark('progressDamaged', { file, aside: await setAside(file) }, context)
    await writeWhole(file, progressText(next))
    return next
  })

/** A change that is not stored. */
function keep(file: string | undefined, change: Change): Progress {
  const next = change(unsaved.get(file) ?? noProgress)
  unsaved.set(file, next)
  return next
}

/**
 * Changes the stored progress, and returns what it is now. Other processes' changes are kept: `change` is given what is
 * stored at that moment. Never throws: where nothing can be stored, that is said on stderr once, and the progress lives
 * until the process ends.
 */
export async function updateProgress(change: Change, context: Context): Promise<Progress> {
  const file = progressFile()
  if (file === undefined || unsaved.has(file)) return keep(file, change)
  try {
    await makeFolder(dirname(file))
    for (let tries = 0; tries < 5; tries++) {
      const next = await changed(file, change, context)
      if (next === 'busy') break
      if (next !== undefined) return next
    }
    remark('progressBusy', { file: `${file}.lock` }, context)
  } catch (error) {
    notKept(error, file, context)
  }
  const stored = await load(file).catch(() => undefined)
  if (stored && 'progress' in stored) unsaved.set(file, stored.progress)
  return keep(file, change)
}

/** The stored progress; empty where there is none. Never throws; a damaged file is set aside, and that is said on stderr. */
export async function readProgress(context: Context): Promise<Progress> {
  const file = progressFile()
  const kept = unsaved.get(file)
  if (file === undefined || kept) return kept ?? noProgress
  try {
    const stored = await load(file)
    if ('newer' in stored) {
      remark('progressNewer', { file, version: stored.newer }, context)
      return noProgress
    }
    return stored.damaged ? updateProgress((progress) => progress, context) : stored.progress
  } catch (error) {
    notKept(error, file, context)
    return noProgress
  }
}

/** Forgets everything; what was there is kept in the file whose name is returned. Undefined where that could not be done. */
export async function forgetProgress(context: Context): Promise<string | undefined> {
  const file = progressFile()
  if (file === undefined) return undefined
  const kept = `${file}.before-reset`
  try {
    await copyFile(file, kept)
  } catch (error) {
    notKept(error, kept, context)
    return undefined
  }
  await updateProgress(() => noProgress, context)
  return unsaved.has(file) ? undefined : kept
}
