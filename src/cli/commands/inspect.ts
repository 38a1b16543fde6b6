/** `fpsim inspect VALUE…`: numbers in formats, to the last bit. */
import { type Library, libraries } from '../../data/libraries.js'
import { FpsimError } from '../../errors.js'
import { formats as catalog, commonFormats } from '../../format/catalog.js'
import { format } from '../../format/parse.js'
import { inspectLibraries } from '../../runner/inspect/libraries.js'
import { inspect as look } from '../../runner/inspect.js'
import { suggest } from '../../suggest.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'
import { asOption } from '../report.js'

const options = [
  { key: 'format', kind: 'value' },
  { key: 'all', kind: 'flag' },
  { key: 'code', kind: 'flag' },
  { key: 'as', kind: 'value', takes: 'WORDS' },
] as const

/** Several names with commas, or all. Throws 'invalid-value'. */
function librariesOf(text: string): readonly Library[] {
  const words = text.split(',').map((word) => word.trim().toLowerCase())
  const allowed = [...libraries, 'all']
  const strange = words.find((word) => !allowed.includes(word))
  if (strange !== undefined)
    throw new FpsimError('invalid-value', {
      option: 'as',
      value: strange,
      problem: 'not-allowed',
      allowed,
      suggestion: suggest(strange, allowed),
    })
  return libraries.filter((library) => words.includes(library) || words.includes('all'))
}

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
    const as = values['as']
    if (as !== undefined && flags.has('code'))
      throw new FpsimError('unsupported-combination', { options: ['--as', '--code'] })
    try {
      const result =
        as === undefined
          ? look({
              values: positionals,
              formats: named ?? (flags.has('all') ? catalog : commonFormats),
              codes: flags.has('code'),
              named: named !== undefined,
            })
          : inspectLibraries({
              values: positionals,
              formats: named ?? (flags.has('all') ? 'all' : 'usual'),
              libraries: librariesOf(as),
            })
      await emitResult(result, context)
    } catch (error) {
      throw asOption(error)
    }
    return 0
  },
}
