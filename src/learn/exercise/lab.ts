/** Where exercises are measured: each distinct run once, however many variants and answers ask for it. */
import type { Metrics, Result, Slot } from '../../result/result.js'
import { loadScenario } from '../../scenario/load.js'
import type { Scenario } from '../../scenario/scenario.js'
import { execute, gathered, keyOf, type Run, type RunOptions } from '../run.js'

export interface Measurement {
  readonly metrics: Metrics
  readonly slots: Readonly<Record<string, Slot>>
}

export interface Lab {
  /** The metrics of some runs under the names that rules and texts use. Throws what their parameters have wrong. */
  measure(runs: readonly Run[]): Promise<Measurement>
}

/** What was made once is made never again. */
function remembering<K, V>(make: (key: string, from: K) => V): (key: string, from: K) => V {
  const made = new Map<string, V>()
  return (key, from) => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key, from)
    made.set(key, value)
    return value
  }
}

export function newLab(o: Omit<RunOptions, 'load' | 'progress'> = {}): Lab {
  const read = remembering((name: string): Promise<Scenario> => loadScenario(name))
  const load = (name: string) => read(name, undefined)
  // Pictures are not needed, and would fill the memory.
  const result = remembering(async (_, run: Run): Promise<Result> => {
    const made = await execute(run, run.params, { ...o, load })
    return { ...made, blocks: [], findings: [] }
  })
  const measurement = remembering(async (_, runs: readonly Run[]): Promise<Measurement> => {
    const results = new Map<string, Result>()
    for (const run of runs) results.set(keyOf(run), await result(keyOf(run), run))
    return gathered(runs, results)
  })
  return { measure: (runs) => measurement(runs.map((run) => `${run.as ?? ''}${keyOf(run)}`).join(), runs) }
}
