/** What is told of each recipe by name, as metrics. */
import type { NumberStyle } from '../../result/result.js'
import { recipeNames } from '../../train/recipe.js'
import { type Judged, type LoopName, loops } from './run.js'

/** `fp16-amp`, written loop → `fp16AmpWritten`. */
const camel = (recipe: string, loop: LoopName): string =>
  recipe.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) + (loop === 'written' ? 'Written' : '')

/** What is told of each recipe by name: `fp16AmpLoss`, `fp16AmpMeasure` … NaN where it was not run. */
const figures = {
  Loss: { as: 'number', of: (run: Judged) => run.loss },
  Measure: { as: 'number', of: (run: Judged) => run.measure },
  Skipped: { as: 'count', of: (run: Judged) => run.skipped },
  SkippedFirst: { as: 'count', of: (run: Judged) => run.skippedBy[0] ?? Number.NaN },
  SkippedSecond: { as: 'count', of: (run: Judged) => run.skippedBy[1] ?? Number.NaN },
  Lost: { as: 'percent', of: (run: Judged) => run.lost },
  LostUpdates: { as: 'percent', of: (run: Judged) => run.lostUpdates },
  BrokenAt: { as: 'count', of: (run: Judged) => run.trained.brokenAt ?? Number.NaN },
} as const

const named = recipeNames.flatMap((recipe) =>
  loops.flatMap((loop) =>
    Object.entries(figures).map(([figure, { as }]) => [camel(recipe, loop) + figure, as] as const),
  ),
)

/** The names of all of them, with the way they are written. */
export const figureStyles: Readonly<Record<string, NumberStyle>> = Object.fromEntries(named)

/** The figures of some runs; NaN where a recipe was not run. */
export function figuresOf(runs: readonly Judged[]): Record<string, number> {
  const values: Record<string, number> = Object.fromEntries(named.map(([name]) => [name, Number.NaN]))
  for (const run of runs) {
    if (run.loop === 'plain') continue
    for (const [figure, { of }] of Object.entries(figures)) {
      const name = camel(run.recipe, run.loop) + figure
      if (name in values) values[name] = of(run)
    }
  }
  return values
}
