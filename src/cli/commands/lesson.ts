/** Lessons: `fpsim underflow …` by name, `fpsim run FILE …` by path. */
import { FpsimError } from '../../errors.js'
import { parseNumber } from '../../format/literal.js'
import type { Runner } from '../../runner/runner.js'
import { seedOf } from '../../runner/seed.js'
import { loadScenario, scenarioNames } from '../../scenario/load.js'
import { runLoaded, runnerOf } from '../../scenario/run.js'
import type { Scenario } from '../../scenario/scenario.js'
import { globalOptions, isNumbersFile, type OptionSpec, splitCommand } from '../arguments.js'
import type { Command, HelpOption } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'
import { guessFirst } from '../predict.js'
import { progressLine } from '../progress.js'
import { asOption } from '../report.js'

const optionsOf = (runner: Runner): OptionSpec[] => Object.keys(runner.params).map((key) => ({ key, kind: 'value' }))

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

/** Runs a lesson and prints it. */
async function runLesson(
  scenario: Scenario,
  context: Context,
  extra: readonly string[],
  command: string,
): Promise<number> {
  const runner = await runnerOf(scenario)
  const stray = extra[0]
  if (stray !== undefined) throw strayArgument(stray, command, runner)
  const overrides = Object.fromEntries(Object.entries(context.values).filter(([key]) => key in runner.params))
  const progress = progressLine(context)
  const seed = seedOf(context.values['seed'])
  try {
    const result = await runLoaded(scenario, {
      overrides,
      seed,
      host: { progress: progress.update, stdin: process.stdin },
    })
    progress.end()
    // Asked when the answer is known: wrong options are told first, and nobody waits after Enter.
    if (context.flags.has('ask'))
      await guessFirst(scenario, result, context, { stdinIsData: overrides['input'] === '-' })
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
    fallback: fallbackOf(spec.key, scenario, runner),
  }))
  const has = (name: string) => name in runner.params
  const examples = [
    command,
    ...(has('scale') ? [`${command} --scale 65536`, `${command} --format bf16 --json`] : []),
    ...(has('input') ? [`${command} --input gradients.npy --scale 2^12`] : []),
    ...(has('format') && !has('scale') ? [`${command} --format e2m3`] : []),
  ]
  const usage = context.text.commands.lessonUsage(command)
  return { usage, about: [scenario.title[lang], scenario.ask[lang]], options, examples }
}

/** The command of a lesson's name, or undefined. */
export async function lessonCommand(name: string): Promise<Command | undefined> {
  if (!(await scenarioNames()).includes(name)) return undefined
  const scenario = await loadScenario(name)
  return {
    async optionsFor() {
      return [...optionsOf(await runnerOf(scenario)), ...globalOptions]
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
    return [...optionsOf(await runnerOf(await loadScenario(file))), ...globalOptions]
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
