/** What is known of a metric from the runners' tables and the lessons: how it is written, which print it, who asks for it. */
import type { Localized, NumberStyle } from '../result/result.js'
import { loadRunner, runnerNames } from '../runner/index.js'
import type { Outline } from '../scenario/load.js'
import { slotsOf } from '../scenario/slots.js'
import type { Claim } from './claim.js'

export interface MetricUse {
  readonly runner: string
  readonly as: NumberStyle
  /** The lessons of this runner, those first that tell or ask for the metric. */
  readonly lessons: readonly string[]
  /** What their authors say with it, and what they ask. */
  readonly told: readonly { readonly lesson: string; readonly text: Localized }[]
  readonly asked: readonly { readonly lesson: string; readonly text: Localized }[]
}

export interface MetricPage {
  readonly name: string
  readonly uses: readonly MetricUse[]
  /** The claims that it decides. */
  readonly claims: readonly string[]
}

const namesOf = (text: Localized | undefined): string[] => slotsOf(text?.en ?? '').map(({ name }) => name)

function useOf(name: string, runner: string, as: NumberStyle, lessons: readonly Outline[]): MetricUse {
  const own = lessons.filter((lesson) => lesson.runner === runner)
  const told = own.flatMap(({ name: lesson, conclude }) =>
    conclude && namesOf(conclude).includes(name) ? [{ lesson, text: conclude }] : [],
  )
  const asked = own.flatMap(({ name: lesson, predict, quiz }) => [
    ...(predict?.metric === name ? [{ lesson, text: predict.ask }] : []),
    ...quiz.filter(({ answer }) => answer.metric === name).map(({ ask }) => ({ lesson, text: ask })),
  ])
  const first = [...told, ...asked].map(({ lesson }) => lesson)
  return { runner, as, lessons: [...new Set([...first, ...own.map((lesson) => lesson.name)])], told, asked }
}

/** Whether a claim's rules read a metric of a lesson, under the name that its run gives it. */
function reads(claim: Claim, name: string, lessons: readonly string[]): boolean {
  const rules = Object.values(claim.verdict).flatMap((rule) => Object.entries(rule ?? {}))
  const read = rules.flatMap(([metric, { above, below, equals }]) => [metric, above, below, equals])
  return claim.runs.some(({ scenario, as }) => {
    const called = as === undefined ? name : as + name.slice(0, 1).toUpperCase() + name.slice(1)
    return lessons.includes(scenario) && read.includes(called)
  })
}

/** Every metric of every runner, by name. */
export async function metricPages(
  lessons: readonly Outline[],
  claims: readonly Claim[],
): Promise<ReadonlyMap<string, MetricPage>> {
  const found = new Map<string, MetricUse[]>()
  for (const runner of runnerNames) {
    const metrics = (await loadRunner(runner))?.metrics ?? {}
    for (const [name, as] of Object.entries(metrics))
      found.set(name, [...(found.get(name) ?? []), useOf(name, runner, as, lessons)])
  }
  return new Map(
    [...found].map(([name, uses]) => {
      const own = uses.flatMap((use) => use.lessons)
      const deciding = claims.filter((claim) => reads(claim, name, own)).map(({ id }) => id)
      return [name, { name, uses, claims: deciding }]
    }),
  )
}
