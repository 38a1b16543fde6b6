/** `fpsim calc EXPRESSION`: arithmetic in a format, every rounding shown. */
import { open } from 'node:fs/promises'
import { FpsimError } from '../../errors.js'
import { type Rounding, roundings } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { type Overflow, overflows } from '../../format/round.js'
import type { Line } from '../../runner/calc.js'
import { seedOf } from '../../runner/seed.js'
import { suggest } from '../../suggest.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'
import { asOption } from '../report.js'

const options = [
  { key: 'format', kind: 'value', fallback: 'fp16' },
  { key: 'rounding', kind: 'value', fallback: 'nearest-even' },
  { key: 'overflow', kind: 'value', fallback: 'ieee' },
  { key: 'steps', kind: 'flag', runner: 'calc' },
  { key: 'input', kind: 'value', takes: 'FILE', runner: 'calc' },
] as const

/** More than anybody reads; a file of this many lines is a mistake. */
const maxLines = 1000
const maxBytes = 1 << 20

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  if ((allowed as readonly string[]).includes(value)) return value as T
  const suggestion = suggest(value, allowed)
  throw new FpsimError('invalid-value', { option, value, problem: 'not-allowed', allowed, suggestion })
}

/** The first `maxBytes` of a stream; a longer one is refused when its lines are counted. */
async function readAll(stream: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > maxBytes)
      throw new FpsimError('invalid-expression', {
        file,
        line: 1,
        column: 1,
        problem: 'too-many-lines',
        limit: maxLines,
      })
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Throws 'missing-file', 'is-a-directory', 'unreadable-file'. */
async function textOf(file: string): Promise<string> {
  if (file === '-') return readAll(process.stdin, file)
  try {
    const handle = await open(file)
    try {
      return await readAll(handle.createReadStream({ autoClose: false }), file)
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof FpsimError) throw error
    const reason = (error as NodeJS.ErrnoException).code
    if (reason === 'ENOENT') throw new FpsimError('missing-file', { file })
    if (reason === 'EISDIR') throw new FpsimError('is-a-directory', { file })
    throw new FpsimError('unreadable-file', { file, reason })
  }
}

/** One expression a line; a # starts a comment, blank lines are fine. */
function linesOf(text: string, file: string): Line[] {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map((line, i): Line => ({ text: line.replace(/#.*$/, ''), file, line: i + 1 }))
    .filter((line) => line.text.trim() !== '')
  const beyond = lines[maxLines]
  if (beyond)
    throw new FpsimError('invalid-expression', {
      file,
      line: beyond.line,
      column: 1,
      problem: 'too-many-lines',
      limit: maxLines,
    })
  if (lines.length === 0) throw new FpsimError('invalid-expression', { file, line: 1, column: 1, problem: 'empty' })
  return lines
}

/** The expressions asked for: one argument, or the lines of a file. */
async function expressions({ positionals, values }: Context): Promise<Line[]> {
  const [expression, extra] = positionals
  const input = values['input']
  const file = input ?? (expression === '-' ? '-' : undefined)
  if (file !== undefined) {
    const stray = input === undefined ? extra : expression
    if (stray !== undefined) throw new FpsimError('stray-argument', { value: stray, command: 'calc' })
    return linesOf(await textOf(file), file)
  }
  if (expression === undefined)
    throw new FpsimError('wrong-usage', {
      problem: 'missing-argument',
      command: 'fpsim calc',
      argument: 'EXPRESSION',
      example: "fpsim calc '(1 + 2^-11) * 3 - 0.1'",
    })
  // Without quotes the shell cuts an expression at its blanks.
  return [{ text: positionals.join(' ') }]
}

export const calc: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries, calc: about } = text.commands
    return { usage: usages.calc, about: [summaries.calc, about], options, examples: examples.calc }
  },
  async run(context) {
    const { values, flags } = context
    try {
      const { calc: calculate } = await import('../../runner/calc.js')
      const result = calculate({
        lines: await expressions(context),
        format: format(values['format'] ?? 'fp16'),
        rounding: oneOf<Rounding>('rounding', values['rounding'] ?? 'nearest-even', roundings),
        overflow: oneOf<Overflow>('overflow', values['overflow'] ?? 'ieee', overflows),
        seed: seedOf(values['seed']),
        steps: flags.has('steps'),
      })
      await emitResult(result, context)
    } catch (error) {
      throw asOption(error)
    }
    return 0
  },
}
