/** What most likely made a run worse than its twin: what those that are as good do not share. */
import type { Judged } from './run.js'

/** A share of gradients or updates that explains a run that ends worse than its twin. */
const noticed = 0.005

/** A share of steps skipped that explains it. */
const manySkips = 0.1

/** How much of a cause a run has. Steps that a scaler skipped are no overflow that did harm. */
const sizes = {
  skips: ({ skipped }: Judged) => skipped,
  overflow: ({ overflows, skipped }: Judged) => overflows - skipped,
  gradients: ({ lost }: Judged) => lost,
  // Where chance decides what becomes of an update, nothing is counted.
  updates: ({ lostUpdates }: Judged) => (Number.isNaN(lostUpdates) ? 0 : lostUpdates),
} as const
type Suspect = keyof typeof sizes

export type CauseCode = Suspect | 'gradients-shared' | 'updates-shared' | 'none'

export interface Cause {
  readonly code: CauseCode
  /** A run that is as good as the twin and shares it. */
  readonly like?: { readonly recipe: string; readonly share: number }
}

/**
 * The likeliest first. Weights that are held in FP32 lose updates only where gradients were lost before; of others it is the
 * larger of the two losses.
 */
function suspects(run: Judged): Suspect[] {
  const { skipped, overflows, lost, held, trained } = run
  const updates = sizes.updates(run)
  if (skipped > manySkips * trained.steps) return ['skips']
  if (overflows > 0 && lost < noticed) return ['overflow']
  const both: readonly Suspect[] =
    held === 'fp32' && lost >= noticed
      ? ['gradients']
      : lost >= updates
        ? ['gradients', 'updates']
        : ['updates', 'gradients']
  return both.filter((suspect) => sizes[suspect](run) >= noticed)
}

/** Among runs as good as the twin the one that has most of a cause, if that is half of what the run has at least. */
function sharedBy(run: Judged, suspect: Suspect, good: readonly Judged[]): Cause['like'] | undefined {
  const size = sizes[suspect]
  const [most] = [...good].sort((a, b) => size(b) - size(a))
  return most && size(most) > 0 && 2 * size(most) >= size(run) ? { recipe: most.recipe, share: size(most) } : undefined
}

/** `good`: the runs that are as good as the twin. */
export function causeOf(run: Judged, good: readonly Judged[] = []): Cause {
  const found = suspects(run)
  const own = found.find((suspect) => sharedBy(run, suspect, good) === undefined)
  if (own !== undefined) return { code: own }
  const [first] = found
  const like = first && sharedBy(run, first, good)
  return like && (first === 'gradients' || first === 'updates') ? { code: `${first}-shared`, like } : { code: 'none' }
}
