/** Recipes: each sound by itself, contradictions refused, schedules read, bytes as the memory model has them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FpsimError } from '../../src/errors.js'
import { asFormat } from '../../src/format/parse.js'
import { fp32 } from '../../src/tensor/precision.js'
import { bytesPerParameter, memoryRecipes } from '../../src/train/memory.js'
import { precisionsOf } from '../../src/train/precisions.js'
import { sumOptionsOf } from '../../src/train/recipe/ways.js'
import {
  type Recipe,
  recipeNamed,
  recipeNames,
  recipeOf,
  scheduleNamed,
  scheduleWritten,
} from '../../src/train/recipe.js'
import { updaterOf } from '../../src/train/training/updater.js'

const refuses = (work: () => unknown, code: string, problem?: string): void => {
  assert.throws(
    work,
    (error: FpsimError) => error.code === code && (problem === undefined || error.values['problem'] === problem),
  )
}

test('every named recipe is sound as it would be in a file', () => {
  assert.ok(recipeNames.length >= 12)
  for (const name of recipeNames) assert.deepEqual(recipeOf({ ...recipeNamed(name) }), recipeNamed(name))
})

test('what contradicts itself is refused', () => {
  refuses(() => recipeNamed('fp16-apm'), 'wrong-recipe', 'unknown')
  refuses(
    () => recipeOf({ name: 'x', param: 'fp16', master: 'e5m2', weights: 'master' }),
    'wrong-recipe',
    'narrow-master',
  )
  // Neither holds the other: 8 bits of significand for 11.
  for (const weights of ['master', 'stochastic'])
    refuses(() => recipeOf({ name: 'x', param: 'fp16', master: 'bf16', weights }), 'wrong-recipe', 'narrow-master')
  for (const key of ['param', 'state', 'grad', 'compute', 'accumulate'])
    refuses(() => recipeOf({ name: 'x', [key]: 'e8m0' }), 'wrong-recipe', 'no-numbers')
  refuses(() => recipeOf({ name: 'x', param: 'fp64' }), 'wrong-recipe', 'too-wide')
  refuses(() => recipeOf({ name: 'x', forward: 'e4m3fn' }), 'wrong-recipe', 'half-fp8')
  refuses(() => recipeOf({ name: 'x', scaler: 'te-delayed' }), 'wrong-recipe', 'delayed-loss')
  refuses(() => recipeOf({ name: 'x', accumulate: 'fp16:0' }), 'wrong-recipe', 'accumulate')
  refuses(() => recipeOf({ name: 'x', acumulate: 'fp16' }), 'unknown-key')
  refuses(() => recipeOf({ name: 'x', param: 'fp61' }), 'unknown-format')
  refuses(() => recipeOf({ name: 'x', scaler: 'pytorsh' }), 'unknown-policy')
  refuses(() => recipeOf({ name: 'x', weights: 'kahn' }), 'invalid-value')
  refuses(() => recipeOf({ name: 'x', param: 16 }), 'invalid-value')
})

test('a master that is asked for is there, or refused: never ignored', () => {
  const of = (o: Record<string, unknown>) => recipeOf({ name: 'x', ...o })
  const bytes = (o: Record<string, unknown>) =>
    updaterOf({ recipe: of(o), optimizer: 'adamw', hyper: {}, seed: 1 }).bytes
  assert.equal(of({ param: 'fp16', master: 'fp32', compute: 'fp16' }).weights, 'master')
  // 2 of the weight, 4 each of its gradient and two states; 4 more of the master.
  assert.equal(bytes({ param: 'fp16' }), 14)
  assert.equal(bytes({ param: 'fp16', master: 'fp32' }), 18)
  // The same format: a copy that changes nothing.
  assert.equal(of({ master: 'fp32' }).weights, 'plain')
  assert.equal(of({ param: 'fp16', master: 'tf32' }).weights, 'master')
  refuses(() => of({ master: 'fp16' }), 'wrong-recipe', 'narrow-master')
  refuses(() => of({ param: 'bf16', master: 'fp16' }), 'wrong-recipe', 'narrow-master')
  refuses(() => of({ param: 'bf16', master: 'fp32', weights: 'kahan' }), 'wrong-recipe', 'unused-master')
  refuses(() => of({ param: 'bf16', master: 'fp32', weights: 'plain' }), 'wrong-recipe', 'unused-master')
  // Of a base's master nothing was asked.
  const written = (o: Record<string, unknown>) => scheduleWritten({ name: 'x', ...o }, new Map()).stages[0].recipe
  assert.equal(written({ base: 'bf16' }).weights, 'plain')
  assert.equal(written({ base: 'bf16', master: 'fp32' }).weights, 'master')
  assert.equal(written({ base: 'bf16-sr', master: 'fp32' }).weights, 'stochastic')
  refuses(() => written({ base: 'bf16-kahan', master: 'fp32' }), 'wrong-recipe', 'unused-master')
  refuses(() => written({ base: 'bf16-sr', master: 'fp16' }), 'wrong-recipe', 'narrow-master')
})

test('sums', () => {
  const of = (accumulate: string) => sumOptionsOf({ name: 'x', accumulate }, 'fp16')
  assert.deepEqual(of('fp32'), {})
  assert.deepEqual(of('fp16:64'), { accumulate: asFormat('fp16'), chunk: 64 })
  assert.deepEqual(of('fp32:kahan'), { accumulate: fp32, method: 'kahan' })
  const fp16 = asFormat('fp16')
  assert.deepEqual(of('v100'), { hardware: 'v100', input: fp16 })
  assert.deepEqual(of('h100:wgmma'), { hardware: 'h100', input: fp16, instruction: 'wgmma' })
  assert.deepEqual(of('b200:fp16:mma'), { hardware: 'b200', input: fp16, output: 'fp16', instruction: 'mma' })
  refuses(() => of('v100:64'), 'wrong-recipe', 'accumulate')
  refuses(() => of('v100:fp16:fp16'), 'wrong-recipe', 'accumulate')
  refuses(() => of('v100:wgmma'), 'unsupported-combination')
})

test('a GPU as accumulator: behind the name, or in a file; what it has not is refused', () => {
  const named = recipeNamed('fp16-amp/v100:fp16')
  assert.deepEqual(named, { ...recipeNamed('fp16-amp'), name: 'fp16-amp/v100:fp16', accumulate: 'v100:fp16' })
  assert.deepEqual(precisionsOf(named).of('linear', [fp32]).sum, {
    hardware: 'v100',
    input: asFormat('fp16'),
    output: 'fp16',
  })
  assert.equal(precisionsOf(named).of('softmax', [fp32]).sum, undefined)
  assert.deepEqual(
    scheduleNamed('tf32/a100+bf16-amp/fp32:kahan@7').stages.map(({ recipe }) => recipe.accumulate),
    ['a100', 'fp32:kahan'],
  )
  const written = scheduleWritten({ name: 'mine', base: 'bf16-amp', accumulate: 'h100' }, new Map())
  assert.deepEqual(precisionsOf(written.stages[0].recipe).of('conv2d', [fp32]).sum, {
    hardware: 'h100',
    input: asFormat('bf16'),
  })
  for (const name of ['fp32/h100', 'bf16-amp/v100', 'tf32/v100', 'bf16-amp/a100:fp16', 'fp8-hybrid/a100'])
    refuses(() => recipeNamed(name), 'unsupported-combination')
  for (const name of ['fp16-amp/h10', 'fp16-amp/H100'])
    assert.throws(
      () => recipeNamed(name),
      ({ code, values }: FpsimError) => code === 'unknown-format' && values['suggestion'] === 'h100',
    )
  refuses(() => recipeNamed('fp8-hybrid/h100'), 'wrong-recipe', 'gpu-mixed')
  refuses(() => recipeNamed('mxfp8/b200'), 'wrong-recipe', 'gpu-blocks')
  // One format of FP8 for all operands, where the GPU has it.
  const fp8 = (accumulate: string) => recipeNamed(`fp8-e4m3/${accumulate}`)
  assert.deepEqual(precisionsOf(fp8('h100')).of('linear', [fp32]).sum, {
    hardware: 'h100',
    input: asFormat('e4m3fn'),
  })
  assert.deepEqual(precisionsOf(fp8('h100')).of('matmul', [fp32]).sum?.input, asFormat('bf16'))
  refuses(() => fp8('a100'), 'unsupported-combination')
  refuses(() => recipeNamed('fp16-amp/'), 'wrong-recipe', 'accumulate')
  refuses(() => recipeNamed('fp16-amp/h100/h100'), 'wrong-recipe', 'accumulate')
  refuses(() => recipeNamed('fp16-amp/x100'), 'unknown-format')
  refuses(() => recipeNamed('fp16/h100'), 'wrong-recipe', 'unknown')
})

test('operands in block formats', () => {
  const { blocks, compute, output } = precisionsOf(recipeNamed('nvfp4')).of('linear', [fp32])
  assert.deepEqual(blocks, { forward: { format: 'nvfp4' }, backward: { format: 'nvfp4', rounding: 'stochastic' } })
  assert.deepEqual([compute?.name, output], ['bf16', undefined])
  assert.equal(precisionsOf(recipeNamed('nvfp4')).of('matmul', [fp32]).blocks, undefined)
  assert.deepEqual(precisionsOf(recipeNamed('mxfp8')).of('conv2d', [fp32]).blocks?.backward, {
    format: 'mxfp8-e4m3fn',
    scale: 'rceil',
  })
  const of = (forward: string, backward: string) => recipeOf({ name: 'x', compute: 'bf16', forward, backward })
  assert.equal(of('mxfp4:even:stochastic', 'mxint8').forward, 'mxfp4:even:stochastic')
  refuses(() => of('nvfp4', 'e5m2'), 'unsupported-combination')
  refuses(() => of('nvfp4', ''), 'wrong-recipe', 'half-fp8')
  refuses(() => of('nvfp4:rceil', 'nvfp4'), 'unsupported-combination')
  refuses(() => of('mxfp4:floor:ceil', 'mxfp4'), 'wrong-recipe', 'blocks')
  refuses(() => of('mxfp8', 'mxfp8'), 'ambiguous-format')
})

test('schedules, by name and as written', () => {
  const { stages } = scheduleNamed('fp16-amp+fp32@200+bf16@300')
  assert.deepEqual(
    stages.map(({ from, recipe }) => [from, recipe.name]),
    [
      [0, 'fp16-amp'],
      [200, 'fp32'],
      [300, 'bf16'],
    ],
  )
  for (const text of ['fp16-amp+fp32', 'fp16-amp@5', 'fp16-amp+fp32@-1', 'fp16-amp+fp32@9+bf16@9'])
    refuses(() => scheduleNamed(text), 'wrong-recipe')
  refuses(() => scheduleNamed('fp16-amp+fp32@x'), 'wrong-recipe', 'stage')
  const own = new Map<string, Recipe>()
  const mine = scheduleWritten({ name: 'mine', base: 'fp16-amp', accumulate: 'fp16' }, own)
  assert.deepEqual(mine.stages[0].recipe, { ...recipeNamed('fp16-amp'), name: 'mine', accumulate: 'fp16' })
  const both = scheduleWritten(
    {
      name: 'both',
      schedule: [
        { from: 0, recipe: 'mine' },
        { from: 10, recipe: 'fp32' },
      ],
    },
    own,
  )
  assert.deepEqual(both.stages[0].recipe, mine.stages[0].recipe)
  refuses(() => scheduleWritten({ base: 'fp32' }, own), 'invalid-value', 'missing')
  refuses(
    () => scheduleWritten({ name: 'x', schedule: [{ from: 1, recipe: 'fp32' }] }, own),
    'wrong-recipe',
    'first-stage',
  )
  refuses(() => scheduleWritten({ name: 'x', schedule: 7 }, own), 'invalid-value', 'wrong-type')
})

test('bytes a parameter are those of the memory model', () => {
  const pairs = [
    ['fp32', 'fp32'],
    ['fp16-amp', 'autocast'],
    ['fp16-o2', 'fp16-master'],
    ['bf16', 'bf16'],
    ['bf16-kahan', 'bf16-kahan'],
  ] as const
  for (const [name, model] of pairs)
    for (const [optimizer, as] of [
      ['adamw', 'adam'],
      ['momentum', 'momentum'],
      ['sgd', 'sgd'],
    ] as const) {
      const row = memoryRecipes.find((known) => known.name === model)
      assert.ok(row)
      const { bytes } = updaterOf({ recipe: recipeNamed(name), optimizer, hyper: {}, seed: 1 })
      assert.equal(bytes, bytesPerParameter(row, as).total, `${name} ${optimizer}`)
    }
})

test('what an operation computes in, recipe by recipe', () => {
  const [fp16, bf16] = [asFormat('fp16'), asFormat('bf16')]
  const of = (name: string, op: 'linear' | 'relu' | 'softmax' | 'cross-entropy') =>
    precisionsOf(recipeNamed(name)).of(op, [fp16]).compute?.name
  assert.deepEqual(
    (['linear', 'relu', 'softmax', 'cross-entropy'] as const).map((op) => of('fp16-amp', op)),
    ['fp16', undefined, 'fp32', 'fp32'],
  )
  assert.deepEqual(
    (['linear', 'relu', 'softmax', 'cross-entropy'] as const).map((op) => of('fp16-o2', op)),
    ['fp16', 'fp16', 'fp16', 'fp32'],
  )
  assert.equal(of('pure-fp16', 'cross-entropy'), 'fp16')
  const fp8 = precisionsOf(recipeNamed('fp8-hybrid')).of('linear', [fp32])
  assert.deepEqual([fp8.compute?.name, fp8.incoming?.name, fp8.output], ['e4m3fn', 'e5m2', bf16])
  const place = { op: 'linear', index: 0, input: 0, role: 'input' } as const
  // Delayed: the first step knows nothing; then the largest size seen is brought to at most 448, by a power of two.
  assert.equal(fp8.scale?.(3, place), 1)
  assert.equal(fp8.scale?.(100, place), 128)
  assert.equal(fp8.scale?.(1, place), 4)
  assert.equal(fp8.scale?.(1, { ...place, index: 1 }), 1)
})
