/** Errors for people: one sentence on stderr, and the exit code. */
import { type ErrorCode, FpsimError } from '../errors.js'
import type { Text } from '../text/text.js'
import { kebab } from './arguments.js'

const exitCodes: Partial<Record<ErrorCode, number>> = {
  'expectation-failed': 1,
  'bad-answers': 65,
  'bad-data': 65,
  'too-large': 65,
  yaml: 65,
  'is-a-directory': 66,
  'missing-file': 66,
  'unreadable-file': 66,
  unexpected: 70,
  'cannot-write': 73,
}

/** 2 for wrong usage; what is wrong inside a file is bad data, whatever it is. */
export const exitCodeOf = ({ code, values }: FpsimError): number =>
  exitCodes[code] ?? (values['line'] === undefined ? 2 : 65)

/** What a user typed may hold line breaks and escape codes: they are shown, not obeyed. */
const visible = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** One line. Every error code has a sentence: a missing one does not compile. */
export function sentenceOf({ code, values }: FpsimError, text: Text): string {
  const sentences: Record<ErrorCode, (v: Readonly<Record<string, unknown>>) => string> = text.errors
  return visible(sentences[code](values))
}

/** A name, or each of several, as it is typed. */
const typed = (x: unknown): unknown => (Array.isArray(x) ? x.map(typed) : typeof x === 'string' ? kebab(x) : x)

/** An error about a parameter that was typed on the command line names the option as typed. */
export function asOption(error: unknown): unknown {
  if (!(error instanceof FpsimError) || error.values['file'] !== undefined) return error
  const { code, values } = error
  const names = ['option', 'other', 'given', ...(code === 'unknown-key' ? ['key', 'allowed', 'suggestion'] : [])]
  const changed = Object.entries(values).map(([name, x]) => [name, names.includes(name) ? typed(x) : x])
  const named = typeof values['option'] === 'string' || values['key'] !== undefined
  return new FpsimError(code, { ...Object.fromEntries(changed), ...(named ? { onCommandLine: true } : {}) })
}

/** Prints what went wrong and says how the process should end. */
export function report(error: unknown, text: Text): number {
  const known =
    error instanceof FpsimError
      ? error
      : new FpsimError('unexpected', { reason: String((error as Error)?.message ?? error) })
  process.stderr.write(`${sentenceOf(known, text)}\n`)
  if (process.env['FPSIM_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return exitCodeOf(known)
}
