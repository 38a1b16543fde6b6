/** Logs of trainings, read line by line: any size, in the memory of one line. */
import { createReadStream } from 'node:fs'
import { FpsimError } from '../errors.js'
import { diskFile, fileChunks, fileError, kindOfFile, shortName } from './file.js'
import { looksLike } from './kind.js'
import { show } from './show.js'
import { type LogLine, readLogLine } from './training-log/lines.js'

/** Longer lines are cut: what they say of the loss scale stands at their begin, or they are no log lines. */
export const LINE_LIMIT = 16_384

export interface LogInput {
  /** A path, or '-' for standard input. */
  readonly path: string
  readonly stdin?: AsyncIterable<Uint8Array> | undefined
  /** Bytes done and, where known, bytes to do. */
  readonly progress?: ((done: number, total: number | undefined) => void | Promise<void> | undefined) | undefined
}

export interface LogSummary {
  readonly name: string
  readonly lines: number
  readonly recognized: number
}

async function chunksOf({ path, stdin }: LogInput): Promise<{ chunks: AsyncIterable<Uint8Array>; size?: number }> {
  if (path === '-') {
    if (stdin === undefined) throw new FpsimError('bad-data', { file: path, problem: 'no-stdin' })
    return { chunks: stdin }
  }
  if ((await kindOfFile(path)) !== 'regular') return { chunks: createReadStream(path) }
  const file = diskFile(path)
  const open = await file.open()
  await open.close()
  return { chunks: fileChunks(file), size: open.size }
}

/** Throws for what is no text. A log may hold single NULs where a machine crashed; a block full of them is no log. */
function checkHead(path: string, head: Uint8Array): void {
  const [a, b] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    throw new FpsimError('bad-data', { file: path, problem: 'text-utf16' })
  const looks = looksLike(head)
  if (looks !== undefined) throw new FpsimError('bad-data', { file: path, problem: 'log-binary', looks })
  let strange = 0
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 27)) strange++
  if (strange * 50 > head.length) throw new FpsimError('bad-data', { file: path, problem: 'log-binary' })
}

/** How much of the begin decides whether it is text. */
const HEAD = 4096

/**
 * Gives every line that speaks of the loss scale, or of the number of a step, to `each`, with the number of its line (from 1). A line ends at LF, CR or
 * both, so the states of a progress bar are lines of their own. Throws bad-data 'log-empty', 'log-binary', 'text-utf16',
 * 'log-unknown' where no line was understood, and what opening a file can throw.
 */
export async function readTrainingLog(
  input: LogInput,
  each: (line: LogLine, number: number) => void,
): Promise<LogSummary> {
  const { path, progress } = input
  const { chunks, size } = await chunksOf(input)
  let [bytes, lines, recognized] = [0, 0, 0]
  let held = ''
  let first = ''
  let afterReturn = false
  const take = (line: string): void => {
    lines++
    if (first === '' && line.trim() !== '') first = line.slice(0, 200)
    const found = readLogLine(line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) : line)
    if (!found) return
    // The number of a step alone says nothing of the scale.
    if (found.to !== undefined || found.kind === 'stopped') recognized++
    each(found, lines)
  }
  /** Every character stands for one byte, so that no character is ever cut in two. */
  const scan = (text: string): void => {
    let start = afterReturn && text.charCodeAt(0) === 10 ? 1 : 0
    afterReturn = false
    const ends = /\r\n?|\n/g
    ends.lastIndex = start
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      take(held === '' ? text.slice(start, end.index) : held + text.slice(start, end.index))
      held = ''
      start = ends.lastIndex
      afterReturn = start === text.length && text.endsWith('\r')
    }
    if (held.length <= LINE_LIMIT) held += text.slice(start)
  }
  let head: Uint8Array | undefined = new Uint8Array(0)
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (head !== undefined) {
        head = Buffer.concat([head, chunk])
        if (head.length < HEAD) continue
        checkHead(path, head.subarray(0, HEAD))
        scan(
          Buffer.from(head)
            .toString('latin1')
            .replace(/^\u00ef\u00bb\u00bf/, ''),
        )
        head = undefined
      } else scan(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1'))
      await progress?.(bytes, size)
    }
  } catch (cause) {
    throw fileError(path, cause)
  }
  if (bytes === 0) throw new FpsimError('bad-data', { file: path, problem: 'log-empty' })
  if (head !== undefined) {
    checkHead(path, head)
    scan(
      Buffer.from(head)
        .toString('latin1')
        .replace(/^\u00ef\u00bb\u00bf/, ''),
    )
  }
  if (held !== '') take(held)
  if (recognized === 0) {
    const line = show(Buffer.from(first, 'latin1').toString('utf8'), 60)
    throw new FpsimError('bad-data', { file: path, problem: 'log-unknown', lines, line })
  }
  return { name: path === '-' ? 'stdin' : shortName(path), lines, recognized }
}
