/** `fpsim check FILE…`: the linter of lesson files. */
import { FpsimError } from '../../errors.js'
import { checkScenario } from '../../scenario/check.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emit } from '../output.js'
import { exitCodeOf, sentenceOf } from '../report.js'

export const check: Command = {
  async optionsFor() {
    return globalOptions
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.check, about: [summaries.check], options: [], examples: examples.check }
  },
  async run(context) {
    const { positionals, text, to } = context
    if (positionals.length === 0)
      throw new FpsimError('wrong-usage', {
        problem: 'missing-argument',
        command: 'fpsim check',
        argument: 'FILE',
        example: 'fpsim check my.yaml',
      })
    const verdicts = []
    for (const file of positionals) {
      try {
        verdicts.push(await checkScenario(file))
      } catch (error) {
        if (!(error instanceof FpsimError)) throw error
        verdicts.push({ file, problems: [error], failures: [], expectations: 0 })
      }
    }
    const bad = verdicts.filter(({ problems, failures }) => problems.length + failures.length > 0)
    if (to === 'json') {
      const files = verdicts.map(({ file, problems, failures, expectations }) => ({
        file,
        sound: problems.length + failures.length === 0,
        expectations,
        problems: [...problems, ...failures].map((error) => ({
          code: error.code,
          ...error.values,
          sentence: sentenceOf(error, text),
        })),
      }))
      await emit(`${JSON.stringify({ schema: 1, files }, null, 2)}\n`, context)
    } else {
      const lines = verdicts.flatMap(({ file, problems, failures, expectations }) => {
        if (problems.length + failures.length === 0) return [text.commands.passed(file, expectations)]
        return [...problems, ...failures].map((error) => sentenceOf(error, text))
      })
      if (verdicts.length > 1) lines.push(text.commands.checked(verdicts.length, bad.length))
      await emit(`${lines.join('\n')}\n`, context)
    }
    return Math.max(0, ...bad.flatMap(({ problems, failures }) => [...problems, ...failures].map(exitCodeOf)))
  },
}
