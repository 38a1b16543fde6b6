/** How long workers in a ring take to exchange their gradients: latency, bandwidth, and what each collective moves. */
import { FpsimError } from '../errors.js'

/** One exchange among all workers; `bytes` is what one worker has to give, the largest where they differ. */
export interface Transfer {
  readonly collective: 'all-reduce' | 'all-gather'
  readonly bytes: number
}

export interface Link {
  /** Seconds until the first byte of a message arrives. */
  readonly latency: number
  /** Bytes a second, each worker to its neighbour. */
  readonly bandwidth: number
}

/** Throws 'invalid-value' unless there is at least one worker. */
export function checkWorkers(workers: number): void {
  if (!Number.isSafeInteger(workers))
    throw new FpsimError('invalid-value', { option: 'workers', value: workers, problem: 'not-an-integer' })
  if (workers < 1)
    throw new FpsimError('invalid-value', { option: 'workers', value: workers, problem: 'below-minimum', limit: 1 })
}

/** Messages that each worker passes on: an all-reduce scatters its sums (n − 1) and gathers them (n − 1). */
export const ringSteps = ({ collective }: Transfer, workers: number): number =>
  (collective === 'all-reduce' ? 2 : 1) * (workers - 1)

/**
 * Bytes that each worker passes on: 2(n − 1)/n · B of an all-reduce, whose sums stay as long as one message, and
 * (n − 1) · B of an all-gather, in which every message goes round whole. 0 for one worker.
 * Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations" (JPDC 2009).
 */
export function ringTraffic(transfer: Transfer, workers: number): number {
  checkWorkers(workers)
  const { collective, bytes } = transfer
  return (ringSteps(transfer, workers) * bytes) / (collective === 'all-reduce' ? workers : 1)
}

/** Seconds of the transfers, one after another: steps · latency + traffic / bandwidth of each. */
export const ringTime = (transfers: readonly Transfer[], workers: number, { latency, bandwidth }: Link): number =>
  transfers.reduce((sum, t) => sum + ringSteps(t, workers) * latency + ringTraffic(t, workers) / bandwidth, 0)
