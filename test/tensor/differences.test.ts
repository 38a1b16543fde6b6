/** Results and gradients of every operation against plain float64 code and its central differences. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { words } from './draws.js'
import { type Case, cases, evaluate, inputsOf, titleOf, upstreamOf } from './evaluate.js'
import { plain } from './plain.js'

/** How far an input is moved to both sides, and how many of each input are. */
const [way, most] = [2 ** -12, 10]

/** Σ result · upstream in float64. */
function objective(number: number, given: Case, inputs: readonly ArrayLike<number>[]): number {
  const upstream = upstreamOf(number, given)
  const result = plain[given.op]?.(
    inputs,
    given.inputs.map(({ shape }) => shape),
    given.options,
  )
  assert.equal(result?.length, upstream.length)
  return (result as number[]).reduce((sum, y, i) => sum + y * (upstream[i] as number), 0)
}

for (const [number, given] of cases.entries())
  test(`${titleOf(given)}: results as in float64, gradients as its central differences`, () => {
    const { result, gradients } = evaluate(number, given)
    const inputs = inputsOf(number, given).map((values) => Float64Array.from(values))
    const exact = plain[given.op]?.(
      inputs,
      given.inputs.map(({ shape }) => shape),
      given.options,
    ) as number[]
    const size = Math.max(...exact.map(Math.abs))
    for (const [i, y] of exact.entries())
      assert.ok(Math.abs((result[i] as number) - y) <= 1e-6 * size, `${i}: ${result[i]}, not ${y}`)
    for (const [which, values] of inputs.entries()) {
      const gradient = gradients[which] as Float32Array
      const largest = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      const all = values.length <= most
      const places = all ? [...values.keys()] : words(number, most).map((word) => word % values.length)
      for (const i of places) {
        const before = values[i] as number
        values[i] = before + way
        const above = objective(number, given, inputs)
        values[i] = before - way
        const below = objective(number, given, inputs)
        values[i] = before
        const slope = (above - below) / (2 * way)
        assert.ok(
          Math.abs((gradient[i] as number) - slope) <= 2e-6 * Math.max(largest, 0.1),
          `input ${which}, ${i}: ${gradient[i]}, not ${slope}`,
        )
      }
    }
  })
