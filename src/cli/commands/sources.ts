/** `fpsim sources [TEXT]`: every reference of the lessons, or those of a lesson, or those that hold a text; corrections. */
import { allCited, sourcesResult } from '../../runner/sources.js'
import { outlines } from '../../scenario/load.js'
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
    const lessons = (await outlines()).map(({ name, see }) => ({ name, see: allCited({ lesson: name, see }).see }))
    const wanted = context.positionals.join(' ').toLowerCase()
    const isLesson = lessons.some(({ name }) => name === wanted)
    const cited = lessons.map(({ name, see }) => ({
      lesson: name,
      see: isLesson ? see.filter(() => name === wanted) : see.filter((source) => source.toLowerCase().includes(wanted)),
    }))
    const shown = wanted === '' ? cited : cited.filter(({ see }) => see.length > 0)
    await emitResult(sourcesResult(shown, wanted), context)
    return 0
  },
}
