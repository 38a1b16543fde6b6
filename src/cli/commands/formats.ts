/** `fpsim formats [NAME…]`: the table of parameters. */
import { formats as catalog, commonFormats } from '../../format/catalog.js'
import { format } from '../../format/parse.js'
import { formatsResult } from '../../runner/formats.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'

const options = [{ key: 'all', kind: 'flag' }] as const

export const formats: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.formats, about: [summaries.formats], options, examples: examples.formats }
  },
  async run(context) {
    const names = context.positionals.flatMap((name) => name.split(','))
    const named = names.map((name) => format(name))
    const list = named.length > 0 ? named : context.flags.has('all') ? catalog : commonFormats
    await emitResult(formatsResult(list, { sources: named.length > 0 || context.flags.has('all') }), context)
    return 0
  },
}
