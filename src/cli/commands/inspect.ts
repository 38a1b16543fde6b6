/** `fpsim inspect VALUE…`: numbers in formats, to the last bit. */
import { FpsimError } from '../../errors.js'
import { formats as catalog, commonFormats } from '../../format/catalog.js'
import { format } from '../../format/parse.js'
import { inspect as look } from '../../runner/inspect.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'
import { asOption } from '../report.js'

const options = [
  { key: 'format', kind: 'value' },
  { key: 'all', kind: 'flag' },
  { key: 'code', kind: 'flag' },
] as const

export const inspect: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.inspect, about: [summaries.inspect], options, examples: examples.inspect }
  },
  async run(context) {
    const { positionals, values, flags } = context
    if (positionals.length === 0)
      throw new FpsimError('wrong-usage', {
        problem: 'missing-argument',
        command: 'fpsim inspect',
        argument: 'VALUE',
        example: 'fpsim inspect 0.1',
      })
    const named = values['format']?.split(',').map((name) => format(name))
    try {
      const result = look({
        values: positionals,
        formats: named ?? (flags.has('all') ? catalog : commonFormats),
        codes: flags.has('code'),
        named: named !== undefined,
      })
      await emitResult(result, context)
    } catch (error) {
      throw asOption(error)
    }
    return 0
  },
}
