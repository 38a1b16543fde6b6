/** One training as plain data, so that it can be done on any thread. */
import type { Schedule } from '../../train/recipe.js'
import type { TaskOptions } from '../../train/task.js'
import { taskKind } from '../../train/tasks.js'
import { type Trained, type TrainOptions, train } from '../../train/trainer.js'
import type { Host } from '../runner.js'

export interface Job {
  readonly task: string
  readonly taskOptions: TaskOptions
  readonly schedule: Schedule
  readonly options: TrainOptions
}

/** A pure function of the job. */
export async function runJob(
  { task, taskOptions, schedule, options }: Job,
  progress?: (done: number) => void | Promise<void> | undefined,
): Promise<Trained> {
  const kind = await taskKind(task)
  return train(await kind.load(taskOptions, options.seed), schedule, options, progress)
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
