/** What the pipeline's lesson says and shows: the sound run, and each of the course's problems beside its fix. */
import type { Block, Finding, Label } from '../../result/result.js'
import { ringTraffic } from '../../train/ring.js'
import { hasTokens } from '../gradient-accumulation/memory.js'
import { distanceChart, logTable, memoryChart, memoryTable, shownSteps, takenStep } from './blocks.js'
import type { Graphs } from './memory.js'
import { eventNames, type PipelineOptions, spikeStep, type Training } from './train.js'

export const problemNames = ['none', 'clipped', 'memory', 'precision'] as const
export type ProblemName = (typeof problemNames)[number]

export interface Trainings {
  readonly right: Training
  /** FP32, nothing clipped, everything sent. */
  readonly plain: Training
  /** Clipped before unscale_. */
  readonly scaled: Training
  /** What is not sent is forgotten. */
  readonly forgotten: Training
}

/** A screen, drawn only where it is asked for. */
export interface View {
  readonly subject: Label
  readonly findings: readonly Finding[]
  picture(): Block[]
  log(): Block[]
}

/** The loss scale that was on the gradients when the first step that was taken clipped them. */
export function clipScaleOf({ scaled }: Trainings, o: PipelineOptions): number {
  const at = takenStep(scaled, o.steps)
  return scaled.events.find(({ step, event }) => step === at && event === 'clip')?.scale ?? o.scale
}

export const byteShareOf = ({ right, plain }: Trainings): number => right.bytes / plain.bytes

/** What a worker passes on: the gathered messages go round whole, the plain gradient is all-reduced. NaN for one worker. */
export const trafficShareOf = ({ right, plain }: Trainings, workers: number): number =>
  ringTraffic({ collective: 'all-gather', bytes: right.bytes }, workers) /
  ringTraffic({ collective: 'all-reduce', bytes: plain.bytes }, workers)

/** Beside a picture the update of the scale, which stays, is left out. */
const untilStep = eventNames.filter((name) => name !== 'update')

const chart = (name: string, training: Training, { right, plain }: Trainings): Block =>
  distanceChart([
    { name, training },
    { name: 'fixed', training: right },
    { name: 'plain', training: plain },
  ])

export function trainingView(problem: Exclude<ProblemName, 'memory'>, t: Trainings, o: PipelineOptions): View {
  const { right, plain, scaled, forgotten } = t
  const { steps } = o
  const subject = { code: 'pipeSubject', values: { workers: o.workers, micro: o.micro, dimension: o.dimension } }
  const left = right.final
  const traffic = trafficShareOf(t, o.workers)
  const sent = { share: byteShareOf(t), workers: o.workers, traffic }
  const norms: Finding = { code: 'pipeNorms', tone: 'note', values: { workers: o.workers } }
  const tone = (harmed: Training): 'bad' | 'note' => (harmed.final < 2 * left ? 'note' : 'bad')
  if (problem === 'none')
    return {
      subject,
      findings: [
        { code: 'pipeEnds', tone: left < 0.5 ? 'good' : 'bad', values: { left, plain: plain.final, steps, ...sent } },
        {
          code: 'pipeEvents',
          tone: 'note',
          values: {
            skipped: right.skipped.length,
            clipped: right.clipped.length,
            spike: spikeStep(o),
            times: o.spike,
          },
        },
        norms,
      ],
      picture: () => [],
      log: () => [logTable(right, shownSteps(right, steps))],
    }
  if (problem === 'clipped') {
    const scale = clipScaleOf(t, o)
    return {
      subject,
      findings: [
        {
          code: 'pipeCrushed',
          tone: tone(scaled),
          values: { left: scaled.final, max: o.maxNorm, scale, threshold: o.maxNorm / scale },
        },
        { code: 'pipeFixClip', tone: 'good', values: { left, threshold: o.maxNorm } },
        norms,
      ],
      picture: () => [chart('clipped', scaled, t)],
      log: () => [logTable(scaled, [takenStep(scaled, steps)], untilStep)],
    }
  }
  return {
    subject,
    findings: [
      { code: 'pipeForgets', tone: tone(forgotten), values: { left: forgotten.final, keep: o.keep, steps } },
      { code: 'pipeFixFeedback', tone: 'good', values: { left, ...sent } },
      norms,
    ],
    picture: () => [chart('forgotten', forgotten, t)],
    log: () => [logTable(forgotten, [takenStep(forgotten, steps)], untilStep)],
  }
}

export interface MemoryShown {
  readonly model: string
  readonly micro: number
  readonly samples: number
  readonly sequence: number
  /** GiB. */
  readonly capacity: number
}

export function memoryView(graphs: Graphs, { model, micro, samples, sequence, capacity }: MemoryShown): View {
  const [peak, one] = [graphs.kept.at(-1) as number, graphs.freed[0] as number]
  return {
    subject: { code: 'pipeMemorySubject', values: { model, samples, sequence, tokens: hasTokens(model) } },
    findings: [
      {
        code: 'pipeGraphsKept',
        tone: graphs.fullAt > 0 ? 'bad' : 'note',
        values: { micro, fullAt: graphs.fullAt, capacity, peak },
      },
      {
        code: 'pipeFixMemory',
        tone: graphs.fullAtFreed > 0 ? 'bad' : 'good',
        values: {
          peak: one,
          full: graphs.fullAtFreed > 0,
          fixed: graphs.fixed,
          hopeless: graphs.fixed > capacity * (1 << 30),
        },
      },
    ],
    picture: () => (micro > 1 ? [memoryChart(graphs, capacity * (1 << 30))] : []),
    log: () => [memoryTable(graphs)],
  }
}
