/** `fpsim formats [NAME…]`: the tables of parameters, of formats and of block formats. */
import { FpsimError } from '../../errors.js'
import { type BlockFormat, blockFormats, findBlockFormat } from '../../format/block-catalog.js'
import { formats as catalog, commonFormats } from '../../format/catalog.js'
import type { Format } from '../../format/format.js'
import { format } from '../../format/parse.js'
import { formatsResult } from '../../runner/formats.js'
import { suggest } from '../../suggest.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'

const options = [{ key: 'all', kind: 'flag' }] as const

/** The format of a name; what is meant may be a block format too. */
function single(name: string): Format {
  try {
    return format(name)
  } catch (error) {
    if (!(error instanceof FpsimError) || error.values['suggestion'] !== undefined) throw error
    const suggestion = suggest(
      name,
      blockFormats().map((f) => f.name),
    )
    throw new FpsimError(error.code, { ...error.values, suggestion })
  }
}

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
    const all = context.flags.has('all')
    const named: Format[] = []
    const blocks: BlockFormat[] = []
    for (const name of names) {
      const block = findBlockFormat(name)
      if (block) blocks.push(block)
      else named.push(single(name))
    }
    const some = names.length > 0
    const list = some ? named : all ? catalog : commonFormats
    await emitResult(
      formatsResult(list, { sources: some || all, blocks: some || !all ? blocks : blockFormats() }),
      context,
    )
    return 0
  },
}
