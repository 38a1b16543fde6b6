/** Writing: to stdout, or to a file whole or not at all. */
import { randomBytes } from 'node:crypto'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { FpsimError } from '../errors.js'
import type { Result } from '../result/result.js'
import type { Draft } from '../runner/runner.js'
import type { Context } from './context.js'

/** A reader that stops early (head, less) is no error; a full disk is one. */
export function guardStreams(report: (error: FpsimError) => number): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? 0 : report(new FpsimError('cannot-write', { file: '-', reason: code })))
  })
  process.stderr.on('error', () => {})
}

/** Files being written, to be removed if Ctrl-C ends the process. */
const pending = new Set<string>()
export const pendingFiles = (): readonly string[] => [...pending]

/** Writes beside the target and renames: nobody ever sees half a file. A link stays a link. */
async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.tmp`
  pending.add(draft)
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
    pending.delete(draft)
  }
}

/** A file whole, or as it was. Throws 'cannot-write' and 'is-a-directory'. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const existing = await stat(file).catch(() => undefined)
  if (existing?.isDirectory()) throw new FpsimError('is-a-directory', { file })
  try {
    // A device or a named pipe is written to; a file in its place would be the end of /dev/null.
    if (existing && !existing.isFile()) await writeFile(file, text)
    else await replace(existing ? await realpath(file) : file, text)
  } catch (error) {
    throw new FpsimError('cannot-write', { file, reason: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
}

/** Text into a file, whole or not at all. */
async function saveFile(file: string, text: string, { quiet, text: words }: Context): Promise<void> {
  await writeWhole(file, text)
  if (!quiet) process.stderr.write(`${words.commands.wrote(file)}\n`)
}

/** A file that a run makes besides what it prints, beside its place until it is complete. */
export async function openDraft(file: string, { quiet, text: words }: Context): Promise<Draft> {
  const refuse = (error: unknown): never => {
    throw new FpsimError('cannot-write', { file, reason: (error as NodeJS.ErrnoException).code ?? String(error) })
  }
  const existing = await stat(file).catch(() => undefined)
  if (existing?.isDirectory()) throw new FpsimError('is-a-directory', { file })
  // A pipe or a device would be replaced.
  if (existing && !existing.isFile()) refuse({ code: 'ENOTSUP' })
  const target = existing ? await realpath(file).catch(refuse) : file
  const path = `${target}.${randomBytes(4).toString('hex')}.tmp`
  await writeFile(path, '', { flag: 'wx' }).catch(refuse)
  pending.add(path)
  return {
    path,
    write: (text) => writeFile(path, text).catch(refuse),
    async commit() {
      const size = await stat(path).then((found) => found.size, refuse)
      await rename(path, target).catch(refuse)
      pending.delete(path)
      if (!quiet) process.stderr.write(`${words.commands.wrote(file, size)}\n`)
    },
    async discard() {
      if (!pending.delete(path)) return
      await rm(path, { force: true })
    },
  }
}

/** Text to where the user wants it. */
export async function emit(text: string, context: Context): Promise<void> {
  const { output } = context
  if (output === undefined) process.stdout.write(text)
  else await saveFile(output, text, context)
}

/** A Result in the form the user wants. */
export async function emitResult(result: Result, context: Context): Promise<void> {
  const { render } = await import('../render/render.js')
  await emit(render(result, { to: context.to, ...context.look }), context)
}
