/** Writing: to stdout, or to a file whole or not at all. */
import { randomBytes } from 'node:crypto'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { FpsimError } from '../errors.js'
import type { Result } from '../result/result.js'
import type { Context } from './context.js'

/** A reader that stops early (head, less) is no error. */
export function tolerateClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

/** Files being written, to be removed if Ctrl-C ends the process. */
const pending = new Set<string>()
export const pendingFiles = (): readonly string[] => [...pending]

/** Writes beside the target and renames: nobody ever sees half a file. Throws 'cannot-write' and 'is-a-directory'. */
async function writeWhole(file: string, text: string): Promise<void> {
  const isDirectory = await stat(file).then(
    (info) => info.isDirectory(),
    () => false,
  )
  if (isDirectory) throw new FpsimError('is-a-directory', { file })
  const draft = `${file}.${randomBytes(4).toString('hex')}.tmp`
  pending.add(draft)
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw new FpsimError('cannot-write', { file, reason: (error as NodeJS.ErrnoException).code ?? String(error) })
  } finally {
    pending.delete(draft)
  }
}

/** Text to where the user wants it. */
export async function emit(text: string, { output, quiet, text: words }: Context): Promise<void> {
  if (output === undefined) process.stdout.write(text)
  else {
    await writeWhole(output, text)
    if (!quiet) process.stderr.write(`${words.commands.wrote(output)}\n`)
  }
}

/** A Result in the form the user wants. */
export async function emitResult(result: Result, context: Context): Promise<void> {
  const { render } = await import('../render/render.js')
  await emit(render(result, { to: context.to, ...context.look }), context)
}
