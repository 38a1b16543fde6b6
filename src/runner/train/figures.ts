/** What is told of each recipe by name, as metrics. */
import type { NumberStyle } from '../../result/result.js'
import { recipeNames } from '../../train/recipe.js'
import { type Judged, type LoopName, loops } from './run.js'

/** `fp16-amp`, written loop → `fp16AmpWritten`; `fp16-amp+fp32@200` → `fp16AmpFp32At200`. */
const camel = (recipe: string, loop: LoopName): string =>
  recipe.replaceAll('@', '-at-').replace(/[^\p{L}\p{N}]+(.)?/gu, (_, letter = '') => letter.toUpperCase()) +
  (loop === 'written' ? 'Written' : '')

/** What is told of each recipe by name: `fp16AmpLoss`, `fp16AmpMeasure` … */
const figures = {
  Loss: { as: 'number', of: (run: Judged) => run.loss },
  Measure: { as: 'number', of: (run: Judged) => run.measure },
  Skipped: { as: 'count', of: (run: Judged) => run.skipped },
  SkippedFirst: { as: 'count', of: (run: Judged) => (run.skippedBy.length > 1 ? run.skippedBy[0] : undefined) },
  SkippedSecond: { as: 'count', of: (run: Judged) => run.skippedBy[1] },
  Lost: { as: 'percent', of: (run: Judged) => run.lost },
  LostUpdates: { as: 'percent', of: (run: Judged) => run.lostUpdates },
  BrokenAt: { as: 'count', of: (run: Judged) => run.trained.brokenAt },
} as const

const named = recipeNames.flatMap((recipe) =>
  loops.flatMap((loop) =>
    Object.entries(figures).map(([figure, { as }]) => [camel(recipe, loop) + figure, as] as const),
  ),
)

/** The names of all of them, with the way they are written. */
export const figureStyles: Readonly<Record<string, NumberStyle>> = Object.fromEntries(named)

/** The figures of the runs that were made, recipes from files and schedules too; none of what did not happen. */
export function figuresOf(runs: readonly Judged[]): Record<string, number> {
  const values: Record<string, number> = {}
  for (const run of runs) {
    const { loop } = run
    if (loop !== 'repaired' && loop !== 'written') continue
    for (const [figure, { of }] of Object.entries(figures)) {
      const value = of(run)
      if (value !== undefined) values[camel(run.recipe, loop) + figure] = value
    }
  }
  return values
}
