/** `fpsim sources [TEXT]`: every reference of the lessons, or those of a lesson, or those that hold a text; corrections. */
import { citations } from '../../scenario/citations.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'

export const sources: Command = {
  async optionsFor() {
    return globalOptions
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.sources, about: [summaries.sources], options: [], examples: examples.sources }
  },
  async run(context) {
    await emitResult(await citations(context.positionals.join(' ')), context)
    return 0
  },
}
