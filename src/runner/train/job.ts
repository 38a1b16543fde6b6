/** One training as plain data, so that it can be done on any thread. */
import { type GradientFileOptions, gradientFile } from '../../data/gradient-file.js'
import type { Schedule } from '../../train/recipe.js'
import type { Task, TaskOptions } from '../../train/task.js'
import { taskKind } from '../../train/tasks.js'
import { type Progress, type Trained, type TrainOptions, train } from '../../train/trainer.js'
import type { Host } from '../runner.js'

/** Where a training's gradients go. */
export interface Recording extends GradientFileOptions {
  readonly path: string
}

export interface Job {
  readonly task: string
  readonly taskOptions: TaskOptions
  readonly schedule: Schedule
  readonly options: TrainOptions
  readonly record?: Recording | undefined
}

async function recorded(task: Task, { schedule, options, record }: Job, progress?: Progress): Promise<Trained> {
  if (!record) return train(task, schedule, options, progress)
  const file = await gradientFile(record.path, record)
  try {
    const trained = await train(task, schedule, options, progress, (step, gradients) => file.add(step, gradients))
    await file.finish()
    return trained
  } finally {
    await file.close()
  }
}

/** A function of the job alone; what it records goes to a file besides. */
export async function runJob(job: Job, progress?: Progress): Promise<Trained> {
  const kind = await taskKind(job.task)
  return recorded(await kind.load(job.taskOptions, job.options.seed), job, progress)
}

/** All jobs, on threads where the host has some. The results do not depend on that. */
export async function runJobs(jobs: readonly Job[], host: Host): Promise<Trained[]> {
  const total = jobs.reduce((sum, { options }) => sum + options.steps, 0)
  if (host.workers && jobs.length > 1)
    return host.workers<Job, Trained>('train', jobs, (done) => host.progress?.(done, total))
  const results: Trained[] = []
  let before = 0
  for (const job of jobs) {
    const start = before
    results.push(await runJob(job, (done) => host.progress?.(start + done, total)))
    before += job.options.steps
  }
  return results
}
