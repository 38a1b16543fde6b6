/** Lessons: `fpsim underflow …` by name, `fpsim run FILE …` by path. */
import { FpsimError } from '../../errors.js'
import { parseNumber } from '../../format/literal.js'
import { metaOf } from '../../runner/params.js'
import type { Runner } from '../../runner/runner.js'
import { seedOf } from '../../runner/seed.js'
import { loadScenario, scenarioNames } from '../../scenario/load.js'
import { runLoaded, runnerOf } from '../../scenario/run.js'
import type { Scenario } from '../../scenario/scenario.js'
import { globalOptions, isNumbersFile, kebab, type OptionSpec, splitCommand } from '../arguments.js'
import type { Command, HelpOption } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emitResult, openDraft } from '../output.js'
import { progressLine } from '../progress.js'
import { asOption } from '../report.js'
import { workers } from '../workers.js'

/** What stands for the value of a parameter of each kind. */
const takes = { number: 'N', format: 'NAME', choice: 'WORD', names: 'WORDS', text: 'TEXT', path: 'FILE' } as const

const optionsOf = (runner: Runner): OptionSpec[] =>
  Object.entries(runner.params).map(([key, schema]) => {
    const meta = metaOf(schema)
    return { key, kind: 'value', takes: takes[meta?.kind ?? 'text'], choices: meta?.choices }
  })

/** What may be typed: the options, and other names of them, which help leaves out. */
const acceptedBy = (runner: Runner): OptionSpec[] => [
  ...optionsOf(runner),
  ...Object.keys(runner.synonyms ?? {}).map((key): OptionSpec => ({ key, kind: 'value' })),
]

/** The default of a parameter: the lesson's, else the runner's. */
function fallbackOf(name: string, scenario: Scenario, runner: Runner): string | undefined {
  const own = scenario.params[name]
  if (own !== undefined) return String(own)
  const def = runner.params[name]?._zod.def as { defaultValue?: unknown } | undefined
  return def?.defaultValue === undefined ? undefined : String(def.defaultValue)
}

/** A bare 65536 was meant for --scale, a bare bf16 for --format, a bare x.npy for --input. */
function strayArgument(value: string, command: string, runner: Runner): FpsimError {
  const has = (name: string) => name in runner.params
  if (parseNumber(value) !== undefined && has('scale'))
    return new FpsimError('stray-argument', { value, command, option: 'scale' })
  if (isNumbersFile(value) && has('input')) return new FpsimError('stray-argument', { value, command, option: 'input' })
  if (/^(fp|bf|tf|e\d+m)\d+/i.test(value) && has('format'))
    return new FpsimError('stray-argument', { value, command, option: 'format' })
  return new FpsimError('stray-argument', { value, command })
}

/** The other names of an option, as typed, each once: scale_window is --scale-window. */
function otherNames(runner: Runner, key: string): string[] {
  const all = Object.entries(runner.synonyms ?? {}).flatMap(([synonym, name]) =>
    name === key ? [kebab(synonym).replaceAll('_', '-') + (runner.powers?.includes(synonym) ? ' N (2^N)' : '')] : [],
  )
  return [...new Set(all)].filter((name) => name !== kebab(key))
}

/** The values of bare words that stand for options. Throws 'stray-argument', or 'conflicting-sources' for one given twice. */
function bareWords(
  words: readonly string[],
  runner: Runner,
  given: Readonly<Record<string, string>>,
  command: string,
): Record<string, string> {
  const { positionals = [] } = runner
  return Object.fromEntries(
    words.map((word, i) => {
      const name = positionals[i]
      if (name === undefined) throw strayArgument(word, command, runner)
      // A number or a file where one of some words belongs was meant for another option.
      const stray = strayArgument(word, command, runner)
      const { choices } = metaOf(runner.params[name] as Parameters<typeof metaOf>[0]) ?? {}
      if (choices && !choices.includes(word) && stray.values['option'] !== undefined) throw stray
      if (given[name] !== undefined)
        throw new FpsimError('invalid-value', { option: name, value: [given[name], word], problem: 'given-twice' })
      return [name, word]
    }),
  )
}

/** Runs a lesson and prints it. */
async function runLesson(
  scenario: Scenario,
  context: Context,
  extra: readonly string[],
  command: string,
): Promise<number> {
  const runner = await runnerOf(scenario)
  const words = bareWords(extra, runner, context.values, command)
  const accepted = new Set(acceptedBy(runner).map(({ key }) => key))
  const overrides = {
    ...Object.fromEntries(Object.entries(context.values).filter(([key]) => accepted.has(key))),
    ...words,
  }
  const progress = progressLine(context)
  const seed = seedOf(context.values['seed'])
  try {
    const result = await runLoaded(scenario, {
      overrides,
      seed,
      host: {
        progress: progress.update,
        stdin: process.stdin,
        workers,
        draft: (file) => openDraft(file, context),
      },
    })
    progress.end()
    // Asked when the answer is known: wrong options are told first, and nobody waits after Enter.
    if (context.flags.has('ask')) {
      const { guessFirst } = await import('../predict.js')
      await guessFirst(scenario, result, context, { stdinIsData: Object.values(overrides).includes('-') })
    }
    await emitResult(result, context)
  } catch (error) {
    progress.end()
    throw asOption(error)
  }
  return 0
}

async function helpOf(scenario: Scenario, command: string, context: Context) {
  const runner = await runnerOf(scenario)
  const { lang } = context.look
  const options: HelpOption[] = optionsOf(runner).map((spec) => ({
    ...spec,
    runner: runner.name,
    fallback: fallbackOf(spec.key, scenario, runner),
    also: otherNames(runner, spec.key),
  }))
  const examples = [command, ...scenario.examples.map((options) => `${command} ${options}`)]
  const words = (runner.positionals ?? []).map((name) => ` [${name.toUpperCase()}]`).join('')
  const usage = context.text.commands.lessonUsage(command + words)
  return { usage, about: [scenario.title[lang], scenario.ask[lang]], options, examples }
}

/** The command of a lesson's name, or undefined. */
export async function lessonCommand(name: string): Promise<Command | undefined> {
  if (!(await scenarioNames()).includes(name)) return undefined
  const scenario = await loadScenario(name)
  return {
    async optionsFor() {
      return [...acceptedBy(await runnerOf(scenario)), ...globalOptions]
    },
    help: (context) => helpOf(scenario, `fpsim ${name}`, context),
    run: (context) => runLesson(scenario, context, context.positionals, name),
  }
}

/** The file of `fpsim run FILE`: the first argument that is no option. */
const fileOf = (argv: readonly string[]): string | undefined => splitCommand(argv).command

export const run: Command = {
  async optionsFor(argv) {
    const file = fileOf(argv)
    if (file === undefined) return globalOptions
    return [...acceptedBy(await runnerOf(await loadScenario(file))), ...globalOptions]
  },
  async help(context) {
    const { usages, summaries } = context.text.commands
    const file = context.positionals[0]
    if (file !== undefined) return helpOf(await loadScenario(file), `fpsim run ${file}`, context)
    return { usage: usages.run, about: [summaries.run], options: [], examples: examples.run }
  },
  async run(context) {
    const [file, ...extra] = context.positionals
    if (file === undefined)
      throw new FpsimError('wrong-usage', {
        problem: 'missing-argument',
        command: 'fpsim run',
        argument: 'FILE',
        example: 'fpsim run my.yaml',
      })
    return runLesson(await loadScenario(file), context, extra, `run ${file}`)
  },
}
