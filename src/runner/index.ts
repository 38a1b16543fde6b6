/** The closed set of mechanisms, loaded when one is used. */
import type { Runner } from './runner.js'

const runners: Readonly<Record<string, () => Promise<Runner>>> = {
  replay: async () => (await import('./replay.js')).replay,
  'number-line': async () => (await import('./number-line.js')).numberLine,
  summation: async () => (await import('./summation.js')).summation,
  rounding: async () => (await import('./rounding.js')).rounding,
}

export const runnerNames: readonly string[] = Object.keys(runners)

/** The runner of a name, or undefined. */
export const loadRunner = async (name: string): Promise<Runner | undefined> =>
  Object.hasOwn(runners, name) ? runners[name]?.() : undefined
