/** What a command is, and the list of those that are not lessons; each is loaded when it is used. */
import type { OptionSpec } from './arguments.js'
import type { Context } from './context.js'

/** An option with what help says about it. */
export interface HelpOption extends OptionSpec {
  readonly fallback?: string | undefined
  /** Other names under which it may be given. */
  readonly also?: readonly string[]
  /** The runner whose own words explain it, where it has some. */
  readonly runner?: string
}

export interface Help {
  readonly usage: string
  /** A sentence or two below it. */
  readonly about: readonly string[]
  readonly options: readonly HelpOption[]
  readonly examples: readonly string[]
}

export interface Command {
  /** The options this command takes, the global ones included; they may depend on the arguments. */
  optionsFor(argv: readonly string[]): Promise<readonly OptionSpec[]>
  help(context: Context): Promise<Help>
  /** Returns the exit code. */
  run(context: Context): Promise<number>
}

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  list: async () => (await import('./commands/list.js')).list,
  learn: async () => (await import('./commands/learn.js')).learn,
  formats: async () => (await import('./commands/formats.js')).formats,
  inspect: async () => (await import('./commands/inspect.js')).inspect,
  calc: async () => (await import('./commands/calc.js')).calc,
  run: async () => (await import('./commands/lesson.js')).run,
  check: async () => (await import('./commands/check.js')).check,
  verify: async () => (await import('./commands/verify.js')).verify,
  schema: async () => (await import('./commands/schema.js')).schema,
  sources: async () => (await import('./commands/sources.js')).sources,
  exercise: async () => (await import('./commands/exercise.js')).exercise,
  grade: async () => (await import('./commands/grade.js')).grade,
  claims: async () => (await import('./commands/claims.js')).claims,
  explain: async () => (await import('./commands/explain.js')).explain,
  interview: async () => (await import('./commands/interview.js')).interview,
}

export const commandNames: readonly string[] = [...Object.keys(commands), 'help']

export const loadCommand = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(commands, name) ? commands[name]?.() : undefined
