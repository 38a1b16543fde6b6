/** What clipping, accumulation and the exchange between workers do to a training, each alone and all together. */
import type { Finding } from '../../result/result.js'
import { clipRule } from '../../train/clip.js'
import type { Measure } from '../../train/task.js'
import type { Trained } from '../../train/trainer.js'
import { isAsGood, isBehind, isIdle, type Judged, type Technique, techniques } from './run.js'

/** Bytes of a gradient in FP32. */
const single = 4

/**
 * A threshold that no step comes near, and one that half of them would pass. Of several optimizers the norm is that of all
 * their gradients together: what does not clip that clips none of theirs.
 */
function idleClip(
  { history, steps, brokenAt = steps }: Trained,
  max: number,
): { norm: number; half: number } | undefined {
  const { factor } = clipRule('pytorch')
  const norms = [...history.norm.subarray(0, brokenAt + 1)]
  if (norms.length === 0 || !norms.every((norm) => factor(norm, max, 1) === 1)) return undefined
  const sorted = norms.sort((a, b) => a - b)
  return { norm: sorted.at(-1) as number, half: sorted[sorted.length >> 1] as number }
}

export interface Asked {
  readonly names: Partial<Record<Technique, string>>
  readonly clip: number | undefined
}

/** All techniques against none, in FP32; then each alone. Nothing where none was asked for. */
export function techniqueFindings(runs: readonly Judged[], measure: Measure, { names, clip }: Asked): Finding[] {
  const plain = runs.find(({ loop }) => loop === 'plain')
  const all = runs.find(({ verdict }) => verdict === 'twin')
  if (!plain || !all) return []
  const unused = clip === undefined ? undefined : idleClip(all.trained, clip)
  const clipped: Finding[] =
    unused && clip !== undefined ? [{ code: 'train-clip-idle', tone: 'note', values: { clip, ...unused } }] : []
  // Nothing was done to the gradients: that both runs are the same is no praise.
  if (unused && Object.keys(names).length === 1) return clipped
  const { sent, parameters } = all.trained
  const good = isAsGood(all.trained, plain.trained, measure)
  // Of two as good in what is measured, the loss tells more.
  const byLoss = !good && !isBehind(all.trained, plain.trained, measure)
  const [value, other] = byLoss ? [all.loss, plain.loss] : [all.measure, plain.measure]
  const base = byLoss ? { measure: 'loss', as: 'number' } : { measure: measure.name, as: measure.as }
  const alone = techniques.flatMap((technique) => runs.filter(({ loop }) => loop === technique))
  const each = alone.flatMap((run) => [
    [`name-${run.loop}`, names[run.loop as Technique] ?? ''],
    [run.loop, byLoss ? run.loss : run.measure],
  ])
  return [
    {
      code: 'train-techniques',
      tone: !good ? 'bad' : isIdle(plain.measure, measure) ? 'note' : 'good',
      values: {
        ...base,
        words: Object.values(names).join(', '),
        value,
        plain: other,
        sent,
        dense: single * parameters,
        good,
      },
    },
    ...(alone.length === 0
      ? []
      : [{ code: 'train-alone', tone: 'note' as const, values: { ...base, ...Object.fromEntries(each) } }]),
    ...clipped,
  ]
}

/** `clipMeasure` …: of FP32 with one of several techniques; none where there are not several. */
export const techniqueFigures = (runs: readonly Judged[]): Record<string, number> =>
  Object.fromEntries(
    runs.flatMap(({ loop, measure }) =>
      (techniques as readonly string[]).includes(loop) ? [[`${loop}Measure`, measure]] : [],
    ),
  )
