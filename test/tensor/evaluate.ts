/** One operation on the numbers of test/vectors/tensor/operations.py: its result, and its gradients for a given upstream. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Format } from '../../src/format/format.js'
import { valuesOf } from '../../src/kernel/arena.js'
import { mul } from '../../src/tensor/activations.js'
import { backward } from '../../src/tensor/backward.js'
import { gradientOf, input, parameter } from '../../src/tensor/leaves.js'
import { linear } from '../../src/tensor/linear.js'
import { reshape } from '../../src/tensor/shapes.js'
import { closeTape, newTape, step, type TapeOptions } from '../../src/tensor/tape.js'
import { sizeOf } from '../../src/tensor/tensor.js'
import { root } from '../support.js'
import { calls, type Options } from './calls.js'
import { floats } from './draws.js'

export interface Case {
  readonly op: string
  readonly inputs: readonly { readonly shape: readonly number[]; readonly spread: number }[]
  readonly options: Options
  readonly shape: readonly number[]
  readonly result: string
  readonly gradients: readonly string[]
}

export const cases: readonly Case[] = JSON.parse(
  readFileSync(join(root, 'test/vectors/tensor/operations.json'), 'utf8'),
)

export const titleOf = ({ op, inputs, options }: Case): string => {
  const { indices: _, ...rest } = options
  const shapes = inputs.map(({ shape }) => shape.join('×')).join(', ')
  return `${op} ${shapes} ${JSON.stringify(rest)}`
}

/** What goes into case number `number`. */
export const inputsOf = (number: number, { inputs }: Case): Float32Array[] =>
  inputs.map(({ shape, spread }, i) => floats(100 * number + i, sizeOf(shape), spread))
export const upstreamOf = (number: number, { shape }: Case): Float32Array => floats(100 * number + 50, sizeOf(shape))

export interface Evaluated {
  readonly shape: readonly number[]
  readonly result: Float32Array
  readonly gradients: readonly Float32Array[]
}

/** In a format for parameters and their gradients, with precisions for all operations. */
export function evaluate(
  number: number,
  given: Case,
  o: Partial<TapeOptions> & { readonly format?: Format } = {},
): Evaluated {
  const { format, ...options } = o
  const tape = newTape({ precisions: () => ({}), ...options })
  const formats = format ? { format } : {}
  const parameters = inputsOf(number, given).map((values, i) =>
    parameter(tape, `${i}`, given.inputs[i]?.shape ?? [], values, formats),
  )
  const evaluated = step(tape, 1, () => {
    const y = calls[given.op]?.(tape, parameters, given.options)
    if (y === undefined) throw new Error(given.op)
    const n = sizeOf(given.shape)
    // Σ y · upstream, whose gradient at y is upstream.
    const upstream = input(tape, given.shape, upstreamOf(number, given), format)
    const ones = input(tape, [1, n], new Float32Array(n).fill(1), format)
    backward(tape, linear(tape, reshape(tape, mul(tape, y, upstream), [1, n]), ones))
    return { shape: y.shape, result: Float32Array.from(valuesOf(y.slab)) }
  })
  const gradients = parameters.map((each) => Float32Array.from(gradientOf(each)))
  closeTape(tape)
  return { ...evaluated, gradients }
}
