/** Jobs on worker threads, one a core at most; results come in the order of the jobs, whatever their number. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type ErrorCode, FpsimError } from '../errors.js'

/** What a worker is started with. */
export interface Order {
  readonly kind: 'train' | 'sweep'
  readonly job: unknown
}

/** What a worker sends. */
export type Message =
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'done'; readonly result: unknown }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly values: Record<string, unknown> }
  | { readonly type: 'crash'; readonly reason: string }

/** The file that runs here and there: the bundle's or the modules' own entry, which lies beside this one. */
const entry = (): URL => new URL('./main.js', import.meta.url)

function runOne(order: Order, onProgress: (done: number) => void, started: Set<Worker>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry(), { workerData: order, argv: [], stdin: false })
    started.add(worker)
    worker.on('message', (message: Message) => {
      if (message.type === 'progress') onProgress(message.done)
      else if (message.type === 'done') resolve(message.result)
      else if (message.type === 'error') reject(new FpsimError(message.code, message.values))
      else reject(new FpsimError('unexpected', { reason: message.reason }))
    })
    worker.on('error', (cause) => reject(new FpsimError('unexpected', { reason: String(cause) })))
    worker.on('exit', (code) => {
      started.delete(worker)
      if (code !== 0) reject(new FpsimError('unexpected', { reason: `a worker ended with ${code}` }))
    })
  })
}

/**
 * The host's workers. The first job that fails ends all others, and its error is thrown. After `stop` no job is started, and
 * the results of those that never were are missing.
 */
export async function workers<Job, Done>(
  kind: Order['kind'],
  jobs: readonly Job[],
  progress: (done: number) => void | Promise<void> | undefined,
  stop?: AbortSignal,
): Promise<Done[]> {
  const results: Done[] = []
  const done = jobs.map(() => 0)
  const started = new Set<Worker>()
  let next = 0
  const halt = (): void => {
    next = jobs.length
  }
  stop?.addEventListener('abort', halt)
  const lane = async (): Promise<void> => {
    while (next < jobs.length) {
      const i = next++
      const onProgress = (now: number): void => {
        done[i] = now
        void progress(done.reduce((sum, n) => sum + n, 0))
      }
      results[i] = (await runOne({ kind, job: jobs[i] }, onProgress, started)) as Done
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(jobs.length, availableParallelism()) }, lane))
  } catch (error) {
    halt()
    await Promise.all([...started].map((worker) => worker.terminate()))
    throw error
  } finally {
    stop?.removeEventListener('abort', halt)
  }
  return results
}
