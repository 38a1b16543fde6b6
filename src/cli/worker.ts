/** The other side of workers.ts: does the one job it was started for, and tells how it goes. */
import { parentPort, workerData } from 'node:worker_threads'
import { FpsimError } from '../errors.js'
import type { Message, Order } from './workers.js'

/** Milliseconds between two reports. */
const interval = 100

/** What each kind of job is done by. */
const jobs: Readonly<Record<Order['kind'], (job: unknown, progress: (done: number) => void) => Promise<unknown>>> = {
  train: async (job, progress) => {
    const { runJob } = await import('../runner/train/job.js')
    return runJob(job as Parameters<typeof runJob>[0], progress)
  },
  sweep: async (job, progress) => {
    const { sweep } = await import('../runner/verify/sweep.js')
    return sweep(job as Parameters<typeof sweep>[0], progress)
  },
}

/** Never throws. */
export async function work(): Promise<void> {
  const send = (message: Message): void => parentPort?.postMessage(message)
  let told = 0
  try {
    const { kind, job } = workerData as Order
    const progress = (done: number): void => {
      const now = Date.now()
      if (now - told < interval) return
      told = now
      send({ type: 'progress', done })
    }
    const result = await jobs[kind](job, progress)
    send({ type: 'done', result })
  } catch (error) {
    if (error instanceof FpsimError) send({ type: 'error', code: error.code, values: error.values })
    else send({ type: 'crash', reason: String((error as Error)?.message ?? error) })
  }
}
