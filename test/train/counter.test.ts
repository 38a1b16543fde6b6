/** What is counted of the gradients of a step: each rounding once, whatever has a name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asFormat } from '../../src/format/parse.js'
import { relu } from '../../src/tensor/activations.js'
import { backward } from '../../src/tensor/backward.js'
import { input, named, parameter } from '../../src/tensor/leaves.js'
import { linear } from '../../src/tensor/linear.js'
import { mse } from '../../src/tensor/losses.js'
import type { Precisions } from '../../src/tensor/precision.js'
import { closeTape, newTape, step } from '../../src/tensor/tape.js'
import { addUnnamed, newCounter, watcher } from '../../src/train/training/counter.js'
import { floats } from '../tensor/draws.js'

const fp16 = asFormat('fp16')
const amp: Precisions = (op) => (op === 'linear' ? { compute: fp16 } : {})

/** The counts of one backward pass, with or without names for what is between the parameters. */
function countsOf(withNames: boolean): { values: number; lost: number } {
  const counter = newCounter()
  const tape = newTape({ precisions: amp, watch: watcher(counter) })
  const p = (name: string, shape: readonly [number, number], seed: number) =>
    parameter(tape, name, shape, floats(seed, shape[0] * shape[1], 0.5))
  const [first, second] = [p('first', [5, 3], 1), p('second', [2, 5], 2)]
  step(tape, 1, () => {
    const call = withNames ? named : (_: unknown, x: Parameters<typeof named>[1]) => x
    const h = call(tape, linear(tape, input(tape, [4, 3], floats(3, 12)), first), 'h')
    const y = call(tape, linear(tape, call(tape, relu(tape, h), 'a'), second), 'y')
    const loss = mse(tape, y, input(tape, [4, 2], floats(4, 8)))
    tape.state.losses.clear()
    counter.backward = true
    // So small that FP16 loses some of them.
    backward(tape, loss, 2 ** -18)
    addUnnamed(tape, counter)
  })
  closeTape(tape)
  return { values: counter.values, lost: counter.lost }
}

test('a name changes no count', () => {
  const counts = countsOf(false)
  assert.ok(counts.lost > 0 && counts.lost < counts.values)
  assert.deepEqual(countsOf(true), counts)
})
