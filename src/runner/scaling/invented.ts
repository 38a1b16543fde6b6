/** What of a stream was recorded, and what is made up: the number of steps, their sizes, and the sentence that says so. */
import type { SizeOptions } from '../../data/gradient-stream.js'
import type { StepSource } from '../../data/profile.js'
import { FpsimError } from '../../errors.js'
import type { Finding } from '../../result/result.js'

type Given = ReadonlySet<string> | undefined
type Recorded = readonly StepSource[] | undefined

/** What may change the size of a step. */
export type Invented = Required<Omit<SizeOptions, 'steps' | 'seed'>>

/** As many steps as were recorded, or fewer where the user says so. Throws 'invalid-value'. */
export function stepsOf(steps: number, recorded: Recorded, given: Given): number {
  if (!recorded) return steps
  const { length } = recorded
  if (!given?.has('steps')) return length
  if (steps <= length) return steps
  throw new FpsimError('invalid-value', { option: 'steps', value: steps, problem: 'above-maximum', limit: length })
}

/** Recorded steps have sizes of their own: what a lesson makes up counts only where the user asks for it. */
export function inventedOf(p: Invented, given: Given): Invented {
  const spikes = given?.has('spikeRate') || given?.has('spikeHeight')
  return {
    size: given?.has('size') ? p.size : 1,
    drift: given?.has('drift') ? p.drift : 1,
    noise: given?.has('noise') ? p.noise : 1,
    spikeRate: spikes ? p.spikeRate : 0,
    spikeHeight: spikes ? p.spikeHeight : 1,
  }
}

/** What was replayed and what is made up. Of a lesson's own profile the lesson tells it. */
export function madeUp({
  invented: { size, drift, noise, spikeRate, spikeHeight },
  steps,
  recorded,
  shipped,
}: {
  readonly invented: Invented
  readonly steps: number
  readonly recorded: Recorded
  readonly shipped: boolean
}): Finding[] {
  const spikes = spikeHeight === 1 ? 0 : spikeRate
  const sizes = { size, drift: steps > 1 ? drift : 1, noise, spikeRate: spikes, spikeHeight }
  const some = size !== 1 || sizes.drift !== 1 || noise !== 1 || spikes > 0
  const findings: Finding[] = []
  if (recorded) {
    const values = { steps, all: recorded.length, last: recorded[steps - 1]?.step ?? 0 }
    findings.push({ code: 'scalingReplayed', tone: 'note', values: { ...values, first: recorded[0]?.step ?? 0, some } })
  }
  if (recorded ? some : !shipped)
    findings.push({ code: 'scalingInvented', tone: 'note', values: { ...sizes, steps, some } })
  return findings
}
