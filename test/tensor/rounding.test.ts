/** Operations in narrow formats against code with every rounding written out: equal bit for bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asFormat } from '../../src/format/parse.js'
import { rounder } from '../../src/format/round.js'
import type { SumOptions } from '../../src/kernel/sum-options.js'
import { cases, evaluate, inputsOf, titleOf, upstreamOf } from './evaluate.js'
import { rounded } from './rounded.js'

const sums: readonly SumOptions[] = [
  {},
  { accumulate: 'fp16' },
  { accumulate: 'bf16' },
  { accumulate: 'fp16', chunk: 4 },
  { accumulate: 'fp16', method: 'kahan' },
]

/** And as tensor cores sum them, with the operands they have. */
const onHardware: Readonly<Record<string, readonly SumOptions[]>> = {
  fp16: [
    { hardware: 'v100', input: 'fp16' },
    { hardware: 'v100', input: 'fp16', output: 'fp16' },
    { hardware: 'h100', input: 'fp16', instruction: 'wgmma' },
  ],
  bf16: [{ hardware: 'a100', input: 'bf16' }],
  e5m2: [{ hardware: 'h200', input: 'e5m2' }],
}

/** Equal but for the sign of zero: what is −0 here and 0 there depends on how zeros are added. */
const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))

for (const [number, given] of cases.entries()) {
  const scalar = rounded[given.op]
  // The larger ones would take long in every format.
  const size = inputsOf(number, given).reduce((sum, values) => sum + values.length, 0)
  if (scalar === undefined || size > 3000) continue
  const products = ['linear', 'matmul', 'conv2d'].includes(given.op)
  for (const name of ['fp16', 'bf16', 'e5m2'])
    for (const sum of products ? [...sums, ...(size < 700 ? (onHardware[name] ?? []) : [])] : sums.slice(0, 1))
      test(`${titleOf(given)} in ${name} ${JSON.stringify(sum)}: bit for bit`, () => {
        const format = asFormat(name)
        const r = rounder(format)
        const { result, gradients } = evaluate(number, given, { format, precisions: () => ({ compute: format, sum }) })
        const inputs = inputsOf(number, given).map((values) => Array.from(values, r))
        const shapes = given.inputs.map(({ shape }) => shape)
        const expected = scalar(inputs, shapes, given.options, { r, sum })
        const wanted = [expected.result, ...expected.backward(Array.from(upstreamOf(number, given), r))]
        for (const [which, values] of [result, ...gradients].entries()) {
          assert.equal(values.length, wanted[which]?.length)
          for (const [i, x] of values.entries())
            assert.ok(same(x, wanted[which]?.[i] as number), `${which}, ${i}: ${x}, not ${wanted[which]?.[i]}`)
        }
      })
}
