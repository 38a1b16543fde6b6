/** From the command line to a command: finds it, parses its options, reports what goes wrong. */
import { rmSync } from 'node:fs'
import { FpsimError } from '../errors.js'
import { suggest } from '../suggest.js'
import { languages } from '../text/text.js'
import { parseArguments, splitCommand } from './arguments.js'
import { type Command, commandNames, loadCommand } from './command.js'
import { type Context, contextOf } from './context.js'
import { langOf, langOption } from './environment.js'
import { pendingFiles, tolerateClosedPipe } from './output.js'
import { report } from './report.js'

/** Ctrl-C: no half-written file, no stack trace, the exit code of an interrupted program. */
function stopCleanly(): void {
  process.on('SIGINT', () => {
    for (const file of pendingFiles()) rmSync(file, { force: true })
    process.stderr.write('\r\u001b[K')
    process.exit(130)
  })
}

/** A word that is no command: a lesson's other word, or a misspelling. */
async function unknown(name: string): Promise<FpsimError> {
  const { scenarioNames, loadScenario } = await import('../scenario/load.js')
  const names = await scenarioNames()
  for (const lesson of names) {
    const { words } = await loadScenario(lesson)
    if (words.some((word) => word.toLowerCase() === name.toLowerCase()))
      return new FpsimError('unknown-command', { name, suggestion: `fpsim ${lesson}` })
  }
  const near = suggest(name, [...commandNames, ...names])
  return new FpsimError('unknown-command', { name, suggestion: near && `fpsim ${near}` })
}

/** The command of a word: built in, or a lesson. */
async function commandOf(name: string): Promise<Command> {
  const builtIn = await loadCommand(name)
  if (builtIn) return builtIn
  if (/[/\\]|\.ya?ml$/.test(name)) throw new FpsimError('unknown-command', { name, suggestion: `fpsim run ${name}` })
  const { lessonCommand } = await import('./commands/lesson.js')
  const lesson = await lessonCommand(name)
  if (!lesson) throw await unknown(name)
  return lesson
}

/** Runs a command line; returns the exit code. Never throws. */
export async function main(argv: readonly string[], version: () => string): Promise<number> {
  tolerateClosedPipe()
  stopCleanly()
  const text = languages[langOf(langOption(argv), process.env)]
  try {
    const { command: name, rest } = splitCommand(argv)
    if (name === undefined || name === 'help') {
      if (rest.includes('--version') || rest.includes('-v')) {
        process.stdout.write(`${version()}\n`)
        return 0
      }
      const topic = name === 'help' ? splitCommand(rest) : { command: undefined, rest }
      if (topic.command === undefined) {
        const { overview } = await import('./help.js')
        const { globalOptions } = await import('./arguments.js')
        const context = contextOf(parseArguments(rest, globalOptions))
        await overview(context)
        return 0
      }
      return await main([topic.command, '--help', ...topic.rest], version)
    }
    const command = await commandOf(name)
    const context: Context = contextOf(parseArguments(rest, await command.optionsFor(rest)))
    if (context.flags.has('help')) {
      const { commandHelp } = await import('./help.js')
      await commandHelp(command, context)
      return 0
    }
    return await command.run(context)
  } catch (error) {
    return report(error, text)
  }
}
