/** `fpsim verify`: proves bit-exactness on this machine and prints the evidence; `--deep` by exhaustion. */
import { setImmediate } from 'node:timers/promises'
import { FpsimError } from '../../errors.js'
import { format } from '../../format/parse.js'
import { checks } from '../../runner/verify/checks.js'
import type { Evidence } from '../../runner/verify/evidence.js'
import { checkProvable, inputs, type Proof, plan, proofOf } from '../../runner/verify/proof.js'
import { proofResult } from '../../runner/verify/proof-result.js'
import type { Sweep, SweepJob } from '../../runner/verify/sweep.js'
import { verifyResult } from '../../runner/verify.js'
import { globalOptions } from '../arguments.js'
import { progressBar } from '../bar.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import { examples } from '../examples.js'
import { emitResult } from '../output.js'
import { progressLine } from '../progress.js'
import { asOption } from '../report.js'
import { workers } from '../workers.js'

const options = [
  { key: 'deep', kind: 'flag' },
  { key: 'format', kind: 'value', takes: 'NAMES' },
] as const

/** Ctrl-C ends after the next step; what was done is still printed. */
function onStop(stop: () => void): void {
  process.removeAllListeners('SIGINT')
  process.once('SIGINT', stop)
}

/** The formats to prove, each once. Throws as `format` and `checkProvable`. */
function provable(named: string | undefined) {
  const formats = [...new Set((named ?? 'fp16,bf16').split(',').map((name) => format(name.trim())))]
  for (const f of formats) checkProvable(f)
  return formats
}

async function deep(context: Context): Promise<number> {
  const formats = provable(context.values['format'])
  const stop = new AbortController()
  const stopped = new Int32Array(new SharedArrayBuffer(4))
  onStop(() => {
    stop.abort()
    Atomics.store(stopped, 0, 1)
  })
  const sweeps = plan(formats)
  const proofs: Proof[] = []
  const seconds: number[] = []
  for (const { f, swept } of sweeps) {
    if (stop.signal.aborted) break
    const start = performance.now()
    const bar = progressBar(context, inputs, context.text.labels[`proof-${swept}`]({ format: f.name }))
    const sweepers = (jobs: readonly SweepJob[], progress: (done: number) => void | Promise<void> | undefined) =>
      workers<SweepJob, Sweep | undefined>(
        'sweep',
        jobs.map((job) => ({ ...job, stop: stopped })),
        progress,
        stop.signal,
      )
    try {
      proofs.push(await proofOf(f, swept, sweepers, bar.update))
    } finally {
      bar.end()
    }
    seconds.push((performance.now() - start) / 1000)
  }
  const names = formats.map(({ name }) => name)
  const timed = context.to === 'terminal' ? { seconds } : {}
  await emitResult(proofResult(proofs, { formats: names, planned: sweeps.length, ...timed }), context)
  if (proofs.some(({ wrong }) => wrong > 0)) return 1
  return stop.signal.aborted ? 130 : 0
}

async function quick(context: Context): Promise<number> {
  let stopped = false
  onStop(() => {
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
}

export const verify: Command = {
  async optionsFor() {
    return [...options, ...globalOptions]
  },
  async help({ text }) {
    const { usages, summaries } = text.commands
    const about = [summaries.verify, text.labels.proofAbout()]
    return {
      usage: usages.verify,
      about,
      options: options.map((o) => ({ ...o, runner: 'verify' })),
      examples: examples.verify,
    }
  },
  async run(context) {
    if (!context.flags.has('deep')) {
      if (context.values['format'] !== undefined)
        throw new FpsimError('wrong-usage', { problem: 'needs-option', option: 'format', other: 'deep' })
      return quick(context)
    }
    try {
      return await deep(context)
    } catch (error) {
      throw asOption(error)
    }
  },
}
