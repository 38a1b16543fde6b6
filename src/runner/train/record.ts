/** A recording of a training: its gradients by power of two, as a profile that other lessons replay, or all of them. */
import { gradientKinds } from '../../data/gradient-file.js'
import { FpsimError } from '../../errors.js'
import { exponentOf } from '../../format/bits.js'
import type { TensorCounts, Trained } from '../../train/trainer.js'
import { totalCounts } from './blocks.js'

const endings = ['json', ...gradientKinds] as const
export type RecordKind = (typeof endings)[number]

/** What is recorded follows from the name of the file. Throws 'wrong-training'. */
export function recordKind(file: string): RecordKind {
  const kind = endings.find((ending) => file.toLowerCase().endsWith(`.${ending}`))
  if (kind) return kind
  throw new FpsimError('wrong-training', { problem: 'record-kind', file, allowed: endings.map((name) => `.${name}`) })
}

/** Steps from one recorded to the next, where nobody says. */
export const recordEvery = (steps: number): number => Math.max(1, Math.floor(steps / 50))

/** Float32 has no normal values below: what lies there is counted as zero. */
const lowest = -126

const bytes = new DataView(new ArrayBuffer(4))
const hex = (x: number): string => {
  bytes.setFloat32(0, x)
  return bytes.getUint32(0).toString(16).padStart(8, '0')
}

function tensorOf({ kind, tensor, zeros, from, counts }: TensorCounts) {
  const tiny = counts.slice(0, Math.max(0, lowest - from)).reduce((sum, n) => sum + n, 0)
  const kept = counts.slice(Math.max(0, lowest - from))
  return { kind, tensor, zeros: zeros + tiny, from: Math.max(from, lowest), counts: kept }
}

const isSome = ({ counts }: { readonly counts: readonly number[] }): boolean => counts.some((n) => n > 0)

/** The largest of each kind; of one that has none nothing is said. */
function largestOf(tensors: readonly TensorCounts[]): Record<string, string> {
  return Object.fromEntries(
    (['weights', 'activations'] as const).flatMap((kind) => {
      const top = Math.max(0, ...tensors.filter((t) => t.kind === kind).map((t) => t.largest))
      return top > 0 && exponentOf(top) >= lowest ? [[kind, hex(top)]] : []
    }),
  )
}

const nameOf = (file: string): string => file.replace(/^.*[/\\]/, '').replace(/\.json$/i, '')

/**
 * The text of a profile: schema 1, so that `--profile FILE` replays the sum of the steps; beside that each step on its own.
 * The gradients are those of the FP32 twin, before any format could lose one.
 */
export function profileOf(file: string, task: string, { counts }: Trained): string {
  const total = totalCounts(counts)
  const profile = {
    schema: 1,
    name: nameOf(file),
    task,
    largest: largestOf(total),
    tensors: total.map(tensorOf).filter(isSome),
    steps: counts.map(({ step, tensors }) => ({ step, largest: largestOf(tensors), tensors: tensors.map(tensorOf) })),
  }
  return `${JSON.stringify(profile)}\n`
}
