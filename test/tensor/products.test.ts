/** Layers whose operands are rounded to blocks: against blocks encoded one by one, along the depth of each product. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { amaxOf, encodeBlock, noTensorScale, tensorScaleOf } from '../../src/format/block.js'
import { type BlockFormat, blockFormat } from '../../src/format/block-catalog.js'
import { asFormat } from '../../src/format/parse.js'
import { rounder } from '../../src/format/round.js'
import { valuesOf } from '../../src/kernel/arena.js'
import { mul } from '../../src/tensor/activations.js'
import { backward } from '../../src/tensor/backward.js'
import { gradientOf, input, parameter } from '../../src/tensor/leaves.js'
import { linear } from '../../src/tensor/linear.js'
import type { BlockWay, Precision, Precisions } from '../../src/tensor/precision.js'
import { reshape } from '../../src/tensor/shapes.js'
import { closeTape, newTape, step, type TapeOptions } from '../../src/tensor/tape.js'
import { sizeOf } from '../../src/tensor/tensor.js'
import { calls, type Options } from './calls.js'
import { floats } from './draws.js'
import { rounded, type Values } from './rounded.js'

const bf16 = asFormat('bf16')
const r = rounder(bf16)

/** Each row in blocks of its own, the last of them short. */
function along(values: Values, columns: number, f: BlockFormat, rule: BlockWay['scale']): Values {
  const tensor = f.tensorScale ? tensorScaleOf(amaxOf(values), f) : noTensorScale
  const out: number[] = []
  for (let row = 0; row < values.length; row += columns)
    for (let i = 0; i < columns; i += f.size)
      out.push(
        ...encodeBlock(values.slice(row + i, row + Math.min(i + f.size, columns)), f, {
          ...(rule ? { rule } : {}),
          tensor,
        }).values,
      )
  return out
}

/** Sizes of many powers of two, so that blocks differ. */
const spread = (seed: number, n: number): number[] =>
  Array.from(floats(seed, n), (x, i) => r((x * [1, 2 ** -6, 2 ** -3, 64][Math.floor(i / 11) % 4]) as number))

interface Layer {
  readonly op: 'linear' | 'conv2d' | 'matmul'
  readonly given: readonly { readonly shape: readonly number[]; readonly values: Values }[]
  readonly options?: Partial<Options>
}

/** What a layer gives for these parameters, and their gradients for this one of its result. */
function run({ op, given, options = {} }: Layer, upstream: Values, precision: Precision, o: Partial<TapeOptions> = {}) {
  // The sum below is a product, too: only the first is the layer.
  let isLayer = true
  const precisions: Precisions = (name) => {
    if (name !== op || !isLayer) return {}
    isLayer = false
    return precision
  }
  const tape = newTape({ precisions, ...o })
  const p = given.map(({ shape, values }, i) => parameter(tape, `${i}`, shape, values, { format: bf16 }))
  const result = step(tape, 1, () => {
    const y = (calls[op] as NonNullable<(typeof calls)[string]>)(tape, p, options as Options)
    const n = sizeOf(y.shape)
    const ones = input(tape, [1, n], new Float32Array(n).fill(1), bf16)
    backward(tape, linear(tape, reshape(tape, mul(tape, y, input(tape, y.shape, upstream, bf16)), [1, n]), ones))
    return Float32Array.from(valuesOf(y.slab))
  })
  const gradients = p.map((each) => Float32Array.from(gradientOf(each)))
  closeTape(tape)
  return { result, gradients }
}

const layers: readonly (Layer & { readonly size: number })[] = [
  {
    op: 'linear',
    size: 41 * 37,
    given: [
      { shape: [41, 70], values: spread(1, 41 * 70) },
      { shape: [37, 70], values: spread(2, 37 * 70) },
      { shape: [37], values: spread(3, 37) },
    ],
  },
  {
    op: 'conv2d',
    size: 2 * 5 * 4 * 6,
    options: { padding: 1 },
    given: [
      { shape: [2, 5, 4, 5], values: spread(4, 200) },
      { shape: [6, 3, 3, 5], values: spread(5, 270) },
      { shape: [6], values: spread(6, 6) },
    ],
  },
]

const ways: readonly BlockWay[] = [
  { format: 'mxfp8-e4m3fn', scale: 'rceil' },
  { format: 'mxfp8-e5m2' },
  { format: 'mxfp4', scale: 'even' },
  { format: 'nvfp4' },
]

for (const layer of layers)
  for (const [i, forward] of ways.entries())
    test(`${layer.op} of ${forward.format} operands`, () => {
      const back = ways[(i + 1) % ways.length] as BlockWay
      const upstream = spread(9, layer.size)
      const { result, gradients } = run(layer, upstream, { compute: bf16, blocks: { forward, backward: back } })
      const scalar = rounded[layer.op] as NonNullable<(typeof rounded)[string]>
      const inBlocks = (values: Values, columns: number, what: 'forward' | 'backward'): Values => {
        const { format, scale } = what === 'forward' ? forward : back
        return along(values, columns, blockFormat(format), scale)
      }
      const wanted = scalar(
        layer.given.map(({ values }) => values),
        layer.given.map(({ shape }) => shape),
        (layer.options ?? {}) as Options,
        { r, sum: {}, along: inBlocks },
      )
      for (const [which, [got, expected]] of [
        [result, wanted.result] as const,
        ...wanted.backward(upstream).map((values, j) => [gradients[j] ?? [], values] as const),
      ].entries()) {
        assert.equal(got.length, expected.length)
        for (const [j, x] of expected.entries()) assert.equal((got[j] as number) + 0, x + 0, `${which}, ${j}`)
      }
      // Blocks do round: without them other numbers come out.
      assert.notDeepEqual(result, run(layer, upstream, { compute: bf16 }).result)
    })

test('the gradient by chance: another seed, other gradients, the same result; on average what it was', () => {
  const [rows, columns] = [16, 16]
  const weight = Array.from({ length: 256 }, (_, i) => (i % 17 === 0 ? 1 : 0))
  const layer: Layer = {
    op: 'linear',
    given: [
      { shape: [rows, columns], values: spread(1, rows * columns) },
      { shape: [columns, columns], values: weight },
    ],
  }
  // One block: 1 sets the scale, 0.07 is between 0 and the least element.
  const upstream = Array.from({ length: rows * columns }, (_, i) => (i % columns === 0 ? 1 : r(0.07)))
  const blocks = { forward: { format: 'nvfp4' }, backward: { format: 'nvfp4', rounding: 'stochastic' } } as const
  const of = (seed: number) => run(layer, upstream, { compute: bf16, blocks }, { seed })
  assert.deepEqual(of(1), of(1))
  assert.deepEqual(of(1).result, of(2).result)
  assert.notDeepEqual(of(1).gradients, of(2).gradients)
  const nearest = run(layer, upstream, { compute: bf16, blocks: { forward: blocks.forward, backward: blocks.forward } })
  const mean = (all: readonly Float32Array[]): number => {
    const small = all.flatMap((values) => [...values].filter((_, i) => i % columns !== 0))
    return small.reduce((sum, x) => sum + x, 0) / small.length
  }
  const drawn = mean(Array.from({ length: 60 }, (_, seed) => of(seed + 1).gradients[0] as Float32Array))
  // 0.07 of 1 is 0.42 of 6, of elements 0 and 0.5: 14400 draws, whose mean has a deviation of 0.0003.
  assert.ok(Math.abs(drawn - 0.07) < 0.0015, `${drawn}`)
  assert.ok(Math.abs(mean([nearest.gradients[0] as Float32Array]) - 0.07) > 0.01)
})

test('values of a gradient that blocks turn into 0 count as lost', () => {
  const n = 32
  const layer: Layer = {
    op: 'linear',
    given: [
      { shape: [1, n], values: new Array(n).fill(1) },
      { shape: [n, n], values: spread(2, n * n) },
    ],
  }
  // The first sets the scale: 2^-20 of it is no mxfp4. As a column each stands alone in its block, and keeps its size.
  const upstream = Array.from({ length: n }, (_, i) => (i === 0 ? 1 : i < 9 ? 2 ** -20 : 0))
  const counts: number[] = []
  const way = { format: 'mxfp4' }
  run(
    layer,
    upstream,
    { compute: bf16, blocks: { forward: way, backward: way } },
    {
      watch: ({ kind, name, losses }) => {
        if (kind === 'parameter' && name === '1') counts.push(losses.values, losses.lost)
      },
    },
  )
  const [values = 0, lost] = counts
  assert.ok(values >= 2 * n)
  assert.equal(lost, 8)
})

test('products of two inputs keep theirs', () => {
  const layer: Layer = {
    op: 'matmul',
    given: [
      { shape: [3, 40], values: spread(1, 120) },
      { shape: [40, 5], values: spread(2, 200) },
    ],
  }
  const way = { format: 'mxfp4' }
  const upstream = spread(3, 15)
  const blocks = { forward: way, backward: way }
  assert.deepEqual(run(layer, upstream, { compute: bf16, blocks }), run(layer, upstream, { compute: bf16 }))
})

test('FP8 operands on the tensor cores of Hopper: as they were rounded, with their scales', () => {
  const e4m3 = asFormat('e4m3fn')
  const to8 = rounder(e4m3, { overflow: 'saturate' })
  const sum = { hardware: 'h100', input: e4m3 } as const
  // By place and by size, so that every operand has another scale, and subnormals are many.
  const factors = [2 ** -3, 2 ** 9, 2 ** 5]
  const precision: Precision = {
    compute: e4m3,
    output: bf16,
    gradient: bf16,
    incoming: e4m3,
    overflow: 'saturate',
    sum,
    scale: (_, { input: i, role }) => factors[role === 'gradient' ? 2 : i] as number,
  }
  for (const layer of layers) {
    const upstream = spread(9, layer.size).map((x) => r(x * 2 ** -6))
    const { result, gradients } = run(layer, upstream, precision)
    const [fx, fw, fg] = factors as [number, number, number]
    const codes = (values: Values | undefined, factor: number): number[] => (values ?? []).map((x) => to8(x * factor))
    const scalar = rounded[layer.op] as NonNullable<(typeof rounded)[string]>
    const shapes = layer.given.map(({ shape }) => shape)
    const [x, w, b] = layer.given.map(({ values }) => values)
    const way = { r: (v: number) => v, sum }
    // Without a bias, for it is added after the scales are taken off.
    const none = new Array(b?.length ?? 0).fill(0)
    const made = scalar([codes(x, fx), codes(w, fw), none], shapes, (layer.options ?? {}) as Options, way)
    const [toX, toW] = made.backward(codes(upstream, fg))
    const columns = b?.length ?? 1
    for (const [got, wanted] of [
      [result, made.result.map((v, i) => r(Math.fround(v / (fx * fw) + (b?.[i % columns] ?? 0))))],
      [gradients[0], toX?.map((v) => r(v / (fg * fw)))],
      [gradients[1], toW?.map((v) => r(v / (fg * fx)))],
    ] as const) {
      assert.equal(got?.length, wanted?.length)
      for (const [i, value] of (wanted ?? []).entries()) assert.equal((got?.[i] as number) + 0, value + 0, `${i}`)
    }
  }
})
