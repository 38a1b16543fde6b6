/** `fpsim schema`: the JSON Schema of lesson files. */

import { FpsimError } from '../../errors.js'
import { jsonSchema } from '../../scenario/json-schema.js'
import { optionWords } from '../../text/text.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emit } from '../output.js'

export const schema: Command = {
  async optionsFor() {
    return globalOptions
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.schema, about: [summaries.schema], options: [], examples: examples.schema }
  },
  async run(context) {
    const stray = context.positionals[0]
    if (stray !== undefined) throw new FpsimError('stray-argument', { value: stray, command: 'schema' })
    const json = await jsonSchema((runner, param) => optionWords(context.text, param, runner))
    await emit(`${JSON.stringify(json, null, 2)}\n`, context)
    return 0
  },
}
