/** Which trainings a run is made of: each recipe and loop, the twin of all, and what tells techniques apart. */
import { type Schedule, scheduleNamed } from '../../train/recipe.js'
import type { TaskDefaults } from '../../train/task.js'
import type { TrainOptions } from '../../train/trainer.js'
import type { Job } from './job.js'
import { hyperOf, type Params, taskOf, taskOptions } from './params.js'
import { recordEvery, recordKind } from './record.js'
import { isShown, type LoopName, type Technique, type Way } from './run.js'
import { scalingKeys } from './schedules.js'

export interface Planned {
  readonly way: Way
  readonly schedule: Schedule
  readonly job: Job
}

/** The techniques asked for, in the order of a step. */
export const techniquesIn = (p: Params): Technique[] => [
  ...(p.accumulate > 1 ? (['accumulate'] as const) : []),
  ...(p.workers > 1 || p.compress !== undefined ? (['exchange'] as const) : []),
  ...(p.clip === undefined ? [] : (['clip'] as const)),
]

/** How those are asked for, in no language, in the order of a step. */
export function techniqueNames(p: Params): Partial<Record<Technique, string>> {
  const { clip, accumulate, workers, compress } = p
  const exchange = [...(workers > 1 ? [`workers ${workers}`] : []), ...(compress === undefined ? [] : [compress])]
  const all = { accumulate: `accumulate ${accumulate}`, exchange: exchange.join(' '), clip: `clip ${clip}` }
  return Object.fromEntries(techniquesIn(p).map((technique) => [technique, all[technique]]))
}

/** Some of them, as the trainer wants them. */
function optionsOf(p: Params, some: readonly Technique[]): Partial<TrainOptions> {
  return {
    ...(some.includes('accumulate') ? { accumulate: p.accumulate } : {}),
    ...(some.includes('exchange') ? { workers: p.workers, compress: p.compress } : {}),
    ...(some.includes('clip') ? { clip: { max: p.clip as number, method: 'norm' } } : {}),
  }
}

export interface PlanOptions {
  /** Where the recording is written. */
  readonly draft: string | undefined
  readonly seed: number
  readonly defaults: TaskDefaults
  readonly batch: number
  readonly steps: number
}

/** All gradients go to a file as they come; a profile is made of the counts in the end. */
function recordingOf(p: Params, { path, steps, seed }: { path: string | undefined; steps: number; seed: number }) {
  const { record: file } = p
  if (file === undefined || path === undefined) return undefined
  const kind = recordKind(file)
  if (kind === 'json') return undefined
  const every = p.every ?? recordEvery(steps)
  const about = {
    task: p.task,
    recipe: 'fp32',
    every: String(every),
    seed: String(seed),
    lossWeight: String(p.lossWeight),
  }
  return { path, kind, file, every, steps, about }
}

/**
 * The trainings in their order, recipe by recipe; the twin among them: FP32, repaired, with the techniques that all have.
 * Where there are techniques, also FP32 without them, and with each alone.
 */
export function planOf(p: Params, schedules: readonly Schedule[], o: PlanOptions): Planned[] {
  const { seed, defaults, batch, steps, draft } = o
  const scaling = Object.fromEntries(scalingKeys.flatMap((key) => (p[key] === undefined ? [] : [[key, p[key]]])))
  const given = techniquesIn(p)
  const counted = p.every ?? 0
  // The gradients recorded are those of FP32 as it is, before any format or technique could lose one.
  const isRecorded = (way: Way, { name }: Schedule): boolean =>
    p.record !== undefined && name === 'fp32' && way === (given.length > 0 ? 'plain' : 'repaired')
  const planned = (way: Way, schedule: Schedule): Planned => ({
    way,
    schedule,
    job: {
      task: taskOf(p),
      taskOptions: taskOptions(p),
      schedule,
      options: {
        seed,
        steps,
        batch,
        optimizer: p.optimizer ?? defaults.optimizer,
        hyper: hyperOf(p, defaults),
        lossWeight: p.lossWeight,
        ...optionsOf(p, way === 'plain' ? [] : isShown({ loop: way }) ? given : [way as Technique]),
        clear: way !== 'written',
        every: isRecorded(way, schedule) ? (p.every ?? recordEvery(steps)) : counted,
        scaling,
      },
      record: isRecorded(way, schedule) ? recordingOf(p, { ...o, path: draft }) : undefined,
    },
  })
  const loops = p.loops.split(',') as LoopName[]
  const runs = schedules.flatMap((schedule) => loops.map((loop) => planned(loop, schedule)))
  const fp32 = scheduleNamed('fp32')
  // Which of several techniques does what.
  const alone: readonly Way[] = given.length > 1 ? given : []
  return [
    ...(given.length > 0 ? [planned('plain', fp32)] : []),
    ...(loops.includes('repaired') ? [] : [planned('repaired', fp32)]),
    ...runs,
    ...alone.map((technique) => planned(technique, fp32)),
  ]
}
