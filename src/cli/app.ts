/** From the command line to a command: finds it, parses its options, reports what goes wrong. */
import { rmSync } from 'node:fs'
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { languages } from '../text/text.js'
import { globalOptions, isNumbersFile, parseArguments, splitCommand } from './arguments.js'
import { type Command, commandNames, loadCommand } from './command.js'
import { contextOf } from './context.js'
import { langOf, langOption } from './environment.js'
import { emit, guardStreams, pendingFiles } from './output.js'
import { report } from './report.js'

/** Ctrl-C: no half-written file, no stack trace, the exit code of an interrupted program. */
function stopCleanly(): void {
  process.on('SIGINT', () => {
    for (const file of pendingFiles()) rmSync(file, { force: true })
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    process.exit(130)
  })
}

/** A word that is no command: a file, a lesson's other word, or a misspelling. */
async function unknown(name: string): Promise<FpsimError> {
  if (isNumbersFile(name))
    return new FpsimError('unknown-command', { name, suggestion: `fpsim underflow --input ${name}` })
  if (/[/\\]|\.ya?ml$/.test(name)) return new FpsimError('unknown-command', { name, suggestion: `fpsim run ${name}` })
  const { outlines } = await import('../scenario/load.js')
  const lessons = await outlines()
  const meant = lessons.find(({ words }) => words.some((word) => word.toLowerCase() === name.toLowerCase()))
  if (meant) return new FpsimError('unknown-command', { name, suggestion: `fpsim ${meant.name}` })
  const near = suggest(name, [...commandNames, ...lessons.map((lesson) => lesson.name)])
  return new FpsimError('unknown-command', { name, suggestion: near && `fpsim ${near}` })
}

/** The command of a word: built in, or a lesson. */
async function commandOf(name: string): Promise<Command> {
  const builtIn = await loadCommand(name)
  if (builtIn) return builtIn
  const { lessonCommand } = await import('./commands/lesson.js')
  const lesson = await lessonCommand(name)
  if (!lesson) throw await unknown(name)
  return lesson
}

/** Runs a command line; returns the exit code. Never throws. */
export async function main(argv: readonly string[], version: () => string): Promise<number> {
  const text = languages[langOf(langOption(argv), process.env)]
  guardStreams((error) => report(error, text))
  stopCleanly()
  try {
    return await dispatch(argv, version)
  } catch (error) {
    return report(error, text)
  }
}

async function dispatch(argv: readonly string[], version: () => string): Promise<number> {
  const { command: name, rest } = splitCommand(argv)
  if (name === 'help') {
    const topic = splitCommand(rest)
    return dispatch([...(topic.command === undefined ? [] : [topic.command]), '--help', ...topic.rest], version)
  }
  const command = name === undefined ? undefined : await commandOf(name)
  const context = contextOf(parseArguments(rest, (await command?.optionsFor(rest)) ?? globalOptions))
  if (context.flags.has('version')) await emit(`${version()}\n`, context)
  else if (command === undefined) await (await import('./help.js')).overview(context)
  else if (context.flags.has('help')) await (await import('./help.js')).commandHelp(command, context)
  else return command.run(context)
  return 0
}
