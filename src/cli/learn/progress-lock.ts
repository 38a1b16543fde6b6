/** One process at a time: a lock file beside the file it guards, with a way out where its holder is gone. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'

/**
 * A change takes milliseconds. A lock as old as this was left behind: by a process of another machine, or of this one
 * whose number somebody else has by now. A dead process of this machine is known at once.
 */
const staleAfter = { there: 4000, here: 60_000 }
/** Longer nobody waits. */
const patience = 8000

/** Whether a process of this machine is alive; one that may not be asked is. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** A lock file's text: who holds it, and a word that no other lock has. */
const newToken = (): string => `${process.pid} ${hostname()} ${randomBytes(8).toString('hex')}`

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined)

async function isStale(lock: string, token: string): Promise<boolean> {
  const [pid = '', host] = token.split(' ')
  const here = host === hostname() && /^[1-9]\d*$/.test(pid)
  if (here && !isAlive(Number(pid))) return true
  const info = await stat(lock).catch(() => undefined)
  return info !== undefined && Date.now() - info.mtimeMs > (here ? staleAfter.here : staleAfter.there)
}

/**
 * Takes a stale lock away. One process at a time does that, and looks again while no other may: else one that saw the stale
 * lock earlier would take away the new one of somebody else.
 */
async function clear(lock: string): Promise<void> {
  const broom = `${lock}.clear`
  try {
    await writeFile(broom, '', { flag: 'wx' })
  } catch {
    // Whoever holds it is quick; one that died with it in the hand leaves it behind.
    const info = await stat(broom).catch(() => undefined)
    if (info !== undefined && Date.now() - info.mtimeMs > staleAfter.there) await rm(broom, { force: true })
    return
  }
  try {
    const holder = await textOf(lock)
    if (holder !== undefined && (await isStale(lock, holder))) await rm(lock, { force: true })
  } finally {
    await rm(broom, { force: true })
  }
}

/** Whether the lock is still this process's own: asked before what it guards is changed. */
export type Held = () => Promise<boolean>

/** Work done while the lock is held; 'busy' where others hold it for too long. Throws where no lock can be written. */
export async function whileLocked<T>(lock: string, work: (held: Held) => Promise<T>): Promise<T | 'busy'> {
  const token = newToken()
  const deadline = Date.now() + patience
  for (let pause = 2; ; pause = Math.min(2 * pause, 50)) {
    try {
      await writeFile(lock, token, { flag: 'wx' })
      break
    } catch (error) {
      // Windows says EPERM of a file that is just being removed.
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST' && !(code === 'EPERM' && process.platform === 'win32')) throw error
    }
    const holder = await textOf(lock)
    if (holder !== undefined && (await isStale(lock, holder))) await clear(lock)
    if (Date.now() > deadline) return 'busy'
    // Not all at the same moment again.
    await setTimeout(pause * (0.5 + Math.random()))
  }
  const held: Held = async () => (await textOf(lock)) === token
  const release = () => rmSync(lock, { force: true })
  // Ctrl-C in these milliseconds leaves no lock behind either.
  process.once('exit', release)
  try {
    return await work(held)
  } finally {
    process.removeListener('exit', release)
    if (await held()) release()
  }
}
