/** `fpsim verify`: proves bit-exactness on this machine and prints the evidence. */
import { setImmediate } from 'node:timers/promises'
import { checks, type Evidence, verifyResult } from '../../runner/verify.js'
import { globalOptions } from '../arguments.js'
import type { Command } from '../command.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'
import { progressLine } from '../progress.js'

export const verify: Command = {
  async optionsFor() {
    return globalOptions
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    return { usage: usages.verify, about: [summaries.verify], options: [], examples: examples.verify }
  },
  async run(context) {
    let stopped = false
    // Ctrl-C ends after the check's next step; what was done is still printed.
    process.removeAllListeners('SIGINT')
    process.once('SIGINT', () => {
      stopped = true
    })
    const progress = progressLine(context)
    const evidence: Evidence[] = []
    const seconds: number[] = []
    let before = 0
    for (const check of checks) {
      const start = performance.now()
      const run = check.run()
      let step = await run.next()
      for (; !step.done && !stopped; step = await run.next()) {
        progress.update(before + step.value, undefined)
        await setImmediate()
      }
      if (!step.done) break
      evidence.push(step.value)
      before += step.value.cases
      seconds.push((performance.now() - start) / 1000)
    }
    progress.end()
    const complete = evidence.length === checks.length
    // Times are told on the screen only: the same run gives the same JSON.
    const result = verifyResult(evidence, { complete, ...(context.to === 'terminal' ? { seconds } : {}) })
    await emitResult(result, context)
    if (evidence.some(({ wrong }) => wrong > 0)) return 1
    return complete ? 0 : 130
  },
}
