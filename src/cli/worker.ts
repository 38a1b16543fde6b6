/** The other side of workers.ts: does the one job it was started for, and tells how it goes. */
import { parentPort, workerData } from 'node:worker_threads'
import { FpsimError } from '../errors.js'
import type { Message, Order } from './workers.js'

/** Milliseconds between two reports. */
const interval = 100

/** Never throws. */
export async function work(): Promise<void> {
  const send = (message: Message): void => parentPort?.postMessage(message)
  let told = 0
  try {
    const { job } = workerData as Order
    const { runJob } = await import('../runner/train/job.js')
    const result = await runJob(job as Parameters<typeof runJob>[0], (done) => {
      const now = Date.now()
      if (now - told < interval) return
      told = now
      send({ type: 'progress', done })
    })
    send({ type: 'done', result })
  } catch (error) {
    if (error instanceof FpsimError) send({ type: 'error', code: error.code, values: error.values })
    else send({ type: 'crash', reason: String((error as Error)?.message ?? error) })
  }
}
