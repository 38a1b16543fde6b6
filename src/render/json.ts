/** A Result as JSON that loses no number: NaN, ±Infinity and −0, which JSON cannot hold, are strings. */
import type { Result } from '../result/result.js'

const keep = (_: string, value: unknown): unknown =>
  typeof value !== 'number' ? value : Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value)

/** Two-space JSON with the keys of a Result always in the same order. */
export function toJson(result: Result): string {
  const { schema, scenario, runner, params, seed, subject, lesson, metrics, findings, blocks, runs } = result
  const ordered = { schema, scenario, runner, params, seed, subject, lesson, metrics, findings, blocks, runs }
  return `${JSON.stringify(ordered, keep, 2)}\n`
}
